//! Functions of texts.
use super::{Answer, Row, Unknowns::Spread, argument, integer, list, number, text, texts_of};
use crate::model::{Item, Map, Mark, Number, Value};
use crate::normalise::terraform::{
    expression::TEXT_BYTES_MAX,
    types::{self, as_float},
};

pub(super) const TABLE: &[Row] = &[
    ("chomp", Spread, |a| Ok(text(a, 0)?.trim_end_matches(['\n', '\r']).into())),
    ("endswith", Spread, |a| Ok(text(a, 0)?.ends_with(&text(a, 1)?).into())),
    ("format", Spread, |a| format(&text(a, 0)?, a.get(1..).unwrap_or(&[])).map(Value::from)),
    ("formatlist", Spread, formatlist),
    ("indent", Spread, indent),
    ("join", Spread, join),
    ("lower", Spread, |a| Ok(text(a, 0)?.to_lowercase().into())),
    ("regex", Spread, regex_first),
    ("regexall", Spread, regexall),
    ("replace", Spread, replace),
    ("split", Spread, split),
    ("startswith", Spread, |a| Ok(text(a, 0)?.starts_with(&text(a, 1)?).into())),
    ("strcontains", Spread, |a| Ok(text(a, 0)?.contains(&text(a, 1)?).into())),
    ("strrev", Spread, |a| Ok(text(a, 0)?.chars().rev().collect::<String>().into())),
    ("substr", Spread, substr),
    ("title", Spread, |a| Ok(title(&text(a, 0)?).into())),
    ("trim", Spread, trim),
    ("trimprefix", Spread, trimprefix),
    ("trimsuffix", Spread, trimsuffix),
    ("trimspace", Spread, |a| Ok(text(a, 0)?.trim().into())),
    ("upper", Spread, |a| Ok(text(a, 0)?.to_uppercase().into())),
    ("basename", Spread, |a| Ok(basename(&text(a, 0)?).into())),
    ("dirname", Spread, |a| Ok(dirname(&text(a, 0)?).into())),
];

fn trim(a: &[Value]) -> Answer {
    let cut: Vec<char> = text(a, 1)?.chars().collect();
    Ok(text(a, 0)?.trim_matches(|c| cut.contains(&c)).into())
}

fn trimprefix(a: &[Value]) -> Answer {
    let (whole, prefix) = (text(a, 0)?, text(a, 1)?);
    Ok(whole.strip_prefix(&prefix).unwrap_or(&whole).into())
}

fn trimsuffix(a: &[Value]) -> Answer {
    let (whole, suffix) = (text(a, 0)?, text(a, 1)?);
    Ok(whole.strip_suffix(&suffix).unwrap_or(&whole).into())
}

fn title(text: &str) -> String {
    let mut start = true;
    let upper = |c: char, start: &mut bool| {
        let change = *start;
        *start = !c.is_alphanumeric() && c != '_' && c != '\'';
        if change { c.to_uppercase().collect::<String>() } else { c.to_string() }
    };
    text.chars().map(|c| upper(c, &mut start)).collect()
}

fn basename(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    match (path, trimmed.rsplit('/').next()) {
        ("", _) => ".".to_owned(),
        (_, Some("") | None) => "/".to_owned(),
        (_, Some(name)) => name.to_owned(),
    }
}

fn dirname(path: &str) -> String {
    match path.rsplit_once('/') {
        None => ".".to_owned(),
        Some((folder, _)) if folder.trim_end_matches('/').is_empty() => "/".to_owned(),
        Some((folder, _)) => folder.trim_end_matches('/').to_owned(),
    }
}

fn split(a: &[Value]) -> Answer {
    let (separator, whole) = (text(a, 0)?, text(a, 1)?);
    if separator.is_empty() {
        return Ok(Value::from(whole.chars().map(String::from).collect::<Vec<_>>()));
    }
    Ok(Value::from(whole.split(&separator).map(str::to_owned).collect::<Vec<_>>()))
}

fn join(a: &[Value]) -> Answer {
    let separator = text(a, 0)?;
    let mut parts = Vec::new();
    for at in 1..a.len() {
        parts.extend(texts_of(list(a, at)?)?);
    }
    let length = parts.iter().map(|part| part.len() + separator.len()).sum::<usize>();
    if length > TEXT_BYTES_MAX {
        return Ok(Value::unknown(format!("the text is longer than {TEXT_BYTES_MAX} bytes")));
    }
    Ok(parts.join(&separator).into())
}

