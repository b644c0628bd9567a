//! Holds a value against its shape: what fits is kept, what does not is a problem with its place and its remedy.
use super::{
    range, scalar,
    shape::{Form, Shape},
};
use crate::model::{Entry, Item, Map, Mark, Number, Origin, Path, Problem, Step, Text, Value, instead, listed, shown};

/// One document being checked.
pub(super) struct Reader<'a> {
    file: &'a Text,
    /// From the top of the document to what is being looked at.
    trail: Path,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(file: &'a Text) -> Self {
        Self { file, trail: Vec::new(), problems: Vec::new() }
    }

    pub(super) const fn file(&self) -> &'a Text {
        self.file
    }

    /// Everything of `value` that fits; `None` where nothing can be kept.
    pub(super) fn check(&mut self, value: &Value, at: Mark, shape: &Shape) -> Option<Value> {
        if let Value::Unknown(unknown) = value {
            return self.wrong(at, format!("cannot be read: {}", unknown.why));
        }
        match shape {
            Shape::Map(form) => self.map(value, at, form).map(Value::Map),
            Shape::List { of, minimum, maximum } => self.list(value, at, of, *minimum, *maximum),
            Shape::Labels => self.labels(value, at),
            Shape::Free => Some(value.clone()),
            Shape::Bool => match value {
                Value::Bool(_) => Some(value.clone()),
                _ => self.wrong(at, "must be true or false"),
            },
            Shape::Int { minimum, maximum } => match value {
                Value::Number(Number::Int(int)) if (minimum..=maximum).contains(&int) => Some(value.clone()),
                _ => self.wrong(at, format!("must be a whole number from {minimum} to {maximum}")),
            },
            Shape::Text
            | Shape::Constant(_)
            | Shape::Choice(_)
            | Shape::Date
            | Shape::Range
            | Shape::Host
            | Shape::ServiceTag
            | Shape::Port => self.text(value, at, shape),
        }
    }

    /// The keys of a map that fit; `None` where it is no map or lacks something it must have.
    pub(super) fn map(&mut self, value: &Value, at: Mark, form: &Form) -> Option<Map> {
        let Some(map) = value.as_map() else {
            return self.wrong(at, format!("must be a map with {}", listed(&keys(form))));
        };
        let mut kept = Map::new();
        let mut whole = true;
        // What is wrong with one key keeps the whole from being used, unless its keys stand each for itself.
        for entry in map {
            let Some(field) = form.field(&entry.key) else {
                let remedy = instead(&entry.key, &keys(form));
                self.problem(entry.at, format!("unknown key `{}`: {remedy}", self.below(&entry.key)));
                whole &= form.parts;
                continue;
            };
            if entry.value == Value::Null {
                continue;
            }
            self.trail.push(Step::Key(entry.key.to_string()));
            match self.check(&entry.value, entry.at, &field.shape) {
                Some(value) => drop(kept.insert(Entry { key: entry.key.clone(), at: entry.at, value })),
                None => whole &= form.parts,
            }
            self.trail.pop();
        }
        for field in form.fields.iter().filter(|field| field.required) {
            if map.get(field.key).is_none_or(|value| *value == Value::Null) {
                self.problem(at, format!("`{}` is missing: {}", self.below(field.key), field.about));
                whole = false;
            }
        }
        (whole && self.chosen(map, at, form)).then_some(kept)
    }

    /// Whether exactly one of the keys is there of which exactly one must be.
    fn chosen(&mut self, map: &Map, at: Mark, form: &Form) -> bool {
        let given = form.one_of.iter().filter(|key| map.get(key).is_some_and(|value| *value != Value::Null)).count();
        let good = form.one_of.is_empty() || given == 1;
        if !good {
            self.problem(at, format!("`{}` must have exactly one of {}", shown(&self.trail), listed(form.one_of)));
        }
        good
    }

    fn list(
        &mut self,
        value: &Value,
        at: Mark,
        of: &Shape,
        minimum: usize,
        maximum: Option<(usize, &str)>,
    ) -> Option<Value> {
        let Some(items) = value.as_list() else {
            return self.wrong(at, "must be a list: write each entry on a line of its own with `- ` before it");
        };
        let mut kept = Vec::new();
        for (index, item) in items.iter().enumerate() {
            self.trail.push(Step::Index(index));
            if let Some((count, because)) = maximum.filter(|(count, _)| index >= *count) {
                self.problem(item.at, format!("`{}` is one too many, at most {count}: {because}", shown(&self.trail)));
            } else if let Some(value) = self.check(&item.value, item.at, of) {
                kept.push(Item { at: item.at, value });
            }
            self.trail.pop();
        }
        if items.len() < minimum {
            return self.wrong(at, "must not be empty");
        }
        // Entries that did not fit must not turn "these ports" into "none given", which means any.
        (items.is_empty() || !kept.is_empty()).then_some(Value::List(kept))
    }

    fn labels(&mut self, value: &Value, at: Mark) -> Option<Value> {
        let Some(map) = value.as_map() else {
            return self.wrong(at, "must be labels: a map of texts");
        };
        for entry in map {
            if entry.value.as_text().is_none() {
                self.problem(entry.at, format!("`{}` must be text: put it in quotes", self.below(&entry.key)));
                return None;
            }
        }
        Some(value.clone())
    }

    fn text(&mut self, value: &Value, at: Mark, shape: &Shape) -> Option<Value> {
        let text = match value {
            Value::Text(text) if !text.trim().is_empty() => text,
            Value::Text(_) => return self.wrong(at, "is empty"),
            Value::Number(_) | Value::Bool(_) => return self.wrong(at, "must be text: put it in quotes"),
            Value::Null | Value::List(_) | Value::Map(_) | Value::Unknown(_) => {
                return self.wrong(at, "must be text");
            }
        };
        let fault = match shape {
            Shape::Constant(constant) => {
                (*constant != text.as_ref()).then(|| format!("is `{text}`, and must be `{constant}`"))
            }
            Shape::Choice(names) => {
                (!names.contains(&text.as_ref())).then(|| format!("is `{text}`: {}", instead(text, names)))
            }
            Shape::Date => scalar::day(text).is_none().then(|| format!("is `{text}`, and must be a day as 2026-12-31")),
            Shape::Range => range::fault(text),
            Shape::Host => scalar::host_fault(text),
            Shape::ServiceTag => scalar::tag_fault(text),
            Shape::Port => scalar::port_fault(text),
            Shape::Text
            | Shape::Int { .. }
            | Shape::Bool
            | Shape::Labels
            | Shape::Free
            | Shape::List { .. }
            | Shape::Map(_) => None,
        };
        match fault {
            Some(fault) => self.wrong(at, fault),
            None => Some(value.clone()),
        }
    }

    /// Says what is wrong with what is being looked at.
    fn wrong<T>(&mut self, at: Mark, what: impl AsRef<str>) -> Option<T> {
        let subject =
            if self.trail.is_empty() { "the document".to_owned() } else { format!("`{}`", shown(&self.trail)) };
        self.problem(at, format!("{subject} {}", what.as_ref()));
        None
    }

    pub(super) fn problem(&mut self, at: Mark, cause: String) {
        // Nothing is hidden by a wrong entry: it was read, and it gives no permission.
        let origin = Origin::at(self.file.clone(), at.line.max(1), at.column.max(1));
        self.problems.push(Problem::remark(origin, cause));
    }

    fn below(&self, key: &str) -> String {
        let mut path = self.trail.clone();
        path.push(Step::Key(key.to_owned()));
        shown(&path)
    }
}

fn keys(form: &Form) -> Vec<&'static str> {
    form.fields.iter().map(|field| field.key).collect()
}
