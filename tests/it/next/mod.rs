//! Where people go after signing in.

mod kept;
mod leaving;
mod place;
mod way;

const NOT_THERE: &str = "We couldn't take you to the page you asked for, so we brought you here instead.";

/// What an app can ask for, and what a header says.
const PLACES: [[&str; 2]; 10] = [
    ["/app", "/app"],
    ["/app/a%2Fb?x=%26&y=1#z", "/app/a%2Fb?x=%26&y=1#z"],
    ["/go//https://example.org/", "/go//https://example.org/"],
    ["/app/../other/./x", "/app/../other/./x"],
    ["/..//x", "/..//x"],
    ["/app?q=a+b&next=/c", "/app?q=a+b&next=/c"],
    ["/app/\"<b>'", "/app/\"<b>'"],
    ["/bücher?größe=1", "/b%C3%BCcher?gr%C3%B6%C3%9Fe=1"],
    ["/a b", "/a%20b"],
    ["/app?%0d%0aSet-Cookie:x=y", "/app?%0d%0aSet-Cookie:x=y"],
];
