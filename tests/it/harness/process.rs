//! The built binary in its own process, which tests can kill.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A running server. Killed (as with `kill -9`) when dropped.
pub(crate) struct Process {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Process {
    /// Starts the binary with a data folder and waits until it reports that it listens.
    pub(crate) fn start(data: &Path, address: SocketAddr, environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gatepost"))
            .args(["--data", data.to_str().unwrap(), "--listen", &address.to_string()])
            .env_clear()
            .envs(environment.iter().copied())
            .current_dir(data.parent().unwrap())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        loop {
            match lines.next() {
                Some(line) => said.push(line.unwrap()),
                None => panic!("the server did not start: {said:#?}"),
            }
            if said.last().unwrap().contains("serving") {
                break;
            }
        }
        // A full pipe would stop its writer, so it is read to the end.
        std::thread::spawn(move || lines.for_each(drop));
        Self { address, child }
    }

    /// One line of the system's report on its memory: `VmRSS` is the current size, `VmHWM` the largest
    /// so far.
    pub(crate) fn memory_kib(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|all| all.starts_with(line)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// `kill -9`, then waits until the process is gone.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// A loopback address that nothing listens on.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
