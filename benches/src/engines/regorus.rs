//! Regorus: one complete rule with a body for each rule, compiled for its virtual machine; and, where rules have few
//! shapes, one body that looks them up in data.
//!
//! In Rego a missing field makes a body fail, so that the second series would be allowed.

use std::fmt::Write as _;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::program::Program;
use regorus::rvm::vm::RegoVM;
use regorus::{CompiledPolicy, PolicyLengthConfig};
use serde_json::json;

use super::{Answer, Engine};
use crate::expression::{list, literal, quoted};
use crate::request::{Request, Value};
use crate::rule::{Condition, Rule};
use crate::scenarios::Scenario;
use crate::workload::Workload;

const HEAD: &str = "package policy\nimport rego.v1\ndefault effect := \"allow\"\n";
/// By default a policy file has at most a mebibyte.
const ANY_LENGTH: PolicyLengthConfig = PolicyLengthConfig {
    max_col: NonZeroU32::MAX,
    max_file_bytes: NonZeroUsize::MAX,
    max_lines: NonZeroUsize::MAX,
};
const EFFECT: &str = "data.policy.effect";

/// A policy, and the data it reads.
pub struct Machine {
    policy: CompiledPolicy,
    /// The policy for the virtual machine; it has room for some thousand rules only, beyond which they are
    /// interpreted.
    program: Option<Arc<Program>>,
    data: regorus::Value,
    block: regorus::Value,
}

impl Machine {
    fn load(policy: &str, data: &str) -> anyhow::Result<Self> {
        let data = regorus::Value::from_json_str(data)?;
        let mut engine = regorus::Engine::new();
        engine.set_policy_length_config(ANY_LENGTH);
        engine.add_policy("policy.rego".to_owned(), policy.to_owned())?;
        engine.add_data(data.clone())?;
        let policy = engine.compile_with_entrypoint(&EFFECT.into())?;
        let program = Compiler::compile_from_policy(&policy, &[EFFECT]).ok();
        Ok(Self { policy, program, data, block: regorus::Value::from("block") })
    }

    fn worker(&self) -> anyhow::Result<Option<RegoVM>> {
        let Some(program) = &self.program else { return Ok(None) };
        let mut machine = RegoVM::new();
        machine.set_max_instructions(usize::MAX);
        machine.load_program(program.clone());
        machine.set_data(self.data.clone())?;
        Ok(Some(machine))
    }

    fn decide(&self, machine: &mut Option<RegoVM>, request: regorus::Value) -> anyhow::Result<Answer> {
        let effect = match machine {
            Some(machine) => {
                machine.set_input(request);
                machine.execute()?
            }
            None => self.policy.eval_with_input(request)?,
        };
        Ok(Answer::blocked(effect == self.block))
    }
}

fn input(request: &Request) -> anyhow::Result<regorus::Value> {
    regorus::Value::from_json_str(&request.json())
}

fn from_json(bytes: &[u8]) -> anyhow::Result<regorus::Value> {
    regorus::Value::from_json_str(std::str::from_utf8(bytes)?)
}

/// A body for each rule.
pub struct Regorus(Machine);

impl Engine for Regorus {
    type Text = String;
    type Native = regorus::Value;
    type Worker<'a> = Option<RegoVM>;
    const NAME: &'static str = "regorus";

    fn text(workload: &Workload) -> Option<String> {
        Some(workload.rules.iter().fold(HEAD.to_owned(), |mut text, rule| {
            write_rule(&mut text, rule);
            text
        }))
    }

    fn load(text: &String) -> anyhow::Result<Self> {
        Machine::load(text, "{}").map(Self)
    }

    fn blocks_undecided() -> bool {
        false
    }

    fn native(&self, request: &Request) -> anyhow::Result<regorus::Value> {
        input(request)
    }

    fn worker(&self) -> anyhow::Result<Option<RegoVM>> {
        self.0.worker()
    }

    fn decide(&self, machine: &mut Option<RegoVM>, request: &regorus::Value) -> anyhow::Result<Answer> {
        self.0.decide(machine, request.clone())
    }

