//! Lines for a terminal: wrapped, and coloured only where asked. What is written is cleaned before.
use anstyle::{AnsiColor, Style};

/// Prose is broken at this column: narrow enough for the windows and logs people read in, wide enough for paths.
pub(super) const COLUMNS: usize = 100;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const RED: Style = AnsiColor::Red.on_default().bold();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const BLUE: Style = AnsiColor::Blue.on_default();

/// A space at which prose is not broken (U+00A0); written as a plain one.
pub(super) const NO_BREAK: &str = "\u{a0}";

/// Text in the making.
#[derive(Debug)]
pub(super) struct Pen {
    out: String,
    colour: bool,
}

impl Pen {
    pub(super) const fn new(colour: bool) -> Self {
        Self { out: String::new(), colour }
    }

    pub(super) fn into_text(self) -> String {
        self.out
    }

    /// The text in a style, where there is colour; meaning never hangs on it alone.
    pub(super) fn styled(&self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// One line as it is.
    pub(super) fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end_matches(' '));
        self.out.push('\n');
    }

    /// An empty line, if the last one is not empty.
    pub(super) fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// Prose behind `start`, broken at [`COLUMNS`]; the lines after the first are indented by `indent` spaces.
    pub(super) fn prose(&mut self, start: &str, indent: usize, text: &str) {
        self.styled_prose(start, indent, text, Style::new());
    }

    /// [`Pen::prose`] in a style, which begins and ends on each line.
    pub(super) fn styled_prose(&mut self, start: &str, indent: usize, text: &str, style: Style) {
        let mut before = start.to_owned();
        for line in broken(text, COLUMNS.saturating_sub(indent), COLUMNS.saturating_sub(start.chars().count())) {
            let line = line.replace(NO_BREAK, " ");
            let line = if style == Style::new() { line } else { self.styled(style, &line) };
            self.line(&format!("{before}{line}"));
            before = " ".repeat(indent);
        }
    }
}

/// Words of a text on lines of at most `width` characters, `first` on the first; a longer word has its own line.
fn broken(text: &str, width: usize, first: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    let mut most = first;
    for word in text.split(' ') {
        let letters = word.chars().count();
        if length > 0 && length + 1 + letters > most {
            lines.push(std::mem::take(&mut line));
            length = 0;
            most = width;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += letters;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_broken_between_words_and_indented() {
        let mut pen = Pen::new(false);
        pen.prose("  why  ", 7, &"word ".repeat(30));
        let text = pen.into_text();
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
        assert!(
            text.starts_with("  why  word word") && text.lines().skip(1).all(|line| line.starts_with("       word"))
        );
        assert_eq!(text.matches("word").count(), 30);
    }

    #[test]
    fn a_word_that_is_too_long_stays_whole() {
        let long = "x".repeat(200);
        assert_eq!(broken(&format!("a {long} b"), 50, 50), ["a", &long, "b"]);
    }

    #[test]
    fn colour_comes_only_where_asked() {
        assert_eq!(Pen::new(false).styled(RED, "x"), "x");
        assert_eq!(Pen::new(true).styled(RED, "x"), "\u{1b}[1m\u{1b}[31mx\u{1b}[0m");
    }
}
