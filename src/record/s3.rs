//! A log in a bucket of S3-compatible storage (feature `s3`). Create-only puts are conditional ones (`If-None-Match: *`):
//! what the server answers with 409 or 412 is there already.
use super::{
    disk::OBJECT_BYTES_MAX,
    files::is_temporary,
    http::{self, ANSWER_SECONDS_MAX, CONNECT_SECONDS_MAX, HttpError, Plain},
    store::{Put, Store, StoreError},
};
use futures_util::TryStreamExt;
use object_store::{
    ClientOptions, Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey},
    path::Path,
};
use std::{
    fmt, thread,
    time::{Duration, Instant},
};
use tokio::runtime::{Builder, Runtime};

/// How a log in a bucket is named.
pub const SCHEME: &str = "s3://";

/// What may be set in the environment; the caller reads it. Nothing that weakens a request is among them.
pub const VARIABLES: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_ENDPOINT_URL_STS",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    ALLOW_HTTP,
];
const ALLOW_HTTP: &str = "AWS_ALLOW_HTTP";
/// Of these the first that is set.
const ENDPOINTS: &[&str] = &["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];
/// Each line is enough. Nobody asks the metadata service of a machine: where there is none, that takes minutes to fail.
const CREDENTIALS: &[&[&str]] = &[
    &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
    &["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"],
    &["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"],
    &["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"],
];
/// The waits before each try of a request that the server or the network left without a clear answer. What is still down
/// after the last is not a hiccup.
const WAITS: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(200), Duration::from_millis(400), Duration::from_millis(800)];
/// No try begins later than this, so that one put that was never answered is followed by one more, and not by three.
const LAST_TRY_SECONDS_MAX: u64 = 40;
/// Codes that leave open whether the server has done what was asked; any other is a refusal.
const UNCLEAR: &[&str] = &["InternalError", "OperationAborted", "RequestTimeout", "ServiceUnavailable", "SlowDown"];
/// A server's message is cut here.
const SAID_CHARS_MAX: usize = 300;

/// Why a bucket cannot be spoken to at all.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    #[error("`{0}` names no bucket: write it as s3://BUCKET or s3://BUCKET/PREFIX")]
    Address(String),
    #[error("no credentials for the bucket are set: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")]
    NoCredentials,
    #[error("the endpoint cannot be used ({ALLOW_HTTP}=true allows plain http)")]
    Endpoint(#[from] HttpError),
    #[error("the storage cannot be spoken to: {0}")]
    Client(String),
}

