//! What people paste: email addresses with a character that no one sees, and codes in any spelling.

use serde_json::json;

use super::driver::{Browser, Kind};
use super::site::Site;

const ANN: &str = "ann@example.org";
const BUTTON: &str = "main form button[type=submit]";

both_kinds! {
    an_address_pasted_with_an_invisible_character_is_accepted,
    a_code_is_accepted_however_it_is_entered,
}

/// Puts a text into a field as pasting does, at once.
async fn paste(browser: &Browser, css: &str, text: &str) {
    browser.see(css).await.clear().await.unwrap();
    browser.press(css).await;
    browser.devtools("Input.insertText", json!({ "text": text })).await;
}

async fn an_address_pasted_with_an_invisible_character_is_accepted(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    for (number, [before, after]) in
        [["", "\u{a0}"], ["", "\u{200b}"], ["\u{feff}", "\u{2003}\u{200e}"]].into_iter().enumerate()
    {
        browser.goto(&site.url("/sign-in")).await.unwrap();
        let email = format!("ann{number}@example.org");
        paste(&browser, "#email", &format!("{before}{email}{after}")).await;
        browser.press(BUTTON).await;
        browser.read(&format!("We're sending an email to {email}")).await;
        site.letter(&email).await;
    }
}

async fn a_code_is_accepted_however_it_is_entered(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    let full_width = |code: &str| -> String {
        code.chars().map(|digit| char::from_u32(u32::from(digit) - 0x30 + 0xff10).unwrap()).collect()
    };
    let spellings: [&dyn Fn(&str) -> String; 3] =
        [&full_width, &|code| format!("{code} is your Gatepost code (10 minutes)"), &|code| {
            format!("\u{200b}{}\u{2009}\u{2013} {}\u{a0}", &code[..3], &code[3..])
        }];
    for spelled in spellings {
        browser.goto(&site.url("/sign-in")).await.unwrap();
        browser.fill("#email", ANN).await;
        browser.press(BUTTON).await;
        browser.see("#code").await;
        let text = spelled(&site.letter(ANN).await.code);
        paste(&browser, "#code", &text).await;
        if kind == Kind::WithoutScripts {
            browser.press("#code-form button[type=submit]").await;
        }
        browser.arrive("/").await;
        browser.press("main form[action='/sign-out'] button").await;
        browser.arrive("/sign-in").await;
    }
}
