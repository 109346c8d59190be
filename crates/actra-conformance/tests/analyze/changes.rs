//! Comparisons across a change of the schema: the same JSON, read by both.

use std::sync::atomic::{AtomicU64, Ordering};

use actra_analyze::{Analyzer, Direction, ProofVerdict, SearchAnswer};
use actra_model::{Fields, RawRequest, Schema};

use super::{Set, is_less, may_be_unknown, moved, over_policies, some_rule};

#[test]
fn changes_of_a_schema_are_never_taken_for_none() {
    let counts: [AtomicU64; 4] = Default::default();
    over_policies(|case, rng| {
        let space = case.space.changed(rng);
        let schema = space.schema();
        let rules: Vec<String> = (0..)
            .zip(&case.rules)
            .map(|(number, rule)| {
                match Set::new(&schema, std::slice::from_ref(rule), case.set.policy.default) {
                    Some(_) => rule.clone(),
                    None => some_rule(&space, &schema, &format!("r{number}"), rng),
                }
            })
            .collect();
        let new = Set::new(&schema, &rules, case.set.policy.default).expect("each rule compiles alone");
        // Valid under either schema, or under none.
        let mut requests = space.requests();
        requests.extend(case.space.requests());
        requests.extend((0..300).map(|_| space.either(&case.space, rng)));
        let show =
            |request: &RawRequest| format!("{request:?}\nold {}\nnew {}\n{schema}", case.set.text, new.text);
        let weaker = requests.iter().find(|request| moved(Direction::Weaker, &case.set, &new, request));
        let place = match Analyzer::default().no_weaker(&case.set.policy, &new.policy, &[]) {
            ProofVerdict::Proved => {
                assert!(weaker.is_none(), "{}", show(weaker.unwrap()));
                0
            }
            ProofVerdict::Refuted(request) => {
                assert!(moved(Direction::Weaker, &case.set, &new, &request), "{}", show(&request));
                1
            }
            ProofVerdict::Unproven(opaque) => {
                let retyped = retyped(&case.set.policy.schema, &new.policy.schema);
                assert!(
                    is_excused(&opaque, &retyped),
                    "{opaque:?}\nold {}\nnew {}\n{schema}",
                    case.set.text,
                    new.text
                );
                2
            }
            ProofVerdict::Vacuous | ProofVerdict::ProtectionsLost(_) => 3,
        };
        counts[place].fetch_add(1, Ordering::Relaxed);
        let difference = Analyzer::default().diff(&case.set.policy, &new.policy);
        for direction in [Direction::Weaker, Direction::Stricter] {
            if !difference.moved(direction) {
                let found = requests.iter().find(|request| moved(direction, &case.set, &new, request));
                assert!(found.is_none(), "{direction:?} {}", show(found.unwrap()));
            }
        }
        for region in &difference.regions {
            if let SearchAnswer::Witness(request) = &region.answer {
                let is_shown = moved(region.direction, &case.set, &new, request)
                    || is_less(region.direction, &case.set, &new, request);
                assert!(is_shown, "{region:?}\n{}\n{schema}", new.text);
            }
        }
    });
    println!("no weaker proved, refuted, unproven, empty: {counts:?}");
}

/// Whether all that was not decided may be so: limits of values, changes of types that share values, and what reads a
/// field whose type changed so.
fn is_excused(opaque: &[String], retyped: &[String]) -> bool {
    let changed = opaque.iter().filter_map(|name| name.strip_prefix("the change of the type of "));
    let changed: Vec<&str> = changed.chain(retyped.iter().map(String::as_str)).collect();
    let of_changed = |name: &String| changed.iter().any(|field| name.contains(field));
    let rest: Vec<String> = opaque.iter().filter(|name| !of_changed(name)).cloned().collect();
    rest.is_empty() || may_be_unknown(&rest)
}

/// Fields that both schemas declare, as values of different types.
fn retyped(old: &Schema, new: &Schema) -> Vec<String> {
    fn between<'s>(record: &'s str, old: &'s Fields, new: &'s Fields) -> impl Iterator<Item = String> + 's {
        let both = old.iter().filter_map(|(name, field)| Some((name, field, new.get(name)?)));
        let retyped = both.filter(|(_, old, new)| old.ty.kind != new.ty.kind);
        retyped.map(move |(name, ..)| format!("{record}.{name}"))
    }
    let actions =
        old.actions.iter().filter_map(|action| Some((action, new.action(new.action_id(&action.name)?)?)));
    between("snapshot", &old.snapshot, &new.snapshot)
        .chain(between("actor", &old.actor, &new.actor))
        .chain(actions.flat_map(|(old, new)| between("action", &old.fields, &new.fields)))
        .collect()
}
