//! Backups: made beside a running server or without one, by command and by the clock, and restored.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use gatepost::domain::ports::Class;
use gatepost::domain::record::key::Key;
use gatepost::store::sled::{SledSettings, SledStore};
use gatepost::store::{CodedChange, Engine};
use rustix::process::Signal;

use super::serving::{Server, line_with};
use super::{KEY, Place, gatepost};
use crate::harness::caller::{Answer, Caller, Door};

const PASSWORD: &str = "three quiet otters";

/// A place with a key and nothing else, where a backup can be restored.
fn with_the_key() -> Place {
    Place::with_key(KEY, 0o600)
}

fn path(place: &Place, name: &str) -> (PathBuf, String) {
    let path = place.0.path().join(name);
    let shown = path.display().to_string();
    (path, shown)
}

/// Someone who was signed in by a link of the operator and has a password.
async fn with_password(place: &Place, server: &Server, email: &str) -> Caller {
    let added = place.answer(&["account", "add", email]);
    let link = added.lines().last().unwrap();
    let mut caller = Caller::new(Door::Json, server.address);
    assert_eq!(caller.follow_deliberately(link).await, Answer::Done);
    assert_eq!(caller.change_password(PASSWORD, None).await, Answer::Done);
    caller
}

fn stop(mut server: Server) {
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_the_server_runs_brings_back_accounts_but_no_session_link_or_email() {
    let place = Place::with_store();
    // No mail server listens there, so emails wait.
    let mail =
        [("GATEPOST_MAIL__TRANSPORT", "smtp"), ("GATEPOST_MAIL__SMTP_URL", "smtp://127.0.0.1:9?tls=none")];
    let server = Server::start(&place.data(), &mail);
    let mut ann = with_password(&place, &server, "ann@example.org").await;
    assert_eq!(ann.ask("new@example.org").await, Answer::Done);
    let link = place.answer(&["account", "link", "ann@example.org"]);
    let link = link.lines().last().unwrap().to_owned();
    let (file, shown) = path(&place, "one.backup");
    let said = place.answer(&["store", "backup", &shown]);
    assert!(said.starts_with("Made a backup of ") && said.contains("does not have the key"), "{said}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let key = KEY.split_whitespace().last().unwrap();
    let bytes = fs::read(&file).unwrap();
    assert!(!bytes.windows(key.len()).any(|window| window == key.as_bytes()), "the key is not in it");
    // What comes after the backup is not in it.
    place.answer(&["account", "add", "late@example.org"]);
    stop(server);
    let other = with_the_key();
    let said = other.answer(&["store", "restore", &shown]);
    // The email for the address that has no account, and those that tell Ann of her password.
    assert!(
        said.contains("Everyone is signed out") && said.contains("email that was waiting is dropped ("),
        "{said}"
    );
    assert!(!said.contains("dropped (0)"), "{said}");
    let server = Server::start(&other.data(), &mail);
    let mut again = ann.clone().at(server.address);
    assert_eq!(again.who().await, None, "the session ended");
    let mut stranger = Caller::new(Door::Json, server.address);
    assert_eq!(stranger.follow_deliberately(&link).await.code(), "invalid_link");
    assert_eq!(again.sign_in_with_password("ann@example.org", PASSWORD).await, Answer::Done);
    let accounts = other.answer(&["account", "list"]);
    assert!(accounts.contains("ann@example.org") && !accounts.contains("late@example.org"), "{accounts}");
    stop(server);
    assert!(other.answer(&["store", "verify"]).starts_with("The database is intact: "));
}

#[test]
fn a_backup_is_also_made_without_a_server_and_says_in_json_what_it_is() {
    let place = Place::with_store();
    place.answer(&["account", "add", "ann@example.org"]);
    let (_, shown) = path(&place, "one.backup");
    let said: serde_json::Value =
        serde_json::from_str(&place.answer(&["store", "backup", &shown, "--json"])).unwrap();
    assert_eq!(said["file"], shown.as_str());
    let other = with_the_key();
    let restored: serde_json::Value =
        serde_json::from_str(&other.answer(&["store", "restore", &shown, "--json"])).unwrap();
    assert_eq!(restored["records"], said["records"]);
    assert!(restored["made_at"].as_str().unwrap().starts_with("20"));
}

#[test]
fn a_file_that_exists_is_never_replaced_by_a_backup() {
    let place = Place::with_store();
    let (file, shown) = path(&place, "one.backup");
    fs::write(&file, "the only good backup").unwrap();
    let line = place.refused(&["store", "backup", &shown]);
    assert!(line.contains("this file exists, and is not replaced"), "{line}");
    assert_eq!(fs::read(&file).unwrap(), b"the only good backup");
    // A backup that was interrupted leaves nothing that could be taken for one, and does not hinder the next.
    let (unfinished, _) = path(&place, "two.backup.unfinished");
    fs::write(&unfinished, "half").unwrap();
    place.answer(&["store", "backup", &path(&place, "two.backup").1]);
    assert!(!unfinished.exists());
    let line = place.refused(&["store", "backup", &path(&place, "no/such/folder").1]);
    assert!(line.contains("No such file"), "{line}");
}

#[test]
fn what_is_no_whole_backup_is_refused_and_changes_nothing() {
    let place = Place::with_store();
    place.answer(&["account", "add", "ann@example.org"]);
    let (file, shown) = path(&place, "one.backup");
    place.answer(&["store", "backup", &shown]);
    let whole = fs::read(&file).unwrap();
    let newer = String::from_utf8_lossy(&whole[..16]).into_owned() + "99\n";
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let bad: [(&[u8], &str); 6] = [
        (b"", "not a backup"),
        (b"{\"accounts\":[]}\n", "not a backup"),
        (newer.as_bytes(), "format 99"),
        (&whole[..whole.len() - 1], "cut off"),
        (&flipped, "damaged"),
        (&[&whole[..], &whole[..]].concat(), "damaged"),
    ];
    for (bytes, reason) in bad {
        let other = with_the_key();
        fs::write(&file, bytes).unwrap();
        let line = other.refused(&["store", "restore", &shown]);
        assert!(line.contains(reason) && line.contains("one.backup"), "{line}");
        assert_eq!(names(&other.data()), ["key"], "{reason}");
    }
    let line = with_the_key().refused(&["store", "restore", "/no/such/file"]);
    assert!(line.contains("/no/such/file: No such file"), "{line}");
}

#[test]
fn a_backup_is_restored_only_where_there_is_a_key_that_fits_and_nothing_else() {
    let place = Place::with_store();
    let (_, shown) = path(&place, "one.backup");
    place.answer(&["store", "backup", &shown]);
    let line = place.refused(&["store", "restore", &shown]);
    assert!(line.contains("nothing but a key in it"), "{line}");
    let line = Place::new().refused(&["store", "restore", &shown]);
    assert!(line.contains("a backup does not have the key"), "{line}");
    let foreign = Place::with_key(&KEY.replace("AAECAwQF", "BBECAwQF"), 0o600);
    let line = foreign.refused(&["store", "restore", &shown]);
    assert!(line.contains("belongs to a different key"), "{line}");
    assert_eq!(names(&foreign.data()), ["key", "lock"]);
    // With the right key, it is restored there after all.
    foreign.put_key(KEY, 0o600);
    foreign.answer(&["store", "restore", &shown]);
    let crowded = with_the_key();
    fs::write(crowded.data().join("notes.txt"), "mine").unwrap();
    let line = crowded.refused(&["store", "restore", &shown]);
    assert!(line.contains("notes.txt"), "{line}");
}

#[test]
fn a_restoration_that_was_killed_is_done_again_from_the_start() {
    let place = Place::with_store();
    place.answer(&["account", "add", "ann@example.org"]);
    let (_, shown) = path(&place, "one.backup");
    place.answer(&["store", "backup", &shown]);
    let done = with_the_key();
    done.answer(&["store", "restore", &shown]);
    // As a kill leaves it while the new database is filled, before it is moved, and between the two moves.
    for moved in [&[][..], &["store.mark"]] {
        let killed = with_the_key();
        let nursery = killed.data().join("restore.new");
        fs::create_dir(&nursery).unwrap();
        fs::create_dir(nursery.join("store")).unwrap();
        for name in moved {
            fs::copy(done.data().join(name), killed.data().join(name)).unwrap();
        }
        killed.answer(&["store", "restore", &shown]);
        assert!(!nursery.exists());
        assert!(killed.answer(&["account", "list"]).contains("ann@example.org"));
    }
    // After both moves, it was restored.
    fs::create_dir(done.data().join("restore.new")).unwrap();
    assert!(done.refused(&["store", "restore", &shown]).contains("nothing but a key in it"));
    assert!(done.answer(&["store", "verify"]).starts_with("The database is intact: "));
}

#[test]
fn a_backup_with_a_record_of_a_newer_version_can_be_restored() {
    let place = Place::with_store();
    place.answer(&["account", "add", "ann@example.org"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = SledStore::open(&place.data(), &SledSettings::existing()).unwrap();
        let newer = vec![(Key::from_bytes(b"t/newer".to_vec()), Some(vec![200, 1, 2]))];
        let change = CodedChange { class: Class::Grow, expectations: vec![], writes: newer };
        store.write(change).await.unwrap();
        store.close().await;
    });
    let (file, shown) = path(&place, "one.backup");
    let other = with_the_key();
    for (place, command) in [(&place, "backup"), (&other, "restore")] {
        let output = place.command(&["store", command, &shown]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.contains("some records in this backup can't be read by this version"), "{said}");
    }
    assert!(file.exists());
    assert!(other.refused(&["store", "verify"]).contains("1 of its records cannot be read"));
}

#[test]
fn the_server_makes_backups_by_itself_and_keeps_the_newest() {
    let place = Place::with_store();
    place.answer(&["account", "add", "ann@example.org"]);
    let (dir, shown) = path(&place, "backups");
    fs::create_dir(&dir).unwrap();
    // One that a killed server was making.
    fs::write(dir.join("gatepost-2026-10-03T01-00-00.000Z.backup.unfinished"), "half").unwrap();
    // And one of the future, where a clock that was ahead has dated it: it neither counts nor is removed.
    fs::write(dir.join("gatepost-9999-01-01T00-00-00.000Z.backup"), "of the future").unwrap();
    for day in 1..=3 {
        fs::write(dir.join(format!("gatepost-2026-10-0{day}T00-00-00.000Z.backup")), "an older one").unwrap();
    }
    fs::write(dir.join("notes.txt"), "mine").unwrap();
    let settings = [("GATEPOST_BACKUP__DIR", shown.as_str()), ("GATEPOST_BACKUP__KEEP", "2")];
    let mut server = Server::start(&place.data(), &settings);
    let line = line_with(&mut server.log, "made a backup");
    let made = PathBuf::from(line["file"].as_str().unwrap());
    // The older ones are removed right after that line.
    stop(server);
    let mut expected = vec![
        "gatepost-2026-10-03T00-00-00.000Z.backup".to_owned(),
        made.file_name().unwrap().to_str().unwrap().to_owned(),
        "gatepost-9999-01-01T00-00-00.000Z.backup".to_owned(),
        "notes.txt".to_owned(),
    ];
    expected.sort();
    assert_eq!(names(&dir), expected);
    let other = with_the_key();
    other.answer(&["store", "restore", made.to_str().unwrap()]);
    assert!(other.answer(&["account", "list"]).contains("ann@example.org"));
    // The next one is due a day later, also after a restart.
    stop(Server::start(&place.data(), &settings));
    assert_eq!(names(&dir), expected);
}

#[test]
fn a_folder_that_backups_cannot_be_kept_in_keeps_no_one_from_signing_in() {
    let place = Place::with_store();
    let file = path(&place, "notes.txt").0;
    fs::write(&file, "mine").unwrap();
    // The second one could not be created: a file is no folder.
    for folder in [file.clone(), file.join("backups")] {
        let settings = [("GATEPOST_BACKUP__DIR", folder.to_str().unwrap())];
        let mut command = gatepost(&["config", "check", "--data"]);
        let output = command.arg(place.data()).envs(settings).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(&format!("backup.dir: {}: ", folder.display())), "{said}");
        let mut server = Server::start(&place.data(), &settings);
        let line = line_with(&mut server.log, "could not make a backup");
        let error = line["error"].as_str().unwrap();
        assert!(
            error.contains("cannot keep backups in this folder") && error.contains("check backup.dir"),
            "{error}"
        );
        stop(server);
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
