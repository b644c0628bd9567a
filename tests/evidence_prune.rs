//! What is taken away from a log: blobs and whole years, each after an entry that says so.
use crate::evidence_anchor::Kept;
use speguard::record::{
    disk::RealDisk,
    entry::{Anchor, AnchorKind, Body, DigestText, Instant, Plan, Role, RunStart, Shard, ShardEvent, Trigger, Ulid},
    log::{Draft, Log},
    note::SignerKey,
    place::Place,
    segment::digest,
    store::Directory,
    verify::anchors,
};
use std::{collections::BTreeMap, fs, path::Path};

const WHY: [&str; 4] = ["--basis", "retention", "--approver", "data protection officer"];

fn draft(number: u8, body: Body) -> Draft {
    Draft { observed: Instant(1_600_000_000_000), id: Ulid::new(Instant(1_600_000_000_000), [number; 10]), body }
}

fn append(log: &mut Log<'_>, drafts: &[Draft]) {
    log.append(Instant(1_600_000_000_001), &mut |_| Ok(drafts.to_vec())).unwrap();
    log.publish().unwrap();
}

fn store(kept: &Kept) -> Directory {
    Directory::new(Path::new(&kept.path("log")), RealDisk, "test").unwrap()
}

/// The key of the shard that `init` made.
fn key(kept: &Kept) -> SignerKey {
    let keys = kept.path("state/speguard/keys");
    let file = fs::read_dir(keys).unwrap().next().unwrap().unwrap().path();
    SignerKey::from_text(&fs::read_to_string(file).unwrap()).unwrap()
}

/// Appends to the shard of this year.
fn appended(kept: &Kept, bodies: Vec<Body>) {
    let (store, key) = (store(kept), key(kept));
    let mut log = Log::open(&store, Place::parse(key.name()).unwrap(), key).unwrap();
    let drafts: Vec<Draft> =
        (100 + log.state().size() as u8..).zip(bodies).map(|(number, body)| draft(number, body)).collect();
    append(&mut log, &drafts);
}

fn plan(retention_days: Option<u64>) -> Body {
    Body::Plan(Plan {
        digest: digest(b"plan"),
        effective_from: Instant(1_600_000_000_000),
        approver: "security officer".to_owned(),
        items: Vec::new(),
        resident: Vec::new(),
        deadline_days: BTreeMap::new(),
        min_coverage_per_mille: 990,
        retention_days,
    })
}

fn start(pepper: DigestText) -> Body {
    Body::RunStart(RunStart {
        run: Ulid(1),
        scope: "infra".to_owned(),
        trigger: Trigger::Command,
        revision: None,
        pepper,
    })
}

/// Keeps a blob in a shard; gives its digest and path.
fn blob(kept: &Kept, prefix: &str, content: &[u8]) -> (DigestText, String) {
    let digest = digest(content);
    let hex = digest.hex();
    let path = format!("log/{prefix}/blobs/sha256/{}/{hex}.gz", &hex[..2]);
    let whole = kept.path(&path);
    fs::create_dir_all(Path::new(&whole).parent().unwrap()).unwrap();
    fs::write(whole, content).unwrap();
    (digest, path)
}

/// A shard of 2020, closed, with a checkpoint that was stamped; gives its key.
fn shard_of_2020(kept: &Kept) -> SignerKey {
    let make = || SignerKey::new("example.org/evidence/demo/service/2020", &[20; 32]).unwrap();
    let (store, signer) = (store(kept), make());
    let vkey = signer.verifier_key().to_string();
    let mut log = Log::create(&store, Place::parse(signer.name()).unwrap(), signer).unwrap();
    let shard = |event| {
        Body::Shard(Shard {
            event,
            emitter: "ci".to_owned(),
            role: Role::Scheduled,
            lead: true,
            vkey: vkey.clone(),
            previous: None,
            retention_until: None,
        })
    };
    append(&mut log, &[draft(0, shard(ShardEvent::Open))]);
    let (pepper, _) = blob(kept, "demo/service/2020", b"pepper of 2020");
    append(&mut log, &[draft(1, start(pepper))]);
    let root = DigestText(log.state().edge.root());
    log.keep(&anchors::path("demo/service/2020", 2, anchors::TOKEN), b"token").unwrap();
    let files = vec![(anchors::TOKEN.to_owned(), digest(b"token"))];
    let (at, kind) = (Instant(1_600_000_000_000), AnchorKind::TimeStamp);
    append(&mut log, &[draft(2, Body::Anchor(Anchor { size: 2, root, kind, files, at, policy: None }))]);
    append(&mut log, &[draft(3, shard(ShardEvent::Close))]);
    make()
}

fn files(kept: &Kept, folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(&kept.path("log")).join(folder)];
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path.display().to_string()) }
        }
    }
    found.sort();
    found
}

