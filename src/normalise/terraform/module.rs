//! The files of one folder put together: what a Terraform module declares.
use super::syntax::{Attribute, Block, Body, Expression, KeyName, Node};
use crate::model::{Mark, Origin, Problem, Text, Value};
use std::collections::{BTreeMap, BTreeSet};

/// One folder's configuration.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) variables: BTreeMap<Text, Variable>,
    pub(super) locals: BTreeMap<Text, Local>,
    pub(super) outputs: BTreeMap<Text, Output>,
    pub(super) calls: BTreeMap<Text, ModuleCall>,
    /// By `type.name` or `data.type.name`; more than one where it is declared twice.
    pub(super) resources: BTreeMap<Text, Vec<Declared>>,
    /// Providers by local name.
    pub(super) requirements: BTreeMap<Text, Requirement>,
    /// A file of the folder could not be read: what seems to be missing may be in it.
    pub(super) broken: bool,
}

#[derive(Debug)]
pub(super) struct Local {
    pub(super) origin: Origin,
    pub(super) value: Node,
}

#[derive(Debug)]
pub(super) struct Variable {
    pub(super) default: Option<Node>,
    pub(super) kind: Option<Node>,
    pub(super) sensitive: bool,
    /// `nullable = false`: null means the default.
    pub(super) nullable: bool,
}

#[derive(Debug)]
pub(super) struct Output {
    pub(super) value: Node,
    pub(super) sensitive: bool,
}

/// A `module` block.
#[derive(Debug)]
pub(super) struct ModuleCall {
    pub(super) origin: Origin,
    /// `None` = not a literal text.
    pub(super) source: Option<Text>,
    pub(super) body: Body,
}

/// A `resource` or `data` block.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) data: bool,
    pub(super) kind: Text,
    pub(super) name: Text,
    pub(super) origin: Origin,
    pub(super) body: Body,
}

/// What `required_providers` says of one provider.
#[derive(Debug, Default)]
pub(super) struct Requirement {
    /// `hashicorp/azurerm`; `None` = by its local name.
    pub(super) source: Option<Text>,
    pub(super) version: Option<Text>,
}

/// One file of configuration, as read.
pub(super) struct File {
    pub(super) path: Text,
    pub(super) body: Body,
}

impl Declared {
    /// The address inside its module, without an instance.
    pub(super) fn address(&self) -> String {
        if self.data { format!("data.{}.{}", self.kind, self.name) } else { format!("{}.{}", self.kind, self.name) }
    }
}

/// Whether a file changes what others declare (Terraform, "Override files").
pub(super) fn is_override(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.strip_suffix(".json").unwrap_or(name);
    let stem = stem.strip_suffix(".tf").or_else(|| stem.strip_suffix(".tofu")).unwrap_or(stem);
    stem == "override" || stem.ends_with("_override")
}

/// Puts files together: overrides last, each in order of path.
pub(super) fn module(mut files: Vec<File>, broken: bool, problems: &mut Vec<Problem>) -> Module {
    files.sort_by(|a, b| (is_override(&a.path), &a.path).cmp(&(is_override(&b.path), &b.path)));
    let mut module = Module { broken, ..Module::default() };
    for file in files {
        let overrides = is_override(&file.path);
        for block in file.body.blocks {
            let origin = Origin::at(file.path.clone(), block.at.line, block.at.column);
            module.add(block, origin, overrides, problems);
        }
    }
    module
}

impl Module {
    fn add(&mut self, block: Block, origin: Origin, overrides: bool, problems: &mut Vec<Problem>) {
        let Block { kind, labels, body, .. } = block;
        let taken = match (kind.as_ref(), labels.as_slice()) {
            ("resource" | "ephemeral", [kind, name]) => {
                self.add_resource(false, (kind, name), origin.clone(), body, overrides);
                return;
            }
            ("data", [kind, name]) => {
                self.add_resource(true, (kind, name), origin.clone(), body, overrides);
                return;
            }
            ("variable", [name]) => self.add_variable(name, body, overrides),
            ("output", [name]) => self.add_output(name, body, overrides),
            ("module", [name]) => self.add_call(name, body, &origin, overrides),
            ("locals", []) => {
                let mut taken = false;
                for attribute in body.attributes {
                    let origin = Origin::at(origin.path().clone(), attribute.at.line, attribute.at.column);
                    let name = attribute.name.clone();
                    let local = Local { origin, value: attribute.value };
                    if self.locals.insert(attribute.name, local).is_some() && !overrides {
                        taken = true;
                        if let Some(local) = self.locals.get_mut(&name) {
                            local.value = twice("local", &name);
                        }
                    }
                }
                taken
            }
            ("terraform", []) => {
                body.blocks.into_iter().filter(|block| block.kind.as_ref() == "required_providers").for_each(|block| {
                    self.require(block.body);
                });
                false
            }
            // Nothing that a rule could see: `moved`, `import`, `removed`, `check`, and provider settings, whose
            // `version` is long deprecated.
            _ => false,
        };
        if taken {
            let name = labels.first().map_or("", AsRef::as_ref);
            let cause = format!("{kind} `{name}` is declared twice in this module: remove one of the two");
            // A call that is lost hides resources; of the others, the value is unknown.
            problems.push(match kind.as_ref() {
                "module" => Problem::new(origin, cause),
                _ => Problem::remark(origin, cause),
            });
        }
    }

