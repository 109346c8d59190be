//! Macros: quantifiers, `filter` and `map`.

use actra_model::{Decimal, RawValue, Reason, limits};
use actra_syntax::ast::{Expr, ExprKind};

use super::path::{element_type, extend};
use super::{Eval, RangeEntry, ReadResult, Variable};
use crate::expr::variable_names;
use crate::kleene::junction;
use crate::produced::weight_of;
use crate::value::{EvalError, EvalResult, V, element_of};

impl<'a> Eval<'a> {
    /// Where a range was read: the branch that was taken, and the default in place of what is absent.
    pub(super) fn range_path(&self, range: &Expr, vars: &[Variable<'a>]) -> String {
        match &range.kind {
            ExprKind::Conditional { condition, then, otherwise } => {
                let taken = if self.truth(condition, vars) == Ok(false) { otherwise } else { then };
                self.range_path(taken, vars)
            }
            ExprKind::Call { target: Some(target), function, args } if function.value == "orValue" => {
                let absent = matches!(self.read(target, vars), ReadResult::Absent(_));
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
        entry: RangeEntry,
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

    pub(super) fn comprehension(
        &self,
        target: &Expr,
        name: &str,
        args: &[Expr],
        vars: &[Variable<'a>],
    ) -> EvalResult {
        let path = self.path(target, vars);
        let mut entries: Vec<(V, EvalResult)> = Vec::new();
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
            V::Any(RawValue::Unreadable(reason), path) => return Err(EvalError { path, reason }),
            _ => return Err(EvalError { path, reason: Reason::WrongKind }),
        }
        let bound = |key: V, item: EvalResult| {
            let entry = RangeEntry { key, item, keyed };
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
                        return Err(EvalError { path: path.clone(), reason: Reason::NotRepresentable });
                    }
                }
                V::List(results)
            }
        })
    }
}
