//! With the index or without it, decisions are equal: over sets with many rules of every kind that it knows, and
//! requests with missing, absent and invalid fields.
//!
//! `ACTRA_SOAK=N` asks for about N requests; without it a sample that takes seconds runs.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use actra_engine::model::{RawRequest, RawValue};
use actra_engine::{AccessMethod, Policy, PolicySet, compile, decide, decide_unplanned, describe_plan};
use actra_reference::generate::Rng;

/// Requests for each set.
const REQUESTS: u64 = 200;
/// More actions than a rule is filed for one by one.
const ACTIONS: u64 = 24;

fn sets() -> u64 {
    let wanted = std::env::var("ACTRA_SOAK").ok().and_then(|count| count.parse::<u64>().ok());
    wanted.map_or(120, |requests| requests / REQUESTS)
}

fn schema(rng: &mut Rng) -> String {
    let mut text = "version: 1\nactions:\n".to_owned();
    for action in 0..ACTIONS {
        let own = if action % 3 == 0 { "other: string, " } else { "" };
        let _ = writeln!(
            text,
            "  a{action}: {{ fields: {{ {own}s: string, o: 'string?', p: string, n: number, m: number, i: 'integer?', \
             b: boolean, t: timestamp, d: duration, day: 'date?', q: quantity, l: list<string>, k: 'list<string>?', j: any, \
             to: {{ type: object, fields: {{ name: string }} }} }} }}"
        );
    }
    text += "groups: { some: [a1, a2, a3, a4, a5], many: ['a1*'] }\n";
    text += "actor: { fields: { id: string, type: 'string?', tenant: { type: string, max_length: 18 } } }\n";
    text +=
        "snapshot: { fields: { flag: 'boolean?', level: { type: number, min: -50 }, seen: 'timestamp?' } }\n";
    for policy in ["extra_fields", "invalid_fields"] {
        if rng.below(12) == 0 {
            let _ = writeln!(text, "{policy}: reject");
        }
    }
    text
}

fn word(rng: &mut Rng) -> String {
    ["a", "ab", "abc", "b", "ba", "x", "long-word-of-two", "é"][rng.below(8)].to_owned()
}

fn number(rng: &mut Rng) -> String {
    ["0", "1", "2.5", "-3", "10", "40", "0.1", "1000000000000000000000", "7"][rng.below(9)].to_owned()
}

fn time(rng: &mut Rng) -> String {
    format!("2024-01-{:02}T00:00:00Z", 1 + rng.below(9))
}

fn comparison(rng: &mut Rng) -> &'static str {
    ["<", "<=", ">", ">=", "==", "!="][rng.below(6)]
}

/// One test, guarded where its field is optional.
fn atom(rng: &mut Rng) -> String {
    let (c, n, w) = (comparison(rng), number(rng), word(rng));
    let field = ["action.s", "action.p", "actor.tenant", "actor.id"][rng.below(4)];
    match rng.below(26) {
        0 | 1 => format!("{field} == \"{w}\""),
        2 => format!("{field} != \"{w}\""),
        3 => format!("{field} in [\"{w}\", \"{}\"]", word(rng)),
        4 | 5 => format!("{field}.startsWith(\"{w}\")"),
        6 => format!("{field}.endsWith(\"{w}\")"),
        7 | 8 => format!("action.n {c} {n}"),
        9 => format!("action.m {c} {n}"),
        10 => format!("snapshot.level {c} {n}"),
        11 => format!("\"{w}\" in action.l"),
        12 => format!("has(action.k) && \"{w}\" in action.k"),
        13 => format!("has(action.o) && action.o == \"{w}\""),
        14 => format!("has(action.i) && action.i {c} 1"),
        15 => "action.b".to_owned(),
        16 => "has(snapshot.flag) && snapshot.flag".to_owned(),
        17 => format!("!has(action.o) || action.o == \"{w}\""),
        18 => format!("action.t {c} timestamp(\"{}\")", time(rng)),
        19 => format!("action.d {c} duration(\"{}h\")", rng.below(4)),
        20 => format!("action.q {c} quantity(\"{}Mi\")", rng.below(4)),
        21 => format!("action.n {c} action.m"),
        22 => format!("action.j == \"{w}\""),
        23 => [
            format!("action.j in [\"{w}\", \"a\"]"),
            format!("action.j == {n}"),
            "action.j == true".to_owned(),
        ][rng.below(3)]
        .clone(),
        24 => format!("action.to.name == \"{w}\""),
        _ => format!("action.l.exists(x, x == \"{w}\")"),
    }
}

