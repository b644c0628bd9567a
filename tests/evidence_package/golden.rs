//! The golden log and package of a version: made once by the program itself, then read by every later version.
//! `UPDATE=1 cargo test golden` makes those of the present version anew; once released they stay as they are.
use super::*;
use crate::{
    evidence_anchor::witness,
    evidence_time::{
        authority::{Authority, P256, VALID},
        server::serve,
    },
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

const FIXTURES: &str = "fixtures/evidence";

/// What was kept of one version.
pub(super) struct Golden {
    pub(super) folder: PathBuf,
    pub(super) origin: String,
    pub(super) year: String,
    pub(super) trust: TrustPolicy,
    /// Of the authority that stamped it, DER.
    pub(super) tsa_roots: Vec<Vec<u8>>,
}

impl Golden {
    pub(super) fn all() -> Vec<Self> {
        make_when_asked();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(FIXTURES);
        let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.retain(|folder| folder.join("package.zip").is_file());
        folders.sort();
        let read = |folder: PathBuf| {
            let trust = fs::read_to_string(folder.join("trust.policy")).unwrap();
            let trust = TrustPolicy::parse(&trust).unwrap();
            let origin = trust.logs()[0].name.clone();
            let year = origin.rsplit('/').next().unwrap().to_owned();
            let tsa_roots = anchor::certificates(&fs::read(folder.join("tsa-root.pem")).unwrap()).unwrap();
            Self { folder, origin, year, trust, tsa_roots }
        };
        folders.into_iter().map(read).collect()
    }

    /// That of the present version.
    pub(super) fn newest() -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let found = Self::all().into_iter().find(|golden| golden.folder.ends_with(version));
        found.unwrap_or_else(|| panic!("make {FIXTURES}/{version} with UPDATE=1 cargo test golden"))
    }

    pub(super) fn against(&self) -> Against<'_> {
        Against { trust: Some(&self.trust), tsa_roots: &self.tsa_roots, ..Against::default() }
    }

    pub(super) fn key(&self) -> SignerKey {
        SignerKey::new(&self.origin, &SEED).unwrap()
    }

    pub(super) fn prefix(&self) -> String {
        speguard::record::place::Place::parse(&self.origin).unwrap().prefix()
    }

    /// The files of the package.
    pub(super) fn package(&self) -> Memory {
        let zip = Zip::open(self.zip()).unwrap();
        let names = zip.list("").unwrap();
        Memory(names.into_iter().map(|name| (name.clone(), zip.get(&name).unwrap().unwrap())).collect())
    }

    pub(super) fn zip(&self) -> Vec<u8> {
        fs::read(self.folder.join("package.zip")).unwrap()
    }

    pub(super) fn size(&self) -> u64 {
        Manifest::from_bytes(&self.package().0[MANIFEST]).unwrap().size
    }

    /// The first file of the package whose path holds this.
    pub(super) fn first(&self, part: &str) -> String {
        self.package().0.keys().find(|path| path.contains(part)).unwrap().clone()
    }

    /// A folder with a copy of the log, its key and the trust file.
    pub(super) fn lab(&self) -> Lab {
        let lab = Lab { folder: tempfile::tempdir().unwrap() };
        Memory::of_folder(&self.folder.join("log")).unpack(&lab.path().join("log"));
        fs::copy(self.folder.join("trust.policy"), lab.path().join("trust.policy")).unwrap();
        fs::write(lab.path().join("key"), self.key().to_text()).unwrap();
        lab
    }
}

/// A key that everybody knows: what it signs is of no worth.
const SEED: [u8; 32] = [7; 32];

/// Files at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Memory(pub(super) BTreeMap<String, Vec<u8>>);

impl Memory {
    pub(super) fn of_folder(root: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut waiting = vec![root.to_owned()];
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                    continue;
                }
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                files.insert(name, fs::read(path).unwrap());
            }
        }
        Self(files)
    }

    pub(super) fn unpack(&self, root: &Path) {
        for (name, bytes) in &self.0 {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}

impl Files for Memory {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.get(path).cloned())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        Ok(self.0.keys().filter(|name| folder.is_empty() || name.starts_with(&format!("{folder}/"))).cloned().collect())
    }
}

/// Makes the golden files of the present version, once per process, when the environment asks for it.
fn make_when_asked() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    if std::env::var_os("UPDATE").is_some() {
        ONCE.call_once(make);
    }
}

