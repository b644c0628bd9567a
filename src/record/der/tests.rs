use super::*;
use proptest::prelude::*;

fn one(bytes: &[u8]) -> Result<Element<'_>, DerError> {
    let mut reader = Reader::new(bytes)?;
    let element = reader.any()?;
    reader.end()?;
    Ok(element)
}

fn walk(mut reader: Reader<'_>) -> Result<usize, DerError> {
    let mut count = 0;
    while !reader.is_empty() {
        let element = reader.any()?;
        let _ = (element.number(), element.boolean(), element.time_ms(), element.dotted());
        count += 1 + if element.tag & 0x20 == 0 { 0 } else { walk(element.inside()?)? };
    }
    Ok(count)
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Reader::new(&bytes).and_then(walk);
    }

    #[test]
    fn bytes_that_look_like_elements_do_not_either(
        bytes in proptest::collection::vec(prop_oneof![Just(0x30_u8), Just(0x02), Just(0x82), 0_u8..6, any::<u8>()], 0..400)
    ) {
        let _ = Reader::new(&bytes).and_then(walk);
    }

    #[test]
    fn what_is_written_is_read_again(number: u64, content in proptest::collection::vec(any::<u8>(), 0..70_000)) {
        prop_assert_eq!(one(&write_number(&number.to_be_bytes())).unwrap().number(), Ok(number));
        let written = write(OCTET_STRING, &[&content]);
        prop_assert_eq!(one(&written).unwrap().content, &content[..]);
        prop_assert_eq!(one(&written).unwrap().encoded, &written[..]);
    }
}

#[test]
fn a_length_that_is_not_der_is_refused() {
    let refused: &[(&[u8], DerError)] = &[
        (&[], DerError::Cut),
        (&[0x04], DerError::Cut),
        (&[0x04, 0x02, 0x00], DerError::Cut),
        (&[0x30, 0x80, 0x00, 0x00], DerError::Length),
        (&[0x04, 0x81, 0x01, 0x00], DerError::Length),
        (&[0x04, 0x82, 0x00, 0x80], DerError::Length),
        (&[0x04, 0x84, 0x00, 0x00, 0x00, 0x01], DerError::Length),
        (&[0x04, 0x83, 0xff, 0xff, 0xff], DerError::Cut),
        (&[0x1f, 0x01, 0x00], DerError::HighTag),
        (&[0x05, 0x00, 0x00], DerError::Trailing),
    ];
    for (bytes, error) in refused {
        assert_eq!(one(bytes), Err(*error), "{bytes:02x?}");
    }
    assert_eq!(Reader::new(&vec![0; BYTES_MAX + 1]).err(), Some(DerError::TooLong));
}

#[test]
fn depth_is_limited() {
    let nested = |depth: u8| (0..depth).fold(Vec::new(), |inner, _| write(SEQUENCE, &[&inner]));
    assert_eq!(Reader::new(&nested(DEPTH_MAX)).and_then(walk), Ok(usize::from(DEPTH_MAX)));
    assert_eq!(Reader::new(&nested(DEPTH_MAX + 1)).and_then(walk), Err(DerError::TooDeep));
}

#[test]
fn times_are_read_to_the_millisecond() {
    let cases: &[(u8, &str, Option<i64>)] = &[
        (GENERALIZED_TIME, "19700101000000Z", Some(0)),
        (GENERALIZED_TIME, "20261121201403.114Z", Some(1_795_292_043_114)),
        (GENERALIZED_TIME, "20261121201403.1Z", Some(1_795_292_043_100)),
        (GENERALIZED_TIME, "20261121201403.0999999Z", Some(1_795_292_043_099)),
        (GENERALIZED_TIME, "20261121201403.Z", None),
        (GENERALIZED_TIME, "20261121201403+0100", None),
        (GENERALIZED_TIME, "20260229000000Z", None),
        (GENERALIZED_TIME, "2026112120140Z", None),
        (GENERALIZED_TIME, "20261121201460Z", None),
        (GENERALIZED_TIME, "+0261121201403Z", None),
        (UTC_TIME, "491231235959Z", Some(2_524_607_999_000)),
        (UTC_TIME, "500101000000Z", Some(-631_152_000_000)),
        (UTC_TIME, "500101000000.5Z", None),
        (OCTET_STRING, "20261121201403Z", None),
    ];
    for (tag, text, expected) in cases {
        let written = write(*tag, &[text.as_bytes()]);
        assert_eq!(one(&written).unwrap().time_ms().ok(), *expected, "{text}");
    }
}

#[test]
fn object_identifiers_are_read_in_dots() {
    let cases: &[(&[u8], Option<&str>)] = &[
        (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02], Some("1.2.840.113549.1.7.2")),
        (&[0x2b, 0x65, 0x70], Some("1.3.101.112")),
        (&[0x88, 0x37, 0x03], Some("2.999.3")),
        (&[0x00], Some("0.0")),
        (&[], None),
        (&[0x2a, 0x86], None),
        (&[0x2a, 0x80, 0x01], None),
        (&[0xff; 20], None),
    ];
    for (content, expected) in cases {
        let written = write(OBJECT_IDENTIFIER, &[content]);
        assert_eq!(one(&written).unwrap().dotted().ok().as_deref(), *expected);
    }
}

#[test]
fn numbers_keep_to_their_bounds() {
    let cases: &[(&[u8], Option<u64>)] = &[
        (&[0], Some(0)),
        (&[0x7f], Some(127)),
        (&[0, 0x80], Some(128)),
        (&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Some(u64::MAX)),
        (&[1, 0, 0, 0, 0, 0, 0, 0, 0], None),
        (&[0x80], None),
        (&[0, 0x7f], None),
        (&[], None),
    ];
    for (content, expected) in cases {
        let written = write(INTEGER, &[content]);
        assert_eq!(one(&written).unwrap().number().ok(), *expected, "{content:02x?}");
    }
}
