//! What was once said to be proved though a request speaks against it, since too few elements were told apart; and what
//! has to stay proved.

use actra_compile::{PolicySet, compile};
use actra_ir::Policy;
use actra_model::{ActionId, Effect, RawRequest};

use crate::{AcceptedEffects, Analyzer, Direction, ProofVerdict, Statement};

const SCHEMA: &str = r#"
version: 1
actions:
  act:
    fields:
      xs: { type: list, of: string, max_items: 100 }
      ys: { type: list, of: string, max_items: 100 }
      zs: { type: list, of: string, max_items: 100 }
      ns: { type: list, of: integer, max_items: 100 }
      few: { type: list, of: { type: integer, min: 0, max: 3 }, max_items: 3 }
      nested: { type: list, of: { type: list, of: string, max_items: 60 }, max_items: 60 }
      items: { type: list, of: { type: object, fields: { tags: { type: list, of: string, max_items: 60 }, id: string, n: integer } }, max_items: 60 }
      m: { type: map, of: string, max_items: 100 }
      lists: { type: map, of: { type: list, of: string, max_items: 60 }, max_items: 60 }
      maybe: { type: list, of: string, optional: true, max_items: 100 }
      flag: boolean
      ticks: { type: list, of: { type: integer, min: 1, max: 20 }, max_items: 100 }
actor: { fields: { id: string } }
"#;

fn policy(when: &str) -> Policy {
    let rules = format!(
        "version: 1\ndefault: allow\nrules:\n  - id: r\n    scope: {{ action: act }}\n    when: '{when}'\n    effect: block\n"
    );
    let set = PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", &rules)]);
    let outcome = compile(&set);
    outcome.policy.unwrap_or_else(|| panic!("{when}: {:?}", outcome.diagnostics))
}

fn implies(when: &str, guard: &str) -> ProofVerdict {
    let (guarded, asked) = (policy(guard), policy(when));
    let condition = &asked.rules[0].condition;
    let statement = Statement {
        actions: &[ActionId(0)],
        when: Some(condition),
        accepted: AcceptedEffects::AtLeast(Effect::Block),
        with: &[],
    };
    Analyzer::default().prove(&guarded, &statement)
}

