//! Logs in memory: one made by the library, and ones that somebody with the key has made by hand.
use speguard::model::{Effect, VerdictName};
use speguard::record::{
    blob::{self, Blob},
    entry::{
        Anchor, AnchorKind, Attestation, AttestationEvent, Body, Bundle, Commitment, Deviation, DeviationState,
        DigestText, Entry, Gap, GapCause, Instant, Plan, PlanItem, Role, Run, RunStart, Shard, ShardEvent, Transition,
        Trigger, Ulid, Waiver, WaiverEvent,
    },
    files::Files,
    log::{Draft, Log},
    merkle::{Hash, leaf_hash, root},
    note::{Checkpoint, Note, SignerKey, sign},
    place::Place,
    redact::salt,
    row::{self, Population, ResultSet, Row, RowKey},
    segment::{Segment, digest},
    store::{Put, Store, StoreError},
    tile::{encode_entries, entries_for, tile_bytes, tiles_for},
    trust::TrustPolicy,
    verify::{Against, Outcome, Report, verify},
};
use std::{collections::BTreeMap, sync::Mutex};

pub(super) const ORIGIN: &str = "example.org/evidence/demo/ci/2026";
pub(super) const PREFIX: &str = "demo/ci/2026";
pub(super) const AT: Instant = Instant(1_795_000_000_000);

pub(super) fn key() -> SignerKey {
    SignerKey::new(ORIGIN, &[7; 32]).unwrap()
}

pub(super) fn trust() -> TrustPolicy {
    TrustPolicy::draft(key().verifier_key())
}

/// Files by path.
#[derive(Default)]
pub(super) struct Memory(pub(super) Mutex<BTreeMap<String, Vec<u8>>>);

impl Clone for Memory {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.0.lock().unwrap().clone()))
    }
}

impl Memory {
    pub(super) fn paths(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }

    pub(super) fn read(&self, path: &str) -> Vec<u8> {
        self.0.lock().unwrap().get(path).unwrap_or_else(|| panic!("no {path}")).clone()
    }

    pub(super) fn write(&self, path: &str, bytes: &[u8]) {
        self.0.lock().unwrap().insert(path.to_owned(), bytes.to_vec());
    }

    pub(super) fn remove(&self, path: &str) {
        self.0.lock().unwrap().remove(path).unwrap_or_else(|| panic!("no {path}"));
    }

    pub(super) fn size(&self) -> u64 {
        let last = self.paths().into_iter().rfind(|path| path.contains("/checkpoints/")).unwrap();
        last.rsplit('/').next().unwrap().parse().unwrap()
    }

    /// The newest checkpoint, as an auditor keeps it.
    pub(super) fn known(&self) -> Vec<(String, Vec<u8>)> {
        vec![("known".to_owned(), self.read(&format!("{PREFIX}/checkpoints/{:020}", self.size())))]
    }

    /// The entries of the newest checkpoint.
    pub(super) fn entries(&self) -> Vec<Vec<u8>> {
        let mut entries = Vec::new();
        let size = self.size();
        speguard::record::shard::entries(self, PREFIX, 0, size, size, &mut |_, bytes| {
            entries.push(bytes.to_vec());
            Ok::<(), speguard::record::shard::ReadError>(())
        })
        .unwrap();
        entries
    }
}

impl Store for Memory {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.lock().unwrap().get(path).cloned())
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<Put, StoreError> {
        let mut files = self.0.lock().unwrap();
        if files.contains_key(path) {
            return Ok(Put::Exists);
        }
        files.insert(path.to_owned(), bytes.to_vec());
        Ok(Put::Created)
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(path, bytes);
        Ok(())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let below = format!("{folder}/");
        Ok(self.paths().into_iter().filter(|path| folder.is_empty() || path.starts_with(&below)).collect())
    }

    fn delete(&self, path: &str) -> Result<(), StoreError> {
        self.0.lock().unwrap().remove(path);
        Ok(())
    }
}

impl Files for Memory {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.lock().unwrap().get(path).cloned())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        Store::list(self, folder).map_err(|error| error.to_string())
    }
}

/// What a verifier with the trust file says.
pub(super) fn judge(files: &Memory, known: &[(String, Vec<u8>)]) -> Report {
    let trust = trust();
    verify(files, &Against { trust: Some(&trust), known, ..Against::default() })
}

