//! Apps on other hosts, links and groups.

use std::fs;

use super::{Bench, errors};

const BEHIND: &str = "public_url = \"https://id.example.org\"\ntrusted_proxies = [\"127.0.0.1\"]\n\
                      hosts = [\"internal.example.org\"]\nregistration = false\n";
const MAIL: &str = "[mail]\ntransport = \"sendmail\"\nfrom = \"id@example.org\"\n";

/// A file with one app that has nothing wrong with it besides these lines.
fn with(lines: &str) -> String {
    format!(
        "{BEHIND}[groups]\nfamily = [\"ann@example.org\"]\n[[apps]]\nurl = \"https://wiki.example.org\"\n{lines}\n{MAIL}"
    )
}

fn bench(text: &str) -> Bench {
    let bench = Bench::with_file(text);
    fs::create_dir(bench.path().join("icons")).unwrap();
    fs::write(bench.path().join("icons/wiki.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap();
    fs::write(bench.path().join("icons/page.png"), "<html>").unwrap();
    fs::write(bench.path().join("icons/large.svg"), format!("<svg>{}", " ".repeat(70_000))).unwrap();
    bench
}

#[test]
fn everything_about_an_app_can_be_configured() {
    let text = with(
        "allow = [\"group:family\", \"*@example.org\", \"bob@example.net\", \"admin\"]\n\
         public = [\"/healthz\", \"/share/*\"]\npreflight = true\nheaders = { \"X-WEBAUTH-USER\" = \"email\" }\n\
         groups = [\"*\"]\nmax_age = \"12h\"\ncross_site = [\"https://git.example.net\"]\nkeys = \"off\"\n\
         keys_forever = false\nname = \"Wiki\"\ndescription = \"Notes\"\nicon = \"icons/wiki.svg\"\nstart = \"/home\"\n\
         listed = false\n[[links]]\nname = \"Calendar\"\nurl = \"https://calendar.example.com/x\"\nallow = [\"*\"]",
    );
    let output = bench(&text).check_with_sendmail(&[], &[]);
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), log.as_str()), (Some(0), ""));
}

#[test]
fn every_mistake_about_an_app_is_in_the_one_list() {
    for (lines, mistake) in [
        ("", "allow: must say who may open it"),
        ("allow = []", "allow: is empty"),
        ("allow = \"*\"", "allow: must be a list of quoted strings"),
        ("allow = [1]", "allow: must be a list of quoted strings"),
        ("allow = [\"group:friends\"]", "allow: \"group:friends\" is not in [groups]"),
        ("allow = [\"ann\"]", "allow: \"ann\" is none of"),
        ("allow = [\"*@\"]", "allow: \"*@\" is not a domain"),
        ("allow = [\"*\"]\ngroups = [\"friends\"]", "groups: \"friends\" is not in [groups]"),
        ("allow = [\"*\"]\npublic = [\"share\"]", "public: \"share\" must begin with /"),
        ("allow = [\"*\"]\npublic = [\"/a*\"]", "public: \"/a*\" may have *"),
        ("allow = [\"*\"]\npublic = [\"/*/a\"]", "public: \"/*/a\" may have *"),
        ("allow = [\"*\"]\nheaders = { \"a b\" = \"id\" }", "headers: \"a b\" is not the name of a header"),
        ("allow = [\"*\"]\nheaders = { \"X-A\" = \"name\" }", "headers: \"X-A\" must be \"id\""),
        (
            "allow = [\"*\"]\nheaders = { \"X-A\" = \"id\", \"x_a\" = \"id\" }",
            "headers: x_a and x-a are one name",
        ),
        (
            "allow = [\"*\"]\nheaders = { \"Remote_User\" = \"id\" }",
            "headers: remote_user and remote-user are one name",
        ),
        ("allow = [\"*\"]\nmax_age = \"5\"", "max_age: must be a duration"),
        ("allow = [\"*\"]\nmax_age = \"5m\"\nkeys = \"header\"", "max_age: can't be combined with keys"),
        ("allow = [\"*\"]\nkeys = \"on\"", "keys: must be \"off\""),
        (
            "allow = [\"*\"]\ncross_site = [\"git.example.net\"]",
            "cross_site: \"git.example.net\" is not an origin",
        ),
        ("allow = [\"*\"]\nstart = \"home\"", "start: must be a path"),
        ("allow = [\"*\"]\nstart = \"//evil.example\"", "start: must be a path"),
        ("allow = [\"*\"]\nicon = \"icons/none.svg\"", "icon: icons/none.svg: No such file"),
        ("allow = [\"*\"]\nicon = \"icons/page.png\"", "icon: icons/page.png: is no PNG, WebP or SVG"),
        ("allow = [\"*\"]\nicon = \"icons/large.svg\"", "icon: icons/large.svg: is larger than 64 KiB"),
        ("allow = [\"*\"]\npreflight = \"yes\"", "preflight: must be true or false"),
        ("allow = [\"*\"]\nalow = [\"*\"]", "alow: unknown key"),
    ] {
        let output = bench(&with(lines)).check_with_sendmail(&[], &[]);
        let errors = errors(&output);
        let expected = format!("config.toml: apps (https://wiki.example.org): {mistake}");
        assert!(errors.len() == 1 && errors[0].starts_with(&expected), "{lines}: {errors:#?}");
    }
}

