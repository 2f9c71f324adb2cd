//! Changing the email address of an account by command, for someone who has lost the mailbox.

use super::Place;
use super::accounts::{both_ways, link_in};
use super::serving::Server;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::{both_doors, caller::path_of};
use crate::mail::sink::Sink;

const OLD: &str = "old@example.org";
const NEW: &str = "new@example.org";
const PASSWORD: &str = "three quiet otters";

#[test]
fn a_change_is_refused_with_the_reason() {
    both_ways(|place| {
        let change = |old: &str, new: &str| place.refused(&["account", "change-email", old, new]);
        assert!(change(OLD, NEW).ends_with("no account for old@example.org"));
        place.answer(&["account", "add", OLD]);
        place.answer(&["account", "add", "ann@example.org"]);
        assert!(change(OLD, "ANN@example.org").ends_with("ANN@example.org already has an account"));
        assert!(
            change(OLD, "Old@example.org")
                .ends_with("the account already has the email address Old@example.org")
        );
        let said = place.answer(&["account", "change-email", OLD, NEW]);
        assert!(
            said.starts_with("Changed the email address of old@example.org to new@example.org."),
            "{said}"
        );
        // The old address stays reserved for a week.
        let held = change("ann@example.org", OLD);
        assert!(
            held.ends_with("old@example.org is reserved for a week by the account that used it before"),
            "{held}"
        );
        assert!(change(OLD, NEW).ends_with("no account for old@example.org"));
        let json = place.json(&["account", "change-email", NEW, "third@example.org"]);
        assert_eq!(json["email"], "third@example.org");
        assert_eq!(place.command(&["account", "change-email", OLD]).status.code(), Some(2));
        assert_eq!(place.command(&["account", "change-email", OLD, "new"]).status.code(), Some(2));
    });
}

both_doors! {
    #[tokio::test(flavor = "multi_thread")]
    everything_from_before_ends_and_the_old_address_can_undo_it,
}

async fn everything_from_before_ends_and_the_old_address_can_undo_it(door: Door) {
    let (place, sink) = (Place::with_store(), Sink::good().await);
    let url = format!("smtp://127.0.0.1:{}?tls=none", sink.port);
    let sends = [("GATEPOST_MAIL__TRANSPORT", "smtp"), ("GATEPOST_MAIL__SMTP_URL", url.as_str())];
    let server = Server::start(&place.data(), &sends);
    let mut person = Caller::new(door, server.address);
    let link = link_in(&place.answer(&["account", "add", OLD]));
    assert_eq!(person.follow_deliberately(&link).await, Answer::Done);
    assert_eq!(person.change_password(PASSWORD, None).await, Answer::Done);
    let left = link_in(&place.answer(&["account", "link", OLD]));
    let said = place.answer(&["account", "change-email", OLD, NEW]);
    assert!(said.contains("It was signed out on 1 device."), "{said}");
    assert_eq!(person.who().await, None);
    assert_eq!(person.follow_deliberately(&left).await, Answer::refused(410, "invalid_link"));
    let mut again = Caller::new(door, server.address);
    for email in [OLD, NEW] {
        let refused = Answer::refused(401, "invalid_credentials");
        assert_eq!(again.sign_in_with_password(email, PASSWORD).await, refused);
    }
    // One email says that a password was set, and two are about the change.
    let mails = sink.mails(3).await;
    let to = |email: &str, words: &str| {
        let found = mails.iter().find(|mail| {
            let text = String::from_utf8_lossy(&mail.data);
            mail.to == email && text.contains(words)
        });
        found.unwrap_or_else(|| panic!("{email}: {words}"))
    };
    let notice = to(NEW, "has given your account this email address");
    assert!(!String::from_utf8_lossy(&notice.data).contains("/link/"));
    let undo = to(OLD, "changed the email address of your account").link();
    // The next sign-in proves the new address.
    assert_eq!(again.ask(NEW).await, Answer::Done);
    let mails = sink.mails(4).await;
    let link = mails.iter().rfind(|mail| mail.to == NEW).unwrap().link();
    assert_eq!(again.follow(&link).await, Answer::Done);
    assert_eq!(again.who().await.as_deref(), Some(NEW));
    let mut former = Caller::new(door, server.address);
    assert_eq!(former.act(&path_of(&undo), &[("confirm", "yes".into())]).await, Answer::Done);
    assert_eq!(again.who().await, None);
    assert_eq!(place.json(&["account", "show", OLD])["has_password"], false);
    assert!(place.refused(&["account", "show", NEW]).ends_with("no account for new@example.org"));
    sink.mails(6).await;
    server.stop();
}
