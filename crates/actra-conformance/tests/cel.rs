//! Expressions against an independent implementation, the `cel` crate, on the common subset: booleans, integers,
//! strings and lists that are all there, where every expression has a value in both.

use actra_compile::{PolicySet, compile};
use actra_model::{Effect, RawMap, RawRequest, RawValue, Request};
use actra_reference::generate::Rng;
use cel::{Context, Program, Value};

const SCHEMA: &str = "version: 1
actions: { a: { fields: { i: integer, j: integer, s: string, t: string, b: boolean, xs: { type: list, of: integer, max_items: 8 }, ss: { type: list, of: string, max_items: 8 }, m: { type: map, of: integer, max_items: 8 } } } }
";
const STRINGS: [&str; 7] = ["", "a", "ab", "ba", "b a", "é", "z\u{10348}"];

fn cases() -> u64 {
    let soak = std::env::var("ACTRA_SOAK").ok().and_then(|count| count.parse::<u64>().ok());
    soak.map_or(4_000, |count| (count / 10).max(4_000))
}

fn text(rng: &mut Rng) -> String {
    format!("'{}'", rng.pick(&STRINGS))
}

fn integer(rng: &mut Rng, depth: usize) -> String {
    match rng.below(if depth == 0 { 4 } else { 10 }) {
        0 => "action.i".into(),
        1 => "action.j".into(),
        2 | 3 => rng.below(5).to_string(),
        4 => format!("({} + {})", integer(rng, depth - 1), integer(rng, depth - 1)),
        5 => format!("({} - {})", integer(rng, depth - 1), integer(rng, depth - 1)),
        6 => format!("({} * {})", integer(rng, depth - 1), integer(rng, depth - 1)),
        7 => format!("size({})", string(rng)),
        8 => "size(action.xs)".into(),
        _ => format!(
            "({} ? {} : {})",
            boolean(rng, depth - 1),
            integer(rng, depth - 1),
            integer(rng, depth - 1)
        ),
    }
}

fn string(rng: &mut Rng) -> String {
    match rng.below(3) {
        0 => "action.s".into(),
        1 => "action.t".into(),
        _ => text(rng),
    }
}

fn boolean(rng: &mut Rng, depth: usize) -> String {
    if depth == 0 {
        return atom(rng, 0);
    }
    match rng.below(12) {
        0 | 1 => format!("({} && {})", boolean(rng, depth - 1), boolean(rng, depth - 1)),
        2 | 3 => format!("({} || {})", boolean(rng, depth - 1), boolean(rng, depth - 1)),
        4 => format!("!({})", boolean(rng, depth - 1)),
        5 => format!(
            "({0} ? {1} : {2})",
            boolean(rng, depth - 1),
            boolean(rng, depth - 1),
            boolean(rng, depth - 1)
        ),
        _ => atom(rng, depth - 1),
    }
}

fn atom(rng: &mut Rng, depth: usize) -> String {
    let order = ["==", "!=", "<", "<=", ">", ">="];
    let n = rng.below(4);
    match rng.below(15) {
        0..=2 => format!("{} {} {}", integer(rng, depth), rng.pick(&order), integer(rng, depth)),
        3 | 4 => format!("{} {} {}", string(rng), rng.pick(&order), string(rng)),
        5 => "action.b".into(),
        6 => format!("{}.contains({})", string(rng), string(rng)),
        7 => format!("{}.startsWith({})", string(rng), string(rng)),
        8 => format!("{}.endsWith({})", string(rng), string(rng)),
        9 => format!("{} in action.xs", integer(rng, depth)),
        10 => format!("{} in action.ss", string(rng)),
        11 => {
            format!("action.xs.{}(x, x {} {n})", rng.pick(&["all", "exists", "exists_one"]), rng.pick(&order))
        }
        12 => format!("size(action.xs.filter(x, x > {n})) {} {n}", rng.pick(&order)),
        13 => format!("{n} in action.xs.map(x, x + 1)"),
        _ => format!("{} in action.m", text(rng)),
    }
}

