use super::*;
use proptest::prelude::*;

/// The eight entries, roots and proofs that Certificate Transparency's own implementations are tested with.
const ENTRIES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn roots_are_those_of_certificate_transparency() {
    let leaves = leaves();
    for (size, root) in ROOTS.iter().enumerate() {
        assert_eq!(hex(&root_of(&leaves[..size])), *root, "{size}");
    }
}

#[test]
fn proofs_are_those_of_certificate_transparency() {
    let leaves = leaves();
    let inclusion = |index, size| shown(inclusion_proof(&leaves, index, size));
    let consistency = |old, new| shown(consistency_proof(&leaves, old, new));
    let beside = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    let pair = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    let right = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
    assert_eq!(inclusion(0, 1), Vec::<String>::new());
    assert_eq!(inclusion(0, 8), [beside, pair, right]);
    let fifth = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    let quarter = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
    let left = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
    assert_eq!(inclusion(5, 8), [fifth, quarter, left]);
    let first_two = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
    assert_eq!(inclusion(2, 3), [first_two]);
    assert_eq!(inclusion(1, 5), [&hex(&leaves[0]), pair, fifth].map(str::to_owned));
    assert_eq!(consistency(1, 8), [beside, pair, right]);
    let seventh = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
    assert_eq!(consistency(6, 8), [seventh, quarter, left]);
    assert_eq!(consistency(2, 5), [pair, fifth]);
}

#[test]
fn what_a_tree_does_not_hold_has_no_proof() {
    let leaves = leaves();
    assert_eq!(inclusion_proof(&leaves, 8, 8), None);
    assert_eq!(inclusion_proof(&leaves, 0, 9), None);
    assert_eq!(inclusion_proof(&leaves, 0, 0), None);
    assert_eq!(consistency_proof(&leaves, 5, 4), None);
    assert_eq!(consistency_proof(&leaves, 5, 9), None);
    assert_eq!(root(&leaves, 9), None);
    assert_eq!(subtree_root(&leaves, 3, 2), None);
}

#[test]
fn nothing_is_proved_of_the_empty_tree_but_that_all_begin_with_it() {
    let (leaves, empty) = (leaves(), empty_root());
    let whole = root_of(&leaves);
    assert!(verify_consistency(0, 8, &empty, &whole, &[]));
    assert!(verify_consistency(0, 0, &empty, &empty, &[]));
    assert!(!verify_consistency(0, 8, &whole, &whole, &[]));
    assert!(!verify_consistency(0, 0, &whole, &whole, &[]));
    assert!(!verify_consistency(0, 8, &empty, &whole, &[whole]));
    assert!(!verify_consistency(8, 0, &whole, &empty, &[]));
    assert!(!verify_consistency(4, 8, &root_of(&leaves[..4]), &whole, &[]));
    assert!(!verify_inclusion(0, 0, &empty, &[], &empty));
}

#[test]
fn sizes_at_the_end_of_the_numbers_neither_panic_nor_pass() {
    let hash = leaf_hash(b"one");
    let proof = vec![hash; 64];
    for size in [u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) + 1] {
        assert!(!verify_inclusion(size - 1, size, &hash, &proof, &hash));
        for old in [1, size / 2, size - 1] {
            assert!(!verify_consistency(old, size, &hash, &hash, &proof));
            assert_eq!(consistency_proof(&[hash].as_slice(), old, size), None);
        }
        assert_eq!(inclusion_proof(&[hash].as_slice(), size - 1, size), None);
        assert_eq!(Edge::of(&vec![hash], size), None);
    }
}

