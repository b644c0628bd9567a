//! The change of year: what the new shard knows of the old one, what a crash leaves, and what a verifier finds wrong.
use super::memory::{AT, Memory, ORIGIN, PREFIX, append, beginning, begun, draft, gap, id, keep_blobs, key, run, told};
use speguard::record::{
    entry::{Body, DigestText, Instant, Prune, Role, Shard, ShardEvent, Ulid},
    log::{Log, LogError},
    note::SignerKey,
    place::Place,
    segment::digest,
    store::{Put, Store, StoreError},
    trust::TrustPolicy,
    verify::{Against, Outcome, Report, verify},
    year::turn,
};
use std::sync::atomic::{AtomicUsize, Ordering};

const NEXT: &str = "example.org/evidence/demo/ci/2027";
const NEXT_PREFIX: &str = "demo/ci/2027";
/// 2027-01-01T00:00:05Z.
const NEW_YEAR: Instant = Instant(1_798_761_605_000);

fn next_key() -> SignerKey {
    SignerKey::new(NEXT, &[8; 32]).unwrap()
}

fn ids() -> [Ulid; 3] {
    [id(9001), id(9002), id(9003)]
}

fn place(origin: &str) -> Place {
    Place::parse(origin).unwrap()
}

/// A year with one run that found a deviation.
fn year() -> Memory {
    let memory = Memory::default();
    let mut log = begun(&memory);
    append(&mut log, beginning());
    append(&mut log, run(1));
    drop(log);
    memory
}

fn turned<'s>(store: &'s dyn Store) -> Result<Log<'s>, LogError> {
    turn(store, Log::open(store, place(ORIGIN), key())?, next_key(), NEW_YEAR, ids())
}

/// Two years; in the second a run of the same scope found the same as the last of the first.
fn two_years() -> Memory {
    let memory = year();
    let mut log = turned(&memory).unwrap();
    keep_blobs(&memory, NEXT_PREFIX);
    append(&mut log, run(2));
    drop(log);
    memory
}

fn judge(memory: &Memory) -> Report {
    judge_by(memory, &[key(), next_key()])
}

/// By a trust file that names these shards.
fn judge_by(memory: &Memory, keys: &[SignerKey]) -> Report {
    let logs: String = keys.iter().map(|key| format!("log {}\n", key.verifier_key())).collect();
    let trust = TrustPolicy::parse(&format!("{logs}quorum none\n")).unwrap();
    verify(memory, &Against { trust: Some(&trust), ..Against::default() })
}

fn expect(memory: &Memory, exit: u8, words: &str) {
    let report = judge(memory);
    let told = told(&report);
    assert_eq!(report.exit(), exit, "{words}\n{told}");
    assert!(told.contains(words), "{words}\n{told}");
}

fn take_away(memory: &Memory, prefix: &str) {
    let below = format!("{prefix}/");
    memory.paths().iter().filter(|path| path.starts_with(&below)).for_each(|path| memory.remove(path));
}

#[test]
fn the_new_year_goes_on_with_what_the_old_one_knew() {
    let memory = year();
    let old = Log::open(&memory, place(ORIGIN), key()).unwrap();
    let (plan, seq) = (old.state().plan.clone(), old.state().next_seq);
    let open = old.state().scopes["infra"].open.clone();
    assert_eq!(open.len(), 1);
    drop(old);
    let log = turned(&memory).unwrap();
    let check = |log: &Log<'_>| {
        let state = log.state();
        assert_eq!((state.size(), state.next_seq), (1, seq + 3), "enrolled, closed, opened");
        assert!(plan.is_some() && state.plan == plan);
        assert_eq!(state.scopes["infra"].open, open);
        assert!(state.scopes["infra"].last.is_some());
        assert_eq!((state.waivers.len(), state.attestations.len()), (1, 1));
        assert_eq!(log.earlier(), [place(ORIGIN)]);
    };
    check(&log);
    drop(log);
    check(&Log::open(&memory, place(NEXT), next_key()).unwrap());
}

#[test]
fn both_years_verify_and_the_first_run_is_held_against_the_last_of_the_old() {
    let memory = two_years();
    let report = judge(&memory);
    assert_eq!((told(&report).as_str(), report.exit()), ("", 0));
    let held: Vec<&str> = report.checks.iter().map(|check| check.name).collect();
    assert_eq!(held.iter().filter(|name| **name == "transitions").count(), 2);
    assert_eq!(held.iter().filter(|name| **name == "years").count(), 1);
    let shards = report.heads.iter().map(|head| head.origin.as_str()).collect::<Vec<_>>();
    assert_eq!(shards, [ORIGIN, NEXT]);
}

#[test]
fn nothing_follows_the_entry_that_closes_a_year() {
    let memory = two_years();
    let mut log = Log::open(&memory, place(ORIGIN), key()).unwrap();
    let refused = log.append(NEW_YEAR, &mut |_| Ok(vec![draft(9, gap(9))]));
    assert!(matches!(refused, Err(LogError::Closed(origin)) if origin == ORIGIN));
    let other = SignerKey::new(NEXT, &[9; 32]).unwrap();
    let other = turn(&memory, log, other, NEW_YEAR, ids());
    assert!(matches!(other, Err(LogError::Successor { vkey, .. }) if vkey == next_key().verifier_key().to_string()));
}

