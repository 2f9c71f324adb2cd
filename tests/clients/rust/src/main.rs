//! Signs in with the generated Rust client, and out again.

progenitor::generate_api!(spec = "openapi.json");

use types::{RedeemCode, RedeemLink, RequestSignIn};

const ADDRESS: &str = "rust@example.org";

async fn newest_letter(client: &Client) -> types::Letter {
    let letters = client.mailbox(Some(ADDRESS), Some(10)).await.unwrap().into_inner();
    letters.letters.into_iter().next().unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let base = std::env::var("BASE").unwrap();
    let client = Client::new(&base);
    let ask = RequestSignIn { email: ADDRESS.parse().unwrap(), request: None };

    let request = client.request_sign_in(&ask).await.unwrap().into_inner().request;
    let code = newest_letter(&client).await.code.unwrap();
    let first = client.redeem_code(&RedeemCode { request, code }).await.unwrap().into_inner();
    assert_eq!((first.outcome.as_str(), first.account.pending_email), ("confirmed", None));

    let request = client.request_sign_in(&ask).await.unwrap().into_inner().request;
    let link = newest_letter(&client).await.link.unwrap();
    let token = link.rsplit('/').next().unwrap();
    let with_request = RedeemLink { confirm: None, request: Some(request) };
    let second = client.redeem_link(token, &with_request).await.unwrap().into_inner();
    assert_eq!((second.outcome.as_str(), second.account.id), ("signed_in", first.account.id));

    let mut headers = reqwest::header::HeaderMap::new();
    let bearer = format!("Bearer {}", second.session.token.unwrap());
    headers.insert(reqwest::header::AUTHORIZATION, bearer.parse().unwrap());
    let http = reqwest::Client::builder().default_headers(headers).build().unwrap();
    let signed_in = Client::new_with_client(&base, http);
    assert_eq!(signed_in.session().await.unwrap().into_inner().account.email, ADDRESS);
    signed_in.sign_out().await.unwrap();
    // The generator knows problems as bytes alone.
    let refused = signed_in.session().await.unwrap_err();
    assert_eq!(refused.status(), Some(reqwest::StatusCode::UNAUTHORIZED));
    println!("Rust: signed in by code and link, signed out");
}
