//! The engine and the reference count costs alike, and what costs too much never makes an outcome more permissive.

use actra_compile::{PolicySet, compile};
use actra_diagnostics::{Diagnostic, FileId};
use actra_ir::Policy;
use actra_ir::cost::{Bounds, cost, outermost};
use actra_model::{RawMap, RawRequest, RawValue, Request};
use actra_reference::generate::{self, Rng};
use actra_syntax::ast::PolicyFile;

/// Costs beyond are all the same to the reference.
const COUNTLESS: u64 = 1 << 60;

fn trees(files: &[(String, String)]) -> Vec<PolicyFile> {
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let policies = files.iter().filter(|(path, _)| path != "schema.yaml");
    let parse = |(_, text): &(String, String)| {
        let node = actra_syntax::yaml::parse(FileId(0), text, &mut 1000, &mut diagnostics)?;
        Some(actra_syntax::decode_policy(&node, &mut diagnostics))
    };
    policies.filter_map(parse).collect()
}

fn policy(files: &[(String, String)]) -> Option<Policy> {
    compile(&PolicySet::from_texts(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))).policy
}

/// Compares the costs of all rules that cover the request's action, and holds them to the bounds of the schema.
/// Gives how many calls were compared.
fn check(policy: &Policy, files: &[PolicyFile], raw: &RawRequest, name: &str) -> usize {
    let request = Request::from_raw(&policy.schema, raw);
    let Some(action) = request.action_id else { return 0 };
    let written = files.iter().flat_map(|file| &file.rules);
    let mut compared = 0;
    for (rule, written) in policy.rules.iter().zip(written) {
        if !rule.actions.contains(&action) {
            continue;
        }
        let ours: Vec<u64> = actra_eval::costs(&rule.condition, &request)
            .iter()
            .map(|units| (*units).min(COUNTLESS))
            .collect();
        let theirs =
            actra_reference::costs(&policy.schema, files, raw, written).expect("the action is declared");
        assert_eq!(ours, theirs, "{name}: rule {}", rule.id);
        let mut bounds = Bounds::new(&policy.schema, &rule.actions);
        for (call, units) in outermost(&rule.condition).into_iter().zip(&ours) {
            let most = cost(call, &mut bounds);
            assert!(*units <= most, "{name}: rule {} costs {units}, and {most} was the most", rule.id);
        }
        compared += ours.len();
    }
    compared
}

#[test]
fn costs_of_generated_requests_agree() {
    let mut compared = 0;
    for seed in 0..400 {
        let set = generate::set(seed);
        let Some(policy) = policy(&set.files) else { continue };
        let files = trees(&set.files);
        let mut rng = Rng::new(seed ^ 0xC057);
        for _ in 0..20 {
            let raw = generate::request(&policy.schema, &mut rng);
            compared += check(&policy, &files, &raw, &format!("set {seed}"));
        }
    }
    assert!(compared > 1_000, "{compared}");
}

/// Conditions that are decided by `flag` alone, beside a part that may cost too much.
const LARGE: &[&str] = &[
    "action.xs.all(x, action.text.contains(x) || true)",
    "action.xs.all(x, action.ys.exists(y, x == y) || true)",
    "action.xs.all(x, x.matches(\"^[a-z]{0,40}$\") || true)",
    "action.xs.map(x, x.replace(\"a\", \"bb\")).distinct().size() >= 0",
    "sets.intersects(action.xs, action.ys) || true",
    "!sets.equivalent(action.xs.filter(x, x != \"\"), action.ys) || true",
    "action.text.split(\",\").all(x, x in action.xs || true)",
    "action.m.all(k, v, action.m[k] == v)",
    "action.m.all(k, k in action.m)",
    "(action.xs + action.ys).exists(x, x == action.text) || true",
    "action.os.all(o, action.os.exists(p, p.name == o.name && p.tags.exists(t, t in o.tags)) || true)",
    "action.any.all(x, x != null) || true",
    "action.paths.all(p, action.paths.all(q, !p.within(q) || true))",
    "action.xs.all(x, [x, action.text].exists(y, y.lowerAscii() == x) || true)",
    "action.ns.all(n, action.ns.all(m, n * m + n - m >= 0 || true))",
    "action.ns.sum() >= 0 && action.ns.all(n, string(n) != \"\" && n in action.ns)",
];

/// A set with a rule for each condition.
fn large_set(conditions: &[&str], default: &str, effect: &str) -> Vec<(String, String)> {
    let schema = "version: 1
actions:
  a:
    fields:
      flag: boolean
      text: string
      xs: list<string>
      ys: list<string>
      m: map<number>
      os: { type: list, of: { type: object, fields: { name: string, tags: list<string>, note: string? } } }
      any: any
      paths: list<path>
      ns: list<number>
";
    let mut policy = format!("version: 1\ndefault: {default}\nrules:\n");
    for (idx, condition) in conditions.iter().enumerate() {
        policy += &format!(
            "  - id: r{idx}\n    scope: {{ action: a }}\n    when: |\n      action.flag && ({condition})\n    effect: {effect}\n"
        );
    }
    vec![("schema.yaml".to_owned(), schema.to_owned()), ("policy.yaml".to_owned(), policy)]
}

