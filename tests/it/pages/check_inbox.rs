//! The page that waits for a letter.

use super::{count, page};
use crate::harness::app::App;
use crate::harness::caller::Door;
use crate::profile::{ANN, PASSWORD, WAIT, registered};

#[tokio::test]
async fn a_letter_without_a_link_is_spoken_of_as_one() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    ann.reauthenticate_by_mail(ANN).await;
    app.news_to(ANN).await;
    for sentence in ["Type the code of it here.", "Type the code of our letter here."] {
        ann.get("/check-inbox").await;
        assert_eq!((count(&ann, sentence), count(&ann, "link in")), (1, 0), "{}", page(&ann));
        app.clock.advance(WAIT);
    }
}

/// The browser still holds what somebody else asked for in it.
#[tokio::test]
async fn nobody_is_shown_what_another_account_waits_for() {
    let app = App::start().await;
    registered(&app, Door::Pages, "bob@example.org").await;
    let mut browser = registered(&app, Door::Pages, ANN).await;
    browser.change_email("new@example.org").await;
    app.read_all().await;
    browser.get("/check-inbox").await;
    assert!(count(&browser, "new@example.org") > 0);
    browser.sign_out().await;
    browser.sign_in_with_password("bob@example.org", PASSWORD).await;
    browser.get("/check-inbox").await;
    assert_eq!(count(&browser, "new@example.org"), 0, "{}", page(&browser));
}
