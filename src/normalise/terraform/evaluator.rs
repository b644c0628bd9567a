//! One root while it is evaluated: module instances, and what has been worked out of them so far.
use super::{
    module::{Declared, Module, ModuleCall},
    syntax::{Body, Node},
    types,
    unknown::{self, placeless, weight},
};
use crate::model::{Hidden, Origin, Platform, Problem, Text, Unknown, Value};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
};

/// Expressions that one root may evaluate. The largest real root that was measured needs under a million; a loop in a
/// loop over `range()` needs more than any machine has.
const STEPS_MAX: u64 = 20_000_000;

const TOO_MANY_STEPS: &str = "the evaluation takes too many steps";

/// How deep expressions and the references between them may nest. The thread that evaluates has a stack for it.
const DEPTH_MAX: u32 = 1_500;

/// How many values one local, variable or output may be made of: references to references double without end.
const WEIGHT_MAX: u64 = 500_000;

/// How deep a value may nest; rules and reports walk it recursively.
const HEIGHT_MAX: usize = 100;

/// Everything that was parsed of a scan.
#[derive(Default)]
pub(super) struct Project {
    /// By folder.
    pub(super) modules: BTreeMap<Text, Module>,
    /// By root folder: where `terraform init` put the module with a dotted path of call names.
    pub(super) installed: BTreeMap<Text, BTreeMap<String, Text>>,
    /// By path: whatever was read, for the functions that read files.
    pub(super) files: BTreeMap<Text, Arc<[u8]>>,
}

/// A module as called once.
pub(super) struct Instance<'p> {
    /// Its place in [`Evaluator::instances`].
    pub(super) number: usize,
    /// Empty for the root, else `module.net["a"]`.
    pub(super) address: String,
    /// The names of the calls on the way, joined by dots: the key of `modules.json`.
    pub(super) path: String,
    pub(super) folder: &'p Text,
    pub(super) module: &'p Module,
    pub(super) inputs: Inputs<'p>,
    /// The outermost module call on the way whose `count` or `for_each` is unknown: all below it may not exist.
    pub(super) doubtful: Option<String>,
    pub(super) variables: Cache,
    pub(super) locals: Cache,
    pub(super) outputs: Cache,
    pub(super) resources: RefCell<BTreeMap<Text, Option<Rc<Set<'p>>>>>,
    pub(super) calls: RefCell<BTreeMap<Text, Option<Rc<Set<'p>>>>>,
}

/// Where the variables of an instance get their values.
pub(super) enum Inputs<'p> {
    /// Assignments of variable files; later ones win.
    Root(BTreeMap<&'p str, &'p Node>),
    Call {
        caller: usize,
        body: &'p Body,
        each: Each,
    },
}

pub(super) type Cache = RefCell<BTreeMap<Text, Cached>>;

#[derive(Clone)]
pub(super) enum Cached {
    /// Being worked out: whoever asks again stands in a circle.
    Pending,
    Ready(Rc<Value>),
}

/// What a `resource`, `data` or `module` block becomes.
pub(super) struct Set<'p> {
    pub(super) shape: Shape,
    pub(super) members: Vec<Member<'p>>,
}

pub(super) enum Shape {
    Single,
    Count,
    Each,
    /// One member stands for all of them.
    Unknown(Unknown),
}

pub(super) struct Member<'p> {
    pub(super) key: Key,
    pub(super) each: Each,
    /// The instance's address from the root.
    pub(super) address: String,
    pub(super) target: Target<'p>,
}

pub(super) enum Target<'p> {
    Resource { declared: &'p Declared, instance: usize, values: RefCell<Option<Cached>> },
    Module(Rc<Instance<'p>>),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    None,
    Index(i64),
    Name(Text),
    Unknown,
}

/// What `each` and `count` stand for.
#[derive(Clone, Debug)]
pub(super) enum Each {
    None,
    Count(Value),
    Pair { key: Value, value: Value },
}

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s, 'p> {
    pub(super) instance: &'s Instance<'p>,
    pub(super) each: &'s Each,
    pub(super) names: Option<&'s Frame<'s>>,
}

/// A `for` variable or the iterator of a dynamic block, and those around it.
pub(super) struct Frame<'s> {
    pub(super) name: &'s str,
    pub(super) value: &'s Value,
    pub(super) outer: Option<&'s Self>,
}

/// How a value is called where something is wrong with it.
pub(super) struct Shown<'s> {
    pub(super) name: &'s dyn Fn() -> String,
    pub(super) origin: Option<&'s Origin>,
}

/// The expression cannot have a value: `try` goes on, all else gives up.
#[derive(Debug)]
pub(super) struct Fault(pub(super) String);

