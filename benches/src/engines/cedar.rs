//! Cedar: `forbid` policies over a permitted rest. Records are attributes of the context.
//!
//! Cedar has no untyped request of its own: building the context is its admission, and is measured. It evaluates from
//! left to right, so that a condition fails at a missing field even if its other side is false: it does not answer the
//! second series as expected, whether its host blocks on failures or not.

use std::fmt::Write as _;

use anyhow::Context as _;
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicySet,
    Request as Question, RestrictedExpression,
};

use super::{Answer, Engine};
use crate::expression::{joined, list, literal, quoted};
use crate::request::{RECORDS, Request, Value};
use crate::rule::Condition;
use crate::workload::Workload;

/// A parsed policy set, and what every request shares.
pub struct Cedar {
    policies: PolicySet,
    authorizer: Authorizer,
    entities: Entities,
    action: EntityTypeName,
    anybody: EntityUid,
}

type Record = Vec<(String, Value)>;

/// A request as a host has it.
pub struct Owned {
    action: String,
    records: [(&'static str, Record); 3],
}

impl Engine for Cedar {
    type Text = String;
    type Native = Owned;
    type Worker<'a> = ();
    const NAME: &'static str = "cedar-policy";

    fn text(workload: &Workload) -> Option<String> {
        let mut text = "permit(principal, action, resource);\n".to_owned();
        for rule in &workload.rules {
            let action = rule
                .action
                .as_ref()
                .map_or("action".to_owned(), |name| format!("action == Action::{name:?}"));
            let condition = expression(&rule.condition);
            let _ = writeln!(text, "forbid(principal, {action}, resource) when {{ {condition} }};");
        }
        Some(text)
    }

    fn load(text: &String) -> anyhow::Result<Self> {
        let action: EntityTypeName = "Action".parse()?;
        let anybody = EntityUid::from_type_name_and_id("Any".parse()?, EntityId::new("body"));
        let (authorizer, entities) = (Authorizer::new(), Entities::empty());
        Ok(Self { policies: text.parse()?, authorizer, entities, action, anybody })
    }

    fn blocks_undecided() -> bool {
        false
    }

    fn native(&self, request: &Request) -> anyhow::Result<Owned> {
        let record = |name| {
            let members = request.record(name).map(|(name, value)| (name.to_owned(), value.clone()));
            (name, members.collect())
        };
        Ok(Owned { action: request.action().to_owned(), records: RECORDS.map(record) })
    }

    fn worker(&self) -> anyhow::Result<()> {
        Ok(())
    }

    fn decide(&self, (): &mut (), request: &Owned) -> anyhow::Result<Answer> {
        let records = request.records.iter().map(|(name, members)| {
            let members = members.iter().map(|(name, value)| (name.clone(), restricted(value)));
            Ok(((*name).to_owned(), RestrictedExpression::new_record(members)?))
        });
        let records = records.collect::<anyhow::Result<Vec<_>>>()?;
        self.ask(&request.action, Context::from_pairs(records)?)
    }

    fn decide_json(&self, (): &mut (), request: &[u8], out: &mut Vec<u8>) -> anyhow::Result<()> {
        let request: serde_json::Value = serde_json::from_slice(request)?;
        let action =
            request.pointer("/action/type").and_then(serde_json::Value::as_str).context("no action")?;
        let action = action.to_owned();
        out.extend_from_slice(self.ask(&action, Context::from_json_value(request, None)?)?.bytes());
        Ok(())
    }
}

impl Cedar {
    fn ask(&self, action: &str, context: Context) -> anyhow::Result<Answer> {
        let action = EntityUid::from_type_name_and_id(self.action.clone(), EntityId::new(action));
        let question = Question::new(self.anybody.clone(), action, self.anybody.clone(), context, None)?;
        let response = self.authorizer.is_authorized(&question, &self.policies, &self.entities);
        let failed = response.diagnostics().errors().next().is_some();
        Ok(Answer::blocked(failed || response.decision() == Decision::Deny))
    }
}

fn restricted(value: &Value) -> RestrictedExpression {
    match value {
        Value::Number(number) => RestrictedExpression::new_long(*number),
        Value::Text(text) => RestrictedExpression::new_string(text.clone()),
        Value::Flag(flag) => RestrictedExpression::new_bool(*flag),
        Value::Texts(texts) => RestrictedExpression::new_set(
            texts.iter().map(|text| RestrictedExpression::new_string(text.clone())),
        ),
    }
}

fn expression(condition: &Condition) -> String {
    match condition {
        Condition::All(members) => joined(members, " && ", expression),
        Condition::Any(members) => joined(members, " || ", expression),
        Condition::Not(inner) => format!("!({})", expression(inner)),
        Condition::Compare(field, order, number) => format!("context.{field} {} {number}", order.symbol()),
        Condition::Is(field, value) => format!("context.{field} == {}", literal(value)),
        Condition::OneOf(field, texts) => format!("{}.contains(context.{field})", list(texts)),
        Condition::Holds(field, text) => format!("context.{field}.contains({})", quoted(text)),
        Condition::Starts(field, text) => format!("context.{field} like {}", quoted(&format!("{text}*"))),
    }
}
