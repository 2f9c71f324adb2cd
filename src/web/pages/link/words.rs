//! What the landing page of a link says, by what the link is for.

use maud::{Markup, html};

use super::super::layout::{address, address_in_heading};
use crate::domain::mailed::LinkView;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::purpose::Purpose;

/// A sentence about the address, or one that does not name it.
#[derive(Clone, Copy)]
pub(super) enum Sentence {
    Plain(&'static str),
    Around(&'static str, &'static str),
}

use Sentence::{Around, Plain};

impl Sentence {
    pub(super) fn text(self, email: &EmailAddress) -> String {
        match self {
            Plain(text) => text.to_owned(),
            Around(before, after) => format!("{before}{email}{after}"),
        }
    }

    pub(super) fn draw(self, email: &EmailAddress) -> Markup {
        self.around(&address(email))
    }

    pub(super) fn draw_heading(self, email: &EmailAddress) -> Markup {
        self.around(&address_in_heading(email))
    }

    fn around(self, address: &Markup) -> Markup {
        html! {
            @match self {
                Plain(text) => (text),
                Around(before, after) => { (before) (address) (after) }
            }
        }
    }
}

/// The words of one purpose.
pub(super) struct Words {
    /// Heading and sentence in the browser that requested the link.
    pub(super) here: [Sentence; 2],
    /// The same in any other browser.
    pub(super) elsewhere: [Sentence; 2],
    /// The heading of going on in that other browser, beside the way with the code.
    pub(super) instead: &'static str,
    pub(super) tick: &'static str,
    pub(super) button: Sentence,
}

const SIGN_IN_AS: Sentence = Around("Sign in as ", "?");
const OTHER_BROWSER: Sentence =
    Plain("You opened this link in a different browser from the one you started in.");
const REQUESTED: &str = "I requested this email.";
const SIGN_IN_INSTEAD: &str = "Sign in on this device instead";

pub(super) fn words(view: &LinkView) -> Words {
    match view.purpose {
        Purpose::Register if view.makes_account => Words {
            here: [Plain("Confirm your email address"), Around("You registered with ", ".")],
            elsewhere: [Around("Confirm ", "?"), OTHER_BROWSER],
            instead: "Confirm on this device instead",
            tick: "I registered with this address.",
            button: Plain("Confirm and sign in"),
        },
        Purpose::Register => Words {
            here: [
                Plain("You already have an account"),
                Around("", " already has an account. Nothing has changed: just sign in."),
            ],
            elsewhere: [SIGN_IN_AS, OTHER_BROWSER],
            instead: SIGN_IN_INSTEAD,
            tick: REQUESTED,
            button: Plain("Sign in"),
        },
        Purpose::SignIn if view.handed_out => Words {
            here: [SIGN_IN_AS, Plain("This link works only once.")],
            elsewhere: [SIGN_IN_AS, Plain("This link works only once.")],
            instead: "",
            tick: "The administrator gave me this link.",
            button: Plain("Sign in"),
        },
        Purpose::SignIn => Words {
            here: [Plain("Sign in"), Around("You asked to sign in as ", ".")],
            elsewhere: [SIGN_IN_AS, OTHER_BROWSER],
            instead: SIGN_IN_INSTEAD,
            tick: REQUESTED,
            button: Plain("Sign in"),
        },
        Purpose::ResetPassword => Words {
            here: [Plain("Choose a new password"), NEW_PASSWORD],
            elsewhere: [Around("Choose a new password for ", "?"), OTHER_BROWSER],
            instead: "Choose it on this device instead",
            tick: "",
            button: Plain("Save new password"),
        },
        Purpose::ChangeEmail | Purpose::Reauthenticate => Words {
            here: [Plain("Confirm your new email address"), Around("Your account will use ", ".")],
            elsewhere: [
                Around("Use ", " for your account?"),
                Around(
                    "Someone wants to use ",
                    " for their account. This can be confirmed only in a browser signed in to that account.",
                ),
            ],
            instead: "",
            tick: "",
            button: Plain("Confirm new address"),
        },
        Purpose::UndoEmail => Words {
            here: [RESTORE, RESTORES],
            elsewhere: [RESTORE, RESTORES],
            instead: "",
            tick: "Yes, restore it.",
            button: Around("Restore ", ""),
        },
        Purpose::SecureAccount => Words {
            here: [SECURE, SECURES],
            elsewhere: [SECURE, SECURES],
            instead: "",
            tick: "Yes, sign out everywhere.",
            button: Plain("Secure your account"),
        },
    }
}

/// What saving a new password does.
pub(super) const NEW_PASSWORD: Sentence =
    Around("This sets a new password for ", ", signs you in here, and signs out all other devices.");

const SECURE: Sentence = Plain("Secure your account?");
const SECURES: Sentence = Around(
    "This signs your account out everywhere and removes its password. We'll then email ",
    " so that you can choose a new one.",
);

const RESTORE: Sentence = Plain("Restore your email address");
const RESTORES: Sentence = Around(
    "This puts ",
    " back on the account, removes its password, and signs it out everywhere. You can then sign in by email.",
);
