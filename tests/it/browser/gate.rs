//! Registering, passwords and guarded pages, as HTTP.

use gatepost::domain::Settings;
use gatepost::domain::record::registration::RegistrationMode;
use hyper::StatusCode;

use super::site::Site;
use super::wire::{Answer, HTMX, get, post};

const ANN: &str = "ann@example.org";
const FORM: &str = "email=ann%40example.org&password=four+words+on+paper";

/// The cookies of a browser that has registered but not confirmed.
async fn registered(site: &Site) -> String {
    let cookies = post(site, "/register", &[], FORM).await.cookies();
    site.letter(ANN).await;
    cookies
}

/// The status, where it leads without htmx and with it, and the code of the problem.
fn outline(answer: &Answer) -> (u16, &str, &str, &str) {
    let [location, redirect, problem] =
        ["location", "hx-redirect", "x-problem"].map(|name| answer.header(name));
    (answer.status.as_u16(), location, redirect, problem)
}

#[tokio::test]
async fn registering_leads_to_the_waiting_page() {
    let site = Site::start().await;
    let plain = post(&site, "/register", &[], FORM).await;
    assert_eq!(outline(&plain), (303, "/unconfirmed?cookies", "", ""));
    let bob = "email=bob%40example.org&password=four+words+on+paper";
    let htmx = post(&site, "/register", &[HTMX], bob).await;
    assert_eq!(outline(&htmx), (200, "", "/unconfirmed?cookies", ""));
    for answer in [plain, htmx] {
        assert!(answer.cookies().starts_with("gatepost_request="), "{}", answer.cookies());
        let waiting = get(&site, "/unconfirmed", &[("cookie", &answer.cookies())]).await;
        assert!(waiting.body.contains("Confirm your email address"), "{}", waiting.body);
    }
}

#[tokio::test]
async fn guarded_pages_lead_an_unconfirmed_browser_to_confirm() {
    let site = Site::start().await;
    let cookies = registered(&site).await;
    for guarded in ["/", "/profile"] {
        let page = get(&site, guarded, &[("cookie", &cookies)]).await;
        assert_eq!(outline(&page), (303, "/unconfirmed", "", "unconfirmed"), "{guarded}");
        let fragment = get(&site, guarded, &[HTMX, ("cookie", &cookies)]).await;
        assert_eq!(outline(&fragment), (403, "", "/unconfirmed", "unconfirmed"), "{guarded}");
    }
}

#[tokio::test]
async fn the_password_of_an_unconfirmed_registration_leads_to_confirm() {
    let site = Site::start().await;
    registered(&site).await;
    let plain = post(&site, "/sign-in/password", &[], FORM).await;
    assert_eq!(outline(&plain), (303, "/unconfirmed?cookies", "", "unconfirmed"));
    let htmx = post(&site, "/sign-in/password", &[HTMX], FORM).await;
    assert_eq!(outline(&htmx), (403, "", "/unconfirmed?cookies", "unconfirmed"));
    for answer in [plain, htmx] {
        let cookies = answer.cookies();
        assert!(cookies.contains("gatepost_request=") && !cookies.contains("gatepost_session"), "{cookies}");
        let waiting = get(&site, "/unconfirmed", &[("cookie", &cookies)]).await;
        assert!(waiting.body.contains("Please confirm your email address first."), "{}", waiting.body);
        assert!(waiting.body.contains(ANN), "{}", waiting.body);
    }
}

#[tokio::test]
async fn a_refused_password_is_reported_and_never_sent_back() {
    let site = Site::start().await;
    for (path, body, status, word, field) in [
        ("/register", "email=ann%40example.org&password=Tr0ub4dor", 422, "weak_password", "password"),
        ("/register", "email=ann&password=Tr0ub4dor+and+three", 422, "invalid_email", "email"),
        ("/sign-in/password", "email=ann%40example.org&password=Tr0ub4dor", 401, "invalid_credentials", ""),
        ("/sign-in/password", "email=ann&password=Tr0ub4dor", 422, "invalid_email", "email"),
    ] {
        for headers in [vec![], vec![HTMX]] {
            let answer = post(&site, path, &headers, body).await;
            assert_eq!(outline(&answer), (status, "", "", word), "{path} {headers:?}");
            assert_eq!(answer.header("x-problem-field"), field, "{path} {headers:?}");
            assert_eq!(answer.body.contains("<html"), headers.is_empty(), "{}", answer.body);
            assert!(
                answer.body.contains("value=\"ann") && !answer.body.contains("Tr0ub4dor"),
                "{}",
                answer.body
            );
        }
    }
}

#[tokio::test]
async fn password_fields_work_with_password_managers() {
    let site = Site::start().await;
    let register = get(&site, "/register", &[]).await.body;
    post(&site, "/register", &[], FORM).await;
    let letter = site.letter(ANN).await;
    let elsewhere = get(&site, letter.link.strip_prefix(&site.url("")).unwrap(), &[]).await.body;
    let sign_in = get(&site, "/sign-in/password", &[]).await.body;
    for (page, kind) in [(register, "new"), (elsewhere, "new"), (sign_in, "current")] {
        let field = page.split('<').find(|tag| tag.contains("type=\"password\"")).unwrap();
        assert!(field.contains(&format!("autocomplete=\"{kind}-password\"")), "{field}");
        // A maximum length or a ban on pasting leads to short passwords.
        assert!(!field.contains("length") && !field.contains("onpaste"), "{field}");
        assert!(page.contains("autocomplete=\"username\""), "{page}");
    }
}

#[tokio::test]
async fn closed_registration_is_announced_and_not_linked_to() {
    let site =
        Site::start_as(Settings { registration: RegistrationMode::Closed, ..Settings::default() }).await;
    for answer in [get(&site, "/register", &[]).await, post(&site, "/register", &[], FORM).await] {
        assert_eq!(outline(&answer), (403, "", "", "registration_closed"));
        assert!(answer.body.contains("href=\"/sign-in\""), "{}", answer.body);
    }
    let sign_in = get(&site, "/sign-in", &[]).await;
    assert_eq!(sign_in.status, StatusCode::OK);
    assert!(!sign_in.body.contains("/register"), "{}", sign_in.body);
}