/// The failures of a report, one to a line.
pub(super) fn told(report: &Report) -> String {
    let failed = report.checks.iter().filter_map(|check| match &check.outcome {
        Outcome::Failed { kind, cause } => {
            Some(format!("{} {}: {cause} ({})\n", check.name, check.subject, kind.name()))
        }
        Outcome::Held(_) => None,
        Outcome::NotEstablished(cause) => {
            Some(format!("{} {}: {cause} (not established)\n", check.name, check.subject))
        }
    });
    failed.collect()
}

/// Expects an exit code, and some words of a failure.
pub(super) fn expect(files: &Memory, known: &[(String, Vec<u8>)], exit: u8, words: &str) {
    let report = judge(files, known);
    let told = told(&report);
    assert_eq!(report.exit(), exit, "{words}\n{told}");
    assert!(told.contains(words), "{words}\n{told}");
}

pub(super) fn id(number: u64) -> Ulid {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    Ulid::new(AT, random)
}

pub(super) fn draft(number: u64, body: Body) -> Draft {
    Draft { observed: AT, id: id(number), body }
}

pub(super) fn opening() -> Body {
    Body::Shard(Shard {
        event: ShardEvent::Open,
        emitter: "ci".to_owned(),
        role: Role::Scheduled,
        lead: true,
        vkey: key().verifier_key().to_string(),
        previous: None,
        retention_until: None,
    })
}

pub(super) fn gap(number: u64) -> Body {
    Body::Gap(Gap {
        item: format!("item-{number}"),
        from: Instant(1),
        to: Instant(2),
        cause: GapCause::Unknown,
        decisions_lost: 0,
    })
}

pub(super) fn commitment(of: char) -> Commitment {
    Commitment(format!("hmac:{}", of.to_string().repeat(64)))
}

pub(super) fn waiver(requester: Option<char>, approver: Option<char>) -> Body {
    Body::Waiver(Waiver {
        event: WaiverEvent::Approved,
        waiver: "w-1".to_owned(),
        criteria: vec!["SPE-NET-02".to_owned()],
        reasons: vec!["migration".to_owned()],
        scope: "demo".to_owned(),
        requester_c: requester.map(commitment),
        approver_c: approver.map(commitment),
        granted: AT,
        expires: Instant(AT.0 + 1000),
        document: blobs()[3].digest.into(),
    })
}

/// The rows of every run here: one resource that falls short.
fn rows() -> ResultSet {
    let key = RowKey {
        criterion: "SPE-NET-02".to_owned(),
        platform: "kubernetes".to_owned(),
        kind: "v1/Pod".to_owned(),
        resource: "kubernetes||v1/Pod|spe|web".to_owned(),
    };
    let row = Row {
        outcome: VerdictName::NotMet,
        is_error: false,
        effect: Some(Effect::Counted),
        waiver: String::new(),
        severity: "high".to_owned(),
        rule_digest: digest(b"rule").to_string(),
        input_c: commitment('b').0,
        findings_c: String::new(),
        salt: salt(&[1; 32], &key.encoded()),
        key,
    };
    ResultSet::check([1; 32], vec![(row, Vec::new())]).unwrap()
}

fn population() -> Population {
    Population::check([2; 32], Vec::new()).unwrap()
}

const PEPPER: [u8; 32] = [3; 32];

/// The blobs that entries here refer to: rows, population, key of pseudonyms, documents.
fn blobs() -> [Blob; 5] {
    [
        blob::results(&rows()).unwrap(),
        blob::population(&population()).unwrap(),
        blob::document(&PEPPER, b"").unwrap(),
        blob::document(&[4; 32], b"waiver").unwrap(),
        blob::document(&[5; 32], b"attestation").unwrap(),
    ]
}

/// The digests of the rows' blob and of the waiver's.
pub(super) fn results_blob() -> DigestText {
    blobs()[0].digest.into()
}

/// Keeps a blob; all of them are what entries refer to.
pub(super) fn keep_blobs(memory: &Memory, prefix: &str) {
    for blob in blobs() {
        memory.write(&format!("{prefix}/{}", blob::path(&blob.digest)), &blob.bytes);
    }
}

