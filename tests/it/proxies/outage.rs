//! While Gatepost does not answer, nothing passes.

use rustix::process::Signal;

use super::WIKI;
use super::recipe::Kind;
use super::setup::Front;

three_proxies! {
    nothing_passes_while_gatepost_is_paused_or_gone,
}

async fn nothing_passes_while_gatepost_is_paused_or_gone(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let mut ann = front.ann().await;
    front.gatepost.signal(Signal::STOP);
    for url in [format!("{WIKI}/x"), format!("{WIKI}/open/x")] {
        let reply = ann.get(&url, &["Remote-User: mallory"]).await;
        assert!((500..505).contains(&reply.status), "{url}: {reply:?}");
        front.nothing_reached_the_app("paused");
    }
    front.gatepost.signal(Signal::CONT);
    assert_eq!(ann.get(&format!("{WIKI}/x"), &[]).await.status, 200);
    front.app.seen();
    front.gatepost.signal(Signal::KILL);
    for mut browser in [ann, front.browser()] {
        for path in ["x", "open/x", ".gatepost/start"] {
            let reply = browser.get(&format!("{WIKI}/{path}"), &["Remote-User: mallory"]).await;
            assert!((500..505).contains(&reply.status), "{path}: {reply:?}");
        }
    }
    front.nothing_reached_the_app("gone");
}
