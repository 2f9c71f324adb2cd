//! Caddy, with a block of a document.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};

use super::program::Program;
use crate::harness::installed::is_installed;

pub(super) const PROGRAM: &str = "/usr/bin/caddy";

/// Goes before the block, so that Caddy requests no certificates and opens no other port.
const BEFORE: &str = "{\nadmin off\nauto_https off\ndefault_bind 127.0.0.1\n}\n";

/// Nothing, where Caddy is not installed.
pub(crate) fn start(site: &str, proxy: SocketAddr) -> Option<Program> {
    if !is_installed(PROGRAM) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let command = caddy("run", &format!("{BEFORE}{site}"), folder.path());
    Some(Program::start(command, folder, proxy))
}

/// Runs `caddy validate` on a Caddyfile.
pub(super) fn validate(site: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    caddy("validate", site, folder.path()).output().unwrap()
}

fn caddy(subcommand: &str, site: &str, folder: &Path) -> Command {
    let config = folder.join("Caddyfile");
    fs::write(&config, site).unwrap();
    let mut command = Command::new(PROGRAM);
    command.args([subcommand, "--adapter", "caddyfile", "--config"]).arg(&config).env_clear();
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
        command.env(name, folder);
    }
    command
}
