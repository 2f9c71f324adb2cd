//! A matrix: every change to an account against every link, code and session issued before it.

use super::{ANN, OTHER, PASSWORD, readdress, registered, wrong};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    every_change_ends_everything_issued_before,
    an_undo_survives_every_change_except_deletion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    PasswordSet,
    PasswordChanged,
    PasswordRemoved,
    PasswordReset,
    EmailChanged,
    EmailRestored,
    OthersSignedOut,
    Disabled,
    Deleted,
}

const ALL: [Change; 9] = [
    Change::PasswordSet,
    Change::PasswordChanged,
    Change::PasswordRemoved,
    Change::PasswordReset,
    Change::EmailChanged,
    Change::EmailRestored,
    Change::OthersSignedOut,
    Change::Disabled,
    Change::Deleted,
];
/// The successive addresses of the account, and one it never gets.
const NEW: &str = "new@example.org";
const THIRD: &str = "third@example.org";
const FOURTH: &str = "fourth@example.org";

fn gone() -> Answer {
    Answer::refused(410, "invalid_link")
}

async fn every_change_ends_everything_issued_before(door: Door) {
    for change in ALL {
        let app = App::start_unlimited().await;
        let mut moved = Moved::before(change, &app, door).await;
        let given = HandedOut::by(&app, door, moved.email).await;
        moved.make(change, &app).await;
        given.expect_dead(change, &mut moved.caller).await;
        app.expect_whole().await;
    }
}

/// Whatever a thief does with an account, its owner gets it back and nothing of the thief's remains in it.
async fn an_undo_survives_every_change_except_deletion(door: Door) {
    for change in ALL {
        let app = App::start_unlimited().await;
        let mut moved = Moved::before(change, &app, door).await;
        moved.make(change, &app).await;
        let mut owner = app.caller(door);
        if change == Change::Deleted {
            assert_eq!(owner.follow_deliberately(&moved.undo).await, gone());
            continue;
        }
        // A disabled account gets no such email.
        let given = match change {
            Change::Disabled => None,
            _ => Some(HandedOut::by(&app, door, moved.email).await),
        };
        assert_eq!(owner.follow_deliberately(&moved.undo).await, Answer::Done, "{change:?}");
        app.read_all().await;
        let mut thief = moved.caller;
        assert_eq!(thief.who().await, None, "{change:?}: the thief's session");
        if let Some(given) = given {
            given.expect_dead(change, &mut thief).await;
        }
        if let Some(younger) = moved.younger {
            assert_eq!(thief.follow_deliberately(&younger).await, gone(), "{change:?}: a younger undo");
        }
        for password in [PASSWORD, OTHER] {
            assert_eq!(thief.sign_in_with_password(ANN, password).await, wrong(), "{change:?}: {password}");
        }
        if change == Change::Disabled {
            assert!(app.account(ANN).await.disabled, "it is for the operator to open it again");
        } else {
            assert_eq!(app.signed_in(door, ANN).await.who().await.as_deref(), Some(ANN));
        }
        assert_eq!(app.accounts().await, 1);
        app.expect_whole().await;
    }
}

/// An account that was changed from `ANN` to another address.
struct Moved {
    caller: Caller,
    email: &'static str,
    undo: String,
    /// The undo of the second move, if there was one.
    younger: Option<String>,
}

impl Moved {
    async fn before(change: Change, app: &App, door: Door) -> Self {
        let mut caller = match change {
            Change::PasswordSet => app.signed_in(door, ANN).await,
            _ => registered(app, door, ANN).await,
        };
        let undo = readdress(app, &mut caller, ANN, NEW).await;
        let mut moved = Self { caller, email: NEW, undo, younger: None };
        if change == Change::EmailRestored {
            moved.make(Change::EmailChanged, app).await;
        }
        moved
    }

