//! What functions give: of texts, lists, sets, numbers and conversions.

use std::sync::Arc;

use actra_ir::{Expr, Function};
use actra_model::{Decimal, DecimalError, RawValue, Reason, TypeKind, limits};

use super::macros::count;
use super::{Evaluator, strings};
use crate::operand::{EvalResult, List, Operand, contains, equal, is_one_of, order};
use crate::recorder::Recorder;
use crate::render;
use crate::truth::{EvalError, Kleene};

impl<'a, R: Recorder> Evaluator<'a, R> {
    /// The functions that give a truth.
    pub(super) fn predicate(&mut self, expr: &'a Expr, function: Function, args: &'a [Expr]) -> Kleene {
        let [left, right] = args else {
            return Err(self.wrong_kind(expr));
        };
        match function {
            Function::SetsContains | Function::SetsIntersects | Function::SetsEquivalent => {
                self.limited(expr, left, |evaluator| {
                    let (left, right) = evaluator.pair(left, right)?;
                    let (left, right) = (evaluator.list(left, expr)?, evaluator.list(right, expr)?);
                    evaluator.sets(expr, function, &left, &right)
                })
            }
            _ => {
                let (left, right) = self.pair(left, right)?;
                let (left, right) = (self.text(left, expr)?, self.text(right, expr)?);
                Ok(match function {
                    Function::StartsWith => left.starts_with(&right[..]),
                    Function::EndsWith => left.ends_with(&right[..]),
                    _ => left.contains(&right[..]),
                })
            }
        }
    }

    fn sets(&self, expr: &'a Expr, function: Function, left: &List<'a>, right: &List<'a>) -> Kleene {
        let env = &self.env;
        match function {
            Function::SetsIntersects => env.any(left.iter(env).map(|item| contains(right, &item, expr, env))),
            Function::SetsContains => env.all(right.iter(env).map(|item| contains(left, &item, expr, env))),
            _ => env.all([
                env.all(left.iter(env).map(|item| contains(right, &item, expr, env))),
                env.all(right.iter(env).map(|item| contains(left, &item, expr, env))),
            ]),
        }
    }

