//! Who the address belongs to, and what its owner does in the middle of a stranger's walk.

use gatepost::domain::operator::{ImportStep, NewAccount, Role};
use gatepost::domain::password::ForeignHash;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::time::Timestamp;

use super::{ANN, NEW};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};

const OWN: &str = "three quiet otters";
/// The hash of `IMPORTED_PASSWORD`, made by another program.
const IMPORTED: &str =
    "$argon2id$v=19$m=8192,t=3,p=2$maia5wwCZyFzaCY4g+dlRQ$6ROKhAkFvjNrgkxYaTT6hqFGfhFW7V5haFrnw+d4XIU";
const IMPORTED_PASSWORD: &str = "correct horse battery staple";

/// Who the address belongs to when the stranger comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Before {
    NoOne,
    Account,
    AccountWithPassword,
    /// One whose password was imported.
    ImportedAccount,
    /// An account that has another address now and may take this one back.
    Held,
}

/// What happens in the middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Middle {
    Nothing,
    /// The owner signs in by email.
    SignIn,
    /// The owner confirms the stranger's registration in another browser.
    TheirLink,
    /// The owner registers too, and confirms that.
    OwnRegistration,
    /// The operator adds the account.
    Added,
    /// The operator imports it.
    Imported,
    /// The operator imports it with a password, whose salt and cost are other than ours.
    ImportedWithPassword,
    /// An account, with a salt of its own, changes its address to this one.
    MovedHere,
    /// The owner signs in with the imported password, which is then hashed like all others.
    ImportedPassword,
    /// The owner signs in and then deletes the account, changes the address, resets the password, signs out
    /// all other devices, or is disabled.
    Deleted,
    Left,
    Reset,
    OthersSignedOut,
    Disabled,
    /// The owner signs in, is disabled, and is enabled again.
    Enabled,
    /// The owner takes the address back.
    Undone,
    /// Three other strangers register the address.
    Displaced,
    /// The owner signs in, then the server starts again, with a database that was restored.
    Restored,
}

/// Gives the address its owner, and returns the link that undoes its change.
pub(super) async fn prepare(app: &App, door: Door, before: Before) -> Option<String> {
    match before {
        Before::NoOne => None,
        Before::Account => {
            app.signed_in(door, ANN).await;
            None
        }
        Before::AccountWithPassword => {
            register(app, door).await;
            None
        }
        Before::ImportedAccount => {
            import(app, Some(IMPORTED)).await;
            None
        }
        Before::Held => leave(app, &mut app.signed_in(door, ANN).await).await,
    }
}

async fn register(app: &App, door: Door) -> Caller {
    let mut ann = app.caller(door);
    assert_eq!(ann.register(ANN, OWN).await, Answer::Done);
    let link = link_to(app, ANN).await.unwrap();
    assert_eq!(ann.follow(&link).await, Answer::Done);
    ann
}

/// Changes the address, and returns the link that undoes that.
async fn leave(app: &App, ann: &mut Caller) -> Option<String> {
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    let link = link_to(app, NEW).await.unwrap();
    assert_eq!(ann.follow(&link).await, Answer::Done);
    link_to(app, ANN).await
}

async fn import(app: &App, hash: Option<&str>) {
    let row = NewAccount {
        address: EmailAddress::parse(ANN).unwrap(),
        registered_at: Timestamp::default(),
        confirmed_at: Timestamp::default(),
        role: Role::Member,
        disabled: false,
        password: hash.map(|hash| ForeignHash::parse(hash).unwrap()),
    };
    let imported =
        app.house.gatepost.import_accounts(&[row], ImportStep::Last, &Client::server()).await.unwrap();
    assert_eq!(imported.added, 1);
}

pub(super) async fn happen(app: &App, door: Door, middle: Middle, undo: Option<&str>, planted: Option<&str>) {
    let (address, operator) = (EmailAddress::parse(ANN).unwrap(), Client::server());
    let gatepost = &app.house.gatepost;
    match middle {
        Middle::Nothing => {}
        Middle::SignIn | Middle::Restored => _ = app.signed_in(door, ANN).await,
        Middle::TheirLink => {
            assert_eq!(app.caller(door).confirm_elsewhere(planted.unwrap(), None).await, Answer::Done);
        }
        Middle::OwnRegistration => _ = register(app, door).await,
        Middle::Added => _ = gatepost.add_account(&address, Role::Member, &operator).await.unwrap(),
        Middle::Imported => import(app, None).await,
        Middle::ImportedWithPassword => import(app, Some(IMPORTED)).await,
        Middle::ImportedPassword => {
            let answer = app.caller(door).sign_in_with_password(ANN, IMPORTED_PASSWORD).await;
            assert_eq!(answer, Answer::Done);
        }
        Middle::MovedHere => {
            let mut bob = app.signed_in(door, NEW).await;
            assert_eq!(bob.change_email(ANN).await, Answer::Done);
            let link = link_to(app, ANN).await.unwrap();
            assert_eq!(bob.follow(&link).await, Answer::Done);
        }
        Middle::Deleted => {
            let mut ann = app.signed_in(door, ANN).await;
            assert_eq!(ann.delete_account("delete").await, Answer::Done);
        }
        Middle::Left => _ = leave(app, &mut app.signed_in(door, ANN).await).await,
        Middle::Reset => {
            app.signed_in(door, ANN).await;
            let mut ann = app.caller(door);
            assert_eq!(ann.forgot_password(ANN).await, Answer::Done);
            let link = link_to(app, ANN).await.unwrap();
            assert_eq!(ann.reset_by_link(&link, OWN).await, Answer::Done);
        }
        Middle::OthersSignedOut => {
            let mut ann = app.signed_in(door, ANN).await;
            assert_eq!(ann.end_other_sessions().await, Answer::Done);
        }
        Middle::Disabled => {
            app.signed_in(door, ANN).await;
            app.disable(ANN).await;
        }
        Middle::Enabled => {
            app.signed_in(door, ANN).await;
            app.disable(ANN).await;
            app.enable(ANN).await;
        }
        Middle::Displaced => {
            for password in ["the first of three others", "the second of three", "the third of three"] {
                assert_eq!(app.caller(door).register(ANN, password).await, Answer::Done);
            }
        }
        Middle::Undone => {
            assert_eq!(app.caller(door).follow_deliberately(undo.unwrap()).await, Answer::Done);
        }
    }
}

/// The link of the newest email to an address, if it has one.
pub(super) async fn link_to(app: &App, email: &str) -> Option<String> {
    let letters = app.read_all().await.into_iter().rev();
    letters.filter(|letter| letter.to.as_str() == email).find_map(|letter| letter.link)
}
