//! Stylesheet, scripts and icons: part of the binary, named by their contents, kept for ever.

use poem::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use poem::{IntoResponse, Request, Response};

use crate::web::problem::{Code, Problem};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

struct Asset {
    name: &'static str,
    content_type: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
}

/// An asset by its name. Under another name there never was anything, so nothing stale is kept.
pub(super) async fn serve(request: Request) -> poem::Result<Response> {
    let name = request.raw_path_param("part").unwrap_or_default();
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or(Problem::of(Code::NotFound))?;
    Ok(answer(asset, &request, "public, max-age=31536000, immutable"))
}

/// The icon under the name browsers ask for by themselves, which has no version in it.
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
    // An icon may be no smaller when packed.
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
    fn gzip_is_sent_only_to_who_takes_it() {
        for yes in ["gzip", "br, GZIP", "deflate, gzip;q=0.5", "*"] {
            assert!(takes_gzip(yes), "{yes}");
        }
        for no in ["", "br", "gzip;q=0", "gzip; q=0.0", "x-gzipped", "identity"] {
            assert!(!takes_gzip(no), "{no}");
        }
    }
}
