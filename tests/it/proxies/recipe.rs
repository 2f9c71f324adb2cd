//! The files of docs/recipes, as a proxy is given them.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use rcgen::{CertifiedKey, KeyPair};
use tempfile::TempDir;

use crate::harness::document::REPOSITORY;
use crate::harness::installed::is_installed;
use crate::proxy::program::Program;

/// Which proxy is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nginx,
    Caddy,
    Haproxy,
}

/// Where everything is.
pub(super) struct Addresses {
    pub(super) proxy: SocketAddr,
    pub(super) gatepost: SocketAddr,
    pub(super) app: SocketAddr,
}

/// Goes around the recipe of nginx: one process in the foreground that writes only into its folder.
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
";

/// Starts a proxy with its recipe, for both apps. Nothing, where it is not installed.
pub(super) fn start(kind: Kind, at: &Addresses, certificate: &CertifiedKey<KeyPair>) -> Option<Program> {
    let program = match kind {
        Kind::Nginx => "/usr/sbin/nginx",
        Kind::Caddy => "/usr/bin/caddy",
        Kind::Haproxy => "/usr/sbin/haproxy",
    };
    if !is_installed(program) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    keep(&folder, certificate);
    let mut command = Command::new(program);
    command.env_clear();
    match kind {
        Kind::Nginx => nginx(&mut command, &folder, at),
        Kind::Caddy => caddy(&mut command, &folder, at),
        Kind::Haproxy => haproxy(&mut command, &folder, at),
    }
    Some(Program::start(command, folder, at.proxy))
}

fn keep(folder: &TempDir, certificate: &CertifiedKey<KeyPair>) {
    let (chain, key) = (certificate.cert.pem(), certificate.signing_key.serialize_pem());
    fs::write(folder.path().join("fullchain.pem"), &chain).unwrap();
    fs::write(folder.path().join("key.pem"), &key).unwrap();
    fs::create_dir(folder.path().join("certs")).unwrap();
    fs::write(folder.path().join("certs/all.pem"), chain + &key).unwrap();
}

/// A file as printed, with these replacements. Each replaced text must be in it; otherwise the test would run
/// something other than the printed file.
fn printed(name: &str, replacements: &[(&str, &str)]) -> String {
    let text = fs::read_to_string(Path::new(REPOSITORY).join("docs/recipes").join(name)).unwrap();
    replacements.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{from} is not in {name}");
        text.replace(from, to)
    })
}

/// The second app.
fn second(text: &str) -> String {
    text.replace("wiki.example.org", "git.example.net").replace(" wiki", " git")
}

/// The text with everything after `mark` once more, for the second app.
fn with_second(text: &str, mark: &str) -> String {
    let (_, one) = text.split_once(mark).unwrap_or_else(|| panic!("{mark} is not in {text}"));
    format!("{text}\n{}", second(&format!("{mark}{one}")))
}

fn nginx(command: &mut Command, folder: &TempDir, at: &Addresses) {
    let (folder, gatepost, app) = (folder.path(), at.gatepost.to_string(), at.app.to_string());
    let shown = folder.to_str().unwrap();
    fs::write(folder.join("gatepost_ask.conf"), printed("nginx/gatepost_ask.conf", &[])).unwrap();
    let paths = [("/etc/nginx", shown)];
    fs::write(folder.join("gatepost_app.conf"), printed("nginx/gatepost_app.conf", &paths)).unwrap();
    let listen = format!("listen {} ssl", at.proxy);
    let own = [
        ("/etc/nginx/tls", shown),
        ("/etc/nginx", shown),
        ("listen 443 ssl", &listen),
        ("127.0.0.1:8080", &gatepost),
        ("127.0.0.1:3000", &app),
    ];
    let text = with_second(&printed("nginx/gatepost.conf", &own), "# One server for each app");
    let config = folder.join("nginx.conf");
    fs::write(&config, format!("{AROUND}{text}}}\n")).unwrap();
    command.arg("-p").arg(folder).args(["-e", "stderr", "-c"]).arg(config);
}

fn caddy(command: &mut Command, folder: &TempDir, at: &Addresses) {
    let (folder, gatepost, app) = (folder.path(), at.gatepost.to_string(), at.app.to_string());
    let own = [("127.0.0.1:8080", &*gatepost), ("127.0.0.1:3000", &app)];
    let mut text = with_second(&printed("caddy/Caddyfile", &own), "# One site for each app");
    let shown = folder.display();
    for host in ["id.example.org {", "wiki.example.org {", "git.example.net {"] {
        assert_eq!(text.matches(host).count(), 1, "{host}");
        text = text.replace(host, &format!("{host}\n\ttls {shown}/fullchain.pem {shown}/key.pem"));
    }
    let port = at.proxy.port();
    // So that it requests no certificates and opens no other port.
    let before = format!(
        "{{\nadmin off\nauto_https disable_redirects\ndefault_bind 127.0.0.1\nhttps_port {port}\n}}\n"
    );
    let config = folder.join("Caddyfile");
    fs::write(&config, before + &text).unwrap();
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(config);
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
        command.env(name, folder);
    }
}

fn haproxy(command: &mut Command, folder: &TempDir, at: &Addresses) {
    let (folder, gatepost, app) = (folder.path(), at.gatepost.to_string(), at.app.to_string());
    let shown = folder.to_str().unwrap();
    let lua = printed("haproxy/gatepost.lua", &[("127.0.0.1:8080", &gatepost)]);
    fs::write(folder.join("gatepost.lua"), lua).unwrap();
    let bind = format!("bind {} ssl", at.proxy);
    let own = [
        ("crt /etc/haproxy/certs/", &*format!("crt {shown}/certs/")),
        ("lua-load /etc/haproxy", &*format!("lua-load {shown}")),
        ("bind :443 ssl", &bind),
        ("127.0.0.1:8080", &gatepost),
        ("127.0.0.1:3000", &app),
        ("if !id !wiki", "if !id !wiki !git"),
    ];
    let text = with_second(&printed("haproxy/haproxy.cfg", &own), "backend wiki\n");
    let (front, backends) = text.split_once("\nbackend gatepost").unwrap();
    let mut lines = Vec::new();
    for line in front.lines() {
        lines.push(line.to_owned());
        let is_of_one_app = line.contains(" wiki") && !line.contains("!wiki");
        lines.extend(is_of_one_app.then(|| second(line)));
    }
    let config = folder.join("haproxy.cfg");
    fs::write(&config, format!("{}\nbackend gatepost{backends}", lines.join("\n"))).unwrap();
    command.args(["-db", "-f"]).arg(config);
}