struct Facts {
    numbers: [i64; 2],
    strings: [&'static str; 2],
    flag: bool,
    xs: Vec<i64>,
    ss: Vec<&'static str>,
    m: Vec<(&'static str, i64)>,
}

fn facts(rng: &mut Rng) -> Facts {
    let number = |rng: &mut Rng| i64::try_from(rng.below(6)).unwrap_or(0) - 2;
    Facts {
        numbers: [number(rng), number(rng)],
        strings: [STRINGS[rng.below(7)], STRINGS[rng.below(7)]],
        flag: rng.one_in(2),
        xs: (0..rng.below(4)).map(|_| number(rng)).collect(),
        ss: (0..rng.below(4)).map(|_| STRINGS[rng.below(7)]).collect(),
        m: STRINGS.into_iter().filter(|_| rng.one_in(3)).map(|key| (key, 1)).collect(),
    }
}

fn request(facts: &Facts) -> RawRequest {
    let list = |items: Vec<RawValue>| RawValue::List(items);
    let mut action = RawMap::new();
    let mut put = |name: &str, value: RawValue| drop(action.insert(name.to_owned(), value));
    put("type", "a".into());
    put("i", facts.numbers[0].into());
    put("j", facts.numbers[1].into());
    put("s", facts.strings[0].into());
    put("t", facts.strings[1].into());
    put("b", facts.flag.into());
    put("xs", list(facts.xs.iter().map(|x| RawValue::from(*x)).collect()));
    put("ss", list(facts.ss.iter().map(|x| RawValue::from(*x)).collect()));
    put(
        "m",
        RawValue::Map(
            facts.m.iter().map(|(key, value)| ((*key).to_owned(), RawValue::from(*value))).collect(),
        ),
    );
    RawRequest { action: Some(RawValue::Map(action)), ..RawRequest::default() }
}

fn variables(facts: &Facts) -> Context<'static, 'static> {
    let mut action: std::collections::HashMap<String, Value> = std::collections::HashMap::new();
    let mut put = |name: &str, value: Value| drop(action.insert(name.to_owned(), value));
    put("i", facts.numbers[0].into());
    put("j", facts.numbers[1].into());
    put("s", facts.strings[0].into());
    put("t", facts.strings[1].into());
    put("b", facts.flag.into());
    put("xs", facts.xs.clone().into());
    put("ss", facts.ss.iter().map(|text| Value::from(*text)).collect::<Vec<_>>().into());
    put(
        "m",
        facts
            .m
            .iter()
            .map(|(key, value)| ((*key).to_owned(), *value))
            .collect::<std::collections::HashMap<_, _>>()
            .into(),
    );
    let mut context = Context::default();
    context.add_variable_from_value("action", action);
    context
}

#[test]
fn expressions_mean_what_another_implementation_says() {
    let (mut holds, mut compared) = (0u64, 0u64);
    for seed in 0..cases() {
        let mut rng = Rng::new(seed);
        let expression = boolean(&mut rng, 3);
        let policy = format!(
            "version: 1\ndefault: allow\nrules:\n  - id: r\n    scope: {{ action: a }}\n    effect: block\n    when: \"{expression}\"\n"
        );
        let outcome =
            compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", policy.as_str())]));
        let policy = outcome.policy.unwrap_or_else(|| panic!("{expression}: {:#?}", outcome.diagnostics));
        let program = Program::compile(&expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
        for _ in 0..10 {
            let facts = facts(&mut rng);
            let decision = actra_eval::decide(&policy, &Request::from_raw(&policy.schema, &request(&facts)));
            assert!(decision.undetermined.is_empty(), "{expression}");
            let theirs =
                program.execute(&variables(&facts)).unwrap_or_else(|error| panic!("{expression}: {error}"));
            let ours = decision.effect == Effect::Block;
            assert_eq!(Value::Bool(ours), theirs, "seed {seed}: {expression}\n{:#?}", request(&facts));
            holds += u64::from(ours);
            compared += 1;
        }
    }
    println!("{compared} values equal, {holds} of them true");
    assert!(holds * 10 > compared && holds * 10 < compared * 9, "the sample is one-sided");
}
