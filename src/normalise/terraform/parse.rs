//! HCL text to [`Body`]: the only file that names the parser.
use super::syntax::{Access, Attribute, Block, Body, Call, Expression, For, Key, KeyName, Node, Operator, Part};
use crate::model::{Mark, Number, Text, Value};
use hcl_edit::{
    Number as HclNumber, Span,
    expr::{BinaryOperator, Expression as Hcl, ObjectKey, Traversal, TraversalOperator, UnaryOperator},
    structure::{Body as HclBody, Structure},
    template::{Directive, Element, Strip, Template},
};

/// Columns are counted in characters up to here, in bytes beyond: one endless line must not cost its square.
const COLUMN_EXACT_MAX: usize = 2_000;

/// What is wrong with a text, and where.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub(super) at: Mark,
    pub(super) cause: String,
}

/// Assignments that one top-level block may hold: the parser compares each key of an object with all before it, and a
/// hundred thousand would take minutes. No block of a person comes near.
const BLOCK_ASSIGNMENTS_MAX: usize = 10_000;

/// Reads a whole file.
///
/// # Errors
/// The first thing that is not HCL; the parser does not go on after it.
pub(super) fn body(text: &str) -> Result<Body, SyntaxError> {
    if let Some(line) = overfull(text) {
        let cause = format!("the block has more than {BLOCK_ASSIGNMENTS_MAX} assignments: split it");
        return Err(SyntaxError { at: Mark { line, column: 1 }, cause });
    }
    let parsed = hcl_edit::parser::parse_body(text).map_err(|error| syntax_error(&error))?;
    Ok(Reader::new(text).body(&parsed))
}

/// Reads a string of JSON configuration, which is a template.
///
/// # Errors
/// As [`body`]; the place is inside the string.
pub(super) fn template(text: &str) -> Result<Node, SyntaxError> {
    let parsed = hcl_edit::parser::parse_template(text).map_err(|error| syntax_error(&error))?;
    Ok(Reader::without_places().template_node(&parsed, Mark::default(), Trim::All))
}

/// Reads a file that is a template: `~` reaches to the end of a line, as in a heredoc.
///
/// # Errors
/// As [`body`].
pub(super) fn template_file(text: &str) -> Result<Node, SyntaxError> {
    if text.bytes().filter(|byte| matches!(byte, b'=' | b':')).count() > BLOCK_ASSIGNMENTS_MAX {
        let cause = format!("the template has more than {BLOCK_ASSIGNMENTS_MAX} assignments");
        return Err(SyntaxError { at: Mark { line: 1, column: 1 }, cause });
    }
    let parsed = hcl_edit::parser::parse_template(text).map_err(|error| syntax_error(&error))?;
    Ok(Reader::without_places().template_node(&parsed, Mark::default(), Trim::Line))
}

/// The line at which a top-level block has too many assignments. Such a block starts with its name in the first column,
/// which no line of an object can: only the text of a heredoc or a comment could look the same, and is passed over.
fn overfull(text: &str) -> Option<u32> {
    let mut count = 0;
    let mut heredoc: Option<&str> = None;
    let mut comment = false;
    for (at, line) in text.lines().enumerate() {
        count += line.bytes().filter(|byte| matches!(byte, b'=' | b':')).count();
        match heredoc {
            Some(end) if line.trim() == end => heredoc = None,
            Some(_) => {}
            None if comment => comment = !line.contains("*/"),
            None if opens_comment(line) => comment = true,
            None if line.ends_with('{')
                && line.starts_with(|c: char| c.is_ascii_alphabetic())
                && !line.contains('=') =>
            {
                count = 0;
            }
            None => {
                let end = line.rsplit_once("<<").map(|(_, end)| end.trim_start_matches('-').trim());
                heredoc = end.filter(|end| !end.is_empty() && end.chars().all(|c| c.is_alphanumeric() || c == '_'));
            }
        }
        if count > BLOCK_ASSIGNMENTS_MAX {
            return u32::try_from(at + 1).ok();
        }
    }
    None
}

