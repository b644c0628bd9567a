//! From rendered text back into the repository: to the template or source file, and to the line where a value stands.
//! What cannot be told keeps no place of its own, so that findings point to the nearest parent that has one.
use super::{kinds, parse};
use crate::model::{Document, Map, Mark, Origin, Render, Resource, Text, Value};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

/// The way back for one rendered document.
#[derive(Debug)]
pub(super) struct Places {
    /// `Chart.yaml` or the kustomization: where things stand that have no other place.
    fallback: Text,
    lines: Vec<String>,
    /// Charts: the line (from 1) of every `# Source:` comment, and the file that it names.
    comments: Vec<(usize, Text)>,
    /// Charts: every source by its path.
    templates: BTreeMap<Text, Index>,
    /// Overlays: every object of the sources by kind and name.
    objects: BTreeMap<(Text, Text), Object>,
}

/// An object in a source file.
#[derive(Debug)]
struct Object {
    path: Text,
    index: Index,
}

/// Lines of a source (or of a part of it) by what they say.
#[derive(Debug, Default)]
struct Index {
    /// Where the part begins.
    first: u32,
    /// Lines by their text without indentation, each in order.
    exact: HashMap<String, Vec<u32>>,
    /// Lines by the key they begin with.
    keys: HashMap<String, Vec<u32>>,
    /// Columns (from 1) by line.
    columns: BTreeMap<u32, u32>,
}

impl Places {
    /// `None` for documents that stand in the repository themselves.
    pub(super) fn of(document: &Document) -> Option<Self> {
        let render = document.render.as_ref()?;
        let text = String::from_utf8_lossy(&document.bytes);
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let fallback = document.origin.path().clone();
        let mut places =
            Self { fallback, lines, comments: Vec::new(), templates: BTreeMap::new(), objects: BTreeMap::new() };
        if render.prefix.is_empty() {
            places.objects = objects(render);
        } else {
            places.comments = comments(&places.lines, render);
            for (path, bytes) in render.sources.iter() {
                let text = String::from_utf8_lossy(bytes);
                places.templates.insert(path.clone(), Index::new(text.lines(), 1));
            }
        }
        Some(places)
    }

    /// The place of a line of the rendered text, where no value is known.
    pub(super) fn place(&self, line: u32) -> Origin {
        match self.comment(line) {
            Some((_, path, _)) if self.templates.contains_key(path) => Origin::file(path.clone()),
            _ => Origin::file(self.fallback.clone()),
        }
    }

    /// Points a resource and everything in it into the repository.
    pub(super) fn settle(&self, resource: &mut Resource) {
        let line = resource.origin.mark().line;
        let found = match self.comment(line) {
            Some((from, path, to)) => self.templates.get(path).map(|index| (path, index, from..to)),
            None => self.object(resource).map(|object| (&object.path, &object.index, self.document(line))),
        };
        let Some((path, index, range)) = found else {
            resource.origin = Origin::file(self.fallback.clone());
            return each_mark(resource, &|_| Mark::default());
        };
        let map = aligned(self.lines.get(range.clone()).unwrap_or_default(), index);
        let place = |mark: Mark| {
            let rendered = (mark.line as usize).checked_sub(1 + range.start);
            let line = rendered.and_then(|at| map.get(at).copied().flatten());
            line.map_or_else(Mark::default, |line| Mark {
                line,
                column: index.columns.get(&line).copied().unwrap_or(1),
            })
        };
        let own = place(resource.origin.mark());
        let mark = if own.line > 0 { own } else { Mark { line: index.first, column: 1 } };
        resource.origin = Origin::File { path: path.clone(), mark };
        each_mark(resource, &place);
    }