    /// The functions that give another value; all are strict.
    pub(super) fn call(&mut self, expr: &'a Expr, function: Function, args: &'a [Expr]) -> EvalResult<'a> {
        match (function, args) {
            (Function::Distinct, [list]) => {
                self.limited(expr, list, |evaluator| evaluator.call_within_cost(expr, function, args))
            }
            _ => self.call_within_cost(expr, function, args),
        }
    }

    fn call_within_cost(&mut self, expr: &'a Expr, function: Function, args: &'a [Expr]) -> EvalResult<'a> {
        let mut operands = self.operands(args)?.into_iter();
        let Some(first) = operands.next() else {
            return Err(self.wrong_kind(expr));
        };
        match function {
            Function::Size => self.size(expr, &first),
            Function::Sum | Function::Min | Function::Max | Function::Distinct => {
                let list = self.list(first, expr)?;
                self.aggregate(expr, function, &list)
            }
            Function::ToString => self.to_text(expr, &first),
            Function::ToInt | Function::ToDouble => {
                let text = self.text(first, expr)?;
                self.to_number(expr, function, &text)
            }
            _ => {
                let text = self.text(first, expr)?;
                self.string_function(expr, function, &text, operands)
            }
        }
    }

    fn operands(&mut self, args: &'a [Expr]) -> Result<Vec<Operand<'a>>, EvalError> {
        if R::EAGER {
            let operands = args.iter().map(|arg| self.value(arg)).collect::<Vec<_>>();
            return operands.into_iter().collect();
        }
        args.iter().map(|arg| self.value(arg)).collect()
    }

    fn list(&self, operand: Operand<'a>, at: &'a Expr) -> Result<List<'a>, EvalError> {
        operand.as_list().ok_or_else(|| self.kind_mismatch(&operand, at))
    }

    fn size(&self, expr: &'a Expr, operand: &Operand<'a>) -> EvalResult<'a> {
        let size = match operand {
            Operand::Text(text) => text.chars().count(),
            Operand::List(list) => list.len(),
            Operand::Map(entries) | Operand::Object(entries) => entries.len(),
            Operand::Any(json) => match json.get() {
                RawValue::String(text) => text.chars().count(),
                RawValue::List(elements) => elements.len(),
                RawValue::Map(entries) => entries.len(),
                _ => return Err(self.kind_mismatch(operand, expr)),
            },
            _ => return Err(self.wrong_kind(expr)),
        };
        Ok(Operand::Number(count(size)))
    }

    /// `sum`, `min`, `max` and `distinct`: undetermined if any element is.
    fn aggregate(&self, expr: &'a Expr, function: Function, list: &List<'a>) -> EvalResult<'a> {
        let elements = list.iter(&self.env).collect::<Result<Vec<_>, _>>()?;
        match function {
            Function::Sum => {
                let mut rest = elements.into_iter();
                let Some(first) = rest.next() else {
                    return Ok(Operand::Number(Decimal::ZERO));
                };
                let first = match first {
                    Operand::Any(_) => self.typed(first, &TypeKind::Number)?,
                    typed => typed,
                };
                rest.try_fold(first, |sum, element| {
                    self.arithmetic(expr, actra_ir::ArithmeticOp::Add, sum, element)
                })
            }
            Function::Distinct => self.distinct(expr, elements),
            _ => self.extreme(expr, function, elements),
        }
    }

    fn extreme(&self, expr: &'a Expr, function: Function, elements: Vec<Operand<'a>>) -> EvalResult<'a> {
        let mut rest = elements.into_iter();
        let Some(mut found) = rest.next() else {
            return Err(self.env.error(expr, Reason::EmptyList));
        };
        for element in rest {
            let order = order(&element, &found, expr, &self.env)?;
            if (function == Function::Min && order.is_lt()) || (function == Function::Max && order.is_gt()) {
                found = element;
            }
        }
        Ok(found)
    }

    /// The first of equal elements stays.
    fn distinct(&self, expr: &'a Expr, elements: Vec<Operand<'a>>) -> EvalResult<'a> {
        let mut kept: Vec<Operand<'a>> = Vec::new();
        for element in elements {
            let known = match is_one_of(&kept, &element) {
                Some(known) => known,
                None => self.env.any(kept.iter().map(|other| equal(other, &element, expr, &self.env)))?,
            };
            if !known {
                kept.push(element);
            }
        }
        self.produce(expr, kept.into_iter().map(Ok))
    }

    fn to_text(&self, expr: &'a Expr, operand: &Operand<'a>) -> EvalResult<'a> {
        match operand {
            Operand::Text(_) => Ok(operand.clone()),
            Operand::Any(json) => match json.get() {
                RawValue::String(text) => Ok(Operand::text(text.clone())),
                RawValue::Bool(_) | RawValue::Number(_) => Ok(Operand::text(json.get().to_json())),
                _ => Err(self.kind_mismatch(operand, expr)),
            },
            other => render::scalar(other).map(Operand::text).ok_or_else(|| self.wrong_kind(expr)),
        }
    }

    fn to_number(&self, expr: &'a Expr, function: Function, text: &str) -> EvalResult<'a> {
        let number = match function {
            Function::ToInt => strings::integer(text),
            _ => Decimal::parse_json(text),
        };
        number.map(Operand::Number).map_err(|error| {
            let reason = match error {
                DecimalError::Syntax => Reason::NotConvertible,
                DecimalError::Range => Reason::NotRepresentable,
            };
            self.env.error(expr, reason)
        })
    }

    fn string_function(
        &self,
        expr: &'a Expr,
        function: Function,
        text: &str,
        mut rest: impl Iterator<Item = Operand<'a>>,
    ) -> EvalResult<'a> {
        let fault = |reason| self.env.error(expr, reason);
        let mut string =
            || rest.next().map_or(Err(self.wrong_kind(expr)), |operand| self.text(operand, expr));
        match function {
            Function::LowerAscii => Ok(Operand::text(text.to_ascii_lowercase())),
            Function::UpperAscii => Ok(Operand::text(text.to_ascii_uppercase())),
            Function::Trim => Ok(Operand::text(text.trim().to_owned())),
            Function::Split => {
                let separator = string()?;
                let limit = self.position(expr, rest.next())?.unwrap_or(-1);
                self.split(expr, text, &separator, limit)
            }
            Function::IndexOf | Function::LastIndexOf => {
                let wanted = string()?;
                let offset = self.position(expr, rest.next())?;
                let found = match function {
                    Function::IndexOf => strings::index_of(text, &wanted, offset),
                    _ => strings::last_index_of(text, &wanted, offset),
                };
                found.map(|idx| Operand::Number(Decimal::from(idx))).ok_or_else(|| fault(Reason::OutOfRange))
            }
            Function::Substring => {
                let start = self.position(expr, rest.next())?.unwrap_or(0);
                let end = self.position(expr, rest.next())?;
                let part = strings::substring(text, start, end);
                part.map(|part| Operand::text(part.to_owned())).ok_or_else(|| fault(Reason::OutOfRange))
            }
            Function::Replace => {
                let old = string()?;
                let new = string()?;
                let limit = self.position(expr, rest.next())?.unwrap_or(-1);
                let replaced = strings::replace(text, &old, &new, limit, limits::PRODUCED_BYTES);
                replaced.map(Operand::text).ok_or_else(|| fault(Reason::NotRepresentable))
            }
            _ => Err(self.wrong_kind(expr)),
        }
    }

    fn split(&self, expr: &'a Expr, text: &str, separator: &str, limit: i64) -> EvalResult<'a> {
        let parts = strings::split(text, separator, limit);
        self.produce(expr, parts.map(|part| Ok(Operand::Text(crate::operand::Text::Owned(Arc::from(part))))))
    }

    /// An optional position or limit; one that is no integer lies outside of every text.
    fn position(&self, expr: &'a Expr, operand: Option<Operand<'a>>) -> Result<Option<i64>, EvalError> {
        let Some(operand) = operand else {
            return Ok(None);
        };
        let Operand::Number(number) = self.typed(operand, &TypeKind::Number)? else {
            return Err(self.wrong_kind(expr));
        };
        number.to_i64().map(Some).ok_or_else(|| self.env.error(expr, Reason::OutOfRange))
    }
}
