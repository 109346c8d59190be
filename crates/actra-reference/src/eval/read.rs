//! Reads of fields, members and elements, which may be absent.

use actra_model::{RawValue, Reason, RecordName, Type, TypeKind};
use actra_syntax::ast::{Expr, ExprKind, Name, Subject};

use super::path::{Root, extend};
use super::{Absence, Eval, ReadResult, Variable};
use crate::envelope::record;
use crate::expr::chained;
use crate::kleene::both;
use crate::typing::{FieldState, read_as, read_field};
use crate::value::{EvalError, EvalResult, Truth, V, from_raw, kind_of, scalar};

impl<'a> Eval<'a> {
    pub(super) fn subject(&self, subject: &Subject) -> ReadResult {
        self.read_path(&subject.domain, &subject.field, Absence::Fault)
    }

    /// `record.a.b.c`
    pub(crate) fn read_path(&self, record_name: &Name, names: &[Name], absence: Absence) -> ReadResult {
        let [first, rest @ ..] = names else { unreachable!("a path has a field") };
        let mut read =
            self.field(RecordName::parse(&record_name.value).unwrap_or(RecordName::Action), &first.value);
        for (idx, name) in rest.iter().enumerate() {
            let prefix = |len: usize| Subject {
                span: record_name.span,
                domain: record_name.clone(),
                field: names[..len].to_vec(),
            };
            let (from, to) = (self.subject_path(&prefix(idx + 1)), self.subject_path(&prefix(idx + 2)));
            read = member(read, &name.value, absence == Absence::Passed, &from, &to[from.len()..]);
        }
        read
    }

    pub(crate) fn field(&self, record_name: RecordName, name: &str) -> ReadResult {
        let path = format!("{record_name}.{name}");
        let fault = |reason| ReadResult::Fault(EvalError { path: path.clone(), reason });
        if record_name == RecordName::Action && name == "type" {
            let declared = self.schema.action(self.action);
            return ReadResult::Value(V::Str(
                declared.map_or_else(String::new, |action| action.name.to_string()),
            ));
        }
        let Some(field) = self.schema.field(record_name, self.action, name) else {
            return fault(Reason::Missing);
        };
        let members = match record(self.raw, record_name) {
            Ok(members) => members,
            Err(reason) => return fault(reason),
        };
        match read_field(field, members.get(name), &path) {
            FieldState::Present(value) => ReadResult::Value(value),
            FieldState::Absent => ReadResult::Absent(EvalError { path, reason: Reason::Absent }),
            FieldState::Invalid(reason) => fault(reason),
        }
    }

