//! A form that a browser sends twice, by a double click for example, is done once.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::http::Reply;
use crate::profile::{ANN, OTHER, PASSWORD, WAIT, also, registered};

const BOB: &str = "bob@example.org";

/// A browser that has seen a page and so has a cookie.
async fn visitor(app: &App) -> Caller {
    let mut caller = app.caller(Door::Pages);
    caller.get("/sign-in").await;
    assert_eq!(names(&caller), ["gatepost_visitor"]);
    caller
}

fn names(caller: &Caller) -> Vec<&str> {
    caller.cookies.iter().map(|(name, _)| name.as_str()).collect()
}

fn cookie<'a>(caller: &'a Caller, name: &str) -> &'a str {
    caller.cookies.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// Two equal forms of one browser, sent at the same moment.
async fn at_once<F: Future<Output = Answer> + Send>(
    caller: &Caller,
    act: impl Fn(Caller) -> F,
) -> [Answer; 2] {
    let (first, second) = tokio::join!(act(caller.clone()), act(caller.clone()));
    [first, second]
}

#[tokio::test]
async fn registering_twice_at_once_sends_one_email_and_makes_one_request() {
    let app = App::start().await;
    for is_htmx in [false, true] {
        let email = if is_htmx { BOB } else { ANN };
        let caller = visitor(&app).await.with_script(is_htmx);
        let mut twins = [caller.clone(), caller];
        let [first, second] = &mut twins;
        let answers = tokio::join!(first.register(email, PASSWORD), second.register(email, PASSWORD));
        assert_eq!(answers, (Answer::Done, Answer::Done));
        assert_eq!(app.read_all().await.len(), 1);
        let [first, second] = twins;
        assert_eq!(cookie(&first, "gatepost_request"), cookie(&second, "gatepost_request"));
        assert_eq!(first.last.unwrap().body, second.last.unwrap().body);
    }
}

#[tokio::test]
async fn signing_in_here_twice_at_once_signs_in_with_one_session() {
    let app = App::start().await;
    app.caller(Door::Pages).ask(ANN).await;
    let link = app.letter_to(ANN).await.link;
    let mut first = app.caller(Door::Pages);
    first.look_at(&link).await;
    let mut second = first.clone();
    let answers = tokio::join!(first.follow_deliberately(&link), second.follow_deliberately(&link));
    assert_eq!(answers, (Answer::Done, Answer::Done));
    assert_eq!(first.session(), second.session());
    assert_eq!(first.who().await.as_deref(), Some(ANN));
}

/// Every form that sends an email, and every form of an account: with the visitor cookie, and once it has
/// expired.
#[tokio::test]
async fn a_second_click_on_any_form_gets_the_response_to_the_first() {
    let app = App::start().await;
    for has_visitor in [true, false] {
        let email = if has_visitor { ANN } else { BOB };
        let mut caller = if has_visitor { visitor(&app).await } else { app.caller(Door::Pages) };
        caller.register(email, PASSWORD).await;
        assert_eq!(caller.follow(&app.letter_to(email).await.link).await, Answer::Done);
        also(&app, Door::Pages, email, PASSWORD).await;
        let new = format!("new-{email}");
        for (path, fields) in [
            ("/profile/sessions/end-others", vec![]),
            ("/profile/password", vec![("password", OTHER), ("current_password", PASSWORD)]),
            ("/profile/email", vec![("email", new.as_str())]),
            ("/profile/email/cancel", vec![]),
            ("/forgot-password", vec![("email", email)]),
            ("/profile/password/remove", vec![]),
            ("/reauthenticate/mail", vec![]),
            ("/profile/delete", vec![("confirm", "delete")]),
        ] {
            let account = caller.account().await.unwrap();
            let fields = fields.into_iter().chain([("account", account.as_str())]);
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            let before = app.letters().len();
            let mut second = caller.clone();
            let done = caller.post_form_as_it_is(path, &form).await;
            assert_eq!((done.status.as_u16(), done.header("x-problem")), (303, None), "{path}");
            app.read_all().await;
            let sent = app.letters().len();
            // One more click with the cookies from before the first, and one with those that it brought.
            let clicks = if path == "/profile/delete" { 1 } else { 2 };
            for _ in 0..clicks {
                let again = second.post_form_as_it_is(path, &form).await;
                let shown = |reply: &Reply| (reply.status, reply.header("location").map(str::to_owned));
                assert_eq!(shown(&again), shown(&done), "{path}");
                assert_eq!(second.cookies, caller.cookies, "{path}");
            }
            app.read_all().await;
            assert_eq!(app.letters().len(), sent, "{path} sent {before}..{sent}");
        }
    }
}

