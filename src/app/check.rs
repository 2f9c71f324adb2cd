//! `config check`: besides the settings themselves, looks at everything on this machine that they
//! refer to. Writes nothing.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use super::data_folder::{NEEDED, refuse_others};
use super::operator::is_served;
use crate::config::access::View;
use crate::config::key_file::{self, KeyFileError};
use crate::config::mail::{self, Transport};
use crate::config::{Config, Mistakes};
use crate::mail::{SendmailSettings, SmtpServer, certificate_authorities, greeting};
use crate::store::embedded;
use crate::web::edge::{Listen, ListenError};

/// Checks the data folder, the listen address, the key and the way email is sent. Returns one line
/// for each of them, and one for everything that was not checked.
///
/// # Errors
/// All problems at once.
pub fn check(config: &Config) -> Result<Vec<String>, Mistakes> {
    let folder = folder(config);
    // Without access to the folder, nothing can be said about the key in it.
    let key = if folder.is_ok() || config.keys.is_some() { key(config) } else { Ok(String::new()) };
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    // Whether a shared database answers takes another command.
    let database =
        config.store.shared().map_or_else(String::new, |settings| format!("Database: {settings}."));
    for checked in [folder, Ok(database), key, listen(config), email(config), backups(config)] {
        match checked {
            // Nothing to say about what was not asked for.
            Ok(line) => lines.extend((!line.is_empty()).then_some(line)),
            Err(error) => errors.push(error),
        }
    }
    lines.extend(unchecked(config));
    if errors.is_empty() { Ok(lines) } else { Err(Mistakes::new(errors, Vec::new())) }
}

/// What was found, or what is wrong, in one line.
type Checked = Result<String, String>;

fn folder(config: &Config) -> Checked {
    let path = &config.data_dir;
    let shown = path.display();
    let refuse = |reason: &dyn std::fmt::Display| Err(format!("data_dir: {shown}: {reason}"));
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return new_folder(path),
        Err(error) => return refuse(&error),
    };
    if !metadata.is_dir() {
        return refuse(&"must be a folder");
    }
    let us = rustix::process::geteuid();
    let owner = metadata.uid();
    if us.is_root() && owner != us.as_raw() {
        // Root may check the configuration of another user, but has access where that user has none.
        tracing::warn!("the data folder {shown} belongs to user {owner}; run this check as that user");
    } else {
        embedded::check_owner(path).map_err(|error| format!("data_dir: {error}"))?;
    }
    refuse_others(path, View::Server).map_err(|error| format!("data_dir: {error}"))?;
    if let Err(error) = rustix::fs::access(path, NEEDED) {
        let (error, us) = (io::Error::from(error), us.as_raw());
        let fix = if owner == us {
            format!("run: chmod 700 {shown}")
        } else {
            format!("as root, run: chown {us} {shown}")
        };
        return refuse(&format!("this user cannot read and write it: {error}; {fix}"));
    }
    if config.store.shared().is_some() {
        return Ok(format!("Data folder: {shown} exists."));
    }
    let content = if embedded::is_known(path) { "with a database" } else { "without a database yet" };
    Ok(format!("Data folder: {shown} exists, {content}."))
}

/// The folder for scheduled backups, which the first of them creates.
fn backups(config: &Config) -> Checked {
    let Some(backup) = &config.backup else { return Ok(String::new()) };
    let shown = backup.dir.display();
    match fs::metadata(&backup.dir) {
        Ok(metadata) if !metadata.is_dir() => Err(format!("backup.dir: {shown}: must be a folder")),
        Ok(_) => match rustix::fs::access(&backup.dir, NEEDED) {
            Ok(()) => Ok(format!("Backups: in {shown}, {} kept.", backup.keep)),
            Err(error) => {
                Err(format!("backup.dir: {shown}: this user cannot write to it: {}", io::Error::from(error)))
            }
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            creatable("backup.dir", &backup.dir)?;
            Ok(format!("Backups: in {shown}, which will be created, {} kept.", backup.keep))
        }
        Err(error) => Err(format!("backup.dir: {shown}: {error}")),
    }
}

/// A data folder that the first start will create.
fn new_folder(path: &Path) -> Checked {
    creatable("data_dir", path)?;
    Ok(format!("Data folder: {} will be created.", path.display()))
}

/// Whether a folder that a setting names can be created.
fn creatable(setting: &str, path: &Path) -> Result<(), String> {
    let parents = path.ancestors().skip(1);
    let parents = parents.map(|parent| if parent == Path::new("") { Path::new(".") } else { parent });
    let parent = parents.into_iter().find(|parent| parent.exists()).unwrap_or(Path::new("/"));
    let shown = path.display();
    match rustix::fs::access(parent, Access::WRITE_OK | Access::EXEC_OK) {
        _ if !parent.is_dir() => Err(format!("{setting}: {shown}: {} is not a folder", parent.display())),
        Ok(()) => Ok(()),
        Err(error) => {
            let error = io::Error::from(error);
            Err(format!("{setting}: {shown}: cannot be created in {}: {error}", parent.display()))
        }
    }
}

