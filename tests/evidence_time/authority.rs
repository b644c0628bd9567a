//! A time-stamp authority of openssl in a temporary folder: its certificates, its answers, and tokens made by hand.
use speguard::record::{anchor, der};
use std::{fs, path::PathBuf, process::Command};

/// Long enough for every test to run within it.
pub(crate) const VALID: (&str, &str) = ("20200101000000Z", "20991231235959Z");
pub(crate) const LAPSED: (&str, &str) = ("20200101000000Z", "20210101000000Z");
pub(crate) const P256: &[&str] = &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
pub(crate) const P384: &[&str] = &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"];
pub(crate) const RSA: &[&str] = &["-newkey", "rsa:2048"];
pub(crate) const ED25519: &[&str] = &["-newkey", "ed25519"];

const CONFIG: &str = "
[req]
distinguished_name = name
prompt = no
[name]
CN = unused
[ca]
default_ca = authority
[authority]
database = index
rand_serial = yes
new_certs_dir = .
unique_subject = no
policy = any
default_md = sha256
[any]
organizationName = optional
commonName = supplied
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[between]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[stamp]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
[no_purpose]
keyUsage = critical,digitalSignature
subjectKeyIdentifier = hash
[other_purpose]
extendedKeyUsage = critical,codeSigning
subjectKeyIdentifier = hash
[two_purposes]
extendedKeyUsage = critical,timeStamping,codeSigning
subjectKeyIdentifier = hash
[not_critical]
extendedKeyUsage = timeStamping
subjectKeyIdentifier = hash
[no_signing]
keyUsage = critical,keyEncipherment
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
";

/// Whether there is an openssl; a skipped test is said by its name.
pub(crate) fn openssl(test: &str) -> bool {
    let found = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    if !found {
        #[expect(clippy::print_stderr, reason = "a skipped test is said, not hidden")]
        {
            eprintln!("skipped: {test}: no openssl on PATH");
        }
    }
    found
}

/// A root, an authority between, and whatever certificates a test asks for; files are named after their subject.
pub(crate) struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let new = Self { folder: tempfile::tempdir().unwrap() };
        let sections = [("v1", "sha1"), ("v2", "sha256"), ("v2long", "sha512")].iter().flat_map(|(section, ess)| {
            ["sha256", "sha384", "sha512"].map(|digest| {
                format!(
                    "[{section}-{digest}]\nserial = serial\ncrypto_device = builtin\ndefault_policy = 1.2.3.4.1\n\
                     digests = sha256\naccuracy = secs:1,millisecs:500,microsecs:1\nclock_precision_digits = 3\n\
                     tsa_name = yes\ness_cert_id_alg = {ess}\nsigner_digest = {digest}\n"
                )
            })
        });
        new.write("config", sections.fold(CONFIG.to_owned(), |all, section| all + &section).as_bytes());
        new.write("index", b"");
        new.write("serial", b"0a\n");
        new.issue("root", P256, "root", None, VALID);
        new.issue("between", P256, "between", Some("root"), VALID);
        new
    }

    /// Makes a key and a certificate for it.
    pub(crate) fn issue(
        &self,
        name: &str,
        key: &[&str],
        extensions: &str,
        issuer: Option<&str>,
        (from, until): (&str, &str),
    ) {
        let (file, secret) = (format!("{name}.csr"), format!("{name}.key"));
        let subject = format!("/O=Example/CN={name}");
        let request =
            ["req", "-new", "-nodes", "-config", "config", "-subj", &subject, "-out", &file, "-keyout", &secret];
        self.run(&[&request, key].concat());
        let by = issuer.map_or_else(
            || vec!["-selfsign".to_owned(), "-keyfile".to_owned(), secret],
            |by| vec!["-cert".to_owned(), format!("{by}.pem"), "-keyfile".to_owned(), format!("{by}.key")],
        );
        let out = format!("{name}.pem");
        let sign = ["ca", "-batch", "-notext", "-config", "config", "-extfile", "config", "-in", &file];
        let how = ["-out", &out, "-extensions", extensions, "-startdate", from, "-enddate", until];
        let by: Vec<&str> = by.iter().map(String::as_str).collect();
        self.run(&[&sign[..], &how, &by].concat());
    }

    /// Answers a request as `openssl ts` does. The chain is a list of names whose certificates are put into the token.
    pub(crate) fn reply(&self, signer: &str, section: &str, request: &[u8], chain: &[&str]) -> Vec<u8> {
        self.write("request", request);
        let certificates: Vec<u8> = chain.iter().flat_map(|name| self.read(&format!("{name}.pem"))).collect();
        self.write("chain", &certificates);
        let (secret, certificate) = (format!("{signer}.key"), format!("{signer}.pem"));
        let base = ["ts", "-reply", "-config", "config", "-section", section, "-queryfile", "request", "-out", "reply"];
        let by = ["-inkey", &secret, "-signer", &certificate];
        let with: &[&str] = if chain.is_empty() { &[] } else { &["-chain", "chain"] };
        self.run(&[&base[..], &by, with].concat());
        self.read("reply")
    }

    /// What `openssl ts -verify` says of a token.
    pub(crate) fn accepts(&self, reply: &[u8], request: &[u8], root: &str, between: &str) -> Result<(), String> {
        self.write("reply", reply);
        self.write("request", request);
        let (root, between) = (format!("{root}.pem"), format!("{between}.pem"));
        let verify =
            ["ts", "-verify", "-in", "reply", "-queryfile", "request", "-CAfile", &root, "-untrusted", &between];
        self.try_run(&verify).map(drop)
    }

    /// The same time stamp signed by another certificate: `openssl ts` itself refuses to sign with an unfit one.
    pub(crate) fn sign_again(&self, reply: &[u8], signer: &str, options: &[&str]) -> Vec<u8> {
        self.write("info", &time_stamp(reply));
        let (secret, certificate) = (format!("{signer}.key"), format!("{signer}.pem"));
        let base =
            ["cms", "-sign", "-binary", "-nodetach", "-nosmimecap", "-econtent_type", "1.2.840.113549.1.9.16.1.4"];
        let by = ["-in", "info", "-signer", &certificate, "-inkey", &secret, "-outform", "DER", "-out", "signed"];
        self.run(&[&base[..], &by, options].concat());
        self.read("signed")
    }

    /// A token made by hand: these signed attributes, signed as the algorithm says by a key that openssl holds.
    pub(crate) fn craft(&self, info: &[u8], signer: &str, algorithm: &[u8], hash: &[u8], attributes: &[u8]) -> Vec<u8> {
        self.write("message", &der::write(der::SET, &[attributes]));
        let secret = format!("{signer}.key");
        self.run(&["pkeyutl", "-sign", "-rawin", "-in", "message", "-inkey", &secret, "-out", "signature"]);
        let sequence = |parts: &[&[u8]]| der::write(der::SEQUENCE, parts);
        let identifier = |content: &[u8]| der::write(der::OBJECT_IDENTIFIER, &[content]);
        let (one, three) = (der::write_number(&[1]), der::write_number(&[3]));
        let certificate = self.certificate(signer);
        let (issuer, serial) = issuer_and_serial(&certificate);
        let signature = der::write(der::OCTET_STRING, &[&self.read("signature")]);
        let signed = der::write(der::context(0), &[attributes]);
        let by = sequence(&[&issuer, &serial]);
        let signer = sequence(&[&one, &by, hash, &signed, &sequence(&[&identifier(algorithm)]), &signature]);
        let content = der::write(der::context(0), &[&der::write(der::OCTET_STRING, &[info])]);
        let data = sequence(&[
            &three,
            &der::write(der::SET, &[hash]),
            &sequence(&[&identifier(TIME_STAMP), &content]),
            &der::write(der::context(0), &[&certificate]),
            &der::write(der::SET, &[&signer]),
        ]);
        sequence(&[&identifier(SIGNED_DATA), &der::write(der::context(0), &[&data])])
    }

    /// The certificate of that name as DER.
    pub(crate) fn certificate(&self, name: &str) -> Vec<u8> {
        anchor::certificates(&self.read(&format!("{name}.pem"))).unwrap().remove(0)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Vec<u8> {
        self.try_run(arguments).unwrap_or_else(|said| panic!("openssl {arguments:?}: {said}"))
    }

    fn try_run(&self, arguments: &[&str]) -> Result<Vec<u8>, String> {
        let output = Command::new("openssl").args(arguments).current_dir(self.folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(output.stdout) } else { Err(said) }
    }
}