/// A request can be all that a browser has, once its visitor cookie has expired.
#[tokio::test]
async fn a_browser_that_only_has_a_request_gets_a_cookie_to_be_recognised_by() {
    let app = App::start().await;
    let mut ann = app.caller(Door::Pages);
    ann.ask(ANN).await;
    assert_eq!(names(&ann), ["gatepost_request"]);
    assert!(!ann.get("/check-inbox").await.body.contains("name=\"cookies\""));
    assert_eq!(names(&ann), ["gatepost_request", "gatepost_visitor"]);
    let letter = app.letter_to(ANN).await;
    app.clock.advance(WAIT);
    let both = at_once(&ann, |mut ann| async move { ann.resend().await });
    assert_eq!(both.await, [Answer::Done, Answer::Done]);
    app.letter_to(ANN).await;
    let wrong = Answer::refused_field(422, "wrong_code", "code");
    for _ in 0..5 {
        app.clock.advance(Duration::from_secs(10));
        let code = letter.wrong_code();
        let both = at_once(&ann, |mut ann| {
            let code = code.clone();
            async move { ann.type_code(&code).await }
        });
        assert_eq!(both.await, [wrong.clone(), wrong.clone()]);
    }
    assert_eq!(ann.type_code(&letter.code).await, Answer::refused(410, "invalid_request"));
}

/// A notice proves that a browser keeps cookies, but the page that shows it deletes it.
#[tokio::test]
async fn a_browser_that_only_has_a_notice_gets_a_cookie_to_be_recognised_by() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    ann.cookies.retain(|(name, _)| name == "gatepost_session");
    ann.post_form("/sign-out", "").await;
    assert_eq!(names(&ann), ["gatepost_notice"]);
    ann.get("/sign-in").await;
    assert_eq!(names(&ann), ["gatepost_visitor"]);
    let both = at_once(&ann, |mut ann| async move { ann.ask(BOB).await });
    assert_eq!(both.await, [Answer::Done, Answer::Done]);
    app.letter_to(BOB).await;
}

#[tokio::test]
async fn what_is_done_twice_on_purpose_is_done_again_if_the_account_has_changed_in_between() {
    let app = App::start().await;
    for has_visitor in [true, false] {
        let email = if has_visitor { ANN } else { BOB };
        let mut ann = registered(&app, Door::Pages, email).await;
        if has_visitor {
            ann.cookies.push(("gatepost_visitor".into(), "A".repeat(22)));
        }
        assert_eq!(ann.end_other_sessions().await, Answer::Done);
        // Another device signs in, within the ten seconds.
        let mut other = also(&app, Door::Pages, email, PASSWORD).await;
        assert_eq!(other.who().await.as_deref(), Some(email));
        assert_eq!(ann.end_other_sessions().await, Answer::Done);
        assert_eq!(other.who().await, None);
        assert_eq!(ann.sessions().await.len(), 1);
        // The same with a change that was cancelled elsewhere.
        let mut other = also(&app, Door::Pages, email, PASSWORD).await;
        let new = format!("new-{email}");
        assert_eq!(ann.change_email(&new).await, Answer::Done);
        app.read_all().await;
        assert_eq!(other.cancel_email_change().await, Answer::Done);
        assert_eq!(ann.change_email(&new).await, Answer::Done);
        app.read_all().await;
        let account = ann.in_program().get("/api/profile").await.json()["account"].clone();
        assert_eq!(account["pending_email"], new.as_str());
    }
}

#[tokio::test]
async fn a_form_that_breaks_off_is_not_done_again() {
    let app = App::start().await;
    let mut caller = visitor(&app).await;
    let body = "email=ann%40example.org&password=three+quiet+otters";
    let host = format!("localhost:{}", app.server.port());
    let head = format!(
        "POST /register HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUser-Agent: Firefox/145.0 on Linux\r\n\
         Cookie: gatepost_visitor={}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        cookie(&caller, "gatepost_visitor"),
        body.len(),
    );
    let before = app.house.gatepost.passwords_hashed();
    let mut broken = TcpStream::connect(app.server).await.unwrap();
    broken.write_all(head.as_bytes()).await.unwrap();
    // It is being worked on.
    while app.house.gatepost.passwords_hashed() == before {
        tokio::task::yield_now().await;
    }
    drop(broken);
    assert_eq!(caller.register(ANN, PASSWORD).await, Answer::Done);
    assert_eq!(app.read_all().await.len(), 1);
    assert_eq!(app.house.gatepost.passwords_hashed(), before + 1);
}

