//! Forms name the account they were drawn for: another tab may have signed in to another account since.

use std::time::Duration;

use super::{count, page};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door, path_of};
use crate::profile::{ANN, PASSWORD, WAIT, also, registered};

const BEN: &str = "ben@example.org";
const REFUSED: &str =
    "Another account was signed in here after this page was opened, so nothing was changed.";
const WARNING: &str = "Signing in here will sign you out of that account.";

/// A form as it was drawn: where it is sent, and its hidden fields.
type Form = (String, String);

/// The forms on the last page, without those of its navigation.
fn forms(caller: &Caller) -> Vec<Form> {
    let (_, main) = page(caller).split_once("<main").unwrap();
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    };
    let form = |form: &str| {
        let action = attribute(form.split('>').next().unwrap(), "action").unwrap();
        let (form, _) = form.split_once("</form>").unwrap();
        let hidden = form.split("<input").filter(|tag| tag.contains("type=\"hidden\""));
        let pairs = hidden.map(|tag| (attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap()));
        (action, form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    };
    main.split("<form").skip(1).map(form).collect()
}

/// Ann with everything that puts a form on the account page, and the forms there.
async fn at_her_account(app: &App) -> (Caller, Vec<Form>) {
    let mut ann = registered(app, Door::Pages, ANN).await;
    also(app, Door::Pages, ANN, PASSWORD).await;
    ann.change_email("new@example.org").await;
    app.read_all().await;
    ann.get("/profile").await;
    let forms = forms(&ann);
    assert_eq!(forms.len(), 9, "{}", page(&ann));
    (ann, forms)
}

#[tokio::test]
async fn no_form_of_the_account_page_acts_on_another_account() {
    for is_htmx in [false, true] {
        let app = App::start().await;
        let (mut ann, forms) = at_her_account(&app).await;
        // In the same browser.
        ann.cookies = registered(&app, Door::Pages, BEN).await.cookies;
        let mut browser = ann.with_script(is_htmx);
        browser.get("/profile").await;
        let before = app.all_records().await;
        for (action, hidden) in forms {
            let typed = "password=seven+loud+geese&confirm=delete";
            let form = match action.as_str() {
                "/profile/email" if !hidden.contains("email=") => format!("{hidden}&email=x%40example.org"),
                "/profile/email" => hidden,
                _ => format!("{hidden}&{typed}"),
            };
            let reply = browser.post_form_as_it_is(&action, &form).await;
            let said = (reply.status.as_u16(), reply.header("x-problem"));
            assert_eq!(said, (409, Some("other_account")), "{action}");
            assert_eq!(count(&browser, REFUSED), 1, "{action}: {}", page(&browser));
            let own = r#"You're signed in as <strong class="address">ben@example.org</strong>."#;
            assert_eq!(count(&browser, own), 1, "{action}: {}", page(&browser));
            assert_eq!(page(&browser).contains("<html"), !is_htmx, "{action}");
            assert_eq!(app.all_records().await, before, "{action}");
        }
        // The page that was shown again is this account's own, so its forms work.
        assert_eq!(browser.remove_password().await, Answer::Done);
        app.news_to(BEN).await;
    }
}

#[tokio::test]
async fn a_form_that_names_no_account_is_refused() {
    let app = App::start().await;
    let (mut ann, forms) = at_her_account(&app).await;
    let before = app.all_records().await;
    for path in
        forms.iter().map(|(action, _)| action.as_str()).chain(["/reauthenticate", "/reauthenticate/mail"])
    {
        let reply = ann.post_form_as_it_is(path, "email=x%40example.org&password=x&confirm=delete").await;
        let said = (reply.status.as_u16(), reply.header("x-problem"), reply.header("x-problem-field"));
        assert_eq!(said, (422, Some("missing_field"), Some("account")), "{path}");
        assert_eq!(count(&ann, "This page was out of date, so nothing was changed."), 1, "{path}");
        assert_eq!(app.all_records().await, before, "{path}");
    }
}

#[tokio::test]
async fn a_form_of_another_account_is_refused_before_anyone_is_asked_to_confirm_it_is_them() {
    let app = App::start().await;
    let (mut ann, forms) = at_her_account(&app).await;
    ann.cookies = registered(&app, Door::Pages, BEN).await.cookies;
    app.clock.advance(Duration::from_mins(10));
    for (action, hidden) in forms {
        assert_eq!(ann.post_form_as_it_is(&action, &hidden).await.status.as_u16(), 409, "{action}");
    }
    ann.cookies.clear();
    let signed_out = ann.post_form_as_it_is("/profile/delete", "confirm=delete&account=none").await;
    assert_eq!(signed_out.header("location"), Some("/sign-in?cookies&next=%2Fprofile"));
}

