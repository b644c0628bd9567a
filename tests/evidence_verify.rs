//! What a verifier finds in a log that somebody has changed: from outside, and with the key in hand.
use crate::evidence_time::authority::{Authority, P256, VALID, openssl};
use memory::{
    AT, Memory, ORIGIN, PREFIX, anchored, append, by_hand, encoded, entry, expect, gap, judge, keep_blobs, key, made,
    opening, results_blob, small, told, trust, waiver, written,
};
use rayon::prelude::*;
use speguard::record::{
    anchor,
    entry::{Body, DigestText, Entry, EntryError, Instant, Key, KeyEvent},
    log::Log,
    merkle::{inclusion_proof, leaf_hash, root, verify_inclusion},
    note::{Checkpoint, Note, SignerKey, cosign, sign},
    place::Place,
    segment::{Segment, digest},
    tile::{TileHashes, encode_entries},
    trust::TrustPolicy,
    verify::{Against, Outcome, anchors, rotation_text, verify},
};

mod memory;
mod resident;
mod rollups;
mod years;

/// A stamp that nobody checks; only its digest counts.
fn unchecked(bytes: &[u8]) -> (Vec<u8>, i64) {
    ([b"token of ", bytes].concat(), AT.0)
}

/// An authority of openssl, and its answer to any bytes.
fn stamped(authority: &Authority) -> impl Fn(&[u8]) -> (Vec<u8>, i64) {
    authority.issue("stamp", P256, "stamp", Some("between"), VALID);
    |bytes| {
        let token = authority.reply("stamp", "v2-sha256", &anchor::request(bytes, 7), &["between"]);
        let at = anchor::Token::read(&token).unwrap().time_ms;
        (token, at)
    }
}

#[test]
fn e1_every_byte_that_is_flipped_is_a_breach() {
    let authority = openssl("e1_every_byte_that_is_flipped_is_a_breach: with a token").then(Authority::new);
    let stamp =
        |bytes: &[u8]| authority.as_ref().map_or_else(|| unchecked(bytes), |authority| stamped(authority)(bytes));
    let roots: Vec<Vec<u8>> = authority.iter().map(|authority| authority.certificate("root")).collect();
    // Every byte of a small log, and some of a larger one.
    for (log, step, least) in [(small(&stamp), 1, 15_000), (made(&stamp), 61, 800)] {
        let trust = trust();
        let whole = verify(&log, &Against { trust: Some(&trust), tsa_roots: &roots, ..Against::default() });
        assert_eq!(whole.exit(), 0, "{}", told(&whole));
        let places: Vec<(String, usize)> =
            log.paths().iter().flat_map(|path| (0..log.read(path).len()).map(move |at| (path.clone(), at))).collect();
        let places: Vec<_> = places.into_iter().step_by(step).collect();
        assert!(places.len() > least, "{} bytes", places.len());
        places.par_chunks(512).for_each(|places| {
            let log = log.clone();
            for (path, at) in places {
                let good = log.read(path);
                let mut bad = good.clone();
                bad[*at] ^= [0x01, 0x20, 0x80, 0xff][at % 4];
                log.write(path, &bad);
                // With nothing but the log itself, which is all that every verifier has.
                assert_eq!(verify(&log, &Against::default()).exit(), 1, "{path}, byte {at}");
                log.write(path, &good);
            }
        });
    }
}

/// Older checkpoints that nobody vouches for, narrower tiles and bundles, and the journal's beginning may be tidied away.
#[test]
fn e1_a_file_that_is_missing_is_a_breach_but_for_what_may_be_tidied_away() {
    let log = made(&unchecked);
    let mut tidied = Vec::new();
    for path in log.paths() {
        let good = log.read(&path);
        log.remove(&path);
        match judge(&log, &[]).exit() {
            1 => {}
            0 => tidied.push(path.replace(PREFIX, "")),
            other => panic!("{path}: {other}"),
        }
        log.write(&path, &good);
    }
    let expected = [
        "/checkpoints/00000000000000000000",
        "/checkpoints/00000000000000000006",
        "/checkpoints/00000000000000000010",
        "/checkpoints/00000000000000000012",
        "/journal/00000000000000000000",
        "/tile/0/000.p/10",
        "/tile/0/000.p/12",
        "/tile/0/000.p/17",
        "/tile/0/000.p/6",
        "/tile/0/000.p/9",
        "/tile/entries/000.p/10",
        "/tile/entries/000.p/12",
        "/tile/entries/000.p/17",
        "/tile/entries/000.p/6",
        "/tile/entries/000.p/9",
    ];
    assert_eq!(tidied, expected);
}

