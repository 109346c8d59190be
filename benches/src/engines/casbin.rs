//! Casbin: attribute-based, each rule an expression in a policy line that the matcher evaluates.
//!
//! A missing field makes an expression fail; whether a whole decision then fails depends on the order of rules, so
//! there are no answers for the second series.

use casbin::rhai::{Dynamic, serde::to_dynamic};
use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};

use super::{Answer, Engine};
use crate::expression::{joined, list, literal, quoted};
use crate::request::Request;
use crate::rule::Condition;
use crate::workload::Workload;

const MODEL: &str = r#"
[request_definition]
r = name, action, actor, snapshot
[policy_definition]
p = name, rule, eft
[policy_effect]
e = !some(where (p.eft == deny))
[matchers]
m = (p.name == "*" || r.name == p.name) && eval(p.rule)
"#;

/// A model with its policy lines.
pub struct Casbin {
    enforcer: Enforcer,
}

impl Engine for Casbin {
    type Text = Vec<Vec<String>>;
    type Native = Vec<Dynamic>;
    type Worker<'a> = ();
    const NAME: &'static str = "casbin";

    fn text(workload: &Workload) -> Option<Self::Text> {
        let line = |rule: &crate::rule::Rule| {
            let name = rule.action.clone().unwrap_or_else(|| "*".to_owned());
            vec![name, expression(&rule.condition), "deny".to_owned()]
        };
        Some(workload.rules.iter().map(line).collect())
    }

    fn load(text: &Self::Text) -> anyhow::Result<Self> {
        let load = async {
            let model = DefaultModel::from_str(MODEL).await?;
            let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await?;
            enforcer.enable_auto_save(false);
            enforcer.add_policies(text.clone()).await?;
            Ok(Self { enforcer })
        };
        tokio::runtime::Builder::new_current_thread().build()?.block_on(load)
    }

    fn blocks_undecided() -> bool {
        false
    }

    fn native(&self, request: &Request) -> anyhow::Result<Vec<Dynamic>> {
        dynamic(&serde_json::from_str(&request.json())?)
    }

    fn worker(&self) -> anyhow::Result<()> {
        Ok(())
    }

    fn decide(&self, (): &mut (), request: &Vec<Dynamic>) -> anyhow::Result<Answer> {
        Ok(Answer::blocked(!self.enforcer.enforce(request.clone())?))
    }

    fn decide_json(&self, (): &mut (), request: &[u8], out: &mut Vec<u8>) -> anyhow::Result<()> {
        let request = dynamic(&serde_json::from_slice(request)?)?;
        out.extend_from_slice(Answer::blocked(!self.enforcer.enforce(request)?).bytes());
        Ok(())
    }
}

fn dynamic(request: &serde_json::Value) -> anyhow::Result<Vec<Dynamic>> {
    ["/action/type", "/action", "/actor", "/snapshot"]
        .into_iter()
        .map(|pointer| Ok(to_dynamic(request.pointer(pointer))?))
        .collect()
}

fn expression(condition: &Condition) -> String {
    match condition {
        Condition::All(members) => joined(members, " && ", expression),
        Condition::Any(members) => joined(members, " || ", expression),
        Condition::Not(inner) => format!("!({})", expression(inner)),
        Condition::Compare(field, order, number) => format!("r.{field} {} {number}", order.symbol()),
        Condition::Is(field, value) => format!("r.{field} == {}", literal(value)),
        Condition::OneOf(field, texts) => format!("r.{field} in {}", list(texts)),
        Condition::Holds(field, text) => format!("{} in r.{field}", quoted(text)),
        Condition::Starts(field, text) => format!("keyMatch(r.{field}, {})", quoted(&format!("{text}*"))),
    }
}
