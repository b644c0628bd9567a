//! What the API server makes of `yes`, `0755` and `1e3`.
//!
//! Kubernetes reads YAML with the scalar rules of go-yaml 2 and turns the result into JSON (sigs.k8s.io/yaml,
//! `YAMLToJSON`): YAML 1.1 with exceptions. Everything that we read follows these rules; formats of other tools
//! differ only in scalars that no reader of ours looks at.
use crate::model::{Number, Value};

/// A plain (unquoted) scalar without a tag; `None` where it stays text.
///
/// Dates stay text, as in JSON. Infinity and not-a-number have no JSON and are unknown.
#[must_use]
pub(super) fn plain(text: &str) -> Option<Value> {
    match text.as_bytes().first() {
        None => Some(Value::Null),
        Some(b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O') => word(text),
        Some(b'.') => point(text),
        Some(b'0'..=b'9' | b'+' | b'-') => number(text),
        Some(_) => None,
    }
}

/// A scalar under a tag of the YAML core schema (`!!int`), quoted or not; `None` where it stays text.
///
/// # Errors
/// The tag does not fit the text: go-yaml refuses the document.
pub(super) fn tagged(tag: &str, text: &str) -> Result<Option<Value>, String> {
    let value = plain(text);
    let fits = match (tag, &value) {
        ("binary", _) => return Ok(Some(Value::unknown("binary data (`!!binary`) is not read"))),
        ("int", Some(Value::Number(Number::Int(_)))) | ("float", Some(Value::Number(_) | Value::Unknown(_))) => true,
        ("bool", Some(Value::Bool(_))) | ("null", Some(Value::Null)) => true,
        ("int" | "float" | "bool" | "null", _) => false,
        // `!!str`, `!!timestamp` and tags outside the core schema.
        _ => return Ok(None),
    };
    if fits { Ok(value) } else { Err(format!("`{}` is not what its tag `!!{tag}` says", short(text))) }
}

/// A scalar as the key of a map: JSON has only text there.
///
/// # Errors
/// Keys that sigs.k8s.io/yaml refuses: null, lists, maps.
pub(super) fn key(value: &Value) -> Result<String, String> {
    match value {
        Value::Text(text) => Ok(text.to_string()),
        Value::Bool(bool) => Ok(bool.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null => Err("a key is empty".to_owned()),
        Value::List(_) | Value::Map(_) => Err("a key is a list or a map (an unquoted `{{ … }}`?)".to_owned()),
        Value::Unknown(unknown) => Err(unknown.why.clone()),
    }
}

fn word(text: &str) -> Option<Value> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true.into()),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false.into()),
        "~" | "null" | "Null" | "NULL" => Some(Value::Null),
        _ => None,
    }
}

fn point(text: &str) -> Option<Value> {
    match text {
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" => Some(no_json(text)),
        _ => decimal(text),
    }
}

fn number(text: &str) -> Option<Value> {
    if matches!(text, "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF") {
        return Some(no_json(text));
    }
    // Dates and addresses begin with a digit too; only what can be a number is looked at closer.
    if text.bytes().any(|byte| matches!(byte, b':' | b'/' | b' ')) {
        return None;
    }
    if !text.contains('_') {
        return whole(text).or_else(|| decimal(text));
    }
    let plain = text.replace('_', "");
    whole(&plain).or_else(|| decimal(&plain))
}

/// Go's `strconv.ParseInt(text, 0, 64)`, then `ParseUint`: `0x1f`, `0o17`, `0b1`, and `017` is octal.
fn whole(text: &str) -> Option<Value> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| char::from(byte).is_digit(radix)) {
        return None;
    }
    let size = i128::from_str_radix(digits, radix).ok()?;
    let int = if negative { -size } else { size };
    if let Ok(int) = i64::try_from(int) {
        return Some(int.into());
    }
    // ParseUint takes no sign. Beyond 64 signed bits the API server's JSON reader falls back to a float.
    let unsigned = u64::try_from(int).ok().filter(|_| !text.starts_with('+'))?;
    unsigned.to_string().parse().ok().map(|float| Value::Number(Number::Float(float)))
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, go-yaml's pattern of a float.
fn decimal(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", after)) => digits(after),
        Some((before, after)) => digits(before) && (after.is_empty() || digits(after)),
        None => digits(mantissa),
    };
    if !mantissa_fits || !exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
    {
        return None;
    }
    let float: f64 = text.parse().ok()?;
    // Out of range is an error to Go, and the scalar stays text.
    float.is_finite().then(|| as_json(float))
}

