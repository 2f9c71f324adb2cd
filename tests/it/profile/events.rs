//! The history of an account, as its owner sees it: every action writes its event in its own commit.

use std::time::Duration;

use gatepost::domain::operator::Role;
use gatepost::domain::ports::Clock;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::event::EventName;
use serde_json::json;

use super::{ANN, OTHER, PASSWORD, WAIT, also, readdress, registered};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    every_action_is_in_the_history_of_its_account,
    actions_before_and_after_an_account_exists_are_events_too,
}

const NEW: &str = "new@example.org";
const GUEST: (&str, &str) = ("Firefox on Linux", "127.0.0.1");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Confirm,
    SignInByLink,
    SignInByCode,
    SignInByPassword,
    WrongPassword,
    SignOut,
    SetPassword,
    ChangePassword,
    WrongCurrentPassword,
    RemovePassword,
    ResetPassword,
    Reauthenticate,
    ReauthenticateWrongly,
    AskForCode,
    ReauthenticateByCode,
    ReauthenticateByWrongCode,
    AskForChange,
    CancelChange,
    ChangeEmail,
    RestoreEmail,
    EndSession,
    EndOthers,
    Disable,
    Enable,
    HandOutLink,
    Grant,
    Revoke,
}

/// An action, its name in the export, and its sentence on the page.
const ACTS: [(Act, &str, &str); 27] = [
    (Act::Confirm, "user_created", "Email address confirmed. Account created."),
    (Act::SignInByLink, "authn_login_success", "Signed in."),
    (Act::SignInByCode, "authn_login_success", "Signed in."),
    (Act::SignInByPassword, "authn_login_success", "Signed in."),
    (Act::WrongPassword, "authn_login_fail", "Wrong password entered."),
    (Act::SignOut, "session_ended", "Signed out."),
    (Act::SetPassword, "authn_password_change", "Password changed."),
    (Act::ChangePassword, "authn_password_change", "Password changed."),
    (
        Act::WrongCurrentPassword,
        "authn_password_change_fail",
        "Password change refused: wrong current password.",
    ),
    (Act::RemovePassword, "authn_password_change", "Password removed."),
    (Act::ResetPassword, "authn_password_change", "Password reset."),
    (Act::Reauthenticate, "authn_login_success", "Identity confirmed."),
    (Act::ReauthenticateWrongly, "authn_login_fail", "Wrong password entered."),
    (Act::AskForCode, "authn_token_created", "An email was requested."),
    (Act::ReauthenticateByCode, "authn_login_success", "Identity confirmed."),
    (Act::ReauthenticateByWrongCode, "authn_login_fail", "Wrong code entered."),
    (Act::AskForChange, "authn_token_created", "An email was requested."),
    (Act::CancelChange, "user_updated", "Email change cancelled."),
    (Act::ChangeEmail, "user_updated", "Email address changed."),
    (Act::RestoreEmail, "user_updated", "Previous email address restored."),
    (Act::EndSession, "session_ended", "A device was signed out."),
    (Act::EndOthers, "session_ended", "All other devices were signed out."),
    (Act::Disable, "authn_login_lock", "Disabled by the administrator."),
    (Act::Enable, "authn_login_unlock", "Re-enabled by the administrator."),
    (Act::HandOutLink, "authn_token_created", "Sign-in link created by the administrator."),
    (Act::Grant, "privilege_permissions_changed", "Admin rights granted."),
    (Act::Revoke, "privilege_permissions_changed", "Admin rights removed."),
];

impl Act {
    fn is_operators(self) -> bool {
        matches!(self, Self::Disable | Self::Enable | Self::HandOutLink | Self::Grant | Self::Revoke)
    }