/// Conditions that can be true though each needs more elements than it seems to.
const POSSIBLE: &[&str] = &[
    // Bodies that print alike, over lists that are written out.
    "[\"a\", \"b\"].all(x, action.xs.exists(y, y == x)) && [\"c\", \"d\"].all(x, action.xs.exists(y, y == x))",
    "[\"a\"].all(x, x in action.xs) && [\"b\"].all(x, x in action.xs) && [\"c\"].all(x, x in action.xs)",
    "[\"a\"].exists(x, action.xs.exists(y, y == x)) && [\"b\"].exists(x, action.xs.exists(y, y == x))",
    // Ranges made of others.
    "(action.xs + action.ys).all(x, action.zs.exists(z, z == x)) && \"a\" in action.xs && \"b\" in action.ys && !(\"b\" in action.xs) && !(\"a\" in action.ys)",
    "(action.flag ? [\"a\", \"b\", \"c\"] : [\"d\"]).all(x, x in action.xs) && action.flag",
    "(action.flag ? [\"a\", \"b\"] : [\"c\", \"d\"]).all(x, x in action.xs)",
    "action.?maybe.orValue([\"a\", \"b\", \"c\"]).all(x, x in action.xs) && !has(action.maybe)",
    "[\"a\", \"b\", \"c\"].filter(x, x != \"z\").all(x, x in action.xs)",
    "[\"a\", \"b\", \"c\"].map(x, x.upperAscii()).all(x, x in action.xs)",
    "[\"a\", \"b\", \"c\"].distinct().all(x, x in action.xs)",
    "([\"a\", \"b\"] + [\"c\"]).all(x, x in action.xs)",
    "[[\"a\", \"b\"], [\"c\", \"d\"]].all(l, l.all(x, x in action.xs))",
    "action.nested == [[\"a\"], [\"b\"]] && action.nested.all(l, l.all(x, x in action.xs))",
    "[action.xs, action.ys].all(l, \"a\" in l && \"b\" in l && \"c\" in l)",
    "[action.xs, action.ys].all(l, l.exists(x, x == \"a\") && l.exists(x, x == \"b\"))",
    "action.items.map(i, i.tags).all(t, \"a\" in t && \"b\" in t) && size(action.items) > 0",
    "action.items.map(i, action.xs).all(t, \"a\" in t && \"b\" in t) && size(action.items) > 0",
    // The greatest and the least.
    "action.ns.max() == 5 && action.ns.min() == 1 && 3 in action.ns && 4 in action.ns",
    "action.ns.filter(n, n < 10).max() == 9 && action.ns.max() == 12 && action.ns.filter(n, n > 3).min() == 4",
    "[1, 2, 3].all(x, action.ns.map(n, n * x).max() == 6 * x) && action.ns.min() == 2 && 4 in action.ns",
    "action.few.all(f, action.ns.filter(n, n >= f).min() == f) && action.few == [1, 2, 3]",
    "action.ns.distinct().max() == 7 && size(action.ns.distinct()) > 4 && action.ns.distinct().min() == 3",
    // Maps.
    "\"k\" in action.lists && \"a\" in action.lists[\"k\"] && \"b\" in action.lists[\"k\"]",
    "action.m.exists(k, action.m[k] == \"a\") && action.m.exists(k, action.m[k] == \"b\")",
    "action.lists.exists(k, v, \"a\" in v && \"b\" in v && \"c\" in v)",
    "[\"a\", \"b\"].all(k, k in action.m) && [\"c\", \"d\"].all(k, k in action.m)",
    "[\"a\", \"b\"].all(k, action.m[k] == \"x\")",
    "action.m.all(k, k in action.xs) && [\"a\", \"b\"].all(k, k in action.m)",
    // Sets.
    "sets.contains(action.xs, [\"a\", \"b\"]) && sets.contains(action.xs, [\"c\", \"d\", \"e\"])",
    "[[\"a\", \"b\"], [\"c\", \"d\"]].all(l, sets.contains(action.xs, l))",
    "sets.contains(action.xs, action.flag ? [\"a\", \"b\", \"c\"] : [\"d\", \"e\", \"f\"])",
    // Counting.
    "size(action.ns.distinct()) > 8",
    "[1, 2].all(x, size(action.ns.filter(n, n == x)) == 2) && [3, 4].all(x, size(action.ns.filter(n, n == x)) == 2)",
    "[1, 2, 3].all(x, action.ns.exists_one(n, n == x)) && [4, 5].all(x, action.ns.exists_one(n, n == x))",
    // Where a filter or a map is undetermined, the condition is, and that takes an element, too.
    "[\"a\", \"b\"].exists(x, x in action.xs) && \"a\" in action.xs && \"b\" in action.xs && \"c\" in action.xs",
    // In the first list and in the second.
    "action.few.all(n, action.ns.exists(x, x == n)) && action.few == [0, 1, 2]",
    "action.xs[2] == \"c\" && action.xs.exists(x, x == \"a\") && action.xs.exists(x, x == \"b\")",
    "action.xs[3] == \"c\" && action.xs.all(x, x == \"c\" || x == \"d\") && [\"d\"].all(x, x in action.xs)",
];

/// Those that take more elements than are told apart: lists quantified inside of themselves, and sums of what is
/// different.
const BEYOND: &[&str] = &[
    "action.ticks.distinct().sum() > 100",
    "action.ticks.distinct().sum() == 210",
    "action.ns.all(x, action.ns.exists(y, y > x || x >= 20)) && action.ns.all(x, action.ns.exists(y, y < x && y + 1 >= x || x <= 0)) && action.ns.exists(x, x == 20)",
    "action.ns.exists(x, x == 0) && action.ns.all(x, x == 9 || action.ns.exists(y, y == x + 1))",
    "action.items.all(i, i.n == 12 || action.items.exists(j, j.n == i.n + 1)) && action.items.exists(i, i.n == 0)",
];

/// What is never true, and stays proved.
const IMPOSSIBLE: &[&str] = &[
    "\"a\" in action.xs && !action.xs.exists(x, x == \"a\")",
    "action.xs.all(x, x in action.ys) && \"a\" in action.xs && !(\"a\" in action.ys)",
    "action.xs.all(x, action.ys.exists(y, y == x)) && action.ys.all(y, y in action.zs) && \"a\" in action.xs && !(\"a\" in action.zs)",
    "action.items.all(i, \"a\" in i.tags) && action.items.exists(i, !(\"a\" in i.tags))",
    "action.m.all(k, action.m[k] == \"x\") && \"k\" in action.m && action.m[\"k\"] == \"y\"",
    "size(action.xs.filter(x, x == \"a\")) >= 3 && size(action.xs.filter(x, x == \"a\")) < 2",
    "[\"a\", \"b\"].all(x, x in action.xs) && !(\"b\" in action.xs)",
    "(action.flag ? action.xs : action.ys).all(x, x == \"a\") && action.flag && \"b\" in action.xs",
    "sets.contains(action.xs, [\"a\", \"b\"]) && action.xs.all(x, x == \"a\")",
];