fn texts(rng: &mut Rng, count: usize, length: usize) -> RawValue {
    let text =
        |_| RawValue::String("ab,".chars().cycle().skip(rng.below(3)).take(rng.below(length + 1)).collect());
    RawValue::List((0..count).map(text).collect())
}

fn number(number: usize) -> RawValue {
    RawValue::Number(actra_model::Decimal::from(i64::try_from(number).expect("small")))
}

/// How large the fields of a request are: at most so many elements, with at most so many bytes each, and a text.
#[derive(Clone, Copy)]
struct Shape {
    elements: usize,
    length: usize,
    text: usize,
}

/// Bytes of one field at most, so that the request as a whole stays below its limit and is looked at.
const FIELD_BYTES: usize = 140_000;

/// A request of about that size in each field.
fn large(rng: &mut Rng, shape: Shape) -> RawRequest {
    let Shape { elements, length, text } = shape;
    // `each` are the bytes that an element has on average.
    let mut count = |each: usize| rng.below(elements.min(FIELD_BYTES / each) + 1);
    let counts = [
        count(length / 2 + 8),
        count(length / 2 + 8),
        count(60),
        count(length / 2 + 160),
        count(length / 2 + 4),
    ];
    let [xs, ys, entries, objects, paths] = counts;
    let object = |rng: &mut Rng| {
        let name = RawValue::String("n".repeat(rng.below(length + 1)));
        let count = rng.below(8);
        let tags = texts(rng, count, 40);
        RawValue::Map([("name".to_owned(), name), ("tags".to_owned(), tags)].into())
    };
    let path = |rng: &mut Rng| RawValue::String(format!("/{}", "d/".repeat(rng.below(length / 2 + 1))));
    let entries: RawMap =
        (0..entries).map(|idx| (format!("{}{idx}", "k".repeat(idx % 90)), number(idx))).collect();
    let objects = (0..objects).map(|_| object(rng)).collect::<Vec<_>>();
    let paths = (0..paths).map(|_| path(rng)).collect::<Vec<_>>();
    let fields: RawMap = [
        ("type", RawValue::String("a".to_owned())),
        ("flag", RawValue::Bool(true)),
        ("text", RawValue::String("ab,".repeat(text / 3))),
        ("xs", texts(rng, xs, length)),
        ("ys", texts(rng, ys, length)),
        ("m", RawValue::Map(entries)),
        ("any", RawValue::List(objects.clone())),
        ("os", RawValue::List(objects)),
        ("paths", RawValue::List(paths)),
        ("ns", RawValue::List((0..xs).map(number).collect())),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    RawRequest { action: Some(RawValue::Map(fields)), ..RawRequest::default() }
}

#[test]
fn costs_of_large_requests_agree() {
    let files = large_set(LARGE, "allow", "block");
    let (policy, trees) = (policy(&files).expect("the set compiles"), trees(&files));
    let mut rng = Rng::new(1);
    for round in 0..60 {
        let (elements, length) = ([20, 400, 3_000][round % 3], [10, 300, 2_000][round / 3 % 3]);
        let raw = large(&mut rng, Shape { elements, length, text: 3 * length });
        let compared = check(&policy, &trees, &raw, &format!("round {round}"));
        assert!(compared >= LARGE.len(), "round {round}: {compared}");
    }
}

#[test]
fn what_costs_too_much_makes_no_outcome_more_permissive() {
    let mut costly = 0;
    for condition in LARGE {
        for (default, effect) in [("allow", "block"), ("block", "allow"), ("require_approval", "allow")] {
            costly += never_more_permissive(&large_set(&[condition], default, effect), condition);
        }
    }
    assert!(costly > 60, "{costly}");
}

/// Every condition is true whatever the sizes are, so the outcome of a small request is what was meant.
fn never_more_permissive(files: &[(String, String)], condition: &str) -> usize {
    let policy = policy(files).expect("the set compiles");
    let plan = actra_eval::Plan::new(&policy).expect("the policy is small");
    let mut rng = Rng::new(2);
    let small = large(&mut rng, Shape { elements: 2, length: 5, text: 15 });
    let meant = actra_eval::decide_planned(&policy, &plan, &small).effect;
    let mut costly = 0;
    for round in 0..8 {
        let (elements, length) = ([1_000, 9_000][round % 2], [10, 1_000][round / 4]);
        let raw = large(&mut rng, Shape { elements, length, text: [3_000, 200_000][round % 2] });
        assert_eq!(raw.envelope_fault(), None, "{condition}: the request is looked at");
        let request = Request::from_raw(&policy.schema, &raw);
        let decision = actra_eval::decide(&policy, &request);
        assert_eq!(decision, actra_eval::decide_planned(&policy, &plan, &raw), "{condition}");
        assert_eq!(decision, actra_eval::explain(&policy, &request).decision, "{condition}");
        assert!(decision.effect >= meant, "{condition}: {:?}", decision.undetermined);
        let reasons = decision.undetermined.iter().map(|found| found.reason.as_str());
        costly += reasons.filter(|reason| *reason == "too_costly").count();
    }
    costly
}
