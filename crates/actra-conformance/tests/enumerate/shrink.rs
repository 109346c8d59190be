//! Smaller cases that fail in the same way.

use super::case::{Ask, Case, Statement};
use super::field::Ty;
use super::judge::{Failure, Outcome, judge};
use super::set::{RuleSpec, SetSpec};
use super::tree::Tree;

/// Cases that are tried at most.
const TRIES: usize = 120;

/// The smallest case that is found, with how it fails.
pub fn shrink(case: &Case, failure: &Failure) -> (Case, Failure) {
    let (mut best, mut how, mut tries) = (case.clone(), failure.clone(), 0);
    loop {
        let smaller = reductions(&best).into_iter().find_map(|candidate| {
            tries += 1;
            let fits = tries < TRIES && weight(&candidate) < weight(&best);
            match if fits { judge(&candidate) } else { Outcome::Skipped } {
                Outcome::Failed(failure) if failure.class == how.class => Some((candidate, failure)),
                _ => None,
            }
        });
        match smaller {
            Some((candidate, failure)) => (best, how) = (candidate, failure),
            None => return (best, how),
        }
    }
}

fn weight(case: &Case) -> usize {
    let new = match &case.ask {
        Ask::Diff(new) | Ask::Baseline(new) => rules_weight(new),
        Ask::Prove(statement) | Ask::Invariant(statement) => {
            statement.when.as_ref().map_or(0, |when| 1 + when.show().len())
        }
        _ => 0,
    };
    rules_weight(&case.set) + new
}

fn rules_weight(set: &SetSpec) -> usize {
    let rule = |rule: &RuleSpec| {
        20 + rule.text().len()
            + usize::from(rule.defined)
            + usize::from(rule.shadow)
            + usize::from(rule.required.is_some())
    };
    let schema = &set.schema;
    let flags = usize::from(schema.extra_reject)
        + usize::from(schema.invalid_reject)
        + usize::from(schema.typed_actor);
    set.rules.iter().map(rule).sum::<usize>()
        + 5 * flags
        + 30 * schema.fields.len()
        + set.schema.yaml().len() / 4
}

/// The case with every set changed alike.
fn with_sets(case: &Case, change: &dyn Fn(&mut SetSpec)) -> Case {
    let mut changed = case.clone();
    change(&mut changed.set);
    if let Ask::Diff(new) | Ask::Baseline(new) = &mut changed.ask {
        change(new);
    }
    changed
}

fn reductions(case: &Case) -> Vec<Case> {
    let mut all = Vec::new();
    let ids: Vec<String> = case.set.rules.iter().map(|rule| rule.id.clone()).collect();
    for id in &ids {
        all.push(with_sets(case, &|set| set.rules.retain(|rule| rule.id != *id)));
    }
    for field in &case.set.schema.fields {
        all.push(with_sets(case, &|set| set.schema.fields.retain(|known| known.name != field.name)));
        all.push(with_sets(case, &|set| {
            set.schema
                .fields
                .iter_mut()
                .filter(|known| known.name == field.name)
                .for_each(|known| known.constraints = "");
        }));
    }
    for id in &ids {
        let each = |change: &dyn Fn(&mut RuleSpec)| {
            with_sets(case, &|set| set.rules.iter_mut().filter(|rule| rule.id == *id).for_each(change))
        };
        all.push(each(&|rule| rule.unless = None));
        all.push(each(&|rule| rule.defined = false));
        all.push(each(&|rule| rule.shadow = false));
        all.push(each(&|rule| rule.required = None));
    }
    all.push(with_sets(case, &|set| set.schema.extra_reject = false));
    all.push(with_sets(case, &|set| set.schema.invalid_reject = false));
    all.push(with_sets(case, &|set| set.schema.typed_actor = false));
    if let Ask::Prove(statement) | Ask::Invariant(statement) = &case.ask {
        let mut without = case.clone();
        let statement = Statement { when: None, ..statement.clone() };
        without.ask =
            if matches!(case.ask, Ask::Prove(_)) { Ask::Prove(statement) } else { Ask::Invariant(statement) };
        all.push(without);
    }
    for tree in trees(case) {
        for part in tree.parts() {
            all.extend(smaller(part).into_iter().map(|other| replaced(case, part, &other)));
        }
    }
    all
}

/// Trees of the same type that may stand for a part.
fn smaller(part: &Tree) -> Vec<Tree> {
    let mut all: Vec<Tree> = part.kids.iter().filter(|kid| kid.ty == part.ty).cloned().collect();
    for kid in &part.kids {
        all.extend(kid.kids.iter().filter(|inner| inner.ty == part.ty).cloned());
    }
    let leaf = match part.ty {
        Ty::Int => "1",
        Ty::Str => "\"a\"",
        Ty::Bool => "true",
        _ => return all,
    };
    if part.text.len() > leaf.len() {
        all.push(Tree::leaf(part.ty.clone(), leaf));
    }
    all
}

fn trees(case: &Case) -> Vec<Tree> {
    let new = match &case.ask {
        Ask::Diff(new) | Ask::Baseline(new) => new.rules.as_slice(),
        _ => &[],
    };
    let rules = case.set.rules.iter().chain(new);
    let mut all: Vec<Tree> =
        rules.flat_map(|rule| std::iter::once(rule.when.clone()).chain(rule.unless.clone())).collect();
    if let Ask::Prove(statement) | Ask::Invariant(statement) = &case.ask {
        all.extend(statement.when.clone());
    }
    all
}

/// The case with a part replaced wherever it stands.
fn replaced(case: &Case, from: &Tree, to: &Tree) -> Case {
    let mut changed = with_sets(case, &|set| {
        for rule in &mut set.rules {
            rule.when = rule.when.replace(from, to);
            rule.unless = rule.unless.as_ref().map(|unless| unless.replace(from, to));
        }
    });
    if let Ask::Prove(statement) | Ask::Invariant(statement) = &mut changed.ask {
        statement.when = statement.when.as_ref().map(|when| when.replace(from, to));
    }
    changed
}
