//! The page on which people confirm once more that it is them.

use std::time::Duration;

use crate::harness::app::App;
use crate::harness::caller::Door;
use crate::profile::{ANN, registered};

#[tokio::test]
async fn signing_in_first_or_recently_leads_on_to_next() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    let place = "/reauthenticate?next=%2Fapp%3Fa%3D1";
    let recent = ann.get(place).await;
    assert_eq!((recent.status.as_u16(), recent.header("location")), (303, Some("/app?a=1")));
    assert_eq!(ann.get("/reauthenticate").await.header("location"), Some("/profile"));
    app.clock.advance(Duration::from_mins(10));
    assert_eq!(ann.get(place).await.status.as_u16(), 200);
    let mut stranger = app.caller(Door::Pages);
    let back = Some("/sign-in?next=%2Freauthenticate%3Fnext%3D%252Fapp%253Fa%253D1");
    let form = "next=%2Fapp%3Fa%3D1&password=x";
    assert_eq!(stranger.get(place).await.header("location"), back);
    let back = Some("/sign-in?cookies&next=%2Freauthenticate%3Fnext%3D%252Fapp%253Fa%253D1");
    assert_eq!(stranger.post_form("/reauthenticate", form).await.header("location"), back);
    assert_eq!(stranger.post_form("/reauthenticate/mail", form).await.header("location"), back);
}
