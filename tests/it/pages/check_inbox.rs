//! The waiting page.

use super::{count, page};
use crate::harness::app::{App, without_random_values};
use crate::harness::caller::{Caller, Door};
use crate::profile::{ANN, PASSWORD, WAIT, registered};

const BOB: &str = "bob@example.org";

#[tokio::test]
async fn an_email_without_a_link_is_described_without_one() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    ann.reauthenticate_by_mail(ANN).await;
    app.news_to(ANN).await;
    for sentence in ["We're sending an email to ", "We sent an email to "] {
        ann.get("/check-inbox").await;
        assert_eq!((count(&ann, sentence), count(&ann, "link in")), (1, 0), "{}", page(&ann));
        assert_eq!(count(&ann, "Enter the code from it here."), 1, "{}", page(&ann));
        app.clock.advance(WAIT);
    }
}

/// The browser still has a request that someone else made in it.
#[tokio::test]
async fn a_request_of_another_account_is_not_shown() {
    let app = App::start().await;
    registered(&app, Door::Pages, BOB).await;
    let mut browser = registered(&app, Door::Pages, ANN).await;
    browser.change_email("new@example.org").await;
    app.read_all().await;
    browser.get("/check-inbox").await;
    assert!(count(&browser, "new@example.org") > 0);
    browser.sign_out().await;
    browser.sign_in_with_password(BOB, PASSWORD).await;
    browser.get("/check-inbox").await;
    assert_eq!(count(&browser, "new@example.org"), 0, "{}", page(&browser));
}

/// All that a browser is shown while it uses up its code, and after its request has expired.
async fn seen(app: &App, mut browser: Caller, email: &str) -> Vec<String> {
    let mut seen = Vec::new();
    let mut keep = |browser: &Caller| {
        seen.push(without_random_values(browser.last.as_ref().unwrap()).replace(email, "…"));
    };
    browser.ask(email).await;
    let letter = app.letter_to(email).await;
    for _ in 0..6 {
        browser.type_code(&letter.wrong_code()).await;
        keep(&browser);
    }
    for path in ["/check-inbox", "/sign-in"] {
        browser.get(path).await;
        keep(&browser);
    }
    app.clock.advance(60 * WAIT);
    browser.get("/check-inbox").await;
    keep(&browser);
    app.clock.advance(60 * WAIT);
    browser.get("/check-inbox").await;
    keep(&browser);
    seen
}

#[tokio::test]
async fn a_dead_code_looks_the_same_whoever_the_address_belongs_to() {
    for is_htmx in [false, true] {
        let app = App::start().await;
        registered(&app, Door::Pages, ANN).await;
        app.clock.advance(WAIT);
        let known = seen(&app, app.caller(Door::Pages).with_script(is_htmx), ANN).await;
        let unknown = seen(&app, app.caller(Door::Pages).with_script(is_htmx), BOB).await;
        assert_eq!(known, unknown);
        // Four wrong codes leave the field, the fifth takes it away.
        let fields: Vec<usize> = known.iter().map(|page| page.matches("id=\"code\"").count()).collect();
        assert_eq!(fields, [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
        for page in [4, 5, 6, 8] {
            assert!(known[page].contains("Send a new code</button>"), "{page}: {}", known[page]);
        }
        assert!(known[7].contains("Get a new code"), "{}", known[7]);
        assert!(known[9].contains("Send a new email</button>"), "{}", known[9]);
    }
}

#[tokio::test]
async fn a_waiting_tab_learns_that_the_code_is_dead() {
    let app = App::start().await;
    let mut ann = app.caller(Door::Pages).with_script(true);
    ann.ask(ANN).await;
    let poll = {
        let (_, rest) = page(&ann).split_once("hx-get=\"").unwrap();
        rest.split_once('"').unwrap().0.replace("&amp;", "&")
    };
    ann.get(&poll).await;
    assert_eq!(count(&ann, "id=\"waiting\""), 0, "{}", page(&ann));
    let letter = app.letter_to(ANN).await;
    let mut other_tab = ann.clone();
    for _ in 0..5 {
        other_tab.type_code(&letter.wrong_code()).await;
    }
    let redrawn = ann.get(&poll).await;
    assert_eq!(redrawn.header("hx-retarget"), Some("#waiting"));
    assert_eq!((count(&ann, "id=\"waiting\""), count(&ann, "id=\"code\"")), (1, 0), "{}", page(&ann));
    // Redrawn once: the focus would be lost every few seconds.
    let shown = ann.get(&format!("{poll}&spent=yes")).await;
    assert_eq!((shown.header("hx-retarget"), count(&ann, "id=\"waiting\"")), (None, 0));
}

#[tokio::test]
async fn the_answer_hides_the_form_it_takes_the_place_of() {
    let app = App::start().await;
    let mut ann = app.caller(Door::Pages).with_script(true);
    ann.ask_for(ANN, Some("/app")).await;
    let answer = page(&ann);
    let (_, hidden) = answer.split_once("<div id=\"ask\"").unwrap();
    let (tag, form) = hidden.split_once('>').unwrap();
    assert!(tag.contains(" hidden") && tag.contains("hx-swap-oob=\"true\""), "{tag}");
    assert!(form.contains("value=\"ann@example.org\"") && form.contains("value=\"/app\""), "{form}");
    assert!(answer.contains("<title>Check your inbox · "), "{answer}");
    app.letter_to(ANN).await;
}