    fn decide_json(
        &self,
        machine: &mut Option<RegoVM>,
        request: &[u8],
        out: &mut Vec<u8>,
    ) -> anyhow::Result<()> {
        out.extend_from_slice(self.0.decide(machine, from_json(request)?)?.bytes());
        Ok(())
    }
}

/// Rules as data, indexed by what they ask for.
pub struct RegorusData(Machine);

impl Engine for RegorusData {
    type Text = (String, String);
    type Native = regorus::Value;
    type Worker<'a> = Option<RegoVM>;
    const NAME: &'static str = "regorus, rules as data";

    fn text(workload: &Workload) -> Option<(String, String)> {
        let body = match workload.scenario {
            Scenario::Scoped => "input.action.amount > data.limits[input.action.type][input.actor.role]",
            Scenario::Tenants => "input.action.amount > data.limits[input.actor.tenant]",
            _ => return None,
        };
        Some((
            format!("{HEAD}effect := \"block\" if {body}\n"),
            json!({ "limits": limits(&workload.rules) }).to_string(),
        ))
    }

    fn load((policy, data): &(String, String)) -> anyhow::Result<Self> {
        Machine::load(policy, data).map(Self)
    }

    fn blocks_undecided() -> bool {
        false
    }

    fn native(&self, request: &Request) -> anyhow::Result<regorus::Value> {
        input(request)
    }

    fn worker(&self) -> anyhow::Result<Option<RegoVM>> {
        self.0.worker()
    }

    fn decide(&self, machine: &mut Option<RegoVM>, request: &regorus::Value) -> anyhow::Result<Answer> {
        self.0.decide(machine, request.clone())
    }

    fn decide_json(
        &self,
        machine: &mut Option<RegoVM>,
        request: &[u8],
        out: &mut Vec<u8>,
    ) -> anyhow::Result<()> {
        out.extend_from_slice(self.0.decide(machine, from_json(request)?)?.bytes());
        Ok(())
    }
}

/// Thresholds by action, if rules have one, and then by the text they ask for.
fn limits(rules: &[Rule]) -> serde_json::Map<String, serde_json::Value> {
    let mut limits = serde_json::Map::new();
    for rule in rules {
        let Some((key, limit)) = super::limit(&rule.condition) else { continue };
        let inner = match &rule.action {
            Some(action) => limits.entry(action.clone()).or_insert_with(|| json!({})).as_object_mut(),
            None => Some(&mut limits),
        };
        inner.map(|inner| inner.insert(key.to_owned(), json!(limit)));
    }
    limits
}

/// A body cannot say "or": there is one for each alternative.
fn write_rule(text: &mut String, rule: &Rule) {
    let action = rule.action.as_ref().map(|action| format!("input.action.type == {action:?}"));
    for body in bodies(&rule.condition) {
        let literals: Vec<String> = action.clone().into_iter().chain(body).collect();
        let _ = writeln!(text, "effect := \"block\" if {{ {} }}", literals.join("; "));
    }
}

fn bodies(condition: &Condition) -> Vec<Vec<String>> {
    match condition {
        Condition::All(members) => members.iter().map(bodies).fold(vec![Vec::new()], |left, right| {
            let pairs =
                left.iter().flat_map(|start| right.iter().map(move |end| [start.clone(), end.clone()]));
            pairs.map(|pair| pair.concat()).collect()
        }),
        Condition::Any(members) => members.iter().flat_map(bodies).collect(),
        Condition::Not(inner) => {
            let none = bodies(inner).into_iter().map(|body| format!("not {}", body.join("; ")));
            vec![none.collect()]
        }
        atom => vec![vec![literal_of(atom)]],
    }
}

fn literal_of(atom: &Condition) -> String {
    match atom {
        Condition::Compare(field, order, number) => format!("input.{field} {} {number}", order.symbol()),
        Condition::Is(field, Value::Flag(true)) => format!("input.{field}"),
        Condition::Is(field, value) => format!("input.{field} == {}", literal(value)),
        Condition::OneOf(field, texts) => format!("input.{field} in {}", list(texts)),
        Condition::Holds(field, text) => format!("{} in input.{field}", quoted(text)),
        Condition::Starts(field, text) => format!("startswith(input.{field}, {})", quoted(text)),
        Condition::All(_) | Condition::Any(_) | Condition::Not(_) => String::new(),
    }
}
