//! Nodes in, in the order they stand; documents out. YAML and JSON readers both feed [`Builder`].
//!
//! All limits on shape are here: depth, number of nodes, what aliases may add, repeated keys, merge keys.
use super::scalars;
use crate::model::{Entry, Item, Map, Mark, Text, Value};
use std::collections::{BTreeMap, HashSet};

/// Lists and maps inside each other. The API server's own bound is 10 000, real manifests stay below 30; every later
/// step (rules, reports) may walk a value recursively, so that the bound also protects the stack.
pub(super) const DEPTH_MAX: usize = 255;
/// Nodes in one file: a plan of 64 MiB has about four million. At 56 bytes each this bounds what a file can cost.
pub(super) const NODES_MAX: usize = 8_000_000;
/// Nodes that anchors and aliases may add in one file. go-yaml gives up at about 400 000 (`allowedAliasRatio`).
pub(super) const ALIAS_NODES_MAX: usize = 400_000;

/// Something wrong at a place of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: Mark,
    pub(super) cause: String,
    /// Whether something could not be read because of it.
    pub(super) lost: bool,
}

/// One document of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parsed {
    /// Where its first node stands.
    pub(super) at: Mark,
    pub(super) value: Value,
}

/// Puts nodes together.
#[derive(Debug, Default)]
pub(super) struct Builder {
    frames: Vec<Frame>,
    root: Option<Parsed>,
    anchors: BTreeMap<usize, Node>,
    texts: HashSet<Text>,
    nodes: usize,
    aliased: usize,
    /// What plain scalars are, where it is not Kubernetes that reads them.
    plain: Option<fn(&str) -> Option<Value>>,
    pub(super) faults: Vec<Fault>,
}

/// A finished node, with its size.
#[derive(Clone, Debug)]
struct Node {
    value: Value,
    nodes: usize,
    depth: usize,
}

/// A list or map that is not finished.
#[derive(Debug)]
struct Frame {
    at: Mark,
    anchor: usize,
    nodes: usize,
    depth: usize,
    body: Body,
}

#[derive(Debug)]
enum Body {
    List(Vec<Item>),
    Map { entries: Vec<Entry>, key: Option<(Key, Mark)>, merged: BTreeMap<Text, Merged> },
}

#[derive(Debug)]
enum Key {
    Text(Text),
    Merge,
}

/// An entry that a merge key brought, and how many entries stood before it.
#[derive(Debug)]
struct Merged {
    entry: Entry,
    after: usize,
}

impl Builder {
    /// A builder whose plain scalars are what this function says, and text where it says nothing.
    pub(super) fn with_scalars(plain: fn(&str) -> Option<Value>) -> Self {
        Self { plain: Some(plain), ..Self::default() }
    }

    /// A plain scalar; `None` where it stays text.
    pub(super) fn plain(&self, text: &str) -> Option<Value> {
        self.plain.map_or_else(|| scalars::plain(text), |plain| plain(text))
    }

    /// A scalar under a tag of the core schema, or under another (`None`); `None` where it stays text.
    ///
    /// # Errors
    /// The tag does not fit the text.
    pub(super) fn tagged(&self, tag: Option<&str>, text: &str) -> Result<Option<Value>, String> {
        match (self.plain, tag) {
            // Tags of applications (`!Ref`) say nothing about the scalar: go-yaml keeps the text.
            (None, None) | (Some(_), Some("str")) => Ok(None),
            (None, Some(tag)) => scalars::tagged(tag, text),
            (Some(_), _) => Ok(Some(Value::unknown("a scalar with a YAML tag is not read"))),
        }
    }

    /// Opens a list. `anchor` 0 = none.
    pub(super) fn open_list(&mut self, at: Mark, anchor: usize) -> Result<(), Fault> {
        self.open(at, anchor, Body::List(Vec::new()))
    }

    /// Opens a map. `anchor` 0 = none.
    pub(super) fn open_map(&mut self, at: Mark, anchor: usize) -> Result<(), Fault> {
        self.open(at, anchor, Body::Map { entries: Vec::new(), key: None, merged: BTreeMap::new() })
    }

    fn open(&mut self, at: Mark, anchor: usize, body: Body) -> Result<(), Fault> {
        if self.frames.len() >= DEPTH_MAX {
            return Err(fault(at, format!("nested deeper than {DEPTH_MAX} levels")));
        }
        self.frames.push(Frame { at, anchor, nodes: 1, depth: 1, body });
        Ok(())
    }

    /// Closes the innermost list or map.
    pub(super) fn close(&mut self, at: Mark) -> Result<(), Fault> {
        let Some(frame) = self.frames.pop() else { return Err(fault(at, "nothing to close")) };
        let Frame { at, anchor, nodes, depth, body } = frame;
        let value = match body {
            Body::List(items) => Value::List(items),
            Body::Map { entries, merged, .. } => Value::Map(self.map(entries, merged)),
        };
        self.add(Node { value, nodes, depth }, at, anchor)
    }

    /// A scalar. `anchor` 0 = none.
    pub(super) fn scalar(&mut self, value: Value, at: Mark, anchor: usize) -> Result<(), Fault> {
        self.add(Node { value, nodes: 1, depth: 0 }, at, anchor)
    }

