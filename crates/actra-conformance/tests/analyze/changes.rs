//! Comparisons across a change of the schema: the same JSON, read by both.

use std::sync::atomic::{AtomicU64, Ordering};

use actra_analyze::{Analyzer, Answer, Direction, Verdict};
use actra_model::RawRequest;

use super::{Set, over_policies, some_rule};

fn moved(direction: Direction, old: &Set, new: &Set, request: &RawRequest) -> bool {
    let (old, new) = (old.decide(request).effect, new.decide(request).effect);
    if direction == Direction::Weaker { new < old } else { new > old }
}

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
        let requests = space.requests();
        let weaker = requests.iter().any(|request| moved(Direction::Weaker, &case.set, &new, request));
        let place = match Analyzer::default().no_weaker(&case.set.policy, &new.policy, &[]) {
            Verdict::Proved => {
                assert!(!weaker, "{}\n{schema}", new.text);
                0
            }
            Verdict::Refuted(request) => {
                assert!(
                    moved(Direction::Weaker, &case.set, &new, &request),
                    "{request:?}\n{}\n{schema}",
                    new.text
                );
                assert!(weaker || space.is_open() || case.space.is_open() || fields_differ(case, &space));
                1
            }
            Verdict::Unproven(_) => 2,
            Verdict::Empty => 3,
        };
        counts[place].fetch_add(1, Ordering::Relaxed);
        let difference = Analyzer::default().diff(&case.set.policy, &new.policy);
        // Where a schema rejects, requests that are not valid are not compared.
        let tolerant = case.space.head.is_empty() && space.head.is_empty();
        for direction in [Direction::Weaker, Direction::Stricter] {
            if !difference.moved(direction) {
                for request in &requests {
                    assert!(
                        !moved(direction, &case.set, &new, request),
                        "{direction:?} {request:?}\n{}\n{schema}",
                        new.text
                    );
                }
                for request in requests.iter().take(100).filter(|_| tolerant) {
                    let less = space.less(request, rng);
                    assert!(
                        !moved(direction, &case.set, &new, &less),
                        "{direction:?} {less:?}\n{}\n{schema}",
                        new.text
                    );
                }
            }
        }
        for region in &difference.regions {
            if let Answer::Witness(request) = &region.answer {
                assert!(
                    moved(region.direction, &case.set, &new, request),
                    "{region:?}\n{}\n{schema}",
                    new.text
                );
            }
        }
    });
    println!("no weaker proved, refuted, unproven, empty: {counts:?}");
}

/// Whether the old schema declares a field that the new one does not: it may hold anything.
fn fields_differ(case: &super::Case, new: &super::Space) -> bool {
    case.space.fields.iter().any(|old| !new.fields.iter().any(|field| field.name == old.name))
}
