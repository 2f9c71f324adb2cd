//! The start page.

use gatepost::domain::operator::Role;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;

use super::{count, page};
use crate::harness::app::App;
use crate::harness::caller::Door;
use crate::profile::{ANN, registered};

#[tokio::test]
async fn an_administrator_of_a_fresh_install_sees_what_to_do_next() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    ann.get("/").await;
    assert_eq!(count(&ann, "Next steps"), 0, "{}", page(&ann));
    let address = EmailAddress::parse(ANN).unwrap();
    app.house.gatepost.set_role(&address, Role::Admin, &Client::server()).await.unwrap();
    ann.get("/").await;
    assert_eq!(count(&ann, "Next steps"), 1, "{}", page(&ann));
    for setting in ["public_url", "mail.transport", "home"] {
        assert_eq!(count(&ann, &format!("<code>{setting}</code>")), 1, "{setting}: {}", page(&ann));
    }
}
