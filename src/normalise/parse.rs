//! Bytes in, documents and faults out: encodings, and JSON and YAML through one door. Start at [`parse`].
use super::{
    json,
    tree::{Builder, Fault, Parsed, fault},
    yaml,
};
use crate::model::Mark;
use std::{borrow::Cow, collections::BTreeSet};

/// Faults of one file that are told one by one: nobody reads more, and each costs memory.
const FAULTS_MAX: usize = 100;

/// Everything that a text says, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Stream {
    pub(super) documents: Vec<Parsed>,
    pub(super) faults: Vec<Fault>,
}

/// Reads YAML or JSON, whichever the bytes are; `json_expected` (a name that says so) decides whose error is shown.
pub(super) fn parse(bytes: &[u8], json_expected: bool) -> Stream {
    let (text, garbled) = match decode(bytes) {
        Ok(decoded) => decoded,
        Err(fault) => return Stream { documents: Vec::new(), faults: vec![fault] },
    };
    let mut stream = read(&text, json_expected);
    if !garbled.is_empty() {
        without(&mut stream, &garbled, &text);
    }
    stream.faults.sort_by_key(|fault| fault.at);
    bound(&mut stream.faults);
    stream
}

/// Keeps the first faults and counts the rest: a file of a million broken documents must not fill the report.
fn bound(faults: &mut Vec<Fault>) {
    let more = faults.len().saturating_sub(FAULTS_MAX);
    if more == 0 {
        return;
    }
    let lost = faults.iter().skip(FAULTS_MAX).any(|fault| fault.lost);
    let at = faults.get(FAULTS_MAX).map_or_else(Mark::default, |fault| fault.at);
    faults.truncate(FAULTS_MAX);
    faults.push(Fault { at, cause: format!("{more} more places in this file are wrong in this or other ways"), lost });
}

fn read(text: &str, json_expected: bool) -> Stream {
    let start = text.trim_start();
    let as_json = if json_expected || ["{", "[", "//", "/*"].iter().any(|first| start.starts_with(first)) {
        let mut builder = Builder::default();
        match json::read(text, &mut builder) {
            (documents, None) => return Stream { documents, faults: builder.faults },
            (documents, Some(fault)) => {
                builder.faults.push(fault);
                Some(Stream { documents, faults: builder.faults })
            }
        }
    } else {
        None
    };
    let mut builder = Builder::default();
    let documents = yaml::read(text, &mut builder);
    match as_json {
        Some(as_json) if json_expected && builder.faults.iter().any(|fault| fault.lost) => as_json,
        _ => Stream { documents, faults: builder.faults },
    }
}

/// The text of a file, and the lines where it is not UTF-8 (there it holds U+FFFD).
fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Vec<u32>), Fault> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .chunks(2)
            .map(|pair| unit([pair.first().copied().unwrap_or(0), pair.get(1).copied().unwrap_or(0)]))
            .collect();
        String::from_utf16(&units)
            .map(|text| (Cow::Owned(text), Vec::new()))
            .map_err(|_| fault(Mark { line: 1, column: 1 }, "not valid UTF-16: save the file as UTF-8"))
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => {
            let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
            match str::from_utf8(bytes) {
                Ok(text) => Ok((Cow::Borrowed(text), Vec::new())),
                Err(_) => Ok(lossy(bytes)),
            }
        }
    }
}

fn lossy(bytes: &[u8]) -> (Cow<'_, str>, Vec<u32>) {
    let mut text = String::with_capacity(bytes.len());
    let mut lines = Vec::new();
    let mut line: u32 = 1;
    for chunk in bytes.utf8_chunks() {
        line = line.saturating_add(u32::try_from(chunk.valid().matches('\n').count()).unwrap_or(u32::MAX));
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
            if lines.last() != Some(&line) {
                lines.push(line);
            }
        }
    }
    (Cow::Owned(text), lines)
}

