//! A damaged database under the real program: it is served intact or refused with the line that `store verify`
//! has too, and a backup brings everything back (REL-23, REL-24).

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::serving::Server;
use super::{KEY, Place, refusal};
use crate::store::Seeded;
use crate::store::damage::damage;
use crate::store::opening::copy;

const ACCOUNTS: usize = 500;
const DAMAGES: u64 = 16;

#[test]
fn a_damaged_database_is_served_intact_or_refused_and_a_backup_brings_everything_back() {
    let place = Place::with_store();
    let [rows, backup] = ["rows", "backup"].map(|name| place.0.path().join(name));
    let mut lines = String::new();
    for number in 0..ACCOUNTS {
        writeln!(lines, "{{\"email\": \"p{number}@example.org\"}}").unwrap();
    }
    fs::write(&rows, lines).unwrap();
    place.answer(&["account", "import", rows.to_str().unwrap()]);
    place.answer(&["store", "backup", backup.to_str().unwrap()]);
    let (verified, listed) = (place.answer(&["store", "verify"]), place.answer(&["account", "list"]));
    assert_eq!(listed.matches("@example.org").count(), ACCOUNTS);
    let (mut served, mut refused) = (0, 0);
    for seed in 0..DAMAGES {
        let damaged = Place::with_key(KEY, 0o600);
        for name in ["store", "store.mark"] {
            let (from, to) = (place.data().join(name), damaged.data().join(name));
            if from.is_dir() { copy(&from, &to) } else { _ = fs::copy(&from, &to).unwrap() }
        }
        fs::set_permissions(damaged.data(), fs::Permissions::from_mode(0o700)).unwrap();
        let what = format!("seed {seed} ({})", damage(&damaged.data(), &mut Seeded(seed)));
        let verify = damaged.command(&["store", "verify"]);
        if verify.status.success() {
            assert_eq!(String::from_utf8(verify.stdout).unwrap(), verified, "{what}");
            // It may warn that it had to repair something.
            let list = damaged.command(&["account", "list"]);
            assert_eq!(String::from_utf8(list.stdout).unwrap(), listed, "{what}");
            Server::start(&damaged.data(), &[]).stop();
            served += 1;
        } else {
            let line = refusal(&verify);
            let folder = damaged.data();
            let helps = line.contains(folder.to_str().unwrap()) && line.contains("`gatepost store ");
            assert!(helps, "{what}: {line}");
            assert_eq!(refusal(&damaged.serve()), line, "{what}");
            assert_eq!(damaged.refused(&["account", "list"]), line, "{what}");
            refused += 1;
        }
    }
    assert!(served > 0 && refused > 0, "{served} served, {refused} refused: the damage is not varied enough");
    let restored = Place::with_key(KEY, 0o600);
    restored.answer(&["store", "restore", backup.to_str().unwrap()]);
    assert_eq!(restored.answer(&["account", "list"]), listed);
}