#[test]
fn e1_what_is_cut_lengthened_or_added_is_a_breach() {
    let log = made(&unchecked);
    for path in log.paths() {
        let good = log.read(&path);
        let more = [&good[..], b"\n"].concat();
        for bad in [&good[..good.len() - 1], &good[1..], b"", &more] {
            log.write(&path, bad);
            expect(&log, &[], 1, "");
        }
        log.write(&path, &good);
    }
    let hex = digest(b"x").hex();
    for path in [
        "stray".to_owned(),
        "demo/stray".to_owned(),
        format!("{PREFIX}/stray"),
        format!("{PREFIX}/anchors/9/revocation.der"),
        format!("{PREFIX}/anchors/7/cosig-00000000"),
        format!("{PREFIX}/anchors/09/token.tsr"),
        format!("{PREFIX}/checkpoints/7"),
        format!("{PREFIX}/checkpoints/00000000000000000007"),
        format!("{PREFIX}/tile/0/001.p/1"),
        format!("{PREFIX}/tile/1/000.p/1"),
        format!("{PREFIX}/tile/entries/000.p/7"),
        format!("{PREFIX}/tile/entries/000"),
        format!("{PREFIX}/journal/00000000000000000099"),
        format!("{PREFIX}/blobs/sha256/00/{hex}.gz"),
        "bundles/sha256/00/x".to_owned(),
        "demo/ci/2027/checkpoint".to_owned(),
        "demo/ci/2027/checkpoints/00000000000000000001".to_owned(),
    ] {
        log.write(&path, b"x");
        expect(&log, &[], 1, "");
        log.remove(&path);
    }
    // What no entry can say anything about is listed.
    let path = format!("{PREFIX}/blobs/sha256/{}/{hex}.gz", &hex[..2]);
    log.write(&path, b"x");
    let report = judge(&log, &[]);
    assert!(report.exit() == 0 && report.not_checked.iter().any(|one| one.contains(&path)), "{}", told(&report));
    log.remove(&path);
    log.write("trust/README", b"x");
    expect(&log, &[], 0, "");
}

/// Ways to change a list of entries.
fn changed(entries: &[Vec<u8>]) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let (mut removed, mut twice, mut swapped) = (entries.to_vec(), entries.to_vec(), entries.to_vec());
    removed.remove(3);
    twice.insert(4, entries[3].clone());
    swapped.swap(3, 4);
    let mut transplanted = entries.to_vec();
    transplanted[3] = entry(3, 3, "example.org/evidence/demo/other/2026", gap(3)).to_bytes().unwrap();
    vec![("removed", removed), ("twice", twice), ("swapped", swapped), ("transplanted", transplanted)]
}

