//! A question with the sets that it is about, made from a seed.

use actra_model::Effect;
use actra_reference::generate::Rng;

use super::change;
use super::counting;
use super::field::{self, Field, Ty, constraint_sets};
use super::form::{self, Form, can_be_optional};
use super::grow::Grower;
use super::set::{RuleSpec, SchemaSpec, Scope, SetSpec, Ship};
use super::tree::{self, Tree};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    Exactly,
    AtLeast,
    AtMost,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub scope: Scope,
    pub when: Option<Tree>,
    pub bound: Bound,
    pub effect: Effect,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    Prove(Statement),
    /// The same as an invariant of the set's governance.
    Invariant(Statement),
    /// Against a new version.
    Diff(SetSpec),
    /// A new version with this one as its baseline.
    Baseline(SetSpec),
    Findings,
    Can,
    Nearest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub seed: u64,
    pub set: SetSpec,
    pub ask: Ask,
}

impl Case {
    /// All that conditions say in the sets and in the question.
    pub fn text(&self) -> String {
        let new = match &self.ask {
            Ask::Diff(new) | Ask::Baseline(new) => new.rules.as_slice(),
            _ => &[],
        };
        let rules = self.set.rules.iter().chain(new).map(RuleSpec::text).collect::<Vec<_>>().join("\n");
        let when = match &self.ask {
            Ask::Prove(statement) | Ask::Invariant(statement) => {
                statement.when.as_ref().map_or_else(String::new, Tree::show)
            }
            _ => String::new(),
        };
        rules + "\n" + &when
    }

    pub fn new(seed: u64) -> Case {
        let mut rng = Rng::new(seed);
        let schema = schema(&mut rng);
        let forms = form::table(&schema.fields);
        let lists: Vec<Ty> = schema.fields.iter().filter_map(|field| element(&field.ty)).collect();
        let mut maker = Maker { forms: &forms, lists: &lists, schema: &schema, rng: &mut rng };
        if maker.rng.one_in(3) {
            let (set, ask) = maker.sharp();
            return Case { seed, set, ask };
        }
        let set = maker.set();
        let ask = maker.ask(&set);
        Case { seed, set, ask }
    }
}

fn element(ty: &Ty) -> Option<Ty> {
    match ty {
        Ty::List(of) => Some((**of).clone()),
        _ => None,
    }
}

/// A few fields, a number and mostly a list among them.
fn schema(rng: &mut Rng) -> SchemaSpec {
    let pool = field::all();
    let mut fields: Vec<Field> = vec![pool[rng.below(3)].clone()];
    let lists: Vec<&Field> = pool.iter().filter(|field| element(&field.ty).is_some()).collect();
    if !rng.one_in(4) {
        fields.push(lists[if rng.one_in(2) { rng.below(2) } else { rng.below(lists.len()) }].clone());
    }
    for _ in 0..1 + rng.below(3) {
        let another = &pool[rng.below(pool.len())];
        if !fields.iter().any(|field| field.name == another.name) {
            fields.push(another.clone());
        }
    }
    for field in &mut fields {
        let ways = constraint_sets(&field.ty);
        let list = element(&field.ty).is_some() || matches!(field.ty, Ty::Map(_));
        field.constraints = if list || rng.one_in(3) { ways[rng.below(ways.len())] } else { "" };
        field.optional = can_be_optional(&field.ty) && rng.one_in(5);
    }
    SchemaSpec {
        fields,
        ship: [
            Ship::Missing,
            Ship::Missing,
            Ship::Missing,
            Ship::Bare,
            Ship::Alike,
            Ship::Alike,
            Ship::Vacant,
        ][rng.below(7)],
        typed_actor: rng.one_in(5),
        extra_reject: rng.one_in(8),
        invalid_reject: rng.one_in(8),
    }
}

struct Maker<'a> {
    forms: &'a [Form],
    lists: &'a [Ty],
    schema: &'a SchemaSpec,
    rng: &'a mut Rng,
}

