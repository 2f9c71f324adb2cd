//! The sentences of each email, without link and code.

use crate::domain::record::letter::LetterKind;

pub(super) struct Wording {
    pub(super) title: String,
    /// What happened, and what to do now.
    pub(super) lead: Vec<String>,
    /// The label of the button, if the email has a link.
    pub(super) label: Option<&'static str>,
    /// What to do if it was someone else. Comes last.
    pub(super) ending: &'static str,
}

const IGNORE: &str = "If you didn't request this, you can ignore this email.";
const SECURE: &str = "If this wasn't you, someone else has access to your account. Sign in, check your \
                      signed-in devices, and reset your password.";

/// "NAME thing" or, because lists of emails cut off long subjects, "thing for LONG NAME".
pub(super) fn named(name: &str, thing: &str) -> String {
    const SHORT_CHARS: usize = 20;
    if name.chars().count() <= SHORT_CHARS {
        format!("{name} {thing}")
    } else {
        format!("{thing} for {name}")
    }
}

/// What an email from the product with this name says.
pub(super) fn wording(name: &str, kind: LetterKind) -> Wording {
    match kind {
        LetterKind::SignIn => sign_in(name),
        LetterKind::Confirm => confirm(name),
        LetterKind::AlreadyRegistered => already_registered(name),
        LetterKind::NoAccount => no_account(name, "sign in to"),
        LetterKind::ResetPassword => reset_password(name),
        LetterKind::AccountDisabled => account_disabled(name),
        LetterKind::NothingToReset => no_account(name, "reset the password for an account at"),
        LetterKind::ConfirmNewAddress => confirm_new_address(name),
        LetterKind::AddressChanging => address_changing(name),
        LetterKind::AddressChanged => address_changed(name),
        LetterKind::AddressRestored => address_restored(name),
        LetterKind::AddressWanted => address_wanted(name),
        LetterKind::YourCode => your_code(name),
        LetterKind::PasswordSet => password_set(name),
        LetterKind::PasswordChanged => password(name, "changed"),
        LetterKind::PasswordRemoved => password_removed(name),
        LetterKind::PasswordReset => password(name, "reset"),
        LetterKind::AccountDeleted => account_deleted(name),
        LetterKind::NewDevice => new_device(name),
        LetterKind::AccountAdded => account_added(name),
    }
}

fn sign_in(name: &str) -> Wording {
    Wording {
        title: format!("Sign in to {name}"),
        lead: vec!["Click this button or link to sign in:".into()],
        label: Some("Sign in"),
        ending: IGNORE,
    }
}

fn confirm(name: &str) -> Wording {
    Wording {
        title: format!("Confirm your email address for {name}"),
        lead: vec![
            format!("Someone registered at {name} with this email address."),
            "If that was you, confirm it here:".into(),
        ],
        label: Some("Confirm your email address"),
        ending: "If not, ignore this email and no account will be created.",
    }
}

fn already_registered(name: &str) -> Wording {
    Wording {
        title: format!("You already have an account at {name}"),
        lead: vec![
            format!(
                "Someone tried to register at {name} with this email address, but you already have an \
                 account."
            ),
            "If that was you, sign in here:".into(),
        ],
        label: Some("Sign in"),
        ending: "If this wasn't you, ignore this email. Your account and its password stay the same.",
    }
}

fn no_account(name: &str, wish: &str) -> Wording {
    Wording {
        title: format!("There is no account at {name} for this email address"),
        lead: vec![
            format!("Someone asked to {wish} {name} with this email address, but no account uses it."),
            "You may have registered with a different address.".into(),
        ],
        label: None,
        ending: IGNORE,
    }
}

fn account_disabled(name: &str) -> Wording {
    Wording {
        title: format!("Your account at {name} is disabled"),
        lead: vec![
            format!(
                "Someone tried to sign in to {name}, to register there or to reset the password with this email \
                 address, but its account is disabled."
            ),
            "If that was you, please contact the administrator.".into(),
        ],
        label: None,
        ending: IGNORE,
    }
}

fn reset_password(name: &str) -> Wording {
    Wording {
        title: format!("Reset your {}", named(name, "password")),
        lead: vec![
            format!(
                "Someone asked to reset the password for your account at {name}. Choosing a new one signs \
                 you out on all other devices."
            ),
            "If that was you, choose a new password here:".into(),
        ],
        label: Some("Choose a new password"),
        ending: "If this wasn't you, ignore this email. Your password stays the same.",
    }
}

