//! Who the address belongs to, and what its owner does in the middle of a stranger's walk.

use gatepost::domain::operator::{NewAccount, Role};
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::time::Timestamp;

use super::{ANN, NEW};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};

const OWN: &str = "three quiet otters";

/// Who the address belongs to when the stranger comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Before {
    NoOne,
    Account,
    AccountWithPassword,
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
    /// The owner signs in and then deletes the account, changes the address, resets the password, signs out
    /// all other devices, or is disabled.
    Deleted,
    Left,
    Reset,
    OthersSignedOut,
    Disabled,
    /// The owner takes the address back.
    Undone,
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

pub(super) async fn happen(app: &App, door: Door, middle: Middle, undo: Option<&str>, planted: Option<&str>) {
    let (address, operator) = (EmailAddress::parse(ANN).unwrap(), Client::server());
    let gatepost = &app.house.gatepost;
    match middle {
        Middle::Nothing => {}
        Middle::SignIn => _ = app.signed_in(door, ANN).await,
        Middle::TheirLink => {
            assert_eq!(app.caller(door).confirm_elsewhere(planted.unwrap(), None).await, Answer::Done);
        }
        Middle::OwnRegistration => _ = register(app, door).await,
        Middle::Added => _ = gatepost.add_account(&address, Role::Member, &operator).await.unwrap(),
        Middle::Imported => {
            let (registered_at, confirmed_at) = (Timestamp::default(), Timestamp::default());
            let (role, disabled, password) = (Role::Member, false, None);
            let row = NewAccount { address, registered_at, confirmed_at, role, disabled, password };
            assert_eq!(gatepost.import_accounts(&[row], &operator).await.unwrap().added, 1);
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
        Middle::Undone => {
            assert_eq!(app.caller(door).follow_deliberately(undo.unwrap()).await, Answer::Done);
        }
    }
}

/// The link of the newest email to an address, if it has one.
pub(super) async fn link_to(app: &App, email: &str) -> Option<String> {
    let letters = app.read_all().await.into_iter();
    letters.filter(|letter| letter.to.as_str() == email).filter_map(|letter| letter.link).last()
}
