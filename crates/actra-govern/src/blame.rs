//! Where a policy says what breaks a demand: the line that its author changed, as far as that can be told.

use actra_diagnostics::{Diagnostic, Span};
use actra_eval::decide;
use actra_ir::print::print;
use actra_ir::{Places, Policy, Rule};
use actra_model::{Decision, Effect, RawRequest, Request};

/// What a policy says about a request.
pub(crate) struct Decided<'p> {
    policy: &'p Policy,
    pub(crate) request: Request,
    pub(crate) decision: Decision<'p>,
}

impl<'p> Decided<'p> {
    pub(crate) fn new(policy: &'p Policy, request: &RawRequest) -> Self {
        let request = Request::admit(&policy.schema, request);
        let decision = decide(policy, &request).into_owned();
        Self { policy, request, decision }
    }

    /// The rule that the outcome rests on.
    pub(crate) fn rule(&self) -> Option<&'p Rule> {
        self.policy.rules.iter().find(|rule| self.decision.matched_rule.as_deref() == Some(rule.id.as_ref()))
    }

    fn action(&self) -> Option<&'p str> {
        Some(self.policy.schema.action(self.request.action_id?)?.name.as_ref())
    }
}

/// A place and what it means.
pub(crate) type Blame = (Span, &'static str);

/// Moves a report from the demand to a place in the policy, if there is one; the demand is shown beside it.
pub(crate) fn at(mut report: Diagnostic, place: Option<(Span, impl Into<String>)>) -> Diagnostic {
    let Some((place, text)) = place else { return report };
    let label = std::mem::replace(&mut report.label, text.into());
    report.labels.extend(report.span.replace(place).map(|demand| (demand, label)));
    report
}

/// A rule that would give an outcome that meets the demand, if it were enforced.
pub(crate) fn shadow(is: &Decided<'_>, meets: impl Fn(Effect) -> bool) -> Option<Blame> {
    let meant =
        is.decision.shadow.iter().find(|shadow| meets(shadow.effect) && !meets(is.decision.effect))?;
    let rule = is.policy.rules.iter().find(|rule| *rule.id == *meant.rule)?;
    Some((rule.origin.id, "this rule is in shadow mode, so it does not count"))
}

/// What gives an outcome: a rule, or the default.
pub(crate) fn outcome(is: &Decided<'_>, places: &Places) -> Option<Blame> {
    match is.rule() {
        Some(rule) => Some((rule.origin.id, "this rule gives the outcome")),
        None if is.request.invalid => None,
        None => places.default.map(|place| (place, "no rule matches, so the default gives the outcome")),
    }
}

/// What changed between two policies that decide a request differently: what the schema refused before, or the rule that
/// decided before, if it reads differently now.
pub(crate) fn change(was: &Decided<'_>, is: &Decided<'_>, places: &Places) -> Option<Blame> {
    let schema = if was.request.invalid && !is.request.invalid { admitted(was, is, places) } else { None };
    schema.or_else(|| rewritten(was, is))
}

/// What a schema admits that the one before did not.
fn admitted(was: &Decided<'_>, is: &Decided<'_>, places: &Places) -> Option<Blame> {
    let action = is.action()?;
    if was.request.action_id.is_none() {
        return places.declared(&format!("action.{action}")).map(|place| (place, "this action is new"));
    }
    let (old, new) = (&was.policy.schema, &is.policy.schema);
    let settings = [
        ("extra_fields", old.extra_fields != new.extra_fields),
        ("invalid_fields", old.invalid_fields != new.invalid_fields),
    ];
    let setting = settings
        .iter()
        .filter(|(_, is_changed)| *is_changed)
        .find_map(|(name, _)| places.schema.get(*name).copied());
    let field =
        was.request.faults.iter().find_map(|fault| places.declared(&declared_path(&fault.path, action)));
    Some((setting.or(field)?, "requests are admitted here that were refused before"))
}

/// The path of a name in the schema for a path in a request: with the action, and without indexes.
fn declared_path(path: &str, action: &str) -> String {
    let path = path.replace("[*]", "");
    match path.strip_prefix("action.") {
        Some(rest) => format!("action.{action}.{rest}"),
        None => path,
    }
}

/// The rule that decided before, as it reads now.
fn rewritten(was: &Decided<'_>, is: &Decided<'_>) -> Option<Blame> {
    let before = was.rule()?;
    let now = is.policy.rules.iter().find(|rule| rule.id == before.id)?;
    let covers = is.request.action_id.is_some_and(|action| now.actions.binary_search(&action).is_ok());
    let is_same = covers
        && now.effect == before.effect
        && now.mode == before.mode
        && now.required_actions == before.required_actions
        && print(&now.condition) == print(&before.condition);
    (!is_same).then_some((now.origin.id, "this rule gave another outcome before"))
}

/// Where something stands that was given up, by its words: "`sensitive` of PATH"; the first that is still declared.
pub(crate) fn given_up(what: &[String], places: &Places) -> Option<Blame> {
    // The name of a field may have blanks in it.
    let mut paths = what.iter().filter_map(|what| Some(what.split_once(" of ")?.1));
    Some((paths.find_map(|path| places.declared(path))?, "this said more before"))
}
