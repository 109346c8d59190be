//! How long a call at the limit of cost takes, by what its body does.
//!
//! Each line is one condition whose request is grown until the call costs nearly the limit; then it is evaluated a few
//! times, and the fastest time is scaled to the limit.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use actra_compile::{PolicySet, compile};
use actra_model::{RawMap, RawRequest, RawValue, Request, limits};

/// What a call at the limit may take.
const ALLOWED: Duration = Duration::from_millis(50);

/// How requests grow: more elements, a longer text, or both.
#[derive(Clone, Copy)]
enum Grow {
    Elements,
    Text,
}

/// A body and how its requests grow.
struct Body {
    name: &'static str,
    condition: &'static str,
    grow: Grow,
}

const fn elements(name: &'static str, condition: &'static str) -> Body {
    Body { name, condition, grow: Grow::Elements }
}

const fn text(name: &'static str, condition: &'static str) -> Body {
    Body { name, condition, grow: Grow::Text }
}

const BODIES: &[Body] = &[
    elements("a constant", "action.few.all(a, action.ns.all(b, action.ns.all(c, true)))"),
    elements("numbers equal", "action.few.all(a, action.ns.all(b, action.ns.all(c, c != -1)))"),
    elements("indexes", "action.few.all(a, action.ns.all(i, b, action.ns.all(j, c, j >= 0)))"),
    elements("34 digits", "action.few.all(a, action.longs.all(b, action.longs.all(c, b + c > c - b)))"),
    elements("products", "action.few.all(a, action.ns.all(b, action.ns.all(c, b * c >= 0)))"),
    elements("texts equal", "action.few.all(a, action.ss.all(b, action.ss.all(c, b != \"\" || c != b)))"),
    elements("in a list", "action.few.all(a, action.ns.all(b, !(-1 in action.ns)))"),
    elements("in texts", "action.few.all(a, action.ss.all(b, !(\"q\" in action.ss)))"),
    elements("objects", "action.few.all(a, action.os.all(b, action.os.all(c, b.n >= 0 && c.s != \"\")))"),
    elements("objects equal", "action.few.all(a, action.os.all(b, action.os.all(c, b == c || b != c)))"),
    elements("nested lists", "action.few.all(a, action.nested.all(b, action.nested.all(c, b == c || true)))"),
    elements("distinct numbers", "action.ns.distinct().size() > 0"),
    elements("distinct texts", "action.ss.distinct().size() > 0"),
    elements("sets of texts", "!sets.contains(action.ss, action.ts)"),
    elements("sets of numbers", "sets.intersects(action.ns, action.ms) || true"),
    elements("maps by key", "action.few.all(a, action.ss.all(b, action.ss.all(c, !(c in action.m))))"),
    elements("look-ups", "action.few.all(a, action.ss.all(b, action.ks.all(c, action.m[c] >= 0)))"),
    elements("map entries", "action.few.all(a, action.ns.all(b, action.m.all(k, v, v >= 0)))"),
    elements("map keys", "action.few.all(a, action.ns.all(b, action.m.all(k, k != \"\")))"),
    elements("any", "action.few.all(a, action.ns.all(b, action.any.all(c, c.n >= 0)))"),
    elements("any texts", "action.few.all(a, action.ns.all(b, action.any.all(c, c.s != \"q\")))"),
    elements(
        "calendars",
        "action.few.all(a, action.times.all(b, action.times.all(c, c.getHours(\"Europe/Berlin\") >= 0)))",
    ),
    elements(
        "times",
        "action.few.all(a, action.times.all(b, action.times.all(c, b - c < duration(\"9000h\"))))",
    ),
    elements("urls", "action.few.all(a, action.urls.all(b, action.urls.all(c, b == c || true)))"),
    elements("paths", "action.few.all(a, action.paths.all(b, action.paths.all(c, !b.within(c) || true)))"),
    elements("filter", "action.few.all(a, action.ns.all(b, action.ns.filter(c, true).size() >= 0))"),
    elements("map", "action.few.all(a, action.ns.all(b, action.ns.map(c, c).size() >= 0))"),
    elements(
        "map to text",
        "action.few.all(a, action.ns.all(b, action.longs.map(c, string(c)).size() >= 0))",
    ),
    elements("lists joined", "action.few.all(a, action.ns.all(b, (action.ns + action.ns).size() >= 0))"),
    elements("lists written out", "action.few.all(a, action.ns.all(b, action.ns.all(c, [b, c].size() > 0)))"),
    elements("sum", "action.few.all(a, action.ns.all(b, action.longs.sum() >= 0))"),
    elements("min", "action.few.all(a, action.ns.all(b, action.ss.min() != \"\"))"),
    elements("int", "action.few.all(a, action.digits.all(b, action.digits.all(c, int(c) >= 0)))"),
    elements("short texts", "action.few.all(a, action.ss.all(b, action.ss.all(c, !b.contains(c) || true)))"),
    elements(
        "short patterns",
        "action.few.all(a, action.ss.all(b, action.ss.all(c, !c.matches(\"^[0-9]+$\"))))",
    ),
    text("contains", "action.few.all(a, !action.s.contains(\"aab\"))"),
    text("contains half", "action.few.all(a, !action.s.contains(action.half))"),
    text("starts with", "action.ss.all(a, action.s.startsWith(action.s))"),
    text("long texts equal", "action.ss.all(a, action.s == action.s)"),
    text("index", "action.few.all(a, action.s.indexOf(\"aab\") < 0)"),
    text("last index", "action.few.all(a, action.s.lastIndexOf(\"baa\") < 0)"),
    text("substring", "action.few.all(a, action.s.substring(action.middle) != \"\")"),
    text("lower", "action.few.all(a, action.s.lowerAscii() != \"\")"),
    text("trim", "action.few.all(a, action.blank.trim() == \"\")"),
    text("size", "action.few.all(a, size(action.s) > 0)"),
    text("replace one", "action.few.all(a, action.s.replace(\"a\", \"b\") != \"\")"),
    text("replace many", "action.few.all(a, action.s.replace(\"a\", \"bbb\") != \"\")"),
    text("replace none", "action.few.all(a, action.s.replace(\"aab\", \"b\") != \"\")"),
    text("split", "action.few.all(a, action.commas.split(\",\").size() > 0)"),
    text("split single", "action.few.all(a, action.short.split(\"\").size() > 0)"),
    text("matches", "action.few.all(a, !action.s.matches(\"b[0-9]c\"))"),
    text("matches slowly", "action.mixed.matches(\"^(?:a|b)*a(?:a|b){20}c?d$\") || true"),
    text("matches very slowly", "action.mixed.matches(\"^[ab]*a[ab]{200}c?$\") || true"),
    text("matches most slowly", "action.mixed.matches(\"^(a|b)*a(a|b){300}2?$\") || true"),
    text("repeats in repeats", "action.mixed.matches(\"^((a|b){1,30}b?){1,30}c?$\") || true"),
    text("words", "action.mixed.matches(\"a.{100}b.{100}c.{100}[ab]\") || true"),
];