    /// What it is done with.
    fn means(self) -> &'static str {
        match self {
            Self::Confirm
            | Self::SignInByLink
            | Self::ResetPassword
            | Self::ChangeEmail
            | Self::RestoreEmail => "link",
            Self::SignInByCode | Self::ReauthenticateByCode | Self::ReauthenticateByWrongCode => "code",
            Self::SignInByPassword
            | Self::WrongPassword
            | Self::WrongCurrentPassword
            | Self::Reauthenticate
            | Self::ReauthenticateWrongly => "password",
            _ if self.is_operators() => "command",
            _ => "session",
        }
    }

    /// Whether the person doing it is not signed in.
    fn is_at_the_door(self) -> bool {
        let by_mail = matches!(self, Self::SignInByLink | Self::SignInByCode | Self::ResetPassword);
        by_mail || matches!(self, Self::SignInByPassword | Self::WrongPassword)
    }

    fn is_refused(self) -> bool {
        matches!(
            self,
            Self::WrongPassword
                | Self::WrongCurrentPassword
                | Self::ReauthenticateWrongly
                | Self::ReauthenticateByWrongCode
        )
    }

    /// Does it at a time when nothing else happens. Its preparations happen earlier.
    async fn done(self, app: &App, door: Door) {
        let mut ann = match self {
            Self::Confirm => app.caller(door),
            Self::SetPassword => app.signed_in(door, ANN).await,
            _ => registered(app, door, ANN).await,
        };
        if self.is_at_the_door() {
            ann = app.caller(door);
        }
        let prepared = self.prepared(app, &mut ann).await;
        app.clock.advance(WAIT);
        if self.is_operators() {
            return self.done_by_operator(app).await;
        }
        let answer = match self {
            Self::Confirm | Self::SignInByLink | Self::ChangeEmail => ann.follow(&prepared).await,
            Self::SignInByCode | Self::ReauthenticateByCode | Self::ReauthenticateByWrongCode => {
                ann.type_code(&prepared).await
            }
            Self::SignInByPassword => ann.sign_in_with_password(ANN, PASSWORD).await,
            Self::WrongPassword => ann.sign_in_with_password(ANN, OTHER).await,
            Self::SignOut => ann.sign_out().await,
            Self::SetPassword => ann.change_password(PASSWORD, None).await,
            Self::ChangePassword => ann.change_password(OTHER, Some(PASSWORD)).await,
            Self::WrongCurrentPassword => ann.change_password(OTHER, Some(OTHER)).await,
            Self::RemovePassword => ann.remove_password().await,
            Self::ResetPassword => ann.reset_by_link(&prepared, OTHER).await,
            Self::Reauthenticate => ann.reauthenticate(PASSWORD).await,
            Self::ReauthenticateWrongly => ann.reauthenticate(OTHER).await,
            Self::AskForCode => ann.reauthenticate_by_mail(ANN).await,
            Self::AskForChange => ann.change_email(NEW).await,
            Self::CancelChange => ann.cancel_email_change().await,
            Self::RestoreEmail => app.caller(door).follow_deliberately(&prepared).await,
            Self::EndSession => ann.end_session(&prepared).await,
            _ => ann.end_other_sessions().await,
        };
        assert_eq!(answer != Answer::Done, self.is_refused(), "{self:?}: {answer:?}");
        app.read_all().await;
    }

    /// The link, the code or the session id that the action needs.
    async fn prepared(self, app: &App, ann: &mut Caller) -> String {
        match self {
            Self::Confirm => {
                ann.register(ANN, PASSWORD).await;
                app.letter_to(ANN).await.link
            }
            Self::SignInByLink | Self::SignInByCode => {
                ann.ask(ANN).await;
                let letter = app.letter_to(ANN).await;
                if self == Self::SignInByLink { letter.link } else { letter.code }
            }
            Self::ResetPassword => {
                ann.forgot_password(ANN).await;
                app.letter_to(ANN).await.link
            }
            Self::ReauthenticateByCode | Self::ReauthenticateByWrongCode => {
                ann.reauthenticate_by_mail(ANN).await;
                let code: u32 = app.news_to(ANN).await.code.unwrap().as_str().parse().unwrap();
                let wrong = u32::from(self == Self::ReauthenticateByWrongCode);
                format!("{:06}", (code + wrong) % 1_000_000)
            }
            Self::ChangeEmail | Self::CancelChange => {
                ann.change_email(NEW).await;
                app.news_to(ANN).await;
                app.letter_to(NEW).await.link
            }
            Self::RestoreEmail => readdress(app, ann, ANN, NEW).await,
            Self::EndSession => {
                let other = also(app, ann.door, ANN, PASSWORD).await.sessions().await;
                other.into_iter().find(|(_, is_current)| *is_current).unwrap().0
            }
            Self::Enable => {
                app.disable(ANN).await;
                String::new()
            }
            Self::Revoke => {
                Self::Grant.done_by_operator(app).await;
                String::new()
            }
            _ => String::new(),
        }
    }

    async fn done_by_operator(self, app: &App) {
        let (gatepost, operator) = (&app.house.gatepost, &Client::operator());
        let ann = &EmailAddress::parse(ANN).unwrap();
        match self {
            Self::Disable => app.disable(ANN).await,
            Self::Enable => _ = gatepost.enable_account(ann, operator).await.unwrap(),
            Self::HandOutLink => _ = gatepost.hand_out_link(ann, operator).await.unwrap(),
            Self::Grant => _ = gatepost.set_role(ann, Role::Admin, operator).await.unwrap(),
            _ => _ = gatepost.revoke_admin_anyway(ann, operator).await.unwrap(),
        }
    }
}

