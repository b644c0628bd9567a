use super::*;
use proptest::prelude::*;
use serde_json::json;

fn check(value: &Value, expected: &str) {
    let bytes = to_bytes(value).unwrap();
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
    assert_eq!(from_bytes(&bytes).unwrap(), *value);
}

fn refused(value: &Value) -> String {
    to_bytes(value).unwrap_err().to_string()
}

#[test]
fn keys_are_in_order_and_nothing_is_between() {
    check(&json!({"b": [1, -2, true], "a_1": {"z": "", "0": "x"}}), r#"{"a_1":{"0":"x","z":""},"b":[1,-2,true]}"#);
}

#[test]
fn entries_hold_no_floats_nulls_large_numbers_or_other_keys() {
    assert_eq!(refused(&json!({"a": [1.5]})), "a[0]: a number of an entry is whole and smaller than 2^53");
    assert!(refused(&json!({"a": 1_u64 << 53})).starts_with("a: a number"));
    assert!(refused(&json!({"a": -(1_i64 << 53)})).starts_with("a: a number"));
    check(&json!({"a": -(1_i64 << 53) + 1}), r#"{"a":-9007199254740991}"#);
    assert_eq!(refused(&json!({"a": {"b": null}})), "a.b: null: an absent field is left out");
    for key in ["A", "å", "a-b", ""] {
        assert!(refused(&json!({ key: 1 })).contains("a key of an entry"), "{key}");
    }
}

#[test]
fn texts_of_entries_are_in_form_c() {
    check(
        &json!(["blåbær", "Đorđe", "Ελλάδα ύ", "日本", "한국", "\u{1f600}"]),
        r#"["blåbær","Đorđe","Ελλάδα ύ","日本","한국","😀"]"#,
    );
    for text in ["bla\u{30a}bær", "\u{212b}", "\u{1100}\u{1161}", "\u{340}", "\u{f900}", "\u{2f800}"] {
        assert_eq!(refused(&json!([text])), "[0]: the text may not be in Unicode normalization form C");
    }
}

#[test]
fn only_the_one_way_of_writing_is_read() {
    for bytes in [
        r#"{"a":1,"a":1}"#,
        r#"{"b":1,"a":1}"#,
        r#"{"a": 1}"#,
        "{\"a\":1}\n",
        r#"{"a":"\u0061"}"#,
        r#"{"a":"\/"}"#,
        r#"{"a":"\u001F"}"#,
    ] {
        assert!(matches!(from_bytes(bytes.as_bytes()), Err(CanonicalError::NotCanonical)), "{bytes}");
    }
    for bytes in [r#"{"a":1.0}"#, r#"{"a":1e3}"#, r#"{"a":-0}"#, r#"{"a":9007199254740992}"#] {
        assert!(matches!(from_bytes(bytes.as_bytes()), Err(CanonicalError::Number { .. })), "{bytes}");
    }
    for bytes in ["", "{", "nul", "{\"a\":1}x", "\u{feff}{}", r#"{"a":"\ud800"}"#, "{\"a\":01}"] {
        assert!(matches!(from_bytes(bytes.as_bytes()), Err(CanonicalError::NotJson(_))), "{bytes}");
    }
    assert!(matches!(from_bytes(b"\"\xff\""), Err(CanonicalError::NotJson(_))));
}

#[test]
fn an_entry_ends_at_its_limits() {
    let long = json!("x".repeat(ENTRY_BYTES_MAX - 2));
    assert_eq!(from_bytes(&to_bytes(&long).unwrap()).unwrap(), long);
    let longer = json!("x".repeat(ENTRY_BYTES_MAX - 1));
    assert_eq!(refused(&longer), "16385 bytes, 16384 at most");
    assert!(matches!(from_bytes(&jcs(&longer).unwrap()), Err(CanonicalError::TooLong { bytes: 16_385, .. })));
    let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    assert!(to_bytes(&nested(NESTING_MAX)).is_ok());
    assert!(matches!(to_bytes(&nested(NESTING_MAX + 1)), Err(CanonicalError::TooDeep { levels: NESTING_MAX, .. })));
    assert!(from_bytes("[".repeat(10_000).as_bytes()).is_err());
}

/// RFC 8785, sections 3.2.2 and 3.2.3: the examples of the text.
#[test]
fn any_json_is_written_as_the_standard_shows() {
    let value: Value = serde_json::from_str(
        r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#,
    )
    .unwrap();
    assert_eq!(
        String::from_utf8(jcs(&value).unwrap()).unwrap(),
        r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
    );
    let value = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
    assert_eq!(
        String::from_utf8(jcs(&value).unwrap()).unwrap(),
        "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}"
    );
}

/// RFC 8785, appendix B.
#[test]
fn doubles_are_written_as_ecmascript_does() {
    for (bits, expected) in [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ] {
        assert_eq!(ecmascript(f64::from_bits(bits)), expected, "{bits:x}");
    }
}

fn entry() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (-((1_i64 << 53) - 1)..1 << 53).prop_map(Value::from),
        "[ -~]{0,12}|[\u{0}-\u{2ff}]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map("[a-z_0-9]{1,6}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        proptest::num::f64::NORMAL.prop_map(Value::from),
        (-((1_i64 << 53) - 1)..1 << 53).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(".{0,6}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn an_entry_comes_back_as_it_was(value in entry()) {
        let bytes = to_bytes(&value).unwrap();
        prop_assert_eq!(&from_bytes(&bytes).unwrap(), &value);
        prop_assert_eq!(&serde_json::from_slice::<Value>(&bytes).unwrap(), &value);
        prop_assert_eq!(jcs(&value).unwrap(), bytes);
    }

    /// A whole double comes back as a whole number, so bytes are compared, not values.
    #[test]
    fn what_is_read_again_is_written_the_same(value in anything()) {
        if let Ok(bytes) = jcs(&value) {
            match from_jcs(&bytes, usize::MAX) {
                Ok(again) => prop_assert_eq!(jcs(&again).unwrap(), bytes),
                Err(CanonicalError::Number { .. }) => {}
                Err(error) => prop_assert!(false, "{error}"),
            }
        }
    }

    #[test]
    fn a_changed_byte_is_another_value_or_refused(value in entry(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = to_bytes(&value).unwrap();
        let at = at.index(bytes.len());
        if bytes[at] != byte {
            bytes[at] = byte;
            if let Ok(read) = from_bytes(&bytes) {
                prop_assert_ne!(read, value);
            }
        }
    }
}