    pub(crate) fn value(&self, expr: &Expr, vars: &[Variable<'a>]) -> EvalResult {
        self.read(expr, vars).item()
    }

    pub(super) fn read(&self, expr: &Expr, vars: &[Variable<'a>]) -> ReadResult {
        match &expr.kind {
            ExprKind::Select { operand, field, .. } => match self.root(operand, vars) {
                Some(Root::Constants) => {
                    ReadResult::Value(from_raw(&self.names.constants[field.value.as_str()]))
                }
                Some(Root::Record(record_name)) => self.field(record_name, &field.value),
                None => {
                    let step = self.step(operand, &field.value, vars);
                    let container = self.read(operand, vars);
                    member(container, &field.value, chained(operand), &self.path(operand, vars), &step)
                }
            },
            ExprKind::Index { operand, index, .. } => self.index(expr, operand, index, vars),
            ExprKind::Call { target: Some(target), function, args } if function.value == "orValue" => {
                match self.read(target, vars) {
                    ReadResult::Absent(_) => ReadResult::from(
                        self.value(&args[0], vars).map(|value| self.typed(target, value, vars)),
                    ),
                    ReadResult::Value(value) => ReadResult::from(self.converted_like(value, &args[0], vars)),
                    read => read,
                }
            }
            ExprKind::Conditional { condition, then, otherwise } => {
                let (chosen, other) = match self.truth(condition, vars) {
                    Ok(true) => (self.read(then, vars), otherwise),
                    Ok(false) => (self.read(otherwise, vars), then),
                    Err(error) => (ReadResult::Fault(error), then),
                };
                match chosen {
                    ReadResult::Value(value @ V::Any(..)) => {
                        ReadResult::from(self.converted_like(value, other, vars))
                    }
                    ReadResult::Value(value) => ReadResult::Value(self.typed(expr, value, vars)),
                    chosen => chosen,
                }
            }
            _ => match self.operand(expr, vars) {
                Ok(value) => ReadResult::Value(value),
                Err(error) => ReadResult::Fault(error),
            },
        }
    }

    /// Text of the policy stands for a value of the type that its place is declared with.
    pub(super) fn typed(&self, place: &Expr, value: V, vars: &[Variable<'a>]) -> V {
        match self.declared(place, vars) {
            Some(ty) => typed_as(ty, value),
            None => value,
        }
    }

    /// An `any` as what another expression is that stands for the same value.
    pub(super) fn converted_like(&self, value: V, other: &Expr, vars: &[Variable<'a>]) -> EvalResult {
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

    pub(super) fn index(
        &self,
        expr: &Expr,
        operand: &Expr,
        index: &Expr,
        vars: &[Variable<'a>],
    ) -> ReadResult {
        let container = match self.read(operand, vars) {
            ReadResult::Absent(error) if chained(operand) => return ReadResult::Absent(error),
            read => read.item(),
        };
        let key = self.value(index, vars);
        let (container, key) = match both(container, key) {
            Ok(pair) => pair,
            Err(error) => return ReadResult::Fault(error),
        };
        let path = self.path(expr, vars);
        let error = |reason| EvalError { path: path.clone(), reason };
        let key = match key {
            V::Any(RawValue::String(text), _) => V::Str(text),
            V::Any(RawValue::Number(number), _) => V::Num(number),
            key => key,
        };
        match (container, key) {
            (V::Map(members), V::Str(key)) => match members.get(&key) {
                Some(Some(item)) => {
                    ReadResult::from(element_fault(item.clone(), &self.path(operand, vars), &path))
                }
                _ => ReadResult::Absent(error(Reason::NoSuchKey)),
            },
            (V::List(items), V::Num(at)) => {
                match at.to_i64().and_then(|at| items.get(usize::try_from(at).ok()?)) {
                    Some(item) => ReadResult::from(item.clone()),
                    None => ReadResult::Absent(error(Reason::NoSuchElement)),
                }
            }
            (V::Any(RawValue::Map(members), _), V::Str(key)) => match members.get(&key) {
                Some(raw) => ReadResult::from(Ok(V::Any(raw.clone(), path))),
                None => ReadResult::Absent(error(Reason::NoSuchKey)),
            },
            (V::Any(RawValue::List(items), _), V::Num(at)) => {
                match at.to_i64().and_then(|at| items.get(usize::try_from(at).ok()?)) {
                    Some(raw) => ReadResult::from(Ok(V::Any(raw.clone(), path))),
                    None => ReadResult::Absent(error(Reason::NoSuchElement)),
                }
            }
            (V::Any(RawValue::Unreadable(reason), path), _) => ReadResult::Fault(EvalError { path, reason }),
            // What is of another kind is the container, not the element.
            _ => ReadResult::Fault(EvalError { path: self.path(operand, vars), reason: Reason::WrongKind }),
        }
    }
}

fn member(read: ReadResult, name: &str, chained: bool, operand_path: &str, step: &str) -> ReadResult {
    let container = match read {
        ReadResult::Value(value) => value,
        ReadResult::Absent(error) if chained => return ReadResult::Absent(error),
        ReadResult::Absent(error) | ReadResult::Fault(error) => return ReadResult::Fault(error),
    };
    let path = extend(operand_path.to_owned(), step);
    match container {
        V::Map(members) => match members.get(name) {
            Some(Some(item)) => ReadResult::from(element_fault(item.clone(), operand_path, &path)),
            Some(None) => ReadResult::Absent(EvalError { path, reason: Reason::Absent }),
            None => ReadResult::Absent(EvalError { path, reason: Reason::NoSuchKey }),
        },
        V::Any(RawValue::Map(members), _) => match members.get(name) {
            Some(raw) => ReadResult::from(Ok(V::Any(raw.clone(), path))),
            None => ReadResult::Absent(EvalError { path, reason: Reason::NoSuchKey }),
        },
        V::Any(RawValue::Unreadable(reason), path) => ReadResult::Fault(EvalError { path, reason }),
        // What is of another kind is the container, not the member.
        _ => ReadResult::Fault(EvalError { path: operand_path.to_owned(), reason: Reason::WrongKind }),
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

/// An element found by its key: a fault of the element itself is named by the look-up.
fn element_fault(item: EvalResult, container_path: &str, path: &str) -> EvalResult {
    item.map_err(|error| match error.path.strip_prefix(container_path) {
        Some("[*]") => EvalError { path: path.to_owned(), ..error },
        _ => error,
    })
}

pub(super) fn has(read: ReadResult) -> Truth {
    match read {
        ReadResult::Value(_) => Ok(true),
        ReadResult::Absent(_) => Ok(false),
        ReadResult::Fault(error) => Err(error),
    }
}
