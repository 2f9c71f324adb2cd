//! Every action of an account over JSON, with responses as documented.

use serde_json::{Value, json};

use super::conformity::{assert_said, document};
use super::door::{ANN, Server, token};
use crate::harness::http::Reply;

const PASSWORD: &str = "three quiet otters";
const OTHER: &str = "seven loud geese";
const NEW: &str = "new@example.org";

/// A program that is signed in and checks every response against the document.
struct Program {
    server: Server,
    document: Value,
    session: String,
}

impl Program {
    async fn signed_in() -> Self {
        let server = Server::start().await;
        let session = server.sign_in(ANN).await;
        Self { server, document: document(), session }
    }

    async fn get(&self, path: &str) -> Reply {
        let answer = self.server.get_as(&self.session, path).await;
        assert_said(&self.document, path, "get", &answer);
        answer
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        self.post_to(path, path, body).await
    }

    /// The same for a path with a variable part: `said` is the path in the document.
    async fn post_to(&self, said: &str, path: &str, body: Value) -> Reply {
        let bearer = format!("Bearer {}", self.session);
        let answer = self.server.post_with(path, &[("authorization", &bearer)], body).await;
        assert_said(&self.document, said, "post", &answer);
        answer
    }

    /// Continues with the token from a response. It is new, and the old one no longer works.
    async fn goes_on(&mut self, answer: &Reply) {
        let new = answer.json()["session"]["token"].as_str().unwrap().to_owned();
        let old = std::mem::replace(&mut self.session, new);
        assert_ne!(old, self.session);
        assert_eq!(
            self.server.get_as(&old, "/api/session").await.status,
            401,
            "the old token no longer works"
        );
        assert_eq!(self.get("/api/session").await.json()["session"]["current"], true);
    }

    /// Looks up a link.
    async fn look_at(&self, link: &str, purpose: &str, needs: &str) {
        let answer = self.server.get(link).await;
        assert_said(&self.document, "/api/link/{token}", "get", &answer);
        assert_eq!((&answer.json()["purpose"], &answer.json()["needs"]), (&json!(purpose), &json!([needs])));
    }

    /// The link and the code in the next email to an address.
    async fn letter_to(&self, address: &str) -> (String, String) {
        let letter = self.server.next_letter_to(address).await;
        let code = letter.code.as_ref().map_or("", |code| code.as_str());
        (format!("/api/link/{}", token(&letter)), code.to_owned())
    }
}

fn status(answer: &Reply) -> u16 {
    answer.status.as_u16()
}