/// One run with what comes before and after it; only the first finds anything new.
pub(super) fn run(number: u64) -> Vec<Body> {
    let [results, seen, pepper, ..] = blobs().map(|blob| DigestText::from(blob.digest));
    let (rows, population) = (rows(), population());
    let start = RunStart {
        run: id(1000 + number),
        scope: "infra".to_owned(),
        trigger: Trigger::Command,
        revision: None,
        pepper,
    };
    let run = Run {
        run: start.run,
        scope: "infra".to_owned(),
        trigger: Trigger::Command,
        revision: Some("git:1f3c".to_owned()),
        started: AT,
        ended: AT,
        late: false,
        fail_on: "low".to_owned(),
        exit: 1,
        bundle: digest(b"bundle"),
        profile: digest(b"profile"),
        environment: digest(b"environment"),
        plan: None,
        tools: vec![("helm".to_owned(), "3".to_owned())],
        kinds: vec![("v1/Pod".to_owned(), 3)],
        problems: Vec::new(),
        not_looked_at: 0,
        population_root: DigestText(population.root()),
        population_size: population.size(),
        population_blob: seen,
        results_root: DigestText(rows.root()),
        results_size: rows.size(),
        results_blob: results,
        counts: row::counts(&rows),
        transitions: u64::from(number == 1),
    };
    let transition = Transition {
        run: start.run,
        criterion: "SPE-NET-02".to_owned(),
        rule: "network.rule".to_owned(),
        rule_digest: Some(digest(b"rule")),
        kind: "v1/Pod".to_owned(),
        ref_c: row::pseudonym(&PEPPER, &rows.rows().lines()[0].key),
        from: None,
        to: Some(VerdictName::NotMet),
        effect: Some(Effect::Counted),
        severity: "high".to_owned(),
        findings: 1,
        findings_c: Some(commitment('b')),
        last_before: None,
        deviation: Some(id(2000 + number)),
    };
    let transition = (number == 1).then_some(Body::Transition(transition));
    [Body::RunStart(start)].into_iter().chain(transition).chain([Body::Run(Box::new(run))]).collect()
}

/// What stands at the beginning of a log: a plan, a bundle, and what people have decided.
pub(super) fn beginning() -> Vec<Body> {
    let item = PlanItem {
        name: "daily".to_owned(),
        scope: "infra".to_owned(),
        criteria: Vec::new(),
        cadence_seconds: 86_400,
        grace_percent: 20,
        owner: "operations".to_owned(),
        emitter: "ci".to_owned(),
    };
    let plan = Plan {
        digest: digest(b"plan"),
        effective_from: AT,
        approver: "security officer".to_owned(),
        items: vec![item],
        resident: Vec::new(),
        deadline_days: [("high".to_owned(), 30)].into(),
        min_coverage_per_mille: 990,
        retention_days: None,
    };
    let bundle = Bundle {
        bundle: digest(b"bundle"),
        profile: digest(b"profile"),
        object: digest(b"criteria"),
        tool: "speguard 0.1.0".to_owned(),
        engine: "regorus 0.14.1".to_owned(),
        criteria: 40,
    };
    let attestation = Attestation {
        scope: "demo".to_owned(),
        event: AttestationEvent::Filed,
        attestation: "a-1".to_owned(),
        criterion: "SPE-ORG-01".to_owned(),
        owner_c: commitment('c'),
        statement: digest(b"statement"),
        valid_from: AT,
        valid_until: Instant(AT.0 + 1000),
        evidence: 1,
        document: blobs()[4].digest.into(),
    };
    let deviation = Deviation {
        deviation: id(2000),
        state: DeviationState::Planned,
        owner: "operations".to_owned(),
        action: None,
        deadline: Some(AT),
        notified: Vec::new(),
        recurrence_of: None,
    };
    vec![
        opening(),
        Body::Plan(plan),
        Body::Bundle(bundle),
        waiver(Some('d'), Some('e')),
        Body::Attestation(attestation),
        Body::Deviation(deviation),
    ]
}

/// Stamps bytes: the token, and when.
pub(super) type Stamp<'s> = &'s dyn Fn(&[u8]) -> (Vec<u8>, i64);

/// A log made by the library: entries of many types, blobs, a bundle, and anchors that are entered.
pub(super) fn made(stamp: Stamp<'_>) -> Memory {
    let memory = Memory::default();
    let mut log = begun(&memory);
    append(&mut log, beginning());
    append(&mut log, run(1));
    anchor(&memory, &mut log, stamp);
    append(&mut log, run(2));
    append(&mut log, (1..6).map(gap).collect());
    anchor(&memory, &mut log, stamp);
    drop(log);
    memory
}

