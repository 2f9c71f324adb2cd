//! Who may come in.

use gatepost::domain::operator::Role;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use hyper::Method;

use super::browser::Browser;
use super::{ANN, BOB, WIKI, in_front_of, put_in_front};

fn wiki(lines: &str) -> String {
    format!(
        "[groups]\nfamily = [\"Ann@Example.org\", \"carl@example.org\"]\nwork = [\"ann@example.org\"]\n\
         others = [\"bob@example.net\"]\n[[apps]]\nurl = \"{WIKI}\"\n{lines}\n"
    )
}

#[tokio::test]
async fn each_form_of_allow_lets_in_whom_it_names() {
    let app = in_front_of(&wiki("allow = [\"*\"]")).await;
    let admin = EmailAddress::parse("adm@example.com").unwrap();
    app.house.gatepost.add_account(&admin, Role::Admin, &Client::operator()).await.unwrap();
    let mut people = Vec::new();
    for email in [ANN, BOB, "adm@example.com"] {
        let mut browser = Browser::signed_in(&app, email).await;
        browser.passes(&format!("{WIKI}/")).await;
        people.push(browser);
    }
    for (allow, expected) in [
        ("\"*\"", [204, 204, 204]),
        ("\"ANN@example.org\"", [204, 403, 403]),
        ("\"*@EXAMPLE.net\"", [403, 204, 403]),
        ("\"*@example.org\", \"*@example.net\"", [204, 204, 403]),
        ("\"group:family\"", [204, 403, 403]),
        ("\"group:others\"", [403, 204, 403]),
        ("\"admin\"", [403, 403, 204]),
        ("\"admin\", \"group:others\"", [403, 204, 204]),
    ] {
        put_in_front(&app, &wiki(&format!("allow = [{allow}]")));
        for (browser, expected) in people.iter_mut().zip(expected) {
            assert_eq!(browser.status(&format!("{WIKI}/")).await, expected, "{allow}");
        }
    }
}

#[tokio::test]
async fn an_app_is_given_the_groups_that_it_needs_under_the_names_that_it_wants() {
    let app = in_front_of(&wiki("allow = [\"*\"]")).await;
    let mut ann = Browser::signed_in(&app, ANN).await;
    ann.passes(&format!("{WIKI}/")).await;
    for (lines, groups) in [
        ("allow = [\"*\"]", ""),
        ("allow = [\"group:family\", \"group:others\"]", "family"),
        ("allow = [\"group:family\"]\ngroups = [\"work\", \"others\"]", "work"),
        ("allow = [\"*\"]\ngroups = [\"*\"]", "family,work"),
        ("allow = [\"group:family\"]\ngroups = []", ""),
    ] {
        put_in_front(&app, &wiki(lines));
        let reply = ann.send(Method::GET, &format!("{WIKI}/"), &[]).await;
        assert_eq!(reply.header("remote-groups"), Some(groups), "{lines}");
        assert_eq!(reply.header("remote-key"), Some(""));
    }
    let headers =
        "headers = { \"X-WEBAUTH-USER\" = \"email\", \"Remote-User\" = \"email\", \"X-Id\" = \"id\" }";
    put_in_front(&app, &wiki(&format!("allow = [\"*\"]\npublic = [\"/open\"]\n{headers}")));
    let reply = ann.send(Method::GET, &format!("{WIKI}/"), &[]).await;
    for name in ["x-webauth-user", "remote-user", "remote-email"] {
        assert_eq!(reply.header(name), Some(ANN), "{name}");
    }
    assert_eq!(reply.header("x-id").map(str::len), Some(32));
    // They are never missing, or a client's own would stay.
    let mut stranger = Browser::new(&app);
    for path in ["/open", "/closed"] {
        let reply =
            stranger.send(Method::GET, &format!("{WIKI}{path}"), &[("x-webauth-user", "admin")]).await;
        for name in ["x-webauth-user", "remote-user", "remote-email", "remote-groups", "remote-key", "x-id"] {
            assert_eq!(reply.headers.get_all(name).iter().collect::<Vec<_>>(), [""], "{path} {name}");
        }
    }
}
