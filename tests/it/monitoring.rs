//! What monitoring sees, and who may see it.
#![expect(clippy::float_cmp, reason = "the numbers are counts")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use hyper::Method;

use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::http::Reply;
use crate::harness::running::METRICS_TOKEN;

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "three quiet otters";
/// Who may see everything.
const BEARER: [(&str, &str); 1] = [("authorization", METRICS_TOKEN)];

async fn metrics(app: &App) -> String {
    let reply = app.caller(Door::Json).send(Method::GET, "/metrics", &BEARER, "").await;
    assert_eq!(reply.status.as_u16(), 200, "{reply:?}");
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    reply.body
}

/// The value of every series.
fn series(text: &str) -> BTreeMap<&str, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name, value.parse().unwrap()))
        .collect()
}

/// A reply as someone sees it who cannot know whether there is such a page.
fn seen(reply: &Reply) -> (u16, Option<String>, String) {
    let problem = reply.header("x-problem").map(str::to_owned);
    (reply.status.as_u16(), problem, reply.body.replace("/metrics", "/nothing"))
}

#[tokio::test]
async fn without_its_token_there_are_no_metrics() {
    let app = App::start().await;
    let nothing = seen(&app.caller(Door::Pages).get("/nothing").await);
    assert_eq!(nothing.0, 404);
    let good = METRICS_TOKEN.strip_prefix("Bearer ").unwrap();
    for sent in [
        None,
        Some(String::new()),
        Some("Bearer ".into()),
        Some(format!("Bearer {}", &good[1..])),
        Some(format!("Bearer {good}x")),
        Some(format!("Basic {good}")),
        Some(good.to_owned()),
    ] {
        let headers: Vec<(&str, &str)> = sent.iter().map(|value| ("authorization", value.as_str())).collect();
        let reply = app.caller(Door::Pages).send(Method::GET, "/metrics", &headers, "").await;
        assert_eq!(seen(&reply), nothing, "{sent:?}");
    }
    // Monitoring often connects by IP address.
    let by_ip = [BEARER[0], ("host", "127.0.0.1")];
    let reply = crate::harness::http::send(app.server, Method::GET, "/metrics", &by_ip, "").await;
    assert_eq!(reply.status.as_u16(), 200);
}

#[tokio::test]
async fn metrics_count_sign_ins_by_kind_and_outcome() {
    let app = App::start().await;
    let mut ann = app.caller(Door::Json);
    ann.register(ANN, PASSWORD).await;
    assert_eq!(ann.follow(&app.letter_to(ANN).await.link).await, Answer::Done);
    for right in [true, false, false] {
        let password = if right { PASSWORD } else { "three loud otters" };
        app.caller(Door::Pages).sign_in_with_password(ANN, password).await;
    }
    let mut by_code = app.caller(Door::Pages);
    by_code.ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    by_code.type_code(&letter.wrong_code()).await;
    assert_eq!(by_code.type_code(&letter.code).await, Answer::Done);
    let text = metrics(&app).await;
    let series = series(&text);
    let count = |kind: &str, outcome: &str| {
        series[format!("gatepost_sign_ins_total{{kind=\"{kind}\",outcome=\"{outcome}\"}}").as_str()]
    };
    assert_eq!(count("link", "registered"), 1.0);
    assert_eq!((count("password", "signed_in"), count("password", "refused")), (1.0, 2.0));
    assert_eq!((count("code", "signed_in"), count("code", "refused")), (1.0, 1.0));
    assert_eq!(count("link", "refused"), 0.0);
    assert!(series["gatepost_emails_total{end=\"sent\"}"] >= 2.0);
    assert!(series["gatepost_mail_attempts_total{result=\"sent\"}"] >= 2.0);
    assert!(series["gatepost_commits_total{outcome=\"committed\"}"] > 5.0);
    assert_eq!(
        series["gatepost_commit_seconds_count"],
        series
            .iter()
            .filter(|(name, _)| name.starts_with("gatepost_commits_total"))
            .map(|(_, value)| value)
            .sum::<f64>()
    );
    assert!(series["gatepost_commit_writes_sum"] > series["gatepost_commit_writes_count"]);
    assert!(series["gatepost_password_hashes_total"] >= 4.0);
    assert_eq!((series["gatepost_password_queue"], series["gatepost_ready"]), (0.0, 1.0));
    assert_eq!((series["gatepost_outbox_emails"], series["gatepost_outbox_oldest_seconds"]), (0.0, 0.0));
    assert_eq!(series[concat!("gatepost_info{version=\"", env!("CARGO_PKG_VERSION"), "\"}")], 1.0);
}

