//! The configurations that the packages ship. `tests/package.sh` installs the packages themselves.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::harness::document::{REPOSITORY, block};
use crate::harness::installed::is_installed;
use crate::harness::write_secret;

fn packaged(file: &str) -> String {
    fs::read_to_string(Path::new(REPOSITORY).join("packaging").join(file)).unwrap()
}

/// Runs `config check` in a folder of its own, which is also the data folder, on any free port.
fn check(folder: &Path, configuration: &str, environment: &BTreeMap<String, String>) -> Output {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
    let place = folder.to_str().unwrap();
    let file = folder.join("config.toml");
    let configuration =
        configuration.replace("/etc/gatepost/", &format!("{place}/")).replace("/var/lib/gatepost", place);
    fs::write(&file, configuration).unwrap();
    write_secret(&folder.join("smtp_password"), "secret\n");
    Command::new(env!("CARGO_BIN_EXE_gatepost"))
        .env_clear()
        .envs(environment)
        .arg("--config")
        .arg(&file)
        .args(["--data", place, "--listen", "127.0.0.1:0", "config", "check"])
        .output()
        .unwrap()
}

fn assert_accepted(output: &Output) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{stderr}");
}

/// The settings in the environment of a compose file, with its variables filled in.
fn composed(file: &str) -> BTreeMap<String, String> {
    let compose = packaged(file);
    let settings = compose.lines().filter_map(|line| line.trim().split_once(": "));
    let settings = settings.filter(|(name, _)| name.starts_with("GATEPOST_") && *name != "GATEPOST_DOMAIN");
    let variables = [
        ("${GATEPOST_DOMAIN:?}", "id.example.org"),
        ("${GATEPOST_NAME:-Gatepost}", "Example"),
        ("${GATEPOST_MAIL_FROM:?}", "id@example.org"),
        ("${GATEPOST_SMTP_URL:?}", "smtps://mail.example.org:465"),
        ("${GATEPOST_SMTP_USER:?}", "id@example.org"),
    ];
    let with_values =
        |value: &str| variables.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to));
    settings.map(|(name, value)| (name.to_owned(), with_values(value))).collect()
}

#[test]
fn the_configuration_of_the_debian_package_is_valid_as_shipped_and_with_its_examples() {
    let shipped = packaged("debian/config.toml");
    // What is a comment has a space after the #, and what can be used has none.
    let used: Vec<&str> = shipped
        .lines()
        .filter(|line| !line.starts_with("# "))
        .map(|line| line.strip_prefix('#').unwrap_or(line))
        .collect();
    let used = used.join("\n");
    assert!(used.contains("\n[mail]\n") && used.contains("\nsmtp_url = "), "{used}");
    for configuration in [shipped, used] {
        let folder = tempfile::tempdir().unwrap();
        assert_accepted(&check(folder.path(), &configuration, &BTreeMap::new()));
    }
}

#[test]
fn each_compose_file_configures_gatepost_and_trusts_only_its_own_proxy() {
    for file in ["compose.yaml", "compose/compose.yaml"] {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = composed(file);
        assert!(settings.len() >= 8, "{settings:?}");
        let password = folder.path().join("smtp_password").display().to_string();
        let secret = settings.insert("GATEPOST_MAIL__SMTP_PASSWORD_FILE".to_owned(), password);
        assert_eq!(secret.as_deref(), Some("/run/secrets/smtp_password"));
        assert_accepted(&check(folder.path(), "", &settings));
        let proxy = format!("ipv4_address: {}\n", settings["GATEPOST_TRUSTED_PROXIES"]);
        assert!(packaged(file).contains(&proxy), "{proxy} is Caddy's address");
    }
}

#[test]
fn the_compose_file_of_two_nodes_gives_each_a_folder_and_both_the_socket_of_the_database() {
    let compose = packaged("compose/compose.yaml");
    let (socket, database) = ("socket:/run/postgresql\n", "socket:/var/run/postgresql\n");
    assert_eq!((compose.matches(socket).count(), compose.matches(database).count()), (2, 1));
    let url = &composed("compose/compose.yaml")["GATEPOST_STORE__URL"];
    assert!(url.ends_with("?host=/run/postgresql"), "{url}");
    let caddyfile = packaged("compose/Caddyfile");
    for node in ["a", "b"] {
        assert!(compose.contains(&format!("\n  gatepost-{node}:\n    <<: *gatepost\n")), "{compose}");
        assert!(compose.contains(&format!("- data-{node}:/data\n")), "{compose}");
        assert!(caddyfile.contains(&format!(" gatepost-{node}:8080")), "{caddyfile}");
    }
    if is_installed("/usr/bin/caddy") {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("Caddyfile");
        fs::write(&file, caddyfile.replace("{$GATEPOST_DOMAIN}", "id.example.org")).unwrap();
        let mut caddy = Command::new("/usr/bin/caddy");
        caddy.args(["validate", "--adapter", "caddyfile", "--config"]).arg(&file);
        let output = caddy.env_clear().env("HOME", folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_caddyfile_of_the_compose_file_is_the_tested_one_of_the_readme() {
    let replacements = [
        ("# /etc/caddy/Caddyfile\n", ""),
        ("id.example.org", "{$GATEPOST_DOMAIN}"),
        ("127.0.0.1", "gatepost"),
    ];
    assert_eq!(packaged("Caddyfile"), block("README.md", "caddyfile", &replacements));
}

#[test]
fn the_unit_and_the_image_start_what_the_other_files_install() {
    let unit = packaged("gatepost.service");
    assert!(unit.contains("\nExecStart=/usr/bin/gatepost --config /etc/gatepost/config.toml"), "{unit}");
    assert!(unit.contains("\nExecReload=/bin/sh -c 'kill -HUP $MAINPID'\n"), "{unit}");
    // A configuration that is wrong ends the server with this code.
    assert!(unit.contains("\nRestartPreventExitStatus=2\n"), "{unit}");
    let image = packaged("container/Containerfile");
    let compose = packaged("compose.yaml");
    assert!(image.contains(r#"CMD ["/gatepost", "doctor", "--quick"]"#), "{image}");
    assert!(compose.contains(r#"test: ["CMD", "/gatepost", "doctor", "--quick"]"#), "{compose}");
    assert!(image.contains("\nENTRYPOINT [\"/gatepost\"]\n"), "{image}");
}
