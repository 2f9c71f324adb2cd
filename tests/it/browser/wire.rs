//! Responses as a browser receives them: status, headers and fragments.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::site::Site;

const ANN: &str = "ann@example.org";

pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The cookies that it sets, as a browser sends them back.
    pub(super) fn cookies(&self) -> String {
        let lines = self.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
        lines.map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
    }
}

/// Sends exactly this request.
async fn send(site: &Site, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let mut request = Request::builder().method(method).uri(site.url(path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer =
        client.request(request.body(Full::new(Bytes::from(body.to_owned()))).unwrap()).await.unwrap();
    let (head, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: head.status, headers: head.headers, body: String::from_utf8_lossy(&body).into_owned() }
}

pub(super) async fn get(site: &Site, path: &str, headers: &[(&str, &str)]) -> Answer {
    send(site, Method::GET, path, headers, "").await
}

pub(super) async fn post(site: &Site, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let origin = site.url("");
    let form = [("content-type", "application/x-www-form-urlencoded"), ("origin", origin.as_str())];
    send(site, Method::POST, path, &[headers, &form].concat(), body).await
}

pub(super) const HTMX: (&str, &str) = ("hx-request", "true");

#[tokio::test]
async fn without_htmx_a_successful_post_redirects() {
    let site = Site::start().await;
    let asked = post(&site, "/sign-in", &[], "email=ann%40example.org").await;
    assert_eq!((asked.status, asked.header("location")), (StatusCode::SEE_OTHER, "/check-inbox?cookies"));
    let cookie = asked.header("set-cookie");
    assert!(cookie.starts_with("gatepost_request=") && cookie.contains("HttpOnly"), "{cookie}");
    let cookies = asked.cookies();
    let waiting = get(&site, "/check-inbox", &[("cookie", &cookies)]).await;
    assert!(waiting.body.contains(ANN), "{}", waiting.body);
    let code = format!("code={}", site.letter(ANN).await.code);
    let signed_in = post(&site, "/code", &[("cookie", &cookies)], &code).await;
    assert_eq!((signed_in.status, signed_in.header("location")), (StatusCode::SEE_OTHER, "/"));
    // The redeemed request is removed from its cookie.
    let kept = format!("{};", signed_in.cookies());
    assert!(kept.contains("gatepost_request=;"), "{kept}");
}

#[tokio::test]
async fn with_htmx_the_response_is_a_fragment_and_never_a_redirect() {
    let site = Site::start().await;
    let asked = post(&site, "/sign-in", &[HTMX], "email=ann%40example.org&next=%2Fprofile").await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(asked.body.contains(ANN) && !asked.body.contains("<html"), "{}", asked.body);
    assert!(asked.header("vary").contains("HX-Request"));
    let cookies = asked.cookies();
    let wrong = post(&site, "/code", &[HTMX, ("cookie", &cookies)], "code=12").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("code-error") && !wrong.body.contains("<html"), "{}", wrong.body);
    let code = format!("code={}", site.letter(ANN).await.code);
    let signed_in = post(&site, "/code", &[HTMX, ("cookie", &cookies)], &code).await;
    assert_eq!((signed_in.status, signed_in.header("hx-redirect")), (StatusCode::OK, "/profile"));
}

#[tokio::test]
async fn signed_out_visitors_are_sent_to_sign_in_and_back() {
    let site = Site::start().await;
    let page = get(&site, "/profile", &[]).await;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, "/sign-in?next=%2Fprofile"));
    let fragment = get(&site, "/profile", &[HTMX]).await;
    let told = (fragment.status, fragment.header("hx-redirect"));
    assert_eq!(told, (StatusCode::UNAUTHORIZED, "/sign-in?next=%2Fprofile"));
    let home = get(&site, "/", &[]).await;
    assert_eq!((home.status, home.header("location")), (StatusCode::SEE_OTHER, "/sign-in"));
    let waiting = get(&site, "/check-inbox", &[]).await;
    assert_eq!((waiting.status, waiting.header("location")), (StatusCode::SEE_OTHER, "/sign-in"));
}

#[tokio::test]
async fn bad_input_is_refused_and_shown_again() {
    let site = Site::start().await;
    let token = "/link/nothing";
    for (path, body, status) in [
        ("/sign-in", "email=ann", 422),
        ("/sign-in", "", 422),
        ("/sign-in", "email=a%40example.org&email=b%40example.org", 422),
        ("/sign-in", "email=%ff", 400),
        ("/code", "code=123456", 410),
        ("/code", "code=1&request=000000000000000000000000", 410),
        ("/resend", "", 410),
        (token, "confirm=yes", 410),
        (token, "", 410),
        ("/sign-out", "", 303),
    ] {
        let answer = post(&site, path, &[], body).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {body}");
    }
    let typed = post(&site, "/sign-in", &[], "email=%22%3E%3Cscript%3E&next=%2Fapp").await;
    assert!(typed.body.contains("value=\"&quot;&gt;&lt;script&gt;\""), "{}", typed.body);
    assert!(typed.body.contains("name=\"next\" value=\"/app\""), "{}", typed.body);
    let origin = site.url("");
    let json = [("content-type", "application/json"), ("origin", origin.as_str())];
    let answer = send(&site, Method::POST, "/sign-in", &json, "{}").await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(get(&site, token, &[]).await.status, StatusCode::GONE);
    let elsewhere = get(&site, "/sign-in?next=https%3A%2F%2Fevil.example", &[]).await;
    assert!(!elsewhere.body.contains("evil.example"));
}

