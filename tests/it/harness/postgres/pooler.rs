//! PgBouncer in transaction mode, which gives each transaction whatever connection is free.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use gatepost::store::postgres::Host;

use super::{Server, free_port, without_rights};
use crate::harness::installed::is_installed;

const PROGRAM: &str = "/usr/sbin/pgbouncer";

/// As with the server, it ends when its input does.
const SCRIPT: &str = r#"
set -eu
folder=$(mktemp -d /tmp/gatepost-pooler.XXXXXX)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/pooler.ini" <<EOF
[databases]
postgres = host=127.0.0.1 port=$2 user=gatepost
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $3
unix_socket_dir =
auth_type = any
pool_mode = transaction
logfile = $folder/log
EOF
"$1" -q "$folder/pooler.ini" >/dev/null 2>&1 &
pooler=$!
trap '' HUP INT TERM
until "$4/pg_isready" -q -h 127.0.0.1 -p "$3"; do kill -0 $pooler; done
echo ready
exec >&-
cat >/dev/null
kill $pooler
wait $pooler || true
"#;

/// A running pooler.
pub(crate) struct Pooler {
    port: u16,
    script: Child,
}

impl Pooler {
    pub(crate) fn before(server: &Server) -> Option<Self> {
        let programs = super::programs().filter(|_| is_installed(PROGRAM))?;
        let port = free_port();
        let mut script = without_rights("sh");
        script.args(["-c", SCRIPT, "sh", PROGRAM, &server.port().to_string(), &port.to_string(), &programs]);
        let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Some(Self { port, script })
    }

    pub(crate) fn host(&self) -> Host {
        Host::Tcp("127.0.0.1".into(), self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        // It has ended in any case.
        let _ = self.script.wait();
    }
}
