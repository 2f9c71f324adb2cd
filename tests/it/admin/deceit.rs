//! What a mail server says may be written to deceive an administrator, or quote what no one may see.

use std::sync::{Arc, Mutex};

use super::{MAIL, admin, queue, until};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::Door;
use crate::harness::limits::unlimited;
use crate::mail::sink::{Act, Security, Sink, Stage};

both_doors! {
    what_a_mail_server_says_is_text_and_nothing_else,
    no_link_or_code_is_shown_even_if_the_mail_server_quotes_them,
}

async fn what_a_mail_server_says_is_text_and_nothing_else(door: Door) {
    let said = "550 <script>alert(1)</script> <b onmouseover='x'> \u{202e}txet \u{7}.";
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Rcpt => Act::say(said),
        _ => Act::Behave,
    })
    .await;
    let app = App::start_with_smtp_as(unlimited(), sink.port).await;
    let mut admin = admin(&app, door).await;
    queue(&app, "o'neil&co@example.org").await;
    until(&mut admin, "o'neil", "failed").await;
    let reply = admin.opened(&format!("{MAIL}?state=failed")).await;
    if door == Door::Json {
        let answer = reply.json()["emails"][0]["last_answer"].as_str().unwrap().to_owned();
        assert!(answer.contains("<script>alert(1)</script>"), "{answer}");
        return;
    }
    let shown = reply.body;
    assert!(!shown.contains("<script>alert") && !shown.contains("<b onmouseover"), "{shown}");
    assert!(shown.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && shown.contains("???txet"), "{shown}");
    assert!(shown.contains("<bdi>o'neil&amp;co@example.org</bdi>"), "{shown}");
    assert!(shown.contains("aria-label=\"Try now: the email to o'neil&amp;co@example.org\""), "{shown}");
}

async fn no_link_or_code_is_shown_even_if_the_mail_server_quotes_them(door: Door) {
    let quoted = Arc::new(Mutex::new(None::<(String, String)>));
    let read = Arc::clone(&quoted);
    let sink = Sink::start(Security::None, move |moment| {
        if moment.stage != Stage::Dot {
            return Act::Behave;
        }
        let link = moment.line.lines().find(|line| line.contains("/link/")).unwrap().trim().to_owned();
        let code = moment.line.lines().find(|line| line.len() == 6 && line.parse::<u32>().is_ok()).unwrap();
        let reply = format!("554 spam: {link} {} {}", &code[..3], &code[3..]);
        *read.lock().unwrap() = Some((link.rsplit('/').next().unwrap().to_owned(), code.to_owned()));
        Act::say(&reply)
    })
    .await;
    let app = App::start_with_smtp_as(unlimited(), sink.port).await;
    let mut admin = admin(&app, door).await;
    queue(&app, "ann@example.org").await;
    until(&mut admin, "ann@", "failed").await;
    let (token, code) = quoted.lock().unwrap().clone().unwrap();
    for query in ["state=all", "state=failed", "to=ann"] {
        let shown = admin.opened(&format!("{MAIL}?{query}")).await.body;
        assert!(shown.contains("[link]") && shown.contains("[code]"), "{shown}");
        let mut pieces = token.as_bytes().windows(12).map(|piece| std::str::from_utf8(piece).unwrap());
        assert!(!pieces.any(|piece| shown.contains(piece)), "{shown}");
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        assert!(!shown.contains(&code) && !shown.contains(&spaced), "{shown}");
    }
}
