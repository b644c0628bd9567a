//! The content of a question: equal where a rule sees the same.
use super::{engine::Seen, memory::Fingerprint, siblings::Siblings, sight::topics};
use crate::model::{Hop, Reach, Resource, ResourceId, Step, Text, Way, content, map_content, text_content};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// A SHA-256.
pub(super) type Content = [u8; 32];

/// Of a subject, as `input` and `data.reach` show it, where its ways are shown; with siblings, as they do of each of them.
pub(super) fn subject(resource: &Resource, reach: Option<&Reach>, siblings: Option<&Siblings>) -> Content {
    let mut hash = Sha256::new();
    // Texts come whole.
    let common =
        |bytes: &[u8]| siblings.zip(std::str::from_utf8(bytes).ok()).map(|(of, text)| of.common(text).into_owned());
    let to = &mut |bytes: &[u8]| match common(bytes) {
        Some(text) => hash.update(text),
        None => hash.update(bytes),
    };
    address(&resource.id, to);
    text_content(resource.scope.name(), to);
    content(&resource.body, to);
    if let Some(pod) = &resource.pod {
        to(b"pod");
        steps(&pod.path, to);
        content(&pod.spec, to);
    }
    if let Some(provider) = &resource.provider {
        to(b"provider");
        text_content(&provider.name, to);
        to(format!("{:?}", provider.majors).as_bytes());
    }
    if let Some(flows) = &resource.flows {
        to(b"flows");
        content(flows, to);
    }
    // What ways lead through is named as it is, but for itself: a policy of a Pod's name is no other's.
    let mut is_named = false;
    let to = &mut |bytes: &[u8]| {
        is_named |= siblings.is_some_and(|of| of.is_named_in(bytes));
        hash.update(bytes);
    };
    let itself = siblings.map(|_| &resource.id);
    for (topic, all) in reach.into_iter().flat_map(topics) {
        if let Some(of) = all.get(&resource.id) {
            text_content(topic, to);
            ways(of, itself, to);
        }
    }
    if is_named {
        hash.update(resource.id.name.as_bytes());
    }
    hash.finalize().into()
}

/// Of the ways of kinds that some rules join, by kind.
pub(super) fn joined<'k>(reach: &Reach, kinds: impl Fn(&Text) -> Option<&'k Text>) -> BTreeMap<&'k Text, Content> {
    let mut hashes: BTreeMap<&Text, Sha256> = BTreeMap::new();
    for (topic, all) in topics(reach) {
        for (id, of) in all {
            let Some(kind) = kinds(&id.kind) else { continue };
            let hash = hashes.entry(kind).or_default();
            let to = &mut |bytes: &[u8]| hash.update(bytes);
            text_content(topic, to);
            address(id, to);
            ways(of, None, to);
        }
    }
    hashes.into_iter().map(|(kind, hash)| (kind, hash.finalize().into())).collect()
}

/// Of the parameters of a criterion; `None` where they have no JSON form: then no answer is kept.
pub(super) fn parameters(seen: &Seen) -> Option<Content> {
    Some(Sha256::digest(seen.json().ok()?).into())
}

/// Of the whole question.
pub(super) fn question(parts: impl IntoIterator<Item = Content>) -> Fingerprint {
    let mut hash = Sha256::new();
    parts.into_iter().for_each(|part| hash.update(part));
    let mut cut = Fingerprint::default();
    cut.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    cut
}

fn ways(of: &[Way], itself: Option<&ResourceId>, to: &mut dyn FnMut(&[u8])) {
    to(b"[");
    for way in of {
        text_content(way.answer.name(), to);
        map_content(&way.facts, to);
        if let Some(Hop { resource, path, .. }) = way.witness.last() {
            if itself == Some(resource) {
                to(b"itself")
            } else {
                address(resource, to)
            }
            steps(path, to);
        }
        to(b";");
    }
    to(b"]");
}

fn address(id: &ResourceId, to: &mut dyn FnMut(&[u8])) {
    [&id.root, &id.kind, &id.namespace, &id.name].into_iter().for_each(|part| text_content(part, to));
}

fn steps(path: &[Step], to: &mut dyn FnMut(&[u8])) {
    for step in path {
        match step {
            Step::Key(key) => text_content(key, to),
            Step::Index(index) => to(index.to_string().as_bytes()),
        }
        to(b"/");
    }
}
