//! Static paths: where in a request an expression reads, without any index or key of the request.

use std::collections::BTreeSet;

use actra_model::{RecordName, Type, TypeKind};
use actra_syntax::ast::{
    AtomOperand, BinaryOp, Condition, ConditionKind, Expr, ExprKind, Rule, StructuredAtom, Subject,
};

use super::{Eval, RangeEntry, Variable};
use crate::expr::{children, is_macro, variable_names};
use crate::value::V;

impl<'a> Eval<'a> {
    /// The path of the leftmost field that an expression reads; empty if it reads none.
    pub(crate) fn path(&self, expr: &Expr, vars: &[Variable<'a>]) -> String {
        match &expr.kind {
            ExprKind::Ident(name) => match vars.iter().rfind(|variable| variable.name == *name) {
                Some(variable) => variable.path.clone(),
                None => self
                    .names
                    .definitions
                    .get(name.as_str())
                    .map_or_else(String::new, |inner| self.condition_path(inner)),
            },
            ExprKind::Select { operand, field, .. } if self.is_chain(expr, vars) => {
                match self.root(operand, vars) {
                    Some(Root::Constants) => String::new(),
                    Some(Root::Record(record)) => format!("{record}.{}", field.value),
                    None => extend(self.path(operand, vars), &self.step(operand, &field.value, vars)),
                }
            }
            ExprKind::Index { operand, index, .. } if self.is_chain(expr, vars) => {
                let step = match &index.kind {
                    ExprKind::String(key) => key_step(key),
                    _ => "[*]".to_owned(),
                };
                match self.path(operand, vars) {
                    // A variable over what the policy holds has none, and the index may.
                    none if none.is_empty() => self.path(index, vars),
                    path => extend(path, &step),
                }
            }
            ExprKind::Binary { op: BinaryOp::Greater | BinaryOp::GreaterOrEqual, left, right, .. } => {
                self.first_path([right.as_ref(), left.as_ref()], vars)
            }
            ExprKind::Call { target: Some(target), function, .. } if is_macro(&function.value) => {
                self.path(target, vars)
            }
            _ => self.first_path(children(expr), vars),
        }
    }

    fn first_path<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>, vars: &[Variable<'a>]) -> String {
        exprs.into_iter().map(|expr| self.path(expr, vars)).find(|path| !path.is_empty()).unwrap_or_default()
    }

    fn condition_path(&self, condition: &Condition) -> String {
        match &condition.kind {
            ConditionKind::Expression(expr) => self.path(expr, &[]),
            ConditionKind::StructuredAtom(atom) => self.subject_path(&atom.subject),
            ConditionKind::All(parts) | ConditionKind::Any(parts) => parts
                .iter()
                .map(|part| self.condition_path(part))
                .find(|path| !path.is_empty())
                .unwrap_or_default(),
            ConditionKind::Not(part) => self.condition_path(part),
        }
    }

    /// The path of a structured subject.
    pub(crate) fn subject_path(&self, subject: &Subject) -> String {
        let [first, rest @ ..] = subject.field.as_slice() else { return String::new() };
        let record = RecordName::parse(&subject.domain.value).unwrap_or(RecordName::Action);
        let mut ty = self.schema.field(record, self.action, &first.value).map(|field| &field.ty);
        let mut path = format!("{record}.{}", first.value);
        for name in rest {
            path += &named_step(ty, &name.value);
            ty = ty.and_then(|ty| member_type(ty, &name.value));
        }
        path
    }

    /// What `operand.name` adds to the path of its operand.
    pub(crate) fn step(&self, operand: &Expr, name: &str, vars: &[Variable<'a>]) -> String {
        named_step(self.declared(operand, vars), name)
    }

    /// The declared type of a field, member, element or variable; `None` where there is none to be seen.
    pub(crate) fn declared(&self, expr: &Expr, vars: &[Variable<'a>]) -> Option<&'a Type> {
        match &expr.kind {
            ExprKind::Ident(name) => vars.iter().rfind(|variable| variable.name == *name)?.ty,
            ExprKind::Select { operand, field, .. } => match self.root(operand, vars) {
                Some(Root::Constants) => None,
                Some(Root::Record(record)) => {
                    self.schema.field(record, self.action, &field.value).map(|field| &field.ty)
                }
                None => member_type(self.declared(operand, vars)?, &field.value),
            },
            ExprKind::Index { operand, .. } => element_type(self.declared(operand, vars)?),
            ExprKind::Conditional { then, otherwise, .. } => self.typed_one(then, otherwise, vars),
            ExprKind::Binary { op: BinaryOp::Add, left, right, .. } => {
                self.declared(left, vars).or_else(|| self.declared(right, vars))
            }
            ExprKind::Call { target: Some(target), function, args } => match function.value.as_str() {
                "orValue" => self.typed_one(target, args.first()?, vars),
                "filter" | "distinct" => self.declared(target, vars),
                "min" | "max" => element_type(self.declared(target, vars)?),
                _ => None,
            },
            _ => None,
        }
    }

    /// The type of two that stand for one value; an `any` takes that of the other.
    fn typed_one(&self, first: &Expr, second: &Expr, vars: &[Variable<'a>]) -> Option<&'a Type> {
        let (first, second) = (self.declared(first, vars), self.declared(second, vars));
        match first {
            Some(ty) if ty.kind != TypeKind::Any => first,
            _ => second.or(first),
        }
    }

    /// What a name before a dot stands for, unless it is a value.
    pub(crate) fn root(&self, operand: &Expr, vars: &[Variable<'a>]) -> Option<Root> {
        let ExprKind::Ident(name) = &operand.kind else { return None };
        if vars.iter().any(|variable| variable.name == *name) {
            return None;
        }
        if name == "constants" { Some(Root::Constants) } else { RecordName::parse(name).map(Root::Record) }
    }

    /// The longest chains of members and look-ups that a rule reads; its message does not count.
    pub(crate) fn mentions(&self, rule: &Rule) -> BTreeSet<String> {
        let mut is_element = BTreeSet::new();
        if rule.scope.actor.is_some() {
            is_element.insert("actor.type".to_owned());
        }
        [Some(&rule.when), rule.unless.as_ref()]
            .into_iter()
            .flatten()
            .for_each(|condition| self.mentioned(condition, &mut is_element));
        is_element
    }

    fn mentioned(&self, condition: &Condition, is_element: &mut BTreeSet<String>) {
        match &condition.kind {
            ConditionKind::Expression(expr) => self.mentioned_in(expr, &[], is_element),
            ConditionKind::StructuredAtom(atom) => {
                let StructuredAtom { subject, value, .. } = atom.as_ref();
                is_element.insert(self.subject_path(subject));
                if let Some(AtomOperand::Subject(other)) = value {
                    is_element.insert(self.subject_path(other));
                }
            }
            ConditionKind::All(parts) | ConditionKind::Any(parts) => {
                parts.iter().for_each(|part| self.mentioned(part, is_element));
            }
            ConditionKind::Not(part) => self.mentioned(part, is_element),
        }
    }

    fn mentioned_in(&self, expr: &Expr, vars: &[Variable<'a>], is_element: &mut BTreeSet<String>) {
        if self.is_chain(expr, vars) {
            let path = self.path(expr, vars);
            if !path.is_empty() {
                is_element.insert(path);
            }
            return self.mentioned_keys(expr, vars, is_element);
        }
        match &expr.kind {
            ExprKind::Ident(name) => {
                if let Some(inner) = self.names.definitions.get(name.as_str()) {
                    self.mentioned(inner, is_element);
                }
            }
            ExprKind::Call { target: Some(target), function, args } if is_macro(&function.value) => {
                self.mentioned_in(target, vars, is_element);
                let keyed = self.declared(target, vars).is_some_and(|ty| matches!(ty.kind, TypeKind::Map(_)));
                let names = variable_names(&function.value, args);
                let inner =
                    self.bind(target, names, RangeEntry { key: V::Null, item: Ok(V::Null), keyed }, vars);
                args[names.len()..].iter().for_each(|part| self.mentioned_in(part, &inner, is_element));
            }
            _ => children(expr).into_iter().for_each(|child| self.mentioned_in(child, vars, is_element)),
        }
    }

    /// What the keys of a chain mention.
    fn mentioned_keys(&self, expr: &Expr, vars: &[Variable<'a>], is_element: &mut BTreeSet<String>) {
        match &expr.kind {
            ExprKind::Select { operand, .. } => self.mentioned_keys(operand, vars, is_element),
            ExprKind::Index { operand, index, .. } => {
                self.mentioned_keys(operand, vars, is_element);
                self.mentioned_in(index, vars, is_element);
            }
            _ => {}
        }
    }

    fn is_chain(&self, expr: &Expr, vars: &[Variable<'a>]) -> bool {
        match &expr.kind {
            ExprKind::Ident(name) => vars.iter().any(|variable| variable.name == *name),
            ExprKind::Select { operand, .. } => {
                self.root(operand, vars).is_some() || self.is_chain(operand, vars)
            }
            ExprKind::Index { operand, .. } => self.is_chain(operand, vars),
            _ => false,
        }
    }
}

/// What stands before the first dot of a path.
pub(crate) enum Root {
    /// `constants`
    Constants,
    /// One of the three records.
    Record(RecordName),
}

pub(crate) fn member_type<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    match &ty.kind {
        TypeKind::Object(members) => members.get(name).map(|field| &field.ty),
        _ => element_type(ty),
    }
}

/// The type of the elements of a list, or of the values of a map.
pub(crate) fn element_type(ty: &Type) -> Option<&Type> {
    match &ty.kind {
        TypeKind::Any => Some(ty),
        TypeKind::List(of) | TypeKind::Map(of) => Some(of),
        _ => None,
    }
}

/// `m.k` on a map or an `any` is `m["k"]`.
fn named_step(container: Option<&Type>, name: &str) -> String {
    match container.map(|ty| &ty.kind) {
        Some(TypeKind::Object(_)) => format!(".{name}"),
        _ => key_step(name),
    }
}

fn key_step(key: &str) -> String {
    format!("[\"{}\"]", key.replace('\\', "\\\\").replace('"', "\\\""))
}

pub(crate) fn extend(path: String, step: &str) -> String {
    if path.is_empty() { path } else { path + step }
}
