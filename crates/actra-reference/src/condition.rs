//! Three-valued logic over the tree as parsed.

use std::cell::Cell;
use std::collections::BTreeMap;

use actra_model::{
    ActionId, Cidr, Decimal, Domain, PathOrder, RawRequest, RawValue, Reason, Schema, Timestamp, Type,
    TypeKind, limits,
};
use actra_syntax::ast::{
    Atom, AtomValue, BinaryOp, Condition, ConditionKind, Expr, ExprKind, Name, PolicyFile, Rule, Subject,
    UnaryOp,
};

use crate::decide::{Names, literal, record};
use crate::leaf;
use crate::path::{Root, element_type, extend};
use crate::value::{
    Item, Leaf, State, Truth, V, element_of, from_raw, kind_of, like, read_as, read_field, sample, scalar,
};

/// A value, an absence, or neither.
pub(crate) enum Read {
    Value(V),
    Absent(Leaf),
    Fault(Leaf),
}

/// A macro variable: its name, value, the path of what it ranges over, and its declared type if one is to be seen.
#[derive(Clone)]
pub(crate) struct Variable<'a> {
    pub(crate) name: String,
    item: Item,
    pub(crate) path: String,
    pub(crate) ty: Option<&'a Type>,
}

/// An entry of what a macro ranges over.
pub(crate) struct Entry {
    /// Its key or index.
    pub(crate) key: V,
    /// Its value.
    pub(crate) item: Item,
    /// Whether it is of a map, over whose keys a single variable goes.
    pub(crate) keyed: bool,
}

/// What an absent object means to a path that goes through it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absence {
    /// It cannot be read.
    Fault,
    /// What would be inside is absent too.
    Passed,
}

/// One request against one set.
pub struct Eval<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) names: Names<'a>,
    raw: &'a RawRequest,
    pub(crate) action: ActionId,
    /// Whether a macro, a `distinct` or a `sets` call is being evaluated, so that those in it are no outermost ones.
    in_call: Cell<bool>,
}

impl<'a> Eval<'a> {
    pub(crate) fn new(
        schema: &'a Schema,
        files: &'a [PolicyFile],
        raw: &'a RawRequest,
        action: ActionId,
    ) -> Self {
        Self { schema, names: Names::of(files), raw, action, in_call: Cell::new(false) }
    }

    /// `actor.type in scope.actor && when && !unless`
    pub(crate) fn rule(&self, rule: &Rule) -> Truth {
        let actor = rule.scope.actor.as_ref().map(|names| {
            let names = names.value.iter().map(|name| Ok(V::Str(name.value.clone()))).collect();
            self.is_in(self.field(Domain::Actor, "type").item(), V::List(names), "actor.type")
        });
        let when = self.condition(&rule.when);
        let unless = rule.unless.as_ref().map(|unless| not(self.condition(unless)));
        junction(actor.into_iter().chain([when]).chain(unless), false)
    }

    /// Evaluates a macro, a `distinct`, `sets` or `matches` call unless it is an outermost one that costs too much.
    fn limited<T>(
        &self,
        cost: impl FnOnce() -> u64,
        path: impl FnOnce() -> String,
        evaluate: impl FnOnce() -> Result<T, Leaf>,
    ) -> Result<T, Leaf> {
        if self.in_call.get() {
            return evaluate();
        }
        if cost() > limits::CALL_COST {
            return Err(Leaf { path: path(), reason: Reason::TooCostly });
        }
        self.in_call.set(true);
        let result = evaluate();
        self.in_call.set(false);
        result
    }

    fn condition(&self, condition: &Condition) -> Truth {
        match &condition.kind {
            ConditionKind::Expression(expr) => self.truth(expr, &[]),
            ConditionKind::Atom(atom) => self.atom(atom),
            ConditionKind::All(parts) => junction(parts.iter().map(|part| self.condition(part)), false),
            ConditionKind::Any(parts) => junction(parts.iter().map(|part| self.condition(part)), true),
            ConditionKind::Not(part) => not(self.condition(part)),
        }
    }

    fn atom(&self, atom: &Atom) -> Truth {
        let (subject, path) = (self.subject(&atom.subject), self.subject_path(&atom.subject));
        let operator = atom.operator.value.as_str();
        if operator == "exists" {
            return has(subject);
        }
        let (value, value_path) = match atom.value.as_ref() {
            Some(AtomValue::Subject(other)) => (self.subject(other).item(), self.subject_path(other)),
            Some(AtomValue::Constant(name)) => {
                (Ok(from_raw(&self.names.constants[name.value.as_str()])), String::new())
            }
            Some(AtomValue::Literal(data)) => (Ok(from_raw(&literal(data))), String::new()),
            None => unreachable!("the set compiles"),
        };
        let subject = subject.item();
        let either =
            |first: &str, second: &str| if first.is_empty() { second.to_owned() } else { first.to_owned() };
        let (forth, back) = (either(&path, &value_path), either(&value_path, &path));
        match operator {
            "equals" => self.equal(subject?, value?, &forth),
            "not_equals" => not(both(subject, value).and_then(|(a, b)| self.equal(a, b, &forth))),
            "less_than" => both(subject, value).and_then(|(a, b)| self.less(a, b, &forth)),
            "less_or_equal" => both(subject, value).and_then(|(a, b)| self.at_most(a, b, &forth)),
            "greater_than" => both(value, subject).and_then(|(a, b)| self.less(a, b, &back)),
            "greater_or_equal" => both(value, subject).and_then(|(a, b)| self.at_most(a, b, &back)),
            "in" => self.found(subject, value, &forth),
            "not_in" => not(self.found(subject, value, &forth)),
            "contains" => self.holds(subject, value, &forth, &back),
            "not_contains" => not(self.holds(subject, value, &forth, &back)),
            "starts_with" => text_test(subject, value, &forth, |text, part| text.starts_with(part)),
            "ends_with" => text_test(subject, value, &forth, |text, part| text.ends_with(part)),
            "matches" => self.limited(
                || self.atom_cost(atom),
                || path.clone(),
                || text_test(subject, value, &forth, leaf::matches),
            ),
            "within" => self.lies_within(subject, value, &forth),
            "subset_of" => self.limited(
                || self.atom_cost(atom),
                || value_path.clone(),
                || self.subset(value, subject, &back),
            ),
            "intersects" => self.limited(
                || self.atom_cost(atom),
                || path.clone(),
                || self.overlap(subject, value, &forth),
            ),
            _ => unreachable!("the set compiles"),
        }
    }

