use super::*;
use proptest::prelude::*;

fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ZipWriter::new(&mut bytes);
    for (name, content) in files {
        writer.add(name, content).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

fn three() -> Vec<u8> {
    packed(&[("MANIFEST.json", b"{}"), ("demo/ci/2026/tile/0/000.p/3", &[7; 96]), ("empty", b"")])
}

fn refused(bytes: Vec<u8>) -> String {
    Zip::open(bytes).map(|_| ()).unwrap_err().to_string()
}

/// Where a signature of a header stands for the nth time, from 0.
fn place(bytes: &[u8], signature: &[u8], nth: usize) -> usize {
    (0..bytes.len()).filter(|at| bytes[*at..].starts_with(signature)).nth(nth).unwrap()
}

fn changed(at: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = three();
    bytes[at..at + with.len()].copy_from_slice(with);
    bytes
}

/// Changes a field of the second file in the directory, and in the header before its content.
fn second(central: usize, local: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = changed(place(&three(), b"PK\x01\x02", 1) + central, with);
    let before = place(&bytes, b"PK\x03\x04", 1) + local;
    bytes[before..before + with.len()].copy_from_slice(with);
    bytes
}

#[test]
fn what_is_packed_is_read_back_and_is_always_the_same_bytes() {
    let zip = Zip::open(three()).unwrap();
    assert_eq!(zip.get("demo/ci/2026/tile/0/000.p/3").unwrap().unwrap(), [7; 96]);
    assert_eq!(zip.get("empty").unwrap().unwrap(), b"");
    assert_eq!(zip.get("absent"), Ok(None));
    assert_eq!(zip.list("").unwrap(), ["MANIFEST.json", "demo/ci/2026/tile/0/000.p/3", "empty"]);
    assert_eq!(zip.list("demo/ci").unwrap(), ["demo/ci/2026/tile/0/000.p/3"]);
    assert_eq!(zip.list("demo/c").unwrap(), [""; 0]);
    assert_eq!(three(), three());
    assert!(Zip::open(packed(&[])).unwrap().list("").unwrap().is_empty());
}

#[test]
fn names_that_lead_elsewhere_are_neither_written_nor_read() {
    let long = "a".repeat(NAME_BYTES_MAX + 1);
    for name in ["", "/etc/passwd", "../x", "a/../b", "a/./b", "a//b", "a/", "C:/x", "a\\b", "a b", "å", "a\nb", &long]
    {
        let error = ZipWriter::new(&mut Vec::new()).add(name, b"").unwrap_err();
        assert!(matches!(error, ZipError::Name(_)), "{name}: {error}");
    }
    // The same length as `demo/ci/2026/tile/0/000.p/3`.
    for name in
        ["../../../../../../../tmp/aa", "/emo/ci/2026/tile/0/000.p/3", "demo\\ci\\2026\\tile\\0\\000.p", "d/./.."]
    {
        let name = format!("{name:x<27}");
        let error = refused(second(46, 30, name.as_bytes()));
        assert!(error.contains("no name") || error.contains("in order"), "{name}: {error}");
    }
}

#[test]
fn files_come_in_order_and_once() {
    let mut bytes = Vec::new();
    let mut writer = ZipWriter::new(&mut bytes);
    writer.add("b", b"").unwrap();
    assert!(matches!(writer.add("a", b""), Err(ZipError::Order { .. })));
    assert!(matches!(writer.add("b", b""), Err(ZipError::Order { .. })));
    let mut twice = packed(&[("a", b"1"), ("b", b"2")]);
    for at in [place(&twice, b"PK\x03\x04", 1) + 30, place(&twice, b"PK\x01\x02", 1) + 46] {
        twice[at] = b'a';
    }
    assert_eq!(refused(twice), "`a` does not follow `a` in order, or stands twice");
}

#[test]
fn what_no_package_has_is_refused_by_name() {
    let tile = "`demo/ci/2026/tile/0/000.p/3`";
    let central = place(&three(), b"PK\x01\x02", 1);
    for (bytes, said) in [
        (second(8, 6, &[1, 0]), "is encrypted"),
        (second(8, 6, &[8, 0]), "has fields that no package has"),
        (second(10, 8, &[8, 0]), "is compressed"),
        (second(20, 18, &[1, 0, 0, 0]), "is compressed"),
        (changed(central + 38, &(0o120_777_u32 << 16).to_le_bytes()), "is a link"),
        (changed(central + 38, &(0o40_755_u32 << 16).to_le_bytes()), "has fields that no package has"),
        (second(12, 10, &[1, 0]), "has fields that no package has"),
    ] {
        assert_eq!(refused(bytes), format!("file 2 of the directory: {tile} {said}"));
    }
    let offset = second(42, 0, b"PK\x03\x04");
    assert!(refused(offset).contains("does not begin where the file before it ends"));
    let overlapping = changed(central + 42, &0_u32.to_le_bytes());
    assert!(refused(overlapping).contains("does not begin where the file before it ends"));
    let mismatched = changed(place(&three(), b"PK\x03\x04", 1) + 14, &[0; 4]);
    assert!(refused(mismatched).contains("differs from the directory"));
}

#[test]
fn a_changed_content_is_told_when_it_is_read() {
    let mut bytes = three();
    let at = place(&bytes, &[7; 96], 0);
    bytes[at] ^= 1;
    let error = Zip::open(bytes).unwrap().get("demo/ci/2026/tile/0/000.p/3").unwrap_err();
    assert!(error.contains("does not have the sum"), "{error}");
}

#[test]
fn nothing_may_stand_before_between_or_behind() {
    let whole = three();
    assert!(refused([b"MZ", whole.as_slice()].concat()).contains("cut"));
    assert!(refused([whole.as_slice(), b"\n"].concat()).contains("cut"));
    let directory = place(&whole, b"PK\x01\x02", 0);
    let mut between = [&whole[..directory], b"hidden", &whole[directory..]].concat();
    let end = between.len() - 22;
    let moved = u32::try_from(directory + 6).unwrap();
    between[end + 16..end + 20].copy_from_slice(&moved.to_le_bytes());
    assert!(refused(between).contains("belong to no file"));
}

#[test]
fn claims_of_much_cost_nothing() {
    let whole = three();
    let end = whole.len() - 22;
    let many = changed(end + 8, &[0xff; 4]);
    assert!(refused(many).contains("directory"));
    let large = changed(end + 12, &[0xff; 4]);
    assert!(refused(large).contains("cut"));
    // Four gigabytes in a file of some hundred bytes.
    let bomb = second(20, 18, &[0xff; 8]);
    assert!(refused(bomb).contains("does not begin"));
}

#[test]
fn every_flipped_byte_and_every_cut_is_noticed() {
    let whole = three();
    let names = Zip::open(whole.clone()).unwrap().list("").unwrap();
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        let read = Zip::open(flipped).map_err(|error| error.to_string());
        let read = read.and_then(|zip| {
            let same = zip.list("")? == names;
            names.iter().try_for_each(|name| zip.get(name).map(drop))?;
            // A name that is another is told by whoever knows what should be there.
            if same { Ok(()) } else { Err("another name".to_owned()) }
        });
        assert!(read.is_err(), "byte {at}");
        assert!(Zip::open(whole[..at].to_vec()).is_err(), "cut at {at}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        drop(Zip::open(bytes));
    }

    #[test]
    fn a_package_with_any_bytes_changed_is_read_or_refused(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = three();
        for (at, to) in changes {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        if let Ok(zip) = Zip::open(bytes) {
            for name in zip.list("").unwrap() {
                drop(zip.get(&name));
            }
        }
    }
}
