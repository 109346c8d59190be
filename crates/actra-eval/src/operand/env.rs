//! The environment of an evaluation: the macro variables that are bound. Operands and environments hold each other, so
//! this is a part of `operand`.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;

use actra_ir::{Expr, Variable};
use actra_model::Reason;

use super::{Element, EvalResult};
use crate::origin::ValueOrigin;
use crate::truth::{EvalError, Kleene};

/// A bound variable.
#[derive(Debug)]
pub(crate) struct BoundVariable<'a> {
    pub(crate) element: Element<'a>,
    pub(crate) origin: ValueOrigin<'a>,
}

/// The bound variables by slot.
#[derive(Debug, Default)]
pub(crate) struct Env<'a> {
    bindings: Vec<BoundVariable<'a>>,
    /// How many folds under way have their leftmost leaf already, so that no further path has to be worked out.
    decided_folds: Cell<usize>,
}

impl<'a> Env<'a> {
    pub(crate) fn get(&self, variable: &Variable) -> Option<&BoundVariable<'a>> {
        self.bindings.get(variable.slot)
    }

    /// The value of a bound variable.
    pub(crate) fn item(&self, variable: &Variable) -> Option<EvalResult<'a>> {
        let BoundVariable { element, origin } = self.get(variable)?;
        let item = element.clone().item(|| origin.clone(), self);
        Some(item.unwrap_or_else(|| Err(self.error_at(origin, Reason::NoSuchElement))))
    }

    /// Binds the variable of the macro that is being evaluated; inner ones fall away.
    pub(crate) fn bind(&mut self, variable: &Variable, binding: BoundVariable<'a>) {
        self.bindings.truncate(variable.slot + 1);
        match self.bindings.get_mut(variable.slot) {
            Some(bound) => *bound = binding,
            None => self.bindings.push(binding),
        }
    }

    /// Unbinds this variable and those inside of it.
    pub(crate) fn unbind(&mut self, variable: &Variable) {
        self.bindings.truncate(variable.slot);
    }

    /// Kleene-and: false if any is false, else the first undetermined one, else true.
    pub(crate) fn all(&self, truths: impl IntoIterator<Item = Kleene>) -> Kleene {
        self.fold(truths, false)
    }

    /// Kleene-or: true if any is true, else the first undetermined one, else false.
    pub(crate) fn any(&self, truths: impl IntoIterator<Item = Kleene>) -> Kleene {
        self.fold(truths, true)
    }

    fn fold(&self, truths: impl IntoIterator<Item = Kleene>, deciding: bool) -> Kleene {
        let mut fold = KleeneFold::new(deciding);
        for truth in truths {
            if fold.add(self, truth).is_break() {
                break;
            }
        }
        fold.finish(self)
    }

    /// The leaf of a construct that cannot be decided.
    pub(crate) fn error(&self, expr: &'a Expr, reason: Reason) -> EvalError {
        self.error_at(&ValueOrigin::of(expr), reason)
    }

    /// The leaf of a value that cannot be read.
    pub(crate) fn error_at(&self, origin: &ValueOrigin<'a>, reason: Reason) -> EvalError {
        if self.decided_folds.get() > 0 {
            return EvalError { path: Arc::from(""), reason };
        }
        EvalError { path: origin.path(&self.bindings()).into(), reason }
    }

    fn bindings(&self) -> Vec<String> {
        let mut paths = Vec::with_capacity(self.bindings.len());
        for binding in &self.bindings {
            let path = binding.origin.path(&paths);
            paths.push(path);
        }
        paths
    }
}

/// Kleene-and or Kleene-or of many truths, by the truth that decides it.
///
/// From the first undetermined truth to the end of the fold, all that counts of others is whether they decide, so the
/// scope may leave their paths out. That keeps many unreadable elements as cheap as readable ones.
#[derive(Debug)]
pub(crate) struct KleeneFold {
    deciding: bool,
    decided: bool,
    undetermined: Option<EvalError>,
}

impl KleeneFold {
    pub(crate) fn new(deciding: bool) -> Self {
        Self { deciding, decided: false, undetermined: None }
    }

    /// Breaks when the truth decides.
    pub(crate) fn add(&mut self, env: &Env<'_>, truth: Kleene) -> ControlFlow<()> {
        match truth {
            Ok(truth) if truth == self.deciding => {
                self.decided = true;
                return ControlFlow::Break(());
            }
            Ok(_) => {}
            Err(error) if self.undetermined.is_none() => {
                self.undetermined = Some(error);
                env.decided_folds.set(env.decided_folds.get() + 1);
            }
            Err(_) => {}
        }
        ControlFlow::Continue(())
    }

    pub(crate) fn finish(self, env: &Env<'_>) -> Kleene {
        if self.undetermined.is_some() {
            env.decided_folds.set(env.decided_folds.get() - 1);
        }
        match self.undetermined {
            _ if self.decided => Ok(self.deciding),
            Some(error) => Err(error),
            None => Ok(!self.deciding),
        }
    }
}
