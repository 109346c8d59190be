//! A refusal as JSON: for the host, and as `application/problem+json` for whoever sent the request.

use std::time::UNIX_EPOCH;

use actra_engine::model::{Decision, Effect, RawMap, RawValue};
use actra_wire::write_value;

use super::words::{self, Audience};
use super::{FieldError, NoGrant, Refused, RefusedKind};

/// A refusal as one line of JSON; with a status and a link, as `application/problem+json`.
pub(super) fn json(refused: &Refused, problem: Option<(u16, Option<&str>)>) -> String {
    let mut members = members(refused);
    if let Some((status, link)) = problem {
        members.insert("detail".to_owned(), RawValue::String(words::refused(refused, Audience::Sender)));
        let stages = refused.failures.iter().map(|failure| texts([("stage", failure.stage.as_str())]));
        members.insert("failures".to_owned(), RawValue::List(stages.collect()));
        members.insert("title".to_owned(), refused.kind.as_str().into());
        members.insert("status".to_owned(), i64::from(status).into());
        // What was denied is for nobody to grant any more.
        if refused.no_grant == Some(NoGrant::Denied) {
            members.remove("approval");
        }
        if let (Some(link), Some(RawValue::Map(approval))) = (link, members.get_mut("approval")) {
            approval.insert("link".to_owned(), link.into());
        }
    }
    let mut out = Vec::new();
    write_value(&RawValue::Map(members), &mut out);
    String::from_utf8(out).unwrap_or_default()
}

fn members(refused: &Refused) -> RawMap {
    let decision = refused.decision.as_deref();
    let mut members = RawMap::new();
    let mut put = |name: &str, value: RawValue| drop(members.insert(name.to_owned(), value));
    let word = match refused.kind {
        RefusedKind::Blocked => "blocked",
        RefusedKind::NeedsApproval => "needs_approval",
        RefusedKind::NotDecided => "not_decided",
    };
    put("type", RawValue::String(format!("urn:actra:refused:{word}")));
    put("detail", RawValue::String(refused.to_string()));
    put("action", refused.action.as_str().into());
    put("effect", decision.map_or(Effect::Block, |decision| decision.effect).as_str().into());
    put("rule", decision.and_then(|decision| decision.matched_rule.as_deref()).into_value());
    put("message", decision.and_then(|decision| decision.message.as_deref()).into_value());
    put("rules", list(decision, |decision| decision.matched_rules.iter().map(RawValue::from).collect()));
    let required = |decision: &Decision<'_>| {
        decision.required_actions.iter().map(|action| RawValue::Map(action.as_ref().clone())).collect()
    };
    put("required_actions", list(decision, required));
    let open = |decision: &Decision<'_>| {
        let one = |open: &actra_engine::model::Undetermined<'_>| {
            texts([("rule", &open.rule), ("path", &open.path), ("code", open.reason.as_str())])
        };
        decision.undetermined.iter().map(one).collect()
    };
    put("undetermined", list(decision, open));
    put("errors", RawValue::List(refused.field_errors.iter().map(error).collect()));
    let failure = |failure: &crate::Failure| {
        texts([("stage", failure.stage.as_str()), ("reason", failure.reason.as_str())])
    };
    put("failures", RawValue::List(refused.failures.iter().map(failure).collect()));
    if let Some(approval) = &refused.approval {
        let millis = approval.expires_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let mut shown = RawMap::from([("id".to_owned(), approval.id.as_str().into())]);
        shown.insert("expires_at".to_owned(), i64::try_from(millis).unwrap_or(i64::MAX).into());
        put("approval", RawValue::Map(shown));
    }
    put("policy_hash", decision.map(|decision| decision.policy_hash.to_string()).as_deref().into_value());
    put("event_id", refused.event_id.as_str().into());
    members
}

fn list(decision: Option<&Decision<'_>>, of: impl FnOnce(&Decision<'_>) -> Vec<RawValue>) -> RawValue {
    RawValue::List(decision.map(of).unwrap_or_default())
}

fn texts<const N: usize>(members: [(&str, &str); N]) -> RawValue {
    RawValue::Map(members.map(|(name, text)| (name.to_owned(), text.into())).into())
}

fn error(error: &FieldError) -> RawValue {
    let mut members = RawMap::from([
        ("path".to_owned(), error.path.as_str().into()),
        ("code".to_owned(), error.code.as_str().into()),
        ("message".to_owned(), RawValue::String(error.sentence())),
    ]);
    if let (Some(expected), Some(got)) = (&error.expected, error.got) {
        members.insert("expected".to_owned(), expected.as_str().into());
        members.insert("got".to_owned(), got.into());
    }
    RawValue::Map(members)
}

trait IntoValue {
    fn into_value(self) -> RawValue;
}

impl IntoValue for Option<&str> {
    fn into_value(self) -> RawValue {
        self.map_or(RawValue::Null, RawValue::from)
    }
}
