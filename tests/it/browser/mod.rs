//! What people do, in a real browser: Chromium driven through chromedriver.
//!
//! `driver` starts and stops the browser, `site` what it looks at; the scenarios know neither.

/// Runs each scenario as people have it and with JavaScript switched off: every page does without.
macro_rules! both_kinds {
    ($($scenario:ident),+ $(,)?) => {
        mod with_scripts {
            use crate::browser::driver::{Kind, is_installed};
            $(#[tokio::test]
            async fn $scenario() {
                if is_installed() {
                    super::$scenario(Kind::Usual).await;
                }
            })+
        }
        mod without_scripts {
            use crate::browser::driver::{Kind, is_installed};
            $(#[tokio::test]
            async fn $scenario() {
                if is_installed() {
                    super::$scenario(Kind::WithoutScripts).await;
                }
            })+
        }
    };
}

mod chromedriver;
mod driver;
mod gate;
mod letters;
mod profile;
mod reauthentication;
mod recovery;
mod registration;
mod scanner;
mod session;
mod sign_in;
mod site;
mod unconfirmed;
mod waiting;
mod wire;