pub(super) type Outcome = Result<Value, Fault>;

/// Evaluates one root.
pub(super) struct Evaluator<'p> {
    pub(super) project: &'p Project,
    pub(super) root: &'p Text,
    instances: RefCell<Vec<Rc<Instance<'p>>>>,
    problems: RefCell<Vec<Problem>>,
    seen: RefCell<BTreeSet<(Origin, String)>>,
    /// Folders of all modules that the root is made of.
    pub(super) folders: RefCell<BTreeSet<&'p Text>>,
    steps: Cell<u64>,
    depth: Cell<u32>,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Name(name) => write!(f, "[{}]", serde_json::Value::from(name.as_ref())),
            Self::Unknown => f.write_str("[?]"),
        }
    }
}

impl<'p> Evaluator<'p> {
    pub(super) fn new(project: &'p Project, root: &'p Text) -> Self {
        Self {
            project,
            root,
            instances: RefCell::default(),
            problems: RefCell::default(),
            seen: RefCell::default(),
            folders: RefCell::default(),
            steps: Cell::new(0),
            depth: Cell::new(0),
        }
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        if self.steps.get() >= STEPS_MAX {
            let cause =
                format!("more than {STEPS_MAX} steps of evaluation: what is left is unknown; scan a plan instead");
            let hides = Some(Hidden { platform: None, root: Some(self.root.clone()), ..Hidden::default() });
            problems.push(Problem { origin: Origin::file(self.root.clone()), cause, hides });
        }
        problems
    }

    /// Something that keeps resources of this root from sight.
    pub(super) fn hides(&self, origin: &Origin, cause: String, platform: Option<Platform>) {
        let hides = Some(Hidden { platform, root: Some(self.root.clone()), ..Hidden::default() });
        self.problem(Problem { origin: origin.clone(), cause, hides });
    }

    /// Each problem once: several instances of a module have the same.
    pub(super) fn problem(&self, problem: Problem) {
        if self.seen.borrow_mut().insert((problem.origin.clone(), problem.cause.clone())) {
            self.problems.borrow_mut().push(problem);
        }
    }

