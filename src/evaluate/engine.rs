//! Rego, run. The only file that names the engine; what goes in and comes out are our own values.
//!
//! A [`Program`] is one rule with the library it imports, parsed once. A [`Session`] is a clone of it with the data
//! of one view. Programs are small on purpose: the engine walks all its modules at every look-up in `data`.
use crate::model::{Item, Map, Mark, Number, Text, Unknown, Value};
use regorus::{Engine, utils::limits::ExecutionTimerConfig};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    num::NonZeroU32,
    sync::OnceLock,
    time::Duration,
};

/// One rule about one resource takes well under a millisecond; what takes a thousand times that will not end.
const EVALUATION_TIME_MAX: Duration = Duration::from_secs(2);

/// How many steps of the interpreter lie between two looks at the clock: about one hundredth of a millisecond.
const STEPS_BETWEEN_CHECKS: NonZeroU32 = match NonZeroU32::new(64) {
    Some(steps) => steps,
    None => NonZeroU32::MIN,
};

/// `numbers.range` does not look at the clock (30 million numbers: 8 seconds); every port is 65 536 numbers.
const RANGE_ITEMS_MAX: i64 = 65_536;

/// `net.cidr_expand` does not look at the clock either; rules should ask `reach`, not count addresses.
const EXPANDED_BITS_MAX: u8 = 12;

/// What a rule may see: the engine's own form of a value. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen(regorus::Value);

impl Seen {
    /// A value as it is. Unknowns become `{"$unknown": why}`, with `$refers` and `$any` where they have any.
    pub(super) fn of(value: &Value) -> Self {
        Self(seen(value, None))
    }

    /// A value whose `$refers` are told by other names.
    pub(super) fn renamed(value: &Value, rename: &dyn Fn(&str) -> String) -> Self {
        Self(seen(value, Some(rename)))
    }

    pub(super) fn text(text: &Text) -> Self {
        Self(regorus::Value::String(text.clone()))
    }

    pub(super) fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self(items.into_iter().map(|Self(value)| value).collect::<Vec<_>>().into())
    }

    pub(super) fn object<K: Into<Text>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        let entries = entries.into_iter().map(|(key, Self(value))| (regorus::Value::String(key.into()), value));
        Self(entries.collect::<BTreeMap<_, _>>().into())
    }

    /// As JSON text, for a second engine.
    pub(super) fn json(&self) -> Result<String, String> {
        self.0.to_json_str().map_err(|error| error.to_string())
    }
}

fn seen(value: &Value, rename: Option<&dyn Fn(&str) -> String>) -> regorus::Value {
    match value {
        Value::Null => regorus::Value::Null,
        Value::Bool(bool) => (*bool).into(),
        Value::Number(Number::Int(int)) => (*int).into(),
        Value::Number(Number::Float(float)) if float.is_finite() => (*float).into(),
        Value::Number(Number::Float(_)) => {
            unknown(&Unknown { why: "not a finite number".into(), ..Unknown::default() }, None)
        }
        Value::Text(text) => regorus::Value::String(text.clone()),
        Value::List(items) => items.iter().map(|item| seen(&item.value, rename)).collect::<Vec<_>>().into(),
        Value::Map(map) => map
            .iter()
            .map(|entry| (regorus::Value::String(entry.key.clone()), seen(&entry.value, rename)))
            .collect::<BTreeMap<_, _>>()
            .into(),
        Value::Unknown(of) => unknown(of, rename),
    }
}

fn unknown(unknown: &Unknown, rename: Option<&dyn Fn(&str) -> String>) -> regorus::Value {
    let mut object = BTreeMap::from([("$unknown".into(), unknown.why.as_str().into())]);
    if !unknown.refers.is_empty() {
        let refers: Vec<regorus::Value> = unknown
            .refers
            .iter()
            .map(|address| rename.map_or_else(|| address.clone(), |rename| rename(address)).into())
            .collect();
        object.insert("$refers".into(), refers.into());
    }
    if unknown.any {
        object.insert("$any".into(), true.into());
    }
    object.into()
}

