//! A reply as HTTP: what it holds, and how its length is told.

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{ALLOW, CONTENT_TYPE, DATE, HeaderValue, LOCATION};
use hyper::{Response, StatusCode};
use serde_json::json;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::SystemTime;

const JSON: &str = "application/json;charset=UTF-8";
pub(crate) const HTML: &str = "text/html;charset=UTF-8";

/// A reply before it is framed.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    kind: &'static str,
    pub(crate) location: Option<String>,
    /// In place of the machine's own.
    pub(crate) date: Option<SystemTime>,
    pub(crate) body: Vec<u8>,
}

impl Page {
    pub(crate) fn new(status: StatusCode, kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            kind,
            location: None,
            date: None,
            body: body.into(),
        }
    }

    pub(crate) fn json(status: StatusCode, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, JSON, body)
    }

    pub(crate) fn html(status: StatusCode) -> Self {
        let reason = status.canonical_reason().unwrap_or_default();
        let body = format!(
            "<html><head><title>{status}</title></head><body><h1>{reason}</h1></body></html>\r\n"
        );
        Self::new(status, HTML, body)
    }

    /// What a gateway says of itself: it looks like the centre's replies, and is none.
    pub(crate) fn gateway(status: StatusCode) -> Self {
        let reason = status.canonical_reason().unwrap_or("Unknown");
        let body = json!({"code": status.as_u16(), "message": reason});
        Self::json(status, body.to_string())
    }

    /// Whether the status lets a body follow (RFC 9110, 6.4.1).
    pub(crate) fn has_body(&self) -> bool {
        !matches!(
            self.status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        )
    }

    /// Its headers, as far as they are decided here.
    pub(crate) fn shown_headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![
            ("content-type".to_owned(), self.kind.to_owned()),
            ("content-length".to_owned(), self.body.len().to_string()),
        ];
        let date = self.date.map(httpdate::fmt_http_date);
        headers.extend(date.map(|date| ("date".to_owned(), date)));
        headers.extend(self.location.clone().map(|to| ("location".to_owned(), to)));
        headers
    }

    /// The head as bytes, for the faults that send the reply by hand.
    pub(crate) fn head(&self, with_length: bool) -> Vec<u8> {
        let mut head = format!(
            "HTTP/1.1 {}\r\ncontent-type: {}\r\n",
            self.status, self.kind
        );
        if with_length {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// The reply for hyper to send.
    pub(crate) fn response(self, chunked: bool) -> Response<Chunks> {
        let chunks = match chunked {
            // An odd size, so that chunks end inside characters.
            true => self
                .body
                .chunks((self.body.len() / 3) | 1)
                .map(Bytes::copy_from_slice)
                .collect(),
            false => VecDeque::from([Bytes::from(self.body)]),
        };
        let mut response = Response::new(Chunks {
            chunks,
            sized: !chunked,
        });
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.kind));
        if let Some(location) = self.location.and_then(|location| location.try_into().ok()) {
            headers.insert(LOCATION, location);
        }
        let date = self.date.map(httpdate::fmt_http_date);
        if let Some(date) = date.and_then(|date| date.try_into().ok()) {
            headers.insert(DATE, date);
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }
}

/// A reply's body, sent with its length or in chunks.
pub(crate) struct Chunks {
    chunks: VecDeque<Bytes>,
    sized: bool,
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(
            self.get_mut()
                .chunks
                .pop_front()
                .map(|chunk| Ok(Frame::data(chunk))),
        )
    }

    fn is_end_stream(&self) -> bool {
        self.chunks.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match self.sized {
            true => SizeHint::with_exact(self.chunks.iter().map(|chunk| chunk.len() as u64).sum()),
            false => SizeHint::default(),
        }
    }
}
