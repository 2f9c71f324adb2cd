//! The doors: what guards the socket (`edge`), pages, and the JSON API.

pub mod api;
pub mod edge;
pub mod pages;
pub mod problem;
pub mod wire;
