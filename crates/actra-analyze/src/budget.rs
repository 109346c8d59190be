//! What a question may cost, in steps: the same on every machine.
//!
//! A step is less than a microsecond of one core, so that a question ends within seconds. Every phase
//! counts its work: unknowns and nodes while encoding, decisions and conflicts of the SAT solver, states of automata,
//! entries of tableaus. Who finds that nothing is left gives up, and the answer says what was not decided.

#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::rc::Rc;

/// Steps of one question.
pub(crate) const QUESTION_BUDGET: u64 = 8_000_000;

/// The steps that are left; clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    left: Rc<Cell<u64>>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: Rc::new(Cell::new(QUESTION_BUDGET)) }
    }
}

impl Budget {
    /// Takes so many steps; whether there were as many.
    pub(crate) fn spend(&self, steps: u64) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(steps));
        left > steps
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    /// How many steps were taken.
    pub(crate) fn taken(&self) -> u64 {
        QUESTION_BUDGET - self.left.get()
    }
}

/// A number of things as steps.
pub(crate) fn steps(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
