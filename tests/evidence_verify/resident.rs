//! What a resident emitter enters passes through a verification as all else does.
use super::memory::{AT, Memory, PREFIX, append, begun, commitment, expect, id, judge, opening, told};
use speguard::record::{
    blob,
    entry::{Answer, Body, Decision, DigestText, Epoch, EpochEvent, Heartbeat, Operation},
};

fn epoch(event: EpochEvent, pepper: DigestText) -> Body {
    Body::Epoch(Epoch {
        event,
        epoch: 1,
        run: id(900),
        previous_seq: None,
        tool: "speguard 0.1.0".to_owned(),
        cluster_c: None,
        configuration: DigestText([1; 32]),
        pepper,
    })
}

fn heartbeat() -> Body {
    Body::Heartbeat(Box::new(Heartbeat {
        epoch: 1,
        runs: vec![("infra".to_owned(), AT)],
        allowed: 1,
        denied: 1,
        dropped: 0,
        synced: true,
        webhooks: Some(DigestText([4; 32])),
        authorities: Some(DigestText([5; 32])),
        clock_step_ms: None,
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
