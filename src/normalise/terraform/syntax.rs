//! Configuration as written, from HCL and from JSON alike: what `parse` and `json` make and everyone else reads.
use crate::model::{Mark, Text, Value};

/// An expression and the place it starts at.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: Mark,
    pub(super) expression: Expression,
}

#[derive(Clone, Debug)]
pub(super) enum Expression {
    Literal(Value),
    Template(Vec<Part>),
    List(Vec<Node>),
    Object(Vec<(Key, Node)>),
    /// A name and what is looked up in it: `var.a`, `azurerm_subnet.a[0].id`, a `for` variable.
    Reference(Text, Vec<Access>),
    /// Something else and what is looked up in it: `f(x).a`.
    Lookup(Box<Node>, Vec<Access>),
    Conditional(Box<[Node; 3]>),
    Call(Box<Call>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Binary(Operator, Box<[Node; 2]>),
    For(Box<For>),
}

/// A piece of a template.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Text(Text),
    Value(Node),
    If { condition: Node, then: Vec<Self>, otherwise: Vec<Self> },
    For { key: Option<Text>, value: Text, collection: Node, parts: Vec<Self> },
}

#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) at: Mark,
    pub(super) name: KeyName,
}

#[derive(Clone, Debug)]
pub(super) enum KeyName {
    Plain(Text),
    Computed(Node),
}

#[derive(Clone, Debug)]
pub(super) enum Access {
    Name(Text),
    Index(Node),
    /// `[*]`: all that follows applies to each element.
    Splat,
    /// `.*`: only the names that follow apply to each element.
    NameSplat,
}

#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) name: Text,
    pub(super) arguments: Vec<Node>,
    /// The last argument is a list that is spread over the rest: `f(xs...)`.
    pub(super) spread: bool,
}

#[derive(Clone, Debug)]
pub(super) struct For {
    pub(super) key: Option<Text>,
    pub(super) value: Text,
    pub(super) collection: Node,
    /// Set where an object is built.
    pub(super) result_key: Option<Node>,
    pub(super) result: Node,
    /// `...`: values of equal keys become lists.
    pub(super) grouping: bool,
    pub(super) condition: Option<Node>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    And,
    Or,
}

/// What stands between two braces, or a whole file.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    pub(super) attributes: Vec<Attribute>,
    pub(super) blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
pub(super) struct Attribute {
    pub(super) name: Text,
    pub(super) at: Mark,
    pub(super) value: Node,
}

#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) kind: Text,
    pub(super) at: Mark,
    pub(super) labels: Vec<Text>,
    pub(super) body: Body,
}

impl Body {
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name.as_ref() == name)
    }

    /// The text of an attribute that is a plain literal.
    pub(super) fn literal_text(&self, name: &str) -> Option<&Text> {
        self.attribute(name).and_then(|attribute| attribute.value.literal_text())
    }

    /// Whether an attribute is the literal `true`.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.attribute(name)
            .is_some_and(|attribute| matches!(&attribute.value.expression, Expression::Literal(Value::Bool(true))))
    }
}

impl Node {
    pub(super) fn literal(at: Mark, value: Value) -> Self {
        Self { at, expression: Expression::Literal(value) }
    }

    pub(super) fn literal_text(&self) -> Option<&Text> {
        match &self.expression {
            Expression::Literal(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A bare name, as type constraints and old configuration use them.
    pub(super) fn name(&self) -> Option<&Text> {
        match &self.expression {
            Expression::Reference(name, steps) if steps.is_empty() => Some(name),
            _ => None,
        }
    }
}