#[test]
fn e5_an_outsider_removes_doubles_reorders_or_transplants_entries() {
    let log = made(&unchecked);
    let good = log.entries();
    for (how, entries) in changed(&good) {
        // The bundle alone, the journal alone, both, and all but the signature.
        let bundle = format!("{PREFIX}/tile/entries/000.p/{}", good.len());
        let in_bundle = log.clone();
        in_bundle.write(&bundle, &encode_entries(&entries).unwrap());
        expect(&in_bundle, &[], 1, "");
        let journal = format!("{PREFIX}/journal/{:020}", 0);
        let segment = Segment::from_bytes(&log.read(&journal)).unwrap();
        let in_journal = log.clone();
        let changed = Segment { entries: entries[..segment.entries.len()].to_vec(), ..segment };
        in_journal.write(&journal, &changed.to_bytes());
        expect(&in_journal, &[], 1, "journal");
        in_journal.write(&bundle, &encode_entries(&entries).unwrap());
        expect(&in_journal, &[], 1, "");
        let stranger = written(&entries, &[], &|_| SignerKey::new(ORIGIN, &[8; 32]).unwrap());
        expect(&stranger, &[], 1, "no key that this shard had then has signed it");
        assert_eq!(good.len() as u64, log.size(), "{how}");
    }
    // Even the first entry, which names the key, is rewritten: the trust file knows the right one.
    let stranger = SignerKey::new(ORIGIN, &[8; 32]).unwrap();
    let Body::Shard(mut shard) = opening() else { panic!("another type") };
    shard.vkey = stranger.verifier_key().to_string();
    let log = written(&encoded(vec![Body::Shard(shard), gap(1)]), &[], &|_| SignerKey::new(ORIGIN, &[8; 32]).unwrap());
    expect(&log, &[], 1, "the trust file names another key for this shard");
    assert_eq!(verify(&log, &Against::default()).exit(), 3);
}

#[test]
fn e5_an_insider_removes_doubles_reorders_or_transplants_entries() {
    let entries = encoded([vec![opening()], (1..9).map(gap).collect()].concat());
    expect(&by_hand(&entries), &[], 0, "");
    let words = ["sequence number 4 does not fit", "stands twice", "does not fit its index", "belongs to the shard"];
    for ((how, changed), words) in changed(&entries).into_iter().zip(words) {
        let log = by_hand(&changed);
        expect(&log, &[], 1, words);
        assert_eq!(verify(&log, &Against::default()).exit(), 1, "{how}");
    }
    // Given its own sequence number, a doubled entry still has the other's id.
    let mut twice = entries.clone();
    twice.push(entry(9, 3, ORIGIN, gap(3)).to_bytes().unwrap());
    expect(&by_hand(&twice), &[], 1, "stands twice");
    // The first entry opens the shard, and nothing stands behind the one that closes it.
    expect(&by_hand(&encoded(vec![gap(0), opening()])), &[], 1, "does not open a shard");
    let Body::Shard(mut close) = opening() else { panic!("another type") };
    close.event = speguard::record::entry::ShardEvent::Close;
    expect(
        &by_hand(&encoded(vec![opening(), Body::Shard(close), gap(2)])),
        &[],
        1,
        "stands after the shard was closed",
    );
}

#[test]
fn e5_an_anchor_is_entered_for_what_stands_before_it_and_with_its_root() {
    let entries = encoded(vec![opening(), gap(1)]);
    let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let right = DigestText(root(&leaves, 2).unwrap());
    let with = |body: Body, sizes: &[u64], size: u64| {
        let more = entry(2, 2, ORIGIN, body).to_bytes().unwrap();
        let log = written(&[&entries[..], &[more]].concat(), sizes, &|_| key());
        log.write(&format!("{PREFIX}/anchors/{size}/token.tsr"), b"token");
        log
    };
    expect(&with(anchored(2, right, b"token", AT), &[2], 2), &[], 0, "");
    expect(&with(anchored(2, right, b"other", AT), &[2], 2), &[], 1, "it is not the file that was entered");
    expect(&with(anchored(2, right, b"token", AT), &[], 2), &[], 1, "of which no checkpoint is kept");
    expect(&with(anchored(2, digest(b"x"), b"token", AT), &[2], 2), &[], 1, "it names another root for size 2");
    expect(&with(anchored(3, right, b"token", AT), &[2], 3), &[], 1, "which lies after it");
    let missing = with(anchored(2, right, b"token", AT), &[2], 2);
    missing.remove(&format!("{PREFIX}/anchors/2/token.tsr"));
    expect(&missing, &[], 1, "it was entered, and is missing");
    // An entry knows no token that was not entered before it.
    let mut knows = entry(2, 2, ORIGIN, gap(2));
    knows.common.after_anchor = Some(digest(b"token"));
    let log = by_hand(&[&entries[..], &[knows.to_bytes().unwrap()]].concat());
    expect(&log, &[], 1, "it names a token that was not entered before it");
}

