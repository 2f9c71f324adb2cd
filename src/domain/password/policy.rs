//! Which new passwords are accepted: long enough, not common, and not made of what everyone knows.
//!
//! No rule requires digits or symbols, or a change now and then: such rules make passwords worse (NIST SP
//! 800-63B, 5.1.1.2).

use zeroize::Zeroizing;

use super::Password;
use super::blocklist::is_common;
use crate::domain::record::address::EmailAddress;

/// The fewest bytes that must be left once the address and the product's name are removed.
const MIN_OWN_BYTES: usize = 6;
/// Shorter parts of an address ("an", "de") occur in many strong passwords by chance.
const MIN_PART_BYTES: usize = 3;

/// Which new passwords are accepted.
#[derive(Clone, Debug)]
pub struct PasswordPolicy {
    /// The minimum length in bytes.
    pub min_bytes: usize,
    /// The product's name, which attackers try first.
    pub product: String,
}

/// Why a password is refused, as a sentence for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Too few bytes.
    #[error("Use at least {min_bytes} characters. Three or four words work well.")]
    TooShort {
        /// The minimum length in bytes.
        min_bytes: usize,
    },
    /// Too many bytes.
    #[error("Passwords can be at most 1,024 characters long.")]
    TooLong,
    /// It contains a character that no keyboard enters in a password, such as a tab or a line break.
    #[error("Passwords can't contain tabs, line breaks or other control characters.")]
    Unprintable,
    /// It is on the list of common passwords.
    #[error(
        "Too many people use this password, so it is one of the first an attacker tries. Please choose another."
    )]
    Common,
    /// Little is left of it without the address and the product's name.
    #[error("This password is mostly your email address or this site's name. Please choose another.")]
    Guessable,
}

impl PasswordPolicy {
    /// Checks a new password for the account of an address.
    ///
    /// # Errors
    /// The first reason to refuse it.
    pub fn check(&self, password: &Password, address: &EmailAddress) -> Result<(), Weakness> {
        password.check_form()?;
        if password.text().len() < self.min_bytes {
            return Err(Weakness::TooShort { min_bytes: self.min_bytes });
        }
        if is_common(password.text()) {
            return Err(Weakness::Common);
        }
        if self.own_bytes(password.text(), address) < MIN_OWN_BYTES {
            return Err(Weakness::Guessable);
        }
        Ok(())
    }

    /// How many bytes are left once the address, its parts and the product's name are removed.
    fn own_bytes(&self, password: &str, address: &EmailAddress) -> usize {
        let whole = address.canonical();
        let is_sign = |c: char| !c.is_alphanumeric();
        let mut known: Vec<String> = vec![whole.as_str().to_owned(), self.product.to_lowercase()];
        known.extend(whole.as_str().split('@').map(str::to_owned));
        known.extend(whole.as_str().split(is_sign).map(str::to_owned));
        known.extend(self.product.to_lowercase().split(is_sign).map(str::to_owned));
        known.retain(|part| part.len() >= MIN_PART_BYTES);
        // The longest first; otherwise a part would be removed before the whole is found.
        known.sort_unstable_by_key(|part| std::cmp::Reverse(part.len()));
        let whole = Zeroizing::new(password.to_lowercase());
        known.iter().fold(whole, |left, part| Zeroizing::new(left.replace(part, ""))).len()
    }
}

#[cfg(test)]
mod tests {
    use super::{PasswordPolicy, Weakness};
    use crate::domain::password::Password;
    use crate::domain::record::address::EmailAddress;

    fn check(password: &str) -> Result<(), Weakness> {
        let policy = PasswordPolicy { min_bytes: 12, product: "Corner Shop".into() };
        let address = EmailAddress::parse("Ann.Archer@mail.example.org").expect("an address");
        policy.check(&Password::new(password.into()), &address)
    }

    #[test]
    fn length_is_counted_in_bytes_and_limited_at_both_ends() {
        assert_eq!(check("elevenbytes"), Err(Weakness::TooShort { min_bytes: 12 }));
        assert_eq!(check("twelve bytes"), Ok(()));
        assert_eq!(check("зелёны"), Ok(()), "six letters of two bytes each");
        assert_eq!(check("пароль"), Err(Weakness::Common));
        assert_eq!(check(&"ab c".repeat(256)), Ok(()));
        assert_eq!(check(&"x".repeat(1025)), Err(Weakness::TooLong));
        assert_eq!(check(""), Err(Weakness::TooShort { min_bytes: 12 }));
    }

    #[test]
    fn length_and_the_list_apply_to_the_prepared_password() {
        assert_eq!(check(&"a\u{308} b ".repeat(204)), Ok(()), "1,224 bytes as sent, 1,020 prepared");
        assert_eq!(check("ä b ä b ä"), Ok(()), "12 bytes");
        assert_eq!(check("a\u{308} b a\u{308} c"), Err(Weakness::TooShort { min_bytes: 12 }));
        assert_eq!(check("correct\u{a0}horse"), check("correct horse"));
        assert_eq!(check("three quiet\totters"), Err(Weakness::Unprintable));
    }

    #[test]
    fn the_address_and_the_product_name_do_not_count() {
        for password in [
            "ann.archer@mail.example.org",
            "ANN.ARCHER@mail.example.org1",
            "annarcher2026",
            "archerarcherarcher",
            "Corner Shop 123",
            "cornershopann!",
            "example-example",
        ] {
            assert_eq!(check(password), Err(Weakness::Guessable), "{password}");
        }
        assert_eq!(check("archer rides a blue horse"), Ok(()));
    }
}
