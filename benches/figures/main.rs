//! The figures of the README, measured: `just bench`.
//!
//! Every rate stands beside what the machine can do at most, measured in the same run in turns, so
//! that the ratios mean something on any machine.

mod commits;
mod http;
mod load;
mod passwords;
mod product;
mod profile;
mod tokens;

/// Measures all, or what the arguments name: `cargo bench -- http`.
fn main() {
    let named: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let is_wanted = |name: &str| named.is_empty() || named.iter().any(|word| word == name);
    println!("| what | figure | beside | ratio |");
    println!("| --- | --- | --- | --- |");
    if is_wanted("tokens") {
        tokens::measure();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    if is_wanted("commits") {
        runtime.block_on(commits::measure());
    }
    if is_wanted("http") {
        runtime.block_on(http::measure());
    }
    if is_wanted("profile") {
        runtime.block_on(profile::measure());
    }
    if is_wanted("passwords") {
        runtime.block_on(passwords::measure());
    }
}

/// One row of the table.
fn row(what: &str, figure: &str, beside: &str, ratio: Option<f64>) {
    let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
    println!("| {what} | {figure} | {beside} | {ratio} |");
}

/// The one in the middle: a busy moment on the machine moves it little.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Reads the clock of the machine: here it is what is measured.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the real time")]
fn stopwatch() -> impl Fn() -> std::time::Duration {
    let start = std::time::Instant::now();
    move || start.elapsed()
}
