//! Text from strangers is shown as text, wherever it is shown, and never becomes a line of the log, a header, or
//! something that a cache keeps.

use gatepost::web::pages;
use hyper::Method;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::Door;
use crate::harness::http::Reply;
use crate::harness::inside::Line;
use crate::harness::log::Log;
use crate::next::way::encoded;
use crate::profile::{ANN, registered};

both_doors! {
    a_personal_path_with_more_after_it_is_not_found_and_never_kept,
}

/// Each would do something if it became markup.
const MARKUP: [&str; 9] = [
    "<script>evil()</script>",
    "\"><img src=x onerror=evil()>",
    "'><svg onload=evil()>",
    "\" autofocus onfocus=\"evil()",
    "' autofocus onfocus='evil()",
    "</title><script>evil()</script>",
    "javascript:evil()",
    "--><script>evil()</script><!--",
    "{{evil()}}<%= evil() %>${evil()}",
];

/// What none of these may leave in a page.
const ACTIVE: [&str; 7] = [
    "<script>",
    "<img src=x",
    "<svg onload",
    "\" autofocus onfocus",
    "href=\"javascript:",
    "action=\"javascript:",
    "url=javascript:",
];

fn expect_inert(reply: &Reply, place: &str, text: &str) {
    for part in ACTIVE {
        assert!(!reply.body.contains(part), "{place} {text}: {}", reply.body);
    }
    for (name, value) in &reply.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        assert!(!value.contains(['<', '\r', '\n']), "{place} {text}: {name}: {value}");
    }
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{place}: {policy}");
}

/// SEC-60.
#[tokio::test]
async fn what_is_entered_on_any_page_is_shown_as_text() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    let account = ann.account().await.unwrap();
    for (pattern, methods) in pages::methods(&app.house) {
        let place = pattern.replace("{part}", "x");
        if !methods.contains(&Method::POST) || ["/sign-out", "/profile/delete"].contains(&place.as_str()) {
            continue;
        }
        for text in MARKUP {
            let fields = ["email", "code", "request", "confirm", "next", "account", "current_password", text];
            let fields = fields.map(|name| (name, text));
            let form: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            let own = form.replace(&format!("account={}", encoded(text)), &format!("account={account}"));
            let mut stranger = app.caller(Door::Pages);
            for (is_ann, form) in [(false, &form), (true, &form), (true, &own)] {
                for is_htmx in [false, true] {
                    let caller = if is_ann { &mut ann } else { &mut stranger };
                    *caller = caller.clone().with_script(is_htmx).with_agent(text);
                    let reply = caller.post_form_as_it_is(&place, form).await;
                    expect_inert(&reply, &place, text);
                }
            }
        }
    }
    assert_eq!(ann.with_script(false).who().await.as_deref(), Some(ANN));
    app.read_all().await;
}

/// SEC-60.
#[tokio::test]
async fn what_is_in_an_address_or_a_header_is_shown_as_text() {
    let app = App::start().await;
    let ann = registered(&app, Door::Pages, ANN).await;
    let session = format!("gatepost_session={}", ann.session());
    let inside = app.inside("http://localhost:8080");
    for (pattern, _) in pages::methods(&app.house) {
        for text in MARKUP {
            let sent = encoded(text);
            let place = format!("{}?next={sent}&request={sent}&{sent}", pattern.replace("{part}", &sent));
            let cookie = format!("gatepost_request={sent}; gatepost_notice={sent}; {text}={text}");
            for cookie in [cookie.clone(), format!("{session}; {cookie}")] {
                let names = ["user-agent", "referer", "x-forwarded-for", "accept-language", "hx-current-url"];
                let mut lines: Vec<Line<'_>> = names.map(|name| (name, text.as_bytes())).to_vec();
                lines.push(("cookie", cookie.as_bytes()));
                let reply = inside.get(&place, &lines).await;
                expect_inert(&reply, &place, text);
            }
        }
    }
}

/// SEC-60. Everything that an address may contain.
#[tokio::test]
async fn an_address_is_shown_as_text_on_pages_and_in_emails() {
    const ODD: &str = "o'neill&copy{{7*7}}`id`$x#|~@example.org";
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ODD).await;
    ann.ask("&lt@example.org").await;
    ann.forgot_password(ODD).await;
    for place in ["/", "/profile", "/check-inbox", "/mailbox", "/reauthenticate"] {
        let page = ann.get(place).await.body;
        assert!(!page.contains("neill&copy"), "{place}: {page}");
    }
    let profile = ann.get("/profile").await.body.replace("<wbr>", "");
    assert!(profile.contains(&ODD.replace('&', "&amp;")), "{profile}");
    assert!(ann.get("/mailbox").await.body.contains("neill&amp;copy"));
    for letter in app.read_all().await {
        assert!(!letter.html.contains("neill&copy"), "{}", letter.html);
        let page = ann.get(&format!("/mailbox/{}", letter.id)).await.body;
        assert!(!page.contains("neill&copy"), "{page}");
        assert!(page.contains("neill&amp;copy") == (letter.to.as_str() == ODD), "{page}");
    }
}

