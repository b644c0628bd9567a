//! Functions that read files: `file`, `fileexists`, `templatefile` and their relatives. No disk: what was scanned is at
//! hand, what was not is unknown.
use super::{
    evaluator::{Each, Evaluator, Fault, Frame, Instance, Outcome, Scope},
    expression::TEXT_BYTES_MAX,
    functions::encoding::{base64, hexadecimal},
    parse, roots, types,
    unknown::mixed,
};
use crate::model::{Unknown, Value};
use sha2::{Digest, Sha256, Sha512};

/// The frame that a template stands in: its value holds all that the template may name. No variable is called so.
pub(super) const TEMPLATE: &str = "";

/// Functions whose first argument is a path, and `templatestring`, which is one of them in all else.
const FUNCTIONS: [&str; 9] = [
    "file",
    "filebase64",
    "filebase64sha256",
    "filebase64sha512",
    "fileexists",
    "filesha256",
    "filesha512",
    "templatefile",
    "templatestring",
];

impl<'p> Evaluator<'p> {
    /// `path.module`: the way from the root's folder to the module's.
    pub(super) fn module_path(&self, instance: &Instance<'p>) -> Value {
        match way(self.root, instance.folder) {
            Some(way) => Value::from(way),
            None => Value::unknown("path.module is outside the folder of the root's repository"),
        }
    }

    /// What a function of files says; `None` for all other functions.
    pub(super) fn of_file(&self, name: &str, arguments: &[Value], scope: Scope<'_, 'p>) -> Option<Outcome> {
        if !FUNCTIONS.contains(&name) {
            return None;
        }
        let path = arguments.first()?;
        if let Some(unknown) = mixed([path]) {
            return Some(Ok(Value::Unknown(Box::new(unknown))));
        }
        let path = match types::text(path) {
            Ok(path) => path,
            Err(why) => return Some(Err(Fault(format!("{name}(): {why}")))),
        };
        if name == "templatestring" {
            return Some(self.filled(name, &path, arguments.get(1), scope));
        }
        let Some(bytes) = self.at_hand(&path) else {
            let mut unknown = mixed(arguments).unwrap_or_default();
            unknown.why = format!("{name}(): the file `{path}` was not read");
            return Some(Ok(Value::Unknown(Box::new(unknown))));
        };
        let text = || {
            if bytes.len() > TEXT_BYTES_MAX {
                return Err(Ok(Value::unknown(format!("{name}(): `{path}` is longer than {TEXT_BYTES_MAX} bytes"))));
            }
            let text = std::str::from_utf8(bytes);
            text.map_err(|_| Err(Fault(format!("{name}(): `{path}` is not UTF-8"))))
        };
        Some(match name {
            "fileexists" => Ok(true.into()),
            "filebase64" if bytes.len() > TEXT_BYTES_MAX => text().map_or_else(|outcome| outcome, |_| Ok(Value::Null)),
            "filebase64" => Ok(base64(bytes).into()),
            "filebase64sha256" => Ok(base64(&Sha256::digest(bytes)).into()),
            "filebase64sha512" => Ok(base64(&Sha512::digest(bytes)).into()),
            "filesha256" => Ok(hexadecimal(&Sha256::digest(bytes)).into()),
            "filesha512" => Ok(hexadecimal(&Sha512::digest(bytes)).into()),
            "templatefile" => text().map_or_else(
                |outcome| outcome,
                |text| self.filled(name, text.trim_start_matches('\u{feff}'), arguments.get(1), scope),
            ),
            _ => text().map_or_else(|outcome| outcome, |text| Ok(Value::from(text))),
        })
    }

    /// The bytes of a file, by a path as seen from the folder of the root, which is where Terraform runs.
    fn at_hand(&self, path: &str) -> Option<&'p [u8]> {
        if path.starts_with(['/', '~']) {
            return None;
        }
        self.project.files.get(&roots::joined(self.root, path)?).map(AsRef::as_ref)
    }

    /// A template with its variables laid in. It sees nothing else, and reads no further template.
    fn filled(&self, name: &str, text: &str, variables: Option<&Value>, scope: Scope<'_, 'p>) -> Outcome {
        let variables = match variables {
            Some(map @ Value::Map(_)) => map,
            Some(Value::Unknown(unknown)) => return Ok(Value::Unknown(unknown.clone())),
            _ => return Err(Fault(format!("{name}() needs a map of variables"))),
        };
        if inside_template(scope) {
            return Err(Fault(format!("{name}() is called from a template")));
        }
        if let Err(unknown) = self.pay(text.len() as u64 / 64) {
            return Ok(unknown);
        }
        // The parser may refuse what Terraform reads: no error, then, that `try` would go past.
        let template = match parse::template_file(text) {
            Ok(template) => template,
            Err(error) => {
                let why = format!("{name}(): the template is not read: line {}: {}", error.at.line, error.cause);
                return Ok(Value::Unknown(Box::new(Unknown { why, ..mixed([variables]).unwrap_or_default() })));
            }
        };
        let frame = Frame { name: TEMPLATE, value: variables, outer: None };
        self.value(&template, Scope { each: &Each::None, names: Some(&frame), ..scope })
    }
}

fn inside_template(scope: Scope<'_, '_>) -> bool {
    std::iter::successors(scope.names, |frame| frame.outer).any(|frame| frame.name == TEMPLATE)
}

/// The way from one folder to another; `None` where it leads through a folder above all known ones.
fn way(from: &str, to: &str) -> Option<String> {
    let parts = |folder: &'_ str| -> Vec<String> {
        folder.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect()
    };
    let (from_parts, to_parts) = (parts(from), parts(to));
    let common = from_parts.iter().zip(&to_parts).take_while(|(one, other)| one == other).count();
    let up = from_parts.get(common..)?;
    if up.iter().any(|part| part == "..") || from.starts_with('/') != to.starts_with('/') {
        return None;
    }
    let mut way: Vec<&str> = up.iter().map(|_| "..").collect();
    way.extend(to_parts.get(common..)?.iter().map(String::as_str));
    Some(if way.is_empty() { ".".to_owned() } else { way.join("/") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_module_is_seen_from_the_root() {
        assert_eq!(way("infra", "infra").as_deref(), Some("."));
        assert_eq!(way(".", "modules/net").as_deref(), Some("modules/net"));
        assert_eq!(way("infra/prod", "modules/net").as_deref(), Some("../../modules/net"));
        assert_eq!(way("../up/a", "../up/b").as_deref(), Some("../b"));
        assert_eq!(way("../up", "side"), None);
    }
}
