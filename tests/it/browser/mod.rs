//! What people do, in a real browser: Chromium driven through chromedriver.
//!
//! `driver` starts and stops the browser, `site` what it looks at; the scenarios know neither.

mod driver;
mod letters;
mod scanner;
mod session;
mod sign_in;
mod site;
mod waiting;
mod wire;