/// As [`made`], in fewer bytes.
pub(super) fn small(stamp: Stamp<'_>) -> Memory {
    let memory = Memory::default();
    let mut log = begun(&memory);
    append(&mut log, [beginning(), run(1), (1..4).map(gap).collect()].concat());
    anchor(&memory, &mut log, stamp);
    drop(log);
    memory
}

/// A log without entries, and the blobs that entries will refer to.
pub(super) fn begun(memory: &Memory) -> Log<'_> {
    let log = Log::create(memory, Place::parse(ORIGIN).unwrap(), key()).unwrap();
    keep_blobs(memory, PREFIX);
    let hex = digest(b"criteria").hex();
    memory.write(&format!("bundles/sha256/{}/{hex}", &hex[..2]), b"criteria");
    log
}

pub(super) fn append(log: &mut Log<'_>, bodies: Vec<Body>) {
    let first = log.state().size();
    let drafts: Vec<Draft> = (first..).zip(bodies).map(|(number, body)| draft(number, body)).collect();
    log.append(Instant(AT.0 + 1), &mut |_| Ok(drafts.clone())).unwrap();
    log.publish().unwrap();
}

fn anchor(memory: &Memory, log: &mut Log<'_>, stamp: Stamp<'_>) {
    let size = log.state().size();
    let bytes = memory.read(&format!("{PREFIX}/checkpoints/{size:020}"));
    let (token, at) = stamp(&bytes);
    memory.write(&format!("{PREFIX}/anchors/{size}/token.tsr"), &token);
    append(log, vec![anchored(size, DigestText(log.state().edge.root()), &token, Instant(at))]);
}

/// The entry of a token.
pub(super) fn anchored(size: u64, root: DigestText, token: &[u8], at: Instant) -> Body {
    let files = vec![("token.tsr".to_owned(), digest(token))];
    Body::Anchor(Anchor { size, root, kind: AnchorKind::TimeStamp, files, at, policy: None })
}

/// The bytes of entries that follow each other as they should.
pub(super) fn encoded(bodies: Vec<Body>) -> Vec<Vec<u8>> {
    (0..).zip(bodies).map(|(seq, body)| entry(seq, seq, ORIGIN, body).to_bytes().unwrap()).collect()
}

pub(super) fn entry(seq: u64, number: u64, shard: &str, body: Body) -> Entry {
    use speguard::record::entry::{Common, Time, VERSION};
    let time = Time { observed: AT, recorded: AT };
    Entry {
        common: Common { v: VERSION, id: id(number), shard: shard.to_owned(), seq, time, after_anchor: None },
        body,
    }
}

/// A whole log made by hand of any bytes, as who holds the key can: tree, journal and checkpoints fit each other.
pub(super) fn written(entries: &[Vec<u8>], sizes: &[u64], signer: &dyn Fn(u64) -> SignerKey) -> Memory {
    let memory = Memory::default();
    let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let size = entries.len() as u64;
    for id in tiles_for(0, size) {
        memory.write(&format!("{PREFIX}/{}", id.path()), &tile_bytes(&leaves, &id).unwrap());
    }
    for id in entries_for(0, size) {
        let from = id.index as usize * 256;
        let bundle = encode_entries(&entries[from..from + usize::from(id.width)]).unwrap();
        memory.write(&format!("{PREFIX}/{}", id.path()), &bundle);
    }
    let segment = Segment { number: 0, first: 0, previous: digest(b""), entries: entries.to_vec() };
    memory.write(&format!("{PREFIX}/journal/{:020}", 0), &segment.to_bytes());
    for size in sizes.iter().copied().chain([size]) {
        let origin = ORIGIN.to_owned();
        let text = Checkpoint { origin, size, root: root(&leaves, size).unwrap() }.to_text();
        let note = Note { signatures: vec![sign(&text, &signer(size))], text }.encode();
        memory.write(&format!("{PREFIX}/checkpoints/{size:020}"), note.as_bytes());
        memory.write(&format!("{PREFIX}/checkpoint"), note.as_bytes());
    }
    memory
}

/// As [`written`], with the shard's own key and one checkpoint.
pub(super) fn by_hand(entries: &[Vec<u8>]) -> Memory {
    written(entries, &[], &|_| key())
}
