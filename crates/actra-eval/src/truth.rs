//! The three truth values of a condition.

use std::sync::Arc;

use actra_model::Reason;

/// Why a condition or a value is undetermined, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvalError {
    /// The static path; empty if no field is read.
    pub path: Arc<str>,
    /// What is wrong there.
    pub reason: Reason,
}

/// The truth of a condition, in Kleene's three-valued logic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Too little is known; the leftmost leaf that says so.
    Undetermined(EvalError),
}

/// A truth as a `Result`, for `?` and iterators. Where another operand may decide, `?` would return too early.
pub(crate) type Kleene = Result<bool, EvalError>;

impl From<Kleene> for Truth {
    fn from(kleene: Kleene) -> Self {
        match kleene {
            Ok(true) => Truth::True,
            Ok(false) => Truth::False,
            Err(error) => Truth::Undetermined(error),
        }
    }
}
