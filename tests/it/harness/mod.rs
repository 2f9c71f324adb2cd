//! What every test builds on.

mod admins;
pub(crate) mod app;
pub(crate) mod caller;
mod chance;
pub(crate) mod chaotic;
pub(crate) mod compare;
pub(crate) mod document;
pub(crate) mod engine;
pub(crate) mod http;
pub(crate) mod inbox;
pub(crate) mod inside;
pub(crate) mod installed;
pub(crate) mod integrity;
pub(crate) mod leftovers;
pub(crate) mod limits;
pub(crate) mod log;
pub(crate) mod postgres;
pub(crate) mod process;
mod reading;
pub(crate) mod records;
pub(crate) mod running;
pub(crate) mod spoiled;
pub(crate) mod street;
pub(crate) mod wire;
pub(crate) mod world;

/// Runs each scenario through both doors, in the same words.
macro_rules! both_doors {
    ($($scenario:ident),+ $(,)?) => {
        crate::harness::both_doors! { #[tokio::test] $($scenario),+ }
    };
    (#[$test:meta] $($scenario:ident),+ $(,)?) => {
        mod through_pages {
            $(#[$test]
            async fn $scenario() {
                super::$scenario(crate::harness::caller::Door::Pages).await;
            })+
        }
        mod through_json {
            $(#[$test]
            async fn $scenario() {
                super::$scenario(crate::harness::caller::Door::Json).await;
            })+
        }
    };
}
pub(crate) use both_doors;

/// Writes a file that only its owner can read.
pub(crate) fn write_secret(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).unwrap();
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(path, private).unwrap();
}