/// Whether a comment starts in a line and goes on after it; `/*` inside quotes is none.
fn opens_comment(line: &str) -> bool {
    let Some((before, after)) = line.rsplit_once("/*") else { return false };
    !after.contains("*/") && before.replace("\\\"", "").matches('"').count() % 2 == 0
}

fn syntax_error(error: &hcl_edit::parser::Error) -> SyntaxError {
    let place = error.location();
    let at = Mark {
        line: u32::try_from(place.line()).unwrap_or(u32::MAX),
        column: u32::try_from(place.column()).unwrap_or(u32::MAX),
    };
    SyntaxError { at, cause: error.message().to_owned() }
}

/// How far a `~` reaches: in a quoted template over all white space, in a heredoc over that of one line
/// (each line is a piece of its own to HCL).
#[derive(Clone, Copy)]
enum Trim {
    All,
    Line,
}

impl Trim {
    fn start(self, text: &str) -> &str {
        let end = match self {
            Self::All => text.len(),
            Self::Line => text.find('\n').map_or(text.len(), |end| end + 1),
        };
        let kept = text.get(..end).map_or(0, |line| line.trim_start().len());
        text.get(end - kept..).unwrap_or(text)
    }

    fn end(self, text: &str) -> &str {
        let start = match self {
            Self::All => 0,
            Self::Line => text.strip_suffix('\n').unwrap_or(text).rfind('\n').map_or(0, |end| end + 1),
        };
        let kept = text.get(start..).map_or(0, |line| line.trim_end().len());
        text.get(..start + kept).unwrap_or(text)
    }
}

