//! `speguard evidence anchor`: a time stamp over a checkpoint, and what time stamps and cosignatures share.
use super::{now, open, random, ulid};
use crate::{
    cli::evidence::Anchor,
    commands::print,
    record::{
        anchor::{self, Verified},
        authority,
        entry::{self, AnchorKind, Body, DigestText, Entry, Instant, Rollup, TreeHead, Ulid},
        http::Plain,
        log::{Draft, Log, LogError},
        note::{Checkpoint, Note},
        rollup,
        segment::digest,
        shard,
        store::Store,
        verify::anchors::{CHAIN, COSIGNATURE, TOKEN, path},
    },
};
use anyhow::{Context, bail};
use std::{collections::BTreeMap, fs, path::Path};

const REQUEST: &str = "request.tsq";

/// Has a checkpoint stamped; gives the exit code.
///
/// # Errors
/// An authority that does not answer, a token that does not hold, and what the store says.
pub(super) fn run(arguments: &Anchor) -> anyhow::Result<u8> {
    let roots = certificates(&arguments.tsa_roots)?;
    let chain = arguments.chain.as_ref().map(|path| -> anyhow::Result<Vec<u8>> {
        certificates(path)?;
        Ok(fs::read(path)?)
    });
    let chain = chain.transpose()?;
    let store = &*open::store(&arguments.log.log)?;
    let mut log = open::writer(store, &arguments.log, now()?)?;
    log.publish()?;
    let mut told = String::new();
    let mut before = Entered::read(store, &log)?;
    if roll_up(store, &mut log, &before)? {
        before = Entered::read(store, &log)?;
    }
    let newest = log.publish()?.size;
    for size in before.left_out(store, &log, |name| !name.starts_with(COSIGNATURE))? {
        let stamp = Stamp { size, roots: &roots, chain: chain.as_deref() };
        told.push_str("A run before this one was cut off; what it left is entered.\n");
        told.push_str(&stamp.enter(store, &mut log, &before)?);
        before = Entered::read(store, &log)?;
    }
    let size = if arguments.again { newest } else { before.target(store, &log)? };
    let stamped = before.files.contains_key(&(size, TOKEN.to_owned()));
    if stamped {
        told.push_str(&format!(
            "Size {size} of {} is anchored already, and nothing but time stamps and cosignatures was entered since.\n",
            log.place().origin
        ));
    } else {
        let stamp = Stamp { size, roots: &roots, chain: chain.as_deref() };
        stamp.ask(store, &log, &arguments.tsa)?;
        told.push_str(&stamp.enter(store, &mut log, &before)?);
    }
    print(told.as_bytes())?;
    Ok(0)
}

/// Certificates of a PEM file.
///
/// # Errors
/// A file that cannot be read, or holds none.
pub(super) fn certificates(path: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let pem = fs::read(path).with_context(|| format!("cannot read the certificates `{}`", path.display()))?;
    anchor::certificates(&pem).with_context(|| format!("`{}` cannot be used", path.display()))
}

/// One checkpoint that is stamped.
struct Stamp<'a> {
    size: u64,
    roots: &'a [Vec<u8>],
    chain: Option<&'a [u8]>,
}

