//! Measures the figures in docs/figures.md: `just bench`.
//!
//! Each rate has a reference: the most this machine can do, measured alternately in the same run. So the
//! ratios can be compared between machines.

mod commits;
mod growth;
mod http;
mod load;
mod mails;
mod nodes;
mod passwords;
mod product;
mod shared;
mod strangers;
mod tokens;

/// Measures everything, or the groups named in the arguments: `cargo bench -- http`. The shared engine is measured only
/// if it is named with its server.
fn main() {
    let named: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let is_wanted = |name: &str| named.is_empty() || named.iter().any(|word| word == name);
    println!("| what | figure | reference | ratio |");
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
    if is_wanted("mails") {
        runtime.block_on(mails::measure());
    }
    if is_wanted("growth") {
        runtime.block_on(growth::measure());
    }
    if is_wanted("passwords") {
        runtime.block_on(passwords::measure());
    }
    if let Some(server) = named.iter().find_map(|word| word.strip_prefix("shared=")) {
        runtime.block_on(shared::measure(server));
    }
    if is_wanted("strangers") {
        runtime.block_on(strangers::measure());
    }
}

/// Prints one row of the table.
fn row(what: &str, figure: &str, reference: &str, ratio: Option<f64>) {
    let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
    println!("| {what} | {figure} | {reference} | {ratio} |");
}

/// The median, because a busy moment of the machine hardly changes it.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Reads the real clock, since benchmarks measure real time.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the real time")]
fn stopwatch() -> impl Fn() -> std::time::Duration {
    let start = std::time::Instant::now();
    move || start.elapsed()
}