/// What a rule said, as our value. Sets become lists, in order; what has no JSON form is an error.
fn said(value: &regorus::Value) -> Result<Value, String> {
    use regorus::Value as Rego;
    Ok(match value {
        Rego::Null => Value::Null,
        Rego::Bool(bool) => (*bool).into(),
        Rego::String(text) => Value::Text(text.clone()),
        Rego::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => int.into(),
            (None, Some(float)) => Value::Number(Number::Float(float)),
            (None, None) => return Err(format!("the number {value} is too large")),
        },
        Rego::Array(items) => list(items.iter())?,
        Rego::Set(items) => list(items.iter_sorted())?,
        Rego::Object(object) => {
            let mut map = Map::new();
            for (key, value) in object.iter_sorted() {
                let Rego::String(key) = key else { return Err(format!("the key {key} is not a text")) };
                map.put(key.clone(), said(value)?);
            }
            map.into()
        }
        Rego::Undefined => return Err("an undefined value".to_owned()),
    })
}

fn list<'v>(items: impl Iterator<Item = &'v regorus::Value>) -> Result<Value, String> {
    let items = items.map(|item| Ok(Item { at: Mark::default(), value: said(item)? }));
    items.collect::<Result<Vec<_>, String>>().map(Value::List)
}

/// One rule with the library it needs, parsed and ready to be cloned. The engine prepares an evaluation anew whenever its
/// data change (about a millisecond), so a session is made for many subjects and not for one.
#[derive(Clone, Debug)]
pub(super) struct Program {
    parsed: Engine,
    /// With [`ASKED`] beside it; made where answers are kept, which most runs do not do.
    asked: OnceLock<Result<Engine, String>>,
    package: String,
    heads: BTreeSet<&'static str>,
}

/// The package of a module that asks for the heads of a rule with its input and its data laid over: so a session can be
/// asked about any subject of any environment without being prepared anew, which takes several times as long as an answer.
///
/// The library's own virtual machine (regorus 0.14.1) needs no preparing and answers in a third of the time, and was tried:
/// where a condition of a comprehension fails outside a loop, it loses what the comprehension around it has found, so that
/// `[x | some list in [[1], [2 | 1 == 2]]; some x in list]` is empty; of a pod that cannot be read it then says nothing.
const ASKED: &str = "speguard_asked";

/// Where the input of [`ASKED`] goes.
const LAID_OVER: &str =
    "with input as input.input with data.reach as input.reach with data.environment as input.environment";

/// What all heads of a rule say, each as a list of no or one member.
const ALL: &str = "all";

/// The heads that are asked for.
const HEADS: [&str; 3] = ["deny", "undetermined", "applies"];

/// What the rules of a package said. A head that the package does not have says nothing.
pub(super) struct Said {
    /// The members, or why the evaluation ended.
    pub(super) deny: Result<Vec<Value>, String>,
    pub(super) undetermined: Result<Vec<Value>, String>,
}

impl Program {
    /// Compiles a package with the modules it needs; `main` is the path of the module that holds the package.
    ///
    /// # Errors
    /// The engine's message, where a module does not parse or does not compile.
    pub(super) fn compile(modules: &[(&str, &str)], main: &str, package: &str) -> Result<Self, String> {
        let engine = engine(modules)?;
        let mut heads = BTreeSet::new();
        for head in HEADS {
            if engine.has_declared_rule_rooted_at(main, head).map_err(message)? {
                heads.insert(head);
            }
        }
        Ok(Self { parsed: engine, asked: OnceLock::new(), package: package.to_owned(), heads })
    }

    fn asked(&self) -> Result<Engine, String> {
        let Self { package, heads, .. } = self;
        let mut asked = self.parsed.clone();
        let rule = |head: &&str| format!("{head} := said if {{\n\tsaid := data.{package}.{head} {LAID_OVER}\n}}\n");
        let module = heads.iter().map(rule).fold(format!("package {ASKED}\n\n"), |all, one| all + &one);
        // All at once, so that what several heads need is worked out once.
        let member = |head: &&str| format!("\"{head}\": [said | said := data.{package}.{head}]");
        let members = heads.iter().map(member).collect::<Vec<_>>().join(", ");
        let all =
            format!("{ALL} := said if {{\n\tsaid := data.{ASKED}.each {LAID_OVER}\n}}\n\neach := {{{members}}}\n");
        let module = module + &all;
        asked.add_policy(ASKED.to_owned(), module).map_err(message)?;
        // Its clones need not be prepared any more; without an input it says nothing.
        asked.eval_rule(format!("data.{ASKED}.{ALL}")).map_err(message)?;
        Ok(asked)
    }