#[tokio::test]
async fn asking_again_too_soon_is_429_with_the_time_to_wait() {
    let site = Site::start().await;
    let cookies = post(&site, "/sign-in", &[], "email=ann%40example.org").await.cookies();
    for path in ["/sign-in", "/resend"] {
        for headers in [vec![("cookie", cookies.as_str())], vec![("cookie", cookies.as_str()), HTMX]] {
            let answer = post(&site, path, &headers, "email=ann%40example.org").await;
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{path} {headers:?}");
            assert!(answer.header("retry-after").parse::<u64>().unwrap() <= 30);
            assert!(answer.body.contains("We've just sent you an email."), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_link_opened_in_another_browser_needs_a_tick_and_leads_home() {
    let site = Site::start().await;
    post(&site, "/sign-in", &[], "email=ann%40example.org&next=%2Fprofile").await;
    let link = site.letter(ANN).await.link;
    let path = link.strip_prefix(&site.url("")).unwrap();
    assert_eq!(send(&site, Method::HEAD, path, &[], "").await.status, StatusCode::OK);
    for body in ["", "confirm=", "confirm=on"] {
        let answer = post(&site, path, &[], body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(answer.body.contains("confirm-error"));
    }
    let signed_in = post(&site, path, &[], "confirm=yes").await;
    assert_eq!((signed_in.status, signed_in.header("location")), (StatusCode::SEE_OTHER, "/?cookies"));
    let cookies = signed_in.cookies();
    // Home again with every repeat, because `next` came from the person who made the request.
    let again = [
        post(&site, path, &[("cookie", &cookies)], "").await,
        get(&site, path, &[("cookie", &cookies)]).await,
    ];
    for answer in again {
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"));
    }
    assert_eq!(post(&site, path, &[], "confirm=yes").await.status, StatusCode::GONE);
}

#[tokio::test]
async fn a_notice_is_shown_once_and_not_by_head() {
    let site = Site::start().await;
    let cookies = post(&site, "/sign-out", &[], "").await.cookies();
    let notice = cookies.split("; ").find(|cookie| cookie.starts_with("gatepost_notice=")).unwrap();
    // With the cookie that every visitor is given, so that none is given here.
    let sent = format!("{notice}; gatepost_visitor=dpWl_YPt45j8xU8serBniA");
    let head = send(&site, Method::HEAD, "/sign-in", &[("cookie", &sent)], "").await;
    assert_eq!(head.cookies(), "");
    let shown = get(&site, "/sign-in", &[("cookie", &sent)]).await;
    assert!(shown.body.contains("You're signed out."));
    assert_eq!(shown.cookies(), "gatepost_notice=");
}

#[tokio::test]
async fn the_mailbox_page_is_not_found_through_a_proxy() {
    let site = Site::start().await;
    assert_eq!(get(&site, "/mailbox", &[]).await.status, StatusCode::OK);
    for header in ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-real-ip", "via"] {
        let answer = get(&site, "/mailbox", &[(header, "1.1 proxy")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{header}");
    }
    assert_eq!(get(&site, "/mailbox/nothing", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_asset_of_a_page_is_found_compressed_and_cached() {
    let site = Site::start().await;
    let page = get(&site, "/sign-in", &[]).await.body;
    let names = page.split('"').filter(|text| text.starts_with("/assets/"));
    let mut count = 0;
    for path in names {
        let plain = get(&site, path, &[]).await;
        assert_eq!(plain.status, StatusCode::OK, "{path}");
        assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
        let packed = get(&site, path, &[("accept-encoding", "gzip")]).await;
        assert_eq!(packed.header("content-encoding"), "gzip", "{path}");
        count += 1;
    }
    assert!(count >= 4, "stylesheet, two scripts and the icon, but {count}");
    assert_eq!(get(&site, "/favicon.ico", &[]).await.header("content-type"), "image/x-icon");
    assert_eq!(get(&site, "/assets/nothing.css", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_sign_in_form_has_its_documented_attributes() {
    let site = Site::start().await;
    let page = get(&site, "/sign-in", &[]).await.body;
    for part in [
        r##"<form method="post" action="/sign-in" hx-post="/sign-in" hx-target="#result">"##,
        r#"<div id="result" role="status" aria-live="polite"></div>"#,
        r#"type="email""#,
        r#"autocomplete="username""#,
    ] {
        assert!(page.contains(part), "{part} is missing\n{page}");
    }
    assert!(!page.contains("style=") && !page.contains("onclick"), "{page}");
}

#[tokio::test]
async fn a_browser_keeps_its_four_newest_requests() {
    let site = Site::start().await;
    let mut cookies = String::new();
    for number in 1..=5 {
        let body = format!("email=ann{number}%40example.org");
        cookies = post(&site, "/sign-in", &[("cookie", &cookies)], &body).await.cookies();
        let waiting = get(&site, "/check-inbox", &[("cookie", &cookies)]).await;
        assert!(waiting.body.contains(&format!("ann{number}@example.org")));
    }
    let tokens = cookies.strip_prefix("gatepost_request=").unwrap().split('.').count();
    assert_eq!(tokens, 4);
    // The oldest request was dropped, so asking for its address again starts a new one.
    let oldest = post(&site, "/sign-in", &[("cookie", &cookies)], "email=ann1%40example.org").await;
    assert_eq!(oldest.status, StatusCode::SEE_OTHER);
    let second = post(&site, "/sign-in", &[("cookie", &cookies)], "email=ann2%40example.org").await;
    assert_eq!(second.status, StatusCode::TOO_MANY_REQUESTS);
}
