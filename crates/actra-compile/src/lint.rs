//! Warnings about what compiles and still deserves a look, which `check` adds to those of compiling.
//!
//! They read a set that compiles, so there are none about other sets, and deciding never pays for them.

mod constant;
mod cost;
mod cut_by_comment;
mod doubled_braces;
mod governance_uses;
mod hidden_quotes;
mod invisible_characters;
mod letter_case;
mod look_alike;
mod missing_reason;
mod number_range;
mod open_ended;
mod plain_text;
mod redundant;
mod relative_paths;
mod repeated_actions;
mod similar_ids;
mod text_domain;
mod text_order;
mod unused;
mod value_coverage;

use actra_diagnostics::{Code, Diagnostic, Sources, Span, codes};
use actra_ir::{Expr, Rule, operands};
use actra_model::Schema;
use actra_syntax::ast::{self, ConditionKind};

use crate::permissive::EffectContext;

/// The codes of these warnings. Only `check` can tell whether a comment that allows one of them is of use.
pub(crate) const CODES: [Code; 16] = [
    codes::CONSTANT_PART,
    codes::REDUNDANT_TEST,
    codes::UNUSED_NAME,
    codes::ALIKE_IDS,
    codes::LETTER_CASE,
    codes::INVISIBLE_CHARACTER,
    codes::CUT_CONDITION,
    codes::NO_REASON,
    codes::FOREIGN_TEXT,
    codes::DOUBLED_BRACES,
    codes::TEXT_ORDER,
    codes::OPEN_ENDED,
    codes::HIDDEN_QUOTE,
    codes::LOOK_ALIKE,
    codes::TOO_COSTLY,
    codes::SLOW_ACTION,
];

/// A set that compiles, as written and as compiled.
pub(crate) struct LintInput<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) schema_decl: &'a ast::Schema,
    pub(crate) schema: &'a Schema,
    pub(crate) files: &'a [ast::PolicyFile],
    pub(crate) governance: Option<&'a ast::governance::Governance>,
    /// In file order, one for each rule that is written.
    pub(crate) rules: &'a [Rule],
    /// The effects of the other rules about the same actions.
    pub(crate) effects: EffectContext,
}

impl<'a> LintInput<'a> {
    /// Each rule as written and as compiled.
    fn rules(&self) -> impl Iterator<Item = (&'a ast::Rule, &'a Rule)> {
        self.files.iter().flat_map(|file| &file.rules).zip(self.rules)
    }

    /// Each condition as written: of definitions, of rules and of what governance demands.
    fn conditions(&self) -> impl Iterator<Item = &'a ast::Condition> {
        let of_file = |file: &'a ast::PolicyFile| {
            let definitions = file.definitions.iter().map(|(_, condition)| condition);
            let rules = file.rules.iter().flat_map(|rule| [Some(&rule.when), rule.unless.as_ref()]);
            definitions.chain(rules.flatten())
        };
        let invariants = self.governance.into_iter().flat_map(|governance| &governance.invariants);
        self.files.iter().flat_map(of_file).chain(invariants.filter_map(|invariant| invariant.when.as_ref()))
    }
}

/// Adds all warnings about a set that compiles.
///
/// Cost: close to linear in the set.
pub(crate) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    constant::check(set, diagnostics);
    redundant::check(set, diagnostics);
    value_coverage::check(set, diagnostics);
    repeated_actions::check(set, diagnostics);
    unused::check(set, diagnostics);
    similar_ids::check(set, diagnostics);
    letter_case::check(set, diagnostics);
    invisible_characters::check(set, diagnostics);
    cut_by_comment::check(set, diagnostics);
    missing_reason::check(set, diagnostics);
    cost::check(set, diagnostics);
    plain_text::check(set, diagnostics);
    doubled_braces::check(set, diagnostics);
    text_order::check(set, diagnostics);
    open_ended::check(set, diagnostics);
    relative_paths::check(set, diagnostics);
    hidden_quotes::check(set, diagnostics);
    look_alike::check(set, diagnostics);
}

/// Visits the place of each expression of a condition.
fn visit_expressions(condition: &ast::Condition, visit: &mut impl FnMut(Span)) {
    match &condition.kind {
        ConditionKind::Expression(_) => visit(condition.span),
        ConditionKind::All(parts) | ConditionKind::Any(parts) => {
            parts.iter().for_each(|part| visit_expressions(part, visit));
        }
        ConditionKind::Not(part) => visit_expressions(part, visit),
        ConditionKind::StructuredAtom(_) => {}
    }
}

/// Visits a tree in preorder.
fn visit_nodes<'e>(expr: &'e Expr, visit: &mut impl FnMut(&'e Expr)) {
    visit(expr);
    operands(expr).into_iter().for_each(|operand| visit_nodes(operand, visit));
}
