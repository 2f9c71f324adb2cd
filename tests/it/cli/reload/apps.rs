//! Apps on other hosts, which count from the next request on.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};

use hyper::Method;

use super::Site;
use crate::harness::http::{Way, send};

fn configuration(public_url: &str, apps: &str) -> String {
    format!(
        "public_url = \"{public_url}\"\ntrusted_proxies = [\"127.9.9.9\"]\nregistration = false\n{apps}\n\
         [mail]\ntransport = \"sendmail\"\nfrom = \"id@example.org\"\n"
    )
}

const WIKI: &str = "[[apps]]\nurl = \"https://wiki.example.org\"\nallow = [\"ann@example.org\"]\n";

/// The status of a question about the wiki.
fn asked(server: SocketAddr, target: &str) -> u16 {
    let lines = [
        ("host", "x"),
        ("x-forwarded-host", "wiki.example.org"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-method", "GET"),
        ("x-forwarded-uri", target),
    ];
    let way = Way::from_proxy(Ipv4Addr::new(127, 9, 9, 9), server);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(send(way, Method::GET, "/forward-auth", &lines, "")).status.as_u16()
}

#[test]
fn apps_are_read_again_all_of_them_or_none() {
    let own = "https://id.example.org";
    let mut site = Site::start(&configuration(own, ""), &[]);
    let server = site.server.address;
    assert_eq!(asked(server, "/"), 403, "there is no such app");
    site.takes(&configuration(own, WIKI), "apps");
    assert_eq!(asked(server, "/"), 401);
    let public = format!("{WIKI}public = [\"/\"]\n");
    site.takes(&configuration(own, &public), "apps");
    assert_eq!(asked(server, "/"), 204);
    // With one mistake, nothing changes.
    let mistaken = format!("{WIKI}[[apps]]\nurl = \"https://git.example.org\"\n");
    site.refuses(&configuration(own, &mistaken), &["apps (https://git.example.org): allow: must say"]);
    assert_eq!(asked(server, "/"), 204);
    // What is checked is what would run: the old address of the server.
    let same_host = WIKI.replace("wiki.example.org", "new.example.org");
    site.takes(&configuration("https://new.example.org", &same_host), "apps");
    assert_eq!(asked(server, "/"), 403);
    let old_host = WIKI.replace("wiki.example.org", "id.example.org");
    site.refuses(&configuration("https://new.example.org", &old_host), &["is the host of public_url"]);
    // An icon is read again, although its file has the same name.
    let with_icon = format!("{WIKI}icon = \"wiki.svg\"\n");
    fs::write(site.beside("wiki.svg"), "<svg/>").unwrap();
    site.takes(&configuration(own, &with_icon), "apps");
    fs::write(site.beside("wiki.svg"), "<svg />").unwrap();
    site.takes(&configuration(own, &with_icon), "apps");
    site.takes(&configuration(own, &with_icon), "nothing");
    assert_eq!(asked(server, "/"), 401);
}
