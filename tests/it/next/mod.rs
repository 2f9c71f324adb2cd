//! Where people go after signing in.

mod kept;
mod leaving;
mod place;
pub(crate) mod way;

pub(crate) const NOT_THERE: &str =
    "We couldn't take you to the page you asked for, so we brought you here instead.";

/// What an app can ask for, and what a header says.
const PLACES: [[&str; 2]; 2] = [
    ["/app/a%2Fb?x=%26&y=1#z", "/app/a%2Fb?x=%26&y=1#z"],
    ["/bücher?größe=1", "/b%C3%BCcher?gr%C3%B6%C3%9Fe=1"],
];