    async fn make(&mut self, change: Change, app: &App) {
        let caller = &mut self.caller;
        match change {
            Change::PasswordSet => {
                assert_eq!(caller.change_password(OTHER, None).await, Answer::Done);
                app.news_to(NEW).await;
            }
            Change::PasswordChanged => {
                assert_eq!(caller.change_password(OTHER, Some(PASSWORD)).await, Answer::Done);
                app.news_to(NEW).await;
            }
            Change::PasswordRemoved => {
                assert_eq!(caller.remove_password().await, Answer::Done);
                app.news_to(NEW).await;
            }
            Change::PasswordReset => {
                let mut elsewhere = app.caller(caller.door);
                elsewhere.forgot_password(NEW).await;
                let letter = app.letter_to(NEW).await;
                assert_eq!(elsewhere.reset_by_link(&letter.link, OTHER).await, Answer::Done);
                app.news_to(NEW).await;
            }
            Change::EmailChanged => {
                self.younger = Some(readdress(app, caller, NEW, THIRD).await);
                self.email = THIRD;
            }
            Change::EmailRestored => {
                let mut owner = app.caller(caller.door);
                let undo = self.younger.as_ref().unwrap();
                assert_eq!(owner.follow_deliberately(undo).await, Answer::Done);
                app.news_to(NEW).await;
                app.news_to(THIRD).await;
                self.email = NEW;
            }
            Change::OthersSignedOut => assert_eq!(caller.end_other_sessions().await, Answer::Done),
            Change::Disabled => app.disable(NEW).await,
            Change::Deleted => {
                assert_eq!(caller.delete_account("delete").await, Answer::Done);
                // The previous address is notified too, because the account can no longer be restored there.
                app.news_to(ANN).await;
                app.news_to(NEW).await;
            }
        }
    }
}

/// Everything that can have been issued for an account.
struct HandedOut {
    session: Caller,
    /// The caller that signed in, before it did: with its request and the link it used.
    used: (Caller, String),
    by_link: (Caller, String),
    by_code: (Caller, String),
    reset: (Caller, String),
    /// The email of a pending change of address.
    change: String,
}

impl HandedOut {
    async fn by(app: &App, door: Door, email: &str) -> Self {
        let mut session = app.caller(door);
        session.ask(email).await;
        let used = (session.clone(), app.letter_to(email).await.link);
        assert_eq!(session.follow(&used.1).await, Answer::Done);
        let (mut by_link, mut by_code, mut reset) = (app.caller(door), app.caller(door), app.caller(door));
        by_link.ask(email).await;
        let link = app.letter_to(email).await.link;
        by_code.ask(email).await;
        let code = app.letter_to(email).await.code;
        reset.forgot_password(email).await;
        let reset_link = app.letter_to(email).await.link;
        session.change_email(FOURTH).await;
        app.news_to(email).await;
        let change = app.letter_to(FOURTH).await.link;
        Self {
            session,
            used,
            by_link: (by_link, link),
            by_code: (by_code, code),
            reset: (reset, reset_link),
            change,
        }
    }

    /// None of it works any more, in the browser it was issued to or in the acting one.
    async fn expect_dead(mut self, after: Change, acting: &mut Caller) {
        assert_eq!(self.session.who().await, None, "{after:?}: a session");
        let (mut holder, link) = self.used;
        assert_eq!(holder.follow(&link).await, gone(), "{after:?}: the request of a session");
        assert_eq!(holder.who().await, None, "{after:?}: the request of a session");
        let (mut holder, link) = self.by_link;
        assert_eq!(holder.follow(&link).await, gone(), "{after:?}: a link, where it was asked for");
        assert_eq!(acting.follow_deliberately(&link).await, gone(), "{after:?}: a link, elsewhere");
        let (mut holder, code) = self.by_code;
        let late = Answer::refused(410, "invalid_request");
        assert_eq!(holder.type_code(&code).await, late, "{after:?}: a code");
        let (mut holder, link) = self.reset;
        assert_eq!(holder.reset_by_link(&link, OTHER).await, gone(), "{after:?}: a reset");
        assert_eq!(holder.who().await, None, "{after:?}: a reset");
        assert_eq!(acting.follow(&self.change).await, gone(), "{after:?}: a change of address");
    }
}
