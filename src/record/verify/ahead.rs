//! What must be known of a log before its entries are read in their order: which plans it holds, and how far it reaches.
//!
//! Nothing is verified here: [`super::verify_each`] reads the same entries, and its caller holds what was found here
//! against what was verified.
use super::{
    super::{
        entry::{Body, Entry, Instant, Plan},
        files::Files,
        merkle::leaf_hash,
        note::{Checkpoint, Note},
        tile::{EntriesId, WIDTH, decode_entries},
    },
    facts::At,
    lists::{Lists, ShardList},
    shard::checkpoint_path,
};
use std::collections::BTreeSet;

/// What is known of one shard.
#[derive(Clone, Debug, Default)]
pub struct Ahead {
    pub origin: String,
    /// As the entry that opens the shard says.
    pub emitter: String,
    pub plans: Vec<At<Plan>>,
    /// When the newest entry was recorded.
    pub newest: Option<Instant>,
    /// The first observation of any run.
    pub first_run: Option<Instant>,
    /// Whose runs are in it; only where the log has other shards.
    pub scopes: BTreeSet<String>,
}

/// How entries of these types end. Keys of canonical JSON are sorted, and none of theirs stands between or after these.
const PLAN: &[u8] = b"\"type\":\"plan\",\"v\":1}";
const RUN: &[u8] = b"\"type\":\"run\",\"v\":1}";
const RUN_START: &[u8] = b"\"type\":\"run_start\",\"v\":1}";

/// Reads ahead in every shard, up to its newest checkpoint. What was recorded after `as_of` (milliseconds since 1970)
/// counts for [`Ahead::newest`] alone.
#[must_use]
pub fn ahead(files: &dyn Files, as_of: Option<i64>) -> Vec<Ahead> {
    let lists = Lists::of(&files.list("").unwrap_or_default());
    let has_others = lists.shards.len() > 1;
    // Times of this form are in the order of their texts.
    let as_of = as_of.map(|as_of| Instant(as_of.max(0)).to_string());
    let as_of = as_of.as_ref().map(String::as_bytes);
    lists.shards.iter().filter_map(|(prefix, list)| of_shard(files, prefix, list, as_of, has_others)).collect()
}

fn of_shard(
    files: &dyn Files,
    prefix: &str,
    list: &ShardList,
    as_of: Option<&[u8]>,
    has_others: bool,
) -> Option<Ahead> {
    let size = *list.checkpoints.last()?;
    let note = Note::parse(files.get(&checkpoint_path(prefix, size)).ok()??).ok()?;
    let mut found = Ahead { origin: Checkpoint::parse(&note.text).ok()?.origin, ..Ahead::default() };
    let (width, mut newest) = (u64::from(WIDTH), Vec::new());
    for index in 0..size.div_ceil(width) {
        let held = u16::try_from((size - index * width).min(width)).unwrap_or(WIDTH);
        let bytes = files.get(&format!("{prefix}/{}", EntriesId { index, width: held }.path()));
        // Whoever verifies says what is wrong.
        let Some(entries) = bytes.ok().flatten().and_then(|bytes| decode_entries(&bytes).ok()) else { continue };
        for (index, bytes) in (index * width..).zip(&entries) {
            found.take(index, bytes, as_of, &mut newest, has_others);
        }
    }
    found.newest = instant(&newest);
    Some(found)
}

impl Ahead {
    fn take(&mut self, index: u64, bytes: &[u8], as_of: Option<&[u8]>, newest: &mut Vec<u8>, has_others: bool) {
        if index == 0
            && let Ok(Entry { body: Body::Shard(shard), .. }) = Entry::from_bytes(bytes)
        {
            self.emitter = shard.emitter;
        }
        let Some((observed, recorded)) = times(bytes) else { return };
        if recorded > newest.as_slice() {
            newest.clear();
            newest.extend_from_slice(recorded);
        }
        if as_of.is_some_and(|as_of| recorded > as_of) {
            return;
        }
        if bytes.ends_with(RUN) {
            let first = [self.first_run, instant(observed)].into_iter().flatten().min();
            self.first_run = first;
        } else if bytes.ends_with(PLAN) {
            if let Ok(Entry { common, body: Body::Plan(what) }) = Entry::from_bytes(bytes) {
                let (shard, id, leaf) = (common.shard, common.id, leaf_hash(bytes));
                let (observed, recorded) = (common.time.observed, common.time.recorded);
                self.plans.push(At { shard, index, leaf, id, observed, recorded, what });
            }
        } else if has_others
            && bytes.ends_with(RUN_START)
            && let Ok(Entry { body: Body::RunStart(start), .. }) = Entry::from_bytes(bytes)
        {
            self.scopes.insert(start.scope);
        }
    }
}

/// When the fact of an entry was read and when it was recorded, as it is written. A quote inside a text is written
/// otherwise, so that nothing but the key itself reads like it.
fn times(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    const KEY: &[u8] = b"\"time\":{\"observed\":\"";
    const BETWEEN: &[u8] = b"\",\"recorded\":\"";
    const LENGTH: usize = "2026-11-21T20:14:03.114Z".len();
    let from = bytes.windows(KEY.len()).rposition(|window| window == KEY)? + KEY.len();
    let (observed, rest) = bytes.get(from..)?.split_at_checked(LENGTH)?;
    Some((observed, rest.strip_prefix(BETWEEN)?.get(..LENGTH)?))
}

fn instant(text: &[u8]) -> Option<Instant> {
    Instant::parse(std::str::from_utf8(text).ok()?).ok()
}
