//! Who may invite, look after registrations and see events, and what everyone else is answered.

use std::time::Duration;

use gatepost::domain::operator::Role;
use gatepost::domain::ports::Versioned;
use gatepost::domain::record::Record;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::purpose::Purpose;

use super::{BOB, PASSWORD, address, invited};
use crate::admin::{ADMIN, admin, with_role};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    only_an_administrator_who_has_just_signed_in_may_act,
    an_administrator_who_has_to_confirm_it_first_comes_back_to_the_page,
}

const LISTS: [&str; 2] = ["/admin/accounts/waiting", "/admin/events"];

/// What every list and action answers.
async fn answers(caller: &mut Caller, id: &str) -> (Vec<Answer>, Vec<Answer>) {
    let (mut looks, mut acts) = (Vec::new(), Vec::new());
    for list in LISTS {
        looks.push(caller.open(list).await);
    }
    for path in [
        "/admin/accounts/invite",
        "/admin/accounts/waiting/resend",
        "/admin/accounts/waiting/drop",
        "/admin/mail/test",
    ] {
        for email in ["new@example.org", "una@example.org", BOB, "nonsense"] {
            acts.push(caller.act(path, &[("email", email.to_owned())]).await);
        }
        acts.push(caller.act(path, &[]).await);
    }
    for id in [id, "0123456789abcdef0123456789abcdef", "nonsense"] {
        for act in ["invite-again", "withdraw"] {
            acts.push(caller.act(&format!("/admin/accounts/{id}/{act}"), &[]).await);
        }
    }
    (looks, acts)
}

/// Every registration, with its version.
async fn requests(app: &App) -> Vec<Versioned> {
    let records = app.all_records().await.into_iter().map(|(_, found)| found);
    records
        .filter(|found| matches!(&found.record, Record::Request(it) if it.purpose == Purpose::Register))
        .collect()
}

fn all_are(answers: &[Answer], expected: &Answer) {
    assert!(answers.iter().all(|it| it == expected), "{answers:?}");
}

async fn only_an_administrator_who_has_just_signed_in_may_act(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    let id = invited(&app, &mut admin, BOB).await.id.to_string();
    let mut unconfirmed = app.caller(door);
    assert_eq!(unconfirmed.register("una@example.org", PASSWORD).await, Answer::Done);
    app.letter_to("una@example.org").await;
    let mut member = with_role(&app, door, "member@example.org", Role::Member).await;
    let before = requests(&app).await;
    for caller in [&mut app.caller(door), &mut unconfirmed] {
        let (looks, acts) = answers(caller, &id).await;
        all_are(&looks, &Answer::refused(401, "sign_in_required"));
        all_are(&acts, &Answer::refused(401, "sign_in_required"));
    }
    let forbidden = Answer::refused(403, "admin_required");
    let (looks, acts) = answers(&mut member, &id).await;
    all_are(&looks, &forbidden);
    all_are(&acts, &forbidden);
    app.clock.advance(Duration::from_mins(11));
    let (looks, acts) = answers(&mut admin, &id).await;
    all_are(&looks, &Answer::Done);
    all_are(&acts, &Answer::refused(403, "recent_sign_in_required"));
    let (gatepost, operator) = (&app.house.gatepost, Client::operator());
    gatepost.add_account(&address("other@example.org"), Role::Admin, &operator).await.unwrap();
    gatepost.set_role(&address(ADMIN), Role::Member, &operator).await.unwrap();
    let (looks, acts) = answers(&mut admin, &id).await;
    all_are(&looks, &forbidden);
    all_are(&acts, &forbidden);
    gatepost.disable_account(&address(ADMIN), &operator).await.unwrap();
    let (looks, acts) = answers(&mut admin, &id).await;
    all_are(&looks, &Answer::refused(401, "sign_in_required"));
    all_are(&acts, &Answer::refused(401, "sign_in_required"));
    app.expect_no_letter().await;
    assert!(requests(&app).await == before, "no registration was touched");
    assert!(app.account(BOB).await.is_invited());
}

async fn an_administrator_who_has_to_confirm_it_first_comes_back_to_the_page(door: Door) {
    if door == Door::Json {
        return;
    }
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    let bob = invited(&app, &mut admin, BOB).await;
    let mut una = app.caller(door);
    assert_eq!(una.register("una@example.org", PASSWORD).await, Answer::Done);
    app.letter_to("una@example.org").await;
    app.clock.advance(Duration::from_mins(11));
    let one = format!("/admin/accounts/{}", bob.id);
    for (act, page) in [
        ("/admin/accounts/invite", "/admin/accounts"),
        ("/admin/accounts/waiting/resend", "/admin/accounts/waiting"),
        ("/admin/accounts/waiting/drop", "/admin/accounts/waiting"),
        ("/admin/mail/test", "/admin/mail"),
        (&format!("{one}/invite-again"), &one),
        (&format!("{one}/withdraw"), &one),
    ] {
        let refused = admin.post_form(act, "email=una%40example.org").await;
        let next: String = form_urlencoded::byte_serialize(page.as_bytes()).collect();
        let place = format!("/reauthenticate?next={next}");
        assert_eq!(refused.leads_to(), Some(place.clone()), "{act}");
        let mut htmx = admin.clone().with_script(true);
        let refused = htmx.post_form(act, "email=una%40example.org").await;
        assert_eq!((refused.status.as_u16(), refused.leads_to()), (403, Some(place)), "{act}");
    }
    for page in ["/admin/accounts/waiting", "/admin/mail"] {
        let shown = admin.get(page).await.body;
        assert!(!shown.contains("method=\"post\" action=\"/admin"), "{shown}");
        assert!(shown.contains("Confirm it's you"), "{shown}");
    }
    for page in LISTS {
        let place = page.replace('/', "%2F");
        let away = app.caller(door).get(page).await;
        assert_eq!(away.leads_to(), Some(format!("/sign-in?next={place}")));
    }
}
