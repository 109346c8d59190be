//! Values of types: all small ones, and long ones at random.

use actra_model::RawValue;
use actra_reference::generate::Rng;

use super::field::Ty;

/// Values of a scalar type as JSON: what literals mention, neighbours, and others. The first are those that lists hold.
fn scalars(ty: &Ty) -> &'static [&'static str] {
    match ty {
        Ty::Bool => &["true", "false"],
        Ty::Int => &["1", "2", "0", "3", "4", "-1", "5", "7", "100", "-5"],
        Ty::Num => &["0.5", "1", "1.5", "0", "2", "0.1", "-0.5", "10"],
        Ty::Str => &[
            "\"a\"", "\"b\"", "\"ab\"", "\"B\"", "\"abc\"", "\"\"", "\"ba\"", "\"zz\"", "\"a@b\"", "\"aa\"",
            "\"A\"",
        ],
        Ty::Span => &["\"1h\"", "\"30m\"", "\"90m\"", "\"0s\"", "\"2h\"", "\"1ms\"", "\"-1h\""],
        Ty::Time => &[
            "\"2026-03-01T00:00:00Z\"",
            "\"2026-03-01T01:00:00Z\"",
            "\"2026-03-01T00:30:00Z\"",
            "\"2026-02-28T23:59:59Z\"",
            "\"2026-03-01T00:00:01Z\"",
            "\"2026-03-01T09:00:00+02:00\"",
            "\"2026-03-02T12:00:00Z\"",
        ],
        Ty::Date => &["\"2026-03-01\"", "\"2026-02-28\"", "\"2026-03-02\"", "\"2026-03-31\""],
        Ty::Path => &[
            "\"/srv/a\"",
            "\"/srv\"",
            "\"/etc\"",
            "\"/srv/a/../b\"",
            "\"/srv-old\"",
            "\"srv/a\"",
            "\"..\"",
            "\"/\"",
        ],
        Ty::Url => &[
            "\"https://a.example/\"",
            "\"https://a.example/x\"",
            "\"HTTPS://a.example:443/x\"",
            "\"http://a.example/\"",
            "\"https://b.example/?q=1\"",
        ],
        Ty::Ip => &[
            "\"10.0.0.1\"",
            "\"11.0.0.0\"",
            "\"10.0.0.0\"",
            "\"10.255.255.255\"",
            "\"192.168.1.1\"",
            "\"::1\"",
            "\"2001:db8::1\"",
        ],
        Ty::Amount => {
            &["\"1\"", "\"500Mi\"", "\"1Gi\"", "\"512Mi\"", "\"0.5\"", "\"1500m\"", "\"1k\"", "\"-1\""]
        }
        Ty::Any => &[
            "1",
            "\"a\"",
            "{\"n\":1}",
            "{\"n\":2,\"s\":\"a\"}",
            "{\"s\":\"b\"}",
            "true",
            "null",
            "{}",
            "{\"n\":\"a\"}",
            "[1,2]",
            "{\"n\":null}",
            "0",
            "\"b\"",
        ],
        Ty::Item | Ty::List(_) | Ty::Map(_) => &[],
    }
}

/// A value that is no value of any type that is asked for.
pub fn broken(rng: &mut Rng) -> RawValue {
    parse(rng.pick(&[
        "\"?!\"",
        "17.25",
        "null",
        "[]",
        "{\"?\":[]}",
        "[null]",
        "[\"?!\", 1]",
        "true",
        "[1, \"?!\"]",
    ]))
}

pub fn parse(text: &str) -> RawValue {
    actra_wire::json_reader::parse_value(text.as_bytes()).expect("values of the domains are JSON")
}

fn items() -> Vec<RawValue> {
    [
        r#"{"k":"a","v":1,"ls":[1]}"#,
        r#"{"k":"b","v":2,"ls":[]}"#,
        r#"{"k":"a","v":0,"ls":[1,2,3],"o":1}"#,
        r#"{"k":"ab","v":3,"ls":[2,2],"o":2}"#,
        r#"{"k":"","v":5,"ls":[5,1,0,4],"o":0}"#,
    ]
    .map(parse)
    .to_vec()
}

/// All small values of a type.
pub fn small(ty: &Ty) -> Vec<RawValue> {
    match ty {
        Ty::Item => items(),
        Ty::List(of) => lists(&small(of)),
        Ty::Map(of) => maps(&small(of)),
        scalar => scalars(scalar).iter().map(|text| parse(text)).collect(),
    }
}

