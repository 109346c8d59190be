//! Changes of expressions, sets and schemas: some say the same in other words, most do not.

use actra_model::Effect;
use actra_reference::generate::Rng;

use super::field::{Field, Ty, can_be_widened, constraint_sets};
use super::form::{Form, can_be_optional};
use super::grow::Grower;
use super::set::{SchemaSpec, Scope as RuleScope, SetSpec, Ship};
use super::tree::{Scope, Tree};

/// A condition with one part changed.
pub fn condition(forms: &[Form], rng: &mut Rng, tree: &Tree) -> Tree {
    let count = tree.parts().len();
    let mut place = rng.below(count);
    let mut grower = Grower { forms, rng };
    tree.change_at(&mut place, &Scope::new(), &mut |part, scope| one(&mut grower, part, scope))
}

fn one(grower: &mut Grower<'_>, part: &Tree, scope: &Scope) -> Tree {
    match grower.rng.below(8) {
        0 => {
            let fuel = grower.rng.below(3);
            grower.grow(&part.ty, fuel, scope)
        }
        1 | 2 => other_form(grower, part),
        3 if part.kids.len() >= 2 && part.binds.is_empty() && part.kids[0].ty == part.kids[1].ty => {
            let mut swapped = part.clone();
            swapped.kids.swap(0, 1);
            swapped
        }
        4 => part.kids.iter().find(|kid| kid.ty == part.ty).unwrap_or(part).clone(),
        _ => converted(part).unwrap_or_else(|| other_form(grower, part)),
    }
}

/// The same kids under another form that takes such.
fn other_form(grower: &mut Grower<'_>, part: &Tree) -> Tree {
    let kinds: Vec<&Ty> = part.kids.iter().map(|kid| &kid.ty).collect();
    let fits = |form: &&Form| {
        form.ty == part.ty
            && form.opens.is_none()
            && form.binds.len() == part.binds.len()
            && form.kids.iter().collect::<Vec<_>>() == kinds
    };
    let fitting: Vec<Form> = grower.forms.iter().filter(fits).cloned().collect();
    if fitting.is_empty() {
        return part.clone();
    }
    let form = &fitting[grower.rng.below(fitting.len())];
    let mut text = form.text.clone();
    for (mark, (name, _)) in ["$x", "$y"].iter().zip(&part.binds) {
        text = text.replace(mark, name);
    }
    Tree { text, ..part.clone() }
}

/// The same in other words, at least for requests without faults.
fn converted(part: &Tree) -> Option<Tree> {
    let kid = |number: usize| part.kids[number].clone();
    let boolean = |text: &str, kids: Vec<Tree>| Some(Tree::new(Ty::Bool, text, kids));
    let name = part.binds.first().map_or("x", |(name, _)| name);
    let macros = |from: &str, to: &str| {
        let text = part.text.replace(from, to);
        Tree { text, kids: vec![kid(0), kid(1).not()], ..part.clone() }.not()
    };
    match part.text.as_str() {
        "(#0 && #1)" => boolean("!(#0 || #1)", vec![kid(0).not(), kid(1).not()]),
        "(#0 || #1)" => boolean("!(#0 && #1)", vec![kid(0).not(), kid(1).not()]),
        "(#0 < #1)" => boolean("!(#0 >= #1)", vec![kid(0), kid(1)]),
        "(#0 <= #1)" => boolean("(#1 >= #0)", vec![kid(0), kid(1)]),
        "(#0 > #1)" => boolean("((#0 - #1) > 0)", vec![kid(0), kid(1)]),
        "(#0 ? #1 : #2)" if part.ty == Ty::Bool => {
            boolean("((#0 && #1) || (!(#0) && #2))", vec![kid(0), kid(1), kid(2)])
        }
        "(#0 + #1)" => Some(Tree { kids: vec![kid(1), kid(0)], ..part.clone() }),
        "(#0 in #1)" => boolean("#1.exists(e, e == #0)", vec![kid(0), kid(1)]),
        "(size(#0) > 0)" => boolean("#0.exists(e, 1 == 1)", vec![kid(0)]),
        text if text.contains(".all(") && part.kids.len() == 2 => Some(macros(".all(", ".exists(")),
        text if text.contains(".exists(") && part.kids.len() == 2 => Some(macros(".exists(", ".all(")),
        text if text.starts_with("#0.exists_one(") => {
            Some(Tree { text: format!("(size(#0.filter({name}, #1)) == 1)"), ..part.clone() })
        }
        _ => None,
    }
}

/// A new version of a set.
pub fn set(forms: &[Form], rng: &mut Rng, old: &SetSpec) -> SetSpec {
    let mut new = old.clone();
    if rng.one_in(3) {
        schema(rng, &mut new.schema);
        if rng.one_in(2) {
            return new;
        }
    }
    for _ in 0..1 + rng.below(2) {
        rule(forms, rng, &mut new);
    }
    new
}

fn rule(forms: &[Form], rng: &mut Rng, set: &mut SetSpec) {
    if set.rules.is_empty() {
        return;
    }
    let at = rng.below(set.rules.len());
    let last = set.rules.len() - 1;
    let rule = &mut set.rules[at];
    match rng.below(18) {
        0 | 16 => drop(set.rules.remove(at)),
        1 => rule.effect = effect(rng),
        2 => rule.shadow = !rule.shadow,
        3 => rule.required = if rule.required.is_some() { None } else { Some("human") },
        4 => set.rules.swap(0, last),
        5 => set.default = effect(rng),
        17 => rule.required = None,
        6 => {
            let scope = [RuleScope::Global, RuleScope::Agents, RuleScope::Pay, RuleScope::Ship][rng.below(4)];
            if set.schema.takes(scope, &rule.text()) {
                rule.scope = scope;
            }
        }
        7 if rule.unless.is_some() => rule.unless = None,
        8 => rule.defined = !rule.defined,
        _ => rule.when = condition(forms, rng, &rule.when),
    }
}

pub fn effect(rng: &mut Rng) -> Effect {
    [Effect::Allow, Effect::RequireApproval, Effect::Block][rng.below(3)]
}

fn schema(rng: &mut Rng, schema: &mut SchemaSpec) {
    let count = schema.fields.len();
    let at = rng.below(count);
    match rng.below(10) {
        0 => schema.extra_reject = !schema.extra_reject,
        1 => schema.invalid_reject = !schema.invalid_reject,
        2 => schema.ship = [Ship::Missing, Ship::Bare, Ship::Alike, Ship::Vacant][rng.below(4)],
        3 => drop(schema.fields.remove(at)),
        4 => schema.fields.push(Field { optional: true, ..added() }),
        5 => schema.fields.push(added()),
        6 if can_be_optional(&schema.fields[at].ty) => {
            schema.fields[at].optional = !schema.fields[at].optional;
        }
        7 if can_be_widened(&schema.fields[at].ty).is_some() => {
            schema.fields[at].ty = can_be_widened(&schema.fields[at].ty).expect("it was asked");
            schema.fields[at].constraints = "";
        }
        _ => {
            let ways = constraint_sets(&schema.fields[at].ty);
            schema.fields[at].constraints = ways[rng.below(ways.len())];
        }
    }
}

fn added() -> Field {
    Field {
        record: super::field::Record::Snapshot,
        name: "added",
        ty: Ty::Int,
        optional: false,
        constraints: "",
    }
}