fn key(config: &Config) -> Checked {
    let is_shared = config.store.shared().is_some();
    let is_known = !is_shared && embedded::is_known(&config.data_dir);
    // A key that is there before its database may be meant so, or the database is lost.
    let next = if is_known || is_shared {
        ""
    } else {
        " If there never was a database for it, run `gatepost store create`."
    };
    if config.keys.is_some() {
        return Ok(format!("Key: set by key_file or GATEPOST_KEY.{next}"));
    }
    let path = config.data_dir.join(key_file::NAME);
    match key_file::read(&path, View::Server) {
        Ok(_) => Ok(format!("Key: {} can be read.{next}", path.display())),
        Err(KeyFileError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
            if is_known {
                return Err(KeyFileError::Missing { path }.to_string());
            }
            if is_shared {
                let place = path.display();
                return Ok(format!(
                    "Key: {place} will be created if the database is empty, and is needed otherwise."
                ));
            }
            Ok(format!("Key: {} will be created.", path.display()))
        }
        Err(error) => Err(error.to_string()),
    }
}

fn listen(config: &Config) -> Checked {
    let listen = &config.listen;
    let free = match listen {
        Listen::Tcp(address) => port(*address),
        Listen::Unix(path) => socket(path),
    };
    let error = match free {
        Ok(found) => return Ok(format!("Listen address: {listen} {found}.")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_served(&config.data_dir) => {
            return Ok(format!(
                "Listen address: {listen} is in use, and a server runs with this data folder."
            ));
        }
        Err(error) => error,
    };
    Err(match error.kind() {
        io::ErrorKind::AddrInUse => format!("listen: {}", ListenError::InUse(listen.clone())),
        io::ErrorKind::AlreadyExists => format!("listen: {}", ListenError::NotASocket(listen.clone())),
        _ => format!("listen: cannot listen on {listen}: {error}"),
    })
}

/// Whether a port is free, found out by binding it for a moment.
fn port(address: SocketAddr) -> io::Result<&'static str> {
    TcpListener::bind(address).map(|_| "is free")
}

/// Whether a socket file can be created, or belongs to a server that has ended.
fn socket(path: &Path) -> io::Result<&'static str> {
    match fs::symlink_metadata(path) {
        Ok(file) if file.file_type().is_socket() => match UnixStream::connect(path) {
            Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                Ok("is left over from a server that has ended, and will be replaced")
            }
            Err(error) => Err(error),
        },
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => {
            let parent = path.parent().unwrap_or(Path::new("/"));
            // systemd creates the folder only when it starts the server, and removes it afterwards.
            if !parent.exists() && parent.parent().is_some_and(Path::is_dir) {
                return Ok("can be created once its folder exists (in systemd, RuntimeDirectory creates it)");
            }
            rustix::fs::access(parent, Access::WRITE_OK | Access::EXEC_OK)?;
            Ok("can be created")
        }
    }
}

fn email(config: &Config) -> Checked {
    match &config.mail.transport {
        Transport::Mailbox => Ok("Email: only shown, not sent.".into()),
        Transport::Smtp(server) => {
            let greeting = greeting(&config.origin(None));
            Ok(format!("{} It is greeted with {greeting}.", certificates(server)?))
        }
        Transport::Sendmail => sendmail(),
    }
}

/// Whether there is a sendmail program that can be run.
fn sendmail() -> Checked {
    let folders = mail::program_folders();
    let mut programs = SendmailSettings::usual_programs().into_iter().flat_map(|program| {
        if program.is_absolute() {
            return vec![program];
        }
        folders.iter().map(|folder| folder.join(&program)).collect()
    });
    let is_program = |path: &PathBuf| path.is_file() && rustix::fs::access(path, Access::EXEC_OK).is_ok();
    match programs.find(is_program) {
        Some(program) => Ok(format!("Email: {} can be run.", program.display())),
        None => Err("mail.transport: no sendmail program in PATH, /usr/sbin or /usr/lib; install one, or \
                     use \"smtp\""
            .into()),
    }
}

/// Whether certificates of the mail server can be verified.
fn certificates(server: &SmtpServer) -> Checked {
    if !server.is_encrypted() {
        return Ok(format!("Email: {server} needs no certificate."));
    }
    certificate_authorities().map_err(|why| format!("mail.smtp_url: {why}"))?;
    Ok(format!("Email: certificate authorities found for verifying {server}."))
}

/// Everything that takes another command, or another machine, to check.
fn unchecked(config: &Config) -> Option<String> {
    let origin = config.origin(None);
    let mut parts = Vec::new();
    if !origin.is_loopback() {
        parts.push(format!("DNS and reverse proxy of {origin}"));
    }
    if !matches!(config.mail.transport, Transport::Mailbox) {
        parts.push("sending email (run `gatepost mail test ADDRESS`)".to_owned());
    }
    if config.store.shared().is_some() {
        parts.push("the database (run `gatepost doctor`)".to_owned());
    // A running server verified its database when it started.
    } else if embedded::is_known(&config.data_dir) && !is_served(&config.data_dir) {
        parts.push("the database (run `gatepost store verify`)".to_owned());
    }
    (!parts.is_empty()).then(|| format!("Not checked: {}.", parts.join(", ")))
}