    /// The comment above a line: the lines (from 0) it speaks of, and the file it names.
    fn comment(&self, line: u32) -> Option<(usize, &Text, usize)> {
        let after = self.comments.partition_point(|(at, _)| *at <= line as usize);
        let (from, path) = self.comments.get(after.checked_sub(1)?)?;
        let to = self.comments.get(after).map_or(self.lines.len(), |(at, _)| at.saturating_sub(1));
        Some((*from, path, to))
    }

    /// The lines (from 0) of the document that a line (from 1) is in.
    fn document(&self, line: u32) -> Range<usize> {
        let at = (line as usize).saturating_sub(1).min(self.lines.len());
        let is_end = |line: &String| line.starts_with("---");
        let before = self.lines.get(..at).unwrap_or_default();
        let from = before.iter().rposition(is_end).map_or(0, |end| end + 1);
        let to = self.lines.iter().skip(at).position(is_end).map_or(self.lines.len(), |end| at + end);
        from..to
    }

    /// The source object of a resource: of the same name, else of the longest name that the resource's contains
    /// (overlays add prefixes and suffixes).
    fn object(&self, resource: &Resource) -> Option<&Object> {
        let (kind, name) = (&resource.id.kind, &resource.id.name);
        if let Some(object) = self.objects.get(&(kind.clone(), name.clone())) {
            return Some(object);
        }
        let of_kind = self
            .objects
            .iter()
            .filter(|((of, part), _)| of == kind && !part.is_empty() && name.contains(part.as_ref()));
        of_kind.max_by_key(|((_, part), _)| part.len()).map(|(_, object)| object)
    }
}

fn comments(lines: &[String], render: &Render) -> Vec<(usize, Text)> {
    let numbered = lines.iter().enumerate();
    let comments = numbered.filter_map(|(index, line)| Some((index + 1, line.strip_prefix("# Source: ")?)));
    comments
        .map(|(line, source)| {
            let inside = source.strip_prefix(render.prefix.as_ref()).and_then(|rest| rest.strip_prefix('/'));
            let path = match (render.root.as_ref(), inside) {
                (_, None) => source.to_owned(),
                (".", Some(inside)) => inside.to_owned(),
                (root, Some(inside)) => format!("{root}/{inside}"),
            };
            (line, path.into())
        })
        .collect()
}

/// Every object in the files of an overlay. A patch has the name of what it patches: the longest text is the object.
fn objects(render: &Render) -> BTreeMap<(Text, Text), Object> {
    let mut objects: BTreeMap<(Text, Text), Object> = BTreeMap::new();
    for (path, bytes) in render.sources.iter() {
        let text = String::from_utf8_lossy(bytes);
        let lines: Vec<&str> = text.lines().collect();
        let documents = parse::parse(bytes, path.ends_with(".json")).documents;
        for (place, parsed) in documents.iter().enumerate() {
            let field = |keys: &[&str]| parsed.value.find(keys).and_then(Value::as_text);
            let (Some(version), Some(kind)) = (field(&["apiVersion"]), field(&["kind"])) else { continue };
            let name = field(&["metadata", "name"]).unwrap_or_default();
            let from = parsed.at.line.saturating_sub(1) as usize;
            let next = documents.get(place + 1).map(|next| next.at.line.saturating_sub(1) as usize);
            let to = next.unwrap_or(lines.len()).min(lines.len());
            let Some(part) = lines.get(from..to) else { continue };
            let object = Object { path: path.clone(), index: Index::new(part.iter().copied(), parsed.at.line) };
            let key = (kinds::shown(version, kind), Text::from(name));
            let is_longer = |known: &Object| known.index.columns.len() < object.index.columns.len();
            if objects.get(&key).is_none_or(is_longer) {
                objects.insert(key, object);
            }
        }
    }
    objects
}

