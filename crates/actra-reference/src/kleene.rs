//! Kleene's three-valued logic on truths that may be undetermined.

use crate::value::{EvalError, EvalResult, Truth, V};

pub(crate) fn not(truth: Truth) -> Truth {
    truth.map(|truth| !truth)
}

/// Kleene-or (`deciding` true) or Kleene-and (`deciding` false); the leaf is the leftmost one.
pub(crate) fn junction(truths: impl IntoIterator<Item = Truth>, deciding: bool) -> Truth {
    let truths: Vec<Truth> = truths.into_iter().collect();
    if truths.contains(&Ok(deciding)) {
        return Ok(deciding);
    }
    truths.into_iter().find(Result::is_err).unwrap_or(Ok(!deciding))
}

/// Both operands, the left one's fault first.
pub(crate) fn both(a: EvalResult, b: EvalResult) -> Result<(V, V), EvalError> {
    Ok((a?, b?))
}
