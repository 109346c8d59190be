//! Conditions: names resolved, types checked, lowered to the canonical tree.
//!
//! Both spellings meet in the builders of `compare`, so that both give one tree.

mod access;
mod calls;
mod collections;
mod compare;
mod convert;
mod expr;
pub(crate) mod fields;
mod logic;
mod macros;
mod names;
mod operators;
mod structured;
mod typed;

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_diagnostics::{Code, Diagnostic, Span, codes};
use actra_ir::Expr;
use actra_model::{Type, limits};
use actra_syntax::ast::{Condition, ConditionKind};

use crate::global_names::Names;
use fields::FieldScope;
use logic::{all_of, any_of};
use typed::Typed;

pub(crate) use logic::{conjunction, is_negated_test, negation};

/// What checking finds out about a condition, by span, since spans are unique within a rule.
#[derive(Debug, Default)]
pub(crate) struct ConditionNotes {
    /// Reads of optional fields and members.
    pub(crate) optional: BTreeSet<Span>,
    /// Look-ups in maps and members of `any`.
    pub(crate) lookups: BTreeSet<Span>,
    /// String operands that may be the empty string.
    pub(crate) maybe_empty: BTreeSet<Span>,
    /// Tests that are written with a negated operator, such as `!=`, even where another `!` cancels the negation.
    pub(crate) negated: BTreeSet<Span>,
    /// Nodes of the canonical tree.
    pub(crate) nodes: usize,
}

/// Checks the conditions of one rule.
pub(crate) struct Checker<'a> {
    scope: FieldScope<'a>,
    names: &'a Names<'a>,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// The bound macro variables; a definition sees none of those before `visible_from`.
    variables: Vec<(Arc<str>, Type)>,
    visible_from: usize,
    depth: usize,
    notes: ConditionNotes,
    /// The tree has become too large: nothing more is checked or reported.
    aborted: bool,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(
        scope: FieldScope<'a>,
        names: &'a Names<'a>,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Self {
            scope,
            names,
            diagnostics,
            variables: Vec::new(),
            visible_from: 0,
            depth: 0,
            notes: ConditionNotes::default(),
            aborted: false,
        }
    }

    /// Ends the check of a rule, and reports at `place` if its conditions expand to too many nodes.
    pub(crate) fn finish(self, place: Span) -> ConditionNotes {
        if self.aborted {
            let message = format!("the condition expands to more than {} nodes", limits::CONDITION_NODES);
            self.diagnostics.push(
                Diagnostic::new(codes::CONDITION_TOO_LARGE, place, message)
                    .help("definitions are expanded where they are used; use fewer definitions inside other definitions"),
            );
        }
        self.notes
    }

    /// Checks and lowers a whole condition.
    pub(crate) fn condition(&mut self, condition: &Condition) -> Option<Expr> {
        Some(self.condition_part(condition)?.expr)
    }

    fn condition_part(&mut self, condition: &Condition) -> Option<Typed> {
        self.enter(condition.span)?;
        let typed = match &condition.kind {
            ConditionKind::Expression(expr) => self.boolean(expr),
            ConditionKind::StructuredAtom(atom) => self.atom(atom, condition.span),
            ConditionKind::All(parts) => {
                self.condition_parts(parts).map(|parts| all_of(parts, condition.span))
            }
            ConditionKind::Any(parts) => {
                self.condition_parts(parts).map(|parts| any_of(parts, condition.span))
            }
            ConditionKind::Not(part) => {
                self.condition_part(part).map(|typed| self.not(typed, condition.span))
            }
        };
        self.leave();
        typed
    }

    /// All parts, each of which is checked even if another one is faulty.
    fn condition_parts(&mut self, parts: &[Condition]) -> Option<Vec<Typed>> {
        let parts: Vec<Option<Typed>> = parts.iter().map(|part| self.condition_part(part)).collect();
        parts.into_iter().collect()
    }

    fn not(&mut self, typed: Typed, span: Span) -> Typed {
        if typed.span() == span || is_negated_test(&typed.expr) {
            self.notes.negated.insert(span);
        }
        Typed { expr: negation(typed.expr, span), ..typed }
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        if !self.aborted {
            self.diagnostics.push(diagnostic);
        }
    }

    fn refuse<T>(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<T> {
        self.push(Diagnostic::new(code, span, message).help(help));
        None
    }

    /// Counts a node and a level; `None` when there are too many of either.
    fn enter(&mut self, span: Span) -> Option<()> {
        self.notes.nodes += 1;
        if self.notes.nodes > limits::CONDITION_NODES {
            self.aborted = true;
        }
        if self.aborted {
            return None;
        }
        if self.depth >= limits::NESTING {
            return self.refuse(
                codes::TOO_DEEP,
                span,
                "the condition is nested too deep",
                "conditions can nest at most 64 levels deep, with definitions expanded",
            );
        }
        self.depth += 1;
        Some(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }
}