fn indent(a: &[Value]) -> Answer {
    let spaces = usize::try_from(integer(a, 0)?).map_err(|_| "a count cannot be negative".to_owned())?;
    let whole = text(a, 1)?;
    let lines = whole.matches('\n').count();
    if spaces.saturating_mul(lines) > TEXT_BYTES_MAX {
        return Ok(Value::unknown(format!("the text is longer than {TEXT_BYTES_MAX} bytes")));
    }
    Ok(whole.replace('\n', &format!("\n{}", " ".repeat(spaces))).into())
}

/// Counts characters; a negative offset counts from the end, a negative length means the rest.
fn substr(a: &[Value]) -> Answer {
    let characters: Vec<char> = text(a, 0)?.chars().collect();
    let (offset, length) = (integer(a, 1)?, integer(a, 2)?);
    let total = i64::try_from(characters.len()).unwrap_or(i64::MAX);
    let start = if offset < 0 { (total.saturating_add(offset)).max(0) } else { offset.min(total) };
    let end = if length < 0 { total } else { start.saturating_add(length).min(total) };
    let range = usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0);
    Ok(characters.get(range).unwrap_or_default().iter().collect::<String>().into())
}

fn replace(a: &[Value]) -> Answer {
    let (whole, what, with) = (text(a, 0)?, text(a, 1)?, text(a, 2)?);
    let matched = what.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|_| what.len() > 1);
    if let Some(pattern) = matched {
        // Each match may be put in as often as the replacement names it.
        if whole.len().saturating_add(1).saturating_mul(with.len()) > 16 * TEXT_BYTES_MAX {
            return Ok(Value::unknown(format!("the text is longer than {TEXT_BYTES_MAX} bytes")));
        }
        return Ok(regex(pattern)?.replace_all(&whole, with.as_str()).into_owned().into());
    }
    let times = if what.is_empty() { whole.len() + 1 } else { whole.matches(&what).count() };
    if times.saturating_mul(with.len()).saturating_add(whole.len()) > TEXT_BYTES_MAX {
        return Ok(Value::unknown(format!("the text is longer than {TEXT_BYTES_MAX} bytes")));
    }
    Ok(whole.replace(&what, &with).into())
}

/// RE2, which Terraform uses, and this crate are of one family: neither backtracks.
fn regex(pattern: &str) -> Result<regex::Regex, String> {
    /// Compiled patterns of people need a few kilobytes.
    const BYTES_MAX: usize = 1 << 20;
    regex::RegexBuilder::new(pattern).size_limit(BYTES_MAX).build().map_err(|_| "the pattern is not valid".to_owned())
}

/// The match, or its groups where the pattern has some: a map where they are named.
fn captured(compiled: &regex::Regex, found: &regex::Captures<'_>) -> Value {
    let of = |group: Option<regex::Match<'_>>| group.map_or(Value::Null, |group| group.as_str().into());
    let names: Vec<Option<&str>> = compiled.capture_names().skip(1).collect();
    if names.is_empty() {
        return of(found.get(0));
    }
    if names.iter().any(Option::is_some) {
        return Value::Map(names.into_iter().flatten().map(|name| (name, of(found.name(name)))).collect::<Map>());
    }
    Value::from(found.iter().skip(1).map(of).collect::<Vec<_>>())
}

fn regex_first(a: &[Value]) -> Answer {
    let compiled = regex(&text(a, 0)?)?;
    let whole = text(a, 1)?;
    compiled.captures(&whole).map(|found| captured(&compiled, &found)).ok_or_else(|| "nothing matches".to_owned())
}

fn regexall(a: &[Value]) -> Answer {
    let (compiled, whole) = (regex(&text(a, 0)?)?, text(a, 1)?);
    Ok(Value::from(compiled.captures_iter(&whole).map(|found| captured(&compiled, &found)).collect::<Vec<_>>()))
}

fn formatlist(a: &[Value]) -> Answer {
    let pattern = text(a, 0)?;
    let rest = a.get(1..).unwrap_or(&[]);
    let length = rest.iter().filter_map(Value::as_list).map(<[Item]>::len).max().unwrap_or(1);
    let mut lines = Vec::with_capacity(length);
    for at in 0..length {
        let mut row = Vec::with_capacity(rest.len());
        for value in rest {
            row.push(match value.as_list() {
                Some(items) => items.get(at).ok_or("the lists are of different lengths")?.value.clone(),
                None => value.clone(),
            });
        }
        lines.push(format(&pattern, &row)?);
    }
    Ok(Value::from(lines))
}

