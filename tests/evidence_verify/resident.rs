//! What a resident emitter enters passes through a verification as all else does.
use super::memory::{
    AT, Memory, ORIGIN, PREFIX, append, beginning, begun, commitment, expect, id, judge, key, opening, run, told,
};
use crate::evidence_scan::Lab;
use serde_json::Value as Json;
use speguard::record::{
    blob,
    entry::{
        Answer, Body, Decision, DigestText, Epoch, EpochEvent, Gap, GapCause, Heartbeat, Instant, Operation, Plan,
        PlanResident,
    },
    log::{Draft, Log},
    place::Place,
};
use std::fs;

fn epoch(event: EpochEvent, pepper: DigestText) -> Body {
    turn(event, 1, None, pepper)
}

/// A start or stop of an epoch; its id goes with its number.
fn turn(event: EpochEvent, number: u64, previous_seq: Option<u64>, pepper: DigestText) -> Body {
    Body::Epoch(Epoch {
        event,
        epoch: number,
        run: id(900 + number),
        previous_seq,
        tool: "speguard 0.1.0".to_owned(),
        cluster_c: None,
        configuration: DigestText([1; 32]),
        pepper,
    })
}

fn heartbeat() -> Body {
    beat(1, None)
}

fn beat(number: u64, clock_step_ms: Option<i64>) -> Body {
    Body::Heartbeat(Box::new(Heartbeat {
        epoch: number,
        runs: vec![("infra".to_owned(), AT)],
        allowed: 1,
        denied: 1,
        dropped: 0,
        synced: true,
        webhooks: Some(DigestText([4; 32])),
        authorities: Some(DigestText([5; 32])),
        clock_step_ms,
    }))
}

fn decision(answer: Answer) -> Body {
    Body::Decision(Box::new(Decision {
        request: "00000000-0000-4000-8000-000000000001".to_owned(),
        operation: Operation::Create,
        kind: "Pod".to_owned(),
        subresource: None,
        namespace_c: commitment('a'),
        ref_c: commitment('b'),
        answer,
        warnings: 0,
        counted: Vec::new(),
        observed: Vec::new(),
        bundle: DigestText([2; 32]),
        profile: DigestText([3; 32]),
        micros: 900,
    }))
}

#[test]
fn epochs_signs_of_life_and_decisions_count_and_the_key_of_an_epoch_is_needed() {
    let memory = Memory::default();
    let pepper = blob::document(&[6; 32], b"epoch").unwrap();
    let path = format!("{PREFIX}/{}", blob::path(&pepper.digest));
    let mut log = begun(&memory);
    let lives = [EpochEvent::Start, EpochEvent::Stop].map(|event| epoch(event, pepper.digest.into()));
    let [start, stop] = lives;
    append(&mut log, vec![opening(), start, heartbeat(), decision(Answer::Allow), decision(Answer::Deny), stop]);
    drop(log);
    memory.write(&path, &pepper.bytes);
    let report = judge(&memory, &[]);
    assert_eq!(told(&report), "");
    let unknown = report.not_checked.iter().find(|line| line.contains(&path) && line.contains("no entry refers to it"));
    assert_eq!(unknown, None);
    assert_eq!(report.heads.iter().map(|head| head.size).collect::<Vec<_>>(), [6]);
    memory.remove(&path);
    expect(&memory, &[], 1, "the key of pseudonyms is missing, and no entry says that it was erased");
}

/// A log with these entries after the first, and the blob that epochs name.
fn with(bodies: impl FnOnce(DigestText) -> Vec<Body>) -> Memory {
    let memory = Memory::default();
    let pepper = blob::document(&[6; 32], b"epoch").unwrap();
    let mut log = begun(&memory);
    append(&mut log, [vec![opening()], bodies(pepper.digest.into())].concat());
    drop(log);
    memory.write(&format!("{PREFIX}/{}", blob::path(&pepper.digest)), &pepper.bytes);
    memory
}