/// A log in a bucket.
pub struct Bucket {
    name: String,
    /// Empty, or without `/` at its ends.
    prefix: String,
    client: AmazonS3,
    runtime: Runtime,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("name", &self.name).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Bucket {
    /// The bucket and prefix of an address, with what is set of [`VARIABLES`]. Nothing is sent yet.
    ///
    /// # Errors
    /// [`BucketError`].
    pub fn new(address: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self, BucketError> {
        let (name, prefix) = parts(address).ok_or_else(|| BucketError::Address(address.to_owned()))?;
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        if !CREDENTIALS.iter().any(|names| names.iter().all(|name| set(name).is_some())) {
            return Err(BucketError::NoCredentials);
        }
        let client = |error: &dyn fmt::Display| BucketError::Client(error.to_string());
        let mut builder = AmazonS3Builder::new();
        for name in VARIABLES.iter().filter(|name| **name != ALLOW_HTTP && !ENDPOINTS.contains(name)) {
            let key: AmazonS3ConfigKey = name.to_ascii_lowercase().parse().map_err(|error| client(&error))?;
            if let Some(value) = set(name) {
                builder = builder.with_config(key, value);
            }
        }
        let mut options = ClientOptions::new()
            .with_timeout(Duration::from_secs(ANSWER_SECONDS_MAX))
            .with_connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX));
        if let Some(endpoint) = ENDPOINTS.iter().find_map(|name| set(name)) {
            let anywhere = set(ALLOW_HTTP).is_some_and(|value| value.eq_ignore_ascii_case("true"));
            let address = http::allowed(&endpoint, if anywhere { Plain::Anywhere } else { Plain::Loopback })?;
            options = options.with_allow_http(address.scheme_str() == Some("http"));
            builder = builder.with_endpoint(endpoint);
        }
        // Tried again here and not there: whether an earlier put may have arrived decides what `it exists` means.
        let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
        let builder = builder.with_client_options(options).with_retry(retry).with_bucket_name(&name);
        let built = builder.build().map_err(|error| client(&error))?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| client(&error))?;
        Ok(Self { name, prefix, client: built, runtime })
    }

    fn whole(&self, path: &str) -> String {
        [self.prefix.as_str(), path].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/")
    }

    fn key(&self, did: &'static str, path: &str) -> Result<Path, StoreError> {
        let whole = self.whole(path);
        Path::parse(&whole).map_err(|error| self.failed(did, path, error.to_string()))
    }

    fn failed(&self, did: &'static str, path: &str, cause: String) -> StoreError {
        StoreError::Io { did, path: self.address(path), cause }
    }

    fn address(&self, path: &str) -> String {
        format!("{SCHEME}{}/{}", self.name, self.whole(path))
    }

    fn refused(&self, did: &'static str, path: &str, error: &Error) -> StoreError {
        self.failed(did, path, self.cause(error))
    }

    /// In words what to look at.
    fn cause(&self, error: &Error) -> String {
        let said = chain(error);
        match (code(&said), error) {
            (Some("NoSuchBucket"), _) => {
                format!("the bucket `{}` does not exist: make it, or check its name and AWS_ENDPOINT_URL", self.name)
            }
            (Some(code @ ("InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken" | "ExpiredToken")), _) => {
                format!(
                    "the server does not accept these credentials ({code}): check AWS_ACCESS_KEY_ID, \
                     AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
                )
            }
            (
                Some(
                    code
                    @ ("PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException"),
                ),
                _,
            ) => {
                format!("the bucket is in another region ({code}): set AWS_REGION")
            }
            (Some("RequestTimeTooSkewed"), _) => {
                "the clock of this machine differs from the server's: set it".to_owned()
            }
            (code, Error::Unauthenticated { .. } | Error::PermissionDenied { .. }) => format!(
                "the server does not allow it with these credentials ({}): docs/evidence.md lists the rights that are needed",
                code.unwrap_or("no code given")
            ),
            (Some(code), _) => format!("the server answered {code}"),
            (None, _) => {
                let said: String = said.chars().take(SAID_CHARS_MAX).collect();
                format!("no usable answer came, so check AWS_ENDPOINT_URL and the network: {said}")
            }
        }
    }

    /// Asks, and asks again where no clear answer came: only for what may be done twice.
    fn ask<T, F: Future<Output = Result<T, Error>>>(&self, request: impl Fn() -> F) -> Result<T, Error> {
        let started = Instant::now();
        let mut answer = self.runtime.block_on(request());
        for wait in WAITS.iter().skip(1) {
            match &answer {
                Err(error) if is_unclear(error) && started.elapsed().as_secs() < LAST_TRY_SECONDS_MAX => {}
                _ => break,
            }
            thread::sleep(*wait);
            answer = self.runtime.block_on(request());
        }
        answer
    }
}

/// Bucket and prefix of `s3://bucket/prefix`.
fn parts(address: &str) -> Option<(String, String)> {
    let (bucket, prefix) = address.strip_prefix(SCHEME)?.split_once('/').unwrap_or((address.get(SCHEME.len()..)?, ""));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    let sound = !bucket.is_empty() && bucket.chars().all(plain) && Path::parse(prefix).is_ok();
    (sound && !prefix.starts_with('/')).then(|| (bucket.to_owned(), prefix.to_owned()))
}

/// An error and its causes, each said once.
fn chain(error: &Error) -> String {
    let mut said = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let more = cause.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        source = cause.source();
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the server calls the error (`<Code>…</Code>`).
fn code(said: &str) -> Option<&str> {
    said.split_once("<Code>")?.1.split_once("</Code>").map(|(code, _)| code)
}

/// There is no such object, in a bucket that is there.
fn is_missing(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. }) && code(&chain(error)) != Some("NoSuchBucket")
}

/// Nobody knows whether it was done: no answer came, or one that says that the server failed.
fn is_unclear(error: &Error) -> bool {
    matches!(error, Error::Generic { .. }) && code(&chain(error)).is_none_or(|code| UNCLEAR.contains(&code))
}

