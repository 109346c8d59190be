//! The evaluator of the canonical tree: conditions are three-valued, values are present, absent or undetermined.

mod arithmetic;
mod call;
mod macros;
mod strings;

use std::cmp::Ordering;
use std::sync::Arc;

use actra_ir::cost::cost;
use actra_ir::{Comparison, Expr, ExprKind, MacroKind};
use actra_model::{PathOrder, RawValue, Reason, Request, TypeKind, Value, ValueState, limits};

use crate::cost::RequestSizes;
use crate::operand::{
    Env, EvalResult, InPlace, ListBuilder, NoValue, Operand, ReadResult, Text, contains, convert, equal,
    json_fault, order,
};
use crate::origin::ValueOrigin;
use crate::recorder::{NoRecorder, Recorder};
use crate::truth::{EvalError, Kleene, Truth};

/// The truth of a condition for a request that was typed under the schema that it was compiled for.
pub fn evaluate_condition(condition: &Expr, request: &Request) -> Truth {
    Evaluator::new(request, NoRecorder).truth(condition).into()
}

/// One condition being evaluated against one request.
pub(crate) struct Evaluator<'a, R> {
    request: &'a Request,
    env: Env<'a>,
    cost_check: CostCheck<'a>,
    pub(crate) recorder: R,
}

/// Whether the next call with a limited cost ([`actra_ir::cost::is_limited`]) is an outermost one, and so to be
/// checked.
enum CostCheck<'a> {
    Outermost(RequestSizes<'a>),
    /// It is inside of another one, or the condition is known to cost no more than the limit.
    Inside,
}

impl<'a, R: Recorder> Evaluator<'a, R> {
    pub(crate) fn new(request: &'a Request, recorder: R) -> Self {
        let cost_check = CostCheck::Outermost(RequestSizes::new(request));
        Self { request, env: Env::default(), cost_check, recorder }
    }

    /// For conditions whose calls cost no more than the limit in any request.
    pub(crate) fn within_cost(request: &'a Request, recorder: R) -> Self {
        Self { request, env: Env::default(), cost_check: CostCheck::Inside, recorder }
    }

    /// Evaluates a call with a limited cost; an outermost one that would exceed the limit is undetermined instead.
    fn limited<T>(
        &mut self,
        expr: &'a Expr,
        first: &'a Expr,
        evaluate: impl FnOnce(&mut Self) -> Result<T, EvalError>,
    ) -> Result<T, EvalError> {
        let CostCheck::Outermost(sizes) = &mut self.cost_check else { return evaluate(self) };
        if cost(expr, sizes) > limits::CALL_COST {
            return Err(self.env.error(first, Reason::TooCostly));
        }
        let cost_check = std::mem::replace(&mut self.cost_check, CostCheck::Inside);
        let result = evaluate(self);
        self.cost_check = cost_check;
        result
    }

    /// The truth of a condition.
    pub(crate) fn truth(&mut self, expr: &'a Expr) -> Kleene {
        self.recorder.enter();
        let truth = self.condition(expr);
        self.recorder.condition(expr, &truth);
        truth
    }

