//! Actra, by its public interface. Every use of it in this crate is in this file.

use std::fmt::Write as _;

use actra_engine::model::{Effect, RawMap, RawRequest, RawValue};
use actra_engine::{Policy, PolicySet, compile, decide};
use actra_wire::JsonDecider;
use anyhow::anyhow;

use super::{Answer, Engine};
use crate::expression;
use crate::request::{RECORDS, Request, Value};
use crate::workload::{Fields, Schema, Workload};

/// A compiled policy.
pub struct Actra {
    policy: Policy,
}

impl Engine for Actra {
    type Text = [(&'static str, String); 2];
    type Native = RawRequest;
    type Worker<'a> = JsonDecider<'a>;
    const NAME: &'static str = "Actra";

    fn text(workload: &Workload) -> Option<Self::Text> {
        Some([("schema.yaml", schema(&workload.schema)), ("policy.yaml", policy(workload))])
    }

    fn load(text: &Self::Text) -> anyhow::Result<Self> {
        let outcome =
            compile(&PolicySet::from_texts(text.each_ref().map(|(name, text)| (*name, text.as_str()))));
        let policy = outcome.policy.ok_or_else(|| anyhow!("{:?}", outcome.diagnostics.first()))?;
        Ok(Self { policy })
    }

    fn blocks_undecided() -> bool {
        true
    }

    fn native(&self, request: &Request) -> anyhow::Result<RawRequest> {
        Ok(raw_request(request))
    }

    fn worker(&self) -> anyhow::Result<JsonDecider<'_>> {
        Ok(JsonDecider::new(&self.policy))
    }

    fn decide(&self, _: &mut JsonDecider<'_>, request: &RawRequest) -> anyhow::Result<Answer> {
        Ok(Answer::blocked(decide(&self.policy, request).effect != Effect::Allow))
    }

    fn decide_json(
        &self,
        decider: &mut JsonDecider<'_>,
        request: &[u8],
        out: &mut Vec<u8>,
    ) -> anyhow::Result<()> {
        decider.decide(request, out);
        Ok(())
    }
}

/// A request as a host of Actra has it.
fn raw_request(request: &Request) -> RawRequest {
    let record = |name| {
        let members = request.record(name).map(|(name, value)| (name.to_owned(), raw_value(value)));
        Some(RawValue::Map(RawMap::from_iter(members)))
    };
    let [action, actor, snapshot] = RECORDS.map(record);
    RawRequest { action, actor, snapshot, ..RawRequest::default() }
}

fn raw_value(value: &Value) -> RawValue {
    match value {
        Value::Number(number) => RawValue::from(*number),
        Value::Text(text) => RawValue::from(text.as_str()),
        Value::Flag(flag) => RawValue::from(*flag),
        Value::Texts(texts) => {
            RawValue::List(texts.iter().map(|text| RawValue::from(text.as_str())).collect())
        }
    }
}

fn schema(schema: &Schema) -> String {
    let mut text = "version: 1\nactions:\n".to_owned();
    for (action, fields) in &schema.actions {
        let _ = writeln!(text, "  {action}: {{ fields: {} }}", record(fields));
    }
    let _ = writeln!(text, "actor: {{ fields: {} }}", record(&schema.actor));
    let _ = writeln!(text, "snapshot: {{ fields: {} }}", record(&schema.snapshot));
    text
}

fn record(fields: &Fields) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, kind)| format!("{name}: {kind}")).collect();
    format!("{{ {} }}", fields.join(", "))
}

fn policy(workload: &Workload) -> String {
    let mut text = "version: 1\ndefault: allow\nrules:\n".to_owned();
    for rule in &workload.rules {
        let scope =
            rule.action.as_ref().map_or("global: true".to_owned(), |action| format!("action: {action}"));
        let when = expression::cel("", &rule.condition);
        let _ = writeln!(
            text,
            "  - id: {}\n    scope: {{ {scope} }}\n    when: '{when}'\n    effect: block",
            rule.id
        );
    }
    text
}
