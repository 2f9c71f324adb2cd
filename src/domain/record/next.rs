//! Where to go after signing in.

use url::Url;

/// A path of this origin, with its query and fragment: exactly as it was asked for, because only the app
/// behind it knows what a second slash, a `%2F` or a dot segment in it means.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place(String);

impl Place {
    /// The longest one. It bounds what a stranger can store with a request.
    const MAX_BYTES: usize = 2048;
    /// Every origin of the web resolves a path in the same way, so this one stands for ours.
    const ANY_ORIGIN: &str = "https://origin.invalid";

    /// Parses a path. Nothing if it could lead anywhere but to this origin.
    ///
    /// An open redirect would let an attacker's link begin with our name and end on the attacker's page.
    /// Browsers read `//` at the start as the start of a host and `\` as `/`, and drop tabs and line
    /// breaks; proxies and apps may treat other control characters in the same way.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_path = text.starts_with('/') && !text.starts_with("//") && text.len() <= Self::MAX_BYTES;
        let is_plain = !text.contains(|c: char| c == '\\' || c.is_control());
        (is_path && is_plain && stays(text)).then(|| Self(text.to_owned()))
    }

    /// The path, as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a browser that follows it stays on the origin, by the URL standard that browsers implement.
fn stays(text: &str) -> bool {
    let origin = Url::parse(Place::ANY_ORIGIN).expect("an origin");
    origin.join(text).is_ok_and(|place| place.origin() == origin.origin())
}

/// Where someone asked to go after signing in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Next {
    /// A path of this origin.
    To(Place),
    /// Something that we lead no one to. It is remembered, so that the page they come to instead can say
    /// so.
    Elsewhere,
}

impl Next {
    /// Reads what a client sent as `next`. Nothing if it is empty.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        Some(Place::parse(text).map_or(Self::Elsewhere, Self::To))
    }

    /// What a form or a link carries along. It is read again as the same.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::To(place) => place.as_str(),
            // Not a path, so this is also `Elsewhere` when it is read.
            Self::Elsewhere => "elsewhere",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Next, Place};
    use proptest::prelude::*;
    use url::Url;

    const ORIGINS: [&str; 5] = [
        "https://id.example.org",
        "http://localhost:8080",
        "https://id.example.org:8443/sign-in/password?next=x#y",
        "https://127.0.0.1/link/token",
        "http://[::1]:444",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        /// Whatever is accepted leads to our origin, from each of our pages, by the standard that browsers
        /// implement: as it came, and with the bytes percent-encoded that a header can't have.
        #[test]
        fn no_next_leads_to_another_origin(
            text in r"[/\\.:@?#%a-z0-9\t\n\r \u{0}-\u{20}é。]{0,8}(evil\.example)?[/\\.:@?#%2F5Ce]{0,12}"
        ) {
            let read = Next::read(&text);
            // A form or a link carries it along, so it is read again.
            prop_assert_eq!(read.as_ref().and_then(|next| Next::read(next.text())), read);
            if let Some(place) = Place::parse(&format!("/{text}")).or_else(|| Place::parse(&text)) {
                let encoded = percent_encoding::utf8_percent_encode(place.as_str(), percent_encoding::CONTROLS);
                for origin in ORIGINS {
                    let origin = Url::parse(origin).expect("an origin");
                    for text in [place.as_str(), &encoded.to_string()] {
                        prop_assert_eq!(origin.join(text).expect("a path").origin(), origin.origin());
                    }
                }
            }
        }

        /// Nothing is refused without a reason that the contract names.
        #[test]
        fn every_path_of_this_origin_is_accepted(text in r"[/\\a-z%.?#&=+é \t]{0,20}") {
            let is_path = text.starts_with('/') && !text.starts_with("//");
            let is_plain = !text.contains(['\\', '\t']);
            prop_assert_eq!(Place::parse(&text).is_some(), is_path && is_plain);
        }
    }
}
