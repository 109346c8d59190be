//! Where in a request a value comes from, so that its static path can be named when it cannot be decided.

use std::borrow::Cow;
use std::sync::Arc;

use actra_ir::{Expr, static_path};

/// Where a value comes from: the expression that read it, and the path from there to an element or member inside.
///
/// Its path is worked out only when something there cannot be decided.
#[derive(Debug, Clone)]
pub(crate) struct ValueOrigin<'a> {
    expr: &'a Expr,
    steps: Steps,
}

/// The path to a part of a value.
#[derive(Debug, Clone)]
enum Steps {
    /// Elements of elements, so many levels deep; macros need this for each element, so it takes no memory.
    Elements(u32),
    /// Any other path, with members.
    Written(Arc<String>),
}

const ELEMENT: &str = "[*]";

impl<'a> ValueOrigin<'a> {
    pub(crate) fn of(expr: &'a Expr) -> Self {
        Self { expr, steps: Steps::Elements(0) }
    }

    pub(crate) fn element(&self) -> Self {
        let steps = match &self.steps {
            Steps::Elements(depth) => Steps::Elements(depth.saturating_add(1)),
            Steps::Written(steps) => Steps::Written(Arc::new(format!("{steps}{ELEMENT}"))),
        };
        Self { expr: self.expr, steps }
    }

    pub(crate) fn member(&self, name: &str) -> Self {
        let steps = Steps::Written(Arc::new(format!("{}.{name}", self.steps())));
        Self { expr: self.expr, steps }
    }

    fn steps(&self) -> Cow<'_, str> {
        match &self.steps {
            Steps::Elements(depth) => Cow::Owned(ELEMENT.repeat(usize::try_from(*depth).unwrap_or(0))),
            Steps::Written(steps) => Cow::Borrowed(steps),
        }
    }

    pub(crate) fn path(&self, bindings: &[String]) -> String {
        let mut path = static_path(self.expr, bindings);
        if !path.is_empty() {
            path.push_str(&self.steps());
        }
        path
    }
}