#[test]
fn epochs_that_do_not_follow_each_other_are_told() {
    use EpochEvent::{Start, Stop};
    let good =
        |pepper| vec![turn(Start, 1, None, pepper), beat(1, None), turn(Start, 2, Some(2), pepper), beat(2, None)];
    assert_eq!(told(&judge(&with(good), &[])), "");
    // An old process that ends after the new one has begun.
    let late = |pepper| [good(pepper), vec![beat(1, None), turn(Stop, 1, None, pepper)]].concat();
    assert_eq!(told(&judge(&with(late), &[])), "");
    type Entered<'e> = &'e dyn Fn(DigestText) -> Vec<Body>;
    let wrong: [(Entered<'_>, &str); 6] = [
        (
            &|pepper| vec![turn(Start, 1, None, pepper), turn(Start, 3, Some(1), pepper)],
            "begins epoch 3, and the last one was 1",
        ),
        (&|pepper| vec![turn(Start, 1, None, pepper), turn(Start, 2, None, pepper)], "names another entry as the last"),
        (
            &|pepper| vec![turn(Start, 1, None, pepper), turn(Start, 2, Some(0), pepper)],
            "names another entry as the last",
        ),
        (
            &|pepper| vec![turn(Start, 1, None, pepper), turn(Stop, 2, None, pepper)],
            "stops epoch 2, which is not under way",
        ),
        (&|_| vec![beat(1, None)], "sign of life of epoch 1, which is not under way"),
        (
            &|pepper| vec![turn(Start, 1, None, pepper), turn(Stop, 1, None, pepper), beat(1, None)],
            "sign of life of epoch 1, which is not under way",
        ),
    ];
    for (bodies, words) in wrong {
        expect(&with(bodies), &[], 1, words);
    }
}

/// What a writer knows of the last process: how it ended, when it was last alive, also over a change of year.
#[test]
fn the_last_epoch_and_sign_of_life_are_known_to_the_next_writer() {
    let memory = with(|pepper| vec![turn(EpochEvent::Start, 1, None, pepper), beat(1, None), decision(Answer::Deny)]);
    let log = Log::open(&memory, Place::parse(ORIGIN).unwrap(), key()).unwrap();
    let known = (Some((1, false)), Some(Instant(AT.0 + 1)));
    assert_eq!((log.state().epoch, log.state().alive), known);
    let next = log.state().carried();
    assert_eq!((next.epoch, next.alive), known);
}

const MINUTE: i64 = 60_000;

/// A resident that is planned from the first minute on, was silent from minute 10 to minute 20, and whose clock was set by
/// two hours and back. With `gap`, it has said so.
fn silent(gap: bool) -> Lab {
    let memory = Memory::default();
    let pepper = blob::document(&[6; 32], b"epoch").unwrap();
    let mut log = begun(&memory);
    memory.write(&format!("{PREFIX}/{}", blob::path(&pepper.digest)), &pepper.bytes);
    let mut number = 0;
    let mut enter = |minute: i64, body: Body| {
        let (observed, id) = (Instant(AT.0 + minute * MINUTE), id(number));
        number += 1;
        log.append(observed, &mut |_| Ok(vec![Draft { observed, id, body: body.clone() }])).unwrap();
    };
    let resident = PlanResident {
        name: "admission".to_owned(),
        emitters: vec!["ci".to_owned()],
        heartbeat_seconds: 60,
        owner: "platform".to_owned(),
    };
    for body in beginning().into_iter().chain(run(1)) {
        enter(
            0,
            match body {
                Body::Plan(plan) => Body::Plan(Plan { resident: vec![resident.clone()], ..plan }),
                other => other,
            },
        );
    }
    enter(0, turn(EpochEvent::Start, 1, None, pepper.digest.into()));
    (0..=10).for_each(|minute| enter(minute, beat(1, None)));
    enter(20, turn(EpochEvent::Start, 2, Some(20), pepper.digest.into()));
    if gap {
        let (from, to) = (Instant(AT.0 + 10 * MINUTE), Instant(AT.0 + 20 * MINUTE));
        enter(20, Body::Gap(Gap { item: "ci".to_owned(), from, to, cause: GapCause::Crash, decisions_lost: 0 }));
    }
    (20..=30).for_each(|minute| enter(minute, beat(2, None)));
    enter(151, beat(2, Some(120 * MINUTE)));
    if gap {
        let (from, to) = (Instant(AT.0 + 30 * MINUTE), Instant(AT.0 + 151 * MINUTE));
        enter(151, Body::Gap(Gap { item: "ci".to_owned(), from, to, cause: GapCause::Unknown, decisions_lost: 0 }));
    }
    enter(32, beat(2, Some(-120 * MINUTE)));
    enter(33, turn(EpochEvent::Stop, 2, None, pepper.digest.into()));
    log.publish().unwrap();
    drop(log);
    let lab = Lab::empty();
    for path in memory.paths() {
        let file = lab.path().join("log").join(&path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, memory.read(&path)).unwrap();
    }
    fs::write(lab.path().join("trust.policy"), format!("log {}\nquorum none\n", key().verifier_key())).unwrap();
    lab
}

/// What is said of the resident up to minute 33, and the whole report.
fn said(lab: &Lab, more: &[&str], code: i32) -> (String, Json) {
    let as_of = Instant(AT.0 + 33 * MINUTE).to_string();
    let period = format!("{}/{as_of}", AT);
    let all = [&["evidence", "verify", "--log", "log", "--trust", "trust.policy", "--format", "json"], more].concat();
    let output = lab.run(&[&all[..], &["--period", &period]].concat()).code(code);
    let report: Json = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let checks = report["checks"].as_array().unwrap().iter().filter(|one| one["check"] == "continuity");
    let told = checks.map(|one| format!("{}: {}\n", one["result"].as_str().unwrap(), one["words"].as_str().unwrap()));
    (told.collect(), report)
}

#[test]
fn an_emitter_that_was_down_without_a_word_is_a_breach_and_its_clock_is_told() {
    let (told, report) = said(&silent(false), &[], 1);
    assert!(told.contains("failed: item `admission`: nobody declared 2 gaps of 12 min in all"), "{told}");
    assert!(
        told.contains("held: item `admission`: `ci` was down 2 times, 12 min in all; ended without a stop once"),
        "{told}"
    );
    let item =
        report["continuity"][0]["items"].as_array().unwrap().iter().find(|one| one["item"] == "admission").unwrap();
    let one = &item["resident"][0];
    assert_eq!(
        (&one["starts"], &one["crashes"], &one["down"][0]["seconds"]),
        (&2.into(), &1.into(), &600.into()),
        "{one:#}"
    );
    // E9: flagged, whatever else is wrong.
    assert_eq!(one["clock_steps"].as_array().unwrap().len(), 2, "{one:#}");
    let unsure = report["not_checked"].to_string();
    assert!(unsure.contains("its clock was set 2 times, most of all 2 h"), "{unsure}");
}

#[test]
fn what_the_emitter_declared_itself_is_no_breach_and_not_established_to_the_strict() {
    let lab = silent(true);
    let (told, _) = said(&lab, &[], 0);
    assert!(told.contains("held: item `admission`: declared 2 gaps of 12 min in all"), "{told}");
    let (told, _) = said(&lab, &["--strict"], 3);
    assert!(told.contains("not_established: item `admission`: declared 2 gaps of 12 min in all"), "{told}");
    assert!(told.contains("not_established: when `ci` entered what it did: its clock was set"), "{told}");
}
