//! What is proved of lists against requests with longer lists than any bound: ranges that are written out, joined,
//! chosen, mapped, filtered, made different, nested and quantified inside of themselves.

use std::sync::atomic::{AtomicU64, Ordering};

use actra_analyze::{AcceptedEffects, Analyzer, Direction, ProofVerdict, Statement};
use actra_compile::{PolicySet, compile};
use actra_eval::Truth;
use actra_ir::Policy;
use actra_model::{ActionId, Effect, RawMap, RawRequest, RawValue, Request};
use actra_reference::generate::Rng;

use super::policies;

const SCHEMA: &str = "version: 1
actions:
  act:
    fields:
      xs: { type: list, of: string, max_items: 60 }
      ys: { type: list, of: string, max_items: 60 }
      maybe: { type: list, of: string, optional: true, max_items: 60 }
      items: { type: list, of: { type: object, fields: { id: string, tags: { type: list, of: string, max_items: 60 } } }, max_items: 60 }
      nested: { type: list, of: { type: list, of: string, max_items: 60 }, max_items: 60 }
      short: { type: list, of: string, max_items: 3 }
      m: { type: map, of: string, max_items: 60 }
      lists: { type: map, of: { type: list, of: string, max_items: 60 }, max_items: 60 }
      flag: boolean
";
/// Requests that a proof is held against.
const REQUESTS: usize = 3_000;

fn policy(when: &str) -> Option<Policy> {
    let when = when.replace('\'', "''");
    let rules = format!(
        "version: 1\ndefault: allow\nrules:\n  - {{ id: r, scope: {{ action: act }}, when: '{when}', effect: block }}\n"
    );
    compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", &rules)])).policy
}

fn letter(rng: &mut Rng) -> &'static str {
    rng.pick(&["a", "b", "c", "d"])
}

/// A list of texts, with variables around it.
fn list(rng: &mut Rng, depth: usize, lists: &[String], texts: &[String]) -> String {
    if !lists.is_empty() && rng.one_in(3) {
        return lists[rng.below(lists.len())].clone();
    }
    if depth == 0 || rng.one_in(3) {
        return match rng.below(8) {
            0 => "[\"a\", \"b\"]".to_owned(),
            1 => "[\"c\", \"d\"]".to_owned(),
            2 => "[\"a\", \"b\", \"c\", \"d\"]".to_owned(),
            3 => "action.?maybe.orValue([\"a\", \"d\"])".to_owned(),
            4 => "action.short".to_owned(),
            5 => "action.ys".to_owned(),
            _ => "action.xs".to_owned(),
        };
    }
    let inner = |rng: &mut Rng| list(rng, depth - 1, lists, texts);
    let v = variable(lists, texts);
    match rng.below(6) {
        0 => format!("({} + {})", inner(rng), inner(rng)),
        1 => format!("({} ? {} : {})", condition(rng, depth - 1, lists, texts), inner(rng), inner(rng)),
        2 => {
            let range = inner(rng);
            let body = with(texts, &v, |texts| condition(rng, depth - 1, lists, texts));
            format!("{range}.filter({v}, {body})")
        }
        3 => format!("{}.map({v}, {})", inner(rng), rng.pick(&["\"a\"", "action.flag ? \"a\" : \"b\""])),
        4 => format!("{}.map({v}, {v})", inner(rng)),
        _ => format!("{}.distinct()", inner(rng)),
    }
}

/// A list of lists.
fn outer(rng: &mut Rng, depth: usize, lists: &[String], texts: &[String]) -> String {
    let v = variable(lists, texts);
    match rng.below(6) {
        0 => format!("[{}, {}]", list(rng, 0, lists, texts), list(rng, 0, lists, texts)),
        1 => "[[\"a\", \"b\"], [\"c\", \"d\"]]".to_owned(),
        2 => format!("action.items.map({v}, {v}.tags)"),
        3 => format!("{}.map({v}, action.xs)", list(rng, depth.saturating_sub(1), lists, texts)),
        4 => "(action.nested + [[\"c\"]])".to_owned(),
        _ => "action.nested".to_owned(),
    }
}

fn variable(lists: &[String], texts: &[String]) -> String {
    format!("v{}", lists.len() + texts.len())
}

fn with<T>(known: &[String], new: &str, then: impl FnOnce(&[String]) -> T) -> T {
    let mut all = known.to_vec();
    all.push(new.to_owned());
    then(&all)
}

