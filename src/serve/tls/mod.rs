//! The certificate that the webhook shows: from files that may change, or of an authority of our own.
//!
//! `authority` makes authorities, `bundle` says which of them stand in what the API server believes, and `rotation` when
//! one takes the place of another.
pub mod authority;
pub mod bundle;
pub mod rotation;

use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio_rustls::rustls::{self, ServerConfig};

/// How often files are looked at: a mounted secret changes within a minute of its own.
const LOOK: Duration = Duration::from_secs(10);

/// Why no certificate can be shown.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read `{}`: {cause}", path.display())]
    Unreadable { path: PathBuf, cause: String },
    #[error("the certificate and key cannot be used: {0}")]
    Unusable(String),
}

/// Certificate chain and key in PEM files.
#[derive(Clone, Debug)]
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Gives the certificate for a new connection.
pub type Certificate = Arc<dyn Fn() -> Arc<ServerConfig> + Send + Sync>;

/// Says why requests cannot reach us although we listen; `None` where they can.
pub type Obstacle = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// The certificate in use; files that have changed are read again, and what cannot be used leaves the last good one.
pub struct Kept {
    files: Files,
    now: Mutex<(Instant, Vec<u8>, Arc<ServerConfig>)>,
}

impl Kept {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`]: at the start there is no last good one.
    pub fn read(files: Files) -> Result<Self, TlsError> {
        let bytes = bytes(&files)?;
        let config = config(&bytes)?;
        let joined = [bytes.0, bytes.1].concat();
        Ok(Self { files, now: Mutex::new((Instant::now(), joined, config)) })
    }

    /// The certificate for the next connection.
    #[must_use]
    pub fn current(&self) -> Arc<ServerConfig> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.0.elapsed() >= LOOK {
            now.0 = Instant::now();
            if let Ok(bytes) = bytes(&self.files) {
                let joined = [bytes.0.clone(), bytes.1.clone()].concat();
                if joined != now.1
                    && let Ok(config) = config(&bytes)
                {
                    (now.1, now.2) = (joined, config);
                }
            }
        }
        Arc::clone(&now.2)
    }
}

fn bytes(files: &Files) -> Result<(Vec<u8>, Vec<u8>), TlsError> {
    let read = |path: &PathBuf| {
        fs::read(path).map_err(|error| TlsError::Unreadable { path: path.clone(), cause: error.kind().to_string() })
    };
    Ok((read(&files.certificate)?, read(&files.key)?))
}

fn config((chain, key): &(Vec<u8>, Vec<u8>)) -> Result<Arc<ServerConfig>, TlsError> {
    let unusable = |error: rustls_pki_types::pem::Error| TlsError::Unusable(error.to_string());
    let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<Vec<_>, _>>().map_err(unusable)?;
    of(chain, PrivateKeyDer::from_pem_slice(key).map_err(unusable)?)
}

fn of(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Arc<ServerConfig>, TlsError> {
    let unusable = |error: rustls::Error| TlsError::Unusable(error.to_string());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(unusable)?;
    let mut config = versions.with_no_client_auth().with_single_cert(chain, key).map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