    fn condition(&mut self, expr: &'a Expr) -> Kleene {
        match &expr.kind {
            ExprKind::Literal(Value::Bool(truth)) => Ok(*truth),
            ExprKind::Not(operand) => self.truth(operand).map(|truth| !truth),
            ExprKind::And(operands) => self.junction(operands, false),
            ExprKind::Or(operands) => self.junction(operands, true),
            ExprKind::Compare { op, left, right } => self.compare(expr, *op, left, right),
            ExprKind::IsNull(operand) => self.is_null(operand),
            ExprKind::Has(operand) => match self.read(operand) {
                Ok(_) => Ok(true),
                Err(NoValue::Absent(..)) => Ok(false),
                Err(NoValue::Undetermined(error)) => Err(error),
            },
            ExprKind::In { element, container } => self.membership(expr, element, container),
            ExprKind::Within { operand, base } => self.within(expr, operand, base),
            ExprKind::InCidr { operand, cidr } => match self.value(operand)? {
                Operand::Ip(address) => Ok(cidr.contains(address)),
                Operand::Any(json) => match convert(&json, &TypeKind::Ip, &self.env)? {
                    Operand::Ip(address) => Ok(cidr.contains(address)),
                    _ => Err(self.wrong_kind(expr)),
                },
                _ => Err(self.wrong_kind(expr)),
            },
            ExprKind::Matches { operand, pattern } => self.limited(expr, operand, |evaluator| {
                let operand = evaluator.value(operand)?;
                Ok(pattern.is_match(&evaluator.text(operand, expr)?))
            }),
            ExprKind::Conditional { condition, then, otherwise } => {
                let chosen = if self.truth(condition)? { then } else { otherwise };
                self.truth(chosen)
            }
            ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists | MacroKind::ExistsOne, .. } => {
                self.quantifier(expr)
            }
            ExprKind::Call { function, args } if function.is_predicate() => {
                self.predicate(expr, *function, args)
            }
            _ => {
                let read = self.reading(expr);
                let operand = self.present(read)?;
                self.boolean(operand, expr)
            }
        }
    }

    /// Kleene-and or Kleene-or, by the truth that decides it.
    fn junction(&mut self, operands: &'a [Expr], deciding: bool) -> Kleene {
        let mut decided = false;
        let mut undetermined = None;
        for operand in operands {
            match self.truth(operand) {
                Ok(truth) if truth == deciding && !R::EAGER => return Ok(deciding),
                Ok(truth) => decided |= truth == deciding,
                Err(error) => {
                    undetermined.get_or_insert(error);
                }
            }
        }
        match undetermined {
            Some(error) if !decided => Err(error),
            _ => Ok(decided == deciding),
        }
    }

    fn compare(&mut self, expr: &'a Expr, op: Comparison, left: &'a Expr, right: &'a Expr) -> Kleene {
        if !R::EAGER
            && let Some(truth) = self.compare_in_place(op, left, right)
        {
            return Ok(truth);
        }
        let (left, right) = self.pair(left, right)?;
        match op {
            Comparison::Equal => equal(&left, &right, expr, &self.env),
            Comparison::Less => Ok(order(&left, &right, expr, &self.env)?.is_lt()),
            Comparison::LessOrEqual => Ok(order(&left, &right, expr, &self.env)?.is_le()),
        }
    }

    fn compare_in_place(&self, op: Comparison, left: &'a Expr, right: &'a Expr) -> Option<bool> {
        let (left, right) = (self.in_place(left)?, self.in_place(right)?);
        match op {
            Comparison::Equal => left.equal(right),
            Comparison::Less => left.order(right).map(Ordering::is_lt),
            Comparison::LessOrEqual => left.order(right).map(Ordering::is_le),
        }
    }

    /// The value of an operand, if it can be looked at in the request or the policy without making an [`Operand`].
    fn in_place<'s>(&'s self, expr: &'a Expr) -> Option<InPlace<'s>> {
        match &expr.kind {
            ExprKind::Literal(value) => Some(InPlace::Value(value)),
            ExprKind::Field { record, name } => InPlace::of_state(self.request.record(*record).get(name)?),
            ExprKind::Variable(variable) => InPlace::of_element(&self.env.get(variable)?.element),
            ExprKind::Member { operand, name, .. } => self.in_place(operand)?.member(name),
            ExprKind::Lookup { operand, key, .. } => match &key.kind {
                ExprKind::Literal(Value::String(key)) => self.in_place(operand)?.member(key),
                _ => None,
            },
            ExprKind::Convert { operand, kind } => self.in_place(operand)?.read(kind),
            _ => None,
        }
    }

    fn is_null(&mut self, operand: &'a Expr) -> Kleene {
        match self.value(operand)? {
            Operand::Any(json) => match json.get() {
                RawValue::Null => Ok(true),
                RawValue::Unreadable(_) => Err(json_fault(&json, &self.env)),
                _ => Ok(false),
            },
            // A key of an `any`, or what a macro made of it.
            _ => Ok(false),
        }
    }

    /// Kleene-or over the elements or keys: nothing is in an empty container, whatever it is.
    fn membership(&mut self, expr: &'a Expr, element: &'a Expr, container: &'a Expr) -> Kleene {
        let element = self.value(element);
        let container = self.value(container);
        let container = match (&element, container) {
            (_, Ok(container)) => container,
            (Err(error), Err(_)) => return Err(error.clone()),
            (Ok(_), Err(error)) => return Err(error),
        };
        if let Some(list) = container.as_list() {
            return contains(&list, &element, expr, &self.env);
        }
        let Some(entries) = container.as_entries() else {
            return Err(self.kind_mismatch(&container, expr));
        };
        if entries.len() == 0 {
            return Ok(false);
        }
        let key = self.text(element?, expr)?;
        Ok(entries.contains_key(&key))
    }

    fn within(&mut self, expr: &'a Expr, operand: &'a Expr, base: &'a Expr) -> Kleene {
        let (operand, base) = self.pair(operand, base)?;
        let (Operand::Path(path), Operand::Path(base)) =
            (self.typed(operand, &TypeKind::Path)?, self.typed(base, &TypeKind::Path)?)
        else {
            return Err(self.wrong_kind(expr));
        };
        match path.compare(&base) {
            PathOrder::Equal | PathOrder::Below => Ok(true),
            PathOrder::Apart => Ok(false),
            PathOrder::Incomparable => Err(self.env.error(expr, Reason::Incomparable)),
        }
    }

    /// A value; an absent one is undetermined here.
    fn value(&mut self, expr: &'a Expr) -> EvalResult<'a> {
        let read = self.read(expr);
        self.present(read)
    }

    /// Two strict operands; the leaf of the left one comes first.
    fn pair(&mut self, left: &'a Expr, right: &'a Expr) -> Result<(Operand<'a>, Operand<'a>), EvalError> {
        if !R::EAGER {
            return Ok((self.value(left)?, self.value(right)?));
        }
        let (left, right) = (self.value(left), self.value(right));
        Ok((left?, right?))
    }

    fn present(&self, read: ReadResult<'a>) -> EvalResult<'a> {
        read.map_err(|missing| match missing {
            NoValue::Absent(at, reason) => self.env.error(at, reason),
            NoValue::Undetermined(error) => error,
        })
    }

    /// A value that may be absent.
    fn read(&mut self, expr: &'a Expr) -> ReadResult<'a> {
        match &expr.kind {
            ExprKind::Literal(value) => Ok(Operand::borrowed(value, || ValueOrigin::of(expr))),
            ExprKind::Convert { operand, kind } => {
                let read = self.read(operand)?;
                Ok(self.typed(read, kind)?)
            }
            _ if is_condition(expr) => Ok(Operand::Bool(self.truth(expr)?)),
            _ => {
                self.recorder.enter();
                let read = self.reading(expr);
                self.recorder.operand(expr, &read);
                read
            }
        }
    }

    fn reading(&mut self, expr: &'a Expr) -> ReadResult<'a> {
        match &expr.kind {
            ExprKind::Field { record, name } => match self.request.record(*record).get(name) {
                Some(ValueState::Present(value)) => Ok(Operand::borrowed(value, || ValueOrigin::of(expr))),
                Some(ValueState::Absent) => Err(NoValue::Absent(expr, Reason::Absent)),
                Some(ValueState::Invalid(reason)) => Err(self.env.error(expr, *reason).into()),
                // Typing enters every declared field; one that is not there is not known.
                None => Err(self.env.error(expr, Reason::Missing).into()),
            },
            ExprKind::Variable(variable) => match self.env.item(variable) {
                Some(item) => Ok(item?),
                None => Err(self.wrong_kind(expr).into()),
            },
            ExprKind::Member { operand, name, chained } => {
                let parent = self.parent(operand, *chained)?;
                self.member(expr, &parent, name)
            }
            ExprKind::Lookup { operand, key, chained } => {
                let parent = self.parent(operand, *chained)?;
                let key = self.value(key)?;
                self.lookup(expr, &parent, key)
            }
            ExprKind::OrValue { operand, default } => match self.read(operand) {
                Err(NoValue::Absent(..)) => self.read(default),
                read => read,
            },
            ExprKind::Conditional { condition, then, otherwise } => {
                let chosen = if self.truth(condition)? { then } else { otherwise };
                self.read(chosen)
            }
            ExprKind::Arithmetic { op, left, right } => {
                let (left, right) = self.pair(left, right)?;
                Ok(self.arithmetic(expr, *op, left, right)?)
            }
            ExprKind::Negate(operand) => {
                let operand = self.value(operand)?;
                Ok(self.negate(expr, operand)?)
            }
            ExprKind::Call { function, args } => Ok(self.call(expr, *function, args)?),
            ExprKind::TimePart { part, operand, zone } => {
                let operand = self.value(operand)?;
                Ok(self.time_part(expr, *part, operand, zone)?)
            }
            ExprKind::Macro { .. } => Ok(self.collection(expr)?),
            ExprKind::List(elements) => Ok(self.literal_list(expr, elements)?),
            ExprKind::Map(entries) => Ok(self.literal_map(expr, entries)?),
            // What `read` has taken.
            ExprKind::Literal(_) | ExprKind::Convert { .. } => self.read(expr),
            // By name, since `condition` hands on to here what it does not know: a form that neither knows must not
            // compile.
            ExprKind::Has(_)
            | ExprKind::Not(_)
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Compare { .. }
            | ExprKind::IsNull(_)
            | ExprKind::In { .. }
            | ExprKind::Within { .. }
            | ExprKind::InCidr { .. }
            | ExprKind::Matches { .. } => Ok(Operand::Bool(self.condition(expr)?)),
        }
    }

    fn literal_list(&mut self, expr: &'a Expr, elements: &'a [Expr]) -> EvalResult<'a> {
        let mut producer = ListBuilder::default();
        for element in elements {
            let item = self.value(element);
            producer.push(item).ok_or_else(|| self.env.error(expr, Reason::NotRepresentable))?;
        }
        Ok(producer.finish(ValueOrigin::of(expr)))
    }

    fn literal_map(&mut self, expr: &'a Expr, entries: &'a [(Arc<str>, Expr)]) -> EvalResult<'a> {
        let mut producer = ListBuilder::default();
        for (_, entry) in entries {
            let item = self.value(entry);
            producer.push(item).ok_or_else(|| self.env.error(expr, Reason::NotRepresentable))?;
        }
        Ok(producer.finish_map(entries.iter().map(|(key, _)| key.clone()), ValueOrigin::of(expr)))
    }

    /// The operand of a selection; its absence is the selection's only behind a question mark.
    fn parent(&mut self, operand: &'a Expr, chained: bool) -> ReadResult<'a> {
        let read = match &operand.kind {
            ExprKind::Field { .. }
            | ExprKind::Member { .. }
            | ExprKind::Lookup { .. }
            | ExprKind::Variable(_) => self.reading(operand),
            _ => self.read(operand),
        };
        if chained { read } else { Ok(self.present(read)?) }
    }

    fn member(&self, expr: &'a Expr, parent: &Operand<'a>, name: &str) -> ReadResult<'a> {
        match parent.as_entries() {
            Some(entries) => match entries.get(name, || ValueOrigin::of(expr), &self.env) {
                Some(item) => Ok(item?),
                None if matches!(parent, Operand::Object(_)) => Err(NoValue::Absent(expr, Reason::Absent)),
                None => Err(NoValue::Absent(expr, Reason::NoSuchKey)),
            },
            None => Err(self.kind_mismatch(parent, container_of(expr)).into()),
        }
    }

    fn lookup(&self, expr: &'a Expr, parent: &Operand<'a>, key: Operand<'a>) -> ReadResult<'a> {
        if let Some(list) = parent.as_list() {
            let Operand::Number(idx) = self.typed(key, &TypeKind::Number)? else {
                return Err(self.kind_mismatch(parent, container_of(expr)).into());
            };
            let idx = idx.to_i64().and_then(|idx| usize::try_from(idx).ok());
            return match idx.and_then(|idx| list.get(idx, &self.env)) {
                Some(item) => Ok(item?),
                None => Err(NoValue::Absent(expr, Reason::NoSuchElement)),
            };
        }
        let Operand::Text(key) = self.typed(key, &TypeKind::String)? else {
            return Err(self.kind_mismatch(parent, container_of(expr)).into());
        };
        self.member(expr, parent, &key)
    }

    /// An `any` read as a type; other operands have theirs already.
    fn typed(&self, operand: Operand<'a>, kind: &TypeKind) -> EvalResult<'a> {
        match operand {
            Operand::Any(json) => convert(&json, kind, &self.env),
            typed => Ok(typed),
        }
    }

    fn boolean(&self, operand: Operand<'a>, at: &'a Expr) -> Kleene {
        match self.typed(operand, &TypeKind::Boolean)? {
            Operand::Bool(truth) => Ok(truth),
            _ => Err(self.wrong_kind(at)),
        }
    }

    fn text(&self, operand: Operand<'a>, at: &'a Expr) -> Result<Text<'a>, EvalError> {
        match self.typed(operand, &TypeKind::String)? {
            Operand::Text(text) => Ok(text),
            _ => Err(self.wrong_kind(at)),
        }
    }

    /// A list of these items, if it is within the limits.
    fn produce(&self, expr: &'a Expr, items: impl IntoIterator<Item = EvalResult<'a>>) -> EvalResult<'a> {
        let mut producer = ListBuilder::default();
        for item in items {
            producer.push(item).ok_or_else(|| self.env.error(expr, Reason::NotRepresentable))?;
        }
        Ok(producer.finish(ValueOrigin::of(expr)))
    }

    fn wrong_kind(&self, at: &'a Expr) -> EvalError {
        self.env.error(at, Reason::WrongKind)
    }

    /// The leaf of an operand of a kind that the construct does not take.
    fn kind_mismatch(&self, operand: &Operand<'a>, at: &'a Expr) -> EvalError {
        match operand {
            Operand::Any(json) => json_fault(json, &self.env),
            _ => self.wrong_kind(at),
        }
    }
}

/// The container of a member or an element.
fn container_of(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Member { operand, .. } | ExprKind::Lookup { operand, .. } => operand,
        _ => expr,
    }
}

fn is_condition(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Has(_)
        | ExprKind::Not(_)
        | ExprKind::And(_)
        | ExprKind::Or(_)
        | ExprKind::Compare { .. }
        | ExprKind::IsNull(_)
        | ExprKind::In { .. }
        | ExprKind::Within { .. }
        | ExprKind::InCidr { .. }
        | ExprKind::Matches { .. } => true,
        ExprKind::Macro { kind, .. } => {
            matches!(kind, MacroKind::All | MacroKind::Exists | MacroKind::ExistsOne)
        }
        ExprKind::Call { function, .. } => function.is_predicate(),
        _ => false,
    }
}