fn condition(rng: &mut Rng, depth: usize, lists: &[String], texts: &[String]) -> String {
    let text = |rng: &mut Rng| match texts.len() {
        0 => format!("\"{}\"", letter(rng)),
        count if rng.one_in(2) => texts[rng.below(count)].clone(),
        count if rng.one_in(4) && depth > 1 => {
            format!("{}.upperAscii().lowerAscii()", texts[rng.below(count)])
        }
        _ => format!("\"{}\"", letter(rng)),
    };
    if depth == 0 {
        return match rng.below(4) {
            0 => "action.flag".to_owned(),
            1 => format!("{} in {}", text(rng), list(rng, 0, lists, texts)),
            _ => format!("{} {} {}", text(rng), rng.pick(&["==", "!="]), text(rng)),
        };
    }
    let part = |rng: &mut Rng| condition(rng, depth - 1, lists, texts);
    let v = variable(lists, texts);
    let quantifier = |rng: &mut Rng| rng.pick(&["exists", "all", "exists", "all", "exists_one"]);
    match rng.below(16) {
        0 => format!("({} && {})", part(rng), part(rng)),
        1 => format!("({} || {})", part(rng), part(rng)),
        2 => format!("!({})", part(rng)),
        3 => format!("({} ? {} : {})", part(rng), part(rng), part(rng)),
        4..=7 => {
            let range = list(rng, depth - 1, lists, texts);
            let quantifier = quantifier(rng);
            let body = with(texts, &v, |texts| condition(rng, depth - 1, lists, texts));
            format!("{range}.{quantifier}({v}, {body})")
        }
        8 | 9 => {
            let range = outer(rng, depth - 1, lists, texts);
            let quantifier = rng.pick(&["exists", "all"]);
            let body = with(lists, &v, |lists| condition(rng, depth - 1, lists, texts));
            format!("{range}.{quantifier}({v}, {body})")
        }
        10 => {
            let function = rng.pick(&["contains", "contains", "intersects", "equivalent"]);
            let (one, other) = (list(rng, depth - 1, lists, texts), list(rng, depth - 1, lists, texts));
            format!("sets.{function}({one}, {other})")
        }
        11 => {
            let counted = list(rng, depth, lists, texts);
            format!("size({counted}) {} {}", rng.pick(&["==", "<", ">="]), rng.below(5))
        }
        12 => {
            let quantifier = rng.pick(&["exists", "all"]);
            let body = with(texts, &format!("action.m[{v}]"), |texts| {
                with(texts, &v, |texts| condition(rng, depth - 1, lists, texts))
            });
            format!("action.m.{quantifier}({v}, {body})")
        }
        13 => {
            let quantifier = rng.pick(&["exists", "all"]);
            let body =
                with(lists, &format!("action.lists[{v}]"), |lists| condition(rng, depth - 1, lists, texts));
            format!("action.lists.{quantifier}({v}, {body})")
        }
        14 => format!("action.m[{}] == {}", text(rng), text(rng)),
        _ => {
            let body = with(lists, &format!("{v}.tags"), |lists| {
                with(texts, &format!("{v}.id"), |texts| condition(rng, depth - 1, lists, texts))
            });
            format!("action.items.{}({v}, {body})", quantifier(rng))
        }
    }
}

fn texts(rng: &mut Rng) -> RawValue {
    let length = if rng.one_in(8) { rng.below(12) } else { rng.below(5) };
    let letters = if rng.one_in(3) { 2 } else { 4 };
    RawValue::List((0..length).map(|_| RawValue::from(["a", "b", "c", "d"][rng.below(letters)])).collect())
}

