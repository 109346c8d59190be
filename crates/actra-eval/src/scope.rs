//! Macro variables that are bound, and where in the request values come from.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;

use actra_ir::{Expr, Variable, static_path};
use actra_model::Reason;

use crate::operand::{Element, Item};
use crate::truth::{Kleene, Leaf};

/// Where a value lies: what the expression reads, and the way from there to an element or member inside.
///
/// Its path is worked out only when something there cannot be decided.
#[derive(Debug, Clone)]
pub(crate) struct Origin<'a> {
    expr: &'a Expr,
    steps: Steps,
}

/// The way to a part of a value.
#[derive(Debug, Clone)]
enum Steps {
    /// To an element of an element, so many times; macros take this way for each element, so it costs nothing.
    Elements(u32),
    /// Through members, too.
    Written(Arc<String>),
}

const ELEMENT: &str = "[*]";

impl<'a> Origin<'a> {
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

    fn path(&self, bindings: &[String]) -> String {
        let mut path = static_path(self.expr, bindings);
        if !path.is_empty() {
            path.push_str(&self.steps());
        }
        path
    }
}

/// A bound variable.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) element: Element<'a>,
    pub(crate) origin: Origin<'a>,
}

/// The bound variables by slot.
#[derive(Debug, Default)]
pub(crate) struct Scope<'a> {
    frames: Vec<Frame<'a>>,
    /// How many folds under way have their leftmost leaf, so that paths of further ones need no working out.
    settled: Cell<usize>,
}

impl<'a> Scope<'a> {
    pub(crate) fn get(&self, variable: &Variable) -> Option<&Frame<'a>> {
        self.frames.get(variable.slot)
    }

    /// The value of a bound variable.
    pub(crate) fn item(&self, variable: &Variable) -> Option<Item<'a>> {
        let Frame { element, origin } = self.get(variable)?;
        let item = element.clone().item(|| origin.clone(), self);
        Some(item.unwrap_or_else(|| Err(self.leaf_at(origin, Reason::NoSuchElement))))
    }

    /// Binds the variable of the macro that is being evaluated; inner ones fall away.
    pub(crate) fn bind(&mut self, variable: &Variable, frame: Frame<'a>) {
        self.frames.truncate(variable.slot + 1);
        match self.frames.get_mut(variable.slot) {
            Some(bound) => *bound = frame,
            None => self.frames.push(frame),
        }
    }

    /// Unbinds this variable and those inside of it.
    pub(crate) fn unbind(&mut self, variable: &Variable) {
        self.frames.truncate(variable.slot);
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
        let mut fold = Fold::new(deciding);
        for truth in truths {
            if fold.add(self, truth).is_break() {
                break;
            }
        }
        fold.finish(self)
    }

    /// The leaf of a construct that cannot be decided.
    pub(crate) fn leaf(&self, expr: &'a Expr, reason: Reason) -> Leaf {
        self.leaf_at(&Origin::of(expr), reason)
    }

    /// The leaf of a value that cannot be read.
    pub(crate) fn leaf_at(&self, origin: &Origin<'a>, reason: Reason) -> Leaf {
        if self.settled.get() > 0 {
            return Leaf { path: Arc::from(""), reason };
        }
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

/// Kleene-and or Kleene-or of many truths, by the truth that decides it.
///
/// From the first undetermined truth to the end of the fold, all that counts of others is whether they decide, so the
/// scope may leave their paths out. That keeps many unreadable elements as cheap as readable ones.
#[derive(Debug)]
pub(crate) struct Fold {
    deciding: bool,
    decided: bool,
    undetermined: Option<Leaf>,
}

impl Fold {
    pub(crate) fn new(deciding: bool) -> Self {
        Self { deciding, decided: false, undetermined: None }
    }

    /// Breaks when the truth decides.
    pub(crate) fn add(&mut self, scope: &Scope<'_>, truth: Kleene) -> ControlFlow<()> {
        match truth {
            Ok(truth) if truth == self.deciding => {
                self.decided = true;
                return ControlFlow::Break(());
            }
            Ok(_) => {}
            Err(leaf) if self.undetermined.is_none() => {
                self.undetermined = Some(leaf);
                scope.settled.set(scope.settled.get() + 1);
            }
            Err(_) => {}
        }
        ControlFlow::Continue(())
    }

    pub(crate) fn finish(self, scope: &Scope<'_>) -> Kleene {
        if self.undetermined.is_some() {
            scope.settled.set(scope.settled.get() - 1);
        }
        match self.undetermined {
            _ if self.decided => Ok(self.deciding),
            Some(leaf) => Err(leaf),
            None => Ok(!self.deciding),
        }
    }
}
