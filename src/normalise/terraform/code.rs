//! The code that a plan was made from, and where the resources of the plan stand in it. Start at [`Code::root`].
//!
//! A resource is matched by its address without the keys of instances: the names of the module calls, then the block.
//! What cannot be told keeps no place of its own, so that findings point to the nearest parent that has one.
use super::{
    Read,
    evaluator::Project,
    module::Declared,
    plan::Planned,
    plan_references::calls,
    roots,
    syntax::{Body, Expression, KeyName, Node},
    types,
    unknown::placeless,
};
use crate::model::{Document, Item, Map, Mark, Text, Value};
use crate::normalise::Source;
use std::collections::BTreeSet;

/// Blocks or elements of one list that are told apart by what they say: each is held against each.
const TOLD_APART_MAX: usize = 200;

/// The code below one folder.
pub(in crate::normalise) struct Code {
    folder: Text,
    project: Project,
}

impl Code {
    pub(in crate::normalise) fn read(source: &Source) -> Self {
        let documents: Vec<&Document> = source.documents.iter().collect();
        Self { folder: source.folder.clone(), project: Read::new(&documents).project }
    }

    /// The root module that a plan was made from: the folder itself, else the one below it that most of the plan is in.
    pub(super) fn root(&self, planned: &[Planned<'_>]) -> Option<Text> {
        if self.project.modules.contains_key(&self.folder) {
            return Some(self.folder.clone());
        }
        let found = |root: &Text| planned.iter().filter(|one| self.declared(root, one).is_some()).count();
        let mut counted: Vec<(usize, Text)> =
            roots::roots(&self.project.modules).into_iter().map(|root| (found(&root), root)).collect();
        counted.sort_by(|(one, _), (other, _)| other.cmp(one));
        match counted.as_slice() {
            [(most, _), (second, _), ..] if most == second => None,
            [(1.., root), ..] => Some(root.clone()),
            _ => None,
        }
    }

    /// The block that a planned resource is an instance of; none where it is declared twice.
    pub(super) fn declared(&self, root: &Text, one: &Planned<'_>) -> Option<&Declared> {
        let mut folder = root.clone();
        let mut path = String::new();
        for name in calls(one.module) {
            let call = self.project.modules.get(&folder)?.calls.get(name.as_str())?;
            path = if path.is_empty() { name } else { format!("{path}.{name}") };
            folder = roots::source_folder(&folder, call.source.as_deref())
                .or_else(|| self.project.installed.get(root)?.get(&path).cloned())?;
        }
        let prefix = if one.data { "data." } else { "" };
        let address = format!("{prefix}{}.{}", one.kind, one.name);
        match self.project.modules.get(&folder)?.resources.get(address.as_str())?.as_slice() {
            [declared] => Some(declared),
            _ => None,
        }
    }
}

/// Folders that the code calls as modules and that are not among the documents.
pub(in crate::normalise) fn beyond(documents: &[Document]) -> BTreeSet<Text> {
    let documents: Vec<&Document> = documents.iter().collect();
    let Project { modules, .. } = Read::new(&documents).project;
    let called = modules.iter().flat_map(|(folder, module)| {
        module.calls.values().filter_map(|call| roots::source_folder(folder, call.source.as_deref()))
    });
    called.filter(|folder| !modules.contains_key(folder)).collect()
}

/// Gives planned values the places of a block; those of the plan are taken away.
pub(super) fn place(values: &mut Map, body: &Body) {
    let entries = std::mem::take(values).into_iter().map(|mut entry| {
        if let Some(attribute) = body.attribute(&entry.key) {
            entry.at = attribute.at;
            place_value(&mut entry.value, &attribute.value);
        } else {
            let blocks = blocks(body, &entry.key);
            entry.at = blocks.first().map_or_else(Mark::default, |(at, _)| *at);
            place_blocks(&mut entry.value, &blocks);
        }
        entry
    });
    *values = Map::from_entries(entries.collect()).0;
}

/// The blocks of a kind, those in a loop too.
fn blocks<'b>(body: &'b Body, kind: &str) -> Vec<(Mark, &'b Body)> {
    let of_kind = body.blocks.iter().filter_map(|block| match (block.kind.as_ref(), block.labels.first()) {
        ("dynamic", Some(label)) if label.as_ref() == kind => {
            let content = block.body.blocks.iter().find(|inner| inner.kind.as_ref() == "content")?;
            Some((block.at, &content.body))
        }
        (own, _) if own == kind => Some((block.at, &block.body)),
        _ => None,
    });
    of_kind.collect()
}

fn place_blocks(value: &mut Value, blocks: &[(Mark, &Body)]) {
    match (value, blocks) {
        (Value::Map(map), [(_, body)]) => place(map, body),
        (Value::List(items), blocks) => {
            for item in items {
                let one = only(blocks, |(_, body)| block_says(body, &item.value));
                item.at = one.map_or_else(Mark::default, |(at, _)| *at);
                match (&mut item.value, one) {
                    (Value::Map(map), Some((_, body))) => place(map, body),
                    (other, _) => placeless(other),
                }
            }
        }
        (other, _) => placeless(other),
    }
}

