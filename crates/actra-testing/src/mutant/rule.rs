//! Mutants of one rule, and of the default.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_engine::Policy;
use actra_engine::diagnostics::Span;
use actra_engine::ir::{Expr, ExprKind, MessagePart, Rule, RuleMode, operands};
use actra_engine::model::{ActionId, Effect, RawValue, RecordName, Schema, TypeKind};

use super::condition::{ConditionMutant, condition_mutants};
use super::policy_ast::{PolicyAst, is_within};
use super::{Mutant, MutantKind, Mutation};
use crate::action_ids::action_ids;

/// All mutants of a rule, in a fixed order.
pub(crate) fn mutants_of_rule(policy: &Policy, idx: usize, ast: &PolicyAst) -> Vec<Mutant> {
    let Some(rule) = policy.rules.get(idx) else { return Vec::new() };
    let mut mutator = RuleMutator { idx, rule, ast, mutants: Vec::new() };
    mutator.drop_rule();
    mutator.effects();
    mutator.mode();
    mutator.scope(&policy.schema);
    mutator.required_actions();
    let written = ast.rule(&rule.id);
    let unless = written.and_then(|rule| Some(rule.unless.as_ref()?.span));
    let outside_when: Vec<Span> = written.map(|rule| rule.scope.span).into_iter().chain(unless).collect();
    let is_number_field = |record: RecordName, name: &str| {
        let field = rule.actions.first().and_then(|action| policy.schema.field(record, *action, name));
        field.is_some_and(|field| matches!(field.ty.kind, TypeKind::Number | TypeKind::Integer))
    };
    for mutant in condition_mutants(&rule.condition, &outside_when, &is_number_field) {
        mutator.condition(mutant);
    }
    mutator.mutants
}

/// The mutants of the default: the other two effects.
pub(crate) fn mutants_of_default(policy: &Policy, ast: &PolicyAst) -> Vec<Mutant> {
    let others = Effect::ALL.into_iter().filter(|effect| *effect != policy.default);
    let mutant = |effect: Effect| Mutant {
        kind: MutantKind::Default,
        rule: None,
        span: ast.default_span(),
        before: format!("default: {}", policy.default),
        after: Some(format!("default: {effect}")),
        change: Mutation::Default(effect),
    };
    others.map(mutant).collect()
}

struct RuleMutator<'m> {
    idx: usize,
    rule: &'m Rule,
    ast: &'m PolicyAst,
    mutants: Vec<Mutant>,
}

