//! Hostile names shown harmlessly: nothing that came from a file may move a cursor, colour a line, end one, or turn
//! the reading direction. Start at [`clean`].
use std::borrow::Cow;

/// Whether a character acts on the reader's screen instead of being seen on it.
///
/// Control characters of C0 and C1 (ECMA-48; ESC and CSI start terminal sequences) and the invisible ones that
/// reorder, join or hide text (Unicode TR36, section 3; "Trojan Source", CVE-2021-42574).
pub(super) fn acts(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00ad}'
                | '\u{061c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The text on one line with every acting character written out: `\n`, `\t`, `\u{1b}`.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) {
            cleaned.extend(c.escape_default());
        } else {
            cleaned.push(c);
        }
    }
    Cow::Owned(cleaned)
}

/// JSON with every acting character inside its texts written as `\uXXXX`: the same JSON, harmless on a terminal.
///
/// `json` must be JSON without line breaks of its own making beyond `\n`: outside of texts JSON is ASCII, so only
/// texts can hold what is replaced.
#[must_use]
pub fn clean_json(json: &str) -> String {
    let mut cleaned = String::with_capacity(json.len());
    let mut units = [0_u16; 2];
    for c in json.chars() {
        if c != '\n' && acts(c) {
            for unit in c.encode_utf16(&mut units) {
                cleaned.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            cleaned.push(c);
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_drive_a_terminal_or_add_a_line() {
        assert_eq!(clean("\u{1b}[2Ja\nb\u{9b}31m\u{202e}c\r\t"), "\\u{1b}[2Ja\\nb\\u{9b}31m\\u{202e}c\\r\\t");
        assert_eq!(clean("blåbær 日本"), "blåbær 日本");
        assert!(matches!(clean("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_stays_the_same_value_without_acting_characters() {
        let value = serde_json::json!({"name": "\u{1b}[2J\u{9b}\u{202e}\u{7f}\u{e0001}blå\n"});
        let cleaned = clean_json(&value.to_string());
        assert!(!cleaned.contains(acts));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&cleaned).unwrap(), value);
    }
}