    /// Whether the next node is the key of a map.
    pub(super) fn wants_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { body: Body::Map { key: None, .. }, .. }))
    }

    /// The key of an entry.
    pub(super) fn key(&mut self, key: &str, at: Mark) {
        let text = self.text(key);
        if let Some(Frame { body: Body::Map { key, .. }, .. }) = self.frames.last_mut() {
            *key = Some((Key::Text(text), at));
        }
    }

    /// `<<` as the key of an entry.
    pub(super) fn merge_key(&mut self, at: Mark) {
        if let Some(Frame { body: Body::Map { key, .. }, .. }) = self.frames.last_mut() {
            *key = Some((Key::Merge, at));
        }
    }

    /// What an anchor named, once more.
    pub(super) fn alias(&mut self, anchor: usize, at: Mark) -> Result<(), Fault> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(fault(at, "an alias inside what it names"));
        };
        if self.frames.len() + node.depth > DEPTH_MAX {
            return Err(fault(at, format!("an alias nests deeper than {DEPTH_MAX} levels")));
        }
        let node = Self::copied(node, &mut self.aliased, at)?;
        self.add(node, at, 0)
    }

    /// The finished document, if there is one. Anchors end with their document.
    pub(super) fn finish(&mut self) -> Option<Parsed> {
        let root = self.root.take();
        self.abandon();
        root
    }

    /// Forgets the unfinished document.
    pub(super) fn abandon(&mut self) {
        self.root = None;
        self.frames.clear();
        self.anchors.clear();
    }

    /// Shared text: keys and short values recur thousands of times.
    pub(super) fn text(&mut self, text: &str) -> Text {
        /// Longer ones seldom recur.
        const SHARED_BYTES: usize = 48;
        if text.len() > SHARED_BYTES {
            return text.into();
        }
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let new = Text::from(text);
        self.texts.insert(new.clone());
        new
    }

    fn copied(node: &Node, aliased: &mut usize, at: Mark) -> Result<Node, Fault> {
        *aliased += node.nodes;
        if *aliased > ALIAS_NODES_MAX {
            return Err(fault(at, format!("anchors and aliases add more than {ALIAS_NODES_MAX} nodes")));
        }
        Ok(node.clone())
    }

    fn add(&mut self, node: Node, at: Mark, anchor: usize) -> Result<(), Fault> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(fault(at, format!("more than {NODES_MAX} nodes in one file")));
        }
        if anchor > 0 {
            let named = Self::copied(&node, &mut self.aliased, at)?;
            self.anchors.insert(anchor, named);
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root.get_or_insert(Parsed { at, value: node.value });
            return Ok(());
        };
        frame.nodes += node.nodes;
        frame.depth = frame.depth.max(node.depth + 1);
        match &mut frame.body {
            Body::List(items) => items.push(Item { at, value: node.value }),
            Body::Map { entries, key, merged } => match key.take() {
                Some((Key::Text(key), key_at)) => entries.push(Entry { key, at: key_at, value: node.value }),
                Some((Key::Merge, key_at)) => merge(node.value, entries.len(), merged, key_at)?,
                None => {
                    let text = scalars::key(&node.value).map_err(|cause| fault(at, cause))?;
                    let text = self.text(&text);
                    if let Some(Frame { body: Body::Map { key, .. }, .. }) = self.frames.last_mut() {
                        *key = Some((Key::Text(text), at));
                    }
                }
            },
        }
        Ok(())
    }

    /// A map from its entries: what stands twice is unknown, because readers differ in which one counts.
    fn map(&mut self, entries: Vec<Entry>, merged: BTreeMap<Text, Merged>) -> Map {
        let mut clashes = Vec::new();
        let mut entries = entries;
        if !merged.is_empty() {
            let places: BTreeMap<Text, usize> =
                entries.iter().enumerate().map(|(place, entry)| (entry.key.clone(), place)).collect();
            for (key, Merged { entry, after }) in merged {
                match places.get(&key) {
                    None => entries.push(entry),
                    // go-yaml 2 lets a later merge key overwrite what stands before it, others never do.
                    Some(place) if *place < after => clashes.push(entry),
                    Some(_) => {}
                }
            }
            clashes.retain(|clash| places.get(&clash.key).and_then(|place| entries.get(*place)) != Some(clash));
        }
        let (mut map, repeated) = Map::from_entries(entries);
        for entry in repeated {
            let first = map.entry(&entry.key).map_or(0, |first| first.at.line);
            let cause = format!(
                "the key `{}` is given twice, first in line {first}; readers differ in which one counts",
                entry.key
            );
            self.faults.push(Fault { at: entry.at, cause: format!("{cause}: remove one"), lost: false });
            map.insert(Entry { value: Value::unknown(cause), ..entry });
        }
        for entry in clashes {
            let cause = format!("the key `{}` stands before a merge key that brings it too; readers differ", entry.key);
            let at = map.entry(&entry.key).map_or(entry.at, |first| first.at);
            self.faults.push(Fault { at, cause: format!("{cause}: move the merge key up"), lost: false });
            map.insert(Entry { value: Value::unknown(cause), at, key: entry.key });
        }
        map
    }
}

/// `<<: {…}` or `<<: [{…}, {…}]`, where the first of a list wins.
fn merge(value: Value, after: usize, into: &mut BTreeMap<Text, Merged>, at: Mark) -> Result<(), Fault> {
    let wrong = || fault(at, "a merge key (`<<`) takes a map or a list of maps");
    let maps = match value {
        Value::Map(map) => vec![map],
        Value::List(items) => items
            .into_iter()
            .rev()
            .map(|item| match item.value {
                Value::Map(map) => Ok(map),
                _ => Err(wrong()),
            })
            .collect::<Result<_, _>>()?,
        _ => return Err(wrong()),
    };
    for entry in maps.into_iter().flatten() {
        into.insert(entry.key.clone(), Merged { entry, after });
    }
    Ok(())
}

pub(super) fn fault(at: Mark, cause: impl Into<String>) -> Fault {
    Fault { at, cause: cause.into(), lost: true }
}
