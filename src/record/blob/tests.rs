use super::*;
use crate::{
    model::{Finding, Verdict},
    record::row::tests::{KEY, breach, id, judged, set},
};
use flate2::read::GzDecoder as ReadDecoder;

fn whole() -> ResultSet {
    let gap = Verdict::NotMet { findings: vec![Finding::bare("a")], unknown: vec![Finding::bare("b")] };
    set(vec![
        judged("SPE-NET-02", "a", breach()),
        judged("SPE-NET-02", "b", Verdict::Met),
        judged("SPE-NET-02", "c", gap),
    ])
}

fn content(blob: &Blob) -> String {
    let mut text = String::new();
    ReadDecoder::new(&blob.bytes[..]).read_to_string(&mut text).unwrap();
    text
}

/// A blob with this content and the right digest.
fn stored(content: &[u8]) -> Blob {
    let mut gzip = GzBuilder::new().write(Vec::new(), COMPRESSION);
    gzip.write_all(content).unwrap();
    addressed(gzip.finish().unwrap())
}

fn addressed(bytes: Vec<u8>) -> Blob {
    Blob { digest: Digest(Sha256::digest(&bytes).into()), bytes }
}

fn refused(content: &str) -> BlobError {
    let blob = stored(content.as_bytes());
    read_results(&blob.bytes, &blob.digest).unwrap_err()
}

#[test]
fn a_result_set_comes_back_from_its_blob() {
    for set in [whole(), set(Vec::new())] {
        let blob = results(&set).unwrap();
        assert_eq!(results(&set).unwrap(), blob, "the same set, the same bytes");
        let read = read_results(&blob.bytes, &blob.digest).unwrap();
        assert_eq!((read.root(), read.size(), read.key()), (set.root(), set.size(), set.key()));
        assert!(read.iter().eq(set.iter()));
    }
}

#[test]
fn a_blob_is_lines_header_first_then_rows_then_findings() {
    let set = whole();
    let text = content(&results(&set).unwrap());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!(r#"{{"key":"{}","kind":"results","rows":3,"v":1}}"#, hexadecimal(&KEY)));
    let rows: Vec<String> = set.rows().lines().iter().map(|row| String::from_utf8(row.encoded()).unwrap()).collect();
    assert_eq!(lines[1..4], rows);
    assert_eq!(
        lines[4..],
        [
            r#"[0,{"facts":{"ports":"tcp/443"},"path":[],"reason":"way_open"}]"#,
            r#"[2,{"facts":{},"path":[],"reason":"a"}]"#,
            r#"[2,{"facts":{},"path":[],"reason":"b","unknown":true}]"#,
        ]
    );
}

#[test]
fn a_blob_stands_under_the_digest_of_its_stored_bytes() {
    let blob = results(&whole()).unwrap();
    let digits = blob.digest.to_string().replace("sha256:", "");
    let expected = format!("blobs/sha256/{}/{digits}.gz", &digits[..2]);
    assert_eq!(path(&blob.digest), expected);
    assert_eq!(digest_of(&expected), Some(blob.digest));
    for other in [
        expected.to_uppercase(),
        expected.replace(".gz", ""),
        format!("../{expected}"),
        format!("blobs/sha256/zz/{digits}.gz"),
        String::new(),
    ] {
        assert_eq!(digest_of(&other), None, "{other}");
    }
}

#[test]
fn any_changed_byte_is_refused() {
    let blob = results(&whole()).unwrap();
    for at in 0..blob.bytes.len() {
        let mut changed = blob.bytes.clone();
        changed[at] ^= 1;
        assert!(matches!(read_results(&changed, &blob.digest), Err(BlobError::Digest { .. })), "byte {at}");
    }
    let (text, root) = (content(&blob), whole().root());
    for at in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[at] ^= 1;
        let changed = stored(&changed);
        let read = read_results(&changed.bytes, &changed.digest);
        assert!(read.is_err() || read.unwrap().root() != root, "byte {at} of the content");
    }
}

#[test]
fn what_is_cut_off_or_added_is_refused() {
    let blob = results(&whole()).unwrap();
    let text = content(&blob);
    for end in 0..text.len() {
        let is_between_findings = text.as_bytes()[..end].ends_with(b"\n") && text[..end].lines().count() >= 4;
        let error = refused(&text[..end]);
        assert_eq!(matches!(error, BlobError::Set(SetError::Findings { .. })), is_between_findings, "{end}: {error}");
    }
    assert!(matches!(refused(&format!("{text}\n")), BlobError::Finding { line: 8 }));
    for end in [blob.bytes.len() - 1, blob.bytes.len() / 2, 5, 0] {
        let cut = addressed(blob.bytes[..end].to_vec());
        assert!(matches!(read_results(&cut.bytes, &cut.digest), Err(BlobError::Gzip(_))), "{end}");
    }
    for more in [&b"x"[..], &blob.bytes] {
        let longer = addressed([&blob.bytes, more].concat());
        assert!(matches!(read_results(&longer.bytes, &longer.digest), Err(BlobError::Trailing)));
    }
}