#[test]
fn what_cannot_be_is_proved_not_to_be() {
    let lost: Vec<_> = IMPOSSIBLE
        .iter()
        .filter(|when| {
            let policy = policy(when);
            Analyzer::default().rule(&policy, &policy.rules[0]) != Some(crate::RuleFinding::NeverTrue)
        })
        .collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

#[test]
fn a_part_of_a_choice_is_not_needed_twice() {
    // The rule comes before the condition of the statement, and both need the same element.
    assert_eq!(
        implies("action.flag && \"a\" in action.xs", "\"a\" in action.xs || action.flag"),
        ProofVerdict::Proved
    );
    let rules = "version: 1\ndefault: allow\nrules:\n  - { id: r, scope: { action: act }, when: \"'a' in action.xs && !action.flag\", effect: block }\n  - { id: s, scope: { action: act }, when: \"'a' in action.xs && size(action.ys) > 3\", effect: block }\n";
    let set = PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", rules)]);
    let guarded = compile(&set).policy.unwrap();
    let asked = policy("\"a\" in action.xs && action.flag && size(action.ys) < 2");
    let condition = &asked.rules[0].condition;
    let accepted = AcceptedEffects::AtMost(Effect::Allow);
    let statement = Statement { actions: &[ActionId(0)], when: Some(condition), accepted, with: &[] };
    assert_eq!(Analyzer::default().prove(&guarded, &statement), ProofVerdict::Proved);
}

fn possible() -> impl Iterator<Item = &'static str> {
    POSSIBLE.iter().copied()
}

#[test]
fn what_can_be_is_never_proved_not_to_be() {
    // Through an invariant.
    let wrong: Vec<_> = possible()
        .filter(|when| {
            matches!(
                implies(when, "false || action.flag && !action.flag"),
                ProofVerdict::Proved | ProofVerdict::Vacuous
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_takes_more_than_is_told_apart_is_not_proved() {
    for when in BEYOND {
        let verdict = implies(when, "false || action.flag && !action.flag");
        assert!(!matches!(verdict, ProofVerdict::Proved | ProofVerdict::Vacuous), "{when}");
    }
}

/// Those that are proved never to hold though they can, where so many cells are missing and so many elements are not
/// written down.
fn wrong(cells: usize, elements: usize) -> usize {
    super::SHORTFALL.set(cells);
    crate::bound_check::SHORTFALL.set(elements);
    let found = possible()
        .filter(|when| {
            let verdict = implies(when, "false || action.flag && !action.flag");
            matches!(verdict, ProofVerdict::Proved | ProofVerdict::Vacuous)
        })
        .count();
    super::SHORTFALL.set(0);
    crate::bound_check::SHORTFALL.set(0);
    found
}

#[test]
fn one_cell_too_few_is_noticed() {
    // Either count alone protects from the other's fault; where both are wrong, these conditions show it.
    assert_eq!([wrong(2, 0), wrong(0, 2)], [0, 0]);
    assert!(wrong(2, 2) > 5, "{}", wrong(2, 2));
}

#[test]
fn a_rule_that_can_match_is_never_said_not_to() {
    // Through what is said of rules.
    let wrong: Vec<_> = possible()
        .filter(|when| {
            let policy = policy(when);
            Analyzer::default().rule(&policy, &policy.rules[0]).is_some()
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_rule_that_is_dropped_is_a_difference() {
    let none = policy("action.flag && !action.flag");
    let wrong: Vec<_> = possible()
        .filter(|when| {
            let before = policy(when);
            let mut analyzer = Analyzer::default();
            let difference = analyzer.diff(&before, &none);
            !difference.moved(Direction::Weaker)
                || analyzer.no_weaker(&before, &none, &[]) == ProofVerdict::Proved
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_an_actor_can_do_includes_it() {
    let given = RawRequest::default();
    let wrong: Vec<_> = possible()
        .filter(|when| {
            let policy = policy(when);
            let effects = Analyzer::default().can(&policy, ActionId(0), &given).effects;
            !effects.iter().any(|(effect, _)| *effect == Effect::Block)
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
