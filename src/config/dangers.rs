//! Settings that are allowed and dangerous: worth a word at each start.

use super::Config;
use super::mail::Transport;
use crate::domain::record::limits::Limits;
use crate::path::Scheme;
use crate::web::edge::Listen;

impl Config {
    /// The same in one line, if anything is unsafe.
    #[must_use]
    pub fn dangers_in_one_line(&self) -> Option<String> {
        Some(self.dangers().join("; ")).filter(|dangers| !dangers.is_empty())
    }

    /// What is unsafe about these settings, each with what it means.
    #[must_use]
    pub fn dangers(&self) -> Vec<String> {
        let mut dangers = Vec::new();
        let mut add = |is_set: bool, danger: &str| {
            if is_set {
                dangers.push(danger.to_owned());
            }
        };
        let is_http = self.origin(None).scheme() == Scheme::Http;
        add(is_http, "public_url is http: cookies and passwords are not encrypted, so only for this machine");
        let is_shown = matches!(self.mail.transport, Transport::Mailbox);
        add(is_shown, "mail.transport is \"mailbox\": everyone on this machine can read every email");
        let is_plain = matches!(&self.mail.transport, Transport::Smtp(server) if !server.is_encrypted());
        add(is_plain, "mail.smtp_url has tls=none: email is not encrypted on its way to the mail server");
        let is_open =
            matches!(self.listen, Listen::Tcp(address) if !address.ip().to_canonical().is_loopback());
        add(is_open, "listen is not on loopback: only the proxy must be able to connect to it");
        let Limits {
            mails_per_address_15m,
            mails_per_address_day,
            mails_per_client_hour,
            mails_per_hour,
            tries_per_client_5m,
            tries_per_address_15m,
            codes_per_address_day,
            changes_per_account_hour,
        } = self.limits;
        for (limit, name) in [
            (mails_per_address_15m, "mails_per_address_15m"),
            (mails_per_address_day, "mails_per_address_day"),
            (mails_per_client_hour, "mails_per_client_hour"),
            (mails_per_hour, "mails_per_hour"),
            (tries_per_client_5m, "tries_per_client_5m"),
            (tries_per_address_15m, "tries_per_address_15m"),
            (codes_per_address_day, "codes_per_address_day"),
            (changes_per_account_hour, "changes_per_account_hour"),
        ] {
            add(limit == 0, &format!("limits.{name} is 0: there is no such limit"));
        }
        dangers
    }
}
