//! Nodes that start at the same time with an empty database.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::super::postgres::Site;
use super::{ANN, Node, Street};
use crate::crash::number;
use crate::harness::caller::{Answer, Door};

/// How often in `cargo test`. A variable asks for more.
const ROUNDS: u64 = 5;

fn rounds() -> u64 {
    number("FIRST_STARTS").unwrap_or(ROUNDS)
}

/// Starts a server in each of both folders at once.
async fn both<T: Send + 'static>(sites: [Site; 2], start: fn(Site) -> T) -> [T; 2] {
    let [one, other] = sites.map(|site| tokio::task::spawn_blocking(move || start(site)));
    [one.await.unwrap(), other.await.unwrap()]
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_with_one_key_make_one_database_between_them() {
    for _ in 0..rounds() {
        let Some(street) = Street::new().await else { return };
        let [one, other] = both([street.plot(), street.plot()], Node::at).await;
        assert_eq!(street.records("node/").await, "2");
        // Both know addresses and passwords by the same seeds.
        let mut ann = one.caller(Door::Json);
        assert_eq!(ann.register(ANN, "three quiet otters").await, Answer::Done);
        let link = street.sink.letter_to(ANN).await.link();
        let mut ann = ann.at(other.address());
        assert_eq!(ann.follow(&link).await, Answer::Done);
        for node in [&one, &other] {
            let mut ann = node.caller(Door::Json);
            assert_eq!(ann.sign_in_with_password(ANN, "three quiet otters").await, Answer::Done);
        }
        // Each has remembered the same store, so each finds it again.
        for Node { site, server } in [one, other] {
            server.stop();
            Node::at(site).server.stop();
        }
    }
}

/// Starts a server. Returns it once it serves, or what it said if it ended first.
fn try_start(site: Site) -> (Site, Result<Killed, String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(site.place.data());
    command.env_clear().envs(site.variables()).current_dir("/").stderr(Stdio::piped());
    let mut child = Killed(command.spawn().unwrap());
    let mut said = String::new();
    let mut log = BufReader::new(child.0.stderr.take().unwrap());
    while log.read_line(&mut said).unwrap() > 0 {
        if said.contains(" serving ") {
            return (site, Ok(child));
        }
    }
    (site, Err(said))
}

/// A server that is killed in the end.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn key_files(site: &Site) -> Vec<String> {
    let files = fs::read_dir(site.place.data()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("key")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_without_a_key_one_serves_and_the_other_names_the_key() {
    for _ in 0..rounds() {
        let Some(street) = Street::new().await else { return };
        fs::remove_file(street.site.place.data().join("key")).unwrap();
        let started = both([street.plot(), street.plot()], try_start).await;
        let (mut serve, mut refused) = (0, Vec::new());
        for (site, started) in &started {
            match started {
                Ok(_) => serve += 1,
                Err(said) => refused.push((key_files(site), said)),
            }
        }
        assert_eq!((serve, refused.len()), (1, 1), "{refused:?}");
        let (files, said) = &refused[0];
        assert!(
            said.contains("belongs to a different key")
                || said.contains("the key for this database is missing"),
            "{said}"
        );
        assert!(files.is_empty(), "{files:?}");
    }
}