/// Takes away the documents that hold a line which is not UTF-8: what they say cannot be trusted.
fn without(stream: &mut Stream, garbled: &[u32], text: &str) {
    let mut starts: Vec<u32> = vec![1];
    let mut line: u32 = 0;
    for written in text.lines() {
        line = line.saturating_add(1);
        if written.starts_with("---") {
            starts.push(line);
        }
    }
    let document = |line: u32| starts.partition_point(|start| *start <= line);
    let mut named = BTreeSet::new();
    for line in garbled {
        let of = document(*line);
        if named.insert(of) {
            let cause = "not valid UTF-8: save the file as UTF-8";
            stream.faults.push(fault(Mark { line: *line, column: 1 }, cause));
        }
    }
    // Documents without `---` between them (JSON values) share one fate.
    stream.documents.retain(|parsed| !named.contains(&document(parsed.at.line)));
}

#[cfg(test)]
mod tests {
    use super::{
        super::tree::{ALIAS_NODES_MAX, DEPTH_MAX},
        *,
    };
    use crate::model::{Step, Value};
    use proptest::prelude::*;

    fn read(text: &str) -> Stream {
        parse(text.as_bytes(), false)
    }

    fn one(text: &str) -> Value {
        let stream = read(text);
        assert_eq!(stream.faults, [], "{text}");
        stream.documents.first().unwrap().value.clone()
    }

    fn causes(stream: &Stream) -> Vec<(u32, bool, &str)> {
        stream.faults.iter().map(|fault| (fault.at.line, fault.lost, fault.cause.as_str())).collect()
    }

    fn same(yaml: &str, json: &str) {
        assert_eq!(one(yaml), one(json), "{yaml}");
    }

    #[test]
    fn one_bad_document_does_not_lose_the_others() {
        let stream = read("a: 1\n---\nb: [1\n---\nc: 3\n---\n{{ x }}: y\n---\ne: !!int x\n---\nf: 6\n");
        let values: Vec<&Value> = stream.documents.iter().map(|parsed| &parsed.value).collect();
        assert_eq!(values, [&one("a: 1"), &one("c: 3"), &one("f: 6")]);
        let lines: Vec<u32> = stream.faults.iter().map(|fault| fault.at.line).collect();
        assert_eq!((lines.as_slice(), stream.faults.iter().all(|fault| fault.lost)), ([3, 7, 9].as_slice(), true));
    }

    #[test]
    fn every_node_has_its_place() {
        let stream = read("# head\nspec:\n  list:\n  - name: x\n    é: {deep: [1, 2]}\n");
        let parsed = stream.documents.first().unwrap();
        assert_eq!(parsed.at, Mark { line: 2, column: 1 });
        let path = ["spec", "list"].map(|key| Step::Key(key.to_owned()));
        assert_eq!(parsed.value.mark(&path), Some(Mark { line: 3, column: 3 }));
        let deep =
            [&path[..], &[Step::Index(0), Step::Key("é".into()), Step::Key("deep".into()), Step::Index(1)]].concat();
        assert_eq!(parsed.value.mark(&deep), Some(Mark { line: 5, column: 19 }));
    }

    #[test]
    fn json_has_places_too() {
        let stream = read("{\n  \"é\": {\"a\": [true,\n  null]}}");
        let path = [Step::Key("é".into()), Step::Key("a".into()), Step::Index(1)];
        let value = &stream.documents.first().unwrap().value;
        assert_eq!(value.mark(&path), Some(Mark { line: 3, column: 3 }));
        assert_eq!(value.mark(&path[..2]), Some(Mark { line: 2, column: 9 }));
    }