async fn every_action_is_in_the_history_of_its_account(door: Door) {
    for (act, name, sentence) in ACTS {
        let app = App::start_unlimited().await;
        act.done(&app, door).await;
        app.expect_events_in_the_commits_of_their_acts().await;
        let at = app.clock.now().to_string();
        // The reader signs in first, where that is possible.
        app.clock.advance(Duration::from_millis(1));
        if act == Act::Disable {
            Act::Enable.done_by_operator(&app).await;
        }
        let email = if act == Act::ChangeEmail { NEW } else { ANN };
        let mut reader = app.signed_in(door, email).await;
        let export = reader.export().await;
        let events = export["events"].as_array().unwrap().iter();
        let told: Vec<_> = events.filter(|event| event["at"] == at.as_str()).collect();
        let outcome = if act.is_refused() { "failure" } else { "success" };
        // The operator's device and address are no one else's business.
        let (client, by) = if act.is_operators() { (None, "operator") } else { (Some(GUEST), "person") };
        let (device, ip) = client.unzip();
        let first_at = act.is_refused().then_some(&at);
        let expected = json!({
            "at": at, "name": name, "ip": ip, "device": device, "outcome": outcome,
            "by": by, "means": act.means(), "count": 1, "first_at": first_at,
        });
        assert_eq!(told, [&expected], "{act:?}");
        let page = reader.in_browser().get("/profile").await.body;
        let from = client
            .map_or("</time></span></li>".to_owned(), |(device, ip)| format!(", {device}, {ip}</span></li>"));
        let is_told = |item: &str| {
            item.starts_with(&format!("<span>{sentence}</span><span class=\"hint\"><time datetime=\"{at}\">"))
                && item.split_inclusive("</li>").next().unwrap().ends_with(&from)
        };
        assert!(page.split("<li>").any(is_told), "{act:?}: {page}");
        app.expect_events_without(&[ANN, NEW, PASSWORD, OTHER, &reader.session()]).await;
    }
}

/// Events are stored even where no account can show them.
async fn actions_before_and_after_an_account_exists_are_events_too(door: Door) {
    let app = App::start().await;
    // The text of the User-Agent header is not stored.
    let agent = format!("Firefox/145.0 on Linux, {ANN}, {PASSWORD}");
    let mut ann = app.caller(door).with_agent(&agent);
    ann.register(ANN, PASSWORD).await;
    let letter = app.letter_to(ANN).await;
    ann.type_code(&letter.wrong_code()).await;
    assert_eq!(ann.type_code(&letter.code).await, Answer::Done);
    app.clock.advance(Duration::from_millis(1));
    let (session, id) = (ann.session(), app.account(ANN).await.id);
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    app.news_to(ANN).await;
    let of = async |account| {
        let events = app.all_events().await.into_iter().filter(move |event| event.account == account);
        events.map(|event| event.name).collect::<Vec<_>>()
    };
    let own = [EventName::AccountConfirmed, EventName::AccountDeleted];
    assert_eq!(of(Some(id)).await, own);
    assert!(of(None).await.contains(&EventName::Registered));
    app.sweep_after(Duration::from_mins(1)).await;
    assert_eq!(of(Some(id)).await, []);
    let of_no_one = of(None).await;
    assert!(own.iter().chain([&EventName::Registered]).all(|name| of_no_one.contains(name)), "{of_no_one:?}");
    app.expect_events_without(&[ANN, PASSWORD, &session]).await;
}
