//! One small HTTP client: bytes are posted, bytes come back, and everything about it is bounded.
//!
//! For witnesses and time-stamp authorities. It follows no redirect, reads no proxy from the environment, trusts the
//! web's roots for `https`, and speaks `http` only to this machine unless the caller says otherwise.
use std::{net::IpAddr, sync::Arc, time::Duration};
use ureq::{
    Agent,
    http::{Uri, header},
    tls::{RootCerts, TlsConfig, TlsProvider},
};

/// A time-stamp authority or witness answers in well under a second; one that does not by now is asked again later.
pub const ANSWER_SECONDS_MAX: u64 = 30;
/// A machine that is up accepts a connection within this time, wherever it is.
pub const CONNECT_SECONDS_MAX: u64 = 10;

/// Whether a request may go unencrypted to another machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    /// Only to this machine.
    Loopback,
    /// Anywhere: for authorities that offer nothing else, whose answers are signed and whose requests hold no secret.
    Anywhere,
}

/// What came back, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// As sent, without its parameters and in lower case; empty when absent.
    pub content_type: String,
    pub body: Vec<u8>,
}

/// Why nothing usable came back.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("`{url}` is not an address of the form https://host/path")]
    Url { url: String },
    #[error("`{url}` is not encrypted and leads to another machine; use https, or allow plain http for it")]
    Plain { url: String },
    #[error("the answer of `{url}` is longer than {bytes_max} bytes")]
    TooLong { url: String, bytes_max: u64 },
    #[error("no answer from `{url}`; check the address, the network and the server's certificate, and try again")]
    Unreachable { url: String, source: Box<ureq::Error> },
}

/// Posts the body and returns what came back; every status is an answer, redirects among them.
///
/// # Errors
/// [`HttpError`]; [`HttpError::Unreachable`] also when the time of [`ANSWER_SECONDS_MAX`] is over.
pub fn post(url: &str, content_type: &str, body: &[u8], plain: Plain, bytes_max: u64) -> Result<Answer, HttpError> {
    let uri = allowed(url, plain)?;
    let failed = |source: ureq::Error| match source {
        ureq::Error::BodyExceedsLimit(bytes_max) => HttpError::TooLong { url: url.to_owned(), bytes_max },
        source => HttpError::Unreachable { url: url.to_owned(), source: Box::new(source) },
    };
    let request = agent().post(uri).content_type(content_type);
    let mut answer = request.send(body).map_err(failed)?;
    let content_type = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    let content_type = content_type.trim().to_ascii_lowercase();
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(bytes_max).read_to_vec().map_err(failed)?;
    Ok(Answer { status, content_type, body })
}

/// An address that may be asked.
///
/// # Errors
/// [`HttpError::Url`], [`HttpError::Plain`].
pub fn allowed(url: &str, plain: Plain) -> Result<Uri, HttpError> {
    let uri: Uri = url.parse().map_err(|_| HttpError::Url { url: url.to_owned() })?;
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => Ok(uri),
        (Some("http"), Some(host)) if plain == Plain::Anywhere || is_loopback(host) => Ok(uri),
        (Some("http"), Some(_)) => Err(HttpError::Plain { url: url.to_owned() }),
        _ => Err(HttpError::Url { url: url.to_owned() }),
    }
}

fn agent() -> Agent {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::WebPki)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("speguard/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(Duration::from_secs(CONNECT_SECONDS_MAX)))
        .timeout_global(Some(Duration::from_secs(ANSWER_SECONDS_MAX)))
        .build()
        .new_agent()
}

/// `localhost` and the addresses of this machine (RFC 6890); a name that merely leads there is not one of them.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        post(url, "text/plain", b"", Plain::Loopback, 10).unwrap_err().to_string()
    }

    #[test]
    fn plain_http_leaves_this_machine_only_when_allowed() {
        for url in ["http://witness.example/", "http://127.0.0.1.example/", "http://localhost.example:80/x"] {
            assert!(refused(url).contains("is not encrypted"), "{url}");
        }
        for url in ["ftp://127.0.0.1/", "witness.example", "", "http://", "https:///x", "file:///etc/passwd"] {
            assert!(refused(url).contains("is not an address"), "{url}: {}", refused(url));
        }
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["10.0.0.1", "[::2]", "0.0.0.0", "localhost.", "127.0.0.1.example"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