const SCHEMA: &str = "
version: 1
actions:
  a:
    fields:
      few: list<number>
      ns: list<number>
      ms: list<number>
      longs: list<number>
      ss: list<string>
      ts: list<string>
      ks: list<string>
      digits: list<string>
      os: { type: list, of: { type: object, fields: { n: number, s: string } } }
      nested: { type: list, of: { type: list, of: number } }
      times: list<timestamp>
      urls: list<url>
      paths: list<path>
      m: map<number>
      any: any
      s: string
      half: string
      blank: string
      commas: string
      short: string
      mixed: string
      middle: number
";

fn list(count: usize, of: impl Fn(usize) -> RawValue) -> RawValue {
    RawValue::List((0..count).map(of).collect())
}

fn number(value: usize) -> RawValue {
    RawValue::Number(actra_model::Decimal::from(value as i64))
}

fn string(text: impl Into<String>) -> RawValue {
    RawValue::String(text.into())
}

/// Letters in no order, so that an automaton meets many states (xorshift, Marsaglia 2003).
fn letters(count: usize) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if state & 1 == 0 { 'a' } else { 'b' }
    };
    (0..count).map(|_| next()).collect()
}

/// A request that grows with the size and has the fields that the condition reads: more would make it too large.
fn request(body: &Body, size: usize) -> RawRequest {
    let (count, bytes) = match body.grow {
        Grow::Elements => (size.min(limits::ELEMENTS), 100),
        Grow::Text => (40, size),
    };
    let long = |idx: usize| {
        let text = format!("{}.{:033}", idx % 9 + 1, idx + 1);
        actra_model::Decimal::parse_json(&text).map_or(RawValue::Null, RawValue::Number)
    };
    let object = |idx: usize| {
        RawValue::Map([("n".to_owned(), number(idx)), ("s".to_owned(), string(format!("s{idx}")))].into())
    };
    let entries: RawMap = (0..count).map(|idx| (format!("key{idx}"), number(idx))).collect();
    let fields: RawMap = [
        ("type", string("a")),
        ("few", list(8, number)),
        ("ns", list(count, number)),
        ("ms", list(count, |idx| number(idx + 100_000))),
        ("longs", list(count, long)),
        ("ss", list(count, |idx| string(format!("text{idx:06}")))),
        ("ts", list(count, |idx| string(format!("text{:06}", count - idx - 1)))),
        ("ks", list(count, |idx| string(format!("key{idx}")))),
        ("digits", list(count, |idx| string(format!("{:034}", idx + 1)))),
        ("os", list(count, object)),
        ("nested", list(count, |_| list(20, number))),
        ("times", list(count, |idx| string(format!("2026-01-01T00:{:02}:{:02}Z", idx / 60 % 60, idx % 60)))),
        ("urls", list(count, |idx| string(format!("https://example.com/some/where/{idx}")))),
        ("paths", list(count, |idx| string(format!("/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/{}", idx % 2)))),
        ("any", list(count, object)),
        ("s", string("a".repeat(bytes))),
        ("half", string(format!("{}b", "a".repeat(bytes / 2)))),
        ("blank", string(" ".repeat(bytes))),
        ("commas", string(",".repeat(bytes.min(9_000)))),
        ("short", string("a".repeat(bytes.min(9_000)))),
        ("mixed", string(letters(bytes))),
        ("middle", number(bytes / 2)),
    ]
    .into_iter()
    .chain([("m", RawValue::Map(entries))])
    .filter(|(name, _)| *name == "type" || reads(body, name))
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let empty = RawValue::Map([("id".to_owned(), string("x"))].into());
    RawRequest {
        action: Some(RawValue::Map(fields)),
        actor: Some(empty.clone()),
        snapshot: Some(empty),
        ..RawRequest::default()
    }
}