#[test]
fn rows_out_of_order_or_twice_are_refused() {
    let text = content(&results(&whole()).unwrap());
    let lines: Vec<&str> = text.lines().collect();
    let with = |rows: &[usize], header: &str| {
        let body: Vec<&str> = rows.iter().map(|row| lines[*row]).collect();
        refused(&format!("{header}\n{}\n", body.join("\n")))
    };
    // The row without findings, so that nothing else is wrong.
    let two = lines[0].replace("\"rows\":3", "\"rows\":2");
    assert!(matches!(with(&[2, 2], &two), BlobError::Set(SetError::NotSorted(_))));
    assert!(matches!(with(&[1, 3, 2, 4, 5, 6], lines[0]), BlobError::Set(_)));
    assert!(matches!(with(&[1, 2, 3, 5, 4, 6], lines[0]), BlobError::Finding { line: 6 }));
    assert!(matches!(with(&[1, 2, 3, 4, 6, 5], lines[0]), BlobError::Set(SetError::Findings { row: 3 })));
    assert!(matches!(with(&[1, 2, 3, 4, 5, 6], &two), BlobError::Finding { line: 4 }));
}

#[test]
fn headers_of_other_kinds_and_versions_are_told_apart() {
    let text = content(&results(&whole()).unwrap());
    let with = |from: &str, to: &str| refused(&text.replacen(from, to, 1));
    assert!(matches!(with("\"v\":1", "\"v\":2"), BlobError::Version { version: 2 }));
    assert!(matches!(with("results", "population"), BlobError::Kind { .. }));
    assert!(matches!(with("\"rows\":3,", ""), BlobError::Header));
    assert!(matches!(with("\"key\":\"07", "\"key\":\""), BlobError::Header));
    assert!(matches!(with("\"v\":1", "\"v\":1,\"w\":1"), BlobError::Header));
    assert!(matches!(with("\"rows\":3", "\"rows\": 3"), BlobError::Canonical { line: 1, .. }));
}

#[test]
fn hostile_blobs_end_at_their_limits() {
    let long = "x".repeat(LINE_BYTES_MAX + 1);
    assert!(matches!(refused(&long), BlobError::LineTooLong { line: 1, .. }));
    let header = content(&results(&set(Vec::new())).unwrap()).replace("\"rows\":0", "\"rows\":9007199254740991");
    assert!(matches!(refused(&header), BlobError::CutOff));
    let bomb = [content(&document(&KEY, b"").unwrap()).as_bytes(), &vec![0; DOCUMENT_BYTES_MAX + 1]].concat();
    let bomb = stored(&bomb);
    assert!(bomb.bytes.len() < 10_000);
    assert!(matches!(read_document(&bomb.bytes, &bomb.digest), Err(BlobError::TooLarge { .. })));
    assert!(matches!(document(&KEY, &vec![0; DOCUMENT_BYTES_MAX + 1]), Err(BlobError::TooLarge { .. })));
}

#[test]
fn a_population_comes_back_from_its_blob() {
    let (a, b) = (id("a"), id("b"));
    let of = Population::of([(&a, "5".to_owned()), (&b, "6".to_owned())], &[9; 32], &KEY);
    let blob = population(&of).unwrap();
    let read = read_population(&blob.bytes, &blob.digest).unwrap();
    assert_eq!((read.root(), read.size(), read.key()), (of.root(), of.size(), of.key()));
    let text = content(&blob);
    let lines: Vec<&str> = text.lines().collect();
    let turned = stored(format!("{}\n{}\n{}\n", lines[0], lines[2], lines[1]).as_bytes());
    assert!(matches!(read_population(&turned.bytes, &turned.digest), Err(BlobError::Set(SetError::NotSorted(_)))));
    let fewer = stored(format!("{}\n{}\n", lines[0], lines[1]).as_bytes());
    assert!(matches!(read_population(&fewer.bytes, &fewer.digest), Err(BlobError::CutOff)));
    assert!(matches!(read_results(&blob.bytes, &blob.digest), Err(BlobError::Kind { .. })));
}

#[test]
fn a_document_is_kept_as_it_is() {
    for bytes in [&b"kind: Waiver\r\n\xff\n"[..], b"", b"\n"] {
        let blob = document(&KEY, bytes).unwrap();
        assert_eq!(
            read_document(&blob.bytes, &blob.digest).unwrap(),
            StoredDocument { key: KEY, bytes: bytes.to_vec() }
        );
    }
}
