//! Time-stamp authorities (RFC 3161), asked over the network.
use super::{
    anchor::{AnchorError, answers},
    der,
    http::{self, HttpError, Plain},
};

/// Why an authority gave no time stamp.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error("the authority at `{url}` answered with status {status}")]
    Status { url: String, status: u16 },
    #[error("the time stamp could not be asked for")]
    Http(#[from] HttpError),
    #[error(transparent)]
    Answer(#[from] AnchorError),
}

/// Sends a request to an authority and returns its answer unchanged, once it is seen to grant that very request.
///
/// Nothing is verified yet: [`super::anchor::verify`] does that. Source: RFC 3161, sections 2.4.2 and 3.4.
///
/// # Errors
/// [`AuthorityError::Http`] and [`AuthorityError::Status`] when no answer came, [`AnchorError::Refused`] when it grants
/// nothing, [`AnchorError::OtherRequest`] when it answers another.
pub fn ask(url: &str, request: &[u8], plain: Plain) -> Result<Vec<u8>, AuthorityError> {
    let bytes_max = u64::try_from(der::BYTES_MAX).unwrap_or(u64::MAX);
    let answer = http::post(url, "application/timestamp-query", request, plain, bytes_max)?;
    if answer.status != 200 {
        return Err(AuthorityError::Status { url: url.to_owned(), status: answer.status });
    }
    answers(request, &answer.body)?;
    Ok(answer.body)
}
