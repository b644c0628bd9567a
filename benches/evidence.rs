//! What the evidence log costs: `cargo bench --bench evidence [ENTRIES]`.
//!
//! Prints each figure with its ratio to the raw rates of the same run: how often this disk syncs 4 KiB, and how fast this
//! processor hashes. Machines are noisy: quote ratios. ENTRIES (default 200 000) is the size of the log that is verified.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark that cannot go on should stop, and prints what it finds"
)]
use sha2::{Digest as _, Sha256};
use speguard::record::{
    disk::RealDisk,
    entry::{Body, Gap, GapCause, Instant, Role, Shard, ShardEvent, Ulid},
    log::{Draft, Log},
    note::SignerKey,
    place::Place,
    queue::queue,
    store::{Directory, Stored},
    verify::{Against, verify},
};
use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    time::{Duration, Instant as Clock},
};

const ORIGIN: &str = "example.org/evidence/bench/service/2026";
const AT: Instant = Instant(1_795_000_000_000);

fn draft(number: u64) -> Draft {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    let gap = Gap {
        item: format!("item-{number:0>300}"),
        from: Instant(1),
        to: Instant(2),
        cause: GapCause::Unknown,
        decisions_lost: 0,
    };
    Draft { observed: AT, id: Ulid::new(AT, random), body: Body::Gap(gap) }
}

fn open<'s>(store: &'s Directory) -> Log<'s> {
    let key = SignerKey::new(ORIGIN, &[7; 32]).expect("a key");
    let vkey = key.verifier_key().to_string();
    let mut log = Log::create(store, Place::parse(ORIGIN).expect("an origin"), key).expect("a new log");
    let shard = Shard {
        event: ShardEvent::Open,
        emitter: "service".to_owned(),
        role: Role::Resident,
        lead: true,
        vkey,
        previous: None,
        retention_until: None,
    };
    log.append(AT, &mut |_| Ok(vec![Draft { body: Body::Shard(shard.clone()), ..draft(0) }])).expect("an entry");
    log
}

/// Syncs of 4 KiB in a second.
fn raw_syncs(folder: &Path) -> f64 {
    let mut file = File::create(folder.join("raw")).expect("a file");
    let begun = Clock::now();
    let mut count = 0_u32;
    while begun.elapsed() < Duration::from_secs(1) {
        file.write_all(&[1; 4096]).and_then(|()| file.sync_data()).expect("a sync");
        count += 1;
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}

/// Hashes of 600 bytes in a second.
fn raw_hashes() -> f64 {
    let begun = Clock::now();
    let mut count = 0_u32;
    let mut sum = [0_u8; 600];
    while begun.elapsed() < Duration::from_millis(500) {
        let hash = Sha256::digest(sum);
        sum[..32].copy_from_slice(&hash);
        count += 1;
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}

fn batches(folder: &Path, syncs: f64) {
    for batch in [1_u64, 16, 256] {
        let store = Directory::new(&folder.join(format!("batch-{batch}")), RealDisk, "bench").expect("a store");
        let mut log = open(&store);
        let begun = Clock::now();
        let mut count = 1;
        while begun.elapsed() < Duration::from_secs(3) {
            log.append(AT, &mut |_| Ok((count..count + batch).map(draft).collect())).expect("a segment");
            count += batch;
        }
        let rate = count as f64 / begun.elapsed().as_secs_f64();
        let begun = Clock::now();
        log.publish().expect("a checkpoint");
        let published = begun.elapsed().as_secs_f64();
        println!(
            "append, batches of {batch:>3}: {rate:>9.0} entries/s, {:.2} of raw syncs x batch; publish {:.0} entries/s",
            rate / (syncs * batch as f64),
            count as f64 / published
        );
    }
}

/// A thousand appends a second by sixteen writers: how long each waits for its receipt.
fn paced(folder: &Path) {
    const WRITERS: u64 = 16;
    const SECONDS: u64 = 5;
    let store = Directory::new(&folder.join("paced"), RealDisk, "bench").expect("a store");
    let mut log = open(&store);
    let (queue, writer) = queue();
    let mut waits: Vec<Duration> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..WRITERS)
            .map(|number| {
                let queue = queue.clone();
                scope.spawn(move || {
                    let begun = Clock::now();
                    let mut waits = Vec::new();
                    for turn in 0..1000 * SECONDS / WRITERS {
                        let due = Duration::from_micros((turn * WRITERS + number) * 1000);
                        std::thread::sleep(due.saturating_sub(begun.elapsed()));
                        let asked = Clock::now();
                        queue.append(draft(1 + number * 1_000_000 + turn)).expect("a receipt");
                        waits.push(asked.elapsed());
                    }
                    waits
                })
            })
            .collect();
        drop(queue);
        let mut last = Clock::now();
        writer.run(&mut log, 256, &|| AT, &mut |log| {
            if last.elapsed() > Duration::from_secs(1) {
                log.publish().expect("a checkpoint");
                last = Clock::now();
            }
        });
        threads.into_iter().flat_map(|thread| thread.join().expect("a writer")).collect()
    });
    waits.sort();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!(
        "acknowledged at 1000/s ({} appends): p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
        waits.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

fn verified(folder: &Path, entries: u64, hashes: f64) {
    let store = Directory::new(&folder.join("large"), RealDisk, "bench").expect("a store");
    let mut log = open(&store);
    let mut count = 1;
    let begun = Clock::now();
    while count < entries {
        log.append(AT, &mut |_| Ok((count..count + 4096).map(draft).collect())).expect("a segment");
        count += 4096;
        if count % (4096 * 16) == 1 {
            log.publish().expect("a checkpoint");
        }
    }
    log.publish().expect("a checkpoint");
    println!("wrote {count} entries in {:.1} s", begun.elapsed().as_secs_f64());
    drop(log);
    let begun = Clock::now();
    let report = verify(&Stored(&store), &Against::default());
    let seconds = begun.elapsed().as_secs_f64();
    assert_eq!(report.heads.first().map(|head| head.size), Some(count));
    let rate = count as f64 / seconds;
    println!(
        "verify {count} entries: {seconds:.1} s, {rate:.0} entries/s, {:.2} of raw hashes; 5 million would take {:.0} s; peak memory {} MB",
        rate / hashes,
        5e6 / rate,
        peak()
    );
}

/// Peak resident memory of this process, MB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn main() {
    let entries = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(200_000);
    let folder = tempfile::tempdir().expect("a folder");
    let (syncs, hashes) = (raw_syncs(folder.path()), raw_hashes());
    println!("raw: {syncs:.0} syncs of 4 KiB a second, {hashes:.0} hashes of 600 bytes a second");
    batches(folder.path(), syncs);
    paced(folder.path());
    verified(folder.path(), entries, hashes);
}