fn condition(rng: &mut Rng, depth: usize) -> String {
    match rng.below(8) {
        _ if depth == 0 => atom(rng),
        0..=3 => format!("({}) && ({})", condition(rng, depth - 1), condition(rng, depth - 1)),
        4 => format!("({}) || ({})", condition(rng, depth - 1), condition(rng, depth - 1)),
        5 => format!("!({})", condition(rng, depth - 1)),
        _ => atom(rng),
    }
}

fn policy(rng: &mut Rng) -> String {
    let default = ["allow", "require_approval", "block"][rng.below(3)];
    let mut text = format!("version: 1\ndefault: {default}\nrules:\n");
    // Some sets are of one kind, so that families are large and nested.
    let narrow = rng.below(2) == 0;
    let kinds: Vec<String> = (0..3).map(|_| atom(rng)).collect();
    for rule in 0..12 + rng.below(120) {
        let scope = match rng.below(8) {
            0 => format!("action: a{}", rng.below(ACTIONS as usize)),
            1 => "group: some".to_owned(),
            2 => "group: many".to_owned(),
            3 => "actor: [a, ab]".to_owned(),
            _ => "global: true".to_owned(),
        };
        let when = match narrow {
            true => format!("({}) && ({})", kinds[rng.below(3)], atom(rng)),
            false => condition(rng, 3),
        };
        let effect = ["allow", "require_approval", "block"][rng.below(3)];
        let _ = writeln!(
            text,
            "  - id: r{rule}\n    scope: {{ {scope} }}\n    when: '{when}'\n    effect: {effect}"
        );
        if rng.below(5) == 0 {
            let _ = writeln!(text, "    unless: '{}'", condition(rng, 1));
        }
        for (chance, line) in [
            (6, "    mode: shadow"),
            (6, "    message: 'by {actor.id} about {action.o}'"),
            (8, "    message: plain"),
            (8, "    required_actions: [{ type: human, n: 1 }]"),
        ] {
            let twice = line.contains("message") && text.ends_with("{action.o}'\n");
            if rng.below(chance) == 0 && !twice {
                text += line;
                text.push('\n');
            }
        }
    }
    text
}

/// A value as declared, or what breaks it: null, another type, or nothing.
fn value(rng: &mut Rng, good: RawValue) -> Option<RawValue> {
    match rng.below(24) {
        0 => None,
        1 => Some(RawValue::Null),
        2 => Some(RawValue::from("not of this type at all")),
        3 => Some(RawValue::from(3)),
        4 => Some(RawValue::List(vec![RawValue::from("ab"), RawValue::Null])),
        _ => Some(good),
    }
}

fn decimal(text: &str) -> RawValue {
    actra_engine::model::Decimal::parse_json(text).map_or(RawValue::Null, RawValue::Number)
}

fn words(rng: &mut Rng) -> RawValue {
    RawValue::List((0..rng.below(4)).map(|_| RawValue::from(word(rng).as_str())).collect())
}

fn record(rng: &mut Rng, fields: Vec<(&str, RawValue)>) -> Option<RawValue> {
    let members = fields.into_iter().filter_map(|(name, good)| Some((name.to_owned(), value(rng, good)?)));
    let members = members.collect();
    match rng.below(40) {
        0 => None,
        1 => Some(RawValue::Null),
        _ => Some(RawValue::Map(members)),
    }
}

fn any_value(rng: &mut Rng) -> RawValue {
    match rng.below(4) {
        0 => decimal(&number(rng)),
        1 => RawValue::from(rng.below(2) == 0),
        2 => words(rng),
        _ => RawValue::from(word(rng).as_str()),
    }
}

fn request(rng: &mut Rng) -> RawRequest {
    let text = |rng: &mut Rng| RawValue::from(word(rng).as_str());
    let fields = vec![
        ("s", text(rng)),
        ("o", text(rng)),
        ("p", text(rng)),
        ("n", decimal(&number(rng))),
        ("m", decimal(&number(rng))),
        ("i", RawValue::from(rng.below(3) as i64)),
        ("b", RawValue::from(rng.below(2) == 0)),
        ("t", RawValue::from(time(rng).as_str())),
        ("d", RawValue::from(format!("{}h", rng.below(4)).as_str())),
        ("q", RawValue::from(format!("{}Mi", rng.below(4)).as_str())),
        ("l", words(rng)),
        ("k", words(rng)),
        ("j", any_value(rng)),
        ("to", RawValue::Map([("name".to_owned(), text(rng))].into())),
    ];
    let mut action = record(rng, fields);
    if let Some(RawValue::Map(members)) = &mut action {
        let name = format!("a{}", rng.below(ACTIONS as usize));
        members.insert("type".to_owned(), RawValue::from(name.as_str()));
    }
    let actor = vec![("id", text(rng)), ("type", text(rng)), ("tenant", text(rng))];
    let level = decimal(&number(rng));
    let snapshot = vec![("flag", RawValue::from(rng.below(2) == 0)), ("level", level)];
    let (actor, snapshot) = (record(rng, actor), record(rng, snapshot));
    RawRequest { action, actor, snapshot, unknown: unknown(rng), fault: None }
}