/// Turns offsets into places while it copies the tree.
struct Reader<'t> {
    text: &'t str,
    /// Offsets at which lines start.
    lines: Vec<usize>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, lines }
    }

    fn without_places() -> Self {
        Self { text: "", lines: Vec::new() }
    }

    fn mark(&self, spanned: &impl Span) -> Mark {
        let Some(span) = spanned.span() else { return Mark::default() };
        let line = self.lines.partition_point(|start| *start <= span.start);
        let Some(start) = line.checked_sub(1).and_then(|at| self.lines.get(at)) else { return Mark::default() };
        let before = span.start - start;
        let column = match self.text.get(*start..span.start) {
            Some(text) if before <= COLUMN_EXACT_MAX => text.chars().count(),
            _ => before,
        };
        Mark { line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column + 1).unwrap_or(u32::MAX) }
    }

    fn body(&self, body: &HclBody) -> Body {
        let mut read = Body::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => read.attributes.push(Attribute {
                    name: attribute.key.as_str().into(),
                    at: self.mark(&attribute.key),
                    value: self.node(&attribute.value),
                }),
                Structure::Block(block) => read.blocks.push(Block {
                    kind: block.ident.as_str().into(),
                    at: self.mark(&block.ident),
                    labels: block.labels.iter().map(|label| label.as_str().into()).collect(),
                    body: self.body(&block.body),
                }),
            }
        }
        read
    }

    fn boxed(&self, expression: &Hcl) -> Box<Node> {
        Box::new(self.node(expression))
    }

    fn node(&self, expression: &Hcl) -> Node {
        let at = self.mark(expression);
        let read = match expression {
            Hcl::Null(_) => Expression::Literal(Value::Null),
            Hcl::Bool(bool) => Expression::Literal(Value::Bool(*bool.value())),
            Hcl::Number(number) => Expression::Literal(number_value(number.value())),
            Hcl::String(text) => Expression::Literal(Value::from(text.value().as_str())),
            Hcl::Array(items) => Expression::List(items.iter().map(|item| self.node(item)).collect()),
            Hcl::Object(object) => {
                Expression::Object(object.iter().map(|(key, value)| (self.key(key), self.node(value.expr()))).collect())
            }
            Hcl::StringTemplate(template) => return self.template_node(template, at, Trim::All),
            Hcl::HeredocTemplate(heredoc) => return self.template_node(&heredoc.template, at, Trim::Line),
            Hcl::Parenthesis(inner) => return self.node(inner.inner()),
            Hcl::Variable(name) => Expression::Reference(name.as_str().into(), Vec::new()),
            Hcl::Conditional(c) => Expression::Conditional(Box::new([
                self.node(&c.cond_expr),
                self.node(&c.true_expr),
                self.node(&c.false_expr),
            ])),
            Hcl::FuncCall(call) => Expression::Call(Box::new(Call {
                name: function_name(&call.name),
                arguments: call.args.iter().map(|argument| self.node(argument)).collect(),
                spread: call.args.expand_final(),
            })),
            Hcl::Traversal(traversal) => self.traversal(traversal),
            Hcl::UnaryOp(op) => match op.operator.value() {
                UnaryOperator::Not => Expression::Not(self.boxed(&op.expr)),
                UnaryOperator::Neg => Expression::Negate(self.boxed(&op.expr)),
            },
            Hcl::BinaryOp(op) => Expression::Binary(
                operator(*op.operator.value()),
                Box::new([self.node(&op.lhs_expr), self.node(&op.rhs_expr)]),
            ),
            Hcl::ForExpr(each) => Expression::For(Box::new(For {
                key: each.intro.key_var.as_ref().map(|name| name.as_str().into()),
                value: each.intro.value_var.as_str().into(),
                collection: self.node(&each.intro.collection_expr),
                result_key: each.key_expr.as_ref().map(|key| self.node(key)),
                result: self.node(&each.value_expr),
                grouping: each.grouping,
                condition: each.cond.as_ref().map(|condition| self.node(&condition.expr)),
            })),
        };
        Node { at, expression: read }
    }

    fn key(&self, key: &ObjectKey) -> Key {
        match key {
            ObjectKey::Ident(name) => Key { at: self.mark(name), name: KeyName::Plain(name.as_str().into()) },
            ObjectKey::Expression(Hcl::String(text)) => {
                Key { at: self.mark(text), name: KeyName::Plain(text.value().as_str().into()) }
            }
            // A bare name is its own text, as an identifier is.
            ObjectKey::Expression(Hcl::Variable(name)) => {
                Key { at: self.mark(name), name: KeyName::Plain(name.as_str().into()) }
            }
            ObjectKey::Expression(expression) => {
                let node = self.node(expression);
                Key { at: node.at, name: KeyName::Computed(node) }
            }
        }
    }

    fn traversal(&self, traversal: &Traversal) -> Expression {
        let steps = traversal
            .operators
            .iter()
            .map(|operator| match operator.value() {
                TraversalOperator::AttrSplat(_) => Access::NameSplat,
                TraversalOperator::FullSplat(_) => Access::Splat,
                TraversalOperator::GetAttr(name) => Access::Name(name.as_str().into()),
                TraversalOperator::Index(index) => Access::Index(self.node(index)),
                TraversalOperator::LegacyIndex(index) => {
                    let index = i64::try_from(*index.value()).unwrap_or(i64::MAX);
                    Access::Index(Node::literal(Mark::default(), index.into()))
                }
            })
            .collect();
        match self.node(&traversal.expr) {
            Node { expression: Expression::Reference(name, first), .. } if first.is_empty() => {
                Expression::Reference(name, steps)
            }
            inner => Expression::Lookup(Box::new(inner), steps),
        }
    }

    /// A template that is nothing but one value is that value, whatever its type.
    fn template_node(&self, template: &Template, at: Mark, trim: Trim) -> Node {
        let mut parts = self.parts(template, (false, false), trim);
        let expression = match (parts.len(), parts.pop()) {
            (1, Some(Part::Value(node))) => return Node { at, ..node },
            (1, Some(Part::Text(text))) => Expression::Literal(Value::Text(text)),
            (_, None) => Expression::Literal(Value::from("")),
            (_, Some(last)) => {
                parts.push(last);
                Expression::Template(parts)
            }
        };
        Node { at, expression }
    }

    /// `trim_start` and `trim_end`: a `~` of the surrounding directive reaches in.
    fn parts(&self, template: &Template, (trim_start, trim_end): (bool, bool), trim: Trim) -> Vec<Part> {
        let elements: Vec<&Element> = template.iter().collect();
        let mut parts = Vec::with_capacity(elements.len());
        for (at, element) in elements.iter().enumerate() {
            match element {
                Element::Literal(text) => {
                    let before = at.checked_sub(1).and_then(|at| elements.get(at));
                    let start = before.map_or(trim_start, |element| outer(element).1);
                    let end = elements.get(at + 1).map_or(trim_end, |element| outer(element).0);
                    let mut text: &str = text;
                    if start {
                        text = trim.start(text);
                    }
                    if end {
                        text = trim.end(text);
                    }
                    if !text.is_empty() {
                        parts.push(Part::Text(text.into()));
                    }
                }
                Element::Interpolation(interpolation) => parts.push(Part::Value(self.node(&interpolation.expr))),
                Element::Directive(directive) => parts.push(self.directive(directive, trim)),
            }
        }
        parts
    }

    fn directive(&self, directive: &Directive, trim: Trim) -> Part {
        match directive {
            Directive::If(choice) => {
                let after = choice.else_expr.as_ref().map_or(choice.endif_expr.strip, |other| other.strip);
                Part::If {
                    condition: self.node(&choice.if_expr.cond_expr),
                    then: self.parts(
                        &choice.if_expr.template,
                        (choice.if_expr.strip.strip_end(), after.strip_start()),
                        trim,
                    ),
                    otherwise: choice.else_expr.as_ref().map_or_else(Vec::new, |other| {
                        let end = choice.endif_expr.strip.strip_start();
                        self.parts(&other.template, (other.strip.strip_end(), end), trim)
                    }),
                }
            }
            Directive::For(each) => {
                let start = each.for_expr.strip.strip_end();
                Part::For {
                    key: each.for_expr.key_var.as_ref().map(|name| name.as_str().into()),
                    value: each.for_expr.value_var.as_str().into(),
                    collection: self.node(&each.for_expr.collection_expr),
                    parts: self.parts(&each.for_expr.template, (start, each.endfor_expr.strip.strip_start()), trim),
                }
            }
        }
    }
}