/// The verbs of Terraform's `format`, with width, precision, `-`, `0` and explicit positions.
fn format(pattern: &str, arguments: &[Value]) -> Result<String, String> {
    let mut made = String::new();
    let mut next = 0;
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('%') {
        made.push_str(before);
        let flags_end = after.find(|c| !"-+ #0".contains(c)).unwrap_or(after.len());
        let (flags, after) = after.split_at_checked(flags_end).unwrap_or((after, ""));
        let (width, after) = digits(after);
        let (precision, after) = match after.strip_prefix('.') {
            Some(after) => {
                let (precision, after) = digits(after);
                (Some(precision.unwrap_or(0)), after)
            }
            None => (None, after),
        };
        let (position, after) = match after.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            Some((position, after)) => (position.parse::<usize>().ok(), after),
            None => (None, after),
        };
        let verb = after.chars().next().ok_or("the pattern ends in a verb")?;
        rest = after.get(verb.len_utf8()..).unwrap_or("");
        if verb == '%' {
            made.push('%');
            continue;
        }
        let at = position.map_or(next, |position| position.saturating_sub(1));
        next = at + 1;
        let shown = verb_of(verb, argument(arguments, at)?, precision)?;
        pad(&mut made, &shown, width.unwrap_or(0), flags, matches!(verb, 'd' | 'f' | 'x' | 'b' | 'o' | 'e' | 'g'))?;
        if made.len() > TEXT_BYTES_MAX {
            return Err(format!("the text is longer than {TEXT_BYTES_MAX} bytes"));
        }
    }
    made.push_str(rest);
    Ok(made)
}

fn digits(text: &str) -> (Option<usize>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (number.parse().ok(), rest)
}

fn pad(made: &mut String, shown: &str, width: usize, flags: &str, numeric: bool) -> Result<(), String> {
    if width > TEXT_BYTES_MAX {
        return Err("the width is too large".to_owned());
    }
    let signed =
        if numeric && flags.contains('+') && !shown.starts_with('-') { format!("+{shown}") } else { shown.to_owned() };
    let missing = width.saturating_sub(signed.chars().count());
    if flags.contains('-') {
        made.push_str(&signed);
        made.push_str(&" ".repeat(missing));
    } else if flags.contains('0') && numeric {
        let (sign, digits) = match signed.strip_prefix(['-', '+']) {
            Some(digits) => (signed.get(..1).unwrap_or(""), digits),
            None => ("", signed.as_str()),
        };
        made.push_str(sign);
        made.push_str(&"0".repeat(missing));
        made.push_str(digits);
    } else {
        made.push_str(&" ".repeat(missing));
        made.push_str(&signed);
    }
    Ok(())
}

fn verb_of(verb: char, value: &Value, precision: Option<usize>) -> Result<String, String> {
    /// More digits than any number has.
    const PRECISION_MAX: usize = 64;
    let one = std::slice::from_ref(value);
    let whole = || match number(one, 0)? {
        Number::Int(int) => Ok(int),
        Number::Float(_) => Err("a whole number is needed".to_owned()),
    };
    match verb {
        's' => {
            let text = types::text(value)?;
            Ok(precision.map_or(text.clone(), |most| text.chars().take(most).collect()))
        }
        'v' => match value {
            Value::Null => Ok("null".to_owned()),
            Value::List(_) | Value::Map(_) => super::encoding::json(value),
            value => types::text(value),
        },
        'q' => Ok(serde_json::Value::from(types::text(value)?).to_string()),
        'd' => Ok(whole()?.to_string()),
        'x' => Ok(format!("{:x}", whole()?)),
        'X' => Ok(format!("{:X}", whole()?)),
        'b' => Ok(format!("{:b}", whole()?)),
        'o' => Ok(format!("{:o}", whole()?)),
        't' => types::bool(value).and_then(|value| types::text(&value)),
        'f' => Ok(format!("{:.*}", precision.unwrap_or(6).min(PRECISION_MAX), as_float(number(one, 0)?))),
        'g' => types::text(&types::number(value)?),
        _ => Err(format!("the verb `{verb}` is not known")),
    }
}

/// Texts as a list without places.
pub(super) fn list_of(texts: impl IntoIterator<Item = String>) -> Value {
    Value::List(texts.into_iter().map(|text| Item { at: Mark::default(), value: text.into() }).collect())
}
