//! The words of every letter.

use std::time::Duration;

use super::{Block, Draft, House, Words};
use crate::domain::letter::{LetterKind, Matter};
use crate::path;

/// What one letter says besides its link and code.
struct Text {
    title: String,
    /// What happened, and what to do about it.
    lead: Vec<String>,
    /// What the link is labelled, where there is one.
    label: &'static str,
    /// What to think of it if it was not you.
    otherwise: String,
}

const IGNORE: &str = "If this was not you, ignore this letter.";

pub(super) fn words(house: &House, matter: &Matter) -> Words {
    let text = text(&house.name, matter.kind);
    let mut blocks: Vec<Block> = text.lead.into_iter().map(Block::Paragraph).collect();
    let link = matter.link.as_ref().map(|link| house.origin.link(&path::link(link.as_str())));
    if let Some(link) = &link {
        blocks.push(Block::Link { label: text.label.into(), link: link.clone() });
    }
    if let Some(code) = &matter.code {
        let or = if link.is_some() { "Or type this code" } else { "Type this code" };
        blocks.extend([
            Block::Paragraph(format!("{or} in the window where you asked for it:")),
            Block::Code(code.as_str().into()),
            Block::Remark("Type it nowhere else: nobody will ask you for it.".into()),
        ]);
    }
    if !matter.lifetime.is_zero() {
        let lifetime = in_words(matter.lifetime);
        let what = match (&link, &matter.code) {
            (Some(_), Some(_)) => "Link and code work",
            (Some(_), None) => "The link works",
            _ => "The code works",
        };
        blocks.push(Block::Remark(format!(
            "{what} for {lifetime} from when this letter was sent, and only once."
        )));
    }
    blocks.push(Block::Remark(text.otherwise));
    if let Some(code) = &matter.code {
        blocks.push(Block::Autofill(format!("@{} #{}", house.origin.host(), code.as_str())));
    }
    // The code stands in the subject, as with others: it can be typed off a notification, and two
    // letters are never folded into one conversation with the older, dead code on top. The price:
    // whoever asked in somebody's name and sees that person's locked phone can type it.
    let subject = match &matter.code {
        Some(code) => format!("{} is your {} code", code.as_str(), house.name),
        None => text.title.clone(),
    };
    let words = house.written(subject, &Draft { title: text.title, blocks });
    Words { link, code: matter.code.clone(), ..words }
}

/// The words of each letter.
fn text(name: &str, kind: LetterKind) -> Text {
    match kind {
        LetterKind::SignIn => {
            words_of(format!("Sign in to {name}"), &["Open this link to sign in:".into()], "Sign in", IGNORE)
        }
        LetterKind::Confirm => words_of(
            format!("Confirm your address for {name}"),
            &[
                format!("Somebody registered at {name} with this address."),
                "If it was you, open this link to confirm:".into(),
            ],
            "Confirm your address",
            "If this was not you, ignore this letter: without you there will be no account.",
        ),
        LetterKind::AlreadyRegistered => words_of(
            format!("You already have a {name} account"),
            &[
                format!("Somebody registered at {name} with this address, but you have an account already."),
                "If it was you, open this link to sign in:".into(),
            ],
            "Sign in",
            "If this was not you, ignore this letter: your account and its password stay as they are.",
        ),
        LetterKind::NoAccount => words_of(
            format!("No {name} account under this address"),
            &[
                format!(
                    "Somebody asked to sign in to {name} with this address, but there is no account under it."
                ),
                "Perhaps you have one under another address of yours: try that one.".into(),
            ],
            "",
            IGNORE,
        ),
        LetterKind::ResetPassword => words_of(
            format!("Reset your {name} password"),
            &[
                format!("Somebody asked to reset the password of your {name} account."),
                "If it was you, open this link to choose a new one:".into(),
            ],
            "Choose a new password",
            "If this was not you, ignore this letter: your password stays as it is.",
        ),
        LetterKind::NothingToReset => words_of(
            format!("No {name} account under this address"),
            &[
                format!(
                    "Somebody asked to reset the password of a {name} account with this address, but there is \
                     no account under it."
                ),
                "Perhaps you have one under another address of yours: try that one.".into(),
            ],
            "",
            IGNORE,
        ),
        kind => of_an_account(name, kind),
    }
}