/// Whether the condition names a field of the action.
fn reads(body: &Body, name: &str) -> bool {
    let named = |rest: &str| {
        rest.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric()))
    };
    body.condition.split("action.").skip(1).any(named)
}

/// A policy with one rule, compiled anew: patterns keep what they learned about texts.
fn policy(body: &Body) -> Option<actra_ir::Policy> {
    let policy = format!(
        "version: 1\ndefault: allow\nrules:\n  - id: r\n    scope: {{ action: a }}\n    when: |\n      {}\n    effect: block\n",
        body.condition
    );
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", &policy)]));
    if outcome.policy.is_none() {
        eprintln!("{}: {:?}", body.name, outcome.diagnostics.first());
    }
    outcome.policy
}

/// How long the condition of a policy takes.
fn time(body: &Body, request: &Request) -> Option<Duration> {
    let policy = policy(body)?;
    let condition = &policy.rules.first()?.condition;
    let start = Instant::now();
    let truth = actra_eval::truth(condition, request);
    let taken = start.elapsed();
    if let actra_eval::Truth::Undetermined(leaf) = truth {
        eprintln!("{}: {leaf:?}", body.name);
    }
    Some(taken)
}

/// What a call at the limit takes, and what one was measured at.
fn measure(body: &Body) -> Option<(Duration, u64)> {
    let policy = policy(body)?;
    let condition = &policy.rules.first()?.condition;
    let admitted = |size| Request::from_raw(&policy.schema, &request(body, size));
    let cost = |size| actra_eval::costs(condition, &admitted(size)).into_iter().sum::<u64>();
    // Keys and texts of ten thousand elements stay below a megabyte, half a text more does, too.
    let most = match body.grow {
        Grow::Elements => limits::ELEMENTS,
        Grow::Text => 600_000,
    };
    let (mut low, mut high) = (1, most);
    while low + 1 < high {
        let middle = (low + high) / 2;
        if cost(middle) <= limits::CALL_COST { low = middle } else { high = middle }
    }
    let (units, request) = (cost(low), admitted(low));
    let fastest = (0..5).filter_map(|_| time(body, &request)).min()?;
    Some((fastest.mul_f64(limits::CALL_COST as f64 / units.max(1) as f64), units))
}

fn main() -> ExitCode {
    let only = std::env::args().nth(1).unwrap_or_default();
    let mut slow = false;
    println!("| body | ms at the limit | units measured |\n|---|--:|--:|");
    for body in BODIES.iter().filter(|body| body.name.contains(&only)) {
        let Some((taken, units)) = measure(body) else {
            slow = true;
            continue;
        };
        slow |= taken > ALLOWED;
        println!("| {} | {:.1} | {units} |", body.name, taken.as_secs_f64() * 1e3);
    }
    if slow { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