    /// A clone that sees the given data.
    ///
    /// # Errors
    /// The engine's message.
    pub(super) fn session(&self, data: &Seen) -> Result<Session, String> {
        let mut engine = self.parsed.clone();
        engine.add_data(data.0.clone()).map_err(message)?;
        Ok(Session { engine, package: self.package.clone(), heads: self.heads.clone(), said: BTreeMap::new() })
    }

    /// A clone that is given all it sees with each question.
    ///
    /// # Errors
    /// The engine's message.
    pub(super) fn kept(&self) -> Result<Session, String> {
        let engine = self.asked.get_or_init(|| self.asked()).clone()?;
        Ok(Session { engine, package: ASKED.to_owned(), heads: self.heads.clone(), said: BTreeMap::new() })
    }
}

/// A program that sees one view.
#[derive(Debug)]
pub(super) struct Session {
    engine: Engine,
    package: String,
    heads: BTreeSet<&'static str>,
    /// What heads said of the input, where all were asked at once.
    said: BTreeMap<&'static str, regorus::Value>,
}

impl Session {
    /// Asks `deny` and `undetermined` about one input.
    pub(super) fn ask(&mut self, input: &Seen) -> Said {
        self.said.clear();
        self.engine.set_input(input.0.clone());
        Said { deny: self.members("deny"), undetermined: self.members("undetermined") }
    }

    /// Likewise of a session of [`Program::kept`], with the resources and ways that the rule may see.
    pub(super) fn ask_with(&mut self, input: Seen, environment: Seen, reach: Seen) -> Said {
        let input = Seen::object([("input", input), ("environment", environment), ("reach", reach)]);
        self.engine.set_input(input.0.clone());
        self.said = self.all().unwrap_or_default();
        if self.said.is_empty() {
            // One of them cannot be run to its end: each speaks for itself.
            return self.ask(&input);
        }
        Said { deny: self.members("deny"), undetermined: self.members("undetermined") }
    }

    fn all(&mut self) -> Option<BTreeMap<&'static str, regorus::Value>> {
        let said = self.engine.eval_rule(format!("data.{ASKED}.{ALL}")).ok()?;
        let said = said.as_object().ok()?;
        let head =
            |head: &&'static str| match said.get(&regorus::Value::String((*head).into()))?.as_array().ok()?.first() {
                Some(value) => Some((*head, value.clone())),
                None => Some((*head, regorus::Value::Undefined)),
            };
        self.heads.iter().map(head).collect()
    }

    /// Asks about the same input whether the rule applies; true where no such rule stands.
    ///
    /// # Errors
    /// Why it could not be told.
    pub(super) fn applies(&mut self) -> Result<bool, String> {
        match self.head("applies")? {
            None => Ok(true),
            Some(regorus::Value::Bool(applies)) => Ok(applies),
            Some(regorus::Value::Undefined) => Ok(false),
            Some(other) => Err(format!("`applies` is {other}, and must be true or undefined")),
        }
    }

    fn members(&mut self, head: &str) -> Result<Vec<Value>, String> {
        match self.head(head)? {
            None | Some(regorus::Value::Undefined) => Ok(Vec::new()),
            Some(regorus::Value::Set(members)) => members.iter_sorted().map(said).collect(),
            Some(_) => Err(format!("`{head}` is not a set: write `{head} contains … if {{ … }}`")),
        }
    }

    fn head(&mut self, head: &str) -> Result<Option<regorus::Value>, String> {
        if !self.heads.contains(head) {
            return Ok(None);
        }
        if let Some(said) = self.said.get(head) {
            return Ok(Some(said.clone()));
        }
        self.engine.eval_rule(format!("data.{}.{head}", self.package)).map(Some).map_err(message)
    }
}

/// Which lines of a module were run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub path: String,
    pub run: BTreeSet<u32>,
    pub not_run: BTreeSet<u32>,
}

fn coverage(engine: &Engine) -> Result<Vec<Coverage>, String> {
    let report = engine.get_coverage_report().map_err(message)?;
    let files = report.files.into_iter();
    Ok(files.map(|file| Coverage { path: file.path, run: file.covered, not_run: file.not_covered }).collect())
}

/// What a `test_` rule came to: `Err` with the cause where it was not true.
pub(super) type Outcome = Result<(), String>;

