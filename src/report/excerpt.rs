//! A few lines of a source with a caret under the place. Start at [`Sources::excerpt`].
use super::{clean::clean, mask::masked, place::Place};
use std::collections::BTreeMap;

/// A line longer than this is not written for people (minified JSON): no excerpt is cut from it.
const LINE_BYTES_MAX: usize = 2000;

/// Characters of a line that are shown; more would wrap in a window of 100 columns.
const LINE_CHARACTERS_SHOWN: usize = 92;

/// Lines below a key that opens a block, so that the reader sees what it holds.
const LINES_BELOW: usize = 2;

/// Source texts, split into lines when first asked for.
#[derive(Debug)]
pub(super) struct Sources<'a> {
    texts: &'a BTreeMap<String, String>,
    lines: BTreeMap<&'a str, Vec<&'a str>>,
}

/// Lines as shown, each with its number, and the caret's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// Number and text, cleaned and masked.
    pub(super) lines: Vec<(u32, String)>,
    /// Characters before the caret, and how many carets; under the first line.
    pub(super) caret: (usize, usize),
}

impl<'a> Sources<'a> {
    pub(super) fn new(texts: &'a BTreeMap<String, String>) -> Self {
        Self { texts, lines: BTreeMap::new() }
    }

    /// The line at a place, and the next ones where it opens a block; `None` where the place has no line, the source
    /// is not at hand, or the line is not for people.
    pub(super) fn excerpt(&mut self, place: Place<'_>) -> Option<Excerpt> {
        let (name, text) = self.texts.get_key_value(place.file)?;
        let lines = self.lines.entry(name).or_insert_with(|| text.lines().collect());
        let first = usize::try_from(place.mark.line.checked_sub(1)?).ok()?;
        let line = *lines.get(first)?;
        if tells_nothing(line) {
            return None;
        }
        let last = if opens_block(line) { last_below(lines, first) } else { first };
        if lines.get(first..=last)?.iter().any(|line| line.len() > LINE_BYTES_MAX) {
            return None;
        }
        let shown: Vec<String> = masked(lines, first..last + 1).iter().map(|line| shown(line)).collect();
        let caret = caret(shown.first()?, line, place.mark.column);
        Some(Excerpt { lines: (place.mark.line..).zip(shown).collect(), caret })
    }
}

/// Whether a line is only the beginning of a whole object, which its address already names.
fn tells_nothing(line: &str) -> bool {
    let trimmed = line.trim();
    ["apiVersion:", "kind:", "---", "\"apiVersion\""].iter().any(|start| trimmed.starts_with(start))
        || matches!(trimmed, "" | "{" | "[" | "[{" | "- {")
}

fn opens_block(line: &str) -> bool {
    let trimmed = line.trim_end();
    trimmed.ends_with([':', '{', '[', '-'])
}

/// The last of the lines below that belong to the block, at most [`LINES_BELOW`].
fn last_below(lines: &[&str], first: usize) -> usize {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = lines.get(first).map_or(0, |line| indent(line));
    let belongs = |line: &&&str| {
        !line.trim().is_empty()
            && !line.starts_with("---")
            && (indent(line) > own || (indent(line) == own && line.trim_start().starts_with('-')))
    };
    first + lines.get(first + 1..).unwrap_or_default().iter().take(LINES_BELOW).take_while(belongs).count()
}

/// A line as shown: tabs as two spaces (HCL and JSON indent with them), no acting characters, cut where too long.
fn shown(line: &str) -> String {
    let start = line.len() - line.trim_start().len();
    let (indent, rest) = line.split_at(start);
    let whole = format!("{}{}", indent.replace('\t', "  "), clean(rest.trim_end()));
    match whole.char_indices().nth(LINE_CHARACTERS_SHOWN) {
        Some((end, _)) => format!("{}…", whole.get(..end).unwrap_or_default()),
        None => whole,
    }
}

/// The caret under a key: from the column to the end of the word, else under the whole line.
///
/// `column` counts characters of the line as it is in the file, from 1; 0 or one past the shown text = the first
/// character that is not a space.
fn caret(shown: &str, line: &str, column: u32) -> (usize, usize) {
    let tabs = line.chars().take_while(|c| c.is_whitespace()).filter(|c| *c == '\t').count();
    let indent = shown.chars().take_while(|c| c.is_whitespace()).count();
    let length = shown.chars().count();
    let wanted = usize::try_from(column).unwrap_or(0).checked_sub(1).map_or(indent, |before| before + tabs);
    let start = if wanted >= length { indent } else { wanted.max(indent) };
    let word =
        shown.chars().skip(start).take_while(|c| !c.is_whitespace() && !matches!(c, ':' | '=' | ',' | '{')).count();
    (start, word.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Mark;

    fn check(text: &str, line: u32, column: u32, expected: &[&str]) {
        let texts = BTreeMap::from([("f".to_owned(), text.to_owned())]);
        let excerpt = Sources::new(&texts).excerpt(Place { file: "f", mark: Mark { line, column } });
        let shown: Vec<String> = excerpt.map_or_else(Vec::new, |excerpt| {
            let (before, width) = excerpt.caret;
            let mut lines: Vec<String> =
                excerpt.lines.iter().map(|(number, line)| format!("{number} {line}")).collect();
            lines.insert(1, format!("  {}{}", " ".repeat(before), "^".repeat(width)));
            lines
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_caret_stands_under_the_key() {
        check("a: 1\nspec:\n  hostNetwork: true\n", 3, 3, &["3   hostNetwork: true", "    ^^^^^^^^^^^"]);
    }

    #[test]
    fn a_block_shows_what_it_holds() {
        check("egress:\n- {}\nb: 1", 1, 1, &["1 egress:", "  ^^^^^^", "2 - {}"]);
        check("rule {\n  a = 1\n  b = 2\n  c = 3\n}", 1, 1, &["1 rule {", "  ^^^^", "2   a = 1", "3   b = 2"]);
    }

    #[test]
    fn tabs_and_missing_columns_do_not_move_the_caret_off_the_line() {
        check("\tname = 1", 1, 2, &["1   name = 1", "    ^^^^"]);
        check("  name = 1", 1, 0, &["1   name = 1", "    ^^^^"]);
        check("  name = 1", 1, 99, &["1   name = 1", "    ^^^^"]);
    }

    #[test]
    fn what_is_secret_or_drives_a_terminal_is_not_shown() {
        check("password: hunter2", 1, 1, &["1 password: ***", "  ^^^^^^^^"]);
        check("name: \u{1b}[2Jx", 1, 1, &["1 name: \\u{1b}[2Jx", "  ^^^^"]);
    }

    #[test]
    fn what_is_not_for_people_has_no_excerpt() {
        check(&"x".repeat(LINE_BYTES_MAX + 1), 1, 1, &[]);
        check("a", 0, 0, &[]);
        check("a", 9, 1, &[]);
        check("\n", 1, 1, &[]);
        check("apiVersion: v1", 1, 1, &[]);
    }
}