impl Index {
    fn new<'a>(lines: impl Iterator<Item = &'a str>, first: u32) -> Self {
        let mut index = Self { first, ..Self::default() };
        for (line, text) in (first..).zip(lines) {
            let trimmed = text.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let column = text.chars().take_while(|c| c.is_whitespace()).count() + 1;
            index.columns.insert(line, u32::try_from(column).unwrap_or(1));
            index.exact.entry(trimmed.to_owned()).or_default().push(line);
            if let Some(key) = key(trimmed) {
                index.keys.entry(key.to_owned()).or_default().push(line);
            }
        }
        index
    }

    /// The one line between two others that says the same, or has the same key.
    fn between(&self, text: &str, after: u32, before: u32) -> Option<u32> {
        let only = |lines: &Vec<u32>| {
            let from = lines.partition_point(|line| *line <= after);
            let to = lines.partition_point(|line| *line < before);
            if to == from + 1 { lines.get(from).copied() } else { None }
        };
        let exact = self.exact.get(text);
        exact.and_then(only).or_else(|| self.keys.get(key(text)?).filter(|_| exact.is_none()).and_then(only))
    }
}

/// The key that a line begins with, list marks and quotes left out.
fn key(line: &str) -> Option<&str> {
    let line = line.trim_start_matches("- ").trim_start();
    let (key, _) = line.split_once(':')?;
    let key = key.trim_matches(['"', '\'']);
    (!key.is_empty() && !key.contains("{{")).then_some(key)
}

/// The source line of every rendered line. First what stands in the source once; then, between those, what stands
/// there once: rendering keeps the order of what it does not repeat.
fn aligned(lines: &[String], index: &Index) -> Vec<Option<u32>> {
    let mut map: Vec<Option<u32>> = lines.iter().map(|line| index.between(line.trim(), 0, u32::MAX)).collect();
    let mut below: Vec<u32> = Vec::with_capacity(map.len());
    let mut next = u32::MAX;
    for found in map.iter().rev() {
        below.push(next);
        next = found.unwrap_or(next);
    }
    let mut above = 0;
    for ((found, line), below) in map.iter_mut().zip(lines).zip(below.into_iter().rev()) {
        if found.is_none() {
            *found = index.between(line.trim(), above, below);
        }
        above = found.unwrap_or(above);
    }
    map
}

fn each_mark(resource: &mut Resource, place: &dyn Fn(Mark) -> Mark) {
    in_value(&mut resource.body, place);
    if let Some(pod) = &mut resource.pod {
        in_value(&mut pod.spec, place);
        in_value(&mut pod.labels, place);
    }
}

fn in_value(value: &mut Value, place: &dyn Fn(Mark) -> Mark) {
    match value {
        Value::List(items) => {
            for item in items {
                item.at = place(item.at);
                in_value(&mut item.value, place);
            }
        }
        Value::Map(map) => {
            let entries = std::mem::take(map).into_iter().map(|mut entry| {
                entry.at = place(entry.at);
                in_value(&mut entry.value, place);
                entry
            });
            *map = Map::from_entries(entries.collect()).0;
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rendered_lines_find_their_template() {
        let template = "kind: Pod\nmetadata:\n  name: {{ .Values.name }}\nspec:\n  containers:\n  - name: one\n    image: {{ .Values.one }}\n  - name: two\n    image: {{ .Values.two }}\n";
        let rendered = "kind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: one\n    image: a\n  - name: two\n    image: b\n  extra: 1";
        let lines: Vec<String> = rendered.lines().map(str::to_owned).collect();
        let found = aligned(&lines, &Index::new(template.lines(), 1));
        let expected = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(Some).into_iter().chain([None]).collect::<Vec<_>>();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_a_loop_repeats_stands_in_the_loop() {
        let template = "env:\n{{- range .Values.env }}\n- name: {{ .name }}\n  value: x\n{{- end }}\n";
        let lines: Vec<String> =
            "env:\n- name: a\n  value: x\n- name: b\n  value: x\n".lines().map(str::to_owned).collect();
        let found = aligned(&lines, &Index::new(template.lines(), 1));
        assert_eq!(found, [Some(1), Some(3), Some(4), Some(3), Some(4)]);
    }
}
