//! File and environment to one checked configuration: all mistakes at once, and nothing written.

mod defaults;
mod mistakes;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder to run the program in, with nothing of this process's environment.
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

    fn check(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
        command.current_dir(self.path()).env_clear().envs(environment.iter().copied());
        command.args(["config", "check"]).args(arguments).output().unwrap()
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// The mistakes of an answer, which must be a list of mistakes, with warnings after it.
fn mistakes(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "exit code of:\n{text}");
    assert!(output.stdout.is_empty(), "nothing goes to standard output");
    let mut lines = text.lines();
    let head = lines.next().unwrap();
    let is_mistake = |line: &&str| !line.starts_with("warning: ");
    let found: Vec<String> =
        lines.filter(is_mistake).map(|line| line.strip_prefix("  ").unwrap().to_owned()).collect();
    let expected_head = match found.len() {
        1 => "gatepost: the configuration has a mistake:".to_owned(),
        count => format!("gatepost: the configuration has {count} mistakes:"),
    };
    assert_eq!(head, expected_head);
    found
}
