//! The program that controls browsers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use super::driver::PATIENCE;

/// A running chromedriver. When dropped, also after a panic, it ends together with its browsers.
pub(super) struct Driver {
    child: Child,
    pub(super) port: u16,
}

impl Driver {
    pub(super) fn start() -> Self {
        // It needs the same port for IPv4 and IPv6, and exits if one of the two is in use.
        (0..10).find_map(|_| Self::try_start()).unwrap()
    }

    fn try_start() -> Option<Self> {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let Some(line) = lines.find(|line| line.contains("started successfully on port")) else {
            child.wait().unwrap();
            return None;
        };
        // It keeps writing, and would block if its output were not read.
        std::thread::spawn(move || lines.for_each(drop));
        let port = line.rsplit(' ').next().unwrap().trim_end_matches('.').parse().unwrap();
        Some(Self { child, port })
    }

    /// Asks it to exit, which also ends its browsers. Killing it would leave them running.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new())?;
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let asked = self.shut_down();
        if asked.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