#[test]
fn e10_a_token_over_another_checkpoint_or_of_another_time_fails_where_roots_are_given() {
    if !openssl("e10_a_token_over_another_checkpoint_or_of_another_time_fails_where_roots_are_given") {
        return;
    }
    let (authority, other) = (Authority::new(), Authority::new());
    let stamp = stamped(&authority);
    let (roots, trust) = ([authority.certificate("root")], trust());
    let judged = |log: &Memory, roots: &[Vec<u8>]| {
        let report = verify(log, &Against { trust: Some(&trust), tsa_roots: roots, ..Against::default() });
        (report.exit(), format!("{}{:?}", told(&report), report.not_checked))
    };
    let good = made(&stamp);
    assert_eq!(judged(&good, &roots).0, 0);
    let (exit, said) = judged(&good, &[]);
    assert!(exit == 0 && said.contains("the 2 time stamps of"), "{said}");
    let (exit, said) = judged(&good, &[other.certificate("root")]);
    assert!(exit == 3 && said.contains("does not lead to a given root") && said.contains("and 1 more"), "{said}");
    let (exit, said) = judged(&made(&|_| stamp(b"other")), &roots);
    assert!(exit == 1 && said.contains("stamps other data") && said.contains("(integrity)"), "{said}");
    let later = |bytes: &[u8]| {
        let (token, at) = stamp(bytes);
        (token, at + 1)
    };
    let (exit, said) = judged(&made(&later), &roots);
    assert!(exit == 1 && said.contains("and the token another time"), "{said}");
    let (exit, said) = judged(&made(&unchecked), &roots);
    assert!(exit == 1 && said.contains("malformed"), "{said}");
}

#[test]
fn e10_a_shard_is_signed_by_the_key_that_it_was_handed_on_to() {
    let (old, new) = (key(), SignerKey::new(ORIGIN, &[9; 32]).unwrap());
    let by =
        |new_from: u64| move |size: u64| SignerKey::new(ORIGIN, &[if size < new_from { 7 } else { 9 }; 32]).unwrap();
    let vkey = new.verifier_key().to_string();
    let text = rotation_text(ORIGIN, &vkey);
    let rotate = |signers: &[&SignerKey]| {
        Body::Key(Key {
            event: KeyEvent::Rotate,
            emitter: "ci".to_owned(),
            vkey: vkey.clone(),
            valid_from: AT,
            valid_to: None,
            signatures: signers.iter().map(|signer| sign(&text, signer).to_string()).collect(),
            compromised_at: None,
        })
    };
    let entries = |rotate: Body| encoded(vec![opening(), gap(1), rotate, gap(3), gap(4)]);
    let right = entries(rotate(&[&old, &new]));
    expect(&written(&right, &[1, 2, 3, 4], &by(3)), &[], 0, "");
    expect(
        &written(&right, &[1, 2, 3, 4], &by(4)),
        &[],
        1,
        "00000000000000000003: it is signed by a key that was handed on at size 3",
    );
    expect(&written(&right, &[1, 2, 3, 4], &by(9)), &[], 1, "handed on at size 3");
    expect(&written(&right, &[1, 2, 3, 4], &by(2)), &[], 1, "no key that this shard had then has signed it");
    // One of the two has not agreed, or a stranger has.
    let stranger = SignerKey::new(ORIGIN, &[8; 32]).unwrap();
    for signers in [&[&old][..], &[&new], &[], &[&stranger, &new]] {
        let log = written(&entries(rotate(signers)), &[1, 2], &by(3));
        expect(&log, &[], 1, "without the signatures of the old and the new one");
    }
    // Handed on twice by the same key: the second time by somebody else.
    let again = encoded(vec![opening(), rotate(&[&old, &new]), rotate(&[&old, &new])]);
    expect(&written(&again, &[1], &by(2)), &[], 1, "entry 2: it hands the shard on");
    // Who knows the new key only believes what the old one signed, since the new one has signed for it too.
    let newer = TrustPolicy::draft(new.verifier_key());
    let log = written(&right, &[1, 2, 3, 4], &by(3));
    assert_eq!(verify(&log, &Against { trust: Some(&newer), ..Against::default() }).exit(), 0);
    let told: Vec<_> = judge(&log, &[]).not_checked;
    assert!(told.iter().any(|one| one.contains("the trust file names an earlier key only")), "{told:#?}");
}

