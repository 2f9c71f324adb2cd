//! The key file is read again at SIGHUP too.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::{Site, TAKEN};
use crate::cli::KEY;
use crate::cli::keys::{UNLIMITED, member, uses};
use crate::harness::caller::Caller;

const OTHER: &str = "gatepost-key-1 2 HxeeHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgE=\n";

impl Site {
    fn put_keys(&self, text: &str) {
        self.place.put_key(text, 0o600);
    }

    /// Sends the signal, and returns the message of the line before the last.
    fn said(&mut self) -> String {
        let lines = self.hang_up();
        assert_eq!(lines.last().unwrap()["message"], TAKEN, "{lines:?}");
        lines[lines.len().saturating_sub(2)]["message"].as_str().unwrap().to_owned()
    }
}

async fn is_signed_in(caller: &mut Caller) -> bool {
    caller.who().await.is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_put_into_the_key_file_opens_and_the_first_one_seals() {
    let mut site = Site::start("", &UNLIMITED);
    let mut ann = member(&site.server, "ann@example.org").await;
    // Added below the first, it only opens.
    site.put_keys(&format!("{KEY}{OTHER}"));
    assert_eq!(site.said(), "there are other keys in the key file, which open from now on");
    assert_eq!(site.place.keys(), [uses(1, true, [1, 1, 0]), uses(2, false, [0, 0, 0])]);
    // Above it, it seals.
    site.put_keys(&format!("{OTHER}{KEY}"));
    assert_eq!(site.said(), "a new key seals from now on");
    let mut bob = member(&site.server, "bob@example.org").await;
    assert_eq!(site.place.keys(), [uses(2, true, [1, 1, 0]), uses(1, false, [1, 1, 0])]);
    // And back, it opens what it has sealed.
    site.put_keys(&format!("{KEY}{OTHER}"));
    assert_eq!(site.said(), "a new key seals from now on");
    assert!(is_signed_in(&mut ann).await && is_signed_in(&mut bob).await);
    site.takes("", "nothing");
    let Site { place, server } = site;
    server.stop();
    assert_eq!(place.keys(), [uses(1, true, [1, 1, 0]), uses(2, false, [1, 1, 0])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_cannot_be_used_is_one_of_the_mistakes_and_changes_nothing() {
    let mut site = Site::start("name = \"Before\"", &UNLIMITED);
    let mut ann = member(&site.server, "ann@example.org").await;
    let lacks = "the key file lacks key 1, which this database needs";
    site.put_keys(OTHER);
    site.refuses("name = \"After\"\nhosts = 5", &["config.toml: hosts: must be a list", lacks]);
    site.refuses("name = \"After\"", &[lacks]);
    site.put_keys("no key\n");
    site.refuses("name = \"After\"", &["data/key: line 1 is not \"gatepost-key-1"]);
    site.put_keys(&format!("{OTHER}{KEY}"));
    fs::set_permissions(site.place.data().join("key"), Permissions::from_mode(0o644)).unwrap();
    site.refuses("name = \"After\"", &["the key file is accessible to"]);
    // Nothing of a good key file counts beside a wrong setting.
    site.put_keys(&format!("{OTHER}{KEY}"));
    site.refuses("name = 5", &["config.toml: name: must be a quoted string"]);
    assert_eq!(site.place.keys(), [uses(1, true, [1, 1, 0])]);
    assert!(is_signed_in(&mut ann).await);
    let page = ann.in_browser().get("/profile").await.body;
    assert!(page.contains("Before"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_key_does_not_come_back_with_the_key_file() {
    let mut site = Site::start("", &UNLIMITED);
    site.place.answer(&["key", "rotate"]);
    let both = site.place.key_file();
    site.place.answer(&["key", "retire", "1"]);
    site.put_keys(&both);
    site.hang_up();
    assert_eq!(site.place.keys(), [uses(2, true, [0, 0, 0])]);
}
