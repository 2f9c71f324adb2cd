//! The key file: who may read it, and what is in it.

use std::fs;
use std::os::unix::fs::chown;
use std::process::Command;

use super::{KEY, Place, gatepost, refusal};

#[test]
fn a_key_that_others_can_access_is_refused_with_the_command_that_helps() {
    for mode in [0o604, 0o602, 0o644, 0o666] {
        let place = Place::with_key(KEY, mode);
        let line = refusal(&place.serve());
        let key = place.data().join("key").display().to_string();
        assert!(line.contains(&format!("(mode {mode:04o})")), "{line}");
        assert!(line.ends_with(&format!("chmod 600 {key}")), "{line}");
    }
}

#[test]
fn an_invalid_key_is_refused_and_not_repeated() {
    let short = "gatepost-key-1 1 AAECAwQFBgcICQoLDA0ODw==\n";
    let not_base64 = "gatepost-key-1 1 hunter2hunter2hunter2hunter2hunter2hunter2!\n";
    let twice = format!("{KEY}{KEY}");
    for (text, reason) in [
        ("", "has no key"),
        ("\n\n", "has no key"),
        (short, "line 1 is not"),
        (not_base64, "line 1 is not"),
        ("gatepost-key-2 1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "line 1 is not"),
        (twice.as_str(), "has the key id 1 twice"),
    ] {
        let place = Place::with_key(text, 0o600);
        let line = refusal(&place.serve());
        assert!(line.contains(reason) && line.contains("/data/key: "), "{line}");
        assert!(!line.contains("hunter2"), "{line}");
        assert_eq!(fs::read_to_string(place.data().join("key")).unwrap(), text, "never overwritten");
    }
}

#[test]
fn a_key_that_is_not_a_regular_file_is_refused_without_waiting_for_it() {
    for make in [&["mkfifo", "-m", "600"][..], &["mkdir", "-m", "700"]] {
        let place = Place::with_key(KEY, 0o600);
        let key = place.data().join("key");
        fs::remove_file(&key).unwrap();
        assert!(Command::new(make[0]).args(&make[1..]).arg(&key).status().unwrap().success());
        assert!(refusal(&place.serve()).ends_with("/data/key: the key file must be a regular file"));
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the environment decides whether a skipped test is an error")]
fn a_key_that_belongs_to_another_user_is_refused() {
    let place = Place::with_key(KEY, 0o600);
    let key = place.data().join("key");
    // Only root can give a file to another user, and no one else could read it then.
    if chown(&key, Some(12_345), None).is_err() {
        assert!(std::env::var_os("CI").is_none(), "CI must run this as root");
        println!("skipped: needs root");
        return;
    }
    let line = refusal(&place.serve());
    assert!(line.ends_with(&format!("chown root {0}; chmod 600 {0}", key.display())), "{line}");
    // Root may check the configuration of another user, since that creates no files.
    let folder = tempfile::tempdir().unwrap();
    let mut check = gatepost(&["config", "check", "--listen", "127.0.0.1:0"]);
    let check = check.env("GATEPOST_KEY_FILE", &key).current_dir(folder.path()).output();
    assert_eq!(check.unwrap().status.code(), Some(0));
}