#[test]
fn a_quorum_is_what_the_trust_file_asks_for() {
    let witness = |seed: u8| SignerKey::new(&format!("w{seed}.example/w"), &[seed; 32]).unwrap();
    let (one, two) = (witness(1), witness(2));
    let log = Memory::default();
    let mut writer = Log::create(&log, Place::parse(ORIGIN).unwrap(), key()).unwrap();
    append(&mut writer, vec![opening(), gap(1)]);
    let add = |writer: &mut Log<'_>, by: &SignerKey, time: u64, at: Instant| {
        let root =
            DigestText(root(&log.entries().iter().map(|entry| leaf_hash(entry)).collect::<Vec<_>>(), 2).unwrap());
        let text = Checkpoint { origin: ORIGIN.to_owned(), size: 2, root: root.0 }.to_text();
        let line = format!("{}\n", cosign(&text, by, time));
        let name = anchors::cosignature_name(by.cosigner_key().id);
        log.write(&anchors::path(PREFIX, 2, &name), line.as_bytes());
        let Body::Anchor(mut entry) = anchored(2, root, b"", at) else { panic!("another type") };
        entry.kind = speguard::record::entry::AnchorKind::Witness;
        entry.files = vec![(name, digest(line.as_bytes()))];
        append(writer, vec![Body::Anchor(entry)]);
    };
    let judged = |quorum: &str| {
        let group = match quorum {
            "both" => "group both all one two\n",
            "any" => "group any any one two\n",
            _ => "",
        };
        let text = format!(
            "log {}\nwitness one {}\nwitness two {}\n{group}quorum {quorum}\n",
            key().verifier_key(),
            one.cosigner_key(),
            two.cosigner_key()
        );
        let trust = TrustPolicy::parse(&text).unwrap();
        let report = verify(&log, &Against { trust: Some(&trust), ..Against::default() });
        (report.exit(), told(&report))
    };
    assert_eq!(judged("none").0, 0);
    assert_eq!(judged("any").0, 3);
    add(&mut writer, &one, 1_795_000_000, AT);
    let codes = ["none", "any", "one", "two", "both"].map(|quorum| judged(quorum).0);
    assert_eq!(codes, [0, 0, 0, 3, 3], "{}", judged("any").1);
    add(&mut writer, &two, 1_795_000_001, Instant(1_795_000_001_000));
    let codes = ["none", "any", "one", "two", "both"].map(|quorum| judged(quorum).0);
    assert_eq!(codes, [0; 5], "{}", judged("both").1);
    // What comes after must be witnessed again.
    append(&mut writer, vec![gap(5)]);
    let (code, said) = judged("both");
    assert!(code == 3 && said.contains("the 3 entries since are not witnessed yet"), "{said}");
    assert_eq!(judged("none").0, 0);
    // A cosignature of another text, and an entry that lies about its time.
    let path = anchors::path(PREFIX, 2, &anchors::cosignature_name(one.cosigner_key().id));
    let good = log.read(&path);
    log.write(&path, format!("{}\n", cosign("another\n2\n", &one, 1_795_000_000)).as_bytes());
    let (code, said) = judged("any");
    assert!(code == 1 && said.contains("was altered (trust)"), "{said}");
    log.write(&path, &good);
    let third = witness(3);
    add(&mut writer, &third, 1_795_000_002, AT);
    assert_eq!(judged("both").0, 3, "{}", judged("both").1);
    let report = judge(&log, &[]);
    assert!(report.not_checked.iter().any(|one| one.starts_with("3 cosignatures of")), "{:#?}", report.not_checked);
}