/// Go writes `1000` for the float 1e3, and the API server reads a whole number back.
fn as_json(float: f64) -> Value {
    /// Go writes floats from here on with an exponent, and they stay floats.
    const WHOLE_MAX: f64 = 9.2e18;
    if float.fract() == 0.0
        && float.abs() < WHOLE_MAX
        && let Ok(int) = format!("{float:.0}").parse::<i64>()
    {
        return int.into();
    }
    Value::Number(Number::Float(float))
}

fn no_json(text: &str) -> Value {
    Value::unknown(format!("`{text}` has no JSON; the API server refuses it"))
}

/// Enough of a text to recognise it in a message.
fn short(text: &str) -> String {
    const SHOWN_CHARS: usize = 40;
    if text.chars().count() <= SHOWN_CHARS {
        text.to_owned()
    } else {
        text.chars().take(SHOWN_CHARS).collect::<String>() + "…"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Value {
        plain(text).unwrap_or_else(|| text.into())
    }

    fn float(float: f64) -> Value {
        Value::Number(Number::Float(float))
    }

    #[test]
    fn plain_scalars_read_as_the_api_server_reads_them() {
        let cases: [(&str, Value); 44] = [
            ("", Value::Null),
            ("~", Value::Null),
            ("null", Value::Null),
            ("nul", "nul".into()),
            ("yes", true.into()),
            ("Y", true.into()),
            ("on", true.into()),
            ("Off", false.into()),
            ("n", false.into()),
            ("oN", "oN".into()),
            ("true", true.into()),
            ("tRue", "tRue".into()),
            ("0755", 493.into()),
            ("0o17", 15.into()),
            ("0x1F", 31.into()),
            ("-0x1F", (-31).into()),
            ("0b101", 5.into()),
            ("08", 8.into()),
            ("0", 0.into()),
            ("+5", 5.into()),
            ("-", "-".into()),
            ("1_000", 1000.into()),
            ("_1", "_1".into()),
            ("1e3", 1000.into()),
            ("1E-2", float(0.01)),
            ("1.", 1.into()),
            (".5", float(0.5)),
            ("1.5", float(1.5)),
            ("1e999", "1e999".into()),
            ("1e", "1e".into()),
            (".", ".".into()),
            ("...", "...".into()),
            ("9223372036854775807", i64::MAX.into()),
            ("9223372036854775808", float(9_223_372_036_854_775_808.0)),
            ("18446744073709551616", float(18_446_744_073_709_551_616.0)),
            ("2024-11-24", "2024-11-24".into()),
            ("10.0.0.0/8", "10.0.0.0/8".into()),
            ("1:30", "1:30".into()),
            ("1.2.3", "1.2.3".into()),
            ("100m", "100m".into()),
            ("1Gi", "1Gi".into()),
            ("0x", "0x".into()),
            ("é", "é".into()),
            ("nginx", "nginx".into()),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
        assert!(read(".inf").as_unknown().is_some() && read("-.Inf").as_unknown().is_some());
    }

    #[test]
    fn tags_of_the_core_schema_must_fit() {
        assert_eq!(tagged("str", "123"), Ok(None));
        assert_eq!(tagged("int", "0755"), Ok(Some(493.into())));
        assert_eq!(tagged("bool", "yes"), Ok(Some(true.into())));
        assert_eq!(tagged("int", "many"), Err("`many` is not what its tag `!!int` says".to_owned()));
    }

    #[test]
    fn keys_become_text() {
        assert_eq!(key(&read("on")), Ok("true".to_owned()));
        assert_eq!(key(&read("0755")), Ok("493".to_owned()));
        assert_eq!(key(&Value::Null), Err("a key is empty".to_owned()));
    }
}
