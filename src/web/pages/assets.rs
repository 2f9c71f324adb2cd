//! Stylesheet, scripts and icons. They are part of the binary and named by their contents, so browsers
//! can keep them permanently.

use poem::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use poem::{IntoResponse, Request, Response};

use crate::web::apps::Icon;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// They never change.
const PERMANENTLY: &str = "public, max-age=31536000, immutable";

struct Asset {
    name: &'static str,
    content_type: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
}

/// Serves an asset by its name. A changed asset has another name, so no browser uses an old one.
pub(in crate::web) async fn serve(request: Request) -> poem::Result<Response> {
    let name = request.raw_path_param("part").unwrap_or_default();
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or(Problem::of(Code::NotFound))?;
    Ok(answer(asset, &request, PERMANENTLY))
}

/// Serves an asset or the picture of an app by its name.
pub(super) async fn serve_any(house: House, request: Request) -> poem::Result<Response> {
    let name = request.raw_path_param("part").unwrap_or_default();
    match house.site.apps.icon(name) {
        Some(icon) => Ok(picture(icon)),
        None => serve(request).await,
    }
}

fn picture(icon: &Icon) -> Response {
    Response::builder()
        .header(CONTENT_TYPE, icon.kind.media_type())
        .header(CACHE_CONTROL, PERMANENTLY)
        .body(icon.bytes.clone())
}

/// Serves the icon under the name that browsers request unasked. It has no version, so it is kept for a
/// day only.
pub(super) async fn favicon(request: Request) -> poem::Result<Response> {
    let asset = ASSETS.iter().find(|asset| asset.name == FAVICON).ok_or(Problem::of(Code::NotFound))?;
    Ok(answer(asset, &request, "public, max-age=86400"))
}

fn answer(asset: &Asset, request: &Request, cache: &str) -> Response {
    let takes_gzip = request.header(ACCEPT_ENCODING).is_some_and(takes_gzip);
    let response = Response::builder()
        .header(CONTENT_TYPE, asset.content_type)
        .header(CACHE_CONTROL, cache)
        .header(VARY, "Accept-Encoding");
    // Compressing a small icon can make it larger.
    if takes_gzip && asset.gzip.len() < asset.plain.len() {
        response.header(CONTENT_ENCODING, "gzip").body(asset.gzip).into_response()
    } else {
        response.body(asset.plain).into_response()
    }
}

fn takes_gzip(accept: &str) -> bool {
    accept.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip") || name == "*");
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
        is_gzip && quality.is_ok_and(|quality| quality > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::takes_gzip;

    #[test]
    fn gzip_is_sent_only_to_browsers_that_accept_it() {
        for yes in ["gzip", "br, GZIP", "deflate, gzip;q=0.5", "*"] {
            assert!(takes_gzip(yes), "{yes}");
        }
        for no in ["", "br", "gzip;q=0", "gzip; q=0.0", "x-gzipped", "identity"] {
            assert!(!takes_gzip(no), "{no}");
        }
    }
}