/// All lists of up to three of the first values.
fn lists(of: &[RawValue]) -> Vec<RawValue> {
    let (mut all, mut longest) = (vec![Vec::new()], vec![Vec::new()]);
    for few in [5, 4, 3] {
        let longer = longest.iter().flat_map(|list: &Vec<RawValue>| {
            of.iter().take(few).map(|element| [list.as_slice(), std::slice::from_ref(element)].concat())
        });
        longest = longer.collect();
        all.extend(longest.iter().cloned());
    }
    all.into_iter().map(RawValue::List).collect()
}

/// All maps of the keys `a` and `b` to one of the first values.
fn maps(of: &[RawValue]) -> Vec<RawValue> {
    let choices: Vec<Option<&RawValue>> = std::iter::once(None).chain(of.iter().take(4).map(Some)).collect();
    let pairs = choices.iter().flat_map(|a| choices.iter().map(move |b| [("a", *a), ("b", *b)]));
    pairs
        .map(|pair| object(pair.into_iter().filter_map(|(key, value)| Some((key, value?.clone())))))
        .collect()
}

fn object<'a>(members: impl Iterator<Item = (&'a str, RawValue)>) -> RawValue {
    RawValue::Map(
        members.map(|(key, value)| (key.to_owned(), value)).collect::<Vec<_>>().into_iter().collect(),
    )
}

/// Any value of a type, now and then a long one.
pub fn random(ty: &Ty, rng: &mut Rng) -> RawValue {
    match ty {
        Ty::Item => object(
            [
                Some(("k", random(&Ty::Str, rng))),
                Some(("v", random(&Ty::Int, rng))),
                Some(("ls", random(&Ty::list(Ty::Int), rng))),
                rng.one_in(2).then(|| ("o", random(&Ty::Int, rng))),
            ]
            .into_iter()
            .flatten(),
        ),
        Ty::List(of) => list(of, rng),
        Ty::Map(of) => {
            let keys = ["a", "b", "ab", "c", "zz", "k1", "k2", "k3", "k4", "k5"];
            let most = if rng.one_in(4) { keys.len() + 1 } else { 3 };
            let count = rng.below(most);
            let start = if rng.one_in(3) { rng.below(keys.len() - count + 1) } else { 0 };
            object(keys[start..start + count].iter().map(|key| (*key, random(of, rng))))
        }
        scalar => parse(rng.pick(scalars(scalar))),
    }
}

fn list(of: &Ty, rng: &mut Rng) -> RawValue {
    let nested = matches!(of, Ty::List(_) | Ty::Item);
    let elements: Vec<RawValue> = match rng.below(if nested { 10 } else { 20 }) {
        0..=9 => (0..rng.below(5)).map(|_| random(of, rng)).collect(),
        10 | 11 => (0..5 + rng.below(8)).map(|_| random(of, rng)).collect(),
        // Few different ones, many times.
        12 => few(of, rng, 5, 8),
        13 => few(of, rng, 18, 43),
        14 => (0..18 + rng.below(43)).map(|_| random(of, rng)).collect(),
        15 => padded(of, rng),
        // All different, in a row.
        _ => row(of, rng),
    };
    RawValue::List(elements)
}

/// One or two values, each many times: `least`, or less than `more` more.
fn few(of: &Ty, rng: &mut Rng, least: usize, more: usize) -> Vec<RawValue> {
    let count = least + rng.below(more);
    let chosen: Vec<RawValue> = (0..1 + rng.below(2)).map(|_| random(of, rng)).collect();
    (0..count).map(|_| chosen[rng.below(chosen.len())].clone()).collect()
}

/// One or two values, and then a third sixty times.
fn padded(of: &Ty, rng: &mut Rng) -> Vec<RawValue> {
    let mut list: Vec<RawValue> = (0..1 + rng.below(3)).map(|_| random(of, rng)).collect();
    let last = random(of, rng);
    list.resize(60, last);
    list
}

fn row(of: &Ty, rng: &mut Rng) -> Vec<RawValue> {
    let most = if rng.one_in(4) { 70 } else { 15 };
    let count = 1 + rng.below(most);
    let start = i64::try_from(rng.below(4)).unwrap_or(0) - 1;
    let step = if rng.one_in(4) { 2 } else { 1 };
    match of {
        Ty::Int => {
            (0..count).map(|at| RawValue::from(start + step * i64::try_from(at).unwrap_or(0))).collect()
        }
        Ty::Num => (0..count).map(|at| parse(&format!("{}.5", at))).collect(),
        Ty::Str => {
            (0..count).map(|at| parse(&format!("\"{}{}\"", ["a", "b", ""][rng.below(3)], at))).collect()
        }
        of => (0..count.min(4)).map(|_| random(of, rng)).collect(),
    }
}