#[tokio::test]
async fn metrics_name_routes_and_never_what_a_client_has_sent() {
    let app = App::start().await;
    let mut ann = app.caller(Door::Pages);
    ann.ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    for invented in ["/wp-login.php", "/api/nothing/here", "/link/x/y/z"] {
        ann.get(invented).await;
    }
    let method = Method::from_bytes(b"INVENTED").unwrap();
    ann.send(method, "/sign-in", &[], "").await;
    let text = metrics(&app).await;
    let series = series(&text);
    let requests = |route: &str, method: &str, status: &str| {
        let name =
            format!("gatepost_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}");
        series.get(name.as_str()).copied().unwrap_or_else(|| panic!("{name} is not in:\n{text}"))
    };

    assert_eq!(requests("/link/{part}", "POST", "3xx"), 1.0);
    assert_eq!(requests("/sign-in", "POST", "3xx"), 1.0);
    assert_eq!(requests("/sign-in", "other", "4xx"), 1.0);
    assert_eq!(requests("other", "GET", "4xx"), 3.0);
    assert_eq!(series["gatepost_request_seconds_count{method=\"GET\",route=\"other\"}"], 3.0);
    for secret in ["wp-login", "INVENTED", "example.org", letter.link.rsplit('/').next().unwrap()] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn the_dashboard_shows_only_numbers_that_exist() {
    let app = App::start().await;
    app.caller(Door::Pages).get("/sign-in").await;
    let text = metrics(&app).await;
    let dashboard = include_str!("../../docs/grafana.json");
    assert!(serde_json::from_str::<serde_json::Value>(dashboard).unwrap()["panels"].is_array());
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    let mut names: Vec<&str> = dashboard
        .match_indices("gatepost_")
        .map(|(at, _)| &dashboard[at..])
        .map(|rest| rest.split(|c| !is_name(c)).next().unwrap())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() >= 12, "{names:?}");
    let has = |name: &str| text.lines().any(|line| line.split(['{', ' ']).next() == Some(name));
    assert!(names.iter().all(|name| has(name)), "{names:?}\n{text}");
    // And every number has its place there, except the one that only names the version.
    let shown = |name: &str| dashboard.contains(name) || name == "gatepost_info";
    let all = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    assert!(
        all.clone().count() > 12 && all.clone().all(shown),
        "{:?}",
        all.filter(|name| !shown(name)).collect::<Vec<_>>()
    );
}

const DETAILS: &str = "ready\ndatabase: accepts changes\noutbox: empty\n";

/// The first lines, without how often a client was named in a header.
pub(crate) fn first_lines(body: &str) -> String {
    body.split_inclusive('\n').filter(|line| !line.starts_with("X-Forwarded-For from ")).collect()
}

#[tokio::test]
async fn strangers_learn_whether_the_server_is_ready_and_this_machine_learns_why() {
    let app = App::start().await;
    let asked = async |headers: &[(&str, &str)]| {
        first_lines(&crate::harness::http::send(app.server, Method::GET, "/readyz", headers, "").await.body)
    };
    for host in ["localhost", "127.0.0.1", "[::1]:8080"] {
        assert_eq!(asked(&[("host", host)]).await, DETAILS, "{host}");
    }
    // What a proxy on this machine sends, or a browser that a stranger's page has led here.
    for header in [
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
        ("via", "1.1 proxy"),
        ("x-real-ip", "127.0.0.1"),
        ("host", "rebound.example.org"),
    ] {
        let host = ("host", "localhost");
        let headers = if header.0 == "host" { vec![header] } else { vec![host, header] };
        assert_eq!(asked(&headers).await, "ready\n", "{header:?}");
        assert_eq!(asked(&[&headers[..], &BEARER].concat()).await, DETAILS, "{header:?}");
    }
    assert_eq!(
        asked(&[("host", "localhost"), ("x-real-ip", "::1"), ("authorization", "Bearer x")]).await,
        "ready\n"
    );
}

#[tokio::test]
async fn readiness_says_how_much_email_waits_and_for_how_long() {
    // No one listens there.
    let app = App::start_with_smtp(1).await;
    let mut ann: Caller = app.caller(Door::Json);
    ann.ask(ANN).await;
    app.clock.advance(std::time::Duration::from_secs(90));
    let body = first_lines(&ann.get("/readyz").await.body);
    let (before, after) = ("ready\ndatabase: accepts changes\noutbox: 1 email, for ", " s\n");
    let seconds: u64 = body.strip_prefix(before).unwrap().strip_suffix(after).unwrap().parse().unwrap();
    assert!(seconds >= 90, "{body}");
    let text = metrics(&app).await;
    assert_eq!(series(&text)["gatepost_outbox_emails"], 1.0);
    assert!(series(&text)["gatepost_outbox_oldest_seconds"] >= 90.0);
}

#[test]
fn through_a_socket_file_only_the_bearer_of_the_token_learns_details() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("http.sock");
    let listen = format!("unix:{}", socket.display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    command.env_clear().env("GATEPOST_METRICS_TOKEN", METRICS_TOKEN.strip_prefix("Bearer ").unwrap());
    command.env("GATEPOST_MAIL__TRANSPORT", "sendmail").args(["--listen", &listen, "--data"]);
    let mut server = command.arg(folder.path().join("data")).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("serving") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "it serves");
    }
    let asked = |more: &str| {
        let mut stream = UnixStream::connect(&socket).unwrap();
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    let (stranger, bearer) = (asked(""), asked(&format!("Authorization: {METRICS_TOKEN}\r\n")));
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!((stranger.as_str(), first_lines(&bearer).as_str()), ("ready\n", DETAILS));
}
