//! The part of Rego that rules may be written in: what every engine reads the same way, what ends, and what cannot
//! reach out. Refused at load, because an unknown name is otherwise an error only when its line is reached.
use super::{Fault, engine};
use crate::model::{Text, meant};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Builtins that rules may call: no clock, no chance, no network, no formatting, and none that grows without a bound.
const BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "array.concat",
    "array.flatten",
    "array.reverse",
    "array.slice",
    "bits.and",
    "bits.lsh",
    "bits.negate",
    "bits.or",
    "bits.rsh",
    "bits.xor",
    "ceil",
    "concat",
    "contains",
    "count",
    "endswith",
    "floor",
    "format_int",
    "glob.match",
    "glob.quote_meta",
    "graph.reachable",
    "indexof",
    "indexof_n",
    "intersection",
    "is_array",
    "is_boolean",
    "is_null",
    "is_number",
    "is_object",
    "is_set",
    "is_string",
    "json.filter",
    "json.remove",
    "lower",
    "max",
    "min",
    "net.cidr_contains",
    "net.cidr_expand",
    "net.cidr_is_valid",
    "numbers.range",
    "object.filter",
    "object.get",
    "object.keys",
    "object.remove",
    "object.subset",
    "object.union",
    "object.union_n",
    "product",
    "regex.find_n",
    "regex.is_valid",
    "regex.match",
    "regex.replace",
    "regex.split",
    "replace",
    "round",
    "semver.compare",
    "semver.is_valid",
    "sort",
    "split",
    "startswith",
    "strings.any_prefix_match",
    "strings.any_suffix_match",
    "strings.count",
    "strings.replace_n",
    "strings.reverse",
    "substring",
    "sum",
    "to_number",
    "trim",
    "trim_left",
    "trim_prefix",
    "trim_right",
    "trim_space",
    "trim_suffix",
    "type_name",
    "union",
    "units.parse",
    "units.parse_bytes",
    "upper",
];

/// What stands in `data` beside the rules themselves.
const DATA: &[&str] = &["environment", "reach", "lib"];

/// The functions of each package under `data.lib`.
pub(super) type Libraries<'a> = BTreeMap<&'a str, BTreeSet<String>>;

/// The functions that a module defines; none where it does not parse, which [`check`] tells.
pub(super) fn functions(path: &str, text: &str) -> BTreeSet<String> {
    let tree = engine::syntax(path, text).unwrap_or_default();
    let rules: Vec<&Json> = each(&tree["rules"]).collect();
    rules.iter().filter_map(|rule| rule.pointer("/Spec/head/Func/refr").and_then(dotted)).collect()
}

/// Checks one module of a bundle.
pub(super) fn check(path: &Text, text: &str, package: &str, is_rule: bool, libraries: &Libraries<'_>) -> Vec<Fault> {
    let tree = match engine::syntax(path, text) {
        Ok(tree) => tree,
        Err(message) => {
            let line = line_of(&message);
            let cause = message.rsplit_once("error: ").map_or(message.as_str(), |(_, what)| what).trim().to_owned();
            return vec![Fault {
                path: path.clone(),
                line,
                cause: format!("not readable as Rego: {cause}"),
                hint: None,
            }];
        }
    };
    let mut check =
        Check { path, text, faults: Vec::new(), functions: BTreeSet::new(), imports: BTreeMap::new(), libraries };
    check.module(&tree, package, is_rule);
    check.faults
}

/// The engine draws `--> path:line:column` into its message.
fn line_of(message: &str) -> u32 {
    let place = message.lines().find_map(|line| line.strip_prefix("--> "));
    place.and_then(|place| place.rsplit(':').nth(1)?.parse().ok()).unwrap_or(1)
}

struct Check<'a> {
    path: &'a Text,
    text: &'a str,
    faults: Vec<Fault>,
    functions: BTreeSet<String>,
    /// What a name that an import binds stands for: a package of the library.
    imports: BTreeMap<String, String>,
    libraries: &'a Libraries<'a>,
}