#[tokio::test]
async fn a_wrong_code_entered_twice_at_once_is_one_attempt() {
    let app = App::start().await;
    let mut ann = visitor(&app).await;
    ann.ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    let wrong = Answer::refused_field(422, "wrong_code", "code");
    for number in 0..3 {
        let code = format!("{:06}", (letter.code.parse::<u32>().unwrap() + 1 + number) % 1_000_000);
        let both = at_once(&ann, |mut ann| {
            let code = code.clone();
            async move { ann.type_code(&code).await }
        });
        assert_eq!(both.await, [wrong.clone(), wrong.clone()]);
    }
    assert_eq!(ann.type_code(&letter.code).await, Answer::Done);
}

#[tokio::test]
async fn the_same_form_later_or_after_another_one_is_done_again() {
    let app = App::start().await;
    let mut ann = visitor(&app).await;
    assert_eq!(ann.ask(ANN).await, Answer::Done);
    app.letter_to(ANN).await;
    app.clock.advance(Duration::from_millis(9_999));
    assert_eq!(ann.ask(ANN).await, Answer::Done);
    app.clock.advance(Duration::from_millis(1));
    assert_eq!(ann.ask(ANN).await, Answer::refused(429, "too_many_mails"));
    // A refusal that says how long to wait is not kept.
    app.clock.advance(Duration::from_secs(20));
    assert_eq!(ann.ask(ANN).await, Answer::Done);
    app.letter_to(ANN).await;
    assert_eq!(ann.ask(BOB).await, Answer::Done);
    app.letter_to(BOB).await;
    assert_eq!(ann.ask(ANN).await, Answer::refused(429, "too_many_mails"));
}

/// The visitor cookie could have been planted, or seen by an app behind the same proxy.
#[tokio::test]
async fn a_visitor_cookie_alone_gets_no_response_of_its_browser() {
    let app = App::start().await;
    let mut ann = visitor(&app).await;
    ann.register(ANN, PASSWORD).await;
    ann.follow(&app.letter_to(ANN).await.link).await;
    let mut thief = app.caller(Door::Pages);
    thief.cookies = ann.cookies.iter().filter(|(name, _)| name == "gatepost_visitor").cloned().collect();
    assert_eq!(ann.end_other_sessions().await, Answer::Done);
    assert_eq!(thief.clone().end_other_sessions().await, Answer::refused(401, "sign_in_required"));
    assert_eq!(names(&thief), ["gatepost_visitor"]);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    // Where the browser has no other cookie yet, the client is not the same.
    let mut bob = visitor(&app).await;
    let mut thief = bob.clone().with_agent("curl/8.0");
    bob.ask(BOB).await;
    app.letter_to(BOB).await;
    assert_eq!(thief.ask(BOB).await, Answer::Done);
    app.letter_to(BOB).await;
    assert_ne!(cookie(&thief, "gatepost_request"), cookie(&bob, "gatepost_request"));
}

#[tokio::test]
async fn browsers_without_cookies_share_no_response() {
    let app = App::start().await;
    let mut callers = [app.caller(Door::Pages), app.caller(Door::Pages)];
    let [first, second] = &mut callers;
    let answers = tokio::join!(first.ask(ANN), second.ask(ANN));
    assert_eq!(answers, (Answer::Done, Answer::Done));
    assert_ne!(cookie(first, "gatepost_request"), cookie(second, "gatepost_request"));
    assert_eq!(app.read_all().await.len(), 2);
}

/// The response stands for this path, body and kind of request only.
#[tokio::test]
async fn forms_that_differ_are_not_taken_for_one() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    let plain = ann.post_form("/profile/email", "email=new%40example.org").await;
    assert_eq!(plain.status, 303);
    let htmx = ann.clone().with_script(true).post_form("/profile/email", "email=new%40example.org").await;
    assert_ne!(htmx.status, 303);
    app.read_all().await;
}
