//! The `cel` crate: a program for each rule, asked one after another; the host blocks if one cannot be decided.
//!
//! Requests are read by reference through a resolver, which is the crate's fastest way.

use std::collections::HashMap;
use std::sync::Arc;

use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{Context, Env, Program};

use super::{Answer, Engine};
use crate::expression;
use crate::request::{RECORDS, Request};
use crate::workload::Workload;

/// Compiled expressions; rules with an action are held under it.
pub struct Cel {
    global: Vec<Program>,
    scoped: HashMap<String, Vec<Program>>,
    env: Arc<Env>,
}

/// A request as the crate's own values.
pub struct Owned {
    action: String,
    records: [(&'static str, Box<dyn Val>); 3],
}

impl VariableResolver for Owned {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let (_, value) = self.records.iter().find(|(name, _)| *name == variable)?;
        Some(CowVal::Borrowed(value.as_ref()))
    }
}

impl Engine for Cel {
    type Text = Vec<(Option<String>, String)>;
    type Native = Owned;
    type Worker<'a> = ();
    const NAME: &'static str = "cel";

    fn text(workload: &Workload) -> Option<Self::Text> {
        let rules = workload.rules.iter();
        Some(rules.map(|rule| (rule.action.clone(), expression::cel("", &rule.condition))).collect())
    }

    fn load(text: &Self::Text) -> anyhow::Result<Self> {
        let env = Arc::new(Env::stdlib());
        let (mut global, mut scoped) = (Vec::new(), HashMap::<String, Vec<Program>>::new());
        for (action, expression) in text {
            let program = Program::compile(expression)?;
            match action {
                Some(action) => scoped.entry(action.clone()).or_default().push(program),
                None => global.push(program),
            }
        }
        Ok(Self { global, scoped, env })
    }

    fn blocks_undecided() -> bool {
        true
    }

    fn native(&self, request: &Request) -> anyhow::Result<Owned> {
        owned(serde_json::from_str(&request.json())?)
    }

    fn worker(&self) -> anyhow::Result<()> {
        Ok(())
    }

    fn decide(&self, (): &mut (), request: &Owned) -> anyhow::Result<Answer> {
        let mut context = Context::with_env(self.env.clone());
        context.set_variable_resolver(request);
        let scoped = self.scoped.get(&request.action).into_iter().flatten();
        let holds = |program: &Program| program.execute(&context) != Ok(cel::Value::Bool(false));
        Ok(Answer::blocked(scoped.chain(&self.global).any(holds)))
    }

    fn decide_json(&self, (): &mut (), request: &[u8], out: &mut Vec<u8>) -> anyhow::Result<()> {
        let request = owned(serde_json::from_slice(request)?)?;
        out.extend_from_slice(self.decide(&mut (), &request)?.bytes());
        Ok(())
    }
}

fn owned(request: serde_json::Value) -> anyhow::Result<Owned> {
    let action = request.pointer("/action/type").and_then(serde_json::Value::as_str).unwrap_or_default();
    let record = |name| -> anyhow::Result<(&'static str, Box<dyn Val>)> {
        let value = cel::to_value(request.get(name))?;
        Ok((name, Box::<dyn Val>::try_from(value)?))
    };
    let [action_record, actor, snapshot] = RECORDS.map(record);
    Ok(Owned { action: action.to_owned(), records: [action_record?, actor?, snapshot?] })
}
