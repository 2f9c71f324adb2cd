//! The store does not know whether a change was written. The action is not done again by itself, the person
//! is told that it is not certain, and asking again does it once or says why not.

use std::sync::Arc;

use crate::harness::app::{App, SignInLetter};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::chaotic::{ChaoticStore, Doubt};
use crate::profile::{ANN, OTHER, PASSWORD, WAIT, also, readdress, registered};

both_doors! {
    an_action_in_doubt_is_told_and_not_done_again_by_itself,
    a_sign_in_in_doubt_never_leaves_a_session_without_its_email,
}

const NEW: &str = "new@example.org";
const BOB: &str = "bob@example.org";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Register,
    Ask,
    Resend,
    Forget,
    Follow,
    FollowElsewhere,
    TypeCode,
    TypeWrongCode,
    Reset,
    SignInWithPassword,
    SignOut,
    Reauthenticate,
    ReauthenticateByMail,
    ChangePassword,
    RemovePassword,
    ChangeEmail,
    ConfirmEmail,
    CancelEmail,
    Undo,
    Secure,
    TurnOff,
    EndSession,
    EndOthers,
    Delete,
}

const ALL: [Act; 24] = [
    Act::Register,
    Act::Ask,
    Act::Resend,
    Act::Forget,
    Act::Follow,
    Act::FollowElsewhere,
    Act::TypeCode,
    Act::TypeWrongCode,
    Act::Reset,
    Act::SignInWithPassword,
    Act::SignOut,
    Act::Reauthenticate,
    Act::ReauthenticateByMail,
    Act::ChangePassword,
    Act::RemovePassword,
    Act::ChangeEmail,
    Act::ConfirmEmail,
    Act::CancelEmail,
    Act::Undo,
    Act::Secure,
    Act::TurnOff,
    Act::EndSession,
    Act::EndOthers,
    Act::Delete,
];

/// Someone about to act, with what it takes.
struct Scene {
    caller: Caller,
    letter: Option<SignInLetter>,
    /// The link of an undo or of an email about a new device, or the id of another session.
    part: String,
}

impl Scene {
    async fn of(act: Act, app: &App, door: Door) -> Self {
        let mut scene = Self { caller: app.caller(door), letter: None, part: String::new() };
        match act {
            Act::Register | Act::Ask => {}
            Act::Resend | Act::Follow | Act::FollowElsewhere | Act::TypeCode | Act::TypeWrongCode => {
                assert_eq!(scene.caller.ask(BOB).await, Answer::Done);
                scene.letter = Some(app.letter_to(BOB).await);
                if act == Act::FollowElsewhere {
                    scene.caller = app.caller(door);
                }
            }
            Act::Forget | Act::SignInWithPassword => drop(registered(app, door, ANN).await),
            Act::Reset => {
                registered(app, door, ANN).await;
                assert_eq!(scene.caller.forgot_password(ANN).await, Answer::Done);
                scene.letter = Some(app.letter_to(ANN).await);
            }
            _ => {
                scene.caller = registered(app, door, ANN).await;
                match act {
                    Act::ConfirmEmail | Act::CancelEmail => {
                        assert_eq!(scene.caller.change_email(NEW).await, Answer::Done);
                        app.news_to(ANN).await;
                        scene.letter = Some(app.letter_to(NEW).await);
                    }
                    Act::Secure => {
                        also(app, door, ANN, PASSWORD).await;
                        scene.part = app.device_emails().await.remove(0).link.unwrap();
                    }
                    Act::Undo => scene.part = readdress(app, &mut scene.caller, ANN, NEW).await,
                    // With nothing to end, nothing is written.
                    Act::EndOthers => drop(also(app, door, ANN, PASSWORD).await),
                    Act::EndSession => {
                        let sessions = also(app, door, ANN, PASSWORD).await.sessions().await;
                        scene.part = sessions.into_iter().find(|(_, is_own)| *is_own).unwrap().0;
                    }
                    _ => {}
                }
            }
        }
        app.clock.advance(WAIT);
        scene
    }

