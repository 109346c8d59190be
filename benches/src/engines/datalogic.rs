//! datalogic-rs: the whole policy as one JSONLogic `or`, compiled; requests live in an arena that is reset.
//!
//! In JSONLogic a missing field is null and compares as one, so that the second series would be allowed.

use anyhow::Context as _;
use datalogic_rs::bumpalo::Bump;
use datalogic_rs::datavalue::OwnedDataValue;
use datalogic_rs::{EvalInput, Logic};
use serde_json::{Value as Json, json};

use super::{Answer, Engine};
use crate::request::Request;
use crate::rule::{Condition, Rule};
use crate::workload::Workload;

/// A compiled expression.
pub struct DataLogic {
    engine: datalogic_rs::Engine,
    logic: Logic,
}

impl Engine for DataLogic {
    type Text = String;
    type Native = OwnedDataValue;
    type Worker<'a> = Bump;
    const NAME: &'static str = "datalogic-rs";

    fn text(workload: &Workload) -> Option<String> {
        Some(json!({ "or": workload.rules.iter().map(rule).collect::<Vec<_>>() }).to_string())
    }

    fn load(text: &String) -> anyhow::Result<Self> {
        let engine = datalogic_rs::Engine::new();
        let logic = engine.compile(text.as_str()).map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(Self { engine, logic })
    }

    fn blocks_undecided() -> bool {
        false
    }

    fn native(&self, request: &Request) -> anyhow::Result<OwnedDataValue> {
        OwnedDataValue::from_json(&request.json()).map_err(|error| anyhow::anyhow!("{error:?}"))
    }

    fn worker(&self) -> anyhow::Result<Bump> {
        Ok(Bump::new())
    }

    fn decide(&self, arena: &mut Bump, request: &OwnedDataValue) -> anyhow::Result<Answer> {
        let answer = self.evaluate(arena, request);
        arena.reset();
        answer
    }

    fn decide_json(&self, arena: &mut Bump, request: &[u8], out: &mut Vec<u8>) -> anyhow::Result<()> {
        let answer = self.evaluate(arena, std::str::from_utf8(request)?);
        arena.reset();
        out.extend_from_slice(answer?.bytes());
        Ok(())
    }
}

impl DataLogic {
    fn evaluate<'a>(&'a self, arena: &'a Bump, request: impl EvalInput<'a>) -> anyhow::Result<Answer> {
        let value =
            self.engine.evaluate(&self.logic, request, arena).map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(Answer::blocked(value.as_bool().context("not a truth value")?))
    }
}

fn rule(rule: &Rule) -> Json {
    let condition = logic(&rule.condition);
    match &rule.action {
        Some(action) => json!({ "and": [{ "===": [{ "var": "action.type" }, action] }, condition] }),
        None => condition,
    }
}

fn logic(condition: &Condition) -> Json {
    let all = |members: &[Condition]| members.iter().map(logic).collect::<Vec<_>>();
    match condition {
        Condition::All(members) => json!({ "and": all(members) }),
        Condition::Any(members) => json!({ "or": all(members) }),
        Condition::Not(inner) => json!({ "!": [logic(inner)] }),
        Condition::Compare(field, order, number) => json!({ order.symbol(): [{ "var": field }, number] }),
        Condition::Is(field, value) => json!({ "===": [{ "var": field }, Json::from(value)] }),
        Condition::OneOf(field, texts) => json!({ "in": [{ "var": field }, texts] }),
        Condition::Holds(field, text) => json!({ "in": [text, { "var": field }] }),
        Condition::Starts(field, text) => json!({ "starts_with": [{ "var": field }, text] }),
    }
}
