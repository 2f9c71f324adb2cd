//! What happens to a server: it is killed, stands still, or becomes a copy of another one.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use gatepost::store::postgres::Host;
use rustix::process::{Pid, Signal, kill_process};

use super::{Server, programs, without_rights};

/// Replaces all that a server has by a copy of another one, and starts it as a standby of that one.
const COPY: &str = r#"
set -eu
cd "$2"
"$1/pg_ctl" -D data -m immediate stop || true
rm -rf data
"$1/pg_basebackup" -D data -h "$4" -p "$5" -U gatepost -R --checkpoint=fast --no-sync
chmod 700 data
printf "port = %s\nunix_socket_directories = '%s'\n" "$3" "$2" >>data/postgresql.conf
"$1/pg_ctl" -D data -l server.log -w start
"#;

impl Server {
    /// Where it is, as TCP.
    pub(crate) fn host(&self) -> Host {
        Host::Tcp("127.0.0.1".into(), self.port)
    }

    /// `kill -9` for all of its processes. Returns once they are gone.
    pub(crate) async fn kill(&self) {
        let processes = self.processes();
        self.signal(Signal::KILL);
        while processes.iter().any(|process| is_alive(*process)) {
            tokio::task::yield_now().await;
        }
        // No one may have waited for the processes yet, so their numbers are still in use.
        let socket = self.folder.join(format!(".s.PGSQL.{}.lock", self.port));
        for file in [self.process_file(), socket] {
            fs::remove_file(file).unwrap();
        }
    }

    /// Stops all of its processes where they are, until `goes_on`.
    pub(crate) fn stands_still(&self) {
        self.signal(Signal::STOP);
    }

    /// Stops those of its processes that a query returns, a process in each row, until `goes_on`.
    pub(crate) async fn holds(&self, query: &str) {
        let processes = self.ask(query).await;
        for process in processes.lines().map(|line| Pid::from_raw(line.parse().unwrap()).unwrap()) {
            // It may have ended meanwhile.
            let _ = kill_process(process, Signal::STOP);
        }
    }

    pub(crate) fn goes_on(&self) {
        self.signal(Signal::CONT);
    }

    pub(crate) fn runs(&self) -> bool {
        self.processes().first().is_some_and(|process| is_alive(*process))
    }

    /// As a standby, follows another server from now on.
    pub(super) async fn follow(&self, primary: &Self) {
        let way = format!("host={} port={} user=gatepost", primary.folder.display(), primary.port);
        self.ask(&format!("ALTER SYSTEM SET primary_conninfo = '{way}'")).await;
        self.ask("SELECT pg_reload_conf()").await;
    }

    /// Becomes a standby of another server, with a copy of what that one has.
    pub(super) async fn copy(&self, primary: &Self) {
        let mut script = without_rights("sh");
        script.args(["-c", COPY, "sh", &programs().unwrap()]).arg(&self.folder).arg(self.port.to_string());
        script.arg(&primary.folder).arg(primary.port.to_string());
        script.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let copied = tokio::process::Command::from(script).status().await.unwrap().success();
        assert!(copied, "{}", self.log());
    }

    fn signal(&self, signal: Signal) {
        for process in self.processes() {
            // It may have ended meanwhile.
            let _ = kill_process(process, signal);
        }
    }

    /// All of its processes. The first one is the parent of the others.
    fn processes(&self) -> Vec<Pid> {
        let Ok(file) = fs::read_to_string(self.process_file()) else { return Vec::new() };
        let Some(Ok(first)) = file.lines().next().map(str::parse) else { return Vec::new() };
        let children = fs::read_to_string(format!("/proc/{first}/task/{first}/children"));
        let children = children.unwrap_or_default();
        let children = children.split_whitespace().map(|child| child.parse().unwrap());
        std::iter::once(first).chain(children).filter_map(Pid::from_raw).collect()
    }

    /// What it said.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("server.log")).unwrap_or_default()
    }

    fn process_file(&self) -> PathBuf {
        self.folder.join("data/postmaster.pid")
    }
}

/// Whether a process is there, and not only its number.
fn is_alive(process: Pid) -> bool {
    let state = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
    let state = state.unwrap_or_default();
    state.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}
