//! `app check`: what would happen with a request to an app, and by which rule.

use std::fs;
use std::process::Output;

use super::{Place, gatepost, refusal};

const CONFIGURATION: &str = "public_url = \"https://id.example.org\"\ntrusted_proxies = [\"127.0.0.1\"]\n\
    [groups]\nfamily = [\"ann@example.org\"]\n\
    [[apps]]\nurl = \"https://wiki.example.org\"\nallow = [\"group:family\", \"admin\"]\npublic = [\"/share/*\"]\n\
    [mail]\ntransport = \"sendmail\"\nfrom = \"id@example.org\"\n";

struct Site(Place);

impl Site {
    fn new() -> Self {
        let place = Place::new().created();
        fs::write(place.data().with_file_name("config.toml"), CONFIGURATION).unwrap();
        Self(place)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let data = self.0.data();
        let mut command = gatepost(arguments);
        command.args(["--config"]).arg(data.with_file_name("config.toml")).arg("--data").arg(&data);
        command.output().unwrap()
    }

    #[track_caller]
    fn says(&self, arguments: &[&str], sentence: &str) {
        let output = self.run(&[&["app", "check"], arguments].concat());
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && said.contains(sentence), "{said}");
    }

    #[track_caller]
    fn refuses(&self, arguments: &[&str], sentence: &str) {
        let output = self.run(&[&["app", "check"], arguments].concat());
        let said = refusal(&output);
        assert!(said.contains(sentence), "{said}");
    }
}

#[test]
fn it_says_whether_a_request_passes_and_by_which_rule() {
    let site = Site::new();
    site.says(&["https://wiki.example.org/share/x?y"], "without a sign-in: public has \"/share/*\".");
    site.says(&["https://WIKI.example.org:443/share/"], "public has \"/share/*\"");
    site.refuses(
        &["https://wiki.example.org/share/%2e%2e/x"],
        "needs a sign-in: no entry of public opens it",
    );
    site.refuses(&["https://wiki.example.org"], "needs a sign-in");
    site.says(&["https://wiki.example.org/", "Ann@example.org"], "allow has \"group:family\".");
    site.refuses(&["https://wiki.example.org/", "bob@example.org"], "may not open");
    let added = site.run(&["account", "add", "bob@example.org", "--admin"]);
    assert!(added.status.success(), "{added:?}");
    site.says(&["https://wiki.example.org/", "bob@example.org"], "allow has \"admin\".");
    for url in [
        "https://git.example.org/",
        "http://wiki.example.org/",
        "wiki.example.org",
        "https://wiki.example.org./",
    ] {
        let output = site.run(&["app", "check", url]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("is not the URL of an app (https://wiki.example.org)"), "{said}");
    }
}
