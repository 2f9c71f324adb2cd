//! The list of common passwords, searched in place in the binary.

use std::cmp::Ordering;

/// Lower case, one per line, sorted. `assets/common-passwords.md` names the source.
const LIST: &str = include_str!("../../../assets/common-passwords.txt");

/// Whether a password is on the list, in any letter case.
///
/// Compared character by character, so that no copy of the password is left in memory.
pub(super) fn is_common(password: &str) -> bool {
    // The part left to search always consists of whole lines.
    let mut lines = LIST;
    while !lines.is_empty() {
        // Bytes are searched for newlines because the middle may be inside a character.
        let (before, after) = lines.as_bytes().split_at(lines.len() / 2);
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let end =
            after.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |rest| before.len() + rest);
        match lines[start..end].chars().cmp(password.chars().flat_map(char::to_lowercase)) {
            Ordering::Less => lines = lines.get(end + 1..).unwrap_or_default(),
            Ordering::Equal => return true,
            Ordering::Greater => lines = &lines[..start],
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{LIST, is_common};

    #[test]
    fn the_list_is_sorted_lower_case_and_long_enough() {
        let lines: Vec<&str> = LIST.lines().collect();
        assert!(lines.is_sorted_by(|one, next| one < next), "sorted, without duplicates");
        for line in &lines {
            assert!(line.len() >= 8, "{line:?} is already refused because of its length");
            assert!(line.chars().flat_map(char::to_lowercase).eq(line.chars()), "{line:?} has capitals");
        }
        assert!(LIST.ends_with('\n') && !LIST.contains('\r'));
        let long = lines.iter().filter(|line| line.len() >= 12).count();
        assert!(long >= 3_000, "only {long} have the minimum length");
    }

    #[test]
    fn every_line_is_found_in_any_case() {
        for line in LIST.lines() {
            assert!(is_common(line), "{line:?}");
            assert!(is_common(&line.to_ascii_uppercase()), "{line:?} in capitals");
        }
    }

    #[test]
    fn well_known_passwords_are_common() {
        for password in [
            "password1234",
            "Password12345",
            "PasswordPassword",
            "welcome12345",
            "iloveyou1234",
            "ILoveYouForever",
            "administrator",
            "123456789012",
            "1234567890123456",
            "aaaaaaaaaaaa",
            "abcdefghijkl",
            "QWERTY123456",
            "qwertyuiop12",
            "asdfghjkl123",
            "1q2w3e4r5t6y",
            "1qaz2wsx3edc4rfv",
            "manchesterunited",
            "пароль",
            "ЛЮБОВЬ",
        ] {
            assert!(is_common(password), "{password:?}");
        }
    }

    #[test]
    fn only_whole_lines_of_the_list_are_common() {
        let (first, _) = LIST.split_once('\n').expect("the list has lines");
        for password in [
            "",
            "\n",
            "correct horse battery staple",
            "tK7#vq-Lantern.umbra 52",
            "manchesterunite",
            "manchesteruniteds",
            " manchesterunited",
            "password1234\n",
            "password1234\npassword12345",
            "парол",
            "grüße aus köln",
            "İIıi ßẞ ſſ 密码密码密码",
            "\u{0}\u{10ffff}\u{10ffff}",
            "\u{10ffff}\u{10ffff}\u{10ffff}",
            &first[..first.len() - 1],
        ] {
            assert!(!is_common(password), "{password:?}");
        }
    }
}