    /// Structured `contains`: substring, element or key.
    fn holds(&self, subject: Item, value: Item, forth: &str, back: &str) -> Truth {
        match subject {
            Ok(V::Str(_)) => text_test(subject, value, forth, |text, part| text.contains(part)),
            subject => self.found(value, subject, back),
        }
    }

    fn found(&self, element: Item, container: Item, path: &str) -> Truth {
        match (&element, container) {
            (_, Ok(container)) => self.is_in(element, container, path),
            (Err(leaf), Err(_)) => Err(leaf.clone()),
            (Ok(_), Err(leaf)) => Err(leaf),
        }
    }

    fn subject(&self, subject: &Subject) -> Read {
        self.dotted(&subject.domain, &subject.field, Absence::Fault)
    }

    /// `domain.a.b.c`
    pub(crate) fn dotted(&self, domain: &Name, names: &[Name], absence: Absence) -> Read {
        let [first, rest @ ..] = names else { unreachable!("a path has a field") };
        let mut read = self.field(Domain::parse(&domain.value).unwrap_or(Domain::Action), &first.value);
        for (idx, name) in rest.iter().enumerate() {
            let prefix = |len: usize| Subject {
                span: domain.span,
                domain: domain.clone(),
                field: names[..len].to_vec(),
            };
            let (from, to) = (self.subject_path(&prefix(idx + 1)), self.subject_path(&prefix(idx + 2)));
            read = member(read, &name.value, absence == Absence::Passed, &from, &to[from.len()..]);
        }
        read
    }

    pub(crate) fn field(&self, domain: Domain, name: &str) -> Read {
        let path = format!("{domain}.{name}");
        let fault = |reason| Read::Fault(Leaf { path: path.clone(), reason });
        if domain == Domain::Action && name == "type" {
            let declared = self.schema.action(self.action);
            return Read::Value(V::Str(declared.map_or_else(String::new, |action| action.name.to_string())));
        }
        let Some(field) = self.schema.field(domain, self.action, name) else { return fault(Reason::Missing) };
        let members = match record(self.raw, domain) {
            Ok(members) => members,
            Err(reason) => return fault(reason),
        };
        match read_field(field, members.get(name), &path) {
            State::Present(value) => Read::Value(value),
            State::Absent => Read::Absent(Leaf { path, reason: Reason::Absent }),
            State::Invalid(reason) => fault(reason),
        }
    }

