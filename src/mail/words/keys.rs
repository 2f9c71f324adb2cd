//! The sentences of emails about keys for programs.

use super::sentences::Wording;

pub(super) fn made(name: &str) -> Wording {
    Wording {
        title: format!("A key for a program was made at {name}"),
        lead: vec![
            format!("Someone signed in to your account at {name} made a key for a program."),
            "With it, the program can open one app as you until the key ends. Your account shows all of your keys."
                .into(),
        ],
        label: None,
        ending: "If this wasn't you, someone else has access to your account. Sign in, end the key, sign out all other \
                 devices, and reset your password.",
    }
}

pub(super) fn ended(name: &str) -> Wording {
    Wording {
        title: format!("A key for a program was ended at {name}"),
        lead: vec![
            format!("Someone signed in to your account at {name} ended a key for a program."),
            "The program that used it can't open its app any more.".into(),
        ],
        label: None,
        ending: "If this wasn't you, someone else has access to your account. Sign in, sign out all other devices, and \
                 reset your password.",
    }
}
