//! What compiles and deserves a look all the same: warnings that `check` adds to those of compiling.
//!
//! They read a set that compiles, so they are silent about one that does not, and deciding never pays for them.

mod alike;
mod constant;
mod cost;
mod cut;
mod governed;
mod invisible;
mod letter_case;
mod range;
mod reason;
mod redundant;
mod scope;
mod unused;
mod values;

use actra_diagnostics::{Code, Diagnostic, Sources, codes};
use actra_ir::{Expr, Rule, operands};
use actra_model::Schema;
use actra_syntax::ast;

/// The codes of these warnings: a comment that allows one of them is judged by `check` alone.
pub(crate) const CODES: [Code; 10] = [
    codes::CONSTANT_PART,
    codes::REDUNDANT_TEST,
    codes::UNUSED_NAME,
    codes::ALIKE_IDS,
    codes::LETTER_CASE,
    codes::INVISIBLE_CHARACTER,
    codes::CUT_CONDITION,
    codes::NO_REASON,
    codes::TOO_COSTLY,
    codes::SLOW_ACTION,
];

/// A set that compiles, as written and as compiled.
pub(crate) struct Checked<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) schema_decl: &'a ast::Schema,
    pub(crate) schema: &'a Schema,
    pub(crate) files: &'a [ast::PolicyFile],
    pub(crate) governance: Option<&'a ast::governance::Governance>,
    /// In file order, one for each rule that is written.
    pub(crate) rules: &'a [Rule],
}

impl<'a> Checked<'a> {
    /// Each rule as written and as compiled.
    fn rules(&self) -> impl Iterator<Item = (&'a ast::Rule, &'a Rule)> {
        self.files.iter().flat_map(|file| &file.rules).zip(self.rules)
    }
}

/// Adds all warnings about a set that compiles.
///
/// Cost: close to linear in the set.
pub(crate) fn check(set: &Checked<'_>, diagnostics: &mut Vec<Diagnostic>) {
    constant::check(set, diagnostics);
    redundant::check(set, diagnostics);
    values::check(set, diagnostics);
    scope::check(set, diagnostics);
    unused::check(set, diagnostics);
    alike::check(set, diagnostics);
    letter_case::check(set, diagnostics);
    invisible::check(set, diagnostics);
    cut::check(set, diagnostics);
    reason::check(set, diagnostics);
    cost::check(set, diagnostics);
}

/// Visits a tree, each node before what it is made of.
fn each<'e>(expr: &'e Expr, visit: &mut impl FnMut(&'e Expr)) {
    visit(expr);
    operands(expr).into_iter().for_each(|operand| each(operand, visit));
}