impl Stamp<'_> {
    /// The token, and the certificates that stand or will stand beside it.
    fn check(&self, token: &[u8], bytes: &[u8], kept: Option<&[u8]>) -> anyhow::Result<Verified> {
        let extra = kept.or(self.chain).map(anchor::certificates).transpose()?.unwrap_or_default();
        anchor::verify(token, bytes, self.roots, &extra).context("nothing was entered")
    }

    /// Asks for a token, checks it, and keeps it. The token comes first: whatever a crash leaves beside it can be entered.
    fn ask(&self, store: &dyn Store, log: &Log<'_>, url: &str) -> anyhow::Result<()> {
        let prefix = log.place().prefix();
        let bytes = checkpoint(store, &prefix, self.size)?.0;
        let request = anchor::request(&bytes, u64::from_be_bytes(random()?));
        // Most authorities offer plain http only; what is sent is a digest, and what comes back is signed.
        let token = authority::ask(url, &request, Plain::Anywhere)?;
        self.check(&token, &bytes, None)?;
        log.keep(&path(&prefix, self.size, TOKEN), &token)?;
        if let Some(chain) = self.chain {
            log.keep(&path(&prefix, self.size, CHAIN), chain)?;
        }
        log.keep(&path(&prefix, self.size, REQUEST), &request)?;
        Ok(())
    }

    /// Enters what is kept for this size and no entry lists yet.
    fn enter(&self, store: &dyn Store, log: &mut Log<'_>, before: &Entered) -> anyhow::Result<String> {
        let prefix = log.place().prefix();
        let (bytes, said) = checkpoint(store, &prefix, self.size)?;
        let Some(token) = store.get(&path(&prefix, self.size, TOKEN))? else {
            bail!("`{prefix}/anchors/{}` holds files of no token: nobody can enter them; take them away", self.size);
        };
        let kept = store.get(&path(&prefix, self.size, CHAIN))?;
        let verified = self
            .check(&token, &bytes, kept.as_deref())
            .with_context(|| format!("the token `{}` was kept, and does not hold", path(&prefix, self.size, TOKEN)))?;
        if let (None, Some(chain)) = (&kept, self.chain) {
            log.keep(&path(&prefix, self.size, CHAIN), chain)?;
        }
        let files = before.new_files(store, &prefix, self.size, |name| !name.starts_with(COSIGNATURE))?;
        let at = Instant(verified.token.time_ms);
        let index = enter(
            log,
            entry::Anchor {
                size: self.size,
                root: DigestText(said.root),
                kind: AnchorKind::TimeStamp,
                files,
                at,
                policy: Some(verified.token.policy.clone()),
            },
        )?;
        Ok(format!(
            "size     {} of {}\nstamped  {at} by {} (policy {})\nrenew    before {}\nentry    {index}\n",
            self.size,
            log.place().origin,
            verified.signer,
            verified.token.policy,
            Instant(verified.renew_before_ms),
        ))
    }
}

/// Appends an anchor entry, and publishes; gives its index.
pub(super) fn enter(log: &mut Log<'_>, anchor: entry::Anchor) -> anyhow::Result<u64> {
    let (at, id) = (now()?, ulid()?);
    let observed = anchor.at;
    let receipts = log.append(at, &mut |_| Ok(vec![Draft { observed, id, body: Body::Anchor(anchor.clone()) }]))?;
    log.publish()?;
    receipts.first().map(|receipt| receipt.index).context("nothing was appended")
}

/// Has the lead say how the other shards are, so that what vouches for its own vouches for them too; gives whether there was
/// anything new to say.
fn roll_up(store: &dyn Store, log: &mut Log<'_>, before: &Entered) -> anyhow::Result<bool> {
    if !log.state().shard.as_ref().is_some_and(|shard| shard.lead) {
        return Ok(false);
    }
    let heads = rollup::heads(store, log.place())?;
    let is_new = |head: &TreeHead| before.rolled.get(&head.origin) != Some(&(head.size, head.root));
    if !heads.iter().any(is_new) {
        return Ok(false);
    }
    let at = now()?;
    let parts = heads.chunks(rollup::SHARDS_MAX).map(|part| Ok((ulid()?, part.to_vec())));
    let parts = parts.collect::<anyhow::Result<Vec<_>>>()?;
    log.append(at, &mut |_| {
        let draft = |(id, shards): &(Ulid, Vec<TreeHead>)| Draft {
            observed: at,
            id: *id,
            body: Body::Rollup(Rollup { shards: shards.clone() }),
        };
        Ok(parts.iter().map(draft).collect())
    })?;
    log.publish()?;
    Ok(true)
}

