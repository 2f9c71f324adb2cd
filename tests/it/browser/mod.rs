//! Scenarios in a real browser: Chromium, controlled through chromedriver.
//!
//! `driver` starts and stops the browser, and `site` the server it visits, so that scenarios don't have to.

/// Runs each scenario with and without JavaScript, since every page works without it.
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
mod cookies;
mod driver;
mod front;
mod gate;
mod keyboard;
mod leaving;
mod mailbox;
mod own;
mod pasted;
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
