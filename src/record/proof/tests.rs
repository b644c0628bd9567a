use super::{
    super::{
        merkle::{inclusion_proof, root_of},
        note::{SignerKey, cosign, sign},
    },
    *,
};
use proptest::prelude::*;

/// The example of C2SP tlog-proof, its shortened signatures written out.
#[test]
fn the_example_of_the_specification_is_read_and_written_the_same() {
    let signature = BASE64_STANDARD.encode([9; 68]);
    let text = format!(
        "c2sp.org/tlog-proof@v1\nextra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ\nindex 73894\n\
         gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\nB95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n\
         EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=\nRoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=\n\
         AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n\nexample.com/fancylog\n109482\n\
         sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n— example.com/fancylog {signature}\n\
         — witness1.example {signature}\n"
    );
    let proof = Proof::decode(&text).unwrap();
    assert_eq!((proof.index, proof.hashes.len(), proof.checkpoint.signatures.len()), (73_894, 5, 2));
    assert!(proof.extra.as_ref().unwrap().starts_with(b"age-v1.2.1-darwin-arm64.tar.gz"));
    assert_eq!(proof.encode(), text);
}

#[test]
fn a_proof_holds_for_its_entry_under_its_log() {
    let (log, entries) = (signer("log.example/spe"), entries(11));
    let trust = TrustPolicy::draft(log.verifier_key());
    for (index, entry) in entries.iter().enumerate() {
        let proof = proof(&log, &entries, index as u64);
        assert_eq!(Proof::decode(proof.encode()).as_ref(), Ok(&proof));
        let trusted = proof.verify(entry, &trust).unwrap();
        assert_eq!((trusted.checkpoint.size, trusted.quorum_met), (11, true));
        let other = proof.verify(b"other", &trust);
        assert_eq!(other, Err(ProofError::NotIncluded { index: index as u64, size: 11 }));
        let elsewhere = Proof { index: index as u64 + 1, ..proof.clone() };
        assert!(elsewhere.verify(entry, &trust).is_err());
        let stranger = TrustPolicy::draft(signer("stranger").verifier_key());
        assert_eq!(proof.verify(entry, &stranger), Err(ProofError::Distrust(Distrust::NoLog)));
    }
}

#[test]
fn the_only_entry_needs_no_hash() {
    let log = signer("log.example/spe");
    let proof = proof(&log, &entries(1), 0);
    assert!(proof.encode().starts_with("c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example/spe\n1\n"));
    assert_eq!(Proof::decode(proof.encode()), Ok(proof));
}

#[test]
fn witnesses_of_the_proof_are_counted() {
    let (log, witness) = (signer("log.example/spe"), signer("witness.example"));
    let mut proof = proof(&log, &entries(3), 1);
    let lines = format!("log {}\nwitness w {}\nquorum w\n", log.verifier_key(), witness.cosigner_key());
    let trust = TrustPolicy::parse(&lines).unwrap();
    assert!(!proof.verify(b"entry 1", &trust).unwrap().quorum_met);
    let cosignature = cosign(&proof.checkpoint.text, &witness, 77);
    proof.checkpoint.signatures.push(cosignature);
    let trusted = proof.verify(b"entry 1", &trust).unwrap();
    assert_eq!((trusted.quorum_met, trusted.cosigned.get("w")), (true, Some(&77)));
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let text = proof(&signer("log.example/spe"), &entries(3), 1).encode();
    let with = |old: &str, new: &str| decode_error(&text.replace(old, new));
    assert_eq!(with("@v1", "@v2"), "line 1 of the proof is not `c2sp.org/tlog-proof@v1`");
    assert_eq!(with("index 1", "extra !\nindex 1"), "line 2 of the proof is not `extra <base64>`");
    let index = "of the proof is not `index <digits>`, without zeroes before them";
    assert_eq!(with("index 1", "index 01"), format!("line 2 {index}"));
    assert_eq!(with("index 1", "extra AAAA\nextra AAAA"), format!("line 3 {index}"));
    assert_eq!(decode_error("c2sp.org/tlog-proof@v1\n\n"), format!("line 2 {index}"));
    assert_eq!(decode_error("c2sp.org/tlog-proof@v1\nextra \n\n"), format!("line 3 {index}"));
    assert_eq!(with("index 1\n", "index 1\nAAAA\n"), "line 3 of the proof is not a hash: 32 bytes in base64");
    let hash = BASE64_STANDARD.encode([7; 32]) + "\n";
    assert_eq!(with("index 1\n", &format!("index 1\n{}", hash.repeat(64))), "the proof has more than 64 hashes");
    assert_eq!(
        decode_error("c2sp.org/tlog-proof@v1\nindex 1\n"),
        "the proof has no empty line before its checkpoint: it was cut"
    );
    assert_eq!(with("— log", "- log"), "the checkpoint in the proof cannot be read");
    assert_eq!(Proof::decode(b"\xff"), Err(ProofError::Characters));
    let large = vec![b'\n'; PROOF_BYTES_MAX + 1];
    assert_eq!(Proof::decode(&large), Err(ProofError::Large(PROOF_BYTES_MAX + 1)));
}

#[test]
fn a_checkpoint_that_is_none_proves_nothing() {
    let log = signer("log.example/spe");
    let mut proof = proof(&log, &entries(3), 1);
    proof.checkpoint = Note { signatures: vec![sign("a\nb\n", &log)], text: "a\nb\n".to_owned() };
    assert!(matches!(proof.includes(b"entry 1"), Err(ProofError::Note(_))));
}

proptest! {
    #[test]
    fn a_flipped_bit_of_a_proof_is_refused(count in 1_u64..40, of in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let (log, entries) = (signer("log.example/spe"), entries(count));
        let index = of.index(entries.len());
        let mut bytes = proof(&log, &entries, index as u64).encode().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let trust = TrustPolicy::draft(log.verifier_key());
        let believed = Proof::decode(&bytes).and_then(|proof| proof.verify(&entries[index], &trust));
        prop_assert!(believed.is_err(), "byte {at}");
    }

    #[test]
    fn extra_data_is_kept(extra in prop::option::of(prop::collection::vec(any::<u8>(), 0..50))) {
        let proof = Proof { extra, ..proof(&signer("log.example/spe"), &entries(5), 2) };
        prop_assert_eq!(Proof::decode(proof.encode()), Ok(proof));
    }
}

fn decode_error(text: &str) -> String {
    Proof::decode(text).unwrap_err().to_string()
}

fn entries(count: u64) -> Vec<Vec<u8>> {
    (0..count).map(|index| format!("entry {index}").into_bytes()).collect()
}

fn proof(log: &SignerKey, entries: &[Vec<u8>], index: u64) -> Proof {
    let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let size = leaves.len() as u64;
    let text = Checkpoint { origin: log.name().to_owned(), size, root: root_of(&leaves) }.to_text();
    let hashes = inclusion_proof(&leaves, index, size).unwrap();
    Proof { extra: None, index, hashes, checkpoint: Note { signatures: vec![sign(&text, log)], text } }
}

fn signer(name: &str) -> SignerKey {
    let mut seed = [0; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    SignerKey::new(name, &seed).unwrap()
}
