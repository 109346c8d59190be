//! Invariants and baselines in `governance.yaml`.

use std::fmt::Write;

use actra_engine::analyze::ProofVerdict;
use actra_engine::{compile, decide};

use super::diff::{Pair, is_weaker};
use super::{Outcome, compiled, failed, policy_set, prove, proves};
use crate::enumerate::case::{Bound, Case, Statement};
use crate::enumerate::set::{Scope, SetSpec, Ship, quoted};

pub fn governance(statement: &Statement) -> String {
    let mut text = format!(
        "version: 1\ngovernance:\n  invariants:\n    - id: asked\n      for: {}\n",
        statement.scope.yaml()
    );
    if let Some(when) = &statement.when {
        let _ = writeln!(text, "      when: {}", quoted(&when.show()));
    }
    let effect = statement.effect;
    let _ = match statement.bound {
        Bound::Exactly => writeln!(text, "      effect: {effect}"),
        Bound::AtLeast => writeln!(text, "      effect: {{ at_least: {effect} }}"),
        Bound::AtMost => writeln!(text, "      effect: {{ at_most: {effect} }}"),
    };
    text + "      error: asked\n"
}

/// The set compiles, and lists the invariant as proved, exactly if `prove` proves it; and then nothing speaks against
/// it.
pub fn invariant(case: &Case, statement: &Statement) -> Outcome {
    if statement.scope == Scope::Group {
        // An invariant sees the groups of governance alone, and `prove` those of the schema.
        return Outcome::Skipped;
    }
    let Some(policy) = compiled(&case.set) else { return Outcome::Skipped };
    let Some(claim) = prove::Claim::new(case, &policy, statement) else { return Outcome::Skipped };
    let Some(alone) = prove::answer(&policy, statement) else { return Outcome::Skipped };
    let mut files = case.set.files();
    files.push(("governance.yaml".to_owned(), governance(statement)));
    let outcome = compile(&policy_set(&files));
    let proved = outcome.policy.is_some() && proves(&outcome, "asked");
    if proved != (alone == ProofVerdict::Proved) {
        let detail = format!("prove says {alone:?}, and compiling says {:?}", outcome.diagnostics);
        return failed("govern: an invariant and `prove` disagree", detail);
    }
    match alone {
        ProofVerdict::Proved => claim.holds().unwrap_or(Outcome::Sound("proved")),
        ProofVerdict::Unproven(why) => Outcome::Open(why.join(", ")),
        _ => Outcome::Sound("refused"),
    }
}

/// A set that compiles under a baseline is not weaker for any request.
pub fn baseline(case: &Case, new: &SetSpec) -> Outcome {
    let (Some(before), Some(after)) = (compiled(&case.set), compiled(new)) else { return Outcome::Skipped };
    let is_new = case.set.schema.ship == Ship::Missing && new.schema.ship != Ship::Missing;
    let is_listed = is_new && case.seed.is_multiple_of(3);
    let listed = if is_listed { "ship" } else { "" };
    let mut files = new.files();
    files.extend(case.set.files().into_iter().map(|(path, text)| (format!("released/{path}"), text)));
    let text = format!(
        "version: 1\ngovernance:\n  baseline: {{ no_weaker_than: released/, new_actions: [{listed}] }}\n"
    );
    files.push(("governance.yaml".to_owned(), text));
    let outcome = compile(&policy_set(&files));
    if outcome.policy.is_none() || !proves(&outcome, "no_weaker_than") {
        let open = outcome.diagnostics.iter().any(|found| found.code.as_str() == "E0903");
        return if open { Outcome::Open("baseline".to_owned()) } else { Outcome::Sound("refused") };
    }
    let pair = Pair { case, new, before, after };
    for request in pair.requests() {
        let (old, now) = (decide(&pair.before, &request), decide(&pair.after, &request));
        let accepted = is_listed && old.errors.iter().any(|fault| fault.path == "action.type");
        if is_weaker(&old, &now) && !accepted {
            let class = match pair.class(&request, &old, &now) {
                "diff: no weaker, and a required action is gone" => "baseline: a required action is gone",
                "diff: no weaker, and a valid request is" => "baseline: a valid request is weaker",
                "diff: no weaker, and a request that was valid is" => {
                    "baseline: a request that was valid is weaker"
                }
                _ => "baseline: a request that is not valid is weaker",
            };
            return pair.against(class, &request);
        }
    }
    Outcome::Sound("no weaker")
}
