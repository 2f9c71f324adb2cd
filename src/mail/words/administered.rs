//! The sentences of emails about what administrators and the operator do.

use super::sentences::Wording;

pub(super) fn invited(name: &str) -> Wording {
    Wording {
        title: format!("You're invited to {name}"),
        lead: vec![
            format!(
                "An administrator of {name} has invited you. An account for this email address is ready."
            ),
            "To accept, sign in with this email address:".into(),
        ],
        label: Some("Go to the sign-in page"),
        ending: "If you don't want an account there, you can ignore this email.",
    }
}

pub(super) fn test(name: &str) -> Wording {
    Wording {
        title: format!("Test email from {name}"),
        lead: vec![format!("An administrator of {name} sent this to check that email works.")],
        label: None,
        ending: "You don't need to do anything.",
    }
}

pub(super) fn address_changed_by_operator(name: &str) -> Wording {
    Wording {
        title: format!("Your email address at {name} was changed"),
        lead: vec![
            format!(
                "The operator of {name} changed the email address of your account. The account has no password now, and \
                 is signed out everywhere."
            ),
            "If you didn't ask for this, use this link to restore this address. You can then sign in by email.".into(),
        ],
        label: Some("Undo the change"),
        ending: "If you asked for this, there is nothing to do.",
    }
}

pub(super) fn address_given(name: &str) -> Wording {
    Wording {
        title: format!("Your new email address at {name}"),
        lead: vec![
            format!("The operator of {name} has given your account this email address."),
            "It has no password and is signed out everywhere. To continue, request a sign-in link with this address."
                .into(),
        ],
        label: None,
        ending: "If you have no account there, you can ignore this email.",
    }
}
