//! Decisions with the values behind them.

use std::sync::Arc;

use actra_ir::{Expr, ExprKind, Policy, Rule, RuleMode, print};
use actra_model::{ActionId, Decision, Effect, Request};

use crate::decide::{RuleTruth, conclude};
use crate::evaluator::Evaluator;
use crate::operand::{NoValue, ReadResult};
use crate::recorder::Recorder;
use crate::render::{self, NONE, UNREADABLE};
use crate::scope::{action_in_scope, rules_in_scope};
use crate::sensitive::reads_sensitive;
use crate::truth::{Kleene, Truth};

/// Replaces the value of a sensitive field, and of anything computed from one.
const SENSITIVE: &str = "(sensitive)";

/// A decision and, for every rule in scope, what its condition came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation<'p> {
    /// The decision, which is that of [`crate::decide`].
    pub decision: Decision<'p>,
    /// The rules that cover the action, shadow rules too, in file order; none for an invalid request.
    pub rules: Vec<RuleExplanation>,
}

/// One rule in an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleExplanation {
    /// The id of the rule.
    pub rule: Arc<str>,
    /// The effect of the rule.
    pub effect: Effect,
    /// Whether the rule counts, or is only reported.
    pub mode: RuleMode,
    /// What its condition is.
    pub truth: Truth,
    /// The condition and its parts.
    pub condition: ExplanationNode,
}

/// A part of a condition: a condition itself or an operand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplanationNode {
    /// It in the language's own syntax.
    pub text: String,
    /// Where it was written.
    pub span: actra_ir::Span,
    /// Its truth or value.
    pub result: NodeResult,
    /// How its parts make it.
    pub connective: Connective,
    /// Its parts from left to right, without literals and without the bodies of macros.
    pub children: Vec<ExplanationNode>,
}

/// How the parts of a condition make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connective {
    /// `&&`
    All,
    /// `||`
    Any,
    /// `!`
    Not,
    /// Any other condition, and operands.
    Other,
}

impl Connective {
    fn of(expr: &Expr) -> Self {
        match expr.kind {
            ExprKind::And(_) => Self::All,
            ExprKind::Or(_) => Self::Any,
            ExprKind::Not(_) => Self::Not,
            _ => Self::Other,
        }
    }
}

/// The truth or value of a part of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeResult {
    /// A condition is true, false or undetermined.
    Truth(Truth),
    /// An operand has a value: canonical JSON, or `(none)`, `(unreadable)` or `(sensitive)`.
    Value(String),
    /// A value that is longer than 1,024 code points of JSON: the first of them.
    Truncated {
        /// The first 1,024 code points of its JSON.
        start: String,
        /// How many code points of it are left out.
        left_out: usize,
    },
}

/// Code points shown of one value. Without a limit, a condition of many parts would repeat a large request many times.
const MOST_SHOWN: usize = 1_024;

impl NodeResult {
    fn json(mut json: String) -> NodeResult {
        let Some((end, _)) = json.char_indices().nth(MOST_SHOWN) else { return NodeResult::Value(json) };
        let left_out = json.get(end..).map_or(0, |rest| rest.chars().count());
        json.truncate(end);
        json.shrink_to_fit();
        NodeResult::Truncated { start: json, left_out }
    }
}

/// The decision on a request with the values behind it.
pub fn explain<'p>(policy: &'p Policy, request: &Request) -> Explanation<'p> {
    let Some(action) = action_in_scope(request) else {
        return Explanation { decision: request.refusal(policy.hash), rules: Vec::new() };
    };
    let rules = rules_in_scope(policy, action).collect::<Vec<_>>();
    let explained = rules.iter().map(|rule| explain_rule(policy, request, action, rule)).collect::<Vec<_>>();
    let not_false = rules.iter().zip(&explained);
    let not_false = not_false.map(|(rule, explained)| RuleTruth { rule, truth: explained.truth.clone() });
    let not_false = not_false.filter(|found| found.truth != Truth::False).collect::<Vec<_>>();
    Explanation { decision: conclude(policy, request, action, &not_false), rules: explained }
}

fn explain_rule(policy: &Policy, request: &Request, action: ActionId, rule: &Rule) -> RuleExplanation {
    let recorder = NodeRecorder { policy, action, open: vec![Vec::new()], paused: 0 };
    let mut evaluator = Evaluator::new(request, recorder);
    let truth = Truth::from(evaluator.truth(&rule.condition));
    let nodes = evaluator.recorder.open.pop().unwrap_or_default();
    let condition = nodes.into_iter().next().unwrap_or_else(|| ExplanationNode {
        text: print::print(&rule.condition),
        span: rule.condition.span,
        result: NodeResult::Truth(truth.clone()),
        connective: Connective::Other,
        children: Vec::new(),
    });
    RuleExplanation { rule: rule.id.clone(), effect: rule.effect, mode: rule.mode, truth, condition }
}

/// Builds the tree of an explanation.
struct NodeRecorder<'a> {
    policy: &'a Policy,
    action: ActionId,
    /// For each evaluation in progress, its parts so far.
    open: Vec<Vec<ExplanationNode>>,
    paused: usize,
}

impl NodeRecorder<'_> {
    fn leave(&mut self, expr: &Expr, result: impl FnOnce(&Self) -> NodeResult) {
        if self.paused > 0 {
            return;
        }
        let children = self.open.pop().unwrap_or_default();
        let node = ExplanationNode {
            text: print::print(expr),
            span: expr.span,
            result: result(self),
            connective: Connective::of(expr),
            children,
        };
        if let Some(parent) = self.open.last_mut() {
            parent.push(node);
        }
    }
}

impl Recorder for NodeRecorder<'_> {
    const EAGER: bool = true;

    fn enter(&mut self) {
        if self.paused == 0 {
            self.open.push(Vec::new());
        }
    }

    fn condition(&mut self, expr: &Expr, truth: &Kleene) {
        self.leave(expr, |_| NodeResult::Truth(truth.clone().into()));
    }

    fn operand(&mut self, expr: &Expr, read: &ReadResult<'_>) {
        self.leave(expr, |recorder| {
            let hidden = || reads_sensitive(expr, &recorder.policy.schema, recorder.action);
            match read {
                Err(NoValue::Absent(..)) => NodeResult::Value(NONE.to_owned()),
                Err(NoValue::Undetermined(_)) => NodeResult::Value(UNREADABLE.to_owned()),
                Ok(_) if hidden() => NodeResult::Value(SENSITIVE.to_owned()),
                Ok(operand) => NodeResult::json(render::json(operand)),
            }
        });
    }

    fn pause(&mut self) {
        self.paused += 1;
    }

    fn resume(&mut self) {
        self.paused -= 1;
    }
}