#[tokio::test]
async fn no_one_confirms_that_it_is_them_for_another_account() {
    for is_htmx in [false, true] {
        let app = App::start().await;
        let mut ann = registered(&app, Door::Pages, ANN).await;
        let ben = registered(&app, Door::Pages, BEN).await;
        app.clock.advance(Duration::from_mins(10));
        ann.get("/reauthenticate?next=%2Fapp").await;
        let forms = forms(&ann);
        ann.cookies = ben.cookies;
        let mut browser = ann.with_script(is_htmx);
        browser.who().await;
        let before = app.all_records().await;
        for (action, hidden) in forms.iter().filter(|(action, _)| action != "/sign-out") {
            // Both have this password.
            let form = format!("{hidden}&password=three+quiet+otters");
            let reply = browser.post_form_as_it_is(action, &form).await;
            assert_eq!((reply.status.as_u16(), reply.header("x-problem")), (409, Some("other_account")));
            assert_eq!(count(&browser, REFUSED), 1, "{action}: {}", page(&browser));
            assert_eq!(reply.header("hx-retarget"), Some("#confirm-card"));
            assert!(!page(&browser).contains(ANN), "{action}: {}", page(&browser));
            assert_eq!(count(&browser, r#"name="next" value="/app""#), 2, "{action}: {}", page(&browser));
            assert_eq!(app.all_records().await, before, "{action}");
        }
        assert_eq!(browser.reauthenticate(PASSWORD).await, Answer::Done);
    }
}

/// A link opened in a background tab submits itself when someone looks at it, and by then they may have
/// signed in to another account.
#[tokio::test]
async fn a_link_warns_about_an_account_that_was_signed_in_after_its_page_was_opened() {
    let app = App::start().await;
    registered(&app, Door::Pages, BEN).await;
    let mut browser = app.caller(Door::Pages);
    assert_eq!(browser.ask(ANN).await, Answer::Done);
    let link = path_of(&app.letter_to(ANN).await.link);
    browser.get(&link).await;
    assert_eq!(count(&browser, "data-post-once"), 1);
    let (_, hidden) = forms(&browser).remove(0);
    assert_eq!(browser.sign_in_with_password(BEN, PASSWORD).await, Answer::Done);
    let refused = browser.post_form(&link, &hidden).await;
    assert_eq!((refused.status.as_u16(), refused.header("x-problem")), (409, Some("other_account")));
    assert_eq!((count(&browser, WARNING), count(&browser, "data-post-once")), (1, 0), "{}", page(&browser));
    // Now the page has said so.
    let (_, hidden) = forms(&browser).remove(0);
    assert_eq!(browser.who().await.as_deref(), Some(BEN));
    assert_eq!(browser.post_form(&link, &hidden).await.status.as_u16(), 303);
    assert_eq!(browser.who().await.as_deref(), Some(ANN));
    // A second click on the first page finds the session that the link created.
    assert_eq!(browser.post_form(&link, "account=none").await.status.as_u16(), 303);
}

#[tokio::test]
async fn a_code_warns_about_an_account_that_was_signed_in_after_its_page_was_opened() {
    for is_htmx in [false, true] {
        let app = App::start().await;
        registered(&app, Door::Pages, BEN).await;
        let mut browser = app.caller(Door::Pages);
        assert_eq!(browser.ask(ANN).await, Answer::Done);
        let code = app.letter_to(ANN).await.code;
        browser.get("/check-inbox").await;
        let (_, hidden) = forms(&browser).into_iter().find(|(action, _)| action == "/code").unwrap();
        assert_eq!(browser.sign_in_with_password(BEN, PASSWORD).await, Answer::Done);
        let mut browser = browser.with_script(is_htmx);
        let refused = browser.post_form("/code", &format!("{hidden}&code={code}")).await;
        assert_eq!((refused.status.as_u16(), refused.header("x-problem")), (409, Some("other_account")));
        assert_eq!(count(&browser, WARNING), 1, "{}", page(&browser));
        let body = page(&browser).to_owned();
        assert_eq!(browser.who().await.as_deref(), Some(BEN));
        let (_, form) = body.split_once("name=\"account\" value=\"").unwrap();
        let account = form.split('"').next().unwrap();
        let form = format!("code={code}&account={account}");
        assert!(browser.post_form("/code", &form).await.status.as_u16() < 400);
        assert_eq!(browser.with_script(false).who().await.as_deref(), Some(ANN));
    }
}

#[tokio::test]
async fn a_password_warns_about_an_account_that_was_signed_in_after_its_page_was_opened() {
    for is_htmx in [false, true] {
        let app = App::start().await;
        registered(&app, Door::Pages, ANN).await;
        registered(&app, Door::Pages, BEN).await;
        let mut browser = app.caller(Door::Pages);
        browser.get("/sign-in/password").await;
        let (_, hidden) = forms(&browser).remove(0);
        assert_eq!(browser.sign_in_with_password(BEN, PASSWORD).await, Answer::Done);
        let mut browser = browser.with_script(is_htmx);
        let typed = "email=ann%40example.org&password=three+quiet+otters";
        let hashed = app.house.gatepost.passwords_hashed();
        let refused = browser.post_form("/sign-in/password", &format!("{hidden}&{typed}")).await;
        assert_eq!((refused.status.as_u16(), refused.header("x-problem")), (409, Some("other_account")));
        assert_eq!((count(&browser, REFUSED), count(&browser, WARNING)), (1, 1), "{}", page(&browser));
        assert_eq!(app.house.gatepost.passwords_hashed(), hashed);
        // The page says so now, and it keeps saying so while something else is wrong.
        let body = page(&browser).to_owned();
        let (_, form) = body.split_once("name=\"account\" value=\"").unwrap();
        let account = form.split('"').next().unwrap();
        let wrong = format!("email=ann%40example.org&password=wrong&account={account}");
        assert_eq!(browser.post_form("/sign-in/password", &wrong).await.status.as_u16(), 401);
        assert_eq!((count(&browser, REFUSED), count(&browser, WARNING)), (0, 1), "{}", page(&browser));
        assert_eq!(browser.clone().with_script(false).who().await.as_deref(), Some(BEN));
        let right = format!("{typed}&account={account}");
        assert!(browser.post_form("/sign-in/password", &right).await.status.as_u16() < 400);
        let mut browser = browser.with_script(false);
        assert_eq!(browser.who().await.as_deref(), Some(ANN));
        // The same account again is not another one.
        let again = browser.post_form("/sign-in/password", &format!("{hidden}&{typed}")).await;
        assert_eq!(again.status.as_u16(), 303);
    }
}

/// A page of ours always names the account, so nothing shows that the person was warned.
#[tokio::test]
async fn a_form_that_signs_out_another_account_has_to_name_it() {
    let app = App::start().await;
    registered(&app, Door::Pages, ANN).await;
    registered(&app, Door::Pages, BEN).await;
    app.clock.advance(WAIT);
    let mut browser = app.caller(Door::Pages);
    assert_eq!(browser.ask(ANN).await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    assert_eq!(browser.sign_in_with_password(BEN, PASSWORD).await, Answer::Done);
    app.device_emails().await;
    let before = app.all_records().await;
    for (path, form) in [
        ("/sign-in/password", "email=ann%40example.org&password=three+quiet+otters"),
        ("/code", &format!("code={}", letter.code)),
        (&path_of(&letter.link), ""),
    ] {
        let reply = browser.post_form_as_it_is(path, form).await;
        let said = (reply.status.as_u16(), reply.header("x-problem"), reply.header("x-problem-field"));
        assert_eq!(said, (422, Some("missing_field"), Some("account")), "{path}");
        let shown = (count(&browser, "This page was out of date"), count(&browser, WARNING));
        assert_eq!(shown, (1, 1), "{path}: {}", page(&browser));
        assert_eq!(app.all_records().await, before, "{path}");
    }
    assert_eq!(browser.who().await.as_deref(), Some(BEN));
}

#[tokio::test]
async fn signing_out_ends_whichever_session_the_browser_has() {
    let app = App::start().await;
    let mut ben = registered(&app, Door::Pages, BEN).await;
    assert_eq!(ben.post_form("/sign-out", "account=another").await.status.as_u16(), 303);
    assert_eq!(ben.who().await, None);
}

/// Browsers and password managers look there (W3C, "A Well-Known URL for Changing Passwords").
#[tokio::test]
async fn the_well_known_path_leads_to_the_page_that_changes_a_password() {
    let app = App::start().await;
    let mut browser = app.caller(Door::Pages);
    let reply = browser.get("/.well-known/change-password").await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, Some("/profile")));
    // They also check that a path which doesn't exist is reported as such.
    let never = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    assert_eq!(browser.get(never).await.status.as_u16(), 404);
}
