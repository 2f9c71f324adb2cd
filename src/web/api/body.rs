//! JSON bodies: requests are read by the rules of `wire`, responses are written.

use std::io;

use poem::http::header::CONTENT_TYPE;
use poem::{IntoResponse, Request, RequestBody, Response};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaResponses, Registry};
use poem_openapi::types::{ToJSON, Type};
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions, payload};
use serde::Serialize;

use crate::web::problem::{Code, Problem};
use crate::web::wire::{Fields, Input};

const JSON: &str = "application/json";

/// The input of an operation. Used instead of poem-openapi's `Json`, which refuses in the words of serde
/// and accepts any media type that ends in `+json`.
pub(super) struct Body<T>(pub(super) T);

impl<'a, T: Type + Input> ApiExtractor<'a> for Body<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: JSON, schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        if !is_json(request) {
            return Err(Problem::of(Code::UnsupportedMediaType).into());
        }
        let bytes = body.take()?.into_bytes().await?;
        Ok(Self(Fields::from_json(bytes)?.read()?))
    }
}

/// The same for an input without required fields: the body may be left out too.
pub(super) struct PerhapsBody<T>(pub(super) T);

impl<'a, T: Type + Input> ApiExtractor<'a> for PerhapsBody<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Body::<T>::request_meta().map(|meta| MetaRequest { required: false, ..meta })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let bytes = body.take()?.into_bytes().await?;
        let fields = match (bytes.is_empty(), is_json(request)) {
            (true, _) => Fields::default(),
            (false, true) => Fields::from_json(bytes)?,
            (false, false) => return Err(Problem::of(Code::UnsupportedMediaType).into()),
        };
        Ok(Self(fields.read()?))
    }
}

/// The response of an operation. Used instead of poem-openapi's `Json`, which builds a tree of values
/// first: that took a sixth of the time of a session check.
pub(super) struct Json<T>(pub(super) T);

/// Nearly every response fits, so its memory is taken once.
const USUAL_BYTES: usize = 1024;

impl<T: Serialize + Send> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut written = Written(Vec::with_capacity(USUAL_BYTES));
        serde_json::to_writer(&mut written, &self.0).expect("objects of this door can be written");
        Response::builder().content_type("application/json; charset=utf-8").body(written.0)
    }
}

/// What was written so far. Most of what comes is one byte, a quotation mark or a comma, and a vector takes as long for
/// it as for a word.
struct Written(Vec<u8>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match *bytes {
            [byte] => self.0.push(byte),
            _ => self.0.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<T: ToJSON> ApiResponse for Json<T> {
    fn meta() -> MetaResponses {
        payload::Json::<T>::meta()
    }

    fn register(registry: &mut Registry) {
        payload::Json::<T>::register(registry);
    }
}

/// Another site's page can send a form or plain text without asking the server first, but not JSON.
fn is_json(request: &Request) -> bool {
    let mut types = request.headers().get_all(CONTENT_TYPE).iter();
    match (types.next().and_then(|value| value.to_str().ok()), types.next()) {
        (Some(one), None) => one.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case(JSON)),
        _ => false,
    }
}
