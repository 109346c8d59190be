//! Calls of functions, evaluated from the text of the language.

use actra_model::{Decimal, RawValue, Reason, Timestamp, limits};
use actra_syntax::ast::{BinaryOp, Expr, ExprKind};

use super::read::has;
use super::{Eval, Variable};
use crate::expr::{is_macro, is_sets};
use crate::kleene::{both, junction};
use crate::produced::produced;
use crate::scalar_ops;
use crate::value::{EvalError, EvalResult, Truth, V, element_of};

impl<'a> Eval<'a> {
    pub(super) fn call(
        &self,
        expr: &Expr,
        target: Option<&Expr>,
        name: &str,
        args: &[Expr],
        vars: &[Variable<'a>],
    ) -> EvalResult {
        let path = self.path(expr, vars);
        let arg = |idx: usize| self.value(&args[idx], vars);
        let truth = |truth: Truth| truth.map(V::Bool);
        match (target, name) {
            (None, "has") => return truth(has(self.read(&args[0], vars))),
            (None, "timestamp" | "duration" | "quantity") => return Ok(scalar_ops::literal(name, &arg(0)?)),
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
                    || {
                        self.function(
                            "distinct",
                            vec![unwrap_any("distinct", self.value(target, vars)?)?],
                            &path,
                        )
                    },
                );
            }
            (Some(target), "within") => {
                return truth(self.lies_within(self.value(target, vars), arg(0), &path));
            }
            (Some(receiver), "matches") => {
                return self.limited(
                    || self.cost(expr),
                    || self.path(receiver, vars),
                    || self.call_by_value(target, name, args, vars, &path),
                );
            }
            _ => {}
        }
        self.call_by_value(target, name, args, vars, &path)
    }

    /// A function of values.
    pub(super) fn call_by_value(
        &self,
        target: Option<&Expr>,
        name: &str,
        args: &[Expr],
        vars: &[Variable<'a>],
        path: &str,
    ) -> EvalResult {
        let mut values = Vec::new();
        for (idx, operand) in target.into_iter().chain(args).enumerate() {
            let value = self.value(operand, vars)?;
            values.push(match expected_kind(name, idx) {
                Some(kind) => self.fit(value, &kind, path)?,
                None => unwrap_any(name, value)?,
            });
        }
        self.function(name, values, path)
    }

    pub(super) fn function(&self, name: &str, mut values: Vec<V>, path: &str) -> EvalResult {
        let fail = |reason| EvalError { path: path.to_owned(), reason };
        if let ([V::Time(at), zone @ ..], true) = (values.as_slice(), name.starts_with("get")) {
            let zone = if let [V::Str(zone)] = zone { zone } else { "UTC" };
            return Ok(V::Num(Decimal::from(scalar_ops::calendar(name, *at, zone))));
        }
        if let "sum" | "min" | "max" | "distinct" = name {
            let V::List(items) = values.remove(0) else { return Err(fail(Reason::WrongKind)) };
            let items: Vec<V> = items.into_iter().collect::<Result<_, _>>()?;
            return self.aggregate(name, items, path);
        }
        let result = scalar_ops::function(name, &values).map_err(fail)?;
        let fits = match (name, &result) {
            ("split", V::List(items)) => produced(items.clone()).is_some(),
            ("replace", V::Str(text)) => text.len() <= limits::PRODUCED_BYTES,
            _ => true,
        };
        if fits { Ok(result) } else { Err(fail(Reason::NotRepresentable)) }
    }

    pub(super) fn aggregate(&self, name: &str, items: Vec<V>, path: &str) -> EvalResult {
        let fail = |reason| EvalError { path: path.to_owned(), reason };
        match name {
            "sum" => items
                .into_iter()
                .try_fold(V::Num(Decimal::ZERO), |sum, item| {
                    scalar_ops::arithmetic(BinaryOp::Add, &sum, &item)
                })
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
                let better =
                    |a: &V, b: &V| if least { scalar_ops::less(a, b) } else { scalar_ops::less(b, a) };
                let best = items
                    .into_iter()
                    .reduce(|best, item| if better(&item, &best) == Some(true) { item } else { best });
                best.ok_or_else(|| fail(Reason::EmptyList))
            }
        }
    }
}

/// A value of the kind that an operand of a function must be; none where it may be of several.
fn expected_kind(name: &str, idx: usize) -> Option<V> {
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
fn unwrap_any(function: &str, value: V) -> EvalResult {
    match value {
        V::Any(RawValue::Bool(flag), _) if function == "string" => Ok(V::Bool(flag)),
        V::Any(RawValue::Number(number), _) if function == "string" => Ok(V::Num(number)),
        V::Any(RawValue::List(_) | RawValue::Map(_), path) if function == "string" => {
            Err(EvalError { path, reason: Reason::WrongKind })
        }
        V::Any(RawValue::String(text), _) => Ok(V::Str(text)),
        V::Any(RawValue::List(items), at) => {
            Ok(V::List(items.into_iter().map(|item| element_of(item, &at)).collect()))
        }
        V::Any(RawValue::Map(items), at) => {
            Ok(V::Map(items.into_iter().map(|(key, item)| (key, Some(element_of(item, &at)))).collect()))
        }
        V::Any(RawValue::Unreadable(reason), path) => Err(EvalError { path, reason }),
        V::Any(_, path) => Err(EvalError { path, reason: Reason::WrongKind }),
        value => Ok(value),
    }
}
