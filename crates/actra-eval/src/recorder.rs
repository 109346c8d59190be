//! The observer of an evaluation: how [`crate::explain`] learns what each part of a condition came to.

use actra_ir::Expr;

use crate::operand::ReadResult;
use crate::truth::Kleene;

/// Is called for every condition and operand that is evaluated outside of macro bodies.
pub(crate) trait Recorder {
    /// Whether operands that cannot change the result are evaluated too.
    const EAGER: bool;

    /// An evaluation starts; those until its end are its parts.
    fn enter(&mut self);
    /// The evaluation of a condition ends.
    fn condition(&mut self, expr: &Expr, truth: &Kleene);
    /// The evaluation of an operand ends.
    fn operand(&mut self, expr: &Expr, read: &ReadResult<'_>);
    /// Nothing is recorded until as many calls of `resume`.
    fn pause(&mut self);
    /// Ends one `pause`; recording goes on after the last.
    fn resume(&mut self);
}

/// Records nothing and costs nothing: what [`crate::decide`] uses.
#[derive(Debug, Default)]
pub(crate) struct NoRecorder;

impl Recorder for NoRecorder {
    const EAGER: bool = false;

    fn enter(&mut self) {}
    fn condition(&mut self, _: &Expr, _: &Kleene) {}
    fn operand(&mut self, _: &Expr, _: &ReadResult<'_>) {}
    fn pause(&mut self) {}
    fn resume(&mut self) {}
}
