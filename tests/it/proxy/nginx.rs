//! nginx, with a block of a document.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};

use super::program::Program;
use crate::harness::installed::is_installed;

pub(super) const PROGRAM: &str = "/usr/sbin/nginx";

/// Goes around the block: one process in the foreground that writes only into its folder. The headers
/// that nginx drops by default are let in, as some apps want it, so that only the block can keep them
/// from the app.
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

/// Nothing, where nginx is not installed.
pub(super) fn start(site: &str, proxy: SocketAddr) -> Option<Program> {
    if !is_installed(PROGRAM) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let command = nginx(site, folder.path());
    Some(Program::start(command, folder, proxy))
}

/// Runs `nginx -t` on a block.
pub(super) fn test(site: &str, folder: &Path) -> Output {
    nginx(site, folder).arg("-t").output().unwrap()
}

fn nginx(site: &str, folder: &Path) -> Command {
    let config = folder.join("nginx.conf");
    fs::write(&config, format!("{AROUND}{site}}}\n")).unwrap();
    let mut command = Command::new(PROGRAM);
    command.arg("-p").arg(folder).args(["-e", "stderr", "-c"]).arg(&config).env_clear();
    command
}
