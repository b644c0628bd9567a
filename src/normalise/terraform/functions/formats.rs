//! Functions of formats other than JSON, and of dates.
use super::{Answer, Row, Unknowns::Spread, text, yaml};
use crate::model::{Item, Map, Mark, Value};
use crate::normalise::terraform::dates;

pub(super) const TABLE: &[Row] = &[
    ("csvdecode", Spread, |a| csv(&text(a, 0)?)),
    ("formatdate", Spread, |a| dates::formatted(&text(a, 0)?, &text(a, 1)?).map(Value::from)),
    ("timeadd", Spread, |a| dates::later(&text(a, 0)?, &text(a, 1)?).map(Value::from)),
    ("timecmp", Spread, |a| {
        let (one, other) = (dates::moment(&text(a, 0)?)?, dates::moment(&text(a, 1)?)?);
        Ok(Value::from(one.cmp(&other) as i64))
    }),
    ("yamldecode", Spread, yaml::decode),
    ("yamlencode", Spread, yaml::encode),
];

/// The lines of a table as maps by the names of its first line (RFC 4180; Go, `encoding/csv`).
fn csv(text: &str) -> Answer {
    let mut rows = records(text)?.into_iter();
    let header = rows.next().ok_or("the line with names is missing")?;
    let mut lines = Vec::new();
    for row in rows {
        if row.len() != header.len() {
            return Err("a line has another number of fields".to_owned());
        }
        let map: Map = header.iter().zip(row).map(|(name, field)| (name.as_str(), Value::from(field))).collect();
        if map.len() != header.len() {
            return Err("a name comes twice".to_owned());
        }
        lines.push(Item { at: Mark::default(), value: Value::Map(map) });
    }
    Ok(Value::List(lines))
}

fn records(text: &str) -> Result<Vec<Vec<String>>, String> {
    let text = text.replace("\r\n", "\n");
    let mut records = Vec::new();
    let mut row: Vec<String> = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        if row.is_empty()
            && let Some(after) = rest.strip_prefix('\n')
        {
            rest = after;
            continue;
        }
        let after = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (field, after) = quoted_field(quoted)?;
                row.push(field);
                after
            }
            None => {
                let end = rest.find([',', '\n']).unwrap_or(rest.len());
                let (field, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                if field.contains('"') {
                    return Err("a quote stands inside a field".to_owned());
                }
                row.push(field.to_owned());
                after
            }
        };
        match after.strip_prefix(',') {
            Some(after) => {
                rest = after;
                // A comma at the very end opens a last, empty field.
                if rest.is_empty() {
                    row.push(String::new());
                }
            }
            None => {
                records.push(std::mem::take(&mut row));
                rest = after.strip_prefix('\n').unwrap_or(after);
            }
        }
    }
    if !row.is_empty() {
        records.push(row);
    }
    Ok(records)
}

/// What stands in quotes, and what follows them.
fn quoted_field(mut rest: &str) -> Result<(String, &str), String> {
    let mut field = String::new();
    loop {
        let (before, after) = rest.split_once('"').ok_or("a quote is not closed")?;
        field.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None if after.is_empty() || after.starts_with([',', '\n']) => return Ok((field, after)),
            None => return Err("something stands between a quote and the next field".to_owned()),
        }
    }
}
