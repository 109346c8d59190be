//! Conditions: names resolved, types checked, lowered to the canonical tree.
//!
//! Both spellings meet in the builders of `compare`, so that both give one tree.

mod calls;
mod compare;
mod expr;
pub(crate) mod fields;
mod macros;
mod structured;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use actra_diagnostics::{Code, Diagnostic, Span, codes};
use actra_ir::{Expr, ExprKind};
use actra_model::{Narrowing, Type, TypeKind, Value, limits};
use actra_syntax::ast::{Condition, ConditionKind};

use crate::names::Names;
use fields::FieldScope;

/// An expression with its static type.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    expr: Expr,
    ty: Ty,
}

/// What an expression can be.
#[derive(Debug, Clone)]
pub(crate) enum Ty {
    /// A value of a type.
    Value(TypeRef),
    /// The literal `null`.
    Null,
    /// A read behind `.?` or `[?`, before `orValue`.
    Optional(TypeRef),
}

/// A type, shared where the schema declares it: most expressions are of a plain type, and a whole [`Type`] is large.
#[derive(Debug, Clone)]
pub(crate) enum TypeRef {
    /// Without any narrowing of its own.
    Plain(TypeKind),
    /// As declared.
    Declared(Rc<Type>),
}

impl TypeRef {
    pub(crate) fn kind(&self) -> &TypeKind {
        match self {
            TypeRef::Plain(kind) => kind,
            TypeRef::Declared(ty) => &ty.kind,
        }
    }

    fn narrowing(&self) -> Option<&Narrowing> {
        match self {
            TypeRef::Plain(_) => None,
            TypeRef::Declared(ty) => Some(&ty.narrowing),
        }
    }
}

impl From<Type> for TypeRef {
    fn from(ty: Type) -> Self {
        TypeRef::Declared(Rc::new(ty))
    }
}

/// What a condition reads that may not be there; by place, since places are unique within a rule.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    /// Reads of optional fields and members.
    pub(crate) optional: BTreeSet<Span>,
    /// Look-ups in maps and members of `any`.
    pub(crate) lookups: BTreeSet<Span>,
    /// String operands that may be the empty string.
    pub(crate) maybe_empty: BTreeSet<Span>,
    /// Tests that are written with a negated operator, such as `!=`; another `!` may have taken theirs away.
    pub(crate) negated: BTreeSet<Span>,
    /// Nodes of the canonical tree.
    pub(crate) nodes: usize,
}

/// Checks the conditions of one rule.
pub(crate) struct Checker<'a> {
    scope: FieldScope<'a>,
    names: &'a Names<'a>,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// The bound macro variables; a definition sees none of those before `visible_from`.
    variables: Vec<(Arc<str>, Type)>,
    visible_from: usize,
    depth: usize,
    reads: Reads,
    /// The tree got too large: nothing more is checked, and nothing more is said.
    aborted: bool,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(
        scope: FieldScope<'a>,
        names: &'a Names<'a>,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Self {
            scope,
            names,
            diagnostics,
            variables: Vec::new(),
            visible_from: 0,
            depth: 0,
            reads: Reads::default(),
            aborted: false,
        }
    }

    /// Ends the check of a rule; reports at `place` when its conditions expand to too much.
    pub(crate) fn finish(self, place: Span) -> Reads {
        if self.aborted {
            let message = format!("the condition expands to more than {} nodes", limits::CONDITION_NODES);
            self.diagnostics.push(
                Diagnostic::new(codes::CONDITION_TOO_LARGE, place, message)
                    .help("definitions are expanded where they are used; use fewer of them in each other"),
            );
        }
        self.reads
    }

    /// Checks and lowers a whole condition.
    pub(crate) fn condition(&mut self, condition: &Condition) -> Option<Expr> {
        Some(self.condition_part(condition)?.expr)
    }

    fn condition_part(&mut self, condition: &Condition) -> Option<Typed> {
        self.enter(condition.span)?;
        let typed = match &condition.kind {
            ConditionKind::Expression(expr) => self.boolean(expr),
            ConditionKind::Atom(atom) => self.atom(atom, condition.span),
            ConditionKind::All(parts) => self.group("all", parts, condition.span),
            ConditionKind::Any(parts) => self.group("any", parts, condition.span),
            ConditionKind::Not(part) => {
                self.condition_part(part).map(|typed| self.not(typed, condition.span))
            }
        };
        self.leave();
        typed
    }

    fn group(&mut self, key: &str, parts: &[Condition], span: Span) -> Option<Typed> {
        let parts: Vec<Option<Typed>> = parts.iter().map(|part| self.condition_part(part)).collect();
        let parts: Vec<Typed> = parts.into_iter().collect::<Option<_>>()?;
        Some(if key == "all" { all_of(parts, span) } else { any_of(parts, span) })
    }

    fn not(&mut self, typed: Typed, span: Span) -> Typed {
        if typed.span() == span || is_negated_test(&typed.expr) {
            self.reads.negated.insert(span);
        }
        Typed { expr: negation(typed.expr, span), ..typed }
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        if !self.aborted {
            self.diagnostics.push(diagnostic);
        }
    }

    fn refuse<T>(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<T> {
        self.push(Diagnostic::new(code, span, message).help(help));
        None
    }

    /// Counts a node and a level; `None` when there are too many of either.
    fn enter(&mut self, span: Span) -> Option<()> {
        self.reads.nodes += 1;
        if self.reads.nodes > limits::CONDITION_NODES {
            self.aborted = true;
        }
        if self.aborted {
            return None;
        }
        if self.depth >= limits::NESTING {
            return self.refuse(
                codes::TOO_DEEP,
                span,
                "the condition is nested too deep",
                "conditions nest at most 64 deep, definitions expanded",
            );
        }
        self.depth += 1;
        Some(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }
}

/// The expressions alone, in an allocation of their own size.
fn exprs(parts: Vec<Typed>) -> Vec<Expr> {
    let mut exprs = Vec::with_capacity(parts.len());
    exprs.extend(parts.into_iter().map(|part| part.expr));
    exprs
}

fn all_of(parts: Vec<Typed>, span: Span) -> Typed {
    Typed { expr: conjunction(exprs(parts), span), ty: Ty::boolean() }
}

fn any_of(parts: Vec<Typed>, span: Span) -> Typed {
    Typed { expr: disjunction(exprs(parts), span), ty: Ty::boolean() }
}

/// `a && b && ...`, flattened, order kept.
pub(crate) fn conjunction(parts: Vec<Expr>, span: Span) -> Expr {
    if !parts.iter().any(|part| matches!(part.kind, ExprKind::And(_))) {
        return single_or(parts, span, ExprKind::And);
    }
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part.kind {
            ExprKind::And(inner) => flat.extend(inner),
            _ => flat.push(part),
        }
    }
    single_or(flat, span, ExprKind::And)
}

