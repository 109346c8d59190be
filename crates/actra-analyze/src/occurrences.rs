//! Which rules contain the parts of conditions that could not be decided.

use actra_ir::print::print;
use actra_ir::{Expr, Policy, Rule, RuleMode, operands};
use actra_model::ActionId;

/// The enforced rules in whose conditions a part stands, in file order, with the names of those actions that each
/// covers; rules that cover none of `actions` are left out.
///
/// `part` is a name as answers have it; one that is no part of a condition stands in no rule.
pub fn rules_containing<'p>(
    policy: &'p Policy,
    actions: &[ActionId],
    part: &str,
) -> Vec<(&'p Rule, Vec<&'p str>)> {
    let enforced = policy.rules.iter().filter(|rule| rule.mode == RuleMode::Enforce);
    enforced
        .filter_map(|rule| {
            let covered = actions.iter().filter(|action| rule.covers(**action));
            let names: Vec<&str> =
                covered.filter_map(|action| Some(policy.schema.action(*action)?.name.as_ref())).collect();
            (!names.is_empty() && stands_in(&rule.condition, part)).then_some((rule, names))
        })
        .collect()
}

/// Recursion is bounded: conditions nest at most 64 deep.
fn stands_in(expr: &Expr, part: &str) -> bool {
    print(expr) == part || operands(expr).into_iter().any(|operand| stands_in(operand, part))
}