    fn add_resource(&mut self, data: bool, (kind, name): (&Text, &Text), origin: Origin, body: Body, overrides: bool) {
        let declared = Declared { data, kind: kind.clone(), name: name.clone(), origin, body };
        let all = self.resources.entry(declared.address().into()).or_default();
        match all.first_mut() {
            Some(first) if overrides => lay_over(&mut first.body, declared.body),
            _ => all.push(declared),
        }
    }

    fn add_variable(&mut self, name: &Text, body: Body, overrides: bool) -> bool {
        let (mut default, mut kind) = (None, None);
        let (sensitive, nullable) = (body.is_true("sensitive"), !is_false(&body, "nullable"));
        for attribute in body.attributes {
            match attribute.name.as_ref() {
                "default" => default = Some(attribute.value),
                "type" => kind = Some(attribute.value),
                _ => {}
            }
        }
        let new = Variable { default, kind, sensitive, nullable };
        match self.variables.get_mut(name) {
            Some(old) if overrides => {
                old.default = new.default.or(old.default.take());
                old.kind = new.kind.or(old.kind.take());
                old.sensitive |= new.sensitive;
                false
            }
            Some(old) => {
                old.default = Some(twice("variable", name));
                true
            }
            None => self.variables.insert(name.clone(), new).is_some(),
        }
    }

    fn add_output(&mut self, name: &Text, body: Body, overrides: bool) -> bool {
        let sensitive = body.is_true("sensitive");
        let value = body
            .attributes
            .into_iter()
            .find(|attribute| attribute.name.as_ref() == "value")
            .map_or_else(|| Node::literal(Mark::default(), Value::Null), |attribute| attribute.value);
        match self.outputs.get_mut(name).filter(|_| !overrides) {
            Some(old) => {
                old.value = twice("output", name);
                true
            }
            None => {
                self.outputs.insert(name.clone(), Output { value, sensitive });
                false
            }
        }
    }

    fn add_call(&mut self, name: &Text, body: Body, origin: &Origin, overrides: bool) -> bool {
        let source = body.literal_text("source").cloned();
        match self.calls.get_mut(name) {
            Some(old) if overrides => {
                old.source = source.or(old.source.take());
                lay_over(&mut old.body, body);
                false
            }
            _ => self.calls.insert(name.clone(), ModuleCall { origin: origin.clone(), source, body }).is_some(),
        }
    }

    /// HCL writes each provider as an object, JSON configuration reads as a block.
    fn require(&mut self, body: Body) {
        for Attribute { name, value, .. } in body.attributes {
            let requirement = match value.expression {
                // `azurerm = "~> 3.0"`, the form of Terraform 0.12.
                Expression::Literal(Value::Text(version)) => Requirement { source: None, version: Some(version) },
                Expression::Object(entries) => {
                    let text = |wanted: &str| {
                        entries.iter().find_map(|(key, node)| match &key.name {
                            KeyName::Plain(name) if name.as_ref() == wanted => node.literal_text().cloned(),
                            _ => None,
                        })
                    };
                    Requirement { source: text("source"), version: text("version") }
                }
                _ => Requirement::default(),
            };
            self.requirements.insert(name, requirement);
        }
        for block in body.blocks {
            let text = |name| block.body.literal_text(name).cloned();
            self.requirements
                .insert(block.kind.clone(), Requirement { source: text("source"), version: text("version") });
        }
    }
}

/// Two declarations of one value: nobody can tell which one holds.
fn twice(kind: &str, name: &str) -> Node {
    Node::literal(Mark::default(), Value::unknown(format!("the {kind} `{name}` is declared twice")))
}

fn is_false(body: &Body, name: &str) -> bool {
    body.attribute(name)
        .is_some_and(|attribute| matches!(attribute.value.expression, Expression::Literal(Value::Bool(false))))
}

/// Attributes are replaced one by one, nested blocks by their kind.
fn lay_over(base: &mut Body, over: Body) {
    let places: BTreeMap<Text, usize> =
        base.attributes.iter().enumerate().map(|(at, attribute)| (attribute.name.clone(), at)).collect();
    for mut attribute in over.attributes {
        // It stands in another file.
        attribute.at = Mark::default();
        match places.get(&attribute.name).and_then(|at| base.attributes.get_mut(*at)) {
            Some(old) => *old = attribute,
            None => base.attributes.push(attribute),
        }
    }
    let kinds: BTreeSet<&str> = over.blocks.iter().map(kind_of).collect();
    base.blocks.retain(|old| !kinds.contains(kind_of(old)));
    base.blocks.extend(over.blocks.into_iter().map(|block| Block { at: Mark::default(), ..block }));
}

fn kind_of(block: &Block) -> &str {
    match (block.kind.as_ref(), block.labels.first()) {
        ("dynamic", Some(label)) => label,
        (kind, _) => kind,
    }
}
