//! The page on which somebody proves once more who they are.

use std::time::Duration;

use crate::harness::app::App;
use crate::harness::caller::Door;
use crate::profile::{ANN, registered};

#[tokio::test]
async fn whoever_signs_in_first_or_has_done_so_by_now_goes_on_where_they_wanted() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    let place = "/reauthenticate?next=%2Fapp%3Fa%3D1";
    let recent = ann.get(place).await;
    assert_eq!((recent.status.as_u16(), recent.header("location")), (303, Some("/app?a=1")));
    assert_eq!(ann.get("/reauthenticate").await.header("location"), Some("/profile"));
    app.clock.advance(Duration::from_mins(10));
    assert_eq!(ann.get(place).await.status.as_u16(), 200);
    let mut nobody = app.caller(Door::Pages);
    let back = Some("/sign-in?next=%2Freauthenticate%3Fnext%3D%252Fapp%253Fa%253D1");
    let form = "next=%2Fapp%3Fa%3D1&password=x";
    assert_eq!(nobody.get(place).await.header("location"), back);
    assert_eq!(nobody.post_form("/reauthenticate", form).await.header("location"), back);
    assert_eq!(nobody.post_form("/reauthenticate/mail", form).await.header("location"), back);
}
