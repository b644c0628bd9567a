//! The evidence log's trees, tiles, notes and proofs against implementations that others wrote: Go's `sumdb`, Rust's
//! `ct-merkle`, Python's `aics-tlog` and `tlog-scales`. And every flipped byte is refused, by Go as by us.
use base64::{Engine, prelude::BASE64_STANDARD};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::Sha256;
use speguard::record::{
    merkle::{
        Hash, Hashes, consistency_proof, inclusion_proof, leaf_hash, root, root_of, verify_consistency,
        verify_inclusion,
    },
    note::{Checkpoint, Note, SignerKey, cosign, sign, verify},
    proof::Proof,
    tile::{
        EntriesId, TileHashes, TileId, Which, check_entries, check_tiles, decode_tile, encode_entries, entries_for,
        parse_path, tile_bytes, tiles_for,
    },
    trust::TrustPolicy,
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Where trees change their shape, and two sizes without any.
const SIZES: [u64; 14] = [0, 1, 2, 3, 255, 256, 257, 511, 7_919, 40_321, 65_535, 65_536, 65_537, 70_000];
const ORIGIN: &str = "provider.example/evidence/spe-01/lead/2026";

#[test]
fn roots_and_proofs_are_those_of_go() {
    let Some(go) = program("roots_and_proofs_are_those_of_go", "tlog-verify", "verify") else { return };
    for size in SIZES {
        let shard = Shard::of(size);
        let hashes = shard.hashes(size);
        let whole = root(&hashes, size).unwrap();
        let root = BASE64_STANDARD.encode(whole);
        let mut expected = vec![
            format!("ok checkpoint of {ORIGIN}: size {size}, root {root}"),
            format!("ok tiles hash to the root, and {size} of {size} entries are here, each as its tile has it"),
        ];
        let samples = samples(size);
        for index in &samples {
            let leaf = leaf_hash(&entry(*index));
            let proof = inclusion_proof(&hashes, *index, size).unwrap();
            assert!(verify_inclusion(*index, size, &leaf, &proof, &whole), "{index} of {size}");
            let leaf = BASE64_STANDARD.encode(leaf);
            expected.push(format!("ok entry {index}: leaf {leaf}, proof [{}]", joined(&proof)));
        }
        assert_eq!(shard.verify(&go, None, &samples), (true, expected.clone()), "{size}");
        expected.truncate(2);
        for old in samples.iter().step_by(2).map(|index| index + 1) {
            let before = speguard::record::merkle::root(&hashes, old).unwrap();
            let proof = consistency_proof(&hashes, old, size).unwrap();
            assert!(verify_consistency(old, size, &before, &whole, &proof), "{old} to {size}");
            let mut expected = expected.clone();
            let before = BASE64_STANDARD.encode(before);
            expected.push(format!("ok growth since size {old}: root {before}, proof [{}]", joined(&proof)));
            assert_eq!(shard.verify(&go, Some(old), &BTreeSet::new()), (true, expected), "{old} to {size}");
        }
    }
}

#[test]
fn roots_and_proofs_are_those_of_ct_merkle() {
    let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let mut leaves: Vec<Hash> = Vec::new();
    for size in SIZES {
        for index in leaves.len() as u64..size {
            tree.push(entry(index));
            leaves.push(leaf_hash(&entry(index)));
        }
        let hashes = Known::of(&leaves);
        assert_eq!(root(&hashes, size).unwrap()[..], tree.root().as_bytes()[..], "{size}");
        for index in samples(size) {
            let own = inclusion_proof(&hashes, index, size).unwrap().concat();
            assert_eq!(own, tree.prove_inclusion(index as usize).as_bytes(), "{index} of {size}");
            let own = consistency_proof(&hashes, index + 1, size).unwrap().concat();
            let other = tree.prove_consistency((size - index - 1) as usize);
            assert_eq!(own, other.as_bytes(), "{} to {size}", index + 1);
        }
    }
}

#[test]
fn python_believes_what_is_written_and_proved() {
    let name = "python_believes_what_is_written_and_proved";
    let Some(aics) = program(name, "aics-tlog", "tlog") else { return };
    let Some(scales) = program(name, "tlog-tiles", "tlog") else { return };
    for size in [1, 2, 255, 256, 257, 65_536, 65_537, 70_000] {
        let shard = Shard::of(size);
        let (folder, key) = (shard.folder.path().to_str().unwrap(), shard.key.verifier_key().to_string());
        let shared = ["--log-key", &key, "--tiles", folder];
        let index = (size / 2).to_string();
        succeeds(Command::new(&aics).arg("verify-checkpoint").args(shared));
        succeeds(Command::new(&aics).args(["verify-inclusion", "--index", &index]).args(shared));
        let proof = succeeds(Command::new(&scales).args(["gen-proof", folder, &index]));
        assert_eq!(proof, shard.proof(size / 2).encode(), "{size}");
        let old = Shard::of(size / 2 + 1);
        let checkpoint = old.folder.path().join("checkpoint");
        let earlier = ["--old-checkpoint", checkpoint.to_str().unwrap()];
        succeeds(Command::new(&aics).arg("verify-consistency").args(earlier).args(shared));
    }
}

#[test]
fn a_cosignature_counts_for_python_too() {
    let Some(aics) = program("a_cosignature_counts_for_python_too", "aics-tlog", "tlog") else { return };
    let shard = Shard::of(3);
    let witness = SignerKey::new("audit.example/w1", &[9; 32]).unwrap();
    let mut note = shard.note();
    note.signatures.push(cosign(&note.text, &witness, 1_795_291_200));
    shard.write("checkpoint", note.encode().as_bytes());
    let (folder, log) = (shard.folder.path().to_str().unwrap(), shard.key.verifier_key().to_string());
    let asks = |witness: &SignerKey| {
        let key = witness.cosigner_key().to_string();
        let mut command = Command::new(&aics);
        command.args([
            "verify-checkpoint",
            "--quorum",
            "1",
            "--log-key",
            &log,
            "--tiles",
            folder,
            "--witness-key",
            &key,
        ]);
        command
    };
    succeeds(&mut asks(&witness));
    let stranger = SignerKey::new("audit.example/w1", &[8; 32]).unwrap();
    assert_eq!(asks(&stranger).output().unwrap().status.code(), Some(1));
}

#[test]
fn a_flipped_byte_anywhere_is_refused_by_go_and_by_us() {
    let shard = Shard::of(258);
    let go = program("a_flipped_byte_anywhere_is_refused_by_go_and_by_us (by Go)", "tlog-verify", "verify");
    assert_eq!(shard.believe(), Ok(()));
    for path in shard.files() {
        let file = shard.folder.path().join(&path);
        let bytes = fs::read(&file).unwrap();
        // All bytes of what is small; some of what holds 256 times the same kind of thing.
        let step = if bytes.len() < 500 { 1 } else { 61 };
        for at in (0..bytes.len()).step_by(step).chain([bytes.len() - 1]) {
            for bit in [0x01, 0x20] {
                let mut spoilt = bytes.clone();
                spoilt[at] ^= bit;
                fs::write(&file, &spoilt).unwrap();
                assert!(shard.believe().is_err(), "{path}: {at}");
                if let Some(go) = go.as_ref().filter(|_| bit == 0x01) {
                    let (believed, lines) = shard.verify(go, None, &BTreeSet::new());
                    assert!(!believed && lines.last().unwrap().starts_with("FAILED"), "{path}: {at}: {lines:?}");
                }
            }
        }
        for cut in [&bytes[..bytes.len() - 1], &[&bytes[..], b"\n"].concat()] {
            fs::write(&file, cut).unwrap();
            assert!(shard.believe().is_err(), "{path}");
            assert!(go.as_ref().is_none_or(|go| !shard.verify(go, None, &BTreeSet::new()).0), "{path}");
        }
        fs::write(&file, &bytes).unwrap();
    }
    assert_eq!(shard.believe(), Ok(()));
}

#[test]
fn growth_is_held_against_the_checkpoint_that_was_signed_then() {
    let Some(go) = program("growth_is_held_against_the_checkpoint_that_was_signed_then", "tlog-verify", "verify")
    else {
        return;
    };
    let shard = Shard::of(600);
    let folder = shard.folder.path().join("checkpoints");
    fs::create_dir(&folder).unwrap();
    let signed = |root: Hash| fs::write(folder.join(format!("{:020}", 300)), shard.checkpoint(300, root)).unwrap();
    signed(root(&shard.hashes(600), 300).unwrap());
    assert!(shard.verify(&go, Some(300), &BTreeSet::new()).0);
    signed([7; 32]);
    let (believed, lines) = shard.verify(&go, Some(300), &BTreeSet::new());
    assert!(!believed && lines.last().unwrap().starts_with("FAILED growth"), "{lines:?}");
}

#[test]
fn a_log_that_grew_step_by_step_has_the_tiles_of_one_that_leapt() {
    let leaves = (0..1_400).map(|index| leaf_hash(&entry(index))).collect::<Vec<_>>();
    let folder = tempfile::tempdir().unwrap();
    let mut before = 0;
    for size in [0, 1, 5, 255, 256, 256, 700, 1_279, 1_280, 1_400] {
        let hashes = Known::of(&leaves[..size as usize]);
        for tile in tiles_for(before, size) {
            // Nothing is written twice.
            let file = folder.path().join(tile.path());
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            assert!(!file.exists(), "{}", file.display());
            fs::write(file, tile_bytes(&hashes, &tile).unwrap()).unwrap();
        }
        before = size;
        let fetch = |tile: &TileId| fs::read(folder.path().join(tile.path())).ok();
        assert_eq!(check_tiles(size, &root_of(&leaves[..size as usize]), &fetch), Ok(()));
    }
}

/// A log of numbered entries on disk.
struct Shard {
    folder: tempfile::TempDir,
    key: SignerKey,
    size: u64,
}

impl Shard {
    fn of(size: u64) -> Self {
        let shard = Self { folder: tempfile::tempdir().unwrap(), key: SignerKey::new(ORIGIN, &[7; 32]).unwrap(), size };
        let leaves: Vec<Hash> = (0..size).map(|index| leaf_hash(&entry(index))).collect();
        let hashes = Known::of(&leaves);
        for tile in tiles_for(0, size) {
            shard.write(&tile.path(), &tile_bytes(&hashes, &tile).unwrap());
        }
        for EntriesId { index, width } in entries_for(0, size) {
            let begin = index * 256;
            let entries: Vec<Vec<u8>> = (begin..begin + u64::from(width)).map(entry).collect();
            shard.write(&EntriesId { index, width }.path(), &encode_entries(&entries).unwrap());
        }
        shard.write("checkpoint", shard.checkpoint(size, root_of(&leaves)).as_bytes());
        shard
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let file = self.folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }

    fn checkpoint(&self, size: u64, root: Hash) -> String {
        let text = Checkpoint { origin: ORIGIN.to_owned(), size, root }.to_text();
        Note { signatures: vec![sign(&text, &self.key)], text }.encode()
    }

    fn tile(&self, tile: &TileId) -> Option<Vec<u8>> {
        fs::read(self.folder.path().join(tile.path())).ok()
    }

    fn hashes(&self, size: u64) -> impl Hashes {
        TileHashes::new(size, |tile: &TileId| self.tile(tile))
    }

    fn note(&self) -> Note {
        Note::parse(fs::read(self.folder.path().join("checkpoint")).unwrap()).unwrap()
    }

    fn proof(&self, index: u64) -> Proof {
        let hashes = inclusion_proof(&self.hashes(self.size), index, self.size).unwrap();
        let proof = Proof { extra: None, index, hashes, checkpoint: self.note() };
        let trust = TrustPolicy::draft(self.key.verifier_key());
        assert_eq!(proof.verify(&entry(index), &trust).unwrap().checkpoint.size, self.size);
        proof
    }

    /// Every file under the folder, by its path there.
    fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => files.push(path.strip_prefix(self.folder.path()).unwrap().to_str().unwrap().to_owned()),
                }
            }
        }
        files
    }

    /// Reads the shard as a stranger would: checkpoint, tiles, entries.
    fn believe(&self) -> Result<(), String> {
        let bytes = fs::read(self.folder.path().join("checkpoint")).unwrap();
        let note = Note::parse(bytes).map_err(|error| error.to_string())?;
        verify(&note, &self.key.verifier_key()).map_err(|error| error.to_string())?;
        let Checkpoint { size, root, .. } = Checkpoint::parse(&note.text).map_err(|error| error.to_string())?;
        check_tiles(size, &root, &|tile| self.tile(tile)).map_err(|error| error.to_string())?;
        for path in self.files() {
            if let Some(Which::Entries(id)) = parse_path(&path) {
                let tile = TileId { level: 0, index: id.index, width: id.width };
                let leaves = decode_tile(&tile, &self.tile(&tile).unwrap()).unwrap();
                let bundle = fs::read(self.folder.path().join(path)).unwrap();
                check_entries(&id, &bundle, &leaves).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    /// What the Go program says, line by line.
    fn verify(&self, go: &Path, from: Option<u64>, samples: &BTreeSet<u64>) -> (bool, Vec<String>) {
        let from = from.map(|size| format!("-from={size}"));
        let output = Command::new(go)
            .args(from)
            .arg(self.folder.path())
            .arg(self.key.verifier_key().to_string())
            .args(samples.iter().map(u64::to_string))
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let lines = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        (output.status.success(), lines)
    }
}

/// The hashes of all complete subtrees, level by level: made once, asked often.
struct Known(Vec<Vec<Hash>>);

impl Known {
    fn of(leaves: &[Hash]) -> Self {
        let mut levels = vec![leaves.to_vec()];
        while levels[levels.len() - 1].len() > 1 {
            let above = levels[levels.len() - 1].as_chunks::<2>().0.iter().map(|pair| root_of(pair)).collect();
            levels.push(above);
        }
        Self(levels)
    }
}

impl Hashes for Known {
    fn hash(&self, level: u8, index: u64) -> Option<Hash> {
        self.0.get(usize::from(level))?.get(index as usize).copied()
    }
}

/// Entries of many lengths.
fn entry(index: u64) -> Vec<u8> {
    format!("{{\"entry\":{index}}}").repeat(index as usize % 4).into_bytes()
}

/// Positions at both ends, at the borders of tiles, and in between.
fn samples(size: u64) -> BTreeSet<u64> {
    let between = (1..8).map(|part| size / 8 * part + part * part * 37 % 97);
    [0, 1, 254, 255, 256, 257, 65_534, 65_535, 65_536, size.saturating_sub(2), size.saturating_sub(1)]
        .into_iter()
        .chain(between)
        .filter(|index| *index < size)
        .collect()
}

fn joined(proof: &[Hash]) -> String {
    proof.iter().map(|hash| BASE64_STANDARD.encode(hash)).collect::<Vec<_>>().join(" ")
}

fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (said, failed) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{said}{failed}");
    said
}

/// A program on PATH, or where `tests/tools/build` puts it. Skipping is said, by the name of what is skipped.
pub(crate) fn program(test: &str, name: &str, tool: &str) -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>())
        .map(|folder| folder.join(name));
    let built = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/speguard/tools/bin").join(name));
    let found = on_path.chain(built).find(|file| file.is_file());
    if found.is_none() {
        #[expect(clippy::print_stderr, reason = "a skipped test is said, not hidden")]
        {
            eprintln!("skipped: {test}: no {name} on PATH; `tests/tools/build <folder> {tool}` makes it");
        }
    }
    found
}
