use super::*;
use crate::record::merkle::{Hash, leaf_hash, root_of};

/// Names at odd places stand in the set, those at even places do not.
fn name(place: usize) -> String {
    format!("{place:04}")
}

fn rows(size: usize) -> ResultSet {
    set((0..size).map(|nth| judged("SPE-NET-02", &name(2 * nth + 1), breach())).collect())
}

fn key(place: usize) -> RowKey {
    RowKey {
        criterion: "SPE-NET-02".into(),
        platform: "kubernetes".into(),
        kind: "apps/Deployment".into(),
        resource: resource_key(&id(&name(place)), 1, &PEPPER),
    }
}

fn proof(set: &ResultSet, place: usize) -> RowProof {
    prove(set.rows(), &key(place).members())
}

#[test]
fn presence_and_absence_are_shown_at_every_place_of_every_size() {
    for size in 0..=17 {
        let set = rows(size);
        for place in 0..=2 * size + 1 {
            let shown = proof(&set, place);
            let is_present = place % 2 == 1 && place < 2 * size;
            assert_eq!(shown.verify(&set.root(), set.size()).unwrap(), is_present, "{place} of {size}");
            let read = RowProof::from_json(&shown.to_json().unwrap()).unwrap();
            assert_eq!(read, shown);
            match &shown.shown {
                Shown::Present(_) => {}
                Shown::Absent(Absence { before, after }) => {
                    assert_eq!(
                        (before.is_none(), after.is_none()),
                        (place == 0 || size == 0, place >= 2 * size),
                        "{place} of {size}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_proof_is_for_one_key_one_root_and_one_size() {
    let (set, other) = (rows(7), rows(8));
    for place in 0..=15 {
        let shown = proof(&set, place);
        assert!(matches!(shown.verify(&set.root(), 8), Err(RowProofError::Size { .. })));
        assert!(shown.verify(&other.root(), 7).is_err());
        let mut resized = shown.clone();
        resized.size = 8;
        assert!(resized.verify(&other.root(), 8).is_err(), "{place}");
        for other in (0..=15).filter(|other| *other != place) {
            let mut moved = shown.clone();
            moved.key = key(other).members().map(str::to_owned).to_vec();
            let is_shown_too = matches!(&shown.shown, Shown::Absent(_)) && other % 2 == 0 && other / 2 == place / 2;
            let expected = moved.verify(&set.root(), 7);
            assert_eq!(
                expected.is_ok_and(|present| !present),
                is_shown_too || (place >= 14 && other >= 14),
                "{place} {other}"
            );
        }
    }
}

#[test]
fn neighbours_that_are_none_show_nothing() {
    let set = rows(5);
    let placed = |index| {
        let (line, path) = set.rows().shown(index).unwrap();
        Some(Placed { index: index as u64, line, path })
    };
    let absent = |place: usize, before, after| RowProof {
        key: key(place).members().map(str::to_owned).to_vec(),
        size: 5,
        shown: Shown::Absent(Absence { before, after }),
    };
    let verify = |proof: RowProof| proof.verify(&set.root(), 5);
    // Row 5 stands at index 2.
    assert!(matches!(verify(absent(5, placed(1), placed(3))), Err(RowProofError::Neighbours)));
    assert!(matches!(verify(absent(5, placed(1), placed(2))), Err(RowProofError::Order { which: "after" })));
    assert!(matches!(verify(absent(5, placed(2), placed(3))), Err(RowProofError::Order { which: "before" })));
    assert!(matches!(verify(absent(5, None, placed(3))), Err(RowProofError::Neighbours)));
    assert!(matches!(verify(absent(5, placed(1), None)), Err(RowProofError::Neighbours)));
    assert!(matches!(verify(absent(5, None, None)), Err(RowProofError::Neighbours)));
    assert!(!verify(absent(6, placed(2), placed(3))).unwrap());
    let mut one_key = absent(6, placed(2), placed(3));
    one_key.key.pop();
    assert!(matches!(verify(one_key), Err(RowProofError::Key)));
}

/// The row is committed to, but its form would let its key pass unseen.
#[test]
fn a_row_in_another_form_shows_nothing() {
    let line = String::from_utf8(rows(1).rows().lines()[0].encoded()).unwrap().replacen("[", "[ ", 1).into_bytes();
    let leaf: Hash = leaf_hash(&line);
    let shown = Shown::Absent(Absence { before: Some(Placed { index: 0, line, path: Vec::new() }), after: None });
    let proof = RowProof { key: key(1).members().map(str::to_owned).to_vec(), size: 1, shown };
    assert!(matches!(proof.verify(&root_of(&[leaf]), 1), Err(RowProofError::Form { which: "before" })));
}

#[test]
fn any_changed_byte_of_a_file_is_refused() {
    let set = rows(5);
    for place in [0, 4, 5, 10] {
        let whole = proof(&set, place);
        let json = whole.to_json().unwrap();
        for at in 0..json.len() {
            for flip in [1, 0x20, 0x80] {
                let mut changed = json.clone();
                changed[at] ^= flip;
                let Ok(read) = RowProof::from_json(&changed) else { continue };
                // Another key between the same neighbours is absent too.
                let is_refused = read.key != whole.key || read.verify(&set.root(), 5).is_err();
                assert!(is_refused, "{place}: byte {at}: {}", String::from_utf8_lossy(&changed));
            }
        }
    }
}

#[test]
fn files_of_another_form_or_version_are_told_apart() {
    let json = String::from_utf8(proof(&rows(1), 1).to_json().unwrap()).unwrap();
    let read = |from: &str, to: &str| RowProof::from_json(json.replacen(from, to, 1).as_bytes()).unwrap_err();
    assert!(matches!(read("\"v\":1", "\"v\":2"), RowProofError::Version { version: 2 }));
    assert!(matches!(read("row_proof", "proof"), RowProofError::Fields(_)));
    assert!(matches!(read("present", "perhaps"), RowProofError::Fields(_)));
    assert!(matches!(read(",", ", "), RowProofError::Read(_)));
}

proptest! {
    #[test]
    fn names_of_any_kind_are_proved(names in proptest::collection::btree_set(".{0,6}", 0..12), asked in ".{0,6}") {
        let set = set(names.iter().map(|name| judged("SPE-NET-02", name, Verdict::Met)).collect());
        for name in names.iter().chain([&asked]) {
            let resource = resource_key(&id(name), 1, &PEPPER);
            let shown = prove(set.rows(), &["SPE-NET-02", "kubernetes", "apps/Deployment", &resource]);
            prop_assert_eq!(shown.verify(&set.root(), set.size()).unwrap(), names.contains(name));
        }
    }
}
