//! SIGHUP while the server starts.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, Write};
use std::process::Stdio;

use rustix::fs::{CWD, Mode, mkfifoat};
use rustix::process::{Pid, Signal, kill_process};

use super::{TAKEN, command, file_of};
use crate::cli::Place;
use crate::cli::serving::lines_until;

#[test]
fn a_signal_while_the_configuration_is_read_for_the_first_time_ends_nothing_and_is_not_lost() {
    let place = Place::with_store();
    let file = file_of(&place);
    // It reads for as long as the other end is open.
    mkfifoat(CWD, &file, Mode::RUSR | Mode::WUSR).unwrap();
    let mut server = command(&file, &[]);
    server.args(["--log-format", "json", "--listen", "127.0.0.1:0", "--data"]).arg(place.data());
    let mut server = server.stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap());
    let mut first: File = OpenOptions::new().write(true).open(&file).unwrap();
    kill_process(Pid::from_child(&server), Signal::HUP).unwrap();
    let next = file.with_file_name("next.toml");
    fs::write(&next, "name = \"After\"").unwrap();
    fs::rename(&next, &file).unwrap();
    first.write_all(b"name = \"Before\"").unwrap();
    drop(first);

    let lines = lines_until(&mut log, TAKEN);
    let last = lines.last().unwrap();
    assert_eq!((&last["message"], &last["changed"]), (&TAKEN.into(), &"name".into()), "{lines:?}");
    assert!(lines.iter().any(|line| line["message"] == "serving"), "{lines:?}");
    kill_process(Pid::from_child(&server), Signal::TERM).unwrap();
    assert_eq!(server.wait().unwrap().code(), Some(0));
}
