//! The log under faults: E3 (kills and lost writes) and E4 (writers at once), and what a verifier says afterwards.
use crate::support::disk::{FaultDisk, Hook};
use speguard::{
    model::Receipt,
    record::{
        disk::{Disk, RealDisk},
        entry::{Body, Entry, Gap, GapCause, Instant, Role, Shard, ShardEvent, Ulid},
        journal::JournalError,
        log::{Draft, Log, LogError},
        note::SignerKey,
        place::Place,
        queue::{QueueError, queue},
        store::{Directory, Stored},
        timed::Timed,
        verify::{Against, Outcome, verify},
    },
};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

const ORIGIN: &str = "example.org/evidence/demo/ci/2026";

fn place() -> Place {
    Place::parse(ORIGIN).unwrap()
}

fn key() -> SignerKey {
    SignerKey::new(ORIGIN, &[7; 32]).unwrap()
}

fn draft(number: u64, body: Body) -> Draft {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    Draft { observed: Instant(1_795_000_000_000), id: Ulid::new(Instant(1_795_000_000_000), random), body }
}

fn opening() -> Draft {
    let shard = Shard {
        event: ShardEvent::Open,
        emitter: "ci".to_owned(),
        role: Role::Scheduled,
        lead: true,
        vkey: key().verifier_key().to_string(),
        previous: None,
        retention_until: None,
    };
    draft(0, Body::Shard(shard))
}

/// An entry that no other is equal to.
fn gap(number: u64) -> Draft {
    let gap = Gap {
        item: format!("item-{number}"),
        from: Instant(1),
        to: Instant(2),
        cause: GapCause::Unknown,
        decisions_lost: 0,
    };
    draft(number, Body::Gap(gap))
}

/// Appends entries, and gives their receipts by the number of each.
fn append(numbers: &[u64], log: &mut Log<'_>) -> Result<Vec<(u64, Receipt)>, LogError> {
    let receipts =
        log.append(Instant(1_795_000_000_001), &mut |_| Ok(numbers.iter().map(|number| gap(*number)).collect()))?;
    Ok(numbers.iter().copied().zip(receipts).collect())
}

/// What a whole life of a log does: made, two runs, each published.
fn live<D: Disk>(store: &Directory<D>, acknowledged: &mut Vec<(u64, Receipt)>) -> Result<(), LogError> {
    let mut log = Log::create(store, place(), key())?;
    let opened = log.append(Instant(1_795_000_000_000), &mut |_| Ok(vec![opening()]))?;
    acknowledged.extend(opened.into_iter().map(|receipt| (0, receipt)));
    acknowledged.extend(append(&[1, 2], &mut log)?);
    log.publish()?;
    acknowledged.extend(append(&[3], &mut log)?);
    log.publish()?;
    Ok(())
}

/// The entries that stand in the log now, by index.
fn standing<D: Disk>(store: &Directory<D>) -> BTreeMap<u64, Vec<u8>> {
    let journal = speguard::record::journal::Journal { store, prefix: "demo/ci/2026" };
    let (segments, _) = journal.from(0).unwrap();
    let all = segments.iter().flat_map(|segment| (segment.first..).zip(segment.entries.iter().cloned()));
    all.collect()
}

/// Holds the log against what was acknowledged, goes on with it, and has a stranger check it.
fn holds(disk: &FaultDisk, acknowledged: &[(u64, Receipt)], told: &str) {
    let store = Directory::new(Path::new("log"), disk.clone(), "after").unwrap();
    let mut log = match Log::open(&store, place(), key()) {
        Ok(log) => log,
        Err(LogError::Absent(_)) => {
            assert!(acknowledged.is_empty(), "{told}: the log is gone, and {} were acknowledged", acknowledged.len());
            return;
        }
        Err(error) => panic!("{told}: {error}"),
    };
    let entries = standing(&store);
    for (number, receipt) in acknowledged {
        let bytes = entries.get(&receipt.index).unwrap_or_else(|| panic!("{told}: entry {number} is lost"));
        assert_eq!(speguard::record::merkle::leaf_hash(bytes), receipt.leaf.0, "{told}: entry {number} is another");
    }
    let opened = !entries.is_empty();
    if opened {
        append(&[100], &mut log).unwrap();
    }
    log.publish().unwrap();
    if opened {
        let report = verify(&Stored(&store), &Against::default());
        let failed = report.checks.iter().find(|check| matches!(check.outcome, Outcome::Failed { .. }));
        assert_eq!(failed, None, "{told}");
    }
}

