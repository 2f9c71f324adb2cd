//! In front of apps on other hosts: what a proxy is answered that asks about a request, and our own paths on the hosts
//! of apps. No byte of an app passes through here.
//!
//! | part | what it owns |
//! | --- | --- |
//! | `question` | what a proxy asks about |
//! | `elsewhere` | whether the page of another site acts with someone's cookie |
//! | `judge` | what the app's rule says |
//! | `key` | the key that a program sends |
//! | `kind` | who waits for the answer: a person, htmx or a program |
//! | `answer` | the whole answer, as the person or program should get it |
//! | `draw` | pages on the host of an app, where none of our files are, and refusals for programs |
//! | `browser` | what leads a browser to us: its secret, and a ticket |
//! | `host` | our own paths on the hosts of apps |

pub(super) mod answer;
mod browser;
pub(super) mod draw;
mod elsewhere;
pub(super) mod host;
mod judge;
mod key;
mod kind;
pub(super) mod question;
