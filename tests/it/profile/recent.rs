//! Changes to an account need a sign-in within the last ten minutes.

use std::time::Duration;

use gatepost::path;

use super::{ANN, OTHER, PASSWORD, also, registered, stale};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    a_change_needs_a_sign_in_within_the_last_ten_minutes,
}

const NEW: &str = "new@example.org";
const TEN_MINUTES: Duration = Duration::from_mins(10);
const AN_INSTANT: Duration = Duration::from_millis(1);
const ALMOST_TEN_MINUTES: Duration = Duration::from_millis(10 * 60 * 1_000 - 1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Password,
    RemovePassword,
    Email,
    CancelEmail,
    EndSession,
    EndOthers,
    Delete,
}

const ALL: [Change; 7] = [
    Change::Password,
    Change::RemovePassword,
    Change::Email,
    Change::CancelEmail,
    Change::EndSession,
    Change::EndOthers,
    Change::Delete,
];

impl Change {
    async fn make(self, ann: &mut Caller, other: &str) -> Answer {
        match self {
            Self::Password => ann.change_password(OTHER, Some(PASSWORD)).await,
            Self::RemovePassword => ann.remove_password().await,
            Self::Email => ann.change_email(NEW).await,
            Self::CancelEmail => ann.cancel_email_change().await,
            Self::EndSession => ann.end_session(other).await,
            Self::EndOthers => ann.end_other_sessions().await,
            Self::Delete => ann.delete_account("delete").await,
        }
    }

    /// The path its form is sent to.
    fn path(self, other: &str) -> String {
        match self {
            Self::Password => path::PROFILE_PASSWORD.into(),
            Self::RemovePassword => path::PROFILE_PASSWORD_REMOVE.into(),
            Self::Email => path::PROFILE_EMAIL.into(),
            Self::CancelEmail => path::PROFILE_EMAIL_CANCEL.into(),
            Self::EndSession => path::session_end(other),
            Self::EndOthers => path::PROFILE_END_OTHERS.into(),
            Self::Delete => path::PROFILE_DELETE.into(),
        }
    }
}

/// Someone with a password, a pending change of address and another session, whose id is returned.
async fn with_everything(app: &App, door: Door) -> (Caller, String) {
    let mut ann = registered(app, door, ANN).await;
    let sessions = also(app, door, ANN, PASSWORD).await.sessions().await;
    let (other, _) = sessions.into_iter().find(|(_, is_current)| *is_current).unwrap();
    assert_eq!(ann.change_email("earlier@example.org").await, Answer::Done);
    app.read_all().await;
    (ann, other)
}

async fn a_change_needs_a_sign_in_within_the_last_ten_minutes(door: Door) {
    for change in ALL {
        let app = App::start().await;
        let (mut ann, other) = with_everything(&app, door).await;
        app.clock.advance(TEN_MINUTES);
        // The last use of the session is written once.
        assert!(ann.who().await.is_some());
        app.uses_written().await;
        let before = app.all_records().await;
        assert_eq!(change.make(&mut ann, &other).await, stale(), "{change:?}");
        assert_eq!(app.all_records().await, before, "{change:?}");
        app.expect_no_letter().await;
        app.clock.set_back(AN_INSTANT);
        assert_eq!(change.make(&mut ann, &other).await, Answer::Done, "{change:?}");
        app.read_all().await;
    }
}

#[tokio::test]
async fn the_page_shows_forms_only_while_the_sign_in_is_recent() {
    let app = App::start().await;
    let (mut ann, other) = with_everything(&app, Door::Pages).await;
    let to_prove_it = "href=\"/reauthenticate?next=%2Fprofile\"";
    app.clock.advance(ALMOST_TEN_MINUTES);
    let page = ann.get("/profile").await.body;
    assert!(!page.contains(to_prove_it), "{page}");
    for change in ALL {
        let form = format!("action=\"{}\"", change.path(&other));
        assert!(page.contains(&form), "{form}: {page}");
    }
    app.clock.advance(AN_INSTANT);
    let page = ann.get("/profile").await.body;
    assert!(page.contains(to_prove_it), "{page}");
    assert!(!page.contains("action=\"/profile") && !page.contains("hx-post=\"/profile"), "{page}");
}

#[tokio::test]
async fn an_older_sign_in_leads_to_reauthentication() {
    let app = App::start().await;
    let (mut ann, other) = with_everything(&app, Door::Pages).await;
    app.clock.advance(TEN_MINUTES);
    let place = "/reauthenticate?next=%2Fprofile";
    for change in ALL {
        change.make(&mut ann, &other).await;
        let reply = ann.last.as_ref().unwrap();
        assert_eq!((reply.status.as_u16(), reply.header("location")), (303, Some(place)), "{change:?}");
        let mut scripted = ann.clone().with_script(true);
        assert_eq!(change.make(&mut scripted, &other).await, stale(), "{change:?}");
        let reply = scripted.last.unwrap();
        assert_eq!((reply.status.as_u16(), reply.header("hx-redirect")), (403, Some(place)), "{change:?}");
    }
    let page = ann.get(place).await.body;
    assert_eq!(page.matches("name=\"next\" value=\"/profile\"").count(), 2, "{page}");
}

#[tokio::test]
async fn reauthenticating_leads_back_to_next() {
    for (next, place) in [
        ("/app?x=1&y=2", "/app?x=1&y=2"),
        ("https://evil.example", "/profile"),
        ("//evil.example", "/profile"),
        ("/\\evil.example", "/profile"),
        ("", "/profile"),
    ] {
        let app = App::start().await;
        let mut ann = registered(&app, Door::Pages, ANN).await;
        let query = form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
        let page = ann.get(&format!("/reauthenticate?next={query}")).await.body;
        assert!(!page.contains("evil"), "{next}: {page}");
        let next = ("next", next.to_owned());
        let by_password = [("password", PASSWORD.to_owned()), next.clone()];
        assert_eq!(ann.act("/reauthenticate", &by_password).await, Answer::Done);
        assert_eq!(ann.leads_to().as_deref(), Some(place), "{next:?}");
        let mut scripted = ann.clone().with_script(true);
        assert_eq!(scripted.act("/reauthenticate", &by_password).await, Answer::Done);
        assert_eq!(scripted.last.unwrap().header("hx-redirect"), Some(place), "{next:?}");
        assert_eq!(ann.act("/reauthenticate/mail", std::slice::from_ref(&next)).await, Answer::Done);
        let code = app.news_to(ANN).await.code.unwrap();
        assert_eq!(ann.type_code(code.as_str()).await, Answer::Done);
        assert_eq!(ann.leads_to().as_deref(), Some(place), "{next:?}");
    }
}