#[test]
fn e14_every_proof_still_verifies_when_a_blob_was_erased() {
    let log = made(&unchecked);
    let mut writer = Log::open(&log, Place::parse(ORIGIN).unwrap(), key()).unwrap();
    let blob = results_blob();
    let erasure = speguard::record::entry::Erasure {
        blob,
        basis: "gdpr-17".to_owned(),
        approver: "data protection officer".to_owned(),
    };
    let path = format!("{PREFIX}/blobs/sha256/{}/{}.gz", &blob.hex()[..2], blob.hex());
    let without = log.clone();
    without.remove(&path);
    expect(&without, &[], 1, "no entry says that it was erased");
    append(&mut writer, vec![Body::Erasure(erasure)]);
    drop(writer);
    log.remove(&path);
    expect(&log, &[], 3, "the results of a run was erased (basis gdpr-17)");
    let (size, entries) = (log.size(), log.entries());
    let fetch =
        |id: &speguard::record::tile::TileId| log.0.lock().unwrap().get(&format!("{PREFIX}/{}", id.path())).cloned();
    let hashes = TileHashes::new(size, fetch);
    let note = Note::parse(log.read(&format!("{PREFIX}/checkpoints/{size:020}"))).unwrap();
    let checkpoint = Checkpoint::parse(&note.text).unwrap();
    for (index, entry) in (0..).zip(&entries) {
        let proof = inclusion_proof(&hashes, index, size).unwrap();
        assert!(verify_inclusion(index, size, &leaf_hash(entry), &proof, &checkpoint.root), "{index}");
    }
}

#[test]
fn e6_a_shard_that_is_gone_was_pruned_only_where_a_lead_says_so() {
    let shard = |lead: bool, key: &SignerKey| {
        let Body::Shard(mut shard) = opening() else { panic!("another type") };
        (shard.lead, shard.vkey) = (lead, key.verifier_key().to_string());
        Body::Shard(shard)
    };
    let old = || SignerKey::new("example.org/evidence/demo/service/2020", &[6; 32]).unwrap();
    for (lead, other, exit) in [(true, false, 3), (false, false, 1), (true, true, 1)] {
        let log = Memory::default();
        let mut writer = Log::create(&log, Place::parse(old().name()).unwrap(), old()).unwrap();
        append(&mut writer, vec![shard(true, &old()), gap(1)]);
        drop(writer);
        let last = "checkpoints/00000000000000000002";
        let kept = log.read(&format!("demo/service/2020/{last}"));
        let note = Note::parse(&kept).unwrap();
        let Checkpoint { origin, size, root } = Checkpoint::parse(&note.text).unwrap();
        let prune = speguard::record::entry::Prune {
            origin,
            size,
            // Another tree than the one that is kept.
            root: if other { digest(b"x") } else { DigestText(root) },
            basis: "retention".to_owned(),
            approver: "owner".to_owned(),
            files: vec![(last.to_owned(), digest(&kept))],
        };
        let mut writer = Log::create(&log, Place::parse(ORIGIN).unwrap(), key()).unwrap();
        append(&mut writer, vec![shard(lead, &key()), Body::Prune(prune)]);
        drop(writer);
        for path in log.paths().iter().filter(|path| path.starts_with("demo/service/2020/")) {
            if !path.ends_with("checkpoint") && !path.ends_with(last) {
                log.remove(path);
            }
        }
        let report = judge(&log, &[]);
        assert_eq!(report.exit(), exit, "{}", told(&report));
    }
}