impl Maker<'_> {
    fn condition(&mut self) -> Tree {
        let kind = self.rng.below(13);
        let mut grower = Grower { forms: self.forms, rng: self.rng };
        let counted = match kind {
            0..=3 => counting::conjunction(&mut grower, self.lists),
            4 | 5 => counting::spread(&mut grower, self.lists),
            6 => counting::chain(&mut grower, self.lists),
            7 => counting::cover(&mut grower, self.lists),
            8 => counting::bounded(&mut grower, self.lists),
            _ => None,
        };
        counted.unwrap_or_else(|| {
            let fuel = 2 + grower.rng.below(2);
            grower.grow(&Ty::Bool, fuel, &tree::Scope::new())
        })
    }

    fn scope(&mut self, text: &str) -> Scope {
        let scopes =
            [Scope::Pay, Scope::Ship, Scope::Both, Scope::Group, Scope::Glob, Scope::Global, Scope::Agents];
        let chosen = if self.rng.one_in(3) { scopes[self.rng.below(scopes.len())] } else { Scope::Pay };
        if self.schema.takes(chosen, text) { chosen } else { Scope::Pay }
    }

    fn set(&mut self) -> SetSpec {
        let count = 1 + self.rng.below(3);
        let rules = (0..count).map(|number| self.rule(number)).collect();
        SetSpec { schema: self.schema.clone(), default: change::effect(self.rng), rules }
    }

    fn rule(&mut self, number: usize) -> RuleSpec {
        let when = self.condition();
        let unless = if self.rng.one_in(8) { Some(self.condition()) } else { None };
        let mut rule = RuleSpec {
            id: format!("r{number}"),
            scope: Scope::Pay,
            when,
            unless,
            effect: change::effect(self.rng),
            shadow: self.rng.one_in(12),
            required: self.rng.one_in(4).then_some("human"),
            defined: self.rng.one_in(6),
        };
        rule.scope = self.scope(&rule.text());
        rule
    }

    /// One rule, and the question whether it ever does something.
    fn sharp(&mut self) -> (SetSpec, Ask) {
        let mut rule = self.rule(0);
        (rule.unless, rule.shadow) = (None, false);
        let default = if rule.effect == Effect::Allow { Effect::Block } else { Effect::Allow };
        let set = SetSpec { schema: self.schema.clone(), default, rules: vec![rule.clone()] };
        let statement = Statement { scope: rule.scope, when: None, bound: Bound::Exactly, effect: default };
        let ask = match self.rng.below(8) {
            0..=2 => Ask::Prove(statement),
            3 => Ask::Invariant(statement),
            4 => Ask::Diff(SetSpec { rules: Vec::new(), ..set.clone() }),
            5 => Ask::Baseline(SetSpec { rules: Vec::new(), ..set.clone() }),
            6 => Ask::Findings,
            _ => Ask::Can,
        };
        (set, ask)
    }

    fn ask(&mut self, set: &SetSpec) -> Ask {
        match self.rng.below(20) {
            0..=5 => Ask::Prove(self.statement(set)),
            6 => Ask::Invariant(self.statement(set)),
            7..=12 => Ask::Diff(change::set(self.forms, self.rng, set)),
            13 => Ask::Baseline(change::set(self.forms, self.rng, set)),
            14..=16 => Ask::Findings,
            17 | 18 => Ask::Can,
            _ => Ask::Nearest,
        }
    }

    /// Often close to what a rule says.
    fn statement(&mut self, set: &SetSpec) -> Statement {
        let rule = set.rules[self.rng.below(set.rules.len())].clone();
        let changed = |maker: &mut Self| change::condition(maker.forms, maker.rng, &rule.when);
        let when = match self.rng.below(9) {
            0 => None,
            1 => Some(rule.when.clone()),
            2 => Some(Tree::and(vec![rule.when.clone(), self.condition()])),
            3 => Some(self.condition()),
            4 => Some(Tree::and(vec![rule.when.clone(), changed(self)])),
            _ => Some(changed(self)),
        };
        let text = when.as_ref().map_or_else(String::new, Tree::show);
        let near = self.rng.below(3) > 0;
        Statement {
            scope: if near && self.schema.takes(rule.scope, &text) { rule.scope } else { self.scope(&text) },
            when,
            bound: [Bound::Exactly, Bound::AtLeast, Bound::AtLeast, Bound::AtMost][self.rng.below(4)],
            effect: if near { rule.effect } else { change::effect(self.rng) },
        }
    }
}
