//! The engines compared: one file each, same shape.

pub mod actra;
pub mod by_hand;
pub mod casbin;
pub mod cedar;
pub mod cel;
pub mod datalogic;
pub mod regorus;

use crate::request::{Request, Value};
use crate::rule::{Condition, Order};
use crate::workload::Workload;

/// What an engine said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The operation may run.
    Allow,
    /// It must not.
    Block,
}

impl Answer {
    /// The answer to a question of the kind "is it blocked?".
    pub fn blocked(blocked: bool) -> Answer {
        if blocked { Answer::Block } else { Answer::Allow }
    }

    /// A decision's bytes, as short as an engine without a format of its own can write them.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Answer::Allow => br#"{"effect":"allow"}"#,
            Answer::Block => br#"{"effect":"block"}"#,
        }
    }

    /// The answer in a decision's bytes, which every engine here starts alike.
    pub fn read(bytes: &[u8]) -> Option<Answer> {
        [Answer::Allow, Answer::Block].into_iter().find(|answer| {
            let start = answer.bytes();
            start.split_last().is_some_and(|(_, start)| bytes.starts_with(start))
        })
    }
}

/// An engine that holds a policy.
pub trait Engine: Sized + Sync {
    /// A policy as the engine's users write it.
    type Text: Send;
    /// A request as an owned value of the engine's own, as untyped as the engine knows it.
    type Native: Send + Sync;
    /// What one thread keeps between decisions: buffers, arenas, a machine.
    type Worker<'a>
    where
        Self: 'a;

    /// Its name in the tables.
    const NAME: &'static str;

    /// The text that says the workload; `None` if the engine has no words for it.
    fn text(workload: &Workload) -> Option<Self::Text>;

    /// Loads a policy from its text; this is what the load time measures.
    fn load(text: &Self::Text) -> anyhow::Result<Self>;

    /// Whether the engine blocks what it cannot decide. Else it has no answers for the second series.
    fn blocks_undecided() -> bool;

    /// A request for [`Engine::decide`].
    fn native(&self, request: &Request) -> anyhow::Result<Self::Native>;

    /// A thread's state.
    fn worker(&self) -> anyhow::Result<Self::Worker<'_>>;

    /// Decides from an owned value.
    fn decide(&self, worker: &mut Self::Worker<'_>, request: &Self::Native) -> anyhow::Result<Answer>;

    /// Decides from JSON, and appends the decision's bytes.
    fn decide_json(
        &self,
        worker: &mut Self::Worker<'_>,
        request: &[u8],
        out: &mut Vec<u8>,
    ) -> anyhow::Result<()>;
}

/// The text and the threshold of a rule that asks for exactly one text and more than a number.
fn limit(condition: &Condition) -> Option<(&str, i64)> {
    let Condition::All(members) = condition else { return None };
    match members.as_slice() {
        [Condition::Is(_, Value::Text(text)), Condition::Compare(_, Order::Greater, limit)] => {
            Some((text, *limit))
        }
        _ => None,
    }
}