fn request(rng: &mut Rng) -> RawRequest {
    let mut action = RawMap::default();
    action.insert("type".to_owned(), RawValue::from("act"));
    for name in ["xs", "ys"] {
        action.insert(name.to_owned(), texts(rng));
    }
    if rng.one_in(2) {
        action.insert("maybe".to_owned(), texts(rng));
    }
    let mut short = texts(rng);
    if let RawValue::List(elements) = &mut short {
        elements.truncate(3);
    }
    action.insert("short".to_owned(), short);
    let items = (0..rng.below(5)).map(|_| {
        let members = [("id".to_owned(), RawValue::from(letter(rng))), ("tags".to_owned(), texts(rng))];
        RawValue::Map(members.into())
    });
    let items = RawValue::List(items.collect());
    action.insert("items".to_owned(), items);
    let nested = RawValue::List((0..rng.below(5)).map(|_| texts(rng)).collect());
    action.insert("nested".to_owned(), nested);
    let (mut m, mut lists) = (RawMap::default(), RawMap::default());
    for _ in 0..rng.below(5) {
        m.insert(letter(rng).to_owned(), RawValue::from(letter(rng)));
        lists.insert(letter(rng).to_owned(), texts(rng));
    }
    action.insert("m".to_owned(), RawValue::Map(m));
    action.insert("lists".to_owned(), RawValue::Map(lists));
    action.insert("flag".to_owned(), RawValue::Bool(rng.one_in(2)));
    RawRequest {
        action: Some(RawValue::Map(action)),
        actor: Some(RawValue::Map(RawMap::default())),
        snapshot: Some(RawValue::Map(RawMap::default())),
        ..RawRequest::default()
    }
}

fn some_condition(rng: &mut Rng) -> (String, Policy) {
    loop {
        let depth = 1 + rng.below(3);
        let text = condition(rng, depth, &[], &[]);
        if let Some(policy) = policy(&text) {
            return (text, policy);
        }
    }
}

/// Asks about two conditions whether the second blocks where the first is true, and whether it may replace the first.
fn check(seed: u64, counts: &[AtomicU64; 4]) {
    let mut rng = Rng::new(seed ^ 0x5EED_0014);
    let (when, asked) = some_condition(&mut rng);
    let (guard, guarded) = some_condition(&mut rng);
    let condition = &asked.rules[0].condition;
    let statement = Statement {
        actions: &[ActionId(0)],
        when: Some(condition),
        accepted: AcceptedEffects::AtLeast(Effect::Block),
        with: &[],
    };
    let mut analyzer = Analyzer::default();
    let verdict = analyzer.prove(&guarded, &statement);
    let no_weaker = analyzer.no_weaker(&asked, &guarded, &[]);
    let finding = analyzer.rule(&asked, &asked.rules[0]);
    let difference = analyzer.diff(&asked, &guarded);
    let place = match &verdict {
        ProofVerdict::Proved => 0,
        ProofVerdict::Refuted(_) => 1,
        ProofVerdict::Vacuous => 2,
        ProofVerdict::Unproven(_) | ProofVerdict::ProtectionsLost(_) => 3,
    };
    counts[place].fetch_add(1, Ordering::Relaxed);
    for _ in 0..REQUESTS {
        let raw = request(&mut rng);
        let request = Request::from_raw(&asked.schema, &raw);
        let first = actra_eval::evaluate_condition(condition, &request);
        let second = actra_eval::evaluate_condition(&guarded.rules[0].condition, &request);
        let shown = || format!("seed {seed}\nwhen {when}\nguard {guard}\n{raw:?}");
        let (is_true, is_possible) = (matches!(first, Truth::True), !matches!(first, Truth::False));
        let is_blocked = !matches!(second, Truth::False);
        assert!(!(is_true && matches!(verdict, ProofVerdict::Vacuous)), "empty: {}", shown());
        assert!(!(is_possible && !is_blocked && verdict == ProofVerdict::Proved), "proved: {}", shown());
        assert!(!(is_possible && !is_blocked && no_weaker == ProofVerdict::Proved), "no weaker: {}", shown());
        assert!(
            is_possible == is_blocked
                || difference.moved(if is_possible { Direction::Weaker } else { Direction::Stricter }),
            "no difference: {}",
            shown()
        );
        match finding {
            Some(actra_analyze::RuleFinding::NeverTrue) => assert!(!is_true, "never true: {}", shown()),
            Some(actra_analyze::RuleFinding::AlwaysTrue) => assert!(is_true, "always true: {}", shown()),
            Some(actra_analyze::RuleFinding::NeverDecisive) => {
                assert!(!is_possible, "never decisive: {}", shown());
            }
            None => {}
        }
    }
}

#[test]
fn nothing_is_proved_of_lists_that_longer_ones_refute() {
    let (next, counts): (AtomicU64, [AtomicU64; 4]) = Default::default();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= policies() {
                        break;
                    }
                    check(seed, &counts);
                }
            });
        }
    });
    println!("proved, refuted, empty, unproven: {counts:?}");
}