fn disjunction(parts: Vec<Expr>, span: Span) -> Expr {
    if !parts.iter().any(|part| matches!(part.kind, ExprKind::Or(_))) {
        return single_or(parts, span, ExprKind::Or);
    }
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part.kind {
            ExprKind::Or(inner) => flat.extend(inner),
            _ => flat.push(part),
        }
    }
    single_or(flat, span, ExprKind::Or)
}

fn single_or(mut parts: Vec<Expr>, span: Span, many: fn(Vec<Expr>) -> ExprKind) -> Expr {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            parts.shrink_to_fit();
            Expr { kind: many(parts), span }
        }
    }
}

/// `!x`; `!!x` is `x`. What is left of `!(a != b)` stands where all of it does, for it says the opposite of `a != b`.
pub(crate) fn negation(expr: Expr, span: Span) -> Expr {
    let is_test = is_negated_test(&expr);
    match expr.kind {
        ExprKind::Not(inner) if is_test => Expr { span, ..Arc::unwrap_or_clone(inner) },
        ExprKind::Not(inner) => Arc::unwrap_or_clone(inner),
        _ => Expr { kind: ExprKind::Not(Arc::new(expr)), span },
    }
}

/// A test with a negated operator, such as `a != b`.
pub(crate) fn is_negated_test(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Not(inner) if inner.span == expr.span)
}

impl Ty {
    fn plain(kind: TypeKind) -> Ty {
        Ty::Value(TypeRef::Plain(kind))
    }

    fn boolean() -> Ty {
        Ty::plain(TypeKind::Boolean)
    }

    fn name(&self) -> String {
        match self {
            Ty::Value(ty) => ty.kind().name(),
            Ty::Null => "null".to_owned(),
            Ty::Optional(ty) => format!("optional {}", ty.kind().name()),
        }
    }
}

impl Typed {
    fn new(kind: ExprKind, span: Span, ty: TypeKind) -> Typed {
        Typed { expr: Expr { kind, span }, ty: Ty::plain(ty) }
    }

    fn span(&self) -> Span {
        self.expr.span
    }

    fn kind(&self) -> Option<&TypeKind> {
        match &self.ty {
            Ty::Value(ty) => Some(ty.kind()),
            _ => None,
        }
    }
}

/// How two values of one ordered type compare.
pub(crate) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.cmp(right),
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Timestamp(left), Value::Timestamp(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Duration(left), Value::Duration(right)) => left.cmp(right),
        (Value::Quantity(left), Value::Quantity(right)) => left.cmp(right),
        _ => return None,
    })
}

/// Why a value can never be taken under a narrowing.
pub(crate) fn breach(narrowing: &Narrowing, value: &Value) -> Option<&'static str> {
    if narrowing.one_of.as_ref().is_some_and(|one_of| !one_of.contains(value)) {
        return Some("it is not one of the declared values");
    }
    let beyond = |bound: &Option<Value>, side: Ordering| {
        bound.as_ref().and_then(|bound| order(value, bound)).is_some_and(|order| order == side)
    };
    if beyond(&narrowing.min, Ordering::Less) {
        return Some("it is below `min`");
    }
    if beyond(&narrowing.max, Ordering::Greater) {
        return Some("it is above `max`");
    }
    let Value::String(text) = value else { return None };
    if narrowing.max_length.is_some_and(|max| text.chars().count() > max) {
        return Some("it is longer than `max_length`");
    }
    let mismatch = narrowing.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(text));
    mismatch.then_some("it does not match `pattern`")
}