#[test]
fn e16_a_waiver_that_who_asked_has_approved_is_a_breach() {
    let log = |requester, approver| by_hand(&encoded(vec![opening(), waiver(requester, approver)]));
    for (requester, approver, exit, words) in [
        (Some('a'), Some('b'), 0, ""),
        (Some('a'), Some('a'), 1, "who asked for it has approved it"),
        (None, Some('a'), 1, "does not say who asked and who approved"),
        (Some('a'), None, 1, "does not say who asked and who approved"),
        (None, None, 1, "does not say who asked and who approved"),
    ] {
        let log = log(requester, approver);
        keep_blobs(&log, PREFIX);
        expect(&log, &[], exit, words);
        let unsigned = judge(&log, &[]).not_checked.iter().any(|one| one.contains("no approval is signed"));
        assert_eq!(unsigned, exit == 0);
    }
}

#[test]
fn e24_what_is_no_entry_is_rejected_and_what_is_newer_is_unread() {
    let text = |seq: u64, change: &dyn Fn(String) -> String| {
        let bytes = entry(seq, seq, ORIGIN, gap(1)).to_bytes().unwrap();
        change(String::from_utf8(bytes).unwrap()).into_bytes()
    };
    let short = text(1, &|text| text).len();
    let padded = |length: usize| text(1, &|text| text.replace("item-1", &"x".repeat(length - short + 6)));
    assert_eq!((padded(16_384).len(), padded(16_385).len()), (16_384, 16_385));
    let cases: Vec<(Vec<u8>, u8, &str)> = vec![
        (padded(16_384), 0, ""),
        (padded(16_385), 1, "not canonical JSON"),
        (text(1, &|text| text.replace("\"from\"", "\"extra\":1,\"from\"")), 1, "unknown field"),
        (text(1, &|text| text.replace("\"v\":1", "\"v\":1,\"w\":1")), 1, "unknown field"),
        (text(1, &|text| text.replace("\"decisions_lost\":0", "\"decisions_lost\":0.5")), 1, "whole"),
        (text(1, &|text| text.replace("\"decisions_lost\":0", "\"decisions_lost\":1e2")), 1, "not canonical"),
        (text(1, &|text| text.replace("\"decisions_lost\":0", "\"decisions_lost\":-1")), 1, "malformed"),
        (text(1, &|text| text.replace("\"decisions_lost\":0", "\"decisions_lost\":null")), 1, ""),
        (text(1, &|text| text.replace("\"v\":1", "\"v\": 1")), 1, "not canonical"),
        (text(1, &|text| text.replace("\"v\":1", "\"v\":0")), 1, "is not a version"),
        (text(1, &|text| text.replace("\"v\":1", "\"v\":2")), 3, "1 are of a newer version"),
        (text(1, &|text| text.replace("\"from\"", "\"extra\":1,\"from\"").replace("\"v\":1", "\"v\":2")), 3, "newer"),
        (text(1, &|text| text.replace("\"gap\"", "\"pulse\"")), 1, "unknown type `pulse`"),
        (b"{}".to_vec(), 1, "not a version"),
        (b"".to_vec(), 1, ""),
        (b"[]".to_vec(), 1, "not an object"),
        (b"\xff\xfe".to_vec(), 1, ""),
    ];
    let first = encoded(vec![opening()]);
    for (bytes, exit, words) in cases {
        let log = by_hand(&[&first[..], std::slice::from_ref(&bytes)].concat());
        expect(&log, &[], exit, words);
    }
    // The writer makes none of these either.
    let Body::Gap(mut long) = gap(1) else { panic!("another type") };
    long.item = "x".repeat(16_385);
    let refused = entry(1, 1, ORIGIN, Body::Gap(long)).to_bytes();
    assert!(matches!(refused, Err(EntryError::Canonical(_) | EntryError::Forbidden(_))), "{refused:?}");
    assert!(matches!(Entry::from_bytes(&padded(16_385)), Err(EntryError::Canonical(_))));
}