#[test]
fn a_year_that_was_taken_away_cut_or_replaced_is_found() {
    let memory = two_years();
    take_away(&memory, PREFIX);
    expect(&memory, 1, "a year was taken away");

    let memory = two_years();
    take_away(&memory, NEXT_PREFIX);
    expect(&memory, 1, "the trust file names this shard, and it is not here");
    let report = judge_by(&memory, &[key()]);
    assert_eq!(report.exit(), 3);
    assert!(told(&report).contains("it was closed for `example.org/evidence/demo/ci/2027`, which is not here"));

    // The same key has written another year, and closed it too.
    let memory = two_years();
    take_away(&memory, PREFIX);
    let other = Memory::default();
    let mut log = begun(&other);
    append(&mut log, beginning());
    append(&mut log, run(1));
    append(&mut log, vec![gap(1)]);
    drop(turn(&other, log, next_key(), NEW_YEAR, ids()).unwrap());
    other.paths().iter().filter(|path| path.starts_with(PREFIX)).for_each(|path| memory.write(path, &other.read(path)));
    expect(&memory, 1, "which now has another size or root");
}

#[test]
fn a_year_that_begins_anew_beside_an_older_one_is_found() {
    let memory = year();
    let mut log = Log::create(&memory, place(NEXT), next_key()).unwrap();
    let opening = Shard {
        event: ShardEvent::Open,
        emitter: "ci".to_owned(),
        role: Role::Scheduled,
        lead: true,
        vkey: next_key().verifier_key().to_string(),
        previous: None,
        retention_until: None,
    };
    append(&mut log, vec![Body::Shard(opening)]);
    drop(log);
    expect(&memory, 1, "it goes on from no shard, and `example.org/evidence/demo/ci/2026` is here");
}

#[test]
fn a_year_that_was_pruned_leaves_the_chain_whole() {
    let memory = two_years();
    let old = Log::open(&memory, place(ORIGIN), key()).unwrap();
    let (size, root) = (old.state().size(), DigestText(old.state().edge.root()));
    drop(old);
    let last = format!("checkpoints/{size:020}");
    let prune = Prune {
        origin: ORIGIN.to_owned(),
        size,
        root,
        basis: "retention".to_owned(),
        approver: "owner".to_owned(),
        files: vec![(last.clone(), digest(&memory.read(&format!("{PREFIX}/{last}"))))],
    };
    let mut log = Log::open(&memory, place(NEXT), next_key()).unwrap();
    append(&mut log, vec![Body::Prune(prune)]);
    drop(log);
    let kept = |path: &String| path.ends_with("/checkpoint") || path.ends_with(&last);
    let below = format!("{PREFIX}/");
    let gone = memory.paths().into_iter().filter(|path| path.starts_with(&below) && !kept(path));
    gone.for_each(|path| memory.remove(&path));
    expect(&memory, 3, "entries were pruned (basis retention)");
    let report = judge(&memory);
    assert!(report.checks.iter().any(|check| check.name == "years" && matches!(check.outcome, Outcome::Held(_))));
    let log = Log::open(&memory, place(NEXT), next_key()).unwrap();
    assert!(log.state().scopes["infra"].last.is_some(), "the runs of its own year are known");
}

/// A store that fails from some write on.
struct Failing<'m> {
    memory: &'m Memory,
    left: AtomicUsize,
}

impl Failing<'_> {
    fn spend(&self, path: &str) -> Result<(), StoreError> {
        let spent = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        let cause = || StoreError::Io { did: "written", path: path.to_owned(), cause: "the power went".to_owned() };
        spent.map(drop).map_err(|_| cause())
    }
}

impl Store for Failing<'_> {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Store::get(self.memory, path)
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<Put, StoreError> {
        self.spend(path)?;
        self.memory.create(path, bytes)
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.spend(path)?;
        self.memory.replace(path, bytes)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        Store::list(self.memory, folder)
    }

    fn delete(&self, path: &str) -> Result<(), StoreError> {
        self.spend(path)?;
        self.memory.delete(path)
    }
}

#[test]
fn whoever_writes_next_finishes_a_change_that_was_cut_off_at_any_write() {
    let whole = two_years();
    let mut writes = 0;
    loop {
        let memory = year();
        let failing = Failing { memory: &memory, left: AtomicUsize::new(writes) };
        let is_whole = turned(&failing).is_ok();
        let report = judge_by(&memory, &[key()]);
        assert_ne!(report.exit(), 1, "after {writes} writes\n{}", told(&report));
        let mut log = turned(&memory).unwrap();
        keep_blobs(&memory, NEXT_PREFIX);
        append(&mut log, run(2));
        drop(log);
        let files =
            |memory: &Memory| memory.paths().iter().map(|path| (path.clone(), memory.read(path))).collect::<Vec<_>>();
        assert!(files(&memory) == files(&whole), "after {writes} writes");
        if is_whole {
            break;
        }
        writes += 1;
    }
    assert!(writes > 8, "a change of year is more than {writes} writes");
}

#[test]
fn two_writers_change_the_year_once() {
    let memory = year();
    let slow = Log::open(&memory, place(ORIGIN), key()).unwrap();
    drop(turned(&memory).unwrap());
    let log = turn(&memory, slow, next_key(), Instant(NEW_YEAR.0 + 1000), [id(9101), id(9102), id(9103)]).unwrap();
    assert_eq!(log.state().size(), 1);
    drop(log);
    assert_eq!(judge(&memory).exit(), 0, "{}", told(&judge(&memory)));
    assert!(AT < NEW_YEAR);
}
