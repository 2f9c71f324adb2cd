//! The picture of an app.

use std::fmt;

/// A picture that was read at the start, or when the configuration was read again.
#[derive(Clone, PartialEq, Eq)]
pub struct Icon {
    /// What it is.
    pub kind: IconKind,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The kinds of pictures that browsers show and that have no need of more than their own bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IconKind {
    /// PNG.
    Png,
    /// WebP.
    Webp,
    /// SVG.
    Svg,
}

impl Icon {
    /// The longest one.
    pub const MAX_BYTES: usize = 64 * 1024;

    /// A picture, by its content and not by its name. Nothing if it is of no kind that is shown, or too long.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        if bytes.len() > Self::MAX_BYTES {
            return None;
        }
        let kind = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            IconKind::Png
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            IconKind::Webp
        } else if is_svg(&bytes) {
            IconKind::Svg
        } else {
            return None;
        };
        Some(Self { kind, bytes })
    }
}

/// Whether it is text whose first element is a picture.
fn is_svg(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = match rest {
            _ if rest.starts_with("<?") => "?>",
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.starts_with("<!") => ">",
            _ => break,
        };
        let Some((_, after)) = rest.split_once(end) else { return false };
        rest = after.trim_start();
    }
    rest.strip_prefix("<svg").is_some_and(|rest| rest.starts_with([' ', '>', '\n', '\r', '\t', '/']))
}

impl fmt::Debug for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Icon({:?}, {} bytes)", self.kind, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{Icon, IconKind};

    #[test]
    fn a_picture_is_known_by_its_content() {
        let kind = |bytes: &[u8]| Icon::new(bytes.to_vec()).map(|icon| icon.kind);
        assert_eq!(kind(b"\x89PNG\r\n\x1a\nrest"), Some(IconKind::Png));
        assert_eq!(kind(b"RIFF\x10\0\0\0WEBPVP8 "), Some(IconKind::Webp));
        assert_eq!(kind(b"<?xml version=\"1.0\"?>\n<!-- x -->\n<svg xmlns=\"\">"), Some(IconKind::Svg));
        for other in [&b""[..], b"<html>", b"<svgx>", b"GIF89a", b"<!-- x", b"\xff\xd8\xff"] {
            assert_eq!(kind(other), None);
        }
        let long = [&b"<svg>"[..], &vec![b' '; Icon::MAX_BYTES]].concat();
        assert_eq!(kind(&long), None);
    }
}
