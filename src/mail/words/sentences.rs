//! What the sentences of an email are made of.

pub(super) struct Wording {
    pub(super) title: String,
    /// What happened, and what to do now.
    pub(super) lead: Vec<String>,
    /// The label of the button, if the email has a link.
    pub(super) label: Option<&'static str>,
    /// What to do if it was someone else. Comes last.
    pub(super) ending: &'static str,
}

pub(super) const IGNORE: &str = "If you didn't request this, you can ignore this email.";

/// "NAME thing" or, because lists of emails cut off long subjects, "thing for LONG NAME".
pub(super) fn named(name: &str, thing: &str) -> String {
    const SHORT_CHARS: usize = 20;
    if name.chars().count() <= SHORT_CHARS {
        format!("{name} {thing}")
    } else {
        format!("{thing} for {name}")
    }
}
