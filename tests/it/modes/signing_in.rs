//! Signing in, in each mode.

use super::{PASSWORD, add_account, by_link, cases, member, start};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    a_first_sign_in_creates_an_account_for_whoever_the_mode_accepts,
    people_with_an_account_sign_in_by_email_in_every_mode,
    people_with_an_account_use_a_password_in_every_mode,
    a_link_from_the_command_line_works_in_every_mode,
}

async fn a_first_sign_in_creates_an_account_for_whoever_the_mode_accepts(door: Door) {
    for (mode, email, is_accepted) in cases() {
        let app = start(mode.clone()).await;
        let mut ann = app.caller(door);
        assert_eq!(ann.ask(email).await, Answer::Done, "{mode:?}: {email}");
        if is_accepted {
            let letter = app.letter_to(email).await;
            assert_eq!(ann.follow(&letter.link).await, Answer::Done, "{mode:?}: {email}");
            assert_eq!(ann.who().await.as_deref(), Some(email));
        } else {
            let letter = app.news_to(email).await;
            assert!(letter.link.is_none() && letter.code.is_none(), "{mode:?}: {}", letter.text);
            assert!(letter.text.replace('\n', " ").contains("no account uses it"), "{}", letter.text);
            assert_eq!(ann.type_code("123456").await, Answer::refused_field(422, "wrong_code", "code"));
        }
        assert_eq!(app.accounts().await, usize::from(is_accepted), "{mode:?}: {email}");
    }
}

async fn people_with_an_account_sign_in_by_email_in_every_mode(door: Door) {
    for (mode, email, _) in cases() {
        for by_code in [false, true] {
            let app = start(mode.clone()).await;
            add_account(&app, email).await;
            let mut ann = app.caller(door);
            assert_eq!(ann.ask(email).await, Answer::Done);
            let letter = app.letter_to(email).await;
            let signed_in =
                if by_code { ann.type_code(&letter.code).await } else { ann.follow(&letter.link).await };
            assert_eq!(signed_in, Answer::Done, "{mode:?}: {email}");
            assert_eq!(ann.who().await.as_deref(), Some(email));
        }
    }
}

async fn people_with_an_account_use_a_password_in_every_mode(door: Door) {
    for (mode, email, _) in cases() {
        let app = start(mode.clone()).await;
        let mut ann = member(&app, door, email).await;
        assert_eq!(ann.change_password(PASSWORD, None).await, Answer::Done);
        app.news_to(email).await;
        let mut again = app.caller(door);
        assert_eq!(again.sign_in_with_password(email, PASSWORD).await, Answer::Done, "{mode:?}: {email}");
        let mut forgetful = app.caller(door);
        assert_eq!(forgetful.forgot_password(email).await, Answer::Done);
        let letter = app.letter_to(email).await;
        assert_eq!(forgetful.reset_by_link(&letter.link, "seven loud geese").await, Answer::Done);
        app.news_to(email).await;
        assert_eq!(forgetful.who().await.as_deref(), Some(email), "{mode:?}");
    }
}

async fn a_link_from_the_command_line_works_in_every_mode(door: Door) {
    for (mode, email, _) in cases() {
        let app = start(mode.clone()).await;
        add_account(&app, email).await;
        let mut ann = by_link(&app, door, email).await;
        assert_eq!(ann.who().await.as_deref(), Some(email), "{mode:?}");
    }
}