/// Runs test rules (`data.<package>.<test>`) over all modules, and gives the lines that they ran.
///
/// # Errors
/// The engine's message, where a module does not parse or compile.
pub(super) fn test(modules: &[(&str, &str)], tests: &[String]) -> Result<(Vec<Outcome>, Vec<Coverage>), String> {
    let mut engine = engine(modules)?;
    engine.set_enable_coverage(true);
    let outcomes = tests.iter().map(|test| match engine.eval_rule(test.clone()) {
        Ok(regorus::Value::Bool(true)) => Ok(()),
        Ok(regorus::Value::Undefined) => Err("is undefined: an expression in it did not hold".to_owned()),
        Ok(other) => Err(format!("is {other}, and must be true")),
        Err(error) => Err(message(error)),
    });
    let outcomes = outcomes.collect();
    Ok((outcomes, coverage(&engine)?))
}

/// The syntax tree of a module, as the engine reads it (its `ast` feature): the key names are its own.
///
/// # Errors
/// The engine's message, where the module does not parse, or a nesting that cannot be followed.
pub(super) fn syntax(path: &str, text: &str) -> Result<serde_json::Value, String> {
    let mut engine = Engine::new();
    engine.add_policy(path.to_owned(), text.to_owned()).map_err(message)?;
    let json = engine.get_ast_as_json().map_err(message)?;
    let mut modules: Vec<serde_json::Value> =
        serde_json::from_str(&json).map_err(|error| format!("nested too deeply to be checked: {error}"))?;
    let module = modules.pop().and_then(|mut module| module.get_mut("ast").map(serde_json::Value::take));
    module.ok_or_else(|| "the engine gives no syntax tree".to_owned())
}

fn engine(modules: &[(&str, &str)]) -> Result<Engine, String> {
    let mut engine = Engine::new();
    // Strict: an ill-typed value ends the evaluation, which is undetermined. Lenient errors turn
    // `not to_number("x")` into true.
    engine.set_strict_builtin_errors(true);
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit: EVALUATION_TIME_MAX,
        check_interval: STEPS_BETWEEN_CHECKS,
    });
    engine.add_extension("numbers.range".to_owned(), 2, Box::new(range)).map_err(message)?;
    engine.add_extension("net.cidr_expand".to_owned(), 1, Box::new(expand)).map_err(message)?;
    for (path, text) in modules {
        engine.add_policy((*path).to_owned(), (*text).to_owned()).map_err(message)?;
    }
    Ok(engine)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` asks for")]
fn message(error: anyhow::Error) -> String {
    format!("{error:#}")
}

/// `numbers.range` with a bound on how many numbers it makes.
fn range(arguments: Vec<regorus::Value>) -> anyhow::Result<regorus::Value> {
    let [from, to] = arguments.as_slice() else { anyhow::bail!("numbers.range takes two numbers") };
    let (from, to) = (from.as_i64()?, to.as_i64()?);
    let items = from.abs_diff(to);
    anyhow::ensure!(
        i64::try_from(items).is_ok_and(|items| items < RANGE_ITEMS_MAX),
        "numbers.range makes at most {RANGE_ITEMS_MAX} numbers"
    );
    let numbers: Vec<regorus::Value> =
        if from <= to { (from..=to).map(Into::into).collect() } else { (to..=from).rev().map(Into::into).collect() };
    Ok(numbers.into())
}

/// `net.cidr_expand` with a bound on how many addresses it makes.
fn expand(arguments: Vec<regorus::Value>) -> anyhow::Result<regorus::Value> {
    let [cidr] = arguments.as_slice() else { anyhow::bail!("net.cidr_expand takes one range") };
    let cidr = cidr.as_string()?;
    let (address, bits) = cidr.split_once('/').ok_or_else(|| anyhow::anyhow!("`{cidr}` is not a range"))?;
    let (address, bits): (IpAddr, u8) = (address.parse()?, bits.parse()?);
    let width = if address.is_ipv4() { 32 } else { 128 };
    let free = u8::checked_sub(width, bits).ok_or_else(|| anyhow::anyhow!("`{cidr}` is not a range"))?;
    anyhow::ensure!(
        free <= EXPANDED_BITS_MAX,
        "net.cidr_expand makes at most {} addresses",
        1_u32 << EXPANDED_BITS_MAX
    );
    let number = match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    let first = number >> free << free;
    let addresses = (0..1_u128 << free).map(|offset| match address {
        IpAddr::V4(_) => std::net::Ipv4Addr::from(u32::try_from(first + offset).unwrap_or(u32::MAX)).to_string(),
        IpAddr::V6(_) => std::net::Ipv6Addr::from(first + offset).to_string(),
    });
    Ok(addresses.map(regorus::Value::from).collect::<Vec<_>>().into())
}