pub(crate) const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
pub(crate) const TIME_STAMP: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];

/// The signed data inside a token, after its identifier.
fn signed_data(reply: &[u8]) -> der::Reader<'_> {
    let mut outer = der::Reader::new(reply).unwrap().take(der::SEQUENCE).unwrap().inside().unwrap();
    if outer.optional(der::SEQUENCE).unwrap().is_some() {
        outer = outer.take(der::SEQUENCE).unwrap().inside().unwrap();
    }
    outer.take(der::OBJECT_IDENTIFIER).unwrap();
    outer.take(der::context(0)).unwrap().inside().unwrap().take(der::SEQUENCE).unwrap().inside().unwrap()
}

/// The TSTInfo of a token.
pub(crate) fn time_stamp(reply: &[u8]) -> Vec<u8> {
    let mut data = signed_data(reply);
    data.take(der::INTEGER).unwrap();
    data.take(der::SET).unwrap();
    let mut content = data.take(der::SEQUENCE).unwrap().inside().unwrap();
    content.take(der::OBJECT_IDENTIFIER).unwrap();
    let mut wrapper = content.take(der::context(0)).unwrap().inside().unwrap();
    wrapper.take(der::OCTET_STRING).unwrap().content.to_vec()
}

/// The certificates that a token holds, as they stand in it.
pub(crate) fn embedded(reply: &[u8]) -> Vec<Vec<u8>> {
    let mut data = signed_data(reply);
    for tag in [der::INTEGER, der::SET, der::SEQUENCE] {
        data.take(tag).unwrap();
    }
    let mut found = Vec::new();
    if let Some(set) = data.optional(der::context(0)).unwrap() {
        let mut inside = set.inside().unwrap();
        while !inside.is_empty() {
            found.push(inside.any().unwrap().encoded.to_vec());
        }
    }
    found
}

fn issuer_and_serial(certificate: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let outer = der::Reader::new(certificate).unwrap().take(der::SEQUENCE).unwrap();
    let mut body = outer.inside().unwrap().take(der::SEQUENCE).unwrap().inside().unwrap();
    body.take(der::context(0)).unwrap();
    let serial = body.take(der::INTEGER).unwrap().encoded.to_vec();
    body.take(der::SEQUENCE).unwrap();
    (body.take(der::SEQUENCE).unwrap().encoded.to_vec(), serial)
}