impl RuleMutator<'_> {
    fn push(&mut self, kind: MutantKind, span: Span, texts: (String, Option<String>), rule: Rule) {
        let (before, after) = texts;
        let change = Mutation::Rule(self.idx, Box::new(rule));
        self.mutants.push(Mutant {
            kind,
            rule: Some(Arc::clone(&self.rule.id)),
            span: Some(span),
            before,
            after,
            change,
        });
    }

    fn drop_rule(&mut self) {
        // A rule without actions is never in scope.
        let rule = Rule { actions: Arc::from([]), ..self.rule.clone() };
        self.push(MutantKind::Rule, self.rule.metadata.id, (format!("rule {}", self.rule.id), None), rule);
    }

    fn effects(&mut self) {
        let span = self.ast.rule(&self.rule.id).map_or(self.rule.metadata.id, |rule| rule.effect.span);
        for effect in Effect::ALL.into_iter().filter(|effect| *effect != self.rule.effect) {
            let texts = (format!("effect: {}", self.rule.effect), Some(format!("effect: {effect}")));
            self.push(MutantKind::Effect, span, texts, Rule { effect, ..self.rule.clone() });
        }
    }

    fn mode(&mut self) {
        let written = self.ast.rule(&self.rule.id).and_then(|rule| rule.mode.as_ref());
        let span = written.map_or(self.rule.metadata.id, |mode| mode.span);
        let mode = match self.rule.mode {
            RuleMode::Enforce => RuleMode::Shadow,
            RuleMode::Shadow => RuleMode::Enforce,
        };
        let texts = (format!("mode: {}", self.rule.mode.as_str()), Some(format!("mode: {}", mode.as_str())));
        self.push(MutantKind::RuleMode, span, texts, Rule { mode, ..self.rule.clone() });
    }

    /// Drops each action if there are several, and adds all others that have the fields that the rule reads.
    fn scope(&mut self, schema: &Schema) {
        let span = self.ast.rule(&self.rule.id).map_or(self.rule.metadata.id, |rule| rule.scope.span);
        let name = |id: &ActionId| schema.action(*id).map_or("", |action| action.name.as_ref());
        if self.rule.actions.len() > 1 {
            for action in self.rule.actions.iter() {
                let rest = self.rule.actions.iter().copied().filter(|other| other != action);
                let rule = Rule { actions: rest.collect(), ..self.rule.clone() };
                self.push(MutantKind::Scope, span, (format!("{} in scope", name(action)), None), rule);
            }
        }
        let fitting = fitting_actions(self.rule, schema);
        if fitting.is_empty() {
            return;
        }
        let added: Vec<_> = fitting.iter().map(name).collect();
        let texts = ("scope".to_owned(), Some(format!("scope with {}", added.join(", "))));
        let all: BTreeSet<ActionId> = self.rule.actions.iter().copied().chain(fitting.clone()).collect();
        self.push(
            MutantKind::Scope,
            span,
            texts,
            Rule { actions: all.into_iter().collect(), ..self.rule.clone() },
        );
    }

    fn required_actions(&mut self) {
        let written = self.ast.rule(&self.rule.id);
        for idx in 0..self.rule.required_actions.len() {
            let mut rule = self.rule.clone();
            let dropped = rule.required_actions.remove(idx);
            let data = written.and_then(|rule| rule.required_actions.get(idx));
            let span = data.map_or(self.rule.metadata.id, |data| data.span);
            let text = format!("required_actions: {}", RawValue::Map(dropped).to_json());
            self.push(MutantKind::RequiredAction, span, (text, None), rule);
        }
    }

    /// A part of the condition may come from `scope: { actor: .. }`, and a dropped one may be all of `unless:`; the
    /// mutant is then named after that.
    fn condition(&mut self, mutant: ConditionMutant) {
        let ConditionMutant { mut kind, span, mut before, after, is_top_level, opposite, condition } = mutant;
        let written = self.ast.rule(&self.rule.id);
        let lies_in = |whole: Option<Span>| whole.is_some_and(|whole| is_within(span, whole));
        if lies_in(written.map(|rule| rule.scope.span)) {
            kind = MutantKind::Scope;
        } else if is_top_level
            && after.is_none()
            && lies_in(written.and_then(|rule| Some(rule.unless.as_ref()?.span)))
        {
            kind = MutantKind::Unless;
            before = format!("unless: {}", opposite.unwrap_or(before));
        }
        let rule = Rule { condition, ..self.rule.clone() };
        self.push(kind, span, (before, after), rule);
    }
}

/// The actions outside of the scope that have every field that the rule reads, declared alike.
fn fitting_actions(rule: &Rule, schema: &Schema) -> Vec<ActionId> {
    let Some(first) = rule.actions.first() else { return Vec::new() };
    let mut read = BTreeSet::new();
    collect_arguments(&rule.condition, &mut read);
    for part in rule.message.iter().flat_map(|message| &message.parts) {
        if let MessagePart::Field(RecordName::Action, path) = part {
            read.extend(path.first().map(AsRef::as_ref));
        }
    }
    read.remove("type");
    let fits = |id: &ActionId| {
        read.iter().all(|name| {
            let field = schema.field(RecordName::Action, *id, name);
            field.is_some() && field == schema.field(RecordName::Action, *first, name)
        })
    };
    action_ids(schema).filter(|id| !rule.covers(*id) && fits(id)).collect()
}

/// The arguments of the action that a condition reads.
fn collect_arguments<'e>(expr: &'e Expr, found: &mut BTreeSet<&'e str>) {
    if let ExprKind::Field { record: RecordName::Action, name } = &expr.kind {
        found.insert(name);
    }
    operands(expr).into_iter().for_each(|operand| collect_arguments(operand, found));
}
