//! Caddy, with the recipe for it.

use std::fs;
use std::process::Command;

use super::program::{Places, Program, recipe};

const PROGRAM: &str = "/usr/bin/caddy";

/// What stands before the recipe: no certificates, and no port but the one.
const BEFORE: &str = "{\nadmin off\nauto_https off\ndefault_bind 127.0.0.1\n}\n";

pub(super) fn start(at: Places) -> Option<Program> {
    if !Program::is_there(PROGRAM) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let site = recipe(
        "caddyfile",
        &[
            ("example.org {", &format!("http://localhost:{} {{", at.proxy.port())),
            ("__Host-", ""),
            ("127.0.0.1:8080", &at.gatepost.to_string()),
            ("127.0.0.1:3000", &at.app.to_string()),
        ],
    );
    let config = folder.path().join("Caddyfile");
    fs::write(&config, format!("{BEFORE}{site}")).unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&config);
    command.env_clear();
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
        command.env(name, folder.path());
    }
    Some(Program::start(command, folder, at.proxy))
}
