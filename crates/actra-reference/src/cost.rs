//! What a macro, a `distinct` or a `sets` call costs, worked out over the tree as parsed by looking at every value
//! that a read may reach. What it is has its one description in the engine (`actra_ir::cost`).

use actra_model::{Domain, Path, Pattern, RawValue, Type, TypeKind, limits};
use actra_syntax::ast::{
    Atom, AtomValue, BinaryOp, Condition, ConditionKind, Expr, ExprKind, Rule, Subject, UnaryOp,
};

use crate::condition::{Eval, Read, is_macro, is_sets, variable_names};
use crate::decide::literal;
use crate::path::{Root, element_type, member_type};
use crate::value::{Item, V, from_raw};

/// What a value measures, or the largest of several.
#[derive(Debug, Clone, Copy, Default)]
struct Measures {
    bytes: u64,
    items: u64,
    entries: u64,
    keys: u64,
    whole: u64,
    json: u64,
    composite: bool,
    /// Whether it is a path or holds one, beside which text of the policy is one too.
    path: bool,
    /// What `whole` would be if its texts were paths.
    as_path: u64,
}

/// A value that a read may reach, or the most that a computed one can be, with what may lie inside of it.
#[derive(Debug, Clone)]
enum Thing<'a> {
    /// With its declared type, if one is to be seen.
    Value(V, Option<&'a Type>),
    Most(Measures, Vec<Thing<'a>>),
    /// The most of everything in an `any`; so is what lies in it.
    Anything(Measures),
}

/// What the canonical form of an expression is, as far as it takes others in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    And,
    Or,
    /// The negation of the first two, or of something else.
    NotAnd,
    NotOr,
    Not,
    Other,
}

/// The cost of an expression and the values that it may have.
struct Priced<'a> {
    cost: u64,
    things: Vec<Thing<'a>>,
    form: Form,
}

/// Macro variables.
type Bound<'a> = Vec<(String, Vec<Thing<'a>>)>;

/// Costs beyond are all the same.
const COUNTLESS: u64 = 1 << 60;

fn length(length: usize) -> u64 {
    length as u64
}

fn priced(cost: u64, things: Vec<Thing<'_>>) -> Priced<'_> {
    Priced { cost: cost.min(COUNTLESS), things, form: Form::Other }
}

fn is_call(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call { target: Some(target), function, .. } => {
            is_macro(&function.value)
                || matches!(function.value.as_str(), "distinct" | "matches")
                || is_sets(target)
        }
        _ => false,
    }
}

impl<'a> Eval<'a> {
    /// What an outermost call costs.
    pub(crate) fn cost(&self, expr: &Expr) -> u64 {
        self.price(expr, &Bound::new()).cost
    }

    /// What a structured `subset_of` or `intersects` costs.
    pub(crate) fn atom_cost(&self, atom: &Atom) -> u64 {
        self.atom_price(atom).cost
    }

    /// What each outermost call of a rule costs, from left to right.
    pub(crate) fn costs(&self, rule: &Rule) -> Vec<u64> {
        let mut found = Vec::new();
        self.condition_costs(&rule.when, &mut found);
        rule.unless.iter().for_each(|unless| self.condition_costs(unless, &mut found));
        found
    }

    fn condition_costs(&self, condition: &Condition, found: &mut Vec<u64>) {
        match &condition.kind {
            ConditionKind::Expression(expr) => self.expression_costs(expr, found),
            ConditionKind::Atom(atom) => {
                if matches!(atom.operator.value.as_str(), "subset_of" | "intersects" | "matches") {
                    found.push(self.atom_cost(atom));
                }
            }
            ConditionKind::All(parts) | ConditionKind::Any(parts) => {
                parts.iter().for_each(|part| self.condition_costs(part, found));
            }
            ConditionKind::Not(part) => self.condition_costs(part, found),
        }
    }