/// The `request` from a response that says that an email is queued.
fn request(answer: &Reply) -> String {
    assert_eq!((status(answer), &answer.json()["code"]), (202, &json!("mail_queued")));
    answer.json()["request"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_responses_to_everything_a_session_can_do_are_as_documented() {
    let mut ann = Program::signed_in().await;
    for path in ["/api/profile", "/api/profile/sessions", "/api/profile/export"] {
        assert_eq!(ann.get(path).await.status, 200);
    }
    let password = json!({ "password": PASSWORD });
    let set = ann.post("/api/profile/password", password.clone()).await;
    assert_eq!((status(&set), &set.json()["account"]["has_password"]), (200, &json!(true)));
    ann.goes_on(&set).await;
    let recent = ann.post("/api/reauthenticate", password).await;
    assert_eq!((status(&recent), &recent.json()["outcome"]), (200, &json!("recent")));
    assert_eq!(recent.json()["session"]["token"], json!(ann.session), "stepping up changes no id");
    assert_eq!(status(&ann.post("/api/reauthenticate", json!({ "password": OTHER })).await), 401);
    let request = request(&ann.post("/api/reauthenticate/mail", json!({})).await);
    // The first email is about the password.
    ann.server.next_letter_to(ANN).await;
    let code = ann.server.next_letter_to(ANN).await.code.unwrap();
    let recent = ann.post("/api/code", json!({ "request": request, "code": code.as_str() })).await;
    assert_eq!((status(&recent), &recent.json()["outcome"]), (200, &json!("recent")));
    let removed = ann.post("/api/profile/password/remove", json!({})).await;
    assert_eq!((status(&removed), &removed.json()["account"]["has_password"]), (200, &json!(false)));
    ann.goes_on(&removed).await;
    ann.server.next_letter_to(ANN).await;
    let elsewhere = ann.server.sign_in(ANN).await;
    let other = ann.server.get_as(&elsewhere, "/api/session").await.json()["session"]["id"].clone();
    let end = format!("/api/profile/sessions/{}/end", other.as_str().unwrap());
    for expected in [204, 404] {
        let ended = ann.post_to("/api/profile/sessions/{id}/end", &end, json!({})).await;
        assert_eq!(status(&ended), expected);
    }
    // With nothing to end, it would change nothing.
    ann.server.sign_in(ANN).await;
    let ended = ann.post("/api/profile/sessions/end-others", json!({})).await;
    assert_eq!(status(&ended), 200);
    ann.goes_on(&ended).await;
    assert_eq!(status(&ann.post("/api/profile/delete", json!({ "confirm": "no" })).await), 422);
    assert_eq!(status(&ann.post("/api/profile/delete", json!({ "confirm": "delete" })).await), 204);
    for path in ["/api/profile", "/api/profile/sessions", "/api/profile/export"] {
        assert_eq!(ann.get(path).await.status, 401);
    }
}

#[tokio::test]
async fn the_responses_to_a_change_of_address_and_its_undo_are_as_documented() {
    let mut ann = Program::signed_in().await;
    assert_eq!(status(&ann.post("/api/profile/email", json!({ "email": ANN })).await), 422);
    request(&ann.post("/api/profile/email", json!({ "email": NEW })).await);
    assert_eq!(ann.get("/api/profile").await.json()["account"]["pending_email"], NEW);
    ann.letter_to(NEW).await;
    let cancelled = ann.post("/api/profile/email/cancel", json!({})).await;
    assert_eq!((status(&cancelled), &cancelled.json()["account"]["pending_email"]), (200, &json!(null)));
    assert_eq!(cancelled.json()["session"]["token"], json!(ann.session), "no id changed");
    let request = request(&ann.post("/api/profile/email", json!({ "email": NEW })).await);
    assert_eq!(status(&ann.post("/api/resend", json!({ "request": request })).await), 429);
    ann.server.pass_half_a_minute();
    assert_eq!(status(&ann.post("/api/resend", json!({ "request": request })).await), 202);
    let (link, code) = ann.letter_to(NEW).await;
    ann.look_at(&link, "change_email", "session").await;
    assert_eq!(ann.server.post(&link, json!({ "confirm": "yes" })).await.status, 401);
    let changed = ann.post("/api/code", json!({ "request": request, "code": code })).await;
    assert_eq!((status(&changed), &changed.json()["outcome"]), (200, &json!("email_changed")));
    assert_eq!(changed.json()["account"]["email"], NEW);
    ann.goes_on(&changed).await;
    // A notice without a link came before it.
    let mut undo = ann.server.next_letter_to(ANN).await;
    while undo.link.is_none() {
        undo = ann.server.next_letter_to(ANN).await;
    }
    let link = format!("/api/link/{}", token(&undo));
    ann.look_at(&link, "undo_email", "confirm").await;
    let refused = ann.post_to("/api/link/{token}", &link, json!({})).await;
    assert_eq!(refused.refusal(), (422, "confirmation_required".into(), Some("confirm".into())));
    let restored = ann.post_to("/api/link/{token}", &link, json!({ "confirm": "yes" })).await;
    assert_eq!((status(&restored), &restored.json()["outcome"]), (200, &json!("email_restored")));
    assert_eq!((&restored.json()["account"]["email"], restored.json().get("session")), (&json!(ANN), None));
    assert_eq!(ann.get("/api/session").await.status, 401);
}

#[tokio::test]
async fn the_responses_to_a_new_device_are_as_documented() {
    let mut ann = Program::signed_in().await;
    assert_eq!(status(&ann.post("/api/profile/notices", json!({ "new_device": "maybe" })).await), 422);
    for (new_device, is_on) in [("no", false), ("yes", true)] {
        let changed = ann.post("/api/profile/notices", json!({ "new_device": new_device })).await;
        let answer = changed.json();
        assert_eq!((status(&changed), &answer["account"]["new_device_emails"]), (200, &json!(is_on)));
        assert_eq!(answer["session"]["token"], json!(ann.session), "no id changed");
    }
    let changed = ann.post("/api/profile/password", json!({ "password": PASSWORD })).await;
    ann.goes_on(&changed).await;
    ann.server.next_letter_to(ANN).await;
    let body = json!({ "email": ANN, "password": PASSWORD });
    assert_eq!(status(&ann.server.post("/api/sign-in/password", body).await), 200);
    let link = format!("/api/link/{}", token(&ann.server.next_letter_to(ANN).await));
    ann.look_at(&link, "secure_account", "confirm").await;
    let refused = ann.post_to("/api/link/{token}", &link, json!({})).await;
    assert_eq!(refused.refusal(), (422, "confirmation_required".into(), Some("confirm".into())));
    let secured = ann.post_to("/api/link/{token}", &link, json!({ "confirm": "yes" })).await;
    assert_eq!((status(&secured), &secured.json()["outcome"]), (200, &json!("account_secured")));
    assert_eq!((secured.json().get("account"), secured.json().get("session")), (None, None));
    let request = secured.json()["request"].clone();
    let (_, code) = ann.letter_to(ANN).await;
    let reset =
        ann.server.post("/api/code", json!({ "request": request, "code": code, "password": OTHER })).await;
    assert_eq!((status(&reset), &reset.json()["outcome"]), (200, &json!("password_reset")));
}

#[tokio::test]
async fn the_responses_to_a_password_reset_are_as_documented() {
    let ann = Program::signed_in().await;
    let request = request(&ann.post("/api/forgot-password", json!({ "email": ANN })).await);
    assert_eq!(status(&ann.post("/api/forgot-password", json!({ "email": "ann" })).await), 422);
    let (link, _) = ann.letter_to(ANN).await;
    ann.look_at(&link, "reset_password", "password").await;
    let weak = json!({ "request": request, "password": "short" });
    assert_eq!(status(&ann.post_to("/api/link/{token}", &link, weak).await), 422);
    let body = json!({ "request": request, "password": PASSWORD });
    let reset = ann.server.post(&link, body).await;
    assert_said(&ann.document, "/api/link/{token}", "post", &reset);
    assert_eq!((status(&reset), &reset.json()["outcome"]), (200, &json!("password_reset")));
    assert_eq!(ann.get("/api/session").await.status, 401, "the earlier session has ended");
    let session = reset.json()["session"]["token"].as_str().unwrap().to_owned();
    assert_eq!(ann.server.get_as(&session, "/api/session").await.status, 200);
}