/// SEC-60. An operator may choose any name.
#[tokio::test]
async fn the_name_of_the_site_is_shown_as_text() {
    let app = App::start().await;
    let inside = app.inside_as("<b>\"A\" & 'B'</b>", "http://localhost:8080");
    for (pattern, methods) in pages::methods(&app.house) {
        if methods.contains(&Method::GET) {
            let reply = inside.get(&pattern.replace("{part}", "x"), &[]).await;
            assert!(
                !reply.body.contains("<b>\"A\"") && !reply.body.contains("\"A\" & "),
                "{pattern}: {}",
                reply.body
            );
        }
    }
    assert!(inside.get("/sign-in", &[]).await.body.contains("&lt;b&gt;"));
}

/// A line of the log without what is in quotes.
fn unquoted(line: &str) -> String {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let is_outside = |c: &char| {
        if *c == '"' && !is_escaped {
            is_quoted = !is_quoted;
        }
        is_escaped = *c == '\\' && !is_escaped;
        !is_quoted
    };
    line.chars().filter(is_outside).collect()
}

/// SEC-65. Whatever is in a request, it gets one line, without anything that a terminal or a viewer would obey.
#[tokio::test]
async fn no_request_forges_a_line_of_the_log() {
    let app = App::start().await;
    let inside = app.inside("http://localhost:8080");
    inside.get("/sign-in", &[]).await;
    let log = Log::default();
    let logging = log.capture();
    let mut sent = 0;
    for text in [
        "%0d%0a2026-01-01T00:00:00Z INFO event=forged",
        "%1b[2J",
        "\u{85}event=forged",
        "\u{2028}x",
        "\u{202e}x",
        "\\n",
        "\"x\" event=forged",
        "\u{fffd}",
        "%00",
    ] {
        let place = format!("/{}", text.replace(' ', "%20"));
        let form = format!("email={text}&password={text}&code={text}");
        let lines: [Line<'_>; 5] = [
            ("user-agent", text.as_bytes()),
            ("x-forwarded-for", text.as_bytes()),
            ("x-request-id", text.as_bytes()),
            ("referer", text.as_bytes()),
            ("content-type", b"application/x-www-form-urlencoded"),
        ];
        let wrong_host = [("host", text.as_bytes())];
        let foreign = [("sec-fetch-site", text.as_bytes())];
        for (method, place, lines) in [
            (Method::GET, place.as_str(), &lines[..]),
            (Method::GET, "/sign-in", &wrong_host),
            (Method::POST, "/sign-in", &foreign),
            (Method::POST, "/sign-in/password", &lines),
            (Method::POST, "/code", &lines),
            (Method::from_bytes(b"FORGED").unwrap(), place.as_str(), &lines),
        ] {
            let reply = inside.send(method, place.as_bytes(), lines, form.as_bytes()).await;
            sent += reply.map_or(0, |reply| reply.attempts);
        }
    }
    drop(logging);
    let text = log.text();
    let lines: Vec<&str> = text.lines().collect();
    assert!(sent > 40, "{sent}");
    assert_eq!(
        lines.iter().filter(|line| line.contains("took_ms")).count(),
        usize::try_from(sent).unwrap(),
        "{text}"
    );
    for line in lines {
        let begins =
            line.split('T').next().unwrap().bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        assert!(begins && line.len() > 20, "no line of its own: {line:?}");
        let obeyed =
            |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!line.contains(obeyed), "{line:?}");
        assert!(!unquoted(line).contains(" event=forged"), "{line:?}");
    }
}

/// SEC-47. A cache that takes a path for a file by its ending gets nothing to keep.
async fn a_personal_path_with_more_after_it_is_not_found_and_never_kept(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let prefix = if door == Door::Json { "/api" } else { "" };
    for place in ["/profile", "/profile/export", "/session", "/link/x", "/reauthenticate", "/check-inbox"] {
        for more in [
            "/x.css",
            "/.css",
            "/x.js",
            "//x.css",
            "/;x.css",
            ";x.css",
            "%2fx.css",
            "%3bx.css",
            ".css",
            "%00.css",
            "%0a.css",
            "%23.css",
            "%3f.css",
            "/..%2fx.css",
            "/%2e%2e/x.css",
            "/x.png?y",
            "\\x.css",
        ] {
            let reply = ann.get(&format!("{prefix}{place}{more}")).await;
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{place}{more}");
            let expected = if place == "/link/x" { &[404, 410][..] } else { &[404] };
            assert!(expected.contains(&reply.status.as_u16()), "{place}{more}: {reply:?}");
            // A dead link offers to email its browser a new one.
            assert!(place == "/link/x" || !reply.body.contains(ANN), "{place}{more}: {}", reply.body);
        }
    }
    for place in ["/assets/..%2fprofile", "/assets/%2e%2e/profile", "/assets/../profile"] {
        let reply = app.caller(Door::Pages).get(place).await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("cache-control")),
            (404, Some("no-store")),
            "{place}"
        );
    }
    let kept = ann.get(&format!("{prefix}/profile?x.css")).await;
    assert_eq!((kept.status.as_u16(), kept.header("cache-control")), (200, Some("no-store")));
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
}