fn confirm_new_address(name: &str) -> Wording {
    Wording {
        title: format!("Confirm your new email address for {name}"),
        lead: vec![
            format!("Someone wants to use this email address for an account at {name}."),
            "If that was you, open this link in the browser where you're signed in:".into(),
        ],
        label: Some("Confirm the new address"),
        ending: "If you didn't request this, you can ignore this email. Do not share the code: it would attach \
                 your address to someone else's account.",
    }
}

fn address_changing(name: &str) -> Wording {
    Wording {
        title: format!("Your email address at {name} is about to change"),
        lead: vec![
            "Someone signed in to your account asked to change its email address. Nothing changes until the \
             new address is confirmed. We'll then email you a link to undo it."
                .into(),
        ],
        label: None,
        ending: SECURE,
    }
}

fn address_changed(name: &str) -> Wording {
    Wording {
        title: format!("Your email address at {name} was changed"),
        lead: vec![
            format!("The email address for your account at {name} was changed."),
            "If this wasn't you, use this link to restore this address, remove the password and sign out \
             everywhere. You can then sign in by email."
                .into(),
        ],
        label: Some("Undo the change"),
        ending: "If this was you, there is nothing to do.",
    }
}

fn address_restored(name: &str) -> Wording {
    Wording {
        title: format!("Previous email address restored at {name}"),
        lead: vec![
            "The email change was undone. The account uses its previous address again, has no password, and \
             is signed out everywhere."
                .into(),
            "To continue, request a sign-in link with that address.".into(),
        ],
        label: None,
        ending: "If this wasn't you, someone else can read email sent to that address. Secure that mailbox \
                 first, then sign in and check the account.",
    }
}

fn address_wanted(name: &str) -> Wording {
    Wording {
        title: format!("Someone tried to use your email address at {name}"),
        lead: vec![
            format!("Someone asked to use this email address for another account at {name}."),
            "It belongs to your account, so nothing changed.".into(),
            "If that was you, sign in to the account that uses this address.".into(),
        ],
        label: None,
        ending: "If this wasn't you, you can ignore this email. Your account stays the same.",
    }
}

fn your_code(name: &str) -> Wording {
    Wording {
        title: format!("Your {}", named(name, "code")),
        lead: vec![format!("Someone signed in to your account at {name} wants to make a change.")],
        label: None,
        ending: SECURE,
    }
}

fn password(name: &str, done: &str) -> Wording {
    Wording {
        title: format!("Your {} was {done}", named(name, "password")),
        lead: vec![format!(
            "The password for your account at {name} was {done}. All other devices have been signed out."
        )],
        label: None,
        ending: SECURE,
    }
}

fn password_set(name: &str) -> Wording {
    let lead =
        format!("A password was set for your account at {name}. All other devices have been signed out.");
    Wording { lead: vec![lead], ..password(name, "set") }
}

fn password_removed(name: &str) -> Wording {
    let mut wording = password(name, "removed");
    wording.lead.push("From now on you sign in by email.".into());
    wording
}

/// The second paragraph, when and where it was, is put in between.
fn new_device(name: &str) -> Wording {
    Wording {
        title: format!("New sign-in to your account at {name}"),
        lead: vec![
            format!(
                "Someone signed in to your account at {name} with your password, on a device that we don't \
                 recognise:"
            ),
            "If this wasn't you, use this link to sign out everywhere and remove the password. You can then \
             choose a new one."
                .into(),
        ],
        label: Some("Secure your account"),
        ending: "If this was you, there is nothing to do. You can turn these emails off in your account.",
    }
}

fn account_added(name: &str) -> Wording {
    Wording {
        title: format!("Your account at {name}"),
        lead: vec![
            format!("The administrator of {name} created an account for this email address."),
            "Click this button or link to sign in:".into(),
        ],
        label: Some("Sign in"),
        ending: "If you don't want an account there, you can ignore this email.",
    }
}

fn account_deleted(name: &str) -> Wording {
    Wording {
        title: format!("Your account at {name} has been deleted"),
        lead: vec![
            format!("Your account at {name} has been deleted, including its password, sessions and history."),
            "It can't be restored, but you can register again.".into(),
        ],
        label: None,
        ending: "If you didn't request this, contact the administrator. If the administrator didn't delete it, \
                 someone else had access to your account: secure your mailbox.",
    }
}