    fn expression_costs(&self, expr: &Expr, found: &mut Vec<u64>) {
        if is_call(expr) {
            return found.push(self.cost(expr));
        }
        match &expr.kind {
            ExprKind::Ident(name) => {
                let definition = self.names.definitions.get(name.as_str());
                definition.into_iter().for_each(|inner| self.condition_costs(inner, found));
            }
            // The canonical tree has only `<` and `<=`.
            ExprKind::Binary { op: BinaryOp::Greater | BinaryOp::GreaterOrEqual, left, right, .. } => {
                self.expression_costs(right, found);
                self.expression_costs(left, found);
            }
            // Entries stand in the order of their keys.
            ExprKind::Map(entries) => {
                let mut entries: Vec<_> = entries.iter().map(|(key, value)| (key_text(key), value)).collect();
                entries.sort_by_key(|(key, _)| *key);
                entries.into_iter().for_each(|(_, value)| self.expression_costs(value, found));
            }
            ExprKind::Call { function, args, .. } if function.value == "containsIP" => {
                args.iter().for_each(|arg| self.expression_costs(arg, found));
            }
            _ => crate::path::children(expr).into_iter().for_each(|part| self.expression_costs(part, found)),
        }
    }

    fn condition_price(&self, condition: &Condition) -> Priced<'a> {
        match &condition.kind {
            ConditionKind::Expression(expr) => self.price(expr, &Bound::new()),
            ConditionKind::Atom(atom) => self.atom_price(atom),
            ConditionKind::All(parts) => {
                junction(Form::And, parts.iter().map(|part| self.condition_price(part)).collect())
            }
            ConditionKind::Any(parts) => {
                junction(Form::Or, parts.iter().map(|part| self.condition_price(part)).collect())
            }
            ConditionKind::Not(part) => not(self.condition_price(part)),
        }
    }

    fn subject_price(&self, subject: &Subject) -> Priced<'a> {
        let domain = Domain::parse(&subject.domain.value).unwrap_or(Domain::Action);
        let [first, rest @ ..] = subject.field.as_slice() else { unreachable!("a path has a field") };
        let field = self.reached(domain, &first.value);
        let things = rest.iter().fold(field, |things, name| inside(&things, Some(&name.value)));
        priced(length(subject.field.len() + 2 * rest.len()), things)
    }

    fn atom_price(&self, atom: &Atom) -> Priced<'a> {
        let subject = self.subject_price(&atom.subject);
        let operator = atom.operator.value.as_str();
        let value = match &atom.value {
            None => return priced(subject.cost + 1, Vec::new()),
            Some(AtomValue::Subject(other)) => self.subject_price(other),
            Some(AtomValue::Constant(name)) => {
                priced(1, vec![Thing::Value(from_raw(&self.names.constants[name.value.as_str()]), None)])
            }
            Some(AtomValue::Literal(data)) => priced(1, vec![Thing::Value(from_raw(&literal(data)), None)]),
        };
        let is_null = |value: &Priced| matches!(value.things.as_slice(), [Thing::Value(V::Null, _)]);
        let ty = self.subject_type(&atom.subject);
        let (subject_most, value_most) = (most(&subject.things), most(&value.things));
        let both = subject.cost + value.cost + 1;
        let plain = match operator.trim_start_matches("not_") {
            "equals" if is_null(&value) => subject.cost + 1,
            "in" => both + among(&subject.things, &value.things),
            "contains" if ty == "string" || ty == "any" => {
                both + called("contains", &subject.things, &value.things, &[]).0
            }
            "contains" => both + among(&value.things, &subject.things),
            "starts_with" | "ends_with" => both + subject_most.whole.min(value_most.whole),
            "matches" => subject.cost + 1 + searching(&subject.things, &value.things),
            "within" if ty == "ip" => subject.cost + 1,
            "within" => both + paths_meeting(&subject.things, &value.things),
            "subset_of" | "intersects" => both + pairs(&value.things, &subject.things),
            _ => both + meeting(&subject_most, &value_most),
        };
        let atom = priced(plain, Vec::new());
        if operator.starts_with("not_") { not(atom) } else { atom }
    }

    /// The value of a field, if there is one.
    fn reached(&self, domain: Domain, name: &str) -> Vec<Thing<'a>> {
        let ty = self.schema.field(domain, self.action, name).map(|field| &field.ty);
        match self.field(domain, name) {
            Read::Value(value) => vec![Thing::Value(value, ty)],
            Read::Absent(_) | Read::Fault(_) => Vec::new(),
        }
    }

    fn subject_type(&self, subject: &Subject) -> String {
        let domain = Domain::parse(&subject.domain.value).unwrap_or(Domain::Action);
        let [first, rest @ ..] = subject.field.as_slice() else { return String::new() };
        let first = self.schema.field(domain, self.action, &first.value).map(|field| &field.ty);
        let ty = rest.iter().fold(first, |ty, name| member_type(ty?, &name.value));
        // What lies inside of an `any` is one.
        ty.map_or_else(|| if rest.is_empty() { "string" } else { "any" }.to_owned(), |ty| ty.kind.name())
    }

    fn price(&self, expr: &Expr, vars: &Bound<'a>) -> Priced<'a> {
        if let Some(value) = self.written_out(expr) {
            return priced(1, vec![Thing::Value(value, None)]);
        }
        match &expr.kind {
            ExprKind::Ident(name) => match vars.iter().rfind(|(known, _)| known == name) {
                Some((_, things)) => priced(1, things.clone()),
                None => self.condition_price(self.names.definitions[name.as_str()]),
            },
            ExprKind::Select { operand, field, .. } => {
                let is_variable = |name: &str| vars.iter().any(|(known, _)| known == name);
                match &operand.kind {
                    ExprKind::Ident(name) if !is_variable(name) && Domain::parse(name).is_some() => {
                        let domain = Domain::parse(name).unwrap_or(Domain::Action);
                        priced(1, self.reached(domain, &field.value))
                    }
                    _ => {
                        let operand = self.price(operand, vars);
                        priced(operand.cost + 1 + 2, inside(&operand.things, Some(&field.value)))
                    }
                }
            }
            ExprKind::Index { operand, index, .. } => {
                let operand = self.price(operand, vars);
                match &index.kind {
                    ExprKind::String(key) => priced(operand.cost + 1 + 2, inside(&operand.things, Some(key))),
                    _ if matches!(self.written_out(index), Some(V::Str(_))) => {
                        priced(operand.cost + 1 + 2, inside(&operand.things, None))
                    }
                    _ => {
                        let key = self.price(index, vars);
                        let own = finding(&most(&key.things), &most(&operand.things));
                        priced(operand.cost + key.cost + 1 + own, inside(&operand.things, None))
                    }
                }
            }
            ExprKind::List(items) => {
                let parts: Vec<Priced<'a>> = items.iter().map(|item| self.price(item, vars)).collect();
                let cost = parts.iter().map(|part| part.cost + 16).sum::<u64>() + 1;
                let items = length(parts.len());
                let whole = parts.iter().map(|part| most(&part.things).whole + 1).sum::<u64>().min(196_608);
                let own = Measures { items, whole, composite: true, ..Measures::default() };
                let inner = parts.into_iter().flat_map(|part| part.things).collect();
                priced(cost, vec![Thing::Most(own, inner)])
            }
            ExprKind::Map(entries) => {
                let parts: Vec<(&str, Priced<'a>)> =
                    entries.iter().map(|(key, value)| (key_text(key), self.price(value, vars))).collect();
                let cost = parts.iter().map(|(_, part)| part.cost + 16).sum::<u64>() + 1;
                let whole =
                    parts.iter().map(|(key, part)| most(&part.things).whole + 3 + length(key.len()) / 64);
                let own = Measures {
                    entries: length(parts.len()),
                    keys: parts.iter().map(|(key, _)| length(key.len())).max().unwrap_or(0),
                    whole: whole.sum::<u64>().min(196_608),
                    composite: true,
                    ..Measures::default()
                };
                let inner = parts.into_iter().flat_map(|(_, part)| part.things).collect();
                priced(cost, vec![Thing::Most(own, inner)])
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => not(self.price(operand, vars)),
            ExprKind::Unary { operand, .. } => priced(self.price(operand, vars).cost + 1, Vec::new()),
            ExprKind::Binary { op, left, right, .. } => self.binary_price(*op, left, right, vars),
            ExprKind::Conditional { condition, then, otherwise } => {
                let condition = self.price(condition, vars).cost;
                let (then, otherwise) = (self.price(then, vars), self.price(otherwise, vars));
                let things = then.things.into_iter().chain(otherwise.things).collect();
                priced(condition + then.cost + otherwise.cost + 1, things)
            }
            ExprKind::Call { target, function, args } => {
                self.call_price(target.as_deref(), &function.value, args, vars)
            }
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) => {
                unreachable!("written out")
            }
        }
    }

    fn binary_price(&self, op: BinaryOp, left: &Expr, right: &Expr, vars: &Bound<'a>) -> Priced<'a> {
        let (a, b) = (self.price(left, vars), self.price(right, vars));
        let both = a.cost + b.cost + 1;
        let met = meeting(&most(&a.things), &most(&b.things));
        let is_null = |expr: &Expr| matches!(expr.kind, ExprKind::Null);
        match op {
            BinaryOp::And => junction(Form::And, vec![a, b]),
            BinaryOp::Or => junction(Form::Or, vec![a, b]),
            BinaryOp::Equal | BinaryOp::NotEqual => {
                let equal = match (is_null(left), is_null(right)) {
                    (true, _) => priced(b.cost + 1, Vec::new()),
                    (_, true) => priced(a.cost + 1, Vec::new()),
                    _ => priced(both + met, Vec::new()),
                };
                if op == BinaryOp::NotEqual { not(equal) } else { equal }
            }
            BinaryOp::In => priced(both + among(&a.things, &b.things), Vec::new()),
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply => {
                let (first, second) = (most(&a.things), most(&b.things));
                let items = first.items + second.items;
                let cost = both + reading(&first, &second);
                if op == BinaryOp::Add && items > 0 {
                    let inner: Vec<Thing<'a>> =
                        inside(&a.things, None).into_iter().chain(inside(&b.things, None)).collect();
                    return priced(cost + 16 * items, vec![list_of(items.min(10_000), inner)]);
                }
                priced(cost + 20, Vec::new())
            }
            _ => priced(both + met, Vec::new()),
        }
    }

    fn call_price(&self, target: Option<&Expr>, name: &str, args: &[Expr], vars: &Bound<'a>) -> Priced<'a> {
        let arg = |idx: usize| self.price(&args[idx], vars);
        match (target, name) {
            (None, "has") => return priced(arg(0).cost + 1, Vec::new()),
            (Some(_), "containsIP") => return priced(arg(0).cost + 1, Vec::new()),
            (Some(target), "contains" | "intersects" | "equivalent") if is_sets(target) => {
                let (a, b) = (arg(0), arg(1));
                let times = if name == "equivalent" { 2 } else { 1 };
                return priced(a.cost + b.cost + 1 + times * pairs(&a.things, &b.things), Vec::new());
            }
            (Some(target), name) if is_macro(name) => return self.macro_price(target, name, args, vars),
            (Some(target), "matches") => {
                let text = self.price(target, vars);
                return priced(text.cost + 1 + searching(&text.things, &arg(0).things), Vec::new());
            }
            (Some(target), "orValue") => {
                let (a, b) = (self.price(target, vars), arg(0));
                let cost = a.cost + b.cost + 1 + reading(&most(&a.things), &most(&b.things));
                return priced(cost, a.things.into_iter().chain(b.things).collect());
            }
            (Some(target), "within") => {
                let (a, b) = (self.price(target, vars), arg(0));
                return priced(a.cost + b.cost + 1 + paths_meeting(&a.things, &b.things), Vec::new());
            }
            (Some(target), name) if name.starts_with("get") => {
                return priced(self.price(target, vars).cost + 1 + 40, Vec::new());
            }
            _ => {}
        }
        let operands: Vec<Priced<'a>> =
            target.into_iter().chain(args).map(|operand| self.price(operand, vars)).collect();
        let things = |idx: usize| operands.get(idx).map_or(&[][..], |operand| &operand.things);
        let (own, result) = called(name, things(0), things(1), things(2));
        priced(operands.iter().map(|operand| operand.cost).sum::<u64>() + 1 + own, result)
    }

    fn macro_price(&self, target: &Expr, name: &str, args: &[Expr], vars: &Bound<'a>) -> Priced<'a> {
        let range = self.price(target, vars);
        let measures = most(&range.things);
        let key = || {
            let text = Measures { bytes: measures.keys, whole: measures.keys / 64, ..Measures::default() };
            if measures.entries > 0 { vec![Thing::Most(text, Vec::new())] } else { Vec::new() }
        };
        let elements = || {
            let elements = if measures.items > 0 { inside(&range.things, None) } else { Vec::new() };
            elements.into_iter().chain(key()).collect::<Vec<Thing<'a>>>()
        };
        let names: Vec<&Expr> = variable_names(name, args).iter().collect();
        let bound = match names.len() {
            1 => vec![elements()],
            _ => vec![key(), inside(&range.things, None)],
        };
        let named = names.iter().zip(bound).map(|(name, things)| match &name.kind {
            ExprKind::Ident(name) => (name.clone(), things),
            _ => unreachable!("the set compiles"),
        });
        let inner: Bound<'a> = vars.iter().cloned().chain(named).collect();
        let body = self.price(&args[args.len() - 1], &inner);
        let filter = if name == "map" && args.len() == 3 { self.price(&args[1], &inner).cost } else { 0 };
        let count = measures.items.max(measures.entries);
        let (produce, things) = match name {
            "filter" => (16, vec![list_of(count.min(10_000), elements())]),
            "map" => (16, vec![list_of(count.min(10_000), body.things)]),
            _ => (0, Vec::new()),
        };
        let bind = if names.len() > 1 || measures.entries > 0 { 20 } else { 10 };
        let step = (bind + produce + filter).saturating_add(body.cost);
        priced(range.cost.saturating_add(1).saturating_add(count.saturating_mul(step)), things)
    }

    /// A literal of the canonical tree: what is made of literals alone.
    fn written_out(&self, expr: &Expr) -> Option<V> {
        match &expr.kind {
            ExprKind::Null => Some(V::Null),
            ExprKind::Bool(value) => Some(V::Bool(*value)),
            ExprKind::Number(text) => Some(from_raw(&crate::number(text))),
            ExprKind::String(text) => Some(V::Str(text.clone())),
            ExprKind::Unary { op: UnaryOp::Negate, operand } => match &operand.kind {
                ExprKind::Number(text) => Some(from_raw(&crate::number(text))),
                _ => None,
            },
            ExprKind::List(items) => {
                Some(V::List(items.iter().map(|item| self.written_out(item).map(Ok)).collect::<Option<_>>()?))
            }
            ExprKind::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| Some((key_text(key).to_owned(), Some(Ok(self.written_out(value)?)))));
                Some(V::Map(entries.collect::<Option<_>>()?))
            }
            ExprKind::Select { operand, field, .. } => match &operand.kind {
                ExprKind::Ident(name) if name == "constants" => match self.root(operand, &[]) {
                    Some(Root::Constants) => Some(from_raw(self.names.constants.get(field.value.as_str())?)),
                    _ => None,
                },
                _ => None,
            },
            ExprKind::Call { target: None, function, args }
                if matches!(function.value.as_str(), "timestamp" | "duration" | "quantity") =>
            {
                self.written_out(&args[0]).map(|_| V::Null)
            }
            _ => None,
        }
    }
}

fn key_text(key: &Expr) -> &str {
    match &key.kind {
        ExprKind::String(text) => text,
        _ => unreachable!("the set compiles"),
    }
}

/// `&&` and `||` take in their like; one part stands for itself.
fn junction(form: Form, mut parts: Vec<Priced<'_>>) -> Priced<'_> {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    let own = |part: &Priced<'_>| if part.form == form { part.cost - 1 } else { part.cost };
    let cost = parts.iter().map(own).fold(1, u64::saturating_add);
    Priced { form, ..priced(cost, Vec::new()) }
}

fn not(operand: Priced<'_>) -> Priced<'_> {
    let (cost, form) = match operand.form {
        Form::NotAnd => (operand.cost - 1, Form::And),
        Form::NotOr => (operand.cost - 1, Form::Or),
        Form::Not => (operand.cost - 1, Form::Other),
        Form::And => (operand.cost + 1, Form::NotAnd),
        Form::Or => (operand.cost + 1, Form::NotOr),
        Form::Other => (operand.cost + 1, Form::Not),
    };
    Priced { form, ..priced(cost, Vec::new()) }
}

fn raw_measures(raw: &RawValue) -> Measures {
    let mut own = match raw {
        RawValue::String(text) => {
            let bytes = length(text.len());
            Measures { bytes, whole: bytes / 64, ..Measures::default() }
        }
        RawValue::List(items) => Measures {
            items: length(items.len()),
            whole: items.iter().map(|item| raw_measures(item).whole + 1).sum(),
            composite: true,
            ..Measures::default()
        },
        RawValue::Map(members) => Measures {
            entries: length(members.len()),
            keys: members.keys().map(|key| length(key.len())).max().unwrap_or(0),
            whole: members
                .iter()
                .map(|(key, value)| raw_measures(value).whole + 3 + length(key.len()) / 64)
                .sum(),
            composite: true,
            ..Measures::default()
        },
        RawValue::Unreadable(_) => return Measures::default(),
        _ => Measures::default(),
    };
    own.json = own.whole + 1;
    own
}

fn item_measures(item: &Item) -> Measures {
    item.as_ref().map(value_measures).unwrap_or_default()
}

fn value_measures(value: &V) -> Measures {
    match value {
        V::Str(text) => {
            let bytes = length(text.len());
            let as_path = Path::parse(text).map_or(0, |path| value_measures(&V::Path(path)).whole);
            Measures { bytes, whole: bytes / 64, as_path, ..Measures::default() }
        }
        V::Url(url) => {
            let bytes = length(url.as_str().len());
            Measures { bytes, whole: bytes / 64, composite: true, ..Measures::default() }
        }
        V::Path(path) => {
            let text = path.to_string();
            let segments = text.split('/').filter(|part| !matches!(*part, "" | "." | "..")).count();
            let bytes = length(text.len());
            let whole = bytes / 64 + 2 * length(segments);
            Measures { bytes, whole, composite: true, path: true, as_path: whole, ..Measures::default() }
        }
        V::List(items) => Measures {
            items: length(items.len()),
            whole: items.iter().map(|item| item_measures(item).whole + 1).sum(),
            path: items.iter().any(|item| item_measures(item).path),
            as_path: items.iter().map(|item| item_measures(item).as_path + 1).sum(),
            composite: true,
            ..Measures::default()
        },
        V::Map(members) => {
            let there = || members.iter().filter_map(|(key, item)| Some((key, item.as_ref()?)));
            Measures {
                entries: length(there().count()),
                keys: there().map(|(key, _)| length(key.len())).max().unwrap_or(0),
                whole: there()
                    .map(|(key, item)| item_measures(item).whole + 3 + length(key.len()) / 64)
                    .sum(),
                composite: true,
                ..Measures::default()
            }
        }
        V::Any(raw, _) => raw_measures(raw),
        _ => Measures::default(),
    }
}

/// The larger of both in every measure.
fn larger(a: Measures, b: Measures) -> Measures {
    Measures {
        bytes: a.bytes.max(b.bytes),
        items: a.items.max(b.items),
        entries: a.entries.max(b.entries),
        keys: a.keys.max(b.keys),
        whole: a.whole.max(b.whole),
        json: a.json.max(b.json),
        composite: a.composite || b.composite,
        path: a.path || b.path,
        as_path: a.as_path.max(b.as_path),
    }
}

/// The largest of all in every measure.
fn most(things: &[Thing<'_>]) -> Measures {
    let of = |thing: &Thing<'_>| match thing {
        Thing::Value(value, _) => value_measures(value),
        Thing::Most(measures, _) | Thing::Anything(measures) => *measures,
    };
    things.iter().map(of).fold(Measures::default(), larger)
}

/// Everything that lies directly inside, or the member with a name.
fn inside<'a>(things: &[Thing<'a>], name: Option<&str>) -> Vec<Thing<'a>> {
    let mut found = Vec::new();
    for thing in things {
        match thing {
            Thing::Most(_, inner) => found.extend(inner.iter().cloned()),
            Thing::Anything(_) => found.push(thing.clone()),
            Thing::Value(V::List(items), ty) => {
                let of = ty.and_then(element_type);
                found.extend(items.iter().flatten().map(|item| Thing::Value(item.clone(), of)));
            }
            Thing::Value(V::Map(members), ty) => {
                let declared = match ty.map(|ty| &ty.kind) {
                    Some(TypeKind::Object(fields)) => Some(fields),
                    _ => None,
                };
                // Of an object the member that is named counts, of a map all that is in it.
                let kept = members.iter().filter(|(key, _)| declared.is_none() || name == Some(key.as_str()));
                for (key, item) in kept {
                    let of = match declared {
                        Some(fields) => fields.get(key.as_str()).map(|field| &field.ty),
                        None => ty.and_then(element_type),
                    };
                    found.extend(item.iter().flatten().map(|item| Thing::Value(item.clone(), of)));
                }
            }
            Thing::Value(V::Any(raw, _), _) => {
                found.push(Thing::Anything(
                    descendants(raw).into_iter().map(raw_measures).fold(Measures::default(), larger),
                ));
            }
            Thing::Value(..) => {}
        }
    }
    found
}

fn descendants(raw: &RawValue) -> Vec<&RawValue> {
    let children: Vec<&RawValue> = match raw {
        RawValue::List(items) => items.iter().collect(),
        RawValue::Map(members) => members.values().collect(),
        _ => Vec::new(),
    };
    children.into_iter().flat_map(|child| std::iter::once(child).chain(descendants(child))).collect()
}

fn list_of(items: u64, inner: Vec<Thing<'_>>) -> Thing<'_> {
    let whole = items.saturating_mul(1 + most(&inner).whole).min(196_608);
    Thing::Most(Measures { items, whole, composite: true, ..Measures::default() }, inner)
}

fn text_of(bytes: u64) -> Vec<Thing<'static>> {
    vec![Thing::Most(Measures { bytes, whole: bytes / 64, ..Measures::default() }, Vec::new())]
}

/// An `any` beside a value that is no scalar is read as a whole.
fn reading(a: &Measures, b: &Measures) -> u64 {
    if a.json > 0 && b.json == 0 && b.composite {
        16 * a.json
    } else if b.json > 0 && a.json == 0 && a.composite {
        16 * b.json
    } else {
        0
    }
}

fn meeting(a: &Measures, b: &Measures) -> u64 {
    let (first, second) = if a.path || b.path { (a.as_path, b.as_path) } else { (a.whole, b.whole) };
    first.min(second) + reading(a, b)
}

/// For `within`, where every text of the policy is a path.
fn paths_meeting(a: &[Thing<'_>], b: &[Thing<'_>]) -> u64 {
    let as_path = |things: &[Thing<'_>]| match things {
        [Thing::Value(V::Str(text), None)] => {
            Path::parse(text).map(|path| value_measures(&V::Path(path))).unwrap_or_default()
        }
        things => most(things),
    };
    let (a, b) = (as_path(a), as_path(b));
    a.whole.min(b.whole) + reading(&a, &b)
}

fn among(element: &[Thing<'_>], container: &[Thing<'_>]) -> u64 {
    let (one, all) = (most(element), most(container));
    let each = 1 + meeting(&one, &most(&inside(container, None)));
    all.items.saturating_mul(each) + finding(&one, &all)
}

/// A key in a map.
fn finding(key: &Measures, map: &Measures) -> u64 {
    if map.entries == 0 { 0 } else { 40 + key.bytes.min(map.keys) / 8 }
}

fn pairs(a: &[Thing<'_>], b: &[Thing<'_>]) -> u64 {
    let each = 1 + meeting(&most(&inside(a, None)), &most(&inside(b, None)));
    (most(a).items * most(b).items).saturating_mul(each)
}

fn searching(text: &[Thing<'_>], pattern: &[Thing<'_>]) -> u64 {
    let source = match pattern {
        [Thing::Value(V::Str(source), _)] => source.as_str(),
        _ => unreachable!("the set compiles"),
    };
    let weight = Pattern::new(source).map_or(1, |pattern| pattern.weight());
    16 + most(text).bytes.saturating_mul(weight)
}

/// What a function costs besides its operands, and its results.
fn called<'a>(name: &str, a: &[Thing<'a>], b: &[Thing<'_>], c: &[Thing<'_>]) -> (u64, Vec<Thing<'a>>) {
    let (first, second, third) = (most(a), most(b), most(c));
    let words = first.bytes / 64 + 1;
    match name {
        "size" => (16 * words, Vec::new()),
        "int" | "double" => (16 * words + 32, Vec::new()),
        "lowerAscii" | "upperAscii" | "trim" | "substring" => (16 * words, text_of(first.bytes)),
        "string" => (16 * words + 48, text_of(first.bytes.max(64))),
        "startsWith" | "endsWith" => (first.whole.min(second.whole), Vec::new()),
        "contains" | "indexOf" | "lastIndexOf" => (48 * words, Vec::new()),
        "split" => {
            let items = (first.bytes + 1).min(10_000);
            (48 * words + 16 * items, vec![list_of(items, text_of(first.bytes))])
        }
        "replace" => {
            let longest = first.bytes + (first.bytes + 1).saturating_mul(third.bytes);
            let bytes = longest.min(limits::PRODUCED_BYTES as u64);
            (192 * words + 16 * (bytes / 64), text_of(bytes))
        }
        "sum" => (8 * first.items + first.whole, Vec::new()),
        "min" | "max" => (8 * first.items + first.whole, inside(a, None)),
        "distinct" => (pairs(a, a), a.to_vec()),
        _ => unreachable!("the set compiles: {name}"),
    }
}