#[test]
fn e3_no_acknowledged_entry_is_lost_wherever_a_writer_is_killed_and_whatever_was_not_synced() {
    let (mut kills, mut losses) = (0, 0);
    for step in 0.. {
        let disk = FaultDisk::default();
        disk.kill_at(step);
        let store = Directory::new(Path::new("log"), disk.clone(), "writer").unwrap();
        let mut acknowledged = Vec::new();
        let lived = live(&store, &mut acknowledged);
        assert_eq!(lived.is_ok(), !disk.was_killed(), "step {step}");
        for (number, after) in disk.after_loss().into_iter().enumerate() {
            holds(&after, &acknowledged, &format!("killed at step {step}, loss {number}"));
            assert!(
                disk.one_root_for_each_size(&after),
                "killed at step {step}, loss {number}: two roots for one size"
            );
            losses += 1;
        }
        if lived.is_ok() {
            break;
        }
        kills += 1;
    }
    assert!(kills > 60 && losses > 200, "{kills} kills and {losses} losses are too few to show anything");
}

#[test]
fn e3_a_disk_that_only_pretends_to_sync_is_noticed_by_these_checks() {
    let disk = FaultDisk::default();
    disk.pretend_to_sync();
    let store = Directory::new(Path::new("log"), disk.clone(), "writer").unwrap();
    let mut acknowledged = Vec::new();
    live(&store, &mut acknowledged).unwrap();
    let lost = std::panic::catch_unwind(|| holds(&disk.after_losing_all(), &acknowledged, "all lost"));
    assert!(lost.is_err(), "the log held although nothing ever reached the disk");
}

#[test]
fn e3_after_a_failed_sync_nothing_more_is_written() {
    let disk = FaultDisk::default();
    let store = Directory::new(Path::new("log"), disk.clone(), "writer").unwrap();
    let mut acknowledged = Vec::new();
    live(&store, &mut acknowledged).unwrap();
    let mut log = Log::open(&store, place(), key()).unwrap();
    disk.fail_syncs(true);
    assert!(append(&[50], &mut log).is_err());
    disk.fail_syncs(false);
    let error = append(&[51], &mut log).unwrap_err().to_string();
    assert!(error.contains("not synced"), "{error}");
    // Another process reads the chain anew, and may write.
    holds(&disk, &acknowledged, "after a failed sync");
}

#[test]
fn e4_a_writer_paused_at_any_step_finds_its_entry_at_its_index() {
    for step in 0.. {
        let disk = FaultDisk::default();
        let store = Directory::new(Path::new("log"), disk.clone(), "first").unwrap();
        let mut acknowledged = Vec::new();
        live(&store, &mut acknowledged).unwrap();
        let mut log = Log::open(&store, place(), key()).unwrap();
        let other = disk.clone();
        let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
        let others = Arc::clone(&seen);
        disk.at_step(
            step,
            Hook::new(move || {
                let store = Directory::new(Path::new("log"), other.clone(), "second").unwrap();
                let mut log = Log::open(&store, place(), key()).unwrap();
                let receipts = append(&[201, 202], &mut log).unwrap();
                log.publish().unwrap();
                others.lock().unwrap().extend(receipts);
            }),
        );
        acknowledged.extend(append(&[101], &mut log).unwrap());
        log.publish().unwrap();
        let ran = !seen.lock().unwrap().is_empty();
        acknowledged.extend(seen.lock().unwrap().iter().cloned());
        holds(&disk, &acknowledged, &format!("paused at step {step}"));
        if !ran {
            assert!(step > 20, "the writer took {step} steps only");
            return;
        }
    }
}