/// The words of letters to who has an account.
fn of_an_account(name: &str, kind: LetterKind) -> Text {
    let not_you = "If this was not you, somebody else was in your account: ask for a sign-in link and look \
                   at your profile, or reset your password.";
    match kind {
        LetterKind::ConfirmNewAddress => words_of(
            format!("Confirm your new address for {name}"),
            &[
                format!("Somebody wants to use this address for a {name} account."),
                "If it was you, open this link in the browser where you are signed in:".into(),
            ],
            "Confirm the new address",
            "If this was not you, ignore this letter, and give the code to nobody: it would put your address \
             on somebody else's account.",
        ),
        LetterKind::AddressChanging => words_of(
            format!("The address of your {name} account is about to change"),
            &[format!(
                "Somebody signed in to your {name} account asked to change its address. This one stays until \
                 the new one is confirmed; then you get a letter here with a link that undoes it."
            )],
            "",
            not_you,
        ),
        LetterKind::AddressChanged => words_of(
            format!("The address of your {name} account has changed"),
            &[
                format!("Your {name} account has another address now."),
                "If you did not want that, open this link: it restores this address, removes the password and \
                 ends every session. Then sign in by mail."
                    .into(),
            ],
            "Undo the change",
            "If you changed it yourself, there is nothing to do.",
        ),
        LetterKind::AddressRestored => words_of(
            format!("The address of a {name} account was restored"),
            &[format!(
                "The change of a {name} account's address was undone. The account is under its old address \
                 again, without a password, and nobody is signed in to it."
            )],
            "",
            "To go on, ask for a sign-in link at the old address.",
        ),
        LetterKind::AddressWanted => words_of(
            format!("Somebody wants your address at {name}"),
            &[format!(
                "Somebody asked to use this address for another {name} account. It is yours, so nothing was \
                 changed."
            )],
            "",
            "If it was you: sign in to the account you have under this address.",
        ),
        LetterKind::YourCode => words_of(
            format!("Your {name} code"),
            &[format!("Somebody signed in to your {name} account is about to change something.")],
            "",
            not_you,
        ),
        LetterKind::PasswordChanged => words_of(
            format!("The password of your {name} account has changed"),
            &[format!(
                "The password of your {name} account was set, changed or removed, and everybody else who was \
                 signed in to it is signed out."
            )],
            "",
            not_you,
        ),
        LetterKind::AccountDeleted => words_of(
            format!("Your {name} account was deleted"),
            &[format!("Your {name} account is gone, and so is what was known of it here.")],
            "",
            "If this was not you, somebody else was in your account. It cannot be brought back; you can \
             register anew.",
        ),
        LetterKind::SignIn
        | LetterKind::Confirm
        | LetterKind::AlreadyRegistered
        | LetterKind::NoAccount
        | LetterKind::ResetPassword
        | LetterKind::NothingToReset => unreachable!("these have their words above"),
    }
}

fn words_of(title: String, lead: &[String], label: &'static str, otherwise: &str) -> Text {
    Text { title, lead: lead.to_vec(), label, otherwise: otherwise.to_owned() }
}

/// A duration as a person says it. A letter that leaves at once has lost a moment already: that much is
/// given back, or a day would be 1,439 minutes.
fn in_words(duration: Duration) -> String {
    const A_MOMENT: u64 = 10;
    let seconds = duration.as_secs();
    let minutes = if seconds < 5 * 60 { seconds / 60 } else { (seconds + A_MOMENT) / 60 };
    let (number, unit) = match minutes {
        0 => (seconds, "second"),
        60 | 120..2880 => (minutes / 60, "hour"),
        1..120 => (minutes, "minute"),
        _ => (minutes / (24 * 60), "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::{Duration, in_words};

    #[test]
    fn a_lifetime_is_told_as_people_tell_it() {
        for (seconds, words) in [
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (119, "1 minute"),
            (600, "10 minutes"),
            (3599, "1 hour"),
            (3000, "50 minutes"),
            (5400, "90 minutes"),
            (86_399, "24 hours"),
            (50_000, "13 hours"),
            (604_799, "7 days"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }
}
