//! Man pages and completions, as the programs that read them see them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::{gatepost, refusal, run};
use crate::harness::installed::is_installed;

/// Every command with the commands above it, as the help lists them.
fn commands(above: &[String]) -> Vec<Vec<String>> {
    let arguments: Vec<&str> = above.iter().map(String::as_str).chain(["--help"]).collect();
    let text = String::from_utf8(run(&arguments).stdout).unwrap();
    let mut found = vec![above.to_vec()];
    for line in text.lines().skip_while(|line| *line != "Commands:").skip(1) {
        let Some(name) = line.strip_prefix("  ").and_then(|line| line.split(' ').next()) else { break };
        if !name.is_empty() && name != "help" {
            found.extend(commands(&[above, &[name.to_owned()]].concat()));
        }
    }
    found
}

fn write_pages(folder: &Path) -> Output {
    gatepost(&["man"]).arg(folder).current_dir("/").output().unwrap()
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A page as a reader sees it. The formatter must find nothing to warn about.
fn shown(page: &Path) -> String {
    let output = Command::new("/usr/bin/groff").args(["-man", "-Tutf8", "-P-cbou", "-ww"]).arg(page).output();
    let output = output.unwrap();
    let complaints = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && complaints.is_empty(), "{}: {complaints}", page.display());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_command_has_a_man_page_that_the_formatter_accepts() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("new/man1");
    // Twice, since an upgrade writes them over the old ones.
    for _ in 0..2 {
        let output = write_pages(&pages);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let commands = commands(&[]);
        let expected: BTreeSet<String> = commands
            .iter()
            .map(|words| format!("{}.1", [&["gatepost".to_owned()], &words[..]].concat().join("-")))
            .collect();
        assert_eq!(names(&pages), expected);
        let line = format!("Wrote {} man pages to {}.\n", commands.len(), pages.display());
        assert_eq!(String::from_utf8(output.stdout).unwrap(), line);
    }
    if !is_installed("/usr/bin/groff") {
        return;
    }
    for name in names(&pages) {
        let text = shown(&pages.join(&name));
        let is_first = name == "gatepost.1";
        for option in ["--config", "--data", "--listen", "--log-format"] {
            assert_eq!(text.contains(option), is_first, "{name}: {option}\n{text}");
        }
        assert_eq!(text.contains("2 usage or configuration error"), is_first, "{text}");
        assert_eq!(text.contains("gatepost(1), for the global options"), !is_first, "{text}");
        assert!(text.contains(" - ") && text.contains("SYNOPSIS"), "{text}");
    }
    let import = shown(&pages.join("gatepost-account-import.1"));
    assert!(import.contains("gatepost account import [--json]"), "{import}");
    assert!(import.contains("gatepost-account(1), gatepost(1)"), "{import}");
}

#[test]
fn a_folder_for_man_pages_that_cannot_be_written_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    for place in [file.as_path(), &file.join("below"), Path::new("/proc/gatepost")] {
        let output = write_pages(place);
        assert!(refusal(&output).starts_with(&format!("gatepost: {}: ", place.display())), "{output:?}");
        assert!(output.stdout.is_empty());
    }
    // One page that cannot be replaced: its name is in the line, and nothing half written is left.
    let pages = folder.path().join("pages");
    fs::create_dir_all(pages.join("gatepost.1/taken")).unwrap();
    let line = refusal(&write_pages(&pages));
    assert!(line.contains("/pages/gatepost.1: "), "{line}");
    assert!(names(&pages).iter().all(|name| !name.starts_with('.')), "{:?}", names(&pages));
}

/// What bash offers for the last word of a line.
fn offered(script: &str, line: &[&str]) -> BTreeSet<String> {
    let words = line.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let (last, before) = (line[line.len() - 1], line[line.len() - 2]);
    // The function fails when it has nothing to offer.
    let test = format!(
        "{script}\nCOMP_WORDS=({words}); COMP_CWORD={}\n_gatepost gatepost '{last}' '{before}' || true\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        line.len() - 1
    );
    let mut bash = Command::new("/bin/bash");
    let bash = bash.args(["--norc", "-eu"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut bash = bash.spawn().unwrap();
    bash.stdin.take().unwrap().write_all(test.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert!(output.status.success(), "{line:?}");
    let words = String::from_utf8(output.stdout).unwrap();
    words.lines().filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_their_values() {
    let script = String::from_utf8(run(&["completions", "bash"]).stdout).unwrap();
    if !is_installed("/bin/bash") {
        return;
    }
    let commands = commands(&[]);
    for above in &commands {
        let line: Vec<&str> = ["gatepost"].into_iter().chain(above.iter().map(String::as_str)).collect();
        let offered = offered(&script, &[&line[..], &[""]].concat());
        let below = commands.iter().filter(|it| it.len() == above.len() + 1 && it.starts_with(above));
        for command in below {
            assert!(offered.contains(&command[above.len()]), "{command:?}: {offered:?}");
        }
    }
    let words = |line: &[&str]| offered(&script, line).into_iter().collect::<Vec<_>>();
    assert_eq!(words(&["gatepost", "account", "im"]), ["import"]);
    assert_eq!(words(&["gatepost", "account", "list", "--j"]), ["--json"]);
    assert_eq!(words(&["gatepost", "account", "list", "--log-f"]), ["--log-format"]);
    assert_eq!(words(&["gatepost", "serve", "--log-format", "j"]), ["json"]);
    assert_eq!(words(&["gatepost", "completions", "z"]), ["zsh"]);
    assert!(words(&["gatepost", "nothing-like-this"]).is_empty());
}

#[test]
fn completions_are_printed_for_every_shell_without_any_configuration() {
    for (shell, mark) in [
        ("bash", "complete -F _gatepost"),
        ("zsh", "#compdef gatepost"),
        ("fish", "complete -c gatepost"),
        ("elvish", "edit:completion:arg-completer[gatepost]"),
        ("powershell", "Register-ArgumentCompleter -Native -CommandName 'gatepost'"),
    ] {
        let output = run(&["completions", shell, "--config", "/missing/config.toml"]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(script.contains(mark) && script.contains("sign-out"), "{shell}: {script}");
    }
}
