//! Where in a policy the reason for a broken demand stands: the line that its author changed, as far as it can be told.

use actra_diagnostics::{Diagnostic, Span};
use actra_eval::decide;
use actra_ir::print::print;
use actra_ir::{DeclarationSpans, Policy, Rule};
use actra_model::{Decision, Effect, RawRequest, Request};

/// A request, and what a policy decides for it.
pub(crate) struct DecidedRequest<'p> {
    policy: &'p Policy,
    pub(crate) request: Request,
    pub(crate) decision: Decision<'p>,
}

impl<'p> DecidedRequest<'p> {
    pub(crate) fn new(policy: &'p Policy, request: &RawRequest) -> Self {
        let request = Request::from_raw(&policy.schema, request);
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

/// A place in the policy, and what it has to do with the broken demand.
pub(crate) type Culprit = (Span, &'static str);

/// Moves a report from the demand to a place in the policy, if there is one; the demand is shown beside it.
pub(crate) fn moved_to(mut report: Diagnostic, place: Option<(Span, impl Into<String>)>) -> Diagnostic {
    let Some((place, text)) = place else { return report };
    let label = std::mem::replace(&mut report.label, text.into());
    report.labels.extend(report.span.replace(place).map(|demand| (demand, label)));
    report
}

/// A rule that would give an outcome that meets the demand, if it were enforced.
pub(crate) fn shadow(now: &DecidedRequest<'_>, meets: impl Fn(Effect) -> bool) -> Option<Culprit> {
    let meant =
        now.decision.shadow.iter().find(|shadow| meets(shadow.effect) && !meets(now.decision.effect))?;
    let rule = now.policy.rules.iter().find(|rule| *rule.id == *meant.rule)?;
    Some((rule.metadata.id, "this rule is in shadow mode, so it does not count"))
}

/// What gives an outcome: a rule, or the default.
pub(crate) fn outcome(now: &DecidedRequest<'_>, places: &DeclarationSpans) -> Option<Culprit> {
    match now.rule() {
        Some(rule) => Some((rule.metadata.id, "this rule gives the outcome")),
        None if now.request.invalid => None,
        None => places.default.map(|place| (place, "no rule matches, so the default gives the outcome")),
    }
}

/// What changed between two policies that decide a request differently: what the schema refused before, or the rule
/// that decided before, if it reads differently now.
pub(crate) fn change(
    before: &DecidedRequest<'_>,
    now: &DecidedRequest<'_>,
    places: &DeclarationSpans,
) -> Option<Culprit> {
    let schema =
        if before.request.invalid && !now.request.invalid { admitted(before, now, places) } else { None };
    schema.or_else(|| rewritten(before, now))
}

/// What a schema admits that the one before did not.
fn admitted(
    before: &DecidedRequest<'_>,
    now: &DecidedRequest<'_>,
    places: &DeclarationSpans,
) -> Option<Culprit> {
    let action = now.action()?;
    if before.request.action_id.is_none() {
        return places.declared(&format!("action.{action}")).map(|place| (place, "this action is new"));
    }
    let (old, new) = (&before.policy.schema, &now.policy.schema);
    let settings = [
        ("extra_fields", old.extra_fields != new.extra_fields),
        ("invalid_fields", old.invalid_fields != new.invalid_fields),
    ];
    let setting = settings
        .iter()
        .filter(|(_, is_changed)| *is_changed)
        .find_map(|(name, _)| places.schema.get(*name).copied());
    let field =
        before.request.faults.iter().find_map(|fault| places.declared(&declared_path(&fault.path, action)));
    Some((setting.or(field)?, "this accepts requests that were refused before"))
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
fn rewritten(before: &DecidedRequest<'_>, now: &DecidedRequest<'_>) -> Option<Culprit> {
    let old = before.rule()?;
    let new = now.policy.rules.iter().find(|rule| rule.id == old.id)?;
    let covers = now.request.action_id.is_some_and(|action| new.covers(action));
    let is_same = covers
        && new.effect == old.effect
        && new.mode == old.mode
        && new.required_actions == old.required_actions
        && print(&new.condition) == print(&old.condition);
    (!is_same).then_some((new.metadata.id, "this rule gave another outcome before"))
}

/// Where something stands that was given up, by its words: "`sensitive` of PATH"; the first that is still declared.
pub(crate) fn protections_lost(what: &[String], places: &DeclarationSpans) -> Option<Culprit> {
    // The name of a field may have blanks in it.
    let mut paths = what.iter().filter_map(|what| Some(what.split_once(" of ")?.1));
    Some((paths.find_map(|path| places.declared(path))?, "this declaration used to say more"))
}
