//! JSON in, documents with the place of every node out. Comments and trailing commas are passed over: templates of
//! Azure and settings of many tools have them. Several values after each other are several documents.
use super::tree::{Builder, Fault, Parsed, fault};
use crate::model::{Mark, Number, Value};

/// Reads every value of a text.
///
/// # Errors
/// Where the text stops being JSON; documents before that are given back too.
pub(super) fn read(text: &str, builder: &mut Builder) -> (Vec<Parsed>, Option<Fault>) {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, line: 1, line_start: 0, wide: 0 };
    let mut documents = Vec::new();
    let fault = loop {
        match reader.blank() {
            Err(fault) => break Some(fault),
            Ok(()) if reader.at >= reader.bytes.len() => break None,
            Ok(()) => {}
        }
        if let Err(fault) = reader.document(builder) {
            builder.abandon();
            break Some(fault);
        }
        documents.extend(builder.finish());
    };
    (documents, fault)
}

/// A place in the text, with what is needed to tell its line and column.
struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: u32,
    line_start: usize,
    /// Bytes of this line that continue a character: columns count characters.
    wide: usize,
}

impl Reader<'_> {
    /// One value, without recursion: depth costs no stack. The builder's frames say what is open.
    fn document(&mut self, builder: &mut Builder) -> Result<(), Fault> {
        let mut open: Vec<u8> = Vec::new();
        let mut has_key = false;
        loop {
            self.blank()?;
            let at = self.mark();
            if builder.wants_key() && self.peek() != Some(b'}') {
                let Some(b'"') = self.peek() else { return Err(self.unexpected("a key in quotes")) };
                let key = self.string()?;
                builder.key(&key, at);
                self.blank()?;
                self.expect(b':')?;
                has_key = true;
                continue;
            }
            match self.peek() {
                Some(b'{') => {
                    self.at += 1;
                    open.push(b'}');
                    has_key = false;
                    builder.open_map(at, 0)?;
                    continue;
                }
                Some(b'[') => {
                    self.at += 1;
                    open.push(b']');
                    has_key = false;
                    builder.open_list(at, 0)?;
                    continue;
                }
                Some(byte @ (b'}' | b']')) if open.last() == Some(&byte) && !has_key => {
                    self.close(&mut open, builder)?
                }
                _ => {
                    let value = self.scalar(builder)?;
                    builder.scalar(value, at, 0)?;
                }
            }
            has_key = false;
            if self.after_value(&mut open, builder)? {
                return Ok(());
            }
        }
    }

    /// Commas and ends of lists and maps; whether the whole value has ended.
    fn after_value(&mut self, open: &mut Vec<u8>, builder: &mut Builder) -> Result<bool, Fault> {
        loop {
            let Some(end) = open.last().copied() else { return Ok(true) };
            self.blank()?;
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    return Ok(false);
                }
                Some(byte) if byte == end => self.close(open, builder)?,
                _ => return Err(self.unexpected(if end == b'}' { "`,` or `}`" } else { "`,` or `]`" })),
            }
        }
    }

    fn close(&mut self, open: &mut Vec<u8>, builder: &mut Builder) -> Result<(), Fault> {
        let at = self.mark();
        self.at += 1;
        open.pop();
        builder.close(at)
    }

    fn scalar(&mut self, builder: &mut Builder) -> Result<Value, Fault> {
        if self.peek() == Some(b'"') {
            let text = self.string()?;
            return Ok(Value::Text(builder.text(&text)));
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
        let word = self.text.get(self.at..self.at + length).unwrap_or_default();
        let value = match word {
            "null" => Some(Value::Null),
            "true" => Some(true.into()),
            "false" => Some(false.into()),
            _ => number(word),
        };
        let value = value.ok_or_else(|| self.unexpected("a value"))?;
        self.at += length;
        Ok(value)
    }

    /// A text in quotes, escapes resolved. As in Go, half of a surrogate pair becomes U+FFFD.
    fn string(&mut self) -> Result<String, Fault> {
        let opened = self.mark();
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(length) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) else {
                return Err(fault(opened, "malformed JSON: a text that is not closed"));
            };
            let run = self.text.get(self.at..self.at + length).unwrap_or_default();
            self.wide += run.bytes().filter(|byte| (0x80..0xc0).contains(byte)).count();
            text.push_str(run);
            self.at += length;
            match rest.get(length) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                _ => return Err(self.unexpected("no control character inside a text")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let escaped = self.bytes.get(self.at + 1).copied();
        let plain = match escaped {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.unexpected("an escape that JSON knows")),
        };
        self.at += 2;
        Ok(plain)
    }

    fn unicode(&mut self) -> Result<char, Fault> {
        let Some(first) = self.hex(self.at + 2) else { return Err(self.unexpected("four hexadecimal digits")) };
        self.at += 6;
        if !(0xd800..0xdc00).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let second = match self.bytes.get(self.at..self.at + 2) {
            Some(b"\\u") => self.hex(self.at + 2).filter(|second| (0xdc00..0xe000).contains(second)),
            _ => None,
        };
        let Some(second) = second else { return Ok(char::REPLACEMENT_CHARACTER) };
        self.at += 6;
        let point = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        Ok(char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&self, from: usize) -> Option<u32> {
        let digits = self.text.get(from..from + 4)?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    }

    /// White space and comments.
    fn blank(&mut self) -> Result<(), Fault> {
        loop {
            match (self.peek(), self.bytes.get(self.at + 1)) {
                (Some(b' ' | b'\t' | b'\r'), _) => self.at += 1,
                (Some(b'\n'), _) => self.newline(),
                (Some(b'/'), Some(b'/')) => {
                    while self.peek().is_some_and(|byte| byte != b'\n') {
                        self.at += 1;
                    }
                }
                (Some(b'/'), Some(b'*')) => self.comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn comment(&mut self) -> Result<(), Fault> {
        let opened = self.mark();
        self.at += 2;
        loop {
            match (self.peek(), self.bytes.get(self.at + 1)) {
                (Some(b'*'), Some(b'/')) => {
                    self.at += 2;
                    return Ok(());
                }
                (Some(b'\n'), _) => self.newline(),
                (Some(_), _) => self.at += 1,
                (None, _) => return Err(fault(opened, "malformed JSON: a comment that is not closed")),
            }
        }
    }

    fn newline(&mut self) {
        self.at += 1;
        self.line = self.line.saturating_add(1);
        self.line_start = self.at;
        self.wide = 0;
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(self.unexpected(&format!("`{}`", char::from(byte))))
    }

    fn mark(&self) -> Mark {
        let column = (self.at - self.line_start).saturating_sub(self.wide) + 1;
        Mark { line: self.line, column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        let found = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            None => "the end".to_owned(),
            Some(found) if found.is_control() => format!("U+{:04X}", u32::from(found)),
            Some(found) => format!("`{found}`"),
        };
        fault(self.mark(), format!("malformed JSON: expected {wanted}, found {found}"))
    }
}

/// A whole number where it is written as one and fits.
fn number(word: &str) -> Option<Value> {
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if let Ok(int) = word.parse::<i64>() {
        return Some(int.into());
    }
    let float: f64 = word.parse().ok()?;
    Some(if float.is_finite() { Value::Number(Number::Float(float)) } else { Value::unknown("a number out of range") })
}
