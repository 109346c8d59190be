//! Macro variables that are bound, and where in the request values come from.

use std::sync::Arc;

use actra_ir::{Expr, Variable, static_path};
use actra_model::Reason;

use crate::operand::Item;
use crate::truth::Leaf;

/// Where a value lies: what the expression reads, and the way from there to an element or member inside.
///
/// Its path is worked out only when something there cannot be decided.
#[derive(Debug, Clone)]
pub(crate) struct Origin<'a> {
    expr: &'a Expr,
    inner: Option<Arc<str>>,
}

impl<'a> Origin<'a> {
    pub(crate) fn of(expr: &'a Expr) -> Self {
        Self { expr, inner: None }
    }

    pub(crate) fn element(&self) -> Self {
        self.step("[*]")
    }

    pub(crate) fn member(&self, name: &str) -> Self {
        self.step(&format!(".{name}"))
    }

    fn step(&self, step: &str) -> Self {
        let inner = match &self.inner {
            Some(inner) => format!("{inner}{step}").into(),
            None => step.into(),
        };
        Self { expr: self.expr, inner: Some(inner) }
    }

    fn path(&self, bindings: &[String]) -> String {
        let mut path = static_path(self.expr, bindings);
        if !path.is_empty() {
            path.push_str(self.inner.as_deref().unwrap_or_default());
        }
        path
    }
}

/// A bound variable.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) item: Item<'a>,
    pub(crate) origin: Origin<'a>,
}

/// The bound variables by slot.
#[derive(Debug, Default)]
pub(crate) struct Scope<'a> {
    frames: Vec<Frame<'a>>,
}

impl<'a> Scope<'a> {
    pub(crate) fn get(&self, variable: &Variable) -> Option<&Frame<'a>> {
        self.frames.get(variable.slot)
    }

    /// Binds the variable of the macro that is being evaluated; inner ones fall away.
    pub(crate) fn bind(&mut self, variable: &Variable, frame: Frame<'a>) {
        self.frames.truncate(variable.slot);
        self.frames.push(frame);
    }

    /// Unbinds this variable and those inside of it.
    pub(crate) fn unbind(&mut self, variable: &Variable) {
        self.frames.truncate(variable.slot);
    }

    /// The leaf of a construct that cannot be decided.
    pub(crate) fn leaf(&self, expr: &Expr, reason: Reason) -> Leaf {
        Leaf { path: static_path(expr, &self.bindings()).into(), reason }
    }

    /// The leaf of a value that cannot be read.
    pub(crate) fn leaf_at(&self, origin: &Origin<'a>, reason: Reason) -> Leaf {
        Leaf { path: origin.path(&self.bindings()).into(), reason }
    }

    fn bindings(&self) -> Vec<String> {
        let mut paths = Vec::with_capacity(self.frames.len());
        for frame in &self.frames {
            let path = frame.origin.path(&paths);
            paths.push(path);
        }
        paths
    }
}