impl Check<'_> {
    fn fault(&mut self, line: u32, cause: impl Into<String>, hint: Option<&str>) {
        let hint = hint.map(str::to_owned);
        self.faults.push(Fault { path: self.path.clone(), line, cause: cause.into(), hint });
    }

    fn module(&mut self, tree: &Json, package: &str, is_rule: bool) {
        let stated = tree.pointer("/package/refr").and_then(dotted);
        if stated.as_deref() != Some(package) {
            let stated = stated.unwrap_or_else(|| "of another form".to_owned());
            let hint = format!("the package of a file is its place: `package {package}`");
            self.fault(line(&tree["package"]), format!("the package is `{stated}`"), Some(&hint));
        }
        for import in each(&tree["imports"]) {
            self.import(import);
        }
        let rules: Vec<&Json> = each(&tree["rules"]).collect();
        for rule in &rules {
            if let Some(name) = rule.pointer("/Spec/head/Func/refr").and_then(dotted) {
                self.functions.insert(name);
            }
        }
        let mut calls: BTreeMap<String, (u32, BTreeSet<String>)> = BTreeMap::new();
        let mut heads: BTreeSet<String> = BTreeSet::new();
        for rule in &rules {
            let name = self.head(rule);
            if let Some(name) = &name {
                heads.insert(name.clone());
            }
            let mut called = BTreeSet::new();
            self.walk(rule, &mut called);
            if let Some(name) = name {
                let line = line(rule.get("Spec").unwrap_or(&Json::Null));
                calls.entry(name).or_insert_with(|| (line, BTreeSet::new())).1.extend(called);
            }
        }
        self.recursion(&calls);
        if is_rule && !heads.contains("deny") && !heads.contains("undetermined") {
            self.fault(1, "the rule has neither `deny` nor `undetermined`: everything would be met", None);
        }
    }

    fn import(&mut self, import: &Json) {
        let Some(path) = import.get("refr").and_then(dotted) else { return };
        let last = path.rsplit('.').next().unwrap_or(&path);
        let alias = import.get("as").and_then(|span| {
            let offset = |key| span.get(key).and_then(Json::as_u64).and_then(|offset| usize::try_from(offset).ok());
            self.text.get(offset("start")?..offset("end")?)
        });
        match path.strip_prefix("data.lib.") {
            Some(name) if self.libraries.contains_key(name) => {
                self.imports.insert(alias.unwrap_or(last).to_owned(), name.to_owned());
            }
            Some(name) => {
                let hint = meant(name, &self.libraries.keys().copied().collect::<Vec<_>>());
                let hint = hint.map(|name| format!("did you mean `data.lib.{name}`?"));
                self.fault(line(import), format!("there is no `{path}`"), hint.as_deref());
            }
            None => self.fault(line(import), format!("`{path}` cannot be imported: only `data.lib` can"), None),
        }
    }

    /// The name that a rule defines; faults for heads outside the subset.
    fn head(&mut self, rule: &Json) -> Option<String> {
        if let Some(default) = rule.get("Default") {
            if each(&default["args"]).next().is_some() {
                self.fault(line(default), "a function cannot have a default: engines disagree on it", None);
            }
            return dotted(&default["refr"]);
        }
        let spec = rule.get("Spec")?;
        let (form, head) = spec.get("head")?.as_object()?.iter().next()?;
        let name = head.pointer("/refr/Var/value").and_then(Json::as_str).map(str::to_owned);
        let Some(name) = name else {
            self.fault(line(spec), "a head has one name: engines disagree on heads with dots or brackets", None);
            return None;
        };
        if ["deny", "undetermined"].contains(&name.as_str()) && form != "Set" {
            let hint = format!("write `{name} contains {{…}} if {{ … }}`");
            self.fault(line(spec), format!("`{name}` must be a set"), Some(&hint));
        }
        Some(name)
    }

    /// Calls, `with`, and what is looked up in `data`, anywhere below.
    fn walk(&mut self, node: &Json, called: &mut BTreeSet<String>) {
        match node {
            Json::Array(items) => items.iter().for_each(|item| self.walk(item, called)),
            Json::Object(map) => {
                if let Some(call) = map.get("Call") {
                    self.call(call, called);
                }
                if let Some(with) = map.get("with_mods")
                    && each(with).next().is_some()
                {
                    self.fault(line(node), "`with` belongs in tests: a rule cannot change what it is asked", None);
                }
                if let Some(path) = dotted(node)
                    && let Some(rest) = path.strip_prefix("data.")
                    && !DATA.contains(&rest.split('.').next().unwrap_or(rest))
                {
                    let at = map.values().next().map_or(1, line);
                    self.fault(
                        at,
                        format!("a rule cannot look at `{path}`"),
                        Some("`data` holds `environment`, `reach` and `lib`"),
                    );
                    return;
                }
                map.iter().filter(|(key, _)| *key != "span").for_each(|(_, value)| self.walk(value, called));
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }

    fn call(&mut self, call: &Json, called: &mut BTreeSet<String>) {
        let Some(name) = call.get("fcn").and_then(dotted) else {
            return self.fault(line(call), "a call must name its function", None);
        };
        let of_library = name.split_once('.').is_some_and(|(package, function)| {
            let package = self.imports.get(package).map(String::as_str);
            package.and_then(|package| self.libraries.get(package)).is_some_and(|all| all.contains(function))
        });
        if self.functions.contains(&name) {
            called.insert(name);
        } else if !of_library && !BUILTINS.contains(&name.as_str()) {
            let known: Vec<&str> = BUILTINS.iter().copied().chain(self.functions.iter().map(String::as_str)).collect();
            let hint = meant(&name, &known).map(|name| format!("did you mean `{name}`?"));
            self.fault(line(call), format!("`{name}` cannot be called"), hint.as_deref());
        }
    }

    /// A function that leads back to itself: the engine would follow it until the stack ends.
    fn recursion(&mut self, calls: &BTreeMap<String, (u32, BTreeSet<String>)>) {
        for (name, (line, called)) in calls {
            let mut reached: BTreeSet<&String> = BTreeSet::new();
            let mut wanted: Vec<&String> = called.iter().collect();
            while let Some(next) = wanted.pop() {
                if reached.insert(next) {
                    wanted.extend(calls.get(next).into_iter().flat_map(|(_, called)| called));
                }
            }
            if reached.contains(name) {
                self.fault(*line, format!("`{name}` calls itself: rules may not recurse"), None);
            }
        }
    }
}

fn each(list: &Json) -> impl Iterator<Item = &Json> {
    list.as_array().into_iter().flatten()
}

fn line(node: &Json) -> u32 {
    node.pointer("/span/line").and_then(Json::as_u64).and_then(|line| u32::try_from(line).ok()).unwrap_or(1)
}

/// `a.b.c` of a reference whose parts are names or fixed texts; `None` for any other expression.
fn dotted(expression: &Json) -> Option<String> {
    if let Some(name) = expression.pointer("/Var/value") {
        return name.as_str().map(str::to_owned);
    }
    if let Some(dot) = expression.get("RefDot") {
        let field = each(dot.get("field")?).find_map(Json::as_str)?;
        return Some(format!("{}.{field}", dotted(dot.get("refr")?)?));
    }
    let bracket = expression.get("RefBrack")?;
    let key = bracket.pointer("/index/String/value").and_then(Json::as_str)?;
    Some(format!("{}.{key}", dotted(bracket.get("refr")?)?))
}