#[test]
fn e31_an_insider_who_cuts_rewrites_or_starts_over_is_found_by_what_others_kept() {
    let seen = made(&unchecked);
    let known = seen.known();
    let (size, entries) = (seen.size(), seen.entries());
    // The log as it was up to the last token, which stays as it is.
    let anchored = size - 1;
    let cut = |entries: &[Vec<u8>]| {
        let size = entries.len() as u64;
        let earlier: Vec<u64> = [9, anchored].into_iter().filter(|one| *one < size).collect();
        let log = written(entries, &earlier, &|_| key());
        for path in seen.paths() {
            let of_anchor = path.strip_prefix(&format!("{PREFIX}/anchors/"));
            let covered = of_anchor.is_some_and(|rest| rest.split('/').next().unwrap().parse::<u64>().unwrap() < size);
            if covered || path.contains("/blobs/") || path.starts_with("bundles/") {
                log.write(&path, &seen.read(&path));
            }
        }
        log
    };
    let rewritten = |number: u64| entry(number, number + 500, ORIGIN, gap(number + 500)).to_bytes().unwrap();
    let last = anchored as usize;
    let tail: Vec<Vec<u8>> = [&entries[..=last], &[rewritten(size)]].concat();
    let grown = cut(&tail);
    expect(&grown, &known, 0, "");
    let mut since_the_token = entries[..last - 1].to_vec();
    since_the_token.push(rewritten(anchored - 1));
    since_the_token.push(rewritten(anchored));
    since_the_token.push(rewritten(size));
    let over: Vec<Vec<u8>> = encoded([vec![opening()], (1..40).map(gap).collect()].concat());
    let cases = [
        (cut(&entries[..12]), "it was cut or started over"),
        (by_hand(&since_the_token[..9]), "it was cut or started over"),
        (by_hand(&over), "it was rewritten"),
        (by_hand(&over[..2]), "it was cut or started over"),
    ];
    for (log, words) in &cases {
        expect(log, &known, 1, words);
        let report = judge(log, &[]);
        let failed = report.checks.iter().any(|check| check.name == "known");
        let listed = report.not_checked.iter().any(|one| one.contains("cut or replaced since it was last seen"));
        assert!(listed && !failed, "{:#?}", report.not_checked);
    }
    assert_eq!(judge(&cases[0].0, &[]).exit(), 0, "{}", told(&judge(&cases[0].0, &[])));
    assert_eq!(judge(&cases[2].0, &[]).exit(), 0);

    // Rewritten since the last token: the token stands, and what others kept later does not fit.
    let mut more = Log::open(&grown, Place::parse(ORIGIN).unwrap(), key()).unwrap();
    append(&mut more, vec![gap(900)]);
    drop(more);
    let kept_later = grown.known();
    let mut other = tail.clone();
    other[last + 1] = entry(size, size + 700, ORIGIN, gap(700)).to_bytes().unwrap();
    other.push(rewritten(size + 1));
    let rewrite = cut(&other);
    expect(&rewrite, &known, 0, "");
    expect(&rewrite, &kept_later, 1, "it was rewritten");
    assert!(
        judge(&rewrite, &kept_later)
            .checks
            .iter()
            .any(|check| { check.name == "known" && matches!(check.outcome, Outcome::Failed { .. }) })
    );
}

/// Files of which one cannot be read.
struct Unreadable<'f> {
    files: &'f Memory,
    path: String,
}

impl speguard::record::files::Files for Unreadable<'_> {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        if path == self.path {
            Err("permission denied".to_owned())
        } else {
            speguard::record::files::Files::get(self.files, path)
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        if folder == self.path {
            Err("permission denied".to_owned())
        } else {
            speguard::record::files::Files::list(self.files, folder)
        }
    }
}

#[test]
fn e29_what_cannot_be_read_is_no_breach_and_no_pass() {
    let log = made(&unchecked);
    let trust = trust();
    let against = Against { trust: Some(&trust), ..Against::default() };
    let mut paths = log.paths();
    paths.push(String::new());
    for path in paths {
        let report = verify(&Unreadable { files: &log, path: path.clone() }, &against);
        assert_eq!(report.exit(), 2, "`{path}` could not be read");
        assert!(report.unreadable.iter().any(|(told, _)| *told == path), "{path}");
    }
}
