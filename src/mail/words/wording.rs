//! What each letter says, besides its link and code.

use crate::domain::record::letter::LetterKind;

/// The words of one letter.
pub(super) struct Wording {
    pub(super) title: String,
    /// What happened, and what to do about it.
    pub(super) lead: Vec<String>,
    /// What its link is labelled, if it has one.
    pub(super) label: Option<&'static str>,
    /// What to think of it if it was not you.
    pub(super) otherwise: &'static str,
}

const IGNORE: &str = "If this was not you, ignore this letter.";
const SOMEBODY_WAS_IN: &str = "If this was not you, somebody else was in your account: ask for a sign-in link \
                               and look at your profile, or reset your password.";

/// The words of a letter of the house with this name.
pub(super) fn wording(name: &str, kind: LetterKind) -> Wording {
    match kind {
        LetterKind::SignIn => sign_in(name),
        LetterKind::Confirm => confirm(name),
        LetterKind::AlreadyRegistered => already_registered(name),
        LetterKind::NoAccount => no_account(name),
        LetterKind::ResetPassword => reset_password(name),
        LetterKind::NothingToReset => nothing_to_reset(name),
        LetterKind::ConfirmNewAddress => confirm_new_address(name),
        LetterKind::AddressChanging => address_changing(name),
        LetterKind::AddressChanged => address_changed(name),
        LetterKind::AddressRestored => address_restored(name),
        LetterKind::AddressWanted => address_wanted(name),
        LetterKind::YourCode => your_code(name),
        LetterKind::PasswordChanged => password_changed(name),
        LetterKind::AccountDeleted => account_deleted(name),
    }
}

fn sign_in(name: &str) -> Wording {
    Wording {
        title: format!("Sign in to {name}"),
        lead: vec!["Open this link to sign in:".into()],
        label: Some("Sign in"),
        otherwise: IGNORE,
    }
}

fn confirm(name: &str) -> Wording {
    Wording {
        title: format!("Confirm your address for {name}"),
        lead: vec![
            format!("Somebody registered at {name} with this address."),
            "If it was you, open this link to confirm:".into(),
        ],
        label: Some("Confirm your address"),
        otherwise: "If this was not you, ignore this letter: without you there will be no account.",
    }
}

fn already_registered(name: &str) -> Wording {
    Wording {
        title: format!("You already have a {name} account"),
        lead: vec![
            format!("Somebody registered at {name} with this address, but you have an account already."),
            "If it was you, open this link to sign in:".into(),
        ],
        label: Some("Sign in"),
        otherwise: "If this was not you, ignore this letter: your account and its password stay as they are.",
    }
}

fn no_account(name: &str) -> Wording {
    Wording {
        title: format!("No {name} account under this address"),
        lead: vec![
            format!(
                "Somebody asked to sign in to {name} with this address, but there is no account under it."
            ),
            "Perhaps you have one under another address of yours: try that one.".into(),
        ],
        label: None,
        otherwise: IGNORE,
    }
}

fn reset_password(name: &str) -> Wording {
    Wording {
        title: format!("Reset your {name} password"),
        lead: vec![
            format!("Somebody asked to reset the password of your {name} account."),
            "If it was you, open this link to choose a new one:".into(),
        ],
        label: Some("Choose a new password"),
        otherwise: "If this was not you, ignore this letter: your password stays as it is.",
    }
}

fn nothing_to_reset(name: &str) -> Wording {
    Wording {
        title: format!("No {name} account under this address"),
        lead: vec![
            format!(
                "Somebody asked to reset the password of a {name} account with this address, but there is \
                 no account under it."
            ),
            "Perhaps you have one under another address of yours: try that one.".into(),
        ],
        label: None,
        otherwise: IGNORE,
    }
}

fn confirm_new_address(name: &str) -> Wording {
    Wording {
        title: format!("Confirm your new address for {name}"),
        lead: vec![
            format!("Somebody wants to use this address for a {name} account."),
            "If it was you, open this link in the browser where you are signed in:".into(),
        ],
        label: Some("Confirm the new address"),
        otherwise: "If this was not you, ignore this letter, and give the code to nobody: it would put your address \
         on somebody else's account.",
    }
}

fn address_changing(name: &str) -> Wording {
    Wording {
        title: format!("The address of your {name} account is about to change"),
        lead: vec![format!(
            "Somebody signed in to your {name} account asked to change its address. This one stays until \
             the new one is confirmed; then you get a letter here with a link that undoes it."
        )],
        label: None,
        otherwise: SOMEBODY_WAS_IN,
    }
}

fn address_changed(name: &str) -> Wording {
    Wording {
        title: format!("The address of your {name} account has changed"),
        lead: vec![
            format!("Your {name} account has another address now."),
            "If you did not want that, open this link: it restores this address, removes the password and \
             ends every session. Then sign in by mail."
                .into(),
        ],
        label: Some("Undo the change"),
        otherwise: "If you changed it yourself, there is nothing to do.",
    }
}

fn address_restored(name: &str) -> Wording {
    Wording {
        title: format!("The address of a {name} account was restored"),
        lead: vec![format!(
            "The change of a {name} account's address was undone. The account is under its old address \
             again, without a password, and nobody is signed in to it."
        )],
        label: None,
        otherwise: "To go on, ask for a sign-in link at the old address.",
    }
}

fn address_wanted(name: &str) -> Wording {
    Wording {
        title: format!("Somebody wants your address at {name}"),
        lead: vec![format!(
            "Somebody asked to use this address for another {name} account. It is yours, so nothing was \
             changed."
        )],
        label: None,
        otherwise: "If it was you: sign in to the account you have under this address.",
    }
}

fn your_code(name: &str) -> Wording {
    Wording {
        title: format!("Your {name} code"),
        lead: vec![format!("Somebody signed in to your {name} account is about to change something.")],
        label: None,
        otherwise: SOMEBODY_WAS_IN,
    }
}

fn password_changed(name: &str) -> Wording {
    Wording {
        title: format!("The password of your {name} account has changed"),
        lead: vec![format!(
            "The password of your {name} account was set, changed or removed, and everybody else who was \
             signed in to it is signed out."
        )],
        label: None,
        otherwise: SOMEBODY_WAS_IN,
    }
}

fn account_deleted(name: &str) -> Wording {
    Wording {
        title: format!("Your {name} account was deleted"),
        lead: vec![format!("Your {name} account is gone, with its password, its sessions and its history.")],
        label: None,
        otherwise: "If you did not ask for that, whoever runs the server did it, or somebody else was in your \
         account. It cannot be brought back; you can register anew.",
    }
}
