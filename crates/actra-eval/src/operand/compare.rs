//! Equality and order of values.

use std::cmp::Ordering;

use actra_ir::Expr;
use actra_model::{PathOrder, RawMap, RawValue, Reason};

use super::env::Env;
use super::in_place::is_among;
use super::{EvalResult, List, MapEntries, Operand, coerce};
use crate::origin::ValueOrigin;
use crate::truth::{EvalError, Kleene};

/// Whether two values are equal; `at` is the construct that asks.
pub(crate) fn equal<'a>(left: &Operand<'a>, right: &Operand<'a>, at: &'a Expr, env: &Env<'a>) -> Kleene {
    match (left, right) {
        (Operand::Bool(left), Operand::Bool(right)) => Ok(left == right),
        (Operand::Number(left), Operand::Number(right)) => Ok(left == right),
        (Operand::Text(left), Operand::Text(right)) => Ok(left[..] == right[..]),
        (Operand::Timestamp(left), Operand::Timestamp(right)) => Ok(left == right),
        (Operand::Date(left), Operand::Date(right)) => Ok(left == right),
        (Operand::Duration(left), Operand::Duration(right)) => Ok(left == right),
        (Operand::Quantity(left), Operand::Quantity(right)) => Ok(left == right),
        (Operand::Ip(left), Operand::Ip(right)) => Ok(left == right),
        (Operand::Url(left), Operand::Url(right)) => Ok(left == right),
        (Operand::Path(left), Operand::Path(right)) => match left.compare(right) {
            PathOrder::Equal => Ok(true),
            PathOrder::Below | PathOrder::Apart => Ok(false),
            PathOrder::Incomparable => Err(env.error(at, Reason::Incomparable)),
        },
        (Operand::List(left), Operand::List(right)) => list_equal(left, right, at, env),
        (Operand::Object(left), Operand::Object(right)) => object_equal(left, right, at, env),
        (Operand::Map(left) | Operand::Object(left), Operand::Map(right) | Operand::Object(right)) => {
            map_equal(left, right, at, env)
        }
        (Operand::Any(left), Operand::Any(right)) => {
            json_equal(left.get(), right.get(), [&left.origin, &right.origin], env)
        }
        (Operand::Any(json), typed) => equal(&coerce(json, typed, env)?, typed, at, env),
        (typed, Operand::Any(json)) => equal(typed, &coerce(json, typed, env)?, at, env),
        _ => Err(env.error(at, Reason::WrongKind)),
    }
}

/// How two values of one ordered type lie.
pub(crate) fn order<'a>(
    left: &Operand<'a>,
    right: &Operand<'a>,
    at: &'a Expr,
    env: &Env<'a>,
) -> Result<Ordering, EvalError> {
    match (left, right) {
        (Operand::Number(left), Operand::Number(right)) => Ok(left.cmp(right)),
        // UTF-8 sorts by bytes as by code points.
        (Operand::Text(left), Operand::Text(right)) => Ok(left[..].cmp(&right[..])),
        (Operand::Timestamp(left), Operand::Timestamp(right)) => Ok(left.cmp(right)),
        (Operand::Date(left), Operand::Date(right)) => Ok(left.cmp(right)),
        (Operand::Duration(left), Operand::Duration(right)) => Ok(left.cmp(right)),
        (Operand::Quantity(left), Operand::Quantity(right)) => Ok(left.cmp(right)),
        (Operand::Any(left), Operand::Any(_)) => Err(super::json_fault(left, env)),
        (Operand::Any(json), typed) => order(&coerce(json, typed, env)?, typed, at, env),
        (typed, Operand::Any(json)) => order(typed, &coerce(json, typed, env)?, at, env),
        _ => Err(env.error(at, Reason::WrongKind)),
    }
}

/// Unequal lengths first, whatever the elements are.
fn list_equal<'a>(left: &List<'a>, right: &List<'a>, at: &'a Expr, env: &Env<'a>) -> Kleene {
    if left.len() != right.len() {
        return Ok(false);
    }
    env.all(left.iter(env).zip(right.iter(env)).map(|(left, right)| item_equal(left, right, at, env)))
}

fn item_equal<'a>(left: EvalResult<'a>, right: EvalResult<'a>, at: &'a Expr, env: &Env<'a>) -> Kleene {
    equal(&left?, &right?, at, env)
}

/// Unequal keys first, whatever the values are.
fn map_equal<'a>(left: &MapEntries<'a>, right: &MapEntries<'a>, at: &'a Expr, env: &Env<'a>) -> Kleene {
    if left.len() != right.len() {
        return Ok(false);
    }
    let keys = left.keys();
    if !keys.iter().all(|key| right.contains_key(key)) {
        return Ok(false);
    }
    env.all(keys.iter().map(|key| {
        let left_item = left.get(key, || left.origin.element(), env);
        let right_item = right.get(key, || right.origin.element(), env);
        match (left_item, right_item) {
            (Some(left), Some(right)) => item_equal(left, right, at, env),
            _ => Ok(false),
        }
    }))
}

/// Members that both lack are equal; one that is invalid could be anything, even absent.
fn object_equal<'a>(left: &MapEntries<'a>, right: &MapEntries<'a>, at: &'a Expr, env: &Env<'a>) -> Kleene {
    let mut keys = left.keys();
    keys.extend(right.keys().into_iter().filter(|key| !left.contains_key(key)));
    env.all(keys.iter().map(|key| {
        let left_item = left.get(key, || left.origin.member(key), env);
        let right_item = right.get(key, || right.origin.member(key), env);
        match (left_item, right_item) {
            (Some(left), Some(right)) => item_equal(left, right, at, env),
            (Some(Err(error)), None) | (None, Some(Err(error))) => Err(error),
            _ => Ok(false),
        }
    }))
}

fn json_equal<'a>(
    left: &RawValue,
    right: &RawValue,
    origins: [&ValueOrigin<'a>; 2],
    env: &Env<'a>,
) -> Kleene {
    let [left_origin, right_origin] = origins;
    match (left, right) {
        (RawValue::Unreadable(reason), _) => Err(env.error_at(left_origin, *reason)),
        (_, RawValue::Unreadable(reason)) => Err(env.error_at(right_origin, *reason)),
        (RawValue::List(left), RawValue::List(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            env.all(left.iter().zip(right).map(|(left, right)| json_equal(left, right, origins, env)))
        }
        (RawValue::Map(left), RawValue::Map(right)) => json_maps_equal(left, right, origins, env),
        _ => Ok(left == right),
    }
}

fn json_maps_equal<'a>(
    left: &RawMap,
    right: &RawMap,
    origins: [&ValueOrigin<'a>; 2],
    env: &Env<'a>,
) -> Kleene {
    if !left.keys().eq(right.keys()) {
        return Ok(false);
    }
    env.all(left.values().zip(right.values()).map(|(left, right)| json_equal(left, right, origins, env)))
}

/// Whether an element that may be undetermined is among the elements of a list.
pub(crate) fn contains<'a>(list: &List<'a>, element: &EvalResult<'a>, at: &'a Expr, env: &Env<'a>) -> Kleene {
    if let (Some(states), Ok(element)) = (list.as_states(), element)
        && let Some(truth) = is_among(states, element)
    {
        return Ok(truth);
    }
    env.any(list.iter(env).map(|item| match element {
        Ok(element) => equal(element, &item?, at, env),
        Err(error) => Err(error.clone()),
    }))
}