    #[test]
    fn yaml_and_json_mean_the_same() {
        same("a: [1, x, null, 1.5, true]", r#"{"a": [1, "x", null, 1.5, true]}"#);
        same("a: \"\\U0001F600\\n\"", r#"{"a": "\ud83d\ude00\n"}"#);
        same("a: '1'\nb: |\n  text\n", r#"{"a": "1", "b": "text\n",}"#);
        same("{a: {b: []}}", "// a comment\n{\"a\": /* here */ {\"b\": []}}");
        assert_eq!(read(r#"{"a": 1} {"b": 2}"#).documents.len(), 2);
    }

    #[test]
    fn anchors_and_merge_keys_are_laid_in() {
        same("a: &x {k: 1}\nb: *x", r#"{"a": {"k": 1}, "b": {"k": 1}}"#);
        same("a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3", r#"{"a": {"k": 1, "l": 2}, "b": {"k": 3, "l": 2}}"#);
        same("<<: [{a: 1}, {a: 2, b: 2}]\nc: 3", r#"{"a": 1, "b": 2, "c": 3}"#);
        same("\"<<\": 1", r#"{"<<": 1}"#);
    }

    #[test]
    fn what_stands_twice_is_unknown() {
        let stream = read("a: 1\nb: 2\na: 3\n");
        let why = "the key `a` is given twice, first in line 1; readers differ in which one counts";
        let value = &stream.documents.first().unwrap().value;
        assert_eq!((value.get("a"), value.get("b")), (Some(&Value::unknown(why)), Some(&Value::from(2))));
        assert_eq!(causes(&stream), [(3, false, format!("{why}: remove one").as_str())]);
        let stream = read("a: 1\n<<: {a: 2}\n");
        let why = "the key `a` stands before a merge key that brings it too; readers differ";
        assert_eq!(stream.documents.first().unwrap().value.get("a"), Some(&Value::unknown(why)));
        assert_eq!(read("a: 1\n<<: {a: 1}\n").faults, []);
    }

    #[test]
    fn bombs_are_faults() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let below = vec![format!("*a{}", level - 1); 9].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
        }
        let stream = read(&bomb);
        let cause = format!("anchors and aliases add more than {ALIAS_NODES_MAX} nodes");
        assert_eq!((stream.documents.len(), causes(&stream)), (0, vec![(6, true, cause.as_str())]));
        let stream = read("a: &a [*a]");
        assert_eq!(causes(&stream), [(1, true, "an alias inside what it names")]);
        for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000), "- ".repeat(100_000)] {
            let stream = read(&text);
            assert_eq!((stream.documents.len(), stream.faults.iter().filter(|fault| fault.lost).count()), (0, 1));
        }
        let deep = format!("{}{}", "[".repeat(DEPTH_MAX), "]".repeat(DEPTH_MAX));
        assert_eq!(read(&deep).documents.len(), 1);
    }

    #[test]
    fn a_file_of_broken_documents_is_told_in_a_few_lines() {
        let stream = read(&"a: [\n---\n".repeat(10_000));
        assert_eq!(stream.faults.len(), FAULTS_MAX + 1);
        let last = stream.faults.last().unwrap();
        assert_eq!(
            (last.cause.as_str(), last.lost),
            ("9900 more places in this file are wrong in this or other ways", true)
        );
    }

    #[test]
    fn encodings_are_read_or_told() {
        let utf16: Vec<u8> = [0xfeff_u16].into_iter().chain("a: å".encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for bytes in [utf16.as_slice(), b"\xef\xbb\xbfa: \xc3\xa5"] {
            assert_eq!(parse(bytes, false).documents.first().map(|parsed| &parsed.value), Some(&one("a: å")));
        }
        let stream = parse(b"a: 1\n---\nb: \xff\n---\nc: 3\n", false);
        assert_eq!(stream.documents.iter().map(|parsed| parsed.at.line).collect::<Vec<_>>(), [1, 5]);
        assert_eq!(causes(&stream), [(3, true, "not valid UTF-8: save the file as UTF-8")]);
    }

    #[test]
    fn malformed_json_says_what_was_expected() {
        let cases = [
            ("{\"a\": ]}", (1, "malformed JSON: expected a value, found `]`")),
            ("{\"a\" 1}", (1, "malformed JSON: expected `:`, found `1`")),
            ("[1,\n 2", (2, "malformed JSON: expected `,` or `]`, found the end")),
            ("{\"a\": \"\\q\"}", (1, "malformed JSON: expected an escape that JSON knows, found `\\`")),
        ];
        for (text, (line, cause)) in cases {
            let stream = parse(text.as_bytes(), true);
            assert_eq!(causes(&stream), [(line, true, cause)], "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_values_or_faults(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            parse(&bytes, false);
            parse(&bytes, true);
        }

        #[test]
        fn any_text_that_looks_like_yaml_or_json_gives_values_or_faults(
            text in "([-?:,\\[\\]{}#&*!|>'\"%@`<~ \n\t.a1é]|---|<<: |\\.\\.\\.|\\\\u12){0,60}"
        ) {
            parse(text.as_bytes(), false);
            parse(text.as_bytes(), true);
        }
    }
}
