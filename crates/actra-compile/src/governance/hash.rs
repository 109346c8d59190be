//! The hash of a governance. It covers what is demanded, and neither the order of keys, comments nor the spelling of
//! conditions.
//!
//! Names enter as written and not as a schema expands them, so that one governance over many sets has one hash.

use actra_ir::GovernanceHash;
use actra_ir::governance::{Baseline, Invariant};
use actra_ir::hash::{HashedBaseline, HashedDemand, governance};
use actra_model::{RawMap, RawValue};
use actra_syntax::ast::governance as decl;
use actra_syntax::ast::{AtomOperand, Name, Scope, Spanned, Subject};

use super::fields::dotted;
use crate::literal;

/// The hash of what was written; conditions enter in their canonical form.
pub(super) fn hash(
    decl: &decl::Governance,
    invariants: &[Invariant],
    baseline: Option<&Baseline>,
) -> GovernanceHash {
    let rules = decl.rules.iter().map(|rule| HashedDemand { written: structural(rule), condition: None });
    let rules: Vec<_> = rules.collect();
    let invariants: Vec<_> = decl
        .invariants
        .iter()
        .zip(invariants)
        .map(|(decl, invariant)| HashedDemand {
            written: self::invariant(decl),
            condition: Some(&invariant.condition),
        })
        .collect();
    let baseline = baseline
        .map(|baseline| HashedBaseline { policy: baseline.policy.hash, new_actions: &baseline.new_actions });
    governance(&rules, &invariants, baseline, &more(decl))
}

/// Groups and requirements as a map, which is hashed beside rules and invariants.
fn more(decl: &decl::Governance) -> RawMap {
    let mut map = MapBuilder::default();
    let mut groups = MapBuilder::default();
    for group in &decl.groups {
        let mut members = MapBuilder::default();
        members.names("actions", &group.members.actions.value);
        members.put("if_declared", RawValue::Bool(group.members.if_declared));
        groups.put(&group.name.value, RawValue::Map(members.0));
    }
    if !groups.0.is_empty() {
        map.put("groups", RawValue::Map(groups.0));
    }
    map.text("default", decl.requires.as_ref().and_then(|requires| requires.default.as_ref()));
    map.0
}

fn structural(rule: &decl::StructuralRule) -> RawMap {
    let mut map = MapBuilder::default();
    map.text("id", rule.id.as_ref());
    map.text("error", rule.error.as_ref());
    if let Some(applies_to) = &rule.applies_to {
        map.names("applies_to", &applies_to.actions.value);
        map.put("if_declared", RawValue::Bool(applies_to.if_declared));
    }
    if let Some(select) = &rule.select {
        map.put("select", RawValue::Map(selector(select)));
    }
    if let Some(must) = &rule.must {
        map.put("must", self::must(&must.value));
    }
    map.0
}

fn selector(select: &decl::Where) -> RawMap {
    let mut map = MapBuilder::default();
    map.text("effect", select.effect.as_ref());
    map.text("id", select.id.as_ref());
    map.text("mode", select.mode.as_ref());
    if !select.tags.is_empty() {
        map.names("tags", &select.tags);
    }
    if let Some(scope) = &select.scope {
        map.put("scope", RawValue::Map(self::scope(scope)));
    }
    if let Some(atom) = &select.when {
        map.put("when", RawValue::Map(self::atom(atom)));
    }
    map.0
}

fn scope(scope: &Scope) -> RawMap {
    let mut map = MapBuilder::default();
    let lists = [("action", &scope.action), ("actor", &scope.actor)];
    for (key, names) in lists {
        names.iter().for_each(|names| map.names(key, &names.value));
    }
    map.text("group", scope.group.as_ref());
    if let Some(global) = &scope.global {
        map.put("global", RawValue::Bool(global.value));
    }
    map.0
}

fn atom(atom: &decl::AtomPatternDecl) -> RawMap {
    let mut map = MapBuilder::default();
    map.text("domain", atom.domain.as_ref());
    map.put("field", RawValue::String(dotted(&atom.field)));
    map.text("operator", atom.operator.as_ref());
    match &atom.value {
        // A malformed numeral has been reported.
        Some(AtomOperand::Literal(data)) => {
            map.put("literal", literal::raw(data, &mut Vec::new()).unwrap_or(RawValue::Null));
        }
        Some(AtomOperand::Subject(Subject { domain, field, .. })) => {
            map.put("subject", RawValue::String(format!("{}.{}", domain.value, dotted(field))));
        }
        Some(AtomOperand::Constant(name)) => map.text("constant", Some(name)),
        None => {}
    }
    map.0
}

fn must(must: &decl::Must) -> RawValue {
    let pair = |key: &str, value: RawValue| RawValue::Map([(key.to_owned(), value)].into());
    let count = |count: u32| RawValue::from(i64::from(count));
    match must {
        decl::Must::Exists(true) => pair("at_least", count(1)),
        decl::Must::MinCount(least) => pair("at_least", count(*least)),
        decl::Must::Forbid(false) => pair("at_least", count(0)),
        decl::Must::Exists(false) | decl::Must::Forbid(true) => pair("at_most", count(0)),
        decl::Must::MaxCount(most) => pair("at_most", count(*most)),
        decl::Must::AllowedFields(fields) => {
            let path = |path: &Spanned<Vec<Name>>| dotted(&path.value);
            pair("allowed_fields", sorted(fields.iter().map(path).collect()))
        }
    }
}

fn invariant(invariant: &decl::Invariant) -> RawMap {
    let mut map = MapBuilder::default();
    map.text("id", invariant.id.as_ref());
    map.text("error", invariant.error.as_ref());
    if let Some(scope) = &invariant.scope {
        map.put("for", RawValue::Map(self::scope(scope)));
    }
    if let Some(demand) = &invariant.demand {
        let key = match demand.bound {
            decl::EffectBound::Exactly => "exactly",
            decl::EffectBound::AtLeast => "at_least",
            decl::EffectBound::AtMost => "at_most",
        };
        map.text(key, Some(&demand.effect));
    }
    if let Some(with) = &invariant.with {
        let action = |data| literal::object(data, &mut Vec::new()).map(RawValue::Map);
        let mut actions: Vec<RawValue> = with.value.iter().filter_map(action).collect();
        actions.sort_by_cached_key(RawValue::to_json);
        map.put("with", RawValue::List(actions));
    }
    map.put("may_be_empty", RawValue::Bool(invariant.may_be_empty));
    map.put("warn", RawValue::Bool(invariant.unproven.as_ref().is_some_and(|word| word.value == "warn")));
    map.0
}

/// A map under construction.
#[derive(Default)]
struct MapBuilder(RawMap);

impl MapBuilder {
    fn put(&mut self, key: &str, value: RawValue) {
        self.0.insert(key.to_owned(), value);
    }

    fn text(&mut self, key: &str, text: Option<&Name>) {
        if let Some(text) = text {
            self.put(key, RawValue::String(text.value.clone()));
        }
    }

    fn names(&mut self, key: &str, names: &[Name]) {
        self.put(key, sorted(names.iter().map(|name| name.value.clone()).collect()));
    }
}

/// Texts as a set, in which order and repetitions do not count.
fn sorted(mut texts: Vec<String>) -> RawValue {
    texts.sort_unstable();
    texts.dedup();
    RawValue::List(texts.into_iter().map(RawValue::String).collect())
}