/// Facts that could not be found out, whether or not they have a value.
fn unknown(rng: &mut Rng) -> Vec<String> {
    let paths =
        ["actor.type", "actor.tenant", "snapshot.flag", "snapshot.seen", "snapshot.seen", "snapshot.level"];
    match rng.below(12) {
        0 => vec!["snapshot.sean".to_owned()],
        1..=3 => (0..=rng.below(2)).map(|_| paths[rng.below(paths.len())].to_owned()).collect(),
        _ => Vec::new(),
    }
}

fn compiled(schema: &str, policy: &str) -> Result<Policy, String> {
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", policy)]));
    let error = outcome.diagnostics.iter().find(|diagnostic| diagnostic.is_error());
    let message = error.map(|error| error.message.clone()).unwrap_or_default();
    outcome.policy.ok_or(message)
}

#[test]
fn index_on_and_index_off_agree() {
    let total = sets();
    let (next, compiled_sets, decided, undetermined) =
        (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let (ways, failed) = (Mutex::new(BTreeSet::new()), Mutex::new(BTreeSet::new()));
    let run = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= total {
                break;
            }
            let mut rng = Rng::new(seed ^ 0x1DE7_0000);
            let (schema, policy) = (schema(&mut rng), self::policy(&mut rng));
            let prepared = match compiled(&schema, &policy) {
                Ok(prepared) => prepared,
                Err(message) => {
                    failed.lock().expect("no panic holds it").insert(message);
                    continue;
                }
            };
            compiled_sets.fetch_add(1, Ordering::Relaxed);
            let reach = describe_plan(&prepared).expect("the policy is small");
            ways.lock().expect("no panic holds it").extend(reach.into_iter().flat_map(|reach| reach.by));
            for _ in 0..REQUESTS {
                let request = request(&mut rng);
                let (on, off) = (decide(&prepared, &request), decide_unplanned(&prepared, &request));
                decided.fetch_add(1, Ordering::Relaxed);
                undetermined.fetch_add(u64::from(!on.undetermined.is_empty()), Ordering::Relaxed);
                assert_eq!(on, off, "seed {seed}\n{schema}\n{policy}\nrequest: {request:#?}");
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(run);
        scope.spawn(run);
    });
    let (compiled_sets, decided) = (compiled_sets.into_inner(), decided.into_inner());
    let undetermined = undetermined.into_inner();
    println!(
        "{compiled_sets} of {total} sets; {decided} decisions equal, {undetermined} with undetermined rules"
    );
    assert!(
        compiled_sets * 10 >= total * 8,
        "too few generated sets compile: {compiled_sets} of {total}; {:?}",
        failed.into_inner()
    );
    let ways = ways.into_inner().expect("no panic holds it");
    let kinds = ways.iter().map(std::mem::discriminant).collect::<std::collections::HashSet<_>>();
    assert_eq!(kinds.len(), 6, "every way to a rule is tried: {ways:?}");
    assert!(ways.contains(&AccessMethod::Range));
}

/// Lists that hold the looked-up text many times, in three tests that are filed below each other: if each element led
/// on by itself, deciding would not end.
#[test]
fn a_text_that_a_list_repeats_is_looked_up_once() {
    let schema = "version: 1\nactions: { a: { fields: { x: list<string>, y: list<string>, z: list<string>, n: number } } }";
    let when = "'\"t\" in action.x && \"t\" in action.y && \"t\" in action.z && action.n * 2 > ";
    let rules = (0..12)
        .map(|n| format!("  - {{ id: r{n}, scope: {{ action: a }}, when: {when}{n}', effect: block }}\n"));
    let policy = format!("version: 1\ndefault: allow\nrules:\n{}", rules.collect::<String>());
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", &policy)]));
    let policy = outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics));
    let texts = |readable: bool| {
        let mut texts = vec![RawValue::from("t"); 9_999];
        texts.extend((!readable).then_some(RawValue::Null));
        RawValue::List(texts)
    };
    for readable in [true, false] {
        let lists = ["x", "y", "z"].map(|name| (name.to_owned(), texts(readable)));
        let others = [("type", RawValue::from("a")), ("n", RawValue::from(2))];
        let action = lists.into_iter().chain(others.map(|(name, value)| (name.to_owned(), value)));
        let request = RawRequest { action: Some(RawValue::Map(action.collect())), ..RawRequest::default() };
        assert_eq!(decide(&policy, &request), decide_unplanned(&policy, &request));
    }
}
