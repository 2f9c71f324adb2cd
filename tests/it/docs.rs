//! What the documents say, compared with the program and the repository.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::harness::document::{REPOSITORY, block, blocks, prose};
use crate::harness::installed::is_installed;
use crate::harness::process::{Process, free_address};

/// Every document, by its path in the repository.
fn documents() -> BTreeMap<PathBuf, String> {
    let mut documents = BTreeMap::new();
    for folder in ["", "docs", "assets"] {
        for entry in fs::read_dir(Path::new(REPOSITORY).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let text = fs::read_to_string(&path).unwrap();
                documents.insert(path.strip_prefix(REPOSITORY).unwrap().to_owned(), text);
            }
        }
    }
    assert!(documents.contains_key(Path::new("README.md")));
    documents
}

/// What is written in backticks.
fn spans(prose: &str) -> impl Iterator<Item = &str> {
    prose.split('`').skip(1).step_by(2)
}

/// A heading's anchor, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || "- _".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn has_anchor(text: &str, wanted: &str) -> bool {
    let text = prose(text);
    let mut headings = text.lines().filter(|line| line.starts_with('#'));
    headings.any(|line| anchor(line.trim_start_matches('#').trim()) == wanted)
}

fn gatepost(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gatepost")).env_clear().args(arguments).output().unwrap()
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let documents = documents();
    let mut broken = Vec::new();
    for (path, text) in &documents {
        let text_outside_code = prose(text);
        for link in text_outside_code.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("https://") || link.starts_with("http://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.with_file_name(file) };
            let target = normal(&target);
            let exists = Path::new(REPOSITORY).join(&target).exists();
            let target_text = documents.get(&target).map_or("", String::as_str);
            if !exists || !(heading.is_empty() || has_anchor(target_text, heading)) {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The path without `..`.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut normal, part| {
        if part.as_os_str() == ".." {
            normal.pop();
        } else {
            normal.push(part);
        }
        normal
    })
}

#[test]
fn every_file_named_in_a_document_exists() {
    let folders = ["src/", "tests/", "docs/", "benches/", "assets/", "packaging/", ".ci/", ".cargo/"];
    let mut missing = Vec::new();
    for (path, text) in documents() {
        for span in spans(&prose(&text)) {
            let is_file = folders.iter().any(|folder| span.starts_with(folder)) && !span.contains(['<', ' ']);
            if is_file && !Path::new(REPOSITORY).join(span).exists() {
                missing.push(format!("{}: {span}", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The arguments of a printed command of ours, without its comment; nothing for other commands.
fn arguments(printed: &str) -> Option<Vec<&str>> {
    let command = printed.split(" #").next()?.trim();
    let command = command.strip_prefix("sudo -u gatepost ").unwrap_or(command);
    Some(command.strip_prefix("gatepost ")?.split_whitespace().take_while(|word| *word != "|").collect())
}

#[test]
fn every_command_in_a_code_block_parses() {
    let mut count = 0;
    for text in documents().values() {
        for printed in blocks(text, "sh").flat_map(str::lines) {
            let Some(mut arguments) = arguments(printed) else { continue };
            // With a configuration that isn't there, a command ends right after it was parsed.
            arguments.retain(|word| !matches!(*word, "--config" | "/etc/gatepost/config.toml"));
            let output = gatepost(&[&arguments[..], &["--config", "/missing/config.toml"]].concat());
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert!(stderr.contains("/missing/config.toml"), "{printed}: {stderr}");
            count += 1;
        }
    }
    assert!(count > 10, "{count} commands found");
}

#[test]
fn every_command_named_in_a_sentence_exists() {
    let mut count = 0;
    for text in documents().values() {
        let text = prose(text);
        for printed in spans(&text) {
            let Some(arguments) = arguments(printed).filter(|_| !printed.contains('…')) else { continue };
            for arguments in alternatives(&arguments) {
                let output = gatepost(&[&arguments[..], &["--help"]].concat());
                let stderr = String::from_utf8(output.stderr).unwrap();
                assert_eq!(output.status.code(), Some(0), "{printed}: {stderr}");
                count += 1;
            }
        }
    }
    assert!(count > 10, "{count} commands found");
}

/// `add|list` means two commands.
fn alternatives<'a>(arguments: &[&'a str]) -> Vec<Vec<&'a str>> {
    arguments.iter().fold(vec![Vec::new()], |commands, word| {
        let choices: Vec<&'a str> = word.split('|').collect();
        let extended = commands
            .iter()
            .flat_map(|command| choices.iter().map(move |choice| [command.as_slice(), &[*choice]].concat()));
        extended.collect()
    })
}

#[test]
fn config_example_prints_the_checked_in_file_byte_for_byte() {
    // A broken configuration must not keep it from printing, since that is when it is needed most.
    for arguments in [&["config", "example"][..], &["config", "example", "--config", "/missing"]] {
        let output = gatepost(arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stdout == include_bytes!("../../config.toml"), "config.toml differs");
    }
}

#[test]
fn the_configuration_in_the_readme_passes_config_check_with_other_folders_and_port() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    let replacements =
        [("/etc/gatepost/smtp_password", &*format!("{place}/pw")), ("/var/lib/gatepost", place)];
    let config = folder.path().join("config.toml");
    fs::write(&config, block("README.md", "toml", &replacements)).unwrap();
    crate::harness::write_secret(&folder.path().join("pw"), "secret\n");
    // The folder is also the data folder, so it must not be open to others, and the port of the README may
    // be in use on this machine.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let arguments = ["--config", config.to_str().unwrap(), "--listen", "127.0.0.1:0", "config", "check"];
    let output = gatepost(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_shell_session_in_the_readme_signs_in_and_out() {
    if !is_installed("/usr/bin/curl") || !is_installed("/usr/bin/jq") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(&folder.path().join("data"), free_address(), &[]);
    let readme = fs::read_to_string(Path::new(REPOSITORY).join("README.md")).unwrap();
    let session = blocks(&readme, "sh").find(|block| block.contains("api=")).unwrap();
    let session = session.replace("localhost:8080", &format!("localhost:{}", server.address.port()));
    let after = "curl -s -o /dev/null -w '%{http_code}' $api/session -H \"Authorization: Bearer $token\"";
    let output = Command::new("sh").args(["-euc", &format!("{session}\n{after}")]).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{shown}{}", String::from_utf8_lossy(&output.stderr));
    assert!(shown.contains(r#""email":"ann@example.org""#), "the session is shown: {shown}");
    assert!(shown.ends_with("401"), "the token is refused after signing out: {shown}");
}