proptest! {
    #[test]
    fn roots_and_proofs_equal_the_definition(size in 0_u64..300, at in any::<prop::sample::Index>()) {
        let leaves = numbered(size);
        prop_assert_eq!(root_of(&leaves), definition(&leaves));
        prop_assert_eq!(root(&leaves, size), Some(definition(&leaves)));
        let edge = Edge::of(&leaves, size).unwrap();
        prop_assert_eq!((edge.root(), edge.size()), (definition(&leaves), size));
        prop_assert_eq!(edge, leaves.iter().copied().collect::<Edge>());
        if size > 0 {
            let index = at.index(leaves.len());
            prop_assert_eq!(inclusion_proof(&leaves, index as u64, size).unwrap(), path(index, &leaves));
            prop_assert_eq!(consistency_proof(&leaves, index as u64 + 1, size).unwrap(), subproof(index + 1, &leaves, true));
        }
    }

    #[test]
    fn a_subtree_is_the_tree_of_its_leaves(size in 1_usize..200, one in any::<prop::sample::Index>(), two in any::<prop::sample::Index>()) {
        let leaves = numbered(size as u64);
        let (one, two) = (one.index(size), two.index(size));
        let (begin, end) = (one.min(two), one.max(two));
        prop_assert_eq!(subtree_root(&leaves, begin as u64, end as u64), Some(definition(&leaves[begin..end])));
    }

    #[test]
    fn a_proof_holds_for_its_leaf_alone(size in 1_u64..300, at in any::<prop::sample::Index>(), wrong in any::<prop::sample::Index>(), bit in 0_usize..256) {
        let leaves = numbered(size);
        let index = at.index(leaves.len()) as u64;
        let (leaf, whole) = (leaves[index as usize], root_of(&leaves));
        let proof = inclusion_proof(&leaves, index, size).unwrap();
        prop_assert!(verify_inclusion(index, size, &leaf, &proof, &whole));
        prop_assert!(!verify_inclusion(index, size, &flipped(&leaf, bit), &proof, &whole));
        prop_assert!(!verify_inclusion(index, size, &leaf, &proof, &flipped(&whole, bit)));
        prop_assert!(!verify_inclusion(index, size, &leaf, &[&proof[..], &[whole]].concat(), &whole));
        for other in (0..size).filter(|other| *other != index) {
            prop_assert!(!verify_inclusion(other, size, &leaf, &proof, &whole));
        }
        if !proof.is_empty() {
            let mut spoilt = proof.clone();
            let at = wrong.index(spoilt.len());
            spoilt[at] = flipped(&spoilt[at], bit);
            prop_assert!(!verify_inclusion(index, size, &leaf, &spoilt, &whole));
            prop_assert!(!verify_inclusion(index, size, &leaf, &proof[1..], &whole));
        }
    }

    #[test]
    fn a_later_tree_is_consistent_with_what_it_began_as(new in 1_u64..300, at in any::<prop::sample::Index>(), wrong in any::<prop::sample::Index>(), bit in 0_usize..256) {
        let leaves = numbered(new);
        let old = at.index(leaves.len()) as u64 + 1;
        let (before, after) = (root_of(&leaves[..old as usize]), root_of(&leaves));
        let proof = consistency_proof(&leaves, old, new).unwrap();
        prop_assert!(verify_consistency(old, new, &before, &after, &proof));
        prop_assert!(!verify_consistency(old, new, &flipped(&before, bit), &after, &proof));
        prop_assert!(!verify_consistency(old, new, &before, &flipped(&after, bit), &proof));
        prop_assert!(!verify_consistency(old, new, &before, &after, &[&proof[..], &[after]].concat()));
        if !proof.is_empty() {
            let mut spoilt = proof.clone();
            let at = wrong.index(spoilt.len());
            spoilt[at] = flipped(&spoilt[at], bit);
            prop_assert!(!verify_consistency(old, new, &before, &after, &spoilt));
            prop_assert!(!verify_consistency(old, new, &before, &after, &proof[1..]));
        }
    }
}

/// RFC 6962, section 2.1, word by word.
fn definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(below(leaves.len()));
            node_hash(&definition(left), &definition(right))
        }
    }
}

/// RFC 6962, section 2.1.1, word by word.
fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(below(leaves.len()));
    let (mut proof, beside) = match index.checked_sub(left.len()) {
        None => (path(index, left), definition(right)),
        Some(index) => (path(index, right), definition(left)),
    };
    proof.push(beside);
    proof
}

/// RFC 6962, section 2.1.2, word by word.
fn subproof(old: usize, leaves: &[Hash], complete: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if complete { Vec::new() } else { vec![definition(leaves)] };
    }
    let (left, right) = leaves.split_at(below(leaves.len()));
    let (mut proof, beside) = match old <= left.len() {
        true => (subproof(old, left, complete), definition(right)),
        false => (subproof(old - left.len(), right, false), definition(left)),
    };
    proof.push(beside);
    proof
}

fn below(size: usize) -> usize {
    let mut width = 1;
    while width * 2 < size {
        width *= 2;
    }
    width
}

fn leaves() -> Vec<Hash> {
    ENTRIES.iter().map(|entry| leaf_hash(&bytes(entry))).collect()
}

fn numbered(size: u64) -> Vec<Hash> {
    (0..size).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

fn flipped(hash: &Hash, bit: usize) -> Hash {
    let mut flipped = *hash;
    flipped[bit / 8] ^= 1 << (bit % 8);
    flipped
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn shown(proof: Option<Vec<Hash>>) -> Vec<String> {
    proof.unwrap().iter().map(|hash| hex(hash)).collect()
}
