//! Who may see accounts.

use std::time::Duration;

use gatepost::domain::operator::Role;
use gatepost::domain::record::client::Client;

use super::{ACCOUNTS, NEWEST, address, import, row};
use crate::admin::{ADMIN, admin};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    only_administrators_see_accounts_and_learn_which_there_are,
    an_old_sign_in_is_enough_to_look_at_accounts,
}

/// What every list and page answers: of an account, of none, and of what can't be one.
async fn answers(app: &App, caller: &mut Caller) -> Vec<Answer> {
    let id = app.account("ann@example.org").await.id;
    let mut answers = Vec::new();
    for place in [
        ACCOUNTS.to_owned(),
        NEWEST.to_owned(),
        format!("{ACCOUNTS}/{id}"),
        format!("{ACCOUNTS}?state=none"),
        format!("{ACCOUNTS}/{}", "0".repeat(32)),
        format!("{ACCOUNTS}/nonsense"),
        format!("{ACCOUNTS}/{id}/nothing"),
    ] {
        answers.push(caller.open(&place).await);
    }
    answers
}

fn as_administrator() -> Vec<Answer> {
    let (done, not_found) = (Answer::Done, Answer::refused(404, "not_found"));
    let bad = Answer::refused_field(422, "invalid_field", "state");
    [vec![done.clone(), done.clone(), done, bad], vec![not_found; 3]].concat()
}

async fn only_administrators_see_accounts_and_learn_which_there_are(door: Door) {
    let app = App::start().await;
    import(&app, &[row("ann@example.org", 1)]).await;
    let mut admin = admin(&app, door).await;
    assert_eq!(answers(&app, &mut admin).await, as_administrator());
    let (signed_out, member) =
        (Answer::refused(401, "sign_in_required"), Answer::refused(403, "admin_required"));
    let mut stranger = app.caller(door);
    assert_eq!(answers(&app, &mut stranger).await, vec![signed_out.clone(); 7]);
    let mut bob = app.signed_in(door, "bob@example.org").await;
    assert_eq!(answers(&app, &mut bob).await, vec![member.clone(); 7]);
    let (gatepost, operator) = (&app.house.gatepost, Client::operator());
    gatepost.add_account(&address("other@example.org"), Role::Admin, &operator).await.unwrap();
    gatepost.set_role(&address(ADMIN), Role::Member, &operator).await.unwrap();
    assert_eq!(answers(&app, &mut admin).await, vec![member; 7], "a former administrator");
    gatepost.set_role(&address(ADMIN), Role::Admin, &operator).await.unwrap();
    assert_eq!(answers(&app, &mut admin).await, as_administrator());
    gatepost.disable_account(&address(ADMIN), &operator).await.unwrap();
    assert_eq!(answers(&app, &mut admin).await, vec![signed_out; 7], "a disabled administrator");
}

async fn an_old_sign_in_is_enough_to_look_at_accounts(door: Door) {
    let app = App::start().await;
    import(&app, &[row("ann@example.org", 1)]).await;
    let mut admin = admin(&app, door).await;
    let id = app.account("ann@example.org").await.id;
    let place = format!("{ACCOUNTS}/{id}");
    if door == Door::Pages {
        assert!(!admin.get(&place).await.body.contains("Confirm it's you"));
    }
    for minutes in [11, 50] {
        app.clock.advance(Duration::from_mins(minutes));
        assert_eq!(answers(&app, &mut admin).await, as_administrator());
    }
    if door == Door::Json {
        return;
    }
    let shown = admin.get(&place).await.body;
    let asked = format!("href=\"/reauthenticate?next=%2Fadmin%2Faccounts%2F{id}\">Confirm it's you<");
    assert!(shown.contains(&asked), "{shown}");
    // Someone who has to sign in first comes back to the page.
    let away = app.caller(door).get(&place).await;
    assert_eq!(away.leads_to().unwrap(), format!("/sign-in?next=%2Fadmin%2Faccounts%2F{id}"));
    let away = app.caller(door).with_script(true).get(&format!("{ACCOUNTS}?q=ann")).await;
    let leads = away.leads_to().unwrap();
    assert_eq!((away.status.as_u16(), leads.as_str()), (401, "/sign-in?next=%2Fadmin%2Faccounts%3Fq%3Dann"));
}