fn make() {
    let lab = Lab { folder: tempfile::tempdir().unwrap() };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = root.join("fixtures/criteria/hardening/no_host_access/kubernetes");
    let init = ["evidence", "init", "--log", "draft", "--domain", "example.org", "--spe", "demo", "--emitter", "ci"];
    // Only to learn which year it is.
    lab.run(&[&init[..], &["--key", "file:draft.key", "--trust-out", "draft.policy"]].concat()).success();
    let draft = TrustPolicy::parse(&fs::read_to_string(lab.path().join("draft.policy")).unwrap()).unwrap();
    let key = SignerKey::new(&draft.logs()[0].name, &SEED).unwrap();
    open_log(&lab, &key);
    fs::write(lab.path().join("key"), key.to_text()).unwrap();
    for (case, exit) in
        [("breaks/host_port.yaml", 1), ("breaks/host_port.yaml", 1), ("meets/claim_and_memory_volumes.yaml", 3)]
    {
        fs::copy(cases.join(case), lab.path().join("workloads.yaml")).unwrap();
        let record = ["--log", "log", "--key", "file:key", "--scope", "workloads", "--revision", "git:0a1b2c3d"];
        let scanned = lab.run(&[&["scan", "workloads.yaml"][..], &record].concat());
        let code = scanned.get_output().status.code();
        assert!(code == Some(exit) || code == Some(1) || code == Some(0), "{code:?}");
    }
    vouch(&lab, &key);
    let year = key.name().rsplit('/').next().unwrap().to_owned();
    let package = ["evidence", "package", "--log", "log", "--key", "file:key", "--out", "package.zip"];
    lab.run(&[&package[..], &["--period", &year, "--trust", "trust.policy"]].concat()).success();
    let folder = root.join(FIXTURES).join(env!("CARGO_PKG_VERSION"));
    drop(fs::remove_dir_all(&folder));
    Memory::of_folder(&lab.path().join("log")).unpack(&folder.join("log"));
    for file in ["package.zip", "trust.policy", "tsa-root.pem"] {
        fs::copy(lab.path().join(file), folder.join(file)).unwrap();
    }
}

/// Has the log stamped and cosigned, and writes whom to believe.
fn vouch(lab: &Lab, key: &SignerKey) {
    let authority = Authority::new();
    authority.issue("stamp", P256, "stamp", Some("between"), VALID);
    fs::write(lab.path().join("tsa-root.pem"), authority.read("root.pem")).unwrap();
    fs::write(lab.path().join("chain.pem"), authority.read("between.pem")).unwrap();
    let tsa = serve(move |request| {
        let reply = authority.reply("stamp", "v2-sha256", &request.body, &[]);
        (200, "content-type: application/timestamp-reply\r\n".to_owned(), reply)
    });
    let log = ["--log", "log", "--key", "file:key"];
    let anchor = ["evidence", "anchor", "--tsa", &tsa, "--chain", "chain.pem", "--tsa-roots", "tsa-root.pem"];
    lab.run(&[&anchor[..], &log].concat()).success();
    let (url, vkey) = witness("audit.example/w1", key.verifier_key());
    let vkey = vkey.to_string();
    lab.run(&[&["evidence", "witness", "add", "--url", &url, "--vkey", &vkey][..], &log].concat()).success();
    let trust = format!("log {}\nwitness auditor {vkey}\nquorum auditor\n", key.verifier_key());
    fs::write(lab.path().join("trust.policy"), trust).unwrap();
}

/// As `init` does, with a key that is known.
fn open_log(lab: &Lab, key: &SignerKey) {
    use speguard::record::{
        disk::RealDisk,
        entry::{Body, Instant, Role, Shard, ShardEvent, Ulid},
        log::{Draft, Log},
        place::Place,
        store::Directory,
    };
    let store = Directory::new(&lab.path().join("log"), RealDisk, "golden").unwrap();
    let place = Place::parse(key.name()).unwrap();
    let opened = format!("{:04}-01-01T00:00:00.000Z", place.year());
    let at = Instant::parse(&opened).unwrap();
    let mut log = Log::create(&store, place, SignerKey::new(key.name(), &SEED).unwrap()).unwrap();
    let shard = Shard {
        event: ShardEvent::Open,
        emitter: "ci".to_owned(),
        role: Role::Scheduled,
        lead: true,
        vkey: key.verifier_key().to_string(),
        previous: None,
        retention_until: None,
    };
    let draft = Draft { observed: at, id: Ulid::new(at, [1; 10]), body: Body::Shard(shard) };
    log.append(at, &mut |_| Ok(vec![draft.clone()])).unwrap();
    log.publish().unwrap();
}
