//! Mutants of one rule, and of the default.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_engine::Policy;
use actra_engine::diagnostics::Span;
use actra_engine::ir::{Expr, ExprKind, MessagePart, Mode, Rule, operands};
use actra_engine::model::{ActionId, Domain, Effect, RawValue, Schema, TypeKind};

use super::condition::{Variant, variants};
use super::places::{Places, within};
use super::{Change, Mutant, MutantKind};

/// All mutants of a rule, in a fixed order.
pub(crate) fn of_rule(policy: &Policy, idx: usize, places: &Places) -> Vec<Mutant> {
    let Some(rule) = policy.rules.get(idx) else { return Vec::new() };
    let mut maker = Maker { idx, rule, places, found: Vec::new() };
    maker.dropped();
    maker.effects();
    maker.mode();
    maker.scope(&policy.schema);
    maker.required_actions();
    let written = places.rule(&rule.id);
    let unless = written.and_then(|rule| Some(rule.unless.as_ref()?.span));
    let around: Vec<Span> = written.map(|rule| rule.scope.span).into_iter().chain(unless).collect();
    let numbers = |domain: Domain, name: &str| {
        let field = rule.actions.first().and_then(|action| policy.schema.field(domain, *action, name));
        field.is_some_and(|field| matches!(field.ty.kind, TypeKind::Number | TypeKind::Integer))
    };
    for variant in variants(&rule.condition, &around, &numbers) {
        maker.condition(variant);
    }
    maker.found
}

/// The other two defaults.
pub(crate) fn of_default(policy: &Policy, places: &Places) -> Vec<Mutant> {
    let others = Effect::ALL.into_iter().filter(|effect| *effect != policy.default);
    let mutant = |effect: Effect| Mutant {
        kind: MutantKind::Default,
        rule: None,
        span: places.default_effect(),
        before: format!("default: {}", policy.default),
        after: Some(format!("default: {effect}")),
        change: Change::Default(effect),
    };
    others.map(mutant).collect()
}

struct Maker<'m> {
    idx: usize,
    rule: &'m Rule,
    places: &'m Places,
    found: Vec<Mutant>,
}

impl Maker<'_> {
    fn push(&mut self, kind: MutantKind, span: Span, texts: (String, Option<String>), rule: Rule) {
        let (before, after) = texts;
        let change = Change::Rule(self.idx, Box::new(rule));
        self.found.push(Mutant {
            kind,
            rule: Some(Arc::clone(&self.rule.id)),
            span: Some(span),
            before,
            after,
            change,
        });
    }

    fn dropped(&mut self) {
        // A rule without actions is never in scope.
        let rule = Rule { actions: Arc::from([]), ..self.rule.clone() };
        self.push(MutantKind::Rule, self.rule.origin.id, (format!("rule {}", self.rule.id), None), rule);
    }

    fn effects(&mut self) {
        let span = self.places.rule(&self.rule.id).map_or(self.rule.origin.id, |rule| rule.effect.span);
        for effect in Effect::ALL.into_iter().filter(|effect| *effect != self.rule.effect) {
            let texts = (format!("effect: {}", self.rule.effect), Some(format!("effect: {effect}")));
            self.push(MutantKind::Effect, span, texts, Rule { effect, ..self.rule.clone() });
        }
    }

    fn mode(&mut self) {
        let written = self.places.rule(&self.rule.id).and_then(|rule| rule.mode.as_ref());
        let span = written.map_or(self.rule.origin.id, |mode| mode.span);
        let mode = match self.rule.mode {
            Mode::Enforce => Mode::Shadow,
            Mode::Shadow => Mode::Enforce,
        };
        let texts = (format!("mode: {}", self.rule.mode.as_str()), Some(format!("mode: {}", mode.as_str())));
        self.push(MutantKind::Mode, span, texts, Rule { mode, ..self.rule.clone() });
    }

    /// Each action of several dropped, and all others added on which the rule could stand.
    fn scope(&mut self, schema: &Schema) {
        let span = self.places.rule(&self.rule.id).map_or(self.rule.origin.id, |rule| rule.scope.span);
        let name = |id: &ActionId| schema.action(*id).map_or("", |action| action.name.as_ref());
        if self.rule.actions.len() > 1 {
            for action in self.rule.actions.iter() {
                let rest = self.rule.actions.iter().copied().filter(|other| other != action);
                let rule = Rule { actions: rest.collect(), ..self.rule.clone() };
                self.push(MutantKind::Scope, span, (format!("{} in scope", name(action)), None), rule);
            }
        }
        let fitting = fitting(self.rule, schema);
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
        let written = self.places.rule(&self.rule.id);
        for idx in 0..self.rule.required_actions.len() {
            let mut rule = self.rule.clone();
            let dropped = rule.required_actions.remove(idx);
            let place = written.and_then(|rule| rule.required_actions.get(idx));
            let span = place.map_or(self.rule.origin.id, |data| data.span);
            let text = format!("required_actions: {}", RawValue::Map(dropped).to_json());
            self.push(MutantKind::RequiredAction, span, (text, None), rule);
        }
    }

    /// A dropped operand may be all of `unless:` or of `scope: { actor: .. }`.
    fn condition(&mut self, variant: Variant) {
        let Variant { mut kind, span, mut before, after, whole, opposite, condition } = variant;
        let written = self.places.rule(&self.rule.id);
        let lies_in = |whole: Option<Span>| whole.is_some_and(|whole| within(span, whole));
        if lies_in(written.map(|rule| rule.scope.span)) {
            kind = MutantKind::Scope;
        } else if whole
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

/// The actions outside of the scope whose fields are those that the rule reads.
fn fitting(rule: &Rule, schema: &Schema) -> Vec<ActionId> {
    let Some(first) = rule.actions.first() else { return Vec::new() };
    let mut read = BTreeSet::new();
    arguments(&rule.condition, &mut read);
    for part in rule.message.iter().flat_map(|message| &message.parts) {
        if let MessagePart::Field(Domain::Action, way) = part {
            read.extend(way.first().map(AsRef::as_ref));
        }
    }
    read.remove("type");
    let fits = |id: &ActionId| {
        read.iter().all(|name| {
            let field = schema.field(Domain::Action, *id, name);
            field.is_some() && field == schema.field(Domain::Action, *first, name)
        })
    };
    let ids = (0..schema.actions.len()).filter_map(|idx| Some(ActionId(u32::try_from(idx).ok()?)));
    ids.filter(|id| rule.actions.binary_search(id).is_err() && fits(id)).collect()
}

/// The arguments of the action that a condition reads.
fn arguments<'e>(expr: &'e Expr, found: &mut BTreeSet<&'e str>) {
    if let ExprKind::Field { domain: Domain::Action, name } = &expr.kind {
        found.insert(name);
    }
    operands(expr).into_iter().for_each(|operand| arguments(operand, found));
}
