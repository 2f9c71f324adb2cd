//! Each setting that is read again, as people and programs see it at the very next request.

use std::fs;

use hyper::Method;
use serde_json::Value;

use super::{RESTART, Site, TAKEN};
use crate::cli::keys::{PASSWORD, UNLIMITED, member, newest_link};
use crate::cli::serving::line_with;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::http::send;
use crate::harness::write_secret;

impl Site {
    fn caller(&self, door: Door) -> Caller {
        Caller::new(door, self.server.address)
    }

    /// A page as a browser sees it that has never been here.
    async fn page(&self, path: &str) -> String {
        self.caller(Door::Pages).get(path).await.body
    }

    /// The status of a page for someone who names the server like this and sends this token.
    async fn status(&self, path: &str, host: &str, token: &str) -> u16 {
        let token = format!("Bearer {token}");
        let headers = [("host", host), ("authorization", token.as_str())];
        send(self.server.address, Method::GET, path, &headers, "").await.status.as_u16()
    }
}

/// The newest email to an address.
async fn newest_email(caller: &mut Caller, email: &str) -> Value {
    caller.get(&format!("/api/mailbox?to={email}&wait=30")).await.json()["letters"][0].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_is_on_the_next_page_in_the_next_refusal_and_in_the_next_email() {
    let mut site = Site::start("name = \"Otter\"", &[]);
    let names = ["Otter", "Heron & Sons", "Otter"];
    for (round, name) in names.into_iter().enumerate() {
        if round > 0 {
            site.takes(&format!("name = \"{name}\""), "name");
        }
        let (shown, other) = if name == "Otter" { ("Otter", "Heron") } else { ("Heron &amp; Sons", "Otter") };
        for path in ["/sign-in", "/register", "/forgot-password", "/api/docs", "/nowhere"] {
            // The second one was drawn before.
            for page in [site.page(path).await, site.page(path).await] {
                assert!(page.contains(shown) && !page.contains(other), "{path} as {name}: {page}");
            }
        }
        let (mut program, email) = (site.caller(Door::Json), format!("{round}@example.org"));
        assert_eq!(program.ask(&email).await, Answer::Done);
        let email = newest_email(&mut program, &email).await;
        assert!(email["text"].as_str().unwrap().contains(name), "{email}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_closes_and_opens_at_the_next_request() {
    let mut site = Site::start("", &UNLIMITED);
    for (number, is_open) in [true, false, true].into_iter().enumerate() {
        if number > 0 {
            site.takes(&format!("registration = {is_open}"), "registration");
        }
        for door in [Door::Pages, Door::Json] {
            let registered = site.caller(door).register(&format!("{number}@example.org"), PASSWORD).await;
            assert_eq!(registered == Answer::Done, is_open, "{registered:?}");
        }
        assert_eq!(site.page("/sign-in").await.contains("href=\"/register\""), is_open);
        let (page, shown) = (site.caller(Door::Pages).get("/register").await, site.page("/register").await);
        assert_eq!((page.status.as_u16() == 200, shown.contains("<form")), (is_open, is_open), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_can_register_changes_at_the_next_request_in_either_form() {
    let mut site = Site::start("", &UNLIMITED);
    let by_domain = "[registration]\nmode = \"domains\"\ndomains = [\"example.org\"]";
    for (configuration, changed, [inside, outside]) in [
        (by_domain, "registration.mode, registration.domains", [true, false]),
        (
            "[registration]\nmode = \"domains\"\ndomains = [\"*.example.net\"]",
            "registration.domains",
            [false, false],
        ),
        ("[registration]\nmode = \"invite\"", "registration.mode, registration.domains", [false, false]),
        ("registration = true", "registration, registration.mode", [true, true]),
        ("[registration]\nmode = \"closed\"", "registration, registration.mode", [false, false]),
        (by_domain, "registration.mode, registration.domains", [true, false]),
    ] {
        site.takes(configuration, changed);
        for door in [Door::Pages, Door::Json] {
            for (email, is_accepted) in [("ann@example.org", inside), ("ann@example.com", outside)] {
                let registered = site.caller(door).register(email, PASSWORD).await;
                assert_eq!(
                    registered == Answer::Done,
                    is_accepted,
                    "{configuration}: {email} {registered:?}"
                );
            }
        }
    }
    // The form says it at once, also where it was drawn before.
    for _ in 0..2 {
        assert!(site.page("/register").await.contains("email addresses at example.org."));
    }
    site.takes(&by_domain.replace("org", "com"), "registration.domains");
    assert!(site.page("/register").await.contains("email addresses at example.com."));
    let wrong = "[registration]\nmode = \"domains\"\ndomains = []";
    site.refuses(wrong, &["mode \"domains\" needs at least one domain"]);
    assert!(site.page("/register").await.contains("email addresses at example.com."));
}

#[tokio::test(flavor = "multi_thread")]
async fn home_is_where_the_next_sign_in_leads() {
    let mut site = Site::start("", &UNLIMITED);
    let mut ann = member(&site.server, "ann@example.org").await.in_browser();
    for home in ["/wiki", "/"] {
        site.takes(&format!("home = \"{home}\""), "home");
        ann.get("/sign-in").await;
        assert_eq!(ann.leads_to().as_deref(), Some(home));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_host_names_and_another_metrics_token_count_at_the_next_request() {
    let mut site = Site::start("", &[]);
    let ours = format!("localhost:{}", site.server.address.port());
    let (old, new) = ("an-old-token-0123456789", "a-new-token-0123456789");
    assert_eq!(site.status("/api/docs", "id.internal", "").await, 421);
    assert_eq!(site.status("/metrics", &ours, old).await, 404);
    site.takes(&format!("hosts = [\"id.internal\"]\nmetrics_token = \"{old}\""), "hosts, metrics_token");
    assert_eq!(site.status("/api/docs", "id.internal", "").await, 200);
    assert_eq!(site.status("/sign-in", "id.internal", "").await, 421, "pages have one name");
    assert_eq!(site.status("/metrics", &ours, old).await, 200);
    site.takes(&format!("metrics_token = \"{new}\""), "hosts, metrics_token");
    assert_eq!(site.status("/api/docs", "id.internal", "").await, 421);
    assert_eq!(
        [site.status("/metrics", &ours, old).await, site.status("/metrics", &ours, new).await],
        [404, 200]
    );

    // The file with the token, and then only what is in it.
    let file = site.beside("token");
    write_secret(&file, old);
    let configuration = format!("metrics_token_file = \"{}\"", file.display());
    site.takes(&configuration, "metrics_token, metrics_token_file");
    assert_eq!(
        [site.status("/metrics", &ours, old).await, site.status("/metrics", &ours, new).await],
        [200, 404]
    );
    write_secret(&file, new);
    site.takes(&configuration, "metrics_token_file");
    assert_eq!(
        [site.status("/metrics", &ours, old).await, site.status("/metrics", &ours, new).await],
        [404, 200]
    );
    site.takes(&configuration, "nothing");
    write_secret(&file, "short");
    site.refuses(&configuration, &["metrics_token, metrics_token_file: must have at least 16 characters"]);
    fs::remove_file(&file).unwrap();
    site.refuses(&configuration, &["No such file"]);
    assert_eq!(site.status("/metrics", &ours, new).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_valid_and_passwords_long_enough_by_the_new_settings() {
    let mut site = Site::start("", &UNLIMITED);
    let (mut program, short) = (site.caller(Door::Json), "q7!fjord");
    assert_eq!(program.register("ann@example.org", short).await.code(), "weak_password");
    site.takes(
        "[password]\nmin_length = 8\n[sign_in]\nlink_lifetime = \"25m\"",
        "sign_in.link_lifetime, password.min_length",
    );
    assert!(site.page("/register").await.contains("At least 8 characters."));
    assert_eq!(program.register("ann@example.org", short).await, Answer::Done);
    assert_eq!(program.ask("bob@example.org").await, Answer::Done);
    let email = newest_email(&mut program, "bob@example.org").await;
    assert!(email["text"].as_str().unwrap().contains("expire 25 minutes after"), "{email}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_last_by_the_new_settings_and_open_ones_may_be_idle_by_them() {
    let mut site = Site::start("", &UNLIMITED);
    let mut ann = member(&site.server, "ann@example.org").await;
    let expires_at =
        async |caller: &mut Caller| caller.get("/api/session").await.json()["session"]["expires_at"].take();
    site.takes("session.absolute = \"20d\"", "session.absolute");
    let mut bob = member(&site.server, "bob@example.org").await;
    let (of_ann, of_bob) = (expires_at(&mut ann).await, expires_at(&mut bob).await);
    assert!(of_bob.as_str() < of_ann.as_str(), "{of_bob} is not before {of_ann}");
    site.takes("session.idle = \"1s\"", "session.idle, session.absolute");
    // That it is used is noted later than after a second.
    for caller in [&mut ann, &mut bob] {
        while caller.who().await.is_some() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_that_are_lower_or_higher_count_at_the_next_request() {
    let mut site = Site::start("", &[]);
    let mut program = site.caller(Door::Json);
    for number in 0..3 {
        assert_eq!(program.ask(&format!("{number}@example.org")).await, Answer::Done);
    }
    site.takes("[limits]\nmails_per_client_hour = 3", "limits.mails_per_client_hour");
    assert_eq!(program.ask("ann@example.org").await.code(), "too_many_mails");
    site.takes("[limits]\nmails_per_client_hour = 4", "limits.mails_per_client_hour");
    assert_eq!(program.ask("ann@example.org").await, Answer::Done);
    assert_eq!(program.ask("bob@example.org").await.code(), "too_many_mails");
    let line = site.reload("[limits]\nmails_per_client_hour = 0");
    assert!(line["unsafe"].as_str().unwrap().contains("limits.mails_per_client_hour is 0"), "{line}");
    assert_eq!(program.ask("bob@example.org").await, Answer::Done);
    site.takes("[events]\nkeep = \"7d\"", "limits.mails_per_client_hour, events.keep");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_needs_a_restart_is_named_and_keeps_its_value() {
    let mut site = Site::start("name = \"Before\"", &[]);
    let changed = "public_url = \"https://id.example.org\"\nlisten = 5\ntrusted_proxies = [\"all\"]\n\
         data_dir = \"~/elsewhere\"\nkey_file = \"/nowhere\"\nname = \"After\"\n\
         [store]\ncache_mib = 64\n[mail]\ntransport = \"smtp\"\nper_minute = 7\n[backup]\ndir = \"/nowhere\"\n";
    for round in ["name", "nothing"] {
        let said = site.reload(changed);
        assert_eq!((&said["message"], &said["changed"]), (&TAKEN.into(), &round.into()), "{said}");
        // The port is an option of the command, which overrides the file.
        for setting in [
            "public_url",
            "data_dir",
            "trusted_proxies",
            "key_file",
            "store.cache_mib",
            "mail.transport",
            "mail.per_minute",
            "backup.dir",
        ] {
            let line = line_with(&mut site.server.log, RESTART);
            assert_eq!(
                (&line["message"], &line["level"]),
                (&format!("{setting}{RESTART}").into(), &"WARN".into())
            );
        }
        let mut program = site.caller(Door::Json);
        assert_eq!(program.ask("ann@example.org").await, Answer::Done);
        let link = newest_link(&mut program, "ann@example.org").await;
        assert!(link.starts_with(&format!("http://localhost:{}/", site.server.address.port())), "{link}");
        assert!(site.page("/sign-in").await.contains("After"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_of_the_start_takes_precedence_after_a_reload_too() {
    let mut site = Site::start("name = \"File\"", &[("GATEPOST_NAME", "Environment")]);
    site.takes("name = \"Another\"\nregistration = false", "registration");
    let page = site.page("/sign-in").await;
    assert!(page.contains("Environment") && !page.contains("Another"), "{page}");
    site.refuses("name = \"Another\"\nhosts = [\"//\"]", &["config.toml: hosts: \"//\" is not a host name"]);
}
