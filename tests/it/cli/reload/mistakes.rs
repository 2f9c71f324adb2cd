//! A configuration with mistakes changes nothing, and the log names all of them.

use super::Site;
use crate::harness::caller::{Answer, Caller, Door};

/// Good settings beside wrong ones.
const WRONG: &str = "name = \"After\"\nregistration = false\nhome = 5\nlisten = 5\nlogo = \"x\"\n\
     [session]\nidle = \"9d\"\nabsolute = \"8d\"\n[limits]\nmails_per_client_hour = -1\n[colours]\nlink = \"red\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_mistakes_changes_nothing_and_one_line_names_all_of_them() {
    let mut site = Site::start("name = \"Before\"", &[]);
    for _ in 0..2 {
        site.refuses(
            WRONG,
            &[
                "config.toml: [colours]: unknown section",
                "config.toml: logo: unknown key",
                "config.toml: home: must be a quoted string",
                "config.toml: limits.mails_per_client_hour: must be a whole number from 0 to 50000",
                "session.idle, session.absolute: session.idle must not be longer than session.absolute",
            ],
        );
        let mut browser = Caller::new(Door::Pages, site.server.address);
        let page = browser.get("/sign-in").await.body;
        assert!(page.contains("Before") && page.contains("href=\"/register\""), "{page}");
        assert_eq!(browser.ask("ann@example.org").await, Answer::Done);
    }
    // Corrected, it is compared with what is in use, not with what was refused.
    site.takes("name = \"After\"", "name");
    site.takes("name = \"After\"", "nothing");
}

#[test]
fn a_file_that_is_no_configuration_or_is_gone_changes_nothing() {
    let mut site = Site::start("name = \"Before\"", &[]);
    site.refuses("name = \"After\"\nregistration = = true\n", &["config.toml, line 2: "]);
    std::fs::remove_file(site.file()).unwrap();
    let line = site.hang_up().pop().unwrap();
    assert!(line["mistakes"].as_str().unwrap().contains("No such file"), "{line}");
    site.takes("name = \"Before\"", "nothing");
}
