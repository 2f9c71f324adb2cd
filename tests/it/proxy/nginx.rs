//! nginx, with the recipe for it.

use std::fs;
use std::process::Command;

use super::program::{Places, Program, recipe};

const PROGRAM: &str = "/usr/sbin/nginx";

/// What stands around the recipe: one process in the foreground that writes into its folder alone.
/// The headers that nginx drops by itself are let in, as some apps want it, so that what keeps them
/// from the app is the recipe.
const AROUND: &str = "\
daemon off;
master_process off;
pid nginx.pid;
events {}
http {
access_log off;
client_body_temp_path body;
proxy_temp_path proxy;
fastcgi_temp_path fastcgi;
uwsgi_temp_path uwsgi;
scgi_temp_path scgi;
underscores_in_headers on;
ignore_invalid_headers off;
";

pub(super) fn start(at: Places) -> Option<Program> {
    if !Program::is_there(PROGRAM) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = recipe(
        "nginx",
        &[
            ("listen 443 ssl;", &format!("listen {};", at.proxy)),
            ("server_name example.org;", "server_name localhost;"),
            ("ssl_certificate /etc/letsencrypt/live/example.org/fullchain.pem;", ""),
            ("ssl_certificate_key /etc/letsencrypt/live/example.org/privkey.pem;", ""),
            ("__Host-", ""),
            ("127.0.0.1:8080", &at.gatepost.to_string()),
            ("127.0.0.1:3000", &at.app.to_string()),
        ],
    );
    let config = folder.path().join("nginx.conf");
    fs::write(&config, format!("{AROUND}{server}}}\n")).unwrap();
    let mut command = Command::new(PROGRAM);
    command.arg("-p").arg(folder.path()).args(["-e", "stderr", "-c"]).arg(&config).env_clear();
    Some(Program::start(command, folder, at.proxy))
}
