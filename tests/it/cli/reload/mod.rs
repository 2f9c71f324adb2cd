//! SIGHUP: the configuration is read again, all of it or nothing, and counts from the next request on.

mod keys;
mod load;
mod mistakes;
mod settings;
mod starting;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use super::Place;
use super::serving::{Server, lines_until};

const TAKEN: &str = "the configuration was read again";
const REFUSED: &str = "the configuration was read again and has mistakes, so nothing was changed";
const RESTART: &str = " has another value in the configuration, which needs a restart";

/// A server with a configuration file.
struct Site {
    place: Place,
    server: Server,
}

impl Site {
    fn start(configuration: &str, environment: &[(&str, &str)]) -> Self {
        let place = Place::with_store();
        let file = file_of(&place);
        fs::write(&file, configuration).unwrap();
        let server = Server::start_as(command(&file, environment), &place.data());
        Self { place, server }
    }

    fn file(&self) -> PathBuf {
        file_of(&self.place)
    }

    /// The path of a file beside the configuration.
    fn beside(&self, name: &str) -> PathBuf {
        self.file().with_file_name(name)
    }

    /// Writes the file, sends the signal, and returns the line that says what came of it.
    fn reload(&mut self, configuration: &str) -> Value {
        fs::write(self.file(), configuration).unwrap();
        self.hang_up().pop().unwrap()
    }

    /// Sends the signal, and returns the lines up to the one that says what came of it.
    fn hang_up(&mut self) -> Vec<Value> {
        self.server.signal(Signal::HUP);
        lines_until(&mut self.server.log, TAKEN)
    }

    /// The file is used, and exactly these settings have changed.
    #[track_caller]
    fn takes(&mut self, configuration: &str, changed: &str) {
        let line = self.reload(configuration);
        assert_eq!((&line["message"], &line["changed"]), (&TAKEN.into(), &changed.into()), "{line}");
    }

    /// The file is refused with all of these mistakes, and no others.
    #[track_caller]
    fn refuses(&mut self, configuration: &str, mistakes: &[&str]) {
        let line = self.reload(configuration);
        assert_eq!((&line["message"], &line["level"]), (&REFUSED.into(), &"ERROR".into()), "{line}");
        let said = line["mistakes"].as_str().unwrap();
        assert!(mistakes.iter().all(|mistake| said.contains(mistake)), "{said}");
        let is_there = |number: usize| said.contains(&format!("{number}) "));
        assert!(is_there(mistakes.len()) && !is_there(mistakes.len() + 1), "{said}");
    }
}

fn file_of(place: &Place) -> PathBuf {
    place.data().with_file_name("config.toml")
}

/// The command of a server with this file, which lacks only the options for the data folder and the port.
fn command(file: &Path, environment: &[(&str, &str)]) -> Command {
    // Child processes inherit an ignored SIGHUP.
    let mut command = Command::new("/usr/bin/env");
    command.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_gatepost"), "--config"]).arg(file);
    command.env_clear().envs(environment.iter().copied());
    command
}
