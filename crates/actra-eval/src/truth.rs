//! Kleene's three-valued logic.

use std::sync::Arc;

use actra_model::Reason;

/// Why a condition or a value is undetermined, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The static path; empty if no field is read.
    pub path: Arc<str>,
    /// What is wrong there.
    pub reason: Reason,
}

/// What a condition is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Too little is known; the leftmost leaf that says so.
    Undetermined(Leaf),
}

/// A truth in the form that `?` and iterators like; not to be used with `?` where another operand may decide.
pub(crate) type Kleene = Result<bool, Leaf>;

impl From<Kleene> for Truth {
    fn from(kleene: Kleene) -> Self {
        match kleene {
            Ok(true) => Truth::True,
            Ok(false) => Truth::False,
            Err(leaf) => Truth::Undetermined(leaf),
        }
    }
}

/// Kleene-and: false if any is false, else the first undetermined one, else true.
pub(crate) fn all(truths: impl IntoIterator<Item = Kleene>) -> Kleene {
    fold(truths, false)
}

/// Kleene-or: true if any is true, else the first undetermined one, else false.
pub(crate) fn any(truths: impl IntoIterator<Item = Kleene>) -> Kleene {
    fold(truths, true)
}

fn fold(truths: impl IntoIterator<Item = Kleene>, deciding: bool) -> Kleene {
    let mut undetermined = None;
    for truth in truths {
        match truth {
            Ok(value) if value == deciding => return Ok(deciding),
            Ok(_) => {}
            Err(leaf) => {
                undetermined.get_or_insert(leaf);
            }
        }
    }
    undetermined.map_or(Ok(!deciding), Err)
}
