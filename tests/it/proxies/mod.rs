//! The recipes of docs/recipes, run by nginx, Caddy and `HAProxy` in front of two apps on two domains. Only addresses,
//! ports, certificates and folders differ from the files, and the second app is added as docs/proxies.md says.

/// Runs each scenario behind the three proxies.
macro_rules! three_proxies {
    ($($scenario:ident),+ $(,)?) => {
        mod behind_nginx {
            $(#[tokio::test]
            async fn $scenario() {
                super::$scenario(crate::proxies::recipe::Kind::Nginx).await;
            })+
        }
        mod behind_caddy {
            $(#[tokio::test]
            async fn $scenario() {
                super::$scenario(crate::proxies::recipe::Kind::Caddy).await;
            })+
        }
        mod behind_haproxy {
            $(#[tokio::test]
            async fn $scenario() {
                super::$scenario(crate::proxies::recipe::Kind::Haproxy).await;
            })+
        }
    };
}

mod answers;
mod browser;
mod echo;
mod forged;
mod identity;
mod outage;
mod programs;
pub(crate) mod recipe;
pub(crate) mod setup;
mod uploads;
mod visits;
mod wire;

const WIKI: &str = "https://wiki.example.org";
const GIT: &str = "https://git.example.net";
const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.net";
