//! What every reader of a written form needs: known keys, required texts, places and hints.
use super::Fault;
use crate::model::{Entry, Map, Mark, Text, Value, Words, listed, meant};

/// A file being checked, and what was found wrong so far.
pub(super) struct Form<'a> {
    path: &'a Text,
    pub(super) faults: Vec<Fault>,
}

impl<'a> Form<'a> {
    pub(super) fn new(path: &'a Text) -> Self {
        Self { path, faults: Vec::new() }
    }

    pub(super) fn fault(&mut self, at: Mark, cause: impl Into<String>) {
        self.hinted(at, cause, None);
    }

    pub(super) fn hinted(&mut self, at: Mark, cause: impl Into<String>, hint: Option<String>) {
        self.faults.push(Fault { path: self.path.clone(), line: at.line.max(1), cause: cause.into(), hint });
    }

    /// The map under a value; anything else is a fault.
    pub(super) fn map<'m>(&mut self, value: &'m Value, at: Mark, what: &str) -> Option<&'m Map> {
        let map = value.as_map();
        if map.is_none() {
            self.fault(at, format!("{what} must be a map of keys and values"));
        }
        map
    }

    /// Refuses every key that the form does not have.
    pub(super) fn known(&mut self, map: &Map, keys: &[&str]) {
        for entry in map {
            if !keys.contains(&entry.key.as_ref()) {
                let hint = meant(&entry.key, keys)
                    .map_or_else(|| format!("known keys are {}", listed(keys)), |key| format!("did you mean `{key}`?"));
                self.hinted(entry.at, format!("unknown key `{}`", entry.key), Some(hint));
            }
        }
    }

    pub(super) fn required<'m>(&mut self, map: &'m Map, at: Mark, key: &str) -> Option<&'m Entry> {
        let entry = map.entry(key);
        if entry.is_none() {
            self.fault(at, format!("`{key}` is missing"));
        }
        entry
    }

    /// A text that must be there and not be empty.
    pub(super) fn text(&mut self, map: &Map, at: Mark, key: &str) -> Option<Text> {
        let entry = self.required(map, at, key)?;
        match &entry.value {
            Value::Text(text) if !text.trim().is_empty() => Some(text.clone()),
            Value::Text(_) | Value::Null => {
                self.fault(entry.at, format!("`{key}` is empty"));
                None
            }
            _ => {
                self.fault(entry.at, format!("`{key}` must be a text"));
                None
            }
        }
    }

    /// A text that may be left out or be null.
    pub(super) fn optional_text(&mut self, map: &Map, key: &str) -> Option<Text> {
        let entry = map.entry(key)?;
        match &entry.value {
            Value::Text(text) => Some(text.clone()),
            Value::Null => None,
            _ => {
                self.fault(entry.at, format!("`{key}` must be a text"));
                None
            }
        }
    }

    /// A text in both languages, and nothing else beside them.
    pub(super) fn words(&mut self, map: &Map, at: Mark, key: &str) -> Words {
        let Some(entry) = self.required(map, at, key) else { return Words::default() };
        let Some(words) = self.map(&entry.value, entry.at, &format!("`{key}`")) else { return Words::default() };
        self.known(words, &["en", "nb"]);
        self.languages(words, entry.at)
    }

    /// `en` and `nb` of a map that holds both.
    pub(super) fn languages(&mut self, map: &Map, at: Mark) -> Words {
        let mut language = |key| self.text(map, at, key).map(|text| text.to_string()).unwrap_or_default();
        Words { en: language("en"), nb: language("nb") }
    }

    /// A list of texts; absent = none.
    pub(super) fn texts(&mut self, map: &Map, key: &str) -> Vec<(Mark, Text)> {
        let Some(entry) = map.entry(key) else { return Vec::new() };
        let Some(items) = entry.value.as_list() else {
            self.fault(entry.at, format!("`{key}` must be a list of texts"));
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            match &item.value {
                Value::Text(text) => texts.push((item.at, text.clone())),
                _ => self.fault(item.at, format!("`{key}` must hold texts only")),
            }
        }
        texts
    }

    /// One of a few names.
    pub(super) fn choice<T: Copy>(&mut self, map: &Map, at: Mark, key: &str, names: &[(&str, T)]) -> Option<T> {
        let text = self.text(map, at, key)?;
        let chosen = names.iter().find(|(name, _)| *name == text.as_ref()).map(|(_, value)| *value);
        if chosen.is_none() {
            let at = map.entry(key).map_or(at, |entry| entry.at);
            let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            let hint = meant(&text, &names).map(|name| format!("did you mean `{name}`?"));
            self.hinted(at, format!("`{key}` is `{text}`, and must be one of {}", listed(&names)), hint);
        }
        chosen
    }
}