#[test]
fn an_app_has_an_origin_and_nothing_else() {
    let allow = "allow = [\"*\"]";
    for (url, mistake) in [
        ("http://wiki.example.org", "url: http is allowed only for localhost"),
        ("https://wiki.example.org/x", "url: must be an origin"),
        ("https://wiki.example.org?x", "url: must be an origin"),
        ("https://ann@wiki.example.org", "url: must be an origin"),
        ("wiki.example.org", "url: must be an origin"),
    ] {
        let output =
            bench(&with(allow).replace("https://wiki.example.org", url)).check_with_sendmail(&[], &[]);
        let errors = errors(&output);
        assert!(errors.len() == 1 && errors[0].contains(mistake), "{url}: {errors:#?}");
    }
}

#[test]
fn what_contradicts_other_settings_is_in_the_list_too() {
    let allow = "allow = [\"*\"]";
    for (text, mistake) in [
        (
            with("allow = [\"*\"]\n[[apps]]\nurl = \"https://WIKI.example.org:8443\"\nallow = [\"*\"]"),
            "more than one app",
        ),
        (with(allow).replace("//wiki.example.org", "//ID.example.org"), "is the host of public_url"),
        (with(allow).replace("//wiki.example.org", "//internal.example.org"), "is in hosts"),
        (
            with(allow)
                .replace("https://id.example.org", "http://localhost:8080")
                .replace("trusted_proxies", "#"),
            "apps need a reverse proxy",
        ),
        (with(allow).replace("family =", "\"fam,ily\" ="), "can't have a comma"),
        (with(allow).replace("\"ann@example.org\"]", "\"ann\"]"), "\"ann\" is not an email address"),
        (
            with(allow).replace("[\"ann@example.org\"]", "\"ann@example.org\""),
            "must be a list of email addresses",
        ),
        (with("allow = [\"*\"]\n[[links]]\nname = \"X\"\nallow = [\"*\"]"), "url: is missing"),
        (
            with("allow = [\"*\"]\n[[links]]\nurl = \"https://x.example\"\nallow = [\"*\"]"),
            "name: is missing",
        ),
        (
            with("allow = [\"*\"]\n[[links]]\nname = \"X\"\nurl = \"javascript:alert(1)\"\nallow = [\"*\"]"),
            "must be a web address",
        ),
        (
            with(
                "allow = [\"*\"]\n[[links]]\nname = \"X\"\nurl = \"https://x.example\"\nallow = [\"*\"]\nmax_age = \"1h\"",
            ),
            "max_age: unknown key",
        ),
    ] {
        let output = bench(&text).check_with_sendmail(&[], &[]);
        let errors = errors(&output);
        assert!(errors.len() == 1 && errors[0].contains(mistake), "{text}: {errors:#?}");
    }
}

#[test]
fn there_is_one_line_for_each_mistake_and_a_limit_to_how_many_apps_there_are() {
    let both =
        with("allow = [\"ann\"]\npublic = [\"x\"]\nkeys = \"on\"").replace("family =", "\"fam,ily\" =");
    assert_eq!(errors(&bench(&both).check_with_sendmail(&[], &[])).len(), 4);
    let many = format!(
        "{BEHIND}{}{MAIL}",
        (0..201)
            .map(|number| format!("[[apps]]\nurl = \"https://a{number}.example.org\"\nallow = [\"*\"]\n"))
            .collect::<Vec<_>>()
            .concat()
    );
    assert!(errors(&bench(&many).check_with_sendmail(&[], &[]))[0].contains("at most 200"));
    let output = Bench::new().check(&[("GATEPOST_APPS", "https://wiki.example.org")], &[]);
    assert!(errors(&output)[0].contains("must be sections [[apps]] in the file"));
}

#[test]
fn an_app_that_anyone_can_open_is_said_in_one_line() {
    let open = with("allow = [\"*\"]").replace("registration = false\n", "");
    let domains = format!("{open}[registration]\nmode = \"domains\"\ndomains = [\"example.org\"]\n");
    for (text, who) in [
        (open, "anyone with a mailbox can open wiki.example.org"),
        (domains, "at example.org can open wiki.example.org"),
    ] {
        let output = bench(&text).check_with_sendmail(&[], &[]);
        let log = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{log}");
        assert!(log.lines().count() == 1 && log.contains(who), "{log}");
    }
    let output = bench(&with("allow = [\"*\"]\nkeys = \"basic\"")).check_with_sendmail(&[], &[]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("keys has no effect for wiki.example.org"));
}
