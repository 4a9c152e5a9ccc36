//! Answers that are compressed once and served many times.

use std::io::Write;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use bytes::Bytes;
use unticked_shared::signature::{hex, sha256};

/// A body with its compressed forms and its entity tag.
#[derive(Debug, Clone)]
pub struct Precompressed {
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
    media_type: &'static str,
    hash: String,
}

/// How hard brotli tries; 11 is best and slow, fit for what is compressed once.
#[derive(Debug, Clone, Copy)]
pub enum Effort {
    /// Once per build or start.
    Best,
    /// Once per version and language, with a visitor waiting.
    Quick,
}

impl Precompressed {
    /// Compresses `plain`; a form that would not be smaller is left out.
    pub fn new(plain: impl Into<Bytes>, media_type: &'static str, effort: Effort) -> Self {
        let plain = plain.into();
        let brotli = Some(brotli(&plain, effort)).filter(|packed| packed.len() < plain.len()).map(Bytes::from);
        let gzip = Some(gzip(&plain)).filter(|packed| packed.len() < plain.len()).map(Bytes::from);
        Self { hash: short_hash(&plain), plain, brotli, gzip, media_type }
    }

    /// Takes what was compressed elsewhere.
    pub fn from_parts(
        plain: &'static [u8],
        brotli: Option<&'static [u8]>,
        gzip: Option<&'static [u8]>,
        media_type: &'static str,
    ) -> Self {
        Self {
            plain: Bytes::from_static(plain),
            brotli: brotli.map(Bytes::from_static),
            gzip: gzip.map(Bytes::from_static),
            media_type,
            hash: short_hash(plain),
        }
    }

    /// The first 16 hexadecimal digits of the plain body's SHA-256.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The body as it is.
    pub fn plain(&self) -> &Bytes {
        &self.plain
    }

    /// Answers with the form that the client accepts, or with 304 where it has that one already. Each form has a tag of
    /// its own (RFC 9110, section 8.8.3.3).
    pub fn respond(&self, request: &HeaderMap, cache_control: &'static str) -> Response<Body> {
        let (encoding, body) = self.choose(request);
        let suffix = encoding.map(|encoding| format!("-{encoding}")).unwrap_or_default();
        let tag = format!("\"{}{suffix}\"", self.hash);
        let known = request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .map(|one| one.trim().trim_start_matches("W/"))
            .any(|one| one == tag || one == "*");
        let mut response = Response::new(if known { Body::empty() } else { Body::from(body.clone()) });
        let headers = response.headers_mut();
        headers.insert(header::ETAG, HeaderValue::from_str(&tag).expect("a tag is plain ASCII"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    fn choose(&self, request: &HeaderMap) -> (Option<&'static str>, &Bytes) {
        let accepts = |name: &str| accepts(request, name);
        match (&self.brotli, &self.gzip) {
            (Some(body), _) if accepts("br") => (Some("br"), body),
            (_, Some(body)) if accepts("gzip") => (Some("gzip"), body),
            _ => (None, &self.plain),
        }
    }
}

/// Whether `Accept-Encoding` names the coding with a weight above zero. A `*` alone gets the plain body: it is always
/// right.
fn accepts(request: &HeaderMap, coding: &str) -> bool {
    request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|offer| {
            let mut parts = offer.split(';').map(str::trim);
            let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
            named && weight.is_ok_and(|weight| weight > 0.0)
        })
}

fn short_hash(bytes: &[u8]) -> String {
    hex(&sha256(&[bytes])[..8])
}

fn brotli(plain: &[u8], effort: Effort) -> Vec<u8> {
    let quality = match effort {
        Effort::Best => 11,
        Effort::Quick => 7,
    };
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 4096, quality, 22);
    writer.write_all(plain).expect("writing into memory does not fail");
    drop(writer);
    packed
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(plain).expect("writing into memory does not fail");
    writer.finish().expect("writing into memory does not fail")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(lines: &[(header::HeaderName, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    fn sample() -> Precompressed {
        Precompressed::new("words, words, words, ".repeat(50), "text/javascript; charset=utf-8", Effort::Quick)
    }

    #[test]
    fn a_client_gets_the_smallest_form_it_accepts() {
        let encoding = |offer: &str| {
            let response = sample().respond(&asking(&[(header::ACCEPT_ENCODING, offer)]), "no-cache");
            response.headers().get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(encoding("gzip, deflate, br, zstd").as_deref(), Some("br"));
        assert_eq!(encoding("GZIP").as_deref(), Some("gzip"));
        assert_eq!(encoding("br;q=0, gzip;q=0.5").as_deref(), Some("gzip"));
        assert_eq!(encoding("identity"), None);
        assert_eq!(encoding("*"), None);
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let offer = (header::ACCEPT_ENCODING, "br");
        let first = sample().respond(&asking(std::slice::from_ref(&offer)), "no-cache");
        let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        let weak = format!("\"other\", W/{tag}");
        let again = sample().respond(&asking(&[offer, (header::IF_NONE_MATCH, &weak)]), "no-cache");
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.headers()[header::ETAG], tag.as_str());
        let plain = sample().respond(&asking(&[(header::IF_NONE_MATCH, &tag)]), "no-cache");
        assert_eq!(plain.status(), StatusCode::OK, "the plain form is another one");
    }
}
