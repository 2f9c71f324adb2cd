//! What both doors share: the domain, the site they serve, and which door a request came through.

use std::sync::Arc;

use crate::domain::Gatepost;
use crate::domain::ports::Mailbox;
use crate::domain::record::next::Next;
use crate::path::{API, Origin};

/// What both doors need to answer.
#[derive(Clone)]
pub struct House {
    /// Every act.
    pub gatepost: Arc<Gatepost>,
    /// The letters to show, with the mailbox transport.
    pub mailbox: Option<Arc<dyn Mailbox>>,
    /// What every page knows.
    pub site: Arc<Site>,
}

/// What every page knows of the place it stands in.
#[derive(Clone, Debug)]
pub struct Site {
    /// The product's name, as the operator chose it.
    pub name: String,
    /// Where this server is reached.
    pub public_url: Origin,
    /// Where a sign-in without `next` leads.
    pub home: Next,
    /// Whether somebody new can register.
    pub registration: bool,
    /// Whether the mailbox page is there to be linked to.
    pub has_mailbox: bool,
}

/// The two ways in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// HTML, cookies, same-origin rule.
    Pages,
    /// JSON, bearer tokens, no cookies.
    Json,
}

impl Door {
    /// Which door a path belongs to.
    #[must_use]
    pub fn of(path: &str) -> Self {
        match path.strip_prefix(API) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Self::Json,
            _ => Self::Pages,
        }
    }
}