    pub(super) fn instance(
        &self,
        folder: &'p Text,
        module: &'p Module,
        (address, path): (String, String),
        inputs: Inputs<'p>,
        doubtful: Option<String>,
    ) -> Rc<Instance<'p>> {
        self.folders.borrow_mut().insert(folder);
        let mut instances = self.instances.borrow_mut();
        let instance = Rc::new(Instance {
            number: instances.len(),
            address,
            path,
            folder,
            module,
            inputs,
            doubtful,
            variables: Cache::default(),
            locals: Cache::default(),
            outputs: Cache::default(),
            resources: RefCell::default(),
            calls: RefCell::default(),
        });
        instances.push(Rc::clone(&instance));
        instance
    }

    pub(super) fn caller(&self, number: usize) -> Option<Rc<Instance<'p>>> {
        self.instances.borrow().get(number).cloned()
    }

    /// Pays for work; the answer is why there is nothing left to pay with.
    pub(super) fn pay(&self, steps: u64) -> Result<(), Value> {
        let paid = self.steps.get().saturating_add(steps);
        self.steps.set(paid);
        if paid > STEPS_MAX { Err(Value::unknown(TOO_MANY_STEPS)) } else { Ok(()) }
    }

    /// A copy, paid for by its size.
    pub(super) fn copy(&self, value: &Value) -> Value {
        match self.pay(weight(value)) {
            Ok(()) => value.clone(),
            Err(unknown) => unknown,
        }
    }

    /// Runs one level deeper, or not at all where that is too deep.
    pub(super) fn deeper(&self, run: impl FnOnce() -> Outcome) -> Outcome {
        if let Err(unknown) = self.pay(1) {
            return Ok(unknown);
        }
        let depth = self.depth.get();
        if depth >= DEPTH_MAX {
            return Ok(Value::unknown("expressions refer to each other too deeply"));
        }
        self.depth.set(depth + 1);
        let outcome = run();
        self.depth.set(depth);
        outcome
    }

    /// What stands under a name, worked out once. Whoever asks while it is worked out gets an unknown and a problem.
    pub(super) fn cached(
        &self,
        cache: &Cache,
        name: &str,
        shown: Shown<'_>,
        work_out: impl FnOnce() -> Outcome,
    ) -> Rc<Value> {
        match cache.borrow().get(name) {
            Some(Cached::Ready(value)) => return Rc::clone(value),
            Some(Cached::Pending) => return Rc::new(self.circle(&(shown.name)(), shown.origin)),
            None => {}
        }
        let name: Text = name.into();
        cache.borrow_mut().insert(name.clone(), Cached::Pending);
        let mut value = self.settled(self.deeper(work_out));
        placeless(&mut value);
        if weight(&value) > WEIGHT_MAX {
            value = Value::unknown(format!("{} is larger than {WEIGHT_MAX} values", (shown.name)()));
        } else if unknown::height(&value) > HEIGHT_MAX {
            value = Value::unknown(format!("{} is nested deeper than {HEIGHT_MAX} levels", (shown.name)()));
        }
        let value = Rc::new(value);
        cache.borrow_mut().insert(name, Cached::Ready(Rc::clone(&value)));
        value
    }

    pub(super) fn circle(&self, shown: &str, origin: Option<&Origin>) -> Value {
        let cause = format!("{shown} refers to itself: break the circle");
        let origin = origin.cloned().unwrap_or_else(|| Origin::file(self.root.clone()));
        self.problem(Problem::remark(origin, cause));
        Value::unknown(format!("{shown} refers to itself"))
    }

    /// A fault is an unknown for whoever cannot go on without the value.
    #[expect(clippy::unused_self, reason = "reads as the other steps of evaluation do")]
    pub(super) fn settled(&self, outcome: Outcome) -> Value {
        outcome.unwrap_or_else(|Fault(why)| Value::unknown(why))
    }

    pub(super) fn variable(&self, instance: &Instance<'p>, name: &str) -> Result<Rc<Value>, Fault> {
        let Some(variable) = instance.module.variables.get(name) else {
            return Err(Fault(format!("there is no variable `{name}`")));
        };
        let shown = || format!("var.{name}");
        Ok(self.cached(&instance.variables, name, Shown { name: &shown, origin: None }, || {
            let nowhere = Scope { instance, each: &Each::None, names: None };
            let default = || match &variable.default {
                Some(node) => self.value(node, nowhere),
                None => Ok(Value::unknown(format!("{} has no value", shown()))),
            };
            let given = match &instance.inputs {
                Inputs::Root(values) => values.get(name).map(|node| self.value(node, nowhere)),
                Inputs::Call { body, .. } if self.pay(body.attributes.len() as u64 / 8).is_err() => {
                    Some(Ok(Value::unknown(TOO_MANY_STEPS)))
                }
                Inputs::Call { caller, body, each } => body.attribute(name).and_then(|attribute| {
                    let caller = self.caller(*caller)?;
                    Some(self.value(&attribute.value, Scope { instance: &caller, each, names: None }))
                }),
            };
            let value = match given.transpose()? {
                None => default()?,
                Some(Value::Null) if !variable.nullable => default()?,
                Some(value) => value,
            };
            let kind = variable.kind.as_ref().map_or(types::Type::Any, types::constraint);
            let value = types::convert(value, &kind, &|node| self.settled(self.value(node, nowhere)))
                .map_err(|why| Fault(format!("{} is not of its type: {why}", shown())))?;
            Ok(if variable.sensitive { masked(&value, &shown()) } else { value })
        }))
    }

    pub(super) fn local(&self, instance: &Instance<'p>, name: &str) -> Result<Rc<Value>, Fault> {
        let Some(local) = instance.module.locals.get(name) else {
            return Err(Fault(format!("there is no local `{name}`")));
        };
        let scope = Scope { instance, each: &Each::None, names: None };
        let shown = Shown { name: &|| format!("local.{name}"), origin: Some(&local.origin) };
        Ok(self.cached(&instance.locals, name, shown, || self.value(&local.value, scope)))
    }

    pub(super) fn output(&self, instance: &Instance<'p>, name: &str) -> Result<Rc<Value>, Fault> {
        let shown = || format!("{}.{name}", instance.address);
        let Some(output) = instance.module.outputs.get(name) else {
            return Err(Fault(format!("there is no output `{}`", shown())));
        };
        let scope = Scope { instance, each: &Each::None, names: None };
        Ok(self.cached(&instance.outputs, name, Shown { name: &shown, origin: None }, || {
            let value = self.value(&output.value, scope)?;
            Ok(if output.sensitive { masked(&value, &shown()) } else { value })
        }))
    }

    /// The module block that a call's instances have in common.
    pub(super) fn call_of(&self, instance: &Instance<'p>, name: &str) -> Option<&'p ModuleCall> {
        instance.module.calls.get(name)
    }
}

/// Marked sensitive: nobody may see it. What it is taken from is no secret.
pub(super) fn masked(value: &Value, shown: &str) -> Value {
    if *value == Value::Null {
        return Value::Null;
    }
    let taken = unknown::merged([value]).unwrap_or_default();
    Value::Unknown(Box::new(Unknown { why: format!("{shown} is sensitive"), ..taken }))
}
