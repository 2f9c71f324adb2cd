//! Every action that makes, changes, moves or deletes an account leaves the lists exactly as a recount finds them.

use std::time::Duration;

use gatepost::domain::operator::Role;
use gatepost::domain::record::client::Client;

use super::{address, import, row};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::limits::unlimited;
use crate::house::{root, rust_files};
use crate::profile::{OTHER, PASSWORD, registered};

both_doors! {
    what_people_do_leaves_the_lists_exact,
    what_the_operator_does_leaves_the_lists_exact,
}

const ANN: &str = "ann@example.org";
const NEW: &str = "ann@new.example.net";

async fn what_people_do_leaves_the_lists_exact(door: Door) {
    let app = App::start_as(unlimited()).await;
    app.expect_exact_lists("empty").await;
    let mut ann = registered(&app, door, ANN).await;
    app.expect_exact_lists("registered").await;
    assert_eq!(app.places().await.len(), 2);
    let places = app.places().await;
    app.signed_in(door, "bob@example.org").await;
    app.expect_exact_lists("first sign-in").await;
    assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
    app.expect_exact_lists("sign-in with a password").await;
    assert_eq!(ann.change_password(OTHER, Some(PASSWORD)).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(ann.remove_password().await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(ann.end_other_sessions().await, Answer::Done);
    app.expect_exact_lists("password changed and removed").await;
    let kept = app.places().await;
    assert!(places.iter().all(|(place, id)| kept.get(place) == Some(id)), "nothing has moved");
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    app.news_to(ANN).await;
    let letter = app.letter_to(NEW).await;
    app.expect_exact_lists("change of address asked for").await;
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    app.expect_exact_lists("address changed").await;
    let undo = app.news_to(ANN).await.link.unwrap();
    assert_eq!(app.caller(door).confirm_elsewhere(&undo, None).await, Answer::Done);
    app.expect_exact_lists("address restored").await;
    app.news_to(ANN).await;
    app.news_to(NEW).await;
    let mut ann = app.signed_in(door, ANN).await;
    app.caller(door).forgot_password(ANN).await;
    let letter = app.letter_to(ANN).await;
    assert_eq!(app.caller(door).reset_by_link(&letter.link, OTHER).await, Answer::Done);
    app.news_to(ANN).await;
    app.expect_exact_lists("password reset").await;
    assert_ne!(ann.delete_account("delete").await, Answer::Done, "the reset has signed it out");
    let mut ann = app.signed_in(door, ANN).await;
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    app.news_to(ANN).await;
    app.expect_exact_lists("deleted").await;
    assert_eq!(app.places().await.len(), 2, "only Bob's are left");
    app.sweep_after(Duration::from_hours(24 * 100)).await;
    app.expect_exact_lists("swept").await;
}

async fn what_the_operator_does_leaves_the_lists_exact(door: Door) {
    let app = App::start_as(unlimited()).await;
    let (gatepost, operator) = (&app.house.gatepost, &Client::operator());
    let ann = &address("Ann@Sub.Example.org");
    gatepost.add_account(ann, Role::Admin, operator).await.unwrap();
    app.expect_exact_lists("added").await;
    assert_eq!(app.places().await.len(), 3);
    let mut rows: Vec<_> = (0..40).map(|number| row(&format!("m{number}@example.org"), number)).collect();
    for (number, row) in rows.iter_mut().enumerate() {
        row.disabled = number % 2 == 0;
        row.role = if number % 3 == 0 && row.disabled { Role::Admin } else { Role::Member };
    }
    import(&app, &rows).await;
    app.expect_exact_lists("imported").await;
    let other = &address("m1@example.org");
    gatepost.set_role(other, Role::Admin, operator).await.unwrap();
    app.expect_exact_lists("granted").await;
    gatepost.disable_account(ann, operator).await.unwrap();
    app.expect_exact_lists("disabled").await;
    gatepost.set_role(ann, Role::Member, operator).await.unwrap();
    app.expect_exact_lists("revoked").await;
    gatepost.enable_account(ann, operator).await.unwrap();
    gatepost.sign_out_account(ann, operator).await.unwrap();
    app.expect_exact_lists("enabled and signed out").await;
    app.signed_in(door, ann.as_str()).await;
    app.expect_exact_lists("signed in").await;
    for email in ["m0@example.org", "m1@example.org", "m2@example.org", ann.as_str()] {
        gatepost.delete_account_anyway(&address(email), operator).await.unwrap();
        app.expect_exact_lists("deleted").await;
    }
    app.read_all().await;
    assert_eq!(app.misfits().await, Vec::<String>::new());
}

/// So no action can forget the lists.
#[test]
fn accounts_are_written_in_one_place_only() {
    for path in rust_files("src") {
        let file = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let text: String =
            std::fs::read_to_string(&path).unwrap().split_whitespace().collect::<Vec<_>>().join("");
        let writes = text.contains("put(Key::account(") || text.contains("delete(Key::account(");
        assert!(!writes || file == "src/domain/ports/accounts.rs", "{file} writes an account itself");
    }
}