/// Whether an element strips the text before it, and the text after it.
fn outer(element: &Element) -> (bool, bool) {
    let sides = |first: Strip, last: Strip| (first.strip_start(), last.strip_end());
    match element {
        Element::Literal(_) => (false, false),
        Element::Interpolation(interpolation) => sides(interpolation.strip, interpolation.strip),
        Element::Directive(directive) => match directive.as_ref() {
            Directive::If(choice) => sides(choice.if_expr.strip, choice.endif_expr.strip),
            Directive::For(each) => sides(each.for_expr.strip, each.endfor_expr.strip),
        },
    }
}

/// `provider::azurerm::normalise` keeps its namespace, so that it is no function of ours.
fn function_name(name: &hcl_edit::expr::FuncName) -> Text {
    let mut full: String = name.namespace.iter().map(|part| format!("{}::", part.as_str())).collect();
    full.push_str(name.name.as_str());
    full.strip_prefix("core::").unwrap_or(&full).into()
}

fn number_value(number: &HclNumber) -> Value {
    Value::Number(match (number.as_i64(), number.as_f64()) {
        (Some(int), _) => Number::Int(int),
        (None, Some(float)) => Number::Float(float),
        (None, None) => Number::Float(f64::INFINITY),
    })
}

fn operator(operator: BinaryOperator) -> Operator {
    match operator {
        BinaryOperator::Eq => Operator::Equal,
        BinaryOperator::NotEq => Operator::NotEqual,
        BinaryOperator::LessEq => Operator::LessOrEqual,
        BinaryOperator::GreaterEq => Operator::GreaterOrEqual,
        BinaryOperator::Less => Operator::Less,
        BinaryOperator::Greater => Operator::Greater,
        BinaryOperator::Plus => Operator::Add,
        BinaryOperator::Minus => Operator::Subtract,
        BinaryOperator::Mul => Operator::Multiply,
        BinaryOperator::Div => Operator::Divide,
        BinaryOperator::Mod => Operator::Remainder,
        BinaryOperator::And => Operator::And,
        BinaryOperator::Or => Operator::Or,
    }
}