fn place_value(value: &mut Value, node: &Node) {
    match (value, &node.expression) {
        (Value::Map(map), Expression::Object(written)) => {
            let entries = std::mem::take(map).into_iter().map(|mut entry| {
                let found = written.iter().find(|(key, _)| is_called(&key.name, &entry.key));
                entry.at = found.map_or_else(Mark::default, |(key, _)| key.at);
                match found {
                    Some((_, node)) => place_value(&mut entry.value, node),
                    None => placeless(&mut entry.value),
                }
                entry
            });
            *map = Map::from_entries(entries.collect()).0;
        }
        (Value::List(items), Expression::List(nodes)) => items.iter_mut().for_each(|item| place_item(item, nodes)),
        (other, _) => placeless(other),
    }
}

fn place_item(item: &mut Item, nodes: &[Node]) {
    let found = only(nodes, |node| says(node, &item.value));
    item.at = found.map_or_else(Mark::default, |node| node.at);
    match found {
        Some(node) => place_value(&mut item.value, node),
        None => placeless(&mut item.value),
    }
}

/// The only one for which a claim holds. Providers sort lists, so that the order tells nothing.
fn only<T>(all: &[T], holds: impl Fn(&T) -> bool) -> Option<&T> {
    if let [one] = all {
        return Some(one);
    }
    let mut found = all.iter().take(TOLD_APART_MAX).filter(|one| holds(one));
    let one = found.next().filter(|_| all.len() <= TOLD_APART_MAX)?;
    found.next().is_none().then_some(one)
}

fn is_called(name: &KeyName, key: &str) -> bool {
    match name {
        KeyName::Plain(name) => name.as_ref() == key,
        KeyName::Computed(node) => node.literal_text().is_some_and(|name| name.as_ref() == key),
    }
}

/// Whether a block may have made a value: what it says plainly is in it.
fn block_says(body: &Body, value: &Value) -> bool {
    body.attributes.iter().all(|attribute| {
        value.get(&attribute.name).map_or_else(|| !is_plain(&attribute.value), |value| says(&attribute.value, value))
    })
}

/// Likewise for an expression.
fn says(node: &Node, value: &Value) -> bool {
    match (&node.expression, value) {
        (Expression::Literal(literal), value) => match (types::text(literal), types::text(value)) {
            (Ok(literal), Ok(value)) => literal == value,
            (_, _) => value.as_unknown().is_some() || literal == value,
        },
        (Expression::Object(written), value @ Value::Map(_)) => written.iter().all(|(key, node)| match &key.name {
            KeyName::Plain(name) => value.get(name).map_or_else(|| !is_plain(node), |value| says(node, value)),
            KeyName::Computed(_) => true,
        }),
        _ => true,
    }
}

fn is_plain(node: &Node) -> bool {
    matches!(&node.expression, Expression::Literal(literal) if *literal != Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Step;
    use crate::normalise::terraform::{json, parse};

    /// The line of each path in planned values, `0` where it has none.
    fn lines(code: &str, values: &str, paths: &[&str]) -> Vec<u32> {
        let body = parse::body(code).unwrap();
        let Value::Map(mut map) = json::value(&serde_json::from_str(values).unwrap()) else { panic!("an object") };
        place(&mut map, &body);
        let steps = |path: &str| -> Vec<Step> {
            let step = |part: &str| part.parse().map_or_else(|_| Step::Key(part.to_owned()), Step::Index);
            path.split('/').map(step).collect()
        };
        let map = Value::Map(map);
        paths.iter().map(|path| map.mark(&steps(path)).map_or(0, |mark| mark.line)).collect()
    }

    #[test]
    fn attributes_and_blocks_have_the_places_of_the_code() {
        let code = "a = 1\nb {\n  c = var.c\n}\nd = {\n  e = [\n    \"x\",\n    var.y,\n  ]\n}\n";
        let values = r#"{"a": 1, "b": [{"c": 2, "absent": 3}], "d": {"e": ["x", "y"]}, "computed": [1]}"#;
        let paths = ["a", "b", "b/0/c", "b/0/absent", "d/e", "d/e/0", "d/e/1", "computed/0"];
        assert_eq!(lines(code, values, &paths), [1, 2, 3, 2, 6, 6, 8, 0]);
    }

    #[test]
    fn blocks_that_the_provider_has_sorted_are_told_apart_by_what_they_say() {
        let code = "rule {\n  name = \"b\"\n  port = var.p\n}\nrule {\n  name = \"a\"\n  port = 1\n}\n";
        let values = r#"{"rule": [{"name": "a", "port": "1"}, {"name": "b", "port": 5}, {"name": "c", "port": 5}]}"#;
        let paths = ["rule/0/port", "rule/1/port", "rule/2/port"];
        assert_eq!(lines(code, values, &paths), [7, 3, 1]);
    }

    #[test]
    fn blocks_of_a_loop_stand_where_the_loop_does() {
        let code = "dynamic \"rule\" {\n  for_each = var.all\n  content {\n    port = rule.value\n  }\n}\n";
        let values = r#"{"rule": [{"port": 1}, {"port": 2}]}"#;
        assert_eq!(lines(code, values, &["rule", "rule/1", "rule/1/port"]), [1, 1, 4]);
    }
}
