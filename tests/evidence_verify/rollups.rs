//! What a lead says of the other shards of its environment (E6): a shard that was cut, rewritten or taken away shows, and so
//! does a lead that is silent.
use super::memory::{AT, Memory, ORIGIN, gap, id, key, opening, told};
use speguard::record::{
    entry::{Body, Instant, Role, Rollup, Shard},
    log::{Draft, Log},
    note::SignerKey,
    place::Place,
    rollup::heads,
    trust::TrustPolicy,
    verify::{Against, Outcome, Report, verify},
};

const OTHER: &str = "example.org/evidence/demo/admission-1/2026";
const MINUTE: i64 = 60_000;

fn other() -> SignerKey {
    SignerKey::new(OTHER, &[8; 32]).unwrap()
}

fn opened(emitter: &str, key: &SignerKey, lead: bool) -> Body {
    let Body::Shard(shard) = opening() else { unreachable!() };
    let vkey = key.verifier_key().to_string();
    Body::Shard(Shard { emitter: emitter.to_owned(), role: Role::Resident, lead, vkey, ..shard })
}

fn shard<'m>(memory: &'m Memory, origin: &str, key: SignerKey) -> Log<'m> {
    Log::create(memory, Place::parse(origin).unwrap(), key).unwrap()
}

fn enter(log: &mut Log<'_>, minute: i64, body: Body) {
    let (observed, number) = (Instant(AT.0 + minute * MINUTE), log.state().size());
    log.append(observed, &mut |_| Ok(vec![Draft { observed, id: id(number), body: body.clone() }])).unwrap();
    log.publish().unwrap();
}

/// What the lead reads of the others, as an entry.
fn rollup(memory: &Memory) -> Body {
    Body::Rollup(Rollup { shards: heads(memory, &Place::parse(ORIGIN).unwrap()).unwrap() })
}

fn judged(memory: &Memory) -> Report {
    let keys = format!("log {}\nlog {}\nquorum none\n", key().verifier_key(), other().verifier_key());
    let trust = TrustPolicy::parse(&keys).unwrap();
    verify(memory, &Against { trust: Some(&trust), ..Against::default() })
}

fn is(memory: &Memory, exit: u8, words: &str) {
    let report = judged(memory);
    assert_eq!(report.exit(), exit, "{words}\n{}", told(&report));
    assert!(told(&report).contains(words), "{words}\n{}", told(&report));
}

/// Two shards, of which the lead names the other twice; with what the first rollup saw of it.
fn named() -> (Memory, Memory) {
    let memory = Memory::default();
    let mut lead = shard(&memory, ORIGIN, key());
    let mut more = shard(&memory, OTHER, other());
    enter(&mut lead, 0, opened("ci", &key(), true));
    // A shard without an entry has nothing that could be taken away.
    assert_eq!(heads(&memory, lead.place()).unwrap(), []);
    enter(&mut more, 1, opened("admission-1", &other(), false));
    enter(&mut more, 2, gap(1));
    enter(&mut lead, 5, rollup(&memory));
    let early = memory.clone();
    enter(&mut more, 8, gap(2));
    enter(&mut lead, 10, rollup(&memory));
    enter(&mut more, 11, gap(3));
    drop((lead, more));
    (memory, early)
}

fn without(memory: &Memory, prefix: &str) -> Memory {
    let left = memory.clone();
    memory.paths().iter().filter(|path| path.starts_with(prefix)).for_each(|path| left.remove(path));
    left
}

#[test]
fn e6_a_shard_is_held_against_what_the_lead_said_of_it() {
    let (memory, _) = named();
    let report = judged(&memory);
    assert_eq!((report.exit(), told(&report)), (0, String::new()));
    let words = "the lead names it at 2 sizes, and it had these roots";
    let held = |check: &&speguard::record::verify::Check| check.outcome == Outcome::Held(words.to_owned());
    assert_eq!(report.checks.iter().find(held).map(|check| check.subject.as_str()), Some(OTHER));
}

#[test]
fn e6_a_shard_that_is_gone_cut_or_written_anew_is_a_breach() {
    let (memory, early) = named();
    let gone = without(&memory, "demo/admission-1/");
    let keys = format!("log {}\nquorum none\n", key().verifier_key());
    let trust = TrustPolicy::parse(&keys).unwrap();
    // Also where the trust file does not name it.
    let report = verify(&gone, &Against { trust: Some(&trust), ..Against::default() });
    assert_eq!(report.exit(), 1);
    assert!(told(&report).contains("names it with 3 entries, and it is not here: a shard was taken away"));

    // The whole shard as it was before its third entry.
    let cut = gone.clone();
    early.paths().iter().filter(|path| path.starts_with("demo/admission-1/")).for_each(|path| {
        cut.write(path, &early.read(path));
    });
    is(&cut, 1, "it held 3 entries when entry 2 of");

    let anew = gone.clone();
    let mut log = shard(&anew, OTHER, other());
    enter(&mut log, 1, opened("admission-1", &other(), false));
    (2..6).for_each(|number| enter(&mut log, 2, gap(10 + number)));
    drop(log);
    is(&anew, 1, "it had another root at size 2 when entry 1 of");
}

#[test]
fn e6_a_lead_that_says_nothing_of_a_shard_or_nothing_more_is_told() {
    let early = |minutes: i64, roll: bool| {
        let memory = Memory::default();
        let mut lead = shard(&memory, ORIGIN, key());
        enter(&mut lead, 0, opened("ci", &key(), true));
        let mut more = shard(&memory, OTHER, other());
        enter(&mut more, 1, opened("admission-1", &other(), false));
        drop(more);
        if roll {
            enter(&mut lead, 5, rollup(&memory));
        }
        enter(&mut lead, minutes, gap(1));
        drop(lead);
        memory
    };
    assert_eq!(told(&judged(&early(16, false))), "");
    is(&early(17, false), 3, "does not name it, and wrote until");
    assert_eq!(told(&judged(&early(20, true))), "");
    is(&early(21, true), 3, "it stopped to name the other shards at");

    let late = early(17, false);
    let mut lead = Log::open(&late, Place::parse(ORIGIN).unwrap(), key()).unwrap();
    enter(&mut lead, 18, rollup(&late));
    drop(lead);
    is(&late, 3, "names it only from");
}

#[test]
fn who_does_not_lead_has_no_say_and_nobody_speaks_in_two_ways() {
    let (memory, _) = named();
    let mut more = Log::open(&memory, Place::parse(OTHER).unwrap(), other()).unwrap();
    enter(&mut more, 12, rollup(&memory));
    drop(more);
    is(&memory, 1, "it speaks of other shards, and this is not the shard of a lead");

    let (memory, _) = named();
    let mut lead = Log::open(&memory, Place::parse(ORIGIN).unwrap(), key()).unwrap();
    let Body::Rollup(mut said) = rollup(&memory) else { unreachable!() };
    said.shards[0].size -= 1;
    enter(&mut lead, 12, Body::Rollup(said));
    drop(lead);
    is(&memory, 1, "it gives another root of 3 entries than entry 2");
}

/// One that was cut together with its checkpoint is another thing than one that grows while it is read.
#[test]
fn what_the_lead_reads_must_be_a_checkpoint_of_that_shard() {
    let (memory, _) = named();
    let path = "demo/admission-1/2026/checkpoints/00000000000000000004";
    memory.write(path, &memory.read("demo/ci/2026/checkpoints/00000000000000000003"));
    let error = heads(&memory, &Place::parse(ORIGIN).unwrap()).unwrap_err().to_string();
    assert!(error.contains(path) && error.contains("is no checkpoint of"), "{error}");
}