impl Store for Bucket {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let key = self.key("read", path)?;
        let read = || async {
            let found = self.client.get(&key).await?;
            let size = found.meta.size;
            if size > OBJECT_BYTES_MAX { Ok(Err(size)) } else { found.bytes().await.map(Ok) }
        };
        match self.ask(read) {
            Ok(Ok(bytes)) => Ok(Some(bytes.to_vec())),
            Ok(Err(_)) => Err(self.failed("read", path, "it is larger than any object of a log".to_owned())),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.refused("read", path, &error)),
        }
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<Put, StoreError> {
        let key = self.key("written", path)?;
        let unclear = |cause: String| StoreError::Unclear { path: self.address(path), cause };
        let started = Instant::now();
        // Why it is not known whether an earlier try has written it.
        let mut open: Option<String> = None;
        for wait in WAITS {
            if started.elapsed().as_secs() >= LAST_TRY_SECONDS_MAX {
                break;
            }
            thread::sleep(wait);
            let put = self.client.put_opts(&key, bytes.to_vec().into(), PutOptions::from(PutMode::Create));
            match self.runtime.block_on(put) {
                Ok(_) => return Ok(Put::Created),
                Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {
                    match self.get(path).map_err(|error| unclear(error.to_string()))? {
                        // An earlier try of ours may have arrived, and what stands there is then ours.
                        Some(found) if open.is_some() && found == bytes => return Ok(Put::Created),
                        Some(_) => return Ok(Put::Exists),
                        None => open = Some("the server says that it exists, and does not give it".to_owned()),
                    }
                }
                Err(error) if is_unclear(&error) => open = Some(self.cause(&error)),
                Err(error) => return Err(open.map_or_else(|| self.refused("written", path, &error), unclear)),
            }
        }
        Err(unclear(open.unwrap_or_else(|| "no answer came in time".to_owned())))
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let key = self.key("written", path)?;
        let put = || self.client.put_opts(&key, bytes.to_vec().into(), PutOptions::from(PutMode::Overwrite));
        self.ask(put).map(drop).map_err(|error| self.refused("written", path, &error))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let mut paths = self.everything(folder)?;
        paths.retain(|path| !is_temporary(path));
        Ok(paths)
    }

    fn everything(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let whole = self.key("read", folder.trim_end_matches('/'))?;
        let within = (!whole.as_ref().is_empty()).then_some(&whole);
        let listed =
            || self.client.list(within).map_ok(|object| object.location.to_string()).try_collect::<Vec<String>>();
        let all = self.ask(listed).map_err(|error| self.refused("read", folder, &error))?;
        let inside = |key: &String| match self.prefix.as_str() {
            "" => Some(key.clone()),
            prefix => Some(key.strip_prefix(prefix)?.strip_prefix('/')?.to_owned()),
        };
        let mut paths: Vec<String> = all.iter().filter_map(inside).collect();
        paths.sort();
        Ok(paths)
    }

    fn delete(&self, path: &str) -> Result<(), StoreError> {
        let key = self.key("deleted", path)?;
        match self.ask(|| self.client.delete(&key)) {
            Ok(()) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(self.refused("deleted", path, &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(address: &str, set: &[(&str, &str)]) -> String {
        let variable = |name: &str| set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
        let error = Bucket::new(address, variable).map(|bucket| format!("{bucket:?}")).unwrap_err();
        let causes = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        format!("{error}: {causes}")
    }

    const KEY: &[(&str, &str)] = &[("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")];

    #[test]
    fn an_address_is_a_bucket_and_perhaps_a_prefix() {
        let of = |address| parts(address).map(|(bucket, prefix)| format!("{bucket} {prefix}"));
        assert_eq!(of("s3://logs").as_deref(), Some("logs "));
        assert_eq!(of("s3://logs/").as_deref(), Some("logs "));
        assert_eq!(of("s3://logs/a/b/").as_deref(), Some("logs a/b"));
        for bad in ["s3://", "s3:///a", "s3://a b", "s3://logs//a", "s3://logs/../a", "logs", "s3://logs?x=1"] {
            assert_eq!(of(bad), None, "{bad}");
            assert!(refused(bad, KEY).contains("names no bucket"), "{bad}");
        }
    }

    #[test]
    fn without_credentials_or_encryption_nothing_is_begun() {
        assert!(refused("s3://logs", &[("AWS_ACCESS_KEY_ID", "id")]).contains("set AWS_ACCESS_KEY_ID and"));
        let at = |endpoint: &'static str, more: &[(&'static str, &'static str)]| {
            let set = [KEY, &[("AWS_ENDPOINT_URL", endpoint)], more].concat();
            let variable = |name: &str| set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
            Bucket::new("s3://logs", variable).is_ok()
        };
        assert!(at("http://127.0.0.1:7070", &[]) && at("https://s3.example", &[]));
        assert!(!at("http://s3.example", &[]) && !at("ftp://s3.example", &[]));
        assert!(!at("http://s3.example", &[(ALLOW_HTTP, "1")]) && at("http://s3.example", &[(ALLOW_HTTP, "true")]));
    }
}
