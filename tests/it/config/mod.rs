//! The configuration from file and environment: all errors at once, and nothing written.

mod access;
mod bounds;
mod check;
mod defaults;
mod environment;

mod limits;
mod mistakes;
mod mounts;
mod registration;
mod secrets;
mod shown;
mod store;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::mail::sendmail::write_program;

/// A loopback address with a port chosen by the system, so that it is always free.
const FREE: &str = "127.0.0.1:0";

/// A folder to run the program in, without the environment of this process.
struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with_file(text: &str) -> Self {
        let bench = Self::new();
        fs::write(bench.path().join("config.toml"), text).unwrap();
        bench
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// What `config check` says. It listens for a moment: at a free port, unless the test names an address,
    /// because another test may be using the default one.
    fn check(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
        command.current_dir(self.path()).env_clear().envs(environment.iter().copied());
        command.args(["config", "check"]).args(arguments);
        let file = fs::read_to_string(self.path().join("config.toml")).unwrap_or_default();
        let variable = environment.iter().any(|(name, _)| *name == "GATEPOST_LISTEN");
        if !variable && !arguments.contains(&"--listen") && !file.contains("listen") {
            command.args(["--listen", FREE]);
        }
        command.output().unwrap()
    }

    /// As `check`, on a machine that has a sendmail program.
    fn check_with_sendmail(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
        let programs = tempfile::tempdir().unwrap();
        write_program(&programs.path().join("sendmail"), "#!/bin/sh\n");
        let path = [("PATH", programs.path().to_str().unwrap())];
        self.check(&[environment, &path].concat(), arguments)
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// The errors in an output, which must be a list of errors with warnings after it.
#[track_caller]
fn errors(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "exit code of:\n{text}");
    assert!(output.stdout.is_empty(), "nothing goes to standard output");
    let mut lines = text.lines();
    let head = lines.next().unwrap();
    let is_error = |line: &&str| !line.starts_with("warning: ");
    let found: Vec<String> =
        lines.filter(is_error).map(|line| line.strip_prefix("  ").unwrap().to_owned()).collect();
    let expected_head = match found.len() {
        1 => "gatepost: the configuration has 1 error:".to_owned(),
        count => format!("gatepost: the configuration has {count} errors:"),
    };
    assert_eq!(head, expected_head);
    found
}