    async fn make(&mut self, act: Act) -> Answer {
        let (caller, part) = (&mut self.caller, &self.part);
        let letter = || self.letter.as_ref().unwrap();
        match act {
            Act::Register => caller.register(BOB, PASSWORD).await,
            Act::Ask => caller.ask(BOB).await,
            Act::Resend => caller.resend().await,
            Act::Forget => caller.forgot_password(ANN).await,
            Act::Follow | Act::ConfirmEmail => caller.follow(&letter().link).await,
            Act::FollowElsewhere => caller.follow_deliberately(&letter().link).await,
            Act::TypeCode => caller.type_code(&letter().code).await,
            Act::TypeWrongCode => caller.type_code(&letter().wrong_code()).await,
            Act::Reset => caller.reset_by_link(&letter().link, OTHER).await,
            Act::SignInWithPassword => caller.sign_in_with_password(ANN, PASSWORD).await,
            Act::SignOut => caller.sign_out().await,
            Act::Reauthenticate => caller.reauthenticate(PASSWORD).await,
            Act::ReauthenticateByMail => caller.reauthenticate_by_mail(ANN).await,
            Act::ChangePassword => caller.change_password(OTHER, Some(PASSWORD)).await,
            Act::RemovePassword => caller.remove_password().await,
            Act::ChangeEmail => caller.change_email(NEW).await,
            Act::CancelEmail => caller.cancel_email_change().await,
            Act::Undo | Act::Secure => caller.follow_deliberately(part).await,
            Act::TurnOff => caller.act("/profile/notices", &[("new_device", "no".into())]).await,
            Act::EndSession => caller.end_session(part).await,
            Act::EndOthers => caller.end_other_sessions().await,
            Act::Delete => caller.delete_account("delete").await,
        }
    }
}

/// What the same caller gets for asking again, if the first time was written.
fn again(act: Act) -> Answer {
    match act {
        // The answer is the one that was lost; or it is done once more, which harms no one: there is another email, another session, or the same
        // is true as before.
        Act::Follow
        | Act::TypeCode
        | Act::Reset
        | Act::SignOut
        | Act::Register
        | Act::Ask
        | Act::Forget
        | Act::ReauthenticateByMail
        | Act::ChangeEmail
        | Act::SignInWithPassword
        | Act::Reauthenticate
        | Act::CancelEmail
        | Act::TurnOff => Answer::Done,
        Act::TypeWrongCode => Answer::refused_field(422, "wrong_code", "code"),
        // It was done, and the answer says so.
        Act::Resend => Answer::refused(429, "too_many_mails"),
        Act::FollowElsewhere | Act::ConfirmEmail | Act::Undo | Act::Secure => {
            Answer::refused(410, "invalid_link")
        }
        Act::EndSession => Answer::refused(404, "not_found"),
        // The session of this browser went on under a new id, which was in the answer that was lost.
        Act::ChangePassword | Act::RemovePassword | Act::EndOthers | Act::Delete => {
            Answer::refused(401, "sign_in_required")
        }
    }
}

async fn an_action_in_doubt_is_told_and_not_done_again_by_itself(door: Door) {
    let mut wrong = Vec::new();
    for act in ALL {
        let undisturbed = {
            let app = App::start_on(&Arc::new(ChaoticStore::on_command())).await;
            let answer = Scene::of(act, &app, door).await.make(act).await;
            app.read_all().await;
            answer
        };
        for doubt in [Doubt::Written, Doubt::Lost] {
            let store = Arc::new(ChaoticStore::on_command());
            let app = App::start_on(&store).await;
            let mut scene = Scene::of(act, &app, door).await;
            let (before, arrived) = (app.all_but_events().await, store.arrived());
            store.doubt_next(doubt);
            let mut expect = |what: &str, is: Answer, expected: Answer| {
                if is != expected {
                    wrong.push(format!("{act:?} {doubt:?}: {what}: {is:?}, not {expected:?}"));
                }
            };
            expect("at first", scene.make(act).await, Answer::refused(503, "store_unavailable"));
            assert_eq!(store.arrived(), arrived + 1, "{act:?} {doubt:?}: done again by itself");
            app.read_all().await;
            app.expect_whole().await;
            let is_written = app.all_but_events().await != before;
            assert_eq!(is_written, doubt == Doubt::Written, "{act:?}");
            let expected = if is_written { again(act) } else { undisturbed.clone() };
            expect("again", scene.make(act).await, expected);
            app.read_all().await;
            app.expect_whole().await;
            assert!(app.accounts().await <= 1, "{act:?} {doubt:?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The email about a new device is in the commit of the sign-in.
async fn a_sign_in_in_doubt_never_leaves_a_session_without_its_email(door: Door) {
    for (doubt, expected) in [(Doubt::Written, 1), (Doubt::Lost, 0)] {
        let store = Arc::new(ChaoticStore::on_command());
        let app = App::start_on(&store).await;
        registered(&app, door, ANN).await;
        let before = app.session_records().await.len();
        store.doubt_next(doubt);
        let answer = app.caller(door).sign_in_with_password(ANN, PASSWORD).await;
        assert_eq!(answer, Answer::refused(503, "store_unavailable"));
        assert_eq!(app.session_records().await.len(), before + expected, "{doubt:?}");
        assert_eq!(app.device_emails().await.len(), expected, "{doubt:?}");
        app.expect_whole().await;
    }
}