#[test]
fn e14_an_erased_blob_leaves_its_entries_and_is_told() {
    let kept = Kept::new();
    let prefix = Place::parse(key(&kept).name()).unwrap().prefix();
    let (digest, path) = blob(&kept, &prefix, b"pepper");
    appended(&kept, vec![start(digest)]);
    kept.verify(0, &[]);
    let named = digest.to_string();
    let prune = [&["prune", "--blob", &named][..], &WHY].concat();
    let said = kept.run(2, &prune);
    assert!(said.contains("pass --yes"), "{said}");
    let said = kept.run(0, &[&prune[..], &["--dry-run"]].concat());
    assert!(said.contains("Would be erased") && Path::new(&kept.path(&path)).exists(), "{said}");
    assert_eq!(kept.size(), 2);

    let said = kept.run(0, &[&prune[..], &["--yes"]].concat());
    assert!(said.contains("Erased, as entry 2 of") && !Path::new(&kept.path(&path)).exists(), "{said}");
    let said = kept.verify(3, &[]);
    assert!(said.contains("the key of pseudonyms was erased (basis retention)"), "{said}");
    let said = kept.run(0, &[&prune[..], &["--yes"]].concat());
    assert!(said.contains("erased already: entry 2"), "{said}");

    // What a crash after the entry left is listed, and taken away by the same command.
    blob(&kept, &prefix, b"pepper");
    let said = kept.verify(0, &[]);
    assert!(said.contains("is still here"), "{said}");
    let said = kept.run(0, &[&prune[..], &["--yes"]].concat());
    assert!(said.contains("as entry 2 of") && kept.size() == 3, "{said}");
    let other = format!("sha256:{}", "0".repeat(64));
    let said = kept.run(2, &[&["prune", "--yes", "--blob", &other][..], &WHY].concat());
    assert!(said.contains("is in this log"), "{said}");
    let said = kept.run(2, &[&["prune", "--yes", "--blob", "pepper"][..], &WHY].concat());
    assert!(said.contains("is not `sha256:` and 64"), "{said}");
    // Without the entry, a missing blob is a breach.
    let (_, path) = blob(&kept, &prefix, b"other");
    appended(&kept, vec![start(speguard::record::segment::digest(b"other"))]);
    fs::remove_file(kept.path(&path)).unwrap();
    let said = kept.verify(1, &[]);
    assert!(said.contains("no entry says that it was erased"), "{said}");
}

#[test]
fn a_whole_year_is_pruned_by_the_plan_and_its_last_checkpoints_stay() {
    let kept = Kept::new();
    let prune = |days: &'static str| [&["prune", "--yes", "--older-than", days][..], &WHY].concat();
    let old = shard_of_2020(&kept).verifier_key();
    let trust = fs::read_to_string(kept.path("trust.policy")).unwrap();
    fs::write(kept.path("trust.policy"), trust.replace("\nquorum", &format!("\nlog {old}\nquorum"))).unwrap();
    kept.verify(0, &[]);
    let said = kept.run(2, &prune("30"));
    assert!(said.contains("does not say how long shards are kept"), "{said}");
    appended(&kept, vec![plan(None)]);
    kept.run(2, &prune("30"));
    appended(&kept, vec![plan(Some(1826))]);
    let said = kept.run(2, &prune("30"));
    assert!(said.contains("keeps shards 1826 days"), "{said}");
    let said = kept.run(0, &prune("100000"));
    assert!(said.contains("No shard has ended more than 100000 days ago"), "{said}");
    let before = files(&kept, "demo");
    let size = kept_size(&kept);
    let dry = [&prune("1826")[..], &["--dry-run"]].concat();
    let said = kept.run(0, &dry);
    assert!(said.contains("Would be pruned: example.org/evidence/demo/service/2020, 4 entries"), "{said}");
    assert!(said.contains("kept: anchors/2/token.tsr") && said.contains("kept: checkpoints/00000000000000000004"));
    assert_eq!((files(&kept, "demo"), kept_size(&kept)), (before, size));

    // A year that was changed is evidence of that.
    let bundle = kept.path("log/demo/service/2020/tile/entries/000.p/4");
    let good = fs::read(&bundle).unwrap();
    fs::write(&bundle, [&good[..good.len() - 1], b" "].concat()).unwrap();
    kept.run(2, &prune("1826"));
    fs::write(&bundle, &good).unwrap();

    let said = kept.run(0, &prune("1826"));
    assert!(said.contains("Pruned, as entry 3 says: example.org/evidence/demo/service/2020, 4 entries"), "{said}");
    let left = files(&kept, "demo/service/2020");
    assert_eq!(left.len(), 4, "{left:?}");
    let said = kept.verify(3, &[]);
    assert!(said.contains("its 4 entries were pruned (basis retention)") && !said.contains("FAILS"), "{said}");
    let said = kept.run(0, &prune("1826"));
    assert!(said.contains("No shard has ended"), "{said}");
    // What was kept is still held against the entry.
    for path in left {
        let good = fs::read(&path).unwrap();
        for at in (0..good.len()).step_by(16) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            kept.verify(1, &[]);
        }
        fs::write(&path, &good).unwrap();
    }
    // A pruning that was cut off is listed, and finished by the next.
    let more = kept.path("log/demo/service/2020/tile/0/000.p/4");
    fs::create_dir_all(Path::new(&more).parent().unwrap()).unwrap();
    fs::write(&more, b"x").unwrap();
    let said = kept.verify(3, &[]);
    assert!(said.contains("the shard was pruned, and this was left"), "{said}");
    kept.run(0, &prune("1826"));
    assert!(!Path::new(&more).exists());
    // Taken away without an entry, it is a cut.
    fs::remove_dir_all(kept.path("log/demo/service/2020")).unwrap();
    let said = kept.verify(1, &[]);
    assert!(said.contains("the trust file names this shard, and it is not here"), "{said}");
}

/// The number of entries of the shard of this year.
fn kept_size(kept: &Kept) -> usize {
    let place = Place::parse(key(kept).name()).unwrap();
    files(kept, &format!("{}/journal", place.prefix())).len()
}