/// A kept checkpoint: its bytes, and what it says.
pub(super) fn checkpoint(store: &dyn Store, prefix: &str, size: u64) -> anyhow::Result<(Vec<u8>, Checkpoint)> {
    let path = format!("{prefix}/checkpoints/{size:020}");
    let bytes = store.get(&path)?.with_context(|| format!("`{path}` is missing"))?;
    let said = Checkpoint::parse(&Note::parse(&bytes)?.text).with_context(|| format!("`{path}` cannot be read"))?;
    Ok((bytes, said))
}

/// The anchors that entries of a shard list.
pub(super) struct Entered {
    /// Digests by size and name.
    pub(super) files: BTreeMap<(u64, String), DigestText>,
    pub(super) anchors: Vec<(u64, entry::Anchor)>,
    /// What was last said of other shards: size and root by origin.
    rolled: BTreeMap<String, (u64, DigestText)>,
    /// The number of entries up to the last that is no anchor.
    other: u64,
}

impl Entered {
    pub(super) fn read(store: &dyn Store, log: &Log<'_>) -> anyhow::Result<Self> {
        Self::of(store, &log.place().prefix(), log.state().size()).map_err(anyhow::Error::new)
    }

    /// Of the first `size` entries, all of which are published.
    pub(super) fn of(store: &dyn Store, prefix: &str, size: u64) -> Result<Self, LogError> {
        let mut entered = Self { files: BTreeMap::new(), anchors: Vec::new(), rolled: BTreeMap::new(), other: 0 };
        shard::entries(store, prefix, 0, size, size, &mut |index, bytes| {
            let body = Entry::from_bytes(bytes)?.body;
            if let Body::Rollup(rollup) = &body {
                let heads = rollup.shards.iter().map(|head| (head.origin.clone(), (head.size, head.root)));
                entered.rolled.extend(heads);
            }
            if let Body::Anchor(anchor) = body {
                let files = anchor.files.iter().map(|(name, digest)| ((anchor.size, name.clone()), *digest));
                entered.files.extend(files);
                entered.anchors.push((index, anchor));
            } else {
                entered.other = index + 1;
            }
            Ok::<(), LogError>(())
        })?;
        Ok(entered)
    }

    /// The checkpoint to be anchored: the first that covers all but anchors, so that tokens and cosignatures meet at one.
    pub(super) fn target(&self, store: &dyn Store, log: &Log<'_>) -> anyhow::Result<u64> {
        let names = store.list(&format!("{}/checkpoints", log.place().prefix()))?;
        let sizes = names.iter().filter_map(|name| name.rsplit('/').next()?.parse::<u64>().ok());
        sizes.filter(|size| *size >= self.other).min().context("no checkpoint is here")
    }

    /// Sizes with files that no entry lists.
    pub(super) fn left_out(
        &self,
        store: &dyn Store,
        log: &Log<'_>,
        wanted: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Vec<u64>> {
        let prefix = format!("{}/anchors/", log.place().prefix());
        let mut sizes = Vec::new();
        for file in store.list(prefix.trim_end_matches('/'))? {
            let Some((size, name)) = file.strip_prefix(&prefix).and_then(|rest| rest.split_once('/')) else { continue };
            let Ok(size) = size.parse::<u64>() else { continue };
            if wanted(name) && !self.files.contains_key(&(size, name.to_owned())) {
                sizes.push(size);
            }
        }
        sizes.dedup();
        Ok(sizes)
    }

    /// Names and digests of the files of a size that no entry lists.
    pub(super) fn new_files(
        &self,
        store: &dyn Store,
        prefix: &str,
        size: u64,
        wanted: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Vec<(String, DigestText)>> {
        let mut files = Vec::new();
        for file in store.list(&format!("{prefix}/anchors/{size}"))? {
            let name = file.rsplit('/').next().unwrap_or_default().to_owned();
            if wanted(&name) && !self.files.contains_key(&(size, name.clone())) {
                let bytes = store.get(&file)?.with_context(|| format!("`{file}` is gone"))?;
                files.push((name, digest(&bytes)));
            }
        }
        Ok(files)
    }
}