#[test]
fn e4_sixteen_writers_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("log");
    let store = Directory::new(&root, RealDisk, "maker").unwrap();
    let mut log = Log::create(&store, place(), key()).unwrap();
    log.append(Instant(1_795_000_000_000), &mut |_| Ok(vec![opening()])).unwrap();
    log.publish().unwrap();
    let next = AtomicU64::new(1);
    let acknowledged: Vec<(u64, Receipt)> = std::thread::scope(|scope| {
        let write = |writer: usize| {
            let (root, next) = (&root, &next);
            scope.spawn(move || {
                let store = Directory::new(root, RealDisk, &format!("writer-{writer}")).unwrap();
                let mut log = Log::open(&store, place(), key()).unwrap();
                let mut acknowledged = Vec::new();
                for _ in 0..8 {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    // Being crowded out is an answer: nothing was acknowledged then.
                    if let Ok(receipts) = append(&[number], &mut log) {
                        acknowledged.extend(receipts);
                        log.publish().unwrap();
                    }
                }
                acknowledged
            })
        };
        let writers: Vec<_> = (0..16).map(write).collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    let entries = standing(&store);
    assert!(acknowledged.len() > 64, "only {} of 128 were acknowledged", acknowledged.len());
    assert_eq!(entries.len(), acknowledged.len() + 1);
    for (number, receipt) in &acknowledged {
        let Body::Gap(gap) = Entry::from_bytes(&entries[&receipt.index]).unwrap().body else { panic!("another type") };
        assert_eq!(gap.item, format!("item-{number}"));
    }
    let report = verify(&Stored(&store), &Against::default());
    let failed: Vec<_> = report.checks.iter().filter(|check| matches!(check.outcome, Outcome::Failed { .. })).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(report.heads[0].size, acknowledged.len() as u64 + 1);
}

#[test]
fn many_threads_of_one_process_share_segments_and_lose_nothing() {
    let disk = FaultDisk::default();
    let store = Directory::new(Path::new("log"), disk.clone(), "service").unwrap();
    let mut acknowledged = Vec::new();
    live(&store, &mut acknowledged).unwrap();
    let mut log = Log::open(&store, place(), key()).unwrap();
    let (queue, writer) = queue();
    let more: Vec<(u64, Receipt)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16_u64)
            .map(|number| {
                let queue = queue.clone();
                let append = move |turn| {
                    let number = 1000 + number * 100 + turn;
                    (number, queue.append(gap(number)).unwrap())
                };
                scope.spawn(move || (0..20_u64).map(append).collect::<Vec<_>>())
            })
            .collect();
        drop(queue);
        writer.run(&mut log, 256, &|| Instant(1_795_000_000_001), &mut |log| drop(log.publish().unwrap()));
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(more.len(), 320);
    acknowledged.extend(more);
    assert_eq!(standing(&store).len(), acknowledged.len());
    holds(&disk, &acknowledged, "sixteen threads");
}

#[test]
fn a_disk_that_fails_is_told_to_every_writer_and_nothing_is_acknowledged() {
    let disk = FaultDisk::default();
    let store = Directory::new(Path::new("log"), disk.clone(), "service").unwrap();
    let mut acknowledged = Vec::new();
    live(&store, &mut acknowledged).unwrap();
    let mut log = Log::open(&store, place(), key()).unwrap();
    disk.fail_syncs(true);
    let (queue, writer) = queue();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|number| {
                let queue = queue.clone();
                scope.spawn(move || queue.append(gap(number)))
            })
            .collect();
        drop(queue);
        writer.run(&mut log, 256, &|| Instant(1_795_000_000_001), &mut |_| {});
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| matches!(answer, Err(QueueError::NotWritten(_)))), "{answers:?}");
    disk.fail_syncs(false);
    holds(&disk, &acknowledged, "a failing disk");
}

#[test]
fn a_disk_that_hangs_at_any_step_is_given_up_and_what_was_surely_not_written_never_appears() {
    let mut unclear = 0;
    for step in 0.. {
        let disk = FaultDisk::default();
        let store = Directory::new(Path::new("log"), disk.clone(), "first").unwrap();
        let mut acknowledged = Vec::new();
        live(&store, &mut acknowledged).unwrap();
        let store = Directory::new(Path::new("log"), disk.clone(), "second").unwrap();
        let timed = Timed::new(Box::new(store), Duration::from_millis(400));
        let mut log = Log::open(&timed, place(), key()).unwrap();
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let (go_on, hangs) = std::sync::mpsc::channel::<()>();
        disk.at_step(
            step,
            Hook::new(move || {
                let _ = wait.recv();
                drop(go_on);
            }),
        );
        timed.start_again();
        let appended = append(&[101], &mut log);
        // Where the time is over, nothing more is asked of the disk.
        let after = appended.is_err().then(|| append(&[102], &mut log).unwrap_err());
        drop(release);
        let Err(error) = appended else {
            assert!(step > 3, "an append took {step} steps only");
            break;
        };
        // Until the disk has done what it was at.
        assert!(hangs.recv().is_err());
        assert!(matches!(error, LogError::Journal(JournalError::Unclear(_))), "step {step}: {error}");
        assert!(matches!(after, Some(LogError::Journal(JournalError::Store(_)))), "step {step}: {after:?}");
        unclear += 1;
        let entries: Vec<String> = standing(&Directory::new(Path::new("log"), disk.clone(), "reader").unwrap())
            .into_values()
            .map(|bytes| String::from_utf8(bytes).unwrap())
            .collect();
        assert!(entries.iter().all(|entry| !entry.contains("item-102")), "step {step}");
        holds(&disk, &acknowledged, &format!("hung at step {step}"));
    }
    assert!(unclear >= 4, "{unclear} hangs are too few to show anything");
}
