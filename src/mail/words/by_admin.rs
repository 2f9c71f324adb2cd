//! The sentences of emails about what an administrator did. None says which one: who is disabled for sending spam must
//! not learn whom to blame.

use super::sentences::{IGNORE, Wording};

const ASK: &str = "If you don't know why, contact the administrators.";

/// A notice without a link.
fn notice(title: String, lead: Vec<String>, ending: &'static str) -> Wording {
    Wording { title, lead, label: None, ending }
}

pub(super) fn disabled(name: &str) -> Wording {
    let lead = vec![
        format!("Your account was disabled by an administrator of {name}."),
        "You have been signed out everywhere and can't sign in. Links and codes from earlier emails no longer work.".into(),
    ];
    notice(format!("Your account at {name} was disabled"), lead, ASK)
}

pub(super) fn enabled(name: &str) -> Wording {
    let lead = vec![
        format!("Your account was enabled again by an administrator of {name}."),
        "You can sign in as before. Links and codes from earlier emails still don't work.".into(),
    ];
    notice(format!("Your account at {name} was enabled again"), lead, ASK)
}

pub(super) fn signed_out(name: &str) -> Wording {
    let lead = vec![
        format!("You were signed out on all devices by an administrator of {name}."),
        "You can sign in again at any time. Links and codes from earlier emails no longer work, and neither do your keys for programs.".into(),
    ];
    notice(format!("You were signed out of {name} everywhere"), lead, ASK)
}

pub(super) fn session_ended(name: &str) -> Wording {
    let lead = vec![
        format!("One of your devices was signed out by an administrator of {name}."),
        "Your other devices stay signed in, and you can sign in again at any time.".into(),
    ];
    notice(format!("One of your devices was signed out of {name}"), lead, ASK)
}

pub(super) fn key_ended(name: &str) -> Wording {
    let lead = vec![
        format!("One of your keys for programs was ended by an administrator of {name}."),
        "The program that used it can't open its app any more. Your account shows the keys that still work."
            .into(),
    ];
    notice(format!("One of your keys at {name} was ended"), lead, ASK)
}

pub(super) fn deleted(name: &str) -> Wording {
    let lead = vec![
        format!(
            "Your account was deleted by an administrator of {name}, including its password, sessions and history."
        ),
        "It can't be restored.".into(),
    ];
    notice(format!("Your account at {name} has been deleted"), lead, ASK)
}

pub(super) fn granted(name: &str) -> Wording {
    let lead = vec![
        format!("Your account was given admin rights by an administrator of {name}."),
        "You can now look after accounts and emails there.".into(),
    ];
    notice(format!("You are an administrator of {name} now"), lead, ASK)
}

pub(super) fn revoked(name: &str) -> Wording {
    let lead = vec![
        format!("The admin rights of your account were removed by an administrator of {name}."),
        "Everything else about your account stays as it is.".into(),
    ];
    notice(format!("You are no longer an administrator of {name}"), lead, ASK)
}

pub(super) fn new_admin(name: &str) -> Wording {
    let lead = vec![
        format!("Someone was given admin rights by an administrator of {name}."),
        "You get this email because you are an administrator there too. The pages for administrators show who it is.".into(),
    ];
    let ending = "If you didn't expect this, ask the other administrators at once: someone may have access to an \
                  administrator's account.";
    notice(format!("Someone became an administrator of {name}"), lead, ending)
}

pub(super) fn sign_in(name: &str) -> Wording {
    Wording {
        title: format!("Sign in to {name}"),
        lead: vec![
            format!("This sign-in link was sent to you by an administrator of {name}."),
            "Click this button or link to sign in:".into(),
        ],
        label: Some("Sign in"),
        ending: IGNORE,
    }
}