    fn truth(&self, expr: &Expr, vars: &[Variable<'a>]) -> Truth {
        match &expr.kind {
            ExprKind::Binary { op: BinaryOp::And, left, right, .. } => {
                junction([self.truth(left, vars), self.truth(right, vars)], false)
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right, .. } => {
                junction([self.truth(left, vars), self.truth(right, vars)], true)
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => not(self.truth(operand, vars)),
            ExprKind::Ident(name) if !vars.iter().any(|variable| variable.name == *name) => {
                self.condition(self.names.definitions[name.as_str()])
            }
            _ => match self.value(expr, vars)? {
                V::Bool(value) => Ok(value),
                other => match self.fit(other, &V::Bool(true), &self.path(expr, vars))? {
                    V::Bool(value) => Ok(value),
                    _ => Err(self.wrong(expr, vars)),
                },
            },
        }
    }

    fn wrong(&self, expr: &Expr, vars: &[Variable<'a>]) -> Leaf {
        Leaf { path: self.path(expr, vars), reason: Reason::WrongKind }
    }

    pub(crate) fn value(&self, expr: &Expr, vars: &[Variable<'a>]) -> Item {
        self.read(expr, vars).item()
    }

    fn read(&self, expr: &Expr, vars: &[Variable<'a>]) -> Read {
        match &expr.kind {
            ExprKind::Select { operand, field, .. } => match self.root(operand, vars) {
                Some(Root::Constants) => Read::Value(from_raw(&self.names.constants[field.value.as_str()])),
                Some(Root::Record(domain)) => self.field(domain, &field.value),
                None => {
                    let step = self.step(operand, &field.value, vars);
                    let container = self.read(operand, vars);
                    member(container, &field.value, chained(operand), &self.path(operand, vars), &step)
                }
            },
            ExprKind::Index { operand, index, .. } => self.index(expr, operand, index, vars),
            ExprKind::Call { target: Some(target), function, args } if function.value == "orValue" => {
                match self.read(target, vars) {
                    Read::Absent(_) => {
                        Read::from(self.value(&args[0], vars).map(|value| self.typed(target, value, vars)))
                    }
                    Read::Value(value) => Read::from(self.beside(value, &args[0], vars)),
                    read => read,
                }
            }
            ExprKind::Conditional { condition, then, otherwise } => {
                let (chosen, other) = match self.truth(condition, vars) {
                    Ok(true) => (self.read(then, vars), otherwise),
                    Ok(false) => (self.read(otherwise, vars), then),
                    Err(leaf) => (Read::Fault(leaf), then),
                };
                match chosen {
                    Read::Value(value @ V::Any(..)) => Read::from(self.beside(value, other, vars)),
                    Read::Value(value) => Read::Value(self.typed(expr, value, vars)),
                    chosen => chosen,
                }
            }
            _ => match self.item(expr, vars) {
                Ok(value) => Read::Value(value),
                Err(leaf) => Read::Fault(leaf),
            },
        }
    }

    /// Text of the policy stands for a value of the type that its place is declared with.
    fn typed(&self, place: &Expr, value: V, vars: &[Variable<'a>]) -> V {
        match self.declared(place, vars) {
            Some(ty) => typed_as(ty, value),
            None => value,
        }
    }

    /// An `any` as what another expression is that stands for the same value.
    fn beside(&self, value: V, other: &Expr, vars: &[Variable<'a>]) -> Item {
        let V::Any(raw, path) = &value else { return Ok(value) };
        let kind = match self.declared(other, vars) {
            Some(ty) => Some(ty.kind.clone()),
            None => self.value(other, vars).ok().and_then(|value| kind_of(&value)),
        };
        match kind {
            None | Some(TypeKind::Any) => Ok(value),
            Some(kind) => read_as(&kind, raw, path),
        }
    }

    fn index(&self, expr: &Expr, operand: &Expr, index: &Expr, vars: &[Variable<'a>]) -> Read {
        let container = match self.read(operand, vars) {
            Read::Absent(leaf) if chained(operand) => return Read::Absent(leaf),
            read => read.item(),
        };
        let key = self.value(index, vars);
        let (container, key) = match both(container, key) {
            Ok(pair) => pair,
            Err(leaf) => return Read::Fault(leaf),
        };
        let path = self.path(expr, vars);
        let leaf = |reason| Leaf { path: path.clone(), reason };
        let key = match key {
            V::Any(RawValue::String(text), _) => V::Str(text),
            V::Any(RawValue::Number(number), _) => V::Num(number),
            key => key,
        };
        match (container, key) {
            (V::Map(members), V::Str(key)) => match members.get(&key) {
                Some(Some(item)) => Read::from(found_at(item.clone(), &self.path(operand, vars), &path)),
                _ => Read::Absent(leaf(Reason::NoSuchKey)),
            },
            (V::List(items), V::Num(at)) => {
                match at.to_i64().and_then(|at| items.get(usize::try_from(at).ok()?)) {
                    Some(item) => Read::from(item.clone()),
                    None => Read::Absent(leaf(Reason::NoSuchElement)),
                }
            }
            (V::Any(RawValue::Map(members), _), V::Str(key)) => match members.get(&key) {
                Some(raw) => Read::from(Ok(V::Any(raw.clone(), path))),
                None => Read::Absent(leaf(Reason::NoSuchKey)),
            },
            (V::Any(RawValue::List(items), _), V::Num(at)) => {
                match at.to_i64().and_then(|at| items.get(usize::try_from(at).ok()?)) {
                    Some(raw) => Read::from(Ok(V::Any(raw.clone(), path))),
                    None => Read::Absent(leaf(Reason::NoSuchElement)),
                }
            }
            (V::Any(RawValue::Unreadable(reason), path), _) => Read::Fault(Leaf { path, reason }),
            // What is of another kind is the container, not the element.
            _ => Read::Fault(Leaf { path: self.path(operand, vars), reason: Reason::WrongKind }),
        }
    }

    fn item(&self, expr: &Expr, vars: &[Variable<'a>]) -> Item {
        Ok(match &expr.kind {
            ExprKind::Null => V::Null,
            ExprKind::Bool(value) => V::Bool(*value),
            ExprKind::Number(text) => from_raw(&crate::number(text)),
            ExprKind::String(text) => V::Str(text.clone()),
            ExprKind::Ident(name) => match vars.iter().rfind(|variable| variable.name == *name) {
                Some(variable) => Read::from(variable.item.clone()).item()?,
                None => V::Bool(self.truth(expr, vars)?),
            },
            ExprKind::List(items) => {
                let items = items.iter().map(|item| self.value(item, vars)).collect();
                produced(items).ok_or_else(|| self.not_representable(expr, vars))?
            }
            ExprKind::Map(entries) => V::Map(
                entries
                    .iter()
                    .map(|(key, value)| match &key.kind {
                        ExprKind::String(key) => (key.clone(), Some(self.value(value, vars))),
                        _ => unreachable!("the set compiles"),
                    })
                    .collect::<BTreeMap<_, _>>(),
            ),
            ExprKind::Unary { op: UnaryOp::Negate, operand } => match self.value(operand, vars)? {
                V::Span(span) => leaf::negate(span).ok_or_else(|| self.not_representable(expr, vars))?,
                other => match self.fit(other, &V::Num(Decimal::ZERO), &self.path(expr, vars))? {
                    V::Num(number) => V::Num(number.negate()),
                    _ => return Err(self.wrong(expr, vars)),
                },
            },
            ExprKind::Unary { .. } => V::Bool(self.truth(expr, vars)?),
            ExprKind::Binary { op, left, right, .. } => self.binary(expr, *op, left, right, vars)?,
            ExprKind::Call { target, function, args } => {
                self.call(expr, target.as_deref(), &function.value, args, vars)?
            }
            ExprKind::Select { .. } | ExprKind::Index { .. } | ExprKind::Conditional { .. } => {
                self.value(expr, vars)?
            }
        })
    }

    fn not_representable(&self, expr: &Expr, vars: &[Variable<'a>]) -> Leaf {
        Leaf { path: self.path(expr, vars), reason: Reason::NotRepresentable }
    }

    fn binary(&self, expr: &Expr, op: BinaryOp, left: &Expr, right: &Expr, vars: &[Variable<'a>]) -> Item {
        let path = self.path(expr, vars);
        let pair = |first, second| self.pair(first, second, &path, vars);
        let equal = || {
            let (a, b) = both(self.value(left, vars), self.value(right, vars))?;
            self.equal(a, b, &path)
        };
        Ok(V::Bool(match op {
            BinaryOp::And | BinaryOp::Or => self.truth(expr, vars)?,
            BinaryOp::Equal => equal()?,
            BinaryOp::NotEqual => not(equal())?,

            BinaryOp::Less => pair(left, right).and_then(|(a, b)| self.less(a, b, &path))?,
            BinaryOp::LessOrEqual => pair(left, right).and_then(|(a, b)| self.at_most(a, b, &path))?,
            // The canonical tree has only `<` and `<=`, and leaves count from its left.
            BinaryOp::Greater => pair(right, left).and_then(|(a, b)| self.less(a, b, &path))?,
            BinaryOp::GreaterOrEqual => pair(right, left).and_then(|(a, b)| self.at_most(a, b, &path))?,
            BinaryOp::In => self.found(self.value(left, vars), self.value(right, vars), &path)?,
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply => {
                let (a, b) = pair(left, right)?;
                return self.arithmetic(op, a, b, &path);
            }
        }))
    }

    /// Both operands of an order or of arithmetic, the left one's fault first. An `any` that is of another kind than
    /// the right operand is declared has its fault before that operand is read.
    fn pair(&self, left: &Expr, right: &Expr, path: &str, vars: &[Variable<'a>]) -> Result<(V, V), Leaf> {
        let a = self.value(left, vars)?;
        let b = self.value(right, vars);
        if let (V::Any(..), Err(_), Some(ty)) = (&a, &b, self.declared(right, vars))
            && let Some(kind) = sample(&ty.kind)
        {
            self.fit(a.clone(), &kind, path)?;
        }
        Ok((a, b?))
    }

    /// An `any` takes the kind of its counterpart; a leaf names where the `any` was read.
    fn fit(&self, value: V, other: &V, path: &str) -> Item {
        let at = match &value {
            V::Any(_, at) => at.clone(),
            _ => path.to_owned(),
        };
        like(value, other).map_err(|reason| Leaf { path: at, reason: reason.unwrap_or(Reason::WrongKind) })
    }

    fn arithmetic(&self, op: BinaryOp, a: V, b: V, path: &str) -> Item {
        let counterpart = |other: &V| match other {
            V::Time(_) | V::Span(_) => {
                V::Span(actra_model::Duration::from_nanos(0).unwrap_or_else(|| unreachable!()))
            }
            V::List(items) => V::List(items.clone()),
            _ => V::Num(Decimal::ZERO),
        };
        let (a, b) = (if let V::Any(..) = a { self.fit(a, &counterpart(&b), path)? } else { a }, b);
        let b = if let V::Any(..) = b { self.fit(b, &counterpart(&a), path)? } else { b };
        let result = match (op, a, b) {
            (BinaryOp::Add, V::List(a), V::List(b)) => produced(a.into_iter().chain(b).collect()),
            (op, a, b) => leaf::arithmetic(op, &a, &b),
        };
        result.ok_or_else(|| Leaf { path: path.to_owned(), reason: Reason::NotRepresentable })
    }

    fn equal(&self, a: V, b: V, path: &str) -> Truth {
        let (a, b) = match (a, b) {
            (V::Null, V::Any(raw, at)) | (V::Any(raw, at), V::Null) => {
                return match raw {
                    RawValue::Unreadable(reason) => Err(Leaf { path: at, reason }),
                    raw => Ok(raw == RawValue::Null),
                };
            }
            (V::Any(a, a_path), V::Any(b, b_path)) => return json_equal((&a, &a_path), (&b, &b_path)),
            (a, b) => {
                let fitted = self.fit(a, &b, path)?;
                let b = self.fit(b, &fitted, path)?;
                (fitted, b)
            }
        };
        match (a, b) {
            (V::List(a), V::List(b)) if a.len() != b.len() => Ok(false),
            (V::List(a), V::List(b)) => junction(
                a.into_iter().zip(b).map(|(a, b)| both(a, b).and_then(|(a, b)| self.equal(a, b, path))),
                false,
            ),
            (V::Map(a), V::Map(b)) => {
                let there = |of: &BTreeMap<String, Option<Item>>, key: &String| {
                    of.get(key).is_some_and(Option::is_some)
                };
                let first = a.keys().filter(|key| there(&a, key));
                let keys = first.chain(b.keys().filter(|key| there(&b, key) && !there(&a, key)));
                let alike = keys.map(|key| match (a.get(key), b.get(key)) {
                    (Some(Some(a)), Some(Some(b))) => {
                        both(a.clone(), b.clone()).and_then(|(a, b)| self.equal(a, b, path))
                    }
                    // A member that is invalid could be anything, also absent like the other's.
                    (Some(Some(Err(leaf))), Some(None)) | (Some(None), Some(Some(Err(leaf)))) => {
                        Err(leaf.clone())
                    }
                    _ => Ok(false),
                });
                junction(alike, false)
            }
            (V::Path(a), V::Path(b)) => match a.compare(&b) {
                PathOrder::Incomparable => Err(Leaf { path: path.to_owned(), reason: Reason::Incomparable }),
                order => Ok(order == PathOrder::Equal),
            },
            (a, b) => Ok(a == b),
        }
    }

    fn less(&self, a: V, b: V, path: &str) -> Truth {
        let (a, b) = (self.fit(a, &b, path)?, b);
        let b = self.fit(b, &a, path)?;
        leaf::less(&a, &b).ok_or_else(|| Leaf { path: path.to_owned(), reason: Reason::WrongKind })
    }

    fn at_most(&self, a: V, b: V, path: &str) -> Truth {
        let (a, b) = (self.fit(a, &b, path)?, b);
        let b = self.fit(b, &a, path)?;
        not(leaf::less(&b, &a).ok_or_else(|| Leaf { path: path.to_owned(), reason: Reason::WrongKind }))
    }

    /// Kleene-or over elements; keys of a map.
    fn is_in(&self, element: Item, container: V, path: &str) -> Truth {
        match container {
            V::List(items) => junction(
                items
                    .into_iter()
                    .map(|item| both(element.clone(), item).and_then(|(a, b)| self.equal(a, b, path))),
                true,
            ),
            V::Map(members) => self.is_key(element, members.keys(), path),
            V::Any(RawValue::List(items), at) => {
                let items = items.into_iter().map(|item| element_of(item, &at)).collect();
                self.is_in(element, V::List(items), path)
            }
            V::Any(RawValue::Map(members), _) => self.is_key(element, members.keys(), path),
            V::Any(RawValue::Unreadable(reason), path) => Err(Leaf { path, reason }),
            V::Any(_, at) => Err(Leaf { path: at, reason: Reason::WrongKind }),
            _ => Err(Leaf { path: path.to_owned(), reason: Reason::WrongKind }),
        }
    }

    fn is_key<'k>(
        &self,
        element: Item,
        mut keys: impl ExactSizeIterator<Item = &'k String>,
        path: &str,
    ) -> Truth {
        if keys.len() == 0 {
            return Ok(false);
        }
        match self.fit(element?, &V::Str(String::new()), path)? {
            V::Str(text) => Ok(keys.any(|key| *key == text)),
            _ => Err(Leaf { path: path.to_owned(), reason: Reason::WrongKind }),
        }
    }

    fn lies_within(&self, operand: Item, base: Item, path: &str) -> Truth {
        let a_path = V::Path(actra_model::Path::parse("/").unwrap_or_else(|| unreachable!()));
        // What is read as a path and is none is so before the base is looked at.
        let operand = match operand? {
            json @ V::Any(..) => self.fit(json, &a_path, path)?,
            operand => operand,
        };
        let base = base?;
        if let (V::Ip(address), V::Str(range)) = (&operand, &base) {
            return Ok(Cidr::parse(range).is_some_and(|range| range.contains(*address)));
        }
        match (self.fit(operand, &a_path, path)?, self.fit(base, &a_path, path)?) {
            (V::Path(operand), V::Path(base)) => match operand.compare(&base) {
                PathOrder::Incomparable => Err(Leaf { path: path.to_owned(), reason: Reason::Incomparable }),
                order => Ok(order != PathOrder::Apart),
            },
            _ => Err(Leaf { path: path.to_owned(), reason: Reason::WrongKind }),
        }
    }

    fn list(&self, item: Item, path: &str) -> Item {
        item.and_then(|value| self.fit(value, &V::List(Vec::new()), path))
    }

    /// A list whose elements are of the kind that those of the other list are declared with.
    fn elements(&self, own: &Expr, other: &Expr, path: &str, vars: &[Variable<'a>]) -> Item {
        let other = self.declared(other, vars).and_then(element_type).and_then(|of| sample(&of.kind));
        let other = other.filter(|kind| !matches!(kind, V::List(_) | V::Map(_)));
        match (self.list(self.value(own, vars), path)?, other) {
            (V::List(items), Some(kind)) => {
                let fit = |item: Item| item.and_then(|value| self.fit(value, &kind, path));
                Ok(V::List(items.into_iter().map(fit).collect()))
            }
            (list, _) => Ok(list),
        }
    }

    /// Kleene-and over `part` of membership in `whole`.
    fn subset(&self, whole: Item, part: Item, path: &str) -> Truth {
        let (whole, part) = both(self.list(whole, path), self.list(part, path))?;
        match part {
            V::List(items) => {
                junction(items.into_iter().map(|item| self.is_in(item, whole.clone(), path)), false)
            }
            _ => Err(Leaf { path: path.to_owned(), reason: Reason::WrongKind }),
        }
    }

    fn overlap(&self, a: Item, b: Item, path: &str) -> Truth {
        let (a, b) = both(self.list(a, path), self.list(b, path))?;
        match a {
            V::List(items) => junction(items.into_iter().map(|item| self.is_in(item, b.clone(), path)), true),
            _ => Err(Leaf { path: path.to_owned(), reason: Reason::WrongKind }),
        }
    }

    fn call(
        &self,
        expr: &Expr,
        target: Option<&Expr>,
        name: &str,
        args: &[Expr],
        vars: &[Variable<'a>],
    ) -> Item {
        let path = self.path(expr, vars);
        let arg = |idx: usize| self.value(&args[idx], vars);
        let truth = |truth: Truth| truth.map(V::Bool);
        match (target, name) {
            (None, "has") => return truth(has(self.read(&args[0], vars))),
            (None, "timestamp" | "duration" | "quantity") => return Ok(leaf::literal(name, &arg(0)?)),
            (Some(target), "containsIP") => {
                let ExprKind::Call { args: range, .. } = &target.kind else {
                    unreachable!("the set compiles")
                };
                let an_ip = V::Ip(actra_model::IpAddress::parse("::1").unwrap_or_else(|| unreachable!()));
                let address = self.fit(arg(0)?, &an_ip, &path)?;
                return truth(self.lies_within(Ok(address), self.value(&range[0], vars), &path));
            }
            (Some(target), "contains" | "intersects" | "equivalent") if is_sets(target) => {
                let sets = || {
                    let (a, b) = both(
                        self.elements(&args[0], &args[1], &path, vars),
                        self.elements(&args[1], &args[0], &path, vars),
                    )?;
                    match name {
                        "contains" => self.subset(Ok(a), Ok(b), &path),
                        "intersects" => self.overlap(Ok(a), Ok(b), &path),
                        _ => junction(
                            [
                                self.subset(Ok(b.clone()), Ok(a.clone()), &path),
                                self.subset(Ok(a), Ok(b), &path),
                            ],
                            false,
                        ),
                    }
                };
                return truth(self.limited(|| self.cost(expr), || self.path(&args[0], vars), sets));
            }
            (Some(target), name) if is_macro(name) => {
                return self.limited(
                    || self.cost(expr),
                    || self.path(target, vars),
                    || self.comprehension(target, name, args, vars),
                );
            }
            (Some(target), "distinct") => {
                return self.limited(
                    || self.cost(expr),
                    || self.path(target, vars),
                    || self.function("distinct", vec![opened("distinct", self.value(target, vars)?)?], &path),
                );
            }
            (Some(target), "within") => {
                return truth(self.lies_within(self.value(target, vars), arg(0), &path));
            }
            (Some(receiver), "matches") => {
                return self.limited(
                    || self.cost(expr),
                    || self.path(receiver, vars),
                    || self.applied(target, name, args, vars, &path),
                );
            }
            _ => {}
        }
        self.applied(target, name, args, vars, &path)
    }

    /// A function of values.
    fn applied(
        &self,
        target: Option<&Expr>,
        name: &str,
        args: &[Expr],
        vars: &[Variable<'a>],
        path: &str,
    ) -> Item {
        let mut values = Vec::new();
        for (idx, operand) in target.into_iter().chain(args).enumerate() {
            let value = self.value(operand, vars)?;
            values.push(match wanted(name, idx) {
                Some(kind) => self.fit(value, &kind, path)?,
                None => opened(name, value)?,
            });
        }
        self.function(name, values, path)
    }

    fn function(&self, name: &str, mut values: Vec<V>, path: &str) -> Item {
        let fail = |reason| Leaf { path: path.to_owned(), reason };
        if let ([V::Time(at), zone @ ..], true) = (values.as_slice(), name.starts_with("get")) {
            let zone = if let [V::Str(zone)] = zone { zone } else { "UTC" };
            return Ok(V::Num(Decimal::from(leaf::calendar(name, *at, zone))));
        }
        if let "sum" | "min" | "max" | "distinct" = name {
            let V::List(items) = values.remove(0) else { return Err(fail(Reason::WrongKind)) };
            let items: Vec<V> = items.into_iter().collect::<Result<_, _>>()?;
            return self.aggregate(name, items, path);
        }
        let result = leaf::function(name, &values).map_err(fail)?;
        let fits = match (name, &result) {
            ("split", V::List(items)) => produced(items.clone()).is_some(),
            ("replace", V::Str(text)) => text.len() <= limits::PRODUCED_BYTES,
            _ => true,
        };
        if fits { Ok(result) } else { Err(fail(Reason::NotRepresentable)) }
    }

    fn aggregate(&self, name: &str, items: Vec<V>, path: &str) -> Item {
        let fail = |reason| Leaf { path: path.to_owned(), reason };
        match name {
            "sum" => items
                .into_iter()
                .try_fold(V::Num(Decimal::ZERO), |sum, item| leaf::arithmetic(BinaryOp::Add, &sum, &item))
                .ok_or_else(|| fail(Reason::NotRepresentable)),
            "distinct" => {
                let mut seen: Vec<V> = Vec::new();
                for item in items {
                    let mut known = Ok(false);
                    for other in &seen {
                        known = junction([known, self.equal(item.clone(), other.clone(), path)], true);
                    }
                    if !known? {
                        seen.push(item);
                    }
                }
                produced(seen.into_iter().map(Ok).collect()).ok_or_else(|| fail(Reason::NotRepresentable))
            }
            _ => {
                let least = name == "min";
                let better = |a: &V, b: &V| if least { leaf::less(a, b) } else { leaf::less(b, a) };
                let best = items
                    .into_iter()
                    .reduce(|best, item| if better(&item, &best) == Some(true) { item } else { best });
                best.ok_or_else(|| fail(Reason::EmptyList))
            }
        }
    }

    /// Where a range was read: the branch that was taken, and the default in place of what is absent.
    fn range_path(&self, range: &Expr, vars: &[Variable<'a>]) -> String {
        match &range.kind {
            ExprKind::Conditional { condition, then, otherwise } => {
                let taken = if self.truth(condition, vars) == Ok(false) { otherwise } else { then };
                self.range_path(taken, vars)
            }
            ExprKind::Call { target: Some(target), function, args } if function.value == "orValue" => {
                let absent = matches!(self.read(target, vars), Read::Absent(_));
                self.range_path(if absent { &args[0] } else { target }, vars)
            }
            _ => self.path(range, vars),
        }
    }

    /// The variables of a macro for one entry of its range.
    pub(crate) fn bind(
        &self,
        range: &Expr,
        names: &[Expr],
        entry: Entry,
        vars: &[Variable<'a>],
    ) -> Vec<Variable<'a>> {
        let path = self.range_path(range, vars);
        let element = Variable {
            name: String::new(),
            item: entry.item,
            path: extend(path.clone(), "[*]"),
            ty: self.declared(range, vars).and_then(element_type),
        };
        let key = Variable { name: String::new(), item: Ok(entry.key), path, ty: None };
        let bound = match names {
            [_] if entry.keyed => vec![key],
            [_] => vec![element],
            _ => vec![key, element],
        };
        let named = names.iter().zip(bound).map(|(name, variable)| match &name.kind {
            ExprKind::Ident(name) => Variable { name: name.clone(), ..variable },
            _ => unreachable!("the set compiles"),
        });
        vars.iter().cloned().chain(named).collect()
    }

    fn comprehension(&self, target: &Expr, name: &str, args: &[Expr], vars: &[Variable<'a>]) -> Item {
        let path = self.path(target, vars);
        let mut entries: Vec<(V, Item)> = Vec::new();
        let mut keyed = false;
        let at = |idx: usize| V::Num(Decimal::from(i64::try_from(idx).unwrap_or(0)));
        match self.value(target, vars)? {
            V::List(items) => {
                entries.extend(items.into_iter().enumerate().map(|(idx, item)| (at(idx), item)))
            }
            V::Map(members) => {
                keyed = true;
                entries.extend(members.into_iter().filter_map(|(key, item)| Some((V::Str(key), item?))));
            }
            V::Any(RawValue::List(items), at_path) => entries.extend(
                items.into_iter().enumerate().map(|(idx, item)| (at(idx), element_of(item, &at_path))),
            ),
            V::Any(RawValue::Map(members), at_path) => {
                keyed = true;
                entries.extend(members.into_iter().map(|(key, item)| {
                    let item = V::Any(item, format!("{at_path}[*]"));
                    (V::Any(RawValue::String(key), at_path.clone()), Ok(item))
                }));
            }
            V::Any(RawValue::Unreadable(reason), path) => return Err(Leaf { path, reason }),
            _ => return Err(Leaf { path, reason: Reason::WrongKind }),
        }
        let bound = |key: V, item: Item| {
            let entry = Entry { key, item, keyed };
            self.bind(target, variable_names(name, args), entry, vars)
        };
        let body = &args[args.len() - 1];
        let verdicts =
            || entries.iter().map(|(key, item)| self.truth(body, &bound(key.clone(), item.clone())));
        Ok(match name {
            "all" => V::Bool(junction(verdicts(), false)?),
            "exists" => V::Bool(junction(verdicts(), true)?),
            "exists_one" => {
                let verdicts: Vec<bool> = verdicts().collect::<Result<_, _>>()?;
                V::Bool(verdicts.into_iter().filter(|verdict| *verdict).count() == 1)
            }
            _ => {
                let (mut results, mut weight) = (Vec::new(), 0);
                for (key, item) in entries.clone() {
                    let inner = bound(key.clone(), item.clone());
                    let kept = match (name, args.len()) {
                        ("filter", _) => self.truth(body, &inner)?,
                        (_, 3) => self.truth(&args[1], &inner)?,
                        _ => true,
                    };
                    match (kept, name) {
                        (true, "filter") => results.push(if keyed { Ok(key) } else { item }),
                        (true, _) => results.push(Ok(self.value(body, &inner)?)),
                        _ => continue,
                    }
                    weight += results.last().map_or(0, |item| 64 + weight_of(item));
                    if results.len() > limits::ELEMENTS || weight > limits::PRODUCED_BYTES {
                        return Err(Leaf { path: path.clone(), reason: Reason::NotRepresentable });
                    }
                }
                V::List(results)
            }
        })
    }
}

/// A list that a function may produce: 10,000 elements and 4 MiB, where each element at any depth counts 64 bytes.
fn produced(items: Vec<Item>) -> Option<V> {
    let weight: usize = items.iter().map(|item| 64 + weight_of(item)).sum();
    (items.len() <= limits::ELEMENTS && weight <= limits::PRODUCED_BYTES).then_some(V::List(items))
}

fn weight_of(item: &Item) -> usize {
    match item {
        Ok(V::Str(text)) => text.len(),
        Ok(V::Path(path)) => path.to_string().len() + 64 * path.segments(),
        Ok(V::Url(url)) => url.as_str().len(),
        Ok(V::List(items)) => items.iter().map(|item| 64 + weight_of(item)).sum(),
        Ok(V::Map(members)) => {
            let there = members.iter().filter_map(|(key, item)| Some((key, item.as_ref()?)));
            there.map(|(key, item)| key.len() + 64 + weight_of(item)).sum()
        }
        Ok(V::Any(raw, _)) => raw_weight(raw),
        _ => 0,
    }
}

fn raw_weight(raw: &RawValue) -> usize {
    match raw {
        RawValue::String(text) => text.len(),
        RawValue::List(items) => items.iter().map(|item| 64 + raw_weight(item)).sum(),
        RawValue::Map(members) => members.iter().map(|(key, item)| key.len() + 64 + raw_weight(item)).sum(),
        _ => 0,
    }
}

impl Read {
    /// A value, where absence is one more way of being undetermined.
    fn item(self) -> Item {
        match self {
            Read::Value(value) => Ok(value),
            Read::Absent(leaf) | Read::Fault(leaf) => Err(leaf),
        }
    }
}

impl From<Item> for Read {
    fn from(item: Item) -> Read {
        match item {
            Ok(V::Any(RawValue::Unreadable(reason), path)) => Read::Fault(Leaf { path, reason }),
            Ok(value) => Read::Value(value),
            Err(leaf) => Read::Fault(leaf),
        }
    }
}

fn not(truth: Truth) -> Truth {
    truth.map(|truth| !truth)
}

/// Kleene-or (`deciding` true) or Kleene-and (`deciding` false); the leaf is the leftmost one.
fn junction(truths: impl IntoIterator<Item = Truth>, deciding: bool) -> Truth {
    let truths: Vec<Truth> = truths.into_iter().collect();
    if truths.contains(&Ok(deciding)) {
        return Ok(deciding);
    }
    truths.into_iter().find(Result::is_err).unwrap_or(Ok(!deciding))
}

/// Both operands, the left one's fault first.
fn both(a: Item, b: Item) -> Result<(V, V), Leaf> {
    Ok((a?, b?))
}

fn has(read: Read) -> Truth {
    match read {
        Read::Value(_) => Ok(true),
        Read::Absent(_) => Ok(false),
        Read::Fault(leaf) => Err(leaf),
    }
}

fn member(read: Read, name: &str, chained: bool, operand_path: &str, step: &str) -> Read {
    let container = match read {
        Read::Value(value) => value,
        Read::Absent(leaf) if chained => return Read::Absent(leaf),
        Read::Absent(leaf) | Read::Fault(leaf) => return Read::Fault(leaf),
    };
    let path = extend(operand_path.to_owned(), step);
    match container {
        V::Map(members) => match members.get(name) {
            Some(Some(item)) => Read::from(found_at(item.clone(), operand_path, &path)),
            Some(None) => Read::Absent(Leaf { path, reason: Reason::Absent }),
            None => Read::Absent(Leaf { path, reason: Reason::NoSuchKey }),
        },
        V::Any(RawValue::Map(members), _) => match members.get(name) {
            Some(raw) => Read::from(Ok(V::Any(raw.clone(), path))),
            None => Read::Absent(Leaf { path, reason: Reason::NoSuchKey }),
        },
        V::Any(RawValue::Unreadable(reason), path) => Read::Fault(Leaf { path, reason }),
        // What is of another kind is the container, not the member.
        _ => Read::Fault(Leaf { path: operand_path.to_owned(), reason: Reason::WrongKind }),
    }
}

/// Whether an absence of this operand is passed on: it is behind `.?` or `[?`.
fn chained(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Select { optional: true, .. } | ExprKind::Index { optional: true, .. } => true,
        ExprKind::Select { operand, .. } | ExprKind::Index { operand, .. } => chained(operand),
        _ => false,
    }
}

fn typed_as(ty: &Type, value: V) -> V {
    match (&ty.kind, value) {
        (kind, V::Str(text)) => scalar(kind, &RawValue::String(text.clone())).unwrap_or(V::Str(text)),
        (TypeKind::List(of), V::List(items)) => {
            V::List(items.into_iter().map(|item| item.map(|value| typed_as(of, value))).collect())
        }
        (_, value) => value,
    }
}

pub(crate) fn is_macro(name: &str) -> bool {
    matches!(name, "all" | "exists" | "exists_one" | "filter" | "map")
}

/// A value of the kind that an operand of a function must be; none where it may be of several.
fn wanted(name: &str, idx: usize) -> Option<V> {
    let number = || V::Num(Decimal::ZERO);
    match (name, idx) {
        ("size" | "string" | "sum" | "min" | "max" | "distinct", _) => None,
        (_, 0) if name.starts_with("get") => Timestamp::from_nanos(0).map(V::Time),
        ("substring", 1..) => Some(number()),
        ("replace", 2) => Some(V::Str(String::new())),
        (_, 2..) => Some(number()),
        _ => Some(V::Str(String::new())),
    }
}

/// An `any` where several kinds will do.
fn opened(function: &str, value: V) -> Item {
    match value {
        V::Any(RawValue::Bool(flag), _) if function == "string" => Ok(V::Bool(flag)),
        V::Any(RawValue::Number(number), _) if function == "string" => Ok(V::Num(number)),
        V::Any(RawValue::List(_) | RawValue::Map(_), path) if function == "string" => {
            Err(Leaf { path, reason: Reason::WrongKind })
        }
        V::Any(RawValue::String(text), _) => Ok(V::Str(text)),
        V::Any(RawValue::List(items), at) => {
            Ok(V::List(items.into_iter().map(|item| element_of(item, &at)).collect()))
        }
        V::Any(RawValue::Map(items), at) => {
            Ok(V::Map(items.into_iter().map(|(key, item)| (key, Some(element_of(item, &at)))).collect()))
        }
        V::Any(RawValue::Unreadable(reason), path) => Err(Leaf { path, reason }),
        V::Any(_, path) => Err(Leaf { path, reason: Reason::WrongKind }),
        value => Ok(value),
    }
}

/// The arguments of a macro that name its variables.
pub(crate) fn variable_names<'e>(name: &str, args: &'e [Expr]) -> &'e [Expr] {
    if name == "map" || args.len() < 3 { &args[..1] } else { &args[..2] }
}

pub(crate) fn is_sets(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Ident(name) if name == "sets")
}

/// JSON equality; each side with the path that it was read at.
fn json_equal((a, a_path): (&RawValue, &str), (b, b_path): (&RawValue, &str)) -> Truth {
    let members = |(a, b)| json_equal((a, a_path), (b, b_path));
    match (a, b) {
        (RawValue::Unreadable(reason), _) => Err(Leaf { path: a_path.to_owned(), reason: *reason }),
        (_, RawValue::Unreadable(reason)) => Err(Leaf { path: b_path.to_owned(), reason: *reason }),
        (RawValue::List(a), RawValue::List(b)) if a.len() == b.len() => {
            junction(a.iter().zip(b).map(members), false)
        }
        (RawValue::Map(a), RawValue::Map(b)) if a.keys().eq(b.keys()) => {
            junction(a.values().zip(b.values()).map(members), false)
        }
        (RawValue::List(_), RawValue::List(_)) | (RawValue::Map(_), RawValue::Map(_)) => Ok(false),
        (a, b) => Ok(a == b),
    }
}

/// An element found by its key: a fault of the element itself is named by the look-up.
fn found_at(item: Item, container_path: &str, path: &str) -> Item {
    item.map_err(|leaf| match leaf.path.strip_prefix(container_path) {
        Some("[*]") => Leaf { path: path.to_owned(), ..leaf },
        _ => leaf,
    })
}

fn text_test(subject: Item, value: Item, path: &str, test: impl Fn(&str, &str) -> bool) -> Truth {
    let text = |item: V| match item {
        V::Str(text) | V::Any(RawValue::String(text), _) => Ok(text),
        V::Any(RawValue::Unreadable(reason), path) => Err(Leaf { path, reason }),
        V::Any(_, path) => Err(Leaf { path, reason: Reason::WrongKind }),
        _ => Err(Leaf { path: path.to_owned(), reason: Reason::WrongKind }),
    };
    let (subject, value) = both(subject, value)?;
    Ok(test(&text(subject)?, &text(value)?))
}
