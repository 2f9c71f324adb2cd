//! Results on standard output: for people, and as JSON for programs.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::app::Failure;
use crate::app::operator::{Account, Emailed, Link, Shown, Treated};
use crate::domain::operator::AccountState;

/// The form of a result.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Form {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// The columns. The address is the last one, because some addresses are very long.
const HEAD: &str = "CONFIRMED   ROLE    PASSWORD  STATE     ADDRESS";

/// Prints a result, and fails if it cannot be written.
pub(super) fn print(result: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", result.trim_end())?;
    Ok(out.flush()?)
}

/// Prints an object as JSON.
pub(super) fn print_json(result: &impl Serialize) -> Result<(), Failure> {
    print(&serde_json::to_string(result).map_err(io::Error::from)?)
}

/// Prints one account.
pub(super) fn print_account(account: &Account, form: Form) -> Result<(), Failure> {
    if form.json { print_json(account) } else { print(&table(account)) }
}

/// Prints one account, and what is in the way of signing in to it.
pub(super) fn print_shown(shown: &Shown, form: Form) -> Result<(), Failure> {
    if form.json {
        return print_json(&without_sentences(shown)?);
    }
    // A mail server can say what a terminal would interpret.
    let sentences: Vec<String> =
        shown.sentences.iter().map(|sentence| sentence.replace(char::is_control, " ")).collect();
    print(&format!("{}\n{}", table(&shown.account), sentences.join("\n")))
}

/// For programs, which have the reasons.
fn without_sentences(shown: &Shown) -> Result<Value, Failure> {
    let mut value = serde_json::to_value(shown).map_err(io::Error::from)?;
    value.as_object_mut().map(|object| object.remove("sentences"));
    Ok(value)
}

/// Says how to have an administrator again, if there is none.
pub(super) fn print_next_admin(treated: &Treated) -> Result<(), Failure> {
    if !treated.leaves_no_admin {
        return Ok(());
    }
    print("No enabled administrator is left. This command creates one: gatepost account add ADDRESS --admin")
}

/// What there is to know about an account, a line each.
fn table(account: &Account) -> String {
    let shown = &account.shown;
    let rows = [
        ("address", shown.email.as_str()),
        ("id", &shown.id),
        ("registered", &minute(&shown.registered_at)),
        ("confirmed", &minute(&shown.confirmed_at)),
        ("role", role(account)),
        ("password", password(account)),
        ("state", state(account)),
    ];
    rows.map(|(name, value)| format!("{name:<11} {value}\n")).concat()
}

/// Prints a link on a line of its own.
pub(super) fn print_link(link: &Link, form: Form) -> Result<(), Failure> {
    if form.json {
        return print_json(link);
    }
    let (address, until) = (&link.account.shown.email, minute(&link.expires_at));
    print(&format!("One-time sign-in link for {address}, valid until {until}:\n{}", link.link))
}

/// Says that a link is emailed.
pub(super) fn print_emailed(emailed: &Emailed, form: Form) -> Result<(), Failure> {
    if form.json {
        return print_json(emailed);
    }
    let (address, until) = (&emailed.account.shown.email, minute(&emailed.expires_at));
    print(&format!(
        "Added {address}. The server emails its owner a one-time sign-in link, valid until {until}."
    ))
}

/// A list of accounts of any length: each page is printed as it arrives.
pub(super) struct List {
    form: Form,
    state: AccountState,
    is_empty: bool,
}

impl List {
    pub(super) fn new(form: Form, state: AccountState) -> Self {
        Self { form, state, is_empty: true }
    }

    pub(super) fn page(&mut self, accounts: &[Account]) -> io::Result<()> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        if self.is_empty && !accounts.is_empty() && !self.form.json {
            writeln!(out, "{HEAD}")?;
        }
        self.is_empty &= accounts.is_empty();
        for account in accounts {
            if self.form.json {
                serde_json::to_writer(&mut out, account)?;
                writeln!(out)?;
            } else {
                let confirmed = account.shown.confirmed_at.get(..10).unwrap_or_default();
                let (role, password, state) = (role(account), password(account), state(account));
                writeln!(out, "{confirmed}  {role:<6}  {password:<8}  {state:<8}  {}", account.shown.email)?;
            }
        }
        out.flush()
    }

    pub(super) fn end(self) -> io::Result<()> {
        if self.is_empty && !self.form.json {
            let none = match self.state {
                AccountState::All => "No accounts yet.",
                AccountState::Admin => "No account has admin rights.",
                AccountState::Disabled => "No account is disabled.",
            };
            writeln!(io::stdout(), "{none}")?;
        }
        Ok(())
    }
}

fn role(account: &Account) -> &'static str {
    if account.shown.admin { "admin" } else { "member" }
}

fn password(account: &Account) -> &'static str {
    if account.shown.has_password { "yes" } else { "no" }
}

fn state(account: &Account) -> &'static str {
    if account.disabled { "disabled" } else { "active" }
}

/// A time to the minute, for people.
pub(super) fn minute(rfc3339: &str) -> String {
    match (rfc3339.get(..10), rfc3339.get(11..16)) {
        (Some(date), Some(time)) => format!("{date} {time} UTC"),
        _ => rfc3339.to_owned(),
    }
}

/// A number with commas between its thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|it| std::str::from_utf8(it).ok()).collect();
    groups.join(",")
}
