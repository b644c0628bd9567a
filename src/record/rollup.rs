//! What a lead says of the other shards of its environment: how long each is, and with which root.
use super::{
    entry::{DigestText, TreeHead},
    log::LogError,
    note::{Checkpoint, Note},
    place::Place,
    store::Store,
};
use std::collections::BTreeMap;

/// So many shards stand in one entry; more are told by several (specification of the evidence log, section 3).
pub const SHARDS_MAX: usize = 60;

/// The shards of all other emitters of the lead's environment, by their newest checkpoints, in the order of their paths.
/// Those without an entry are left out: there is nothing of them that could be taken away.
///
/// # Errors
/// What the store says, and a checkpoint that is none.
pub fn heads(store: &dyn Store, lead: &Place) -> Result<Vec<TreeHead>, LogError> {
    let mut newest: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for path in store.list(lead.spe())? {
        let Some((prefix, size)) = path.split_once("/checkpoints/") else { continue };
        let Ok(size) = size.parse::<u64>() else { continue };
        let is_own = prefix.split('/').nth(1) == Some(lead.emitter());
        if !is_own && size > newest.get(prefix).map_or(0, |(size, _)| *size) {
            newest.insert(prefix.to_owned(), (size, path));
        }
    }
    let head = |(prefix, (size, path)): (String, (u64, String))| {
        let unfit =
            || LogError::Unfounded(format!("`{path}` is no checkpoint of `{prefix}`, so its shard is not rolled up"));
        let note = Note::parse(store.get(&path)?.unwrap_or_default()).map_err(|_| unfit())?;
        let said = Checkpoint::parse(&note.text).map_err(|_| unfit())?;
        let place = Place::parse(&said.origin).map_err(|_| unfit())?;
        if place.prefix() != prefix || place.domain() != lead.domain() || said.size != size {
            return Err(unfit());
        }
        Ok(TreeHead { origin: said.origin, size, root: DigestText(said.root) })
    };
    newest.into_iter().map(head).collect()
}
