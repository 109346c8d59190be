//! The evaluator over the tree as parsed, in three-valued logic. Its methods lie in the files below, by kind of
//! operand.

mod call;
mod compare;
mod comprehension;
mod condition;
mod cost;
mod operand;
mod path;
mod read;
mod sets;

use std::cell::Cell;

use actra_model::{ActionId, RawRequest, RawValue, Reason, Schema, Type, limits};
use actra_syntax::ast::PolicyFile;

use crate::names::Names;
use crate::value::{EvalError, EvalResult, V};

/// A value, an absence, or neither.
pub(crate) enum ReadResult {
    Value(V),
    Absent(EvalError),
    Fault(EvalError),
}

/// A macro variable: its name and value, the path of the range, and its declared type if there is one.
#[derive(Clone)]
pub(crate) struct Variable<'a> {
    pub(crate) name: String,
    item: EvalResult,
    pub(crate) path: String,
    pub(crate) ty: Option<&'a Type>,
}

/// An entry of a macro's range.
pub(crate) struct RangeEntry {
    /// Its key or index.
    pub(crate) key: V,
    /// Its value.
    pub(crate) item: EvalResult,
    /// Whether it is of a map, where a single variable stands for the key.
    pub(crate) keyed: bool,
}

/// What a path through an absent object comes to.
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
    /// Whether a call with a limited cost is being evaluated: calls in it are not checked on their own.
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

    /// Evaluates a macro, a `distinct`, `sets` or `matches` call unless it is an outermost one that costs too much.
    fn limited<T>(
        &self,
        cost: impl FnOnce() -> u64,
        path: impl FnOnce() -> String,
        evaluate: impl FnOnce() -> Result<T, EvalError>,
    ) -> Result<T, EvalError> {
        if self.in_call.get() {
            return evaluate();
        }
        if cost() > limits::CALL_COST {
            return Err(EvalError { path: path(), reason: Reason::TooCostly });
        }
        self.in_call.set(true);
        let result = evaluate();
        self.in_call.set(false);
        result
    }
}

impl ReadResult {
    /// A value, where absence is one more way of being undetermined.
    fn item(self) -> EvalResult {
        match self {
            ReadResult::Value(value) => Ok(value),
            ReadResult::Absent(error) | ReadResult::Fault(error) => Err(error),
        }
    }
}

impl From<EvalResult> for ReadResult {
    fn from(item: EvalResult) -> ReadResult {
        match item {
            Ok(V::Any(RawValue::Unreadable(reason), path)) => ReadResult::Fault(EvalError { path, reason }),
            Ok(value) => ReadResult::Value(value),
            Err(error) => ReadResult::Fault(error),
        }
    }
}
