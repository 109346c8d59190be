//! How long a large policy set takes to compile.
//!
//! `cargo run --release -p actra-engine --example load -- 100000` prints, for each shape of rule, the megabytes of
//! YAML and the seconds of one `compile`.

use std::error::Error;
use std::fmt::Write;
use std::time::Instant;

use actra_engine::{PolicySet, compile};

/// A shape of rule: its name, how many actions the schema declares for each ten rules, and the rule.
type Shape = (&'static str, fn(usize) -> usize, fn(usize, usize) -> String);

const SHAPES: [Shape; 5] = [
    ("global", |_| 1, global),
    ("global, many actions", |rules| rules / 10, global),
    ("structured", |_| 1, structured),
    ("scoped", |rules| rules / 10, scoped),
    ("membership and prefix", |_| 1, members),
];

fn main() -> Result<(), Box<dyn Error>> {
    let rules = std::env::args().nth(1).map_or(Ok(100_000), |count| count.parse())?;
    for (name, actions, rule) in SHAPES {
        measure(name, rules, actions(rules).max(1), rule)?;
    }
    Ok(())
}

fn measure(
    name: &str,
    rules: usize,
    actions: usize,
    rule: fn(usize, usize) -> String,
) -> Result<(), Box<dyn Error>> {
    let text: String = (0..rules).map(|idx| rule(idx, actions) + &extras(idx)).collect();
    let policy = format!("version: 1\ndefault: allow\nrules:\n{text}");
    let set = PolicySet::from_texts([("schema.yaml", schema(actions)?.as_str()), ("policy.yaml", &policy)]);
    let start = Instant::now();
    let outcome = compile(&set);
    let seconds = start.elapsed().as_secs_f64();
    let compiled = outcome.policy.ok_or("the set does not compile")?;
    let megabytes = policy.len() as f64 / 1e6;
    println!("{name:<22} {:>7} rules {megabytes:>6.1} MB {seconds:>7.3} s", compiled.rules.len());
    Ok(())
}

fn schema(actions: usize) -> Result<String, std::fmt::Error> {
    let mut text = "version: 1\nactions:\n".to_owned();
    for idx in 0..actions {
        writeln!(text, "  act{idx}: {{ fields: {{ amount: number, user: string }} }}")?;
    }
    text.push_str("actor: { fields: { tenant: string } }\n");
    Ok(text)
}

fn global(idx: usize, _actions: usize) -> String {
    let when = format!("actor.tenant == \"t{idx}\" && action.amount > {idx}");
    format!("  - id: r{idx}\n    scope: {{ global: true }}\n    when: {when}\n    effect: block\n")
}

fn structured(idx: usize, _actions: usize) -> String {
    let atom = |record: &str, field: &str, operator: &str, literal: &str| {
        let subject = format!("{{ domain: {record}, field: {field} }}");
        format!("        - {{ subject: {subject}, operator: {operator}, value: {{ literal: {literal} }} }}\n")
    };
    let tenant = atom("actor", "tenant", "equals", &format!("\"t{idx}\""));
    let amount = atom("action", "amount", "greater_than", &idx.to_string());
    let when = format!("\n      all:\n{tenant}{amount}");
    format!("  - id: r{idx}\n    scope: {{ global: true }}\n    when:{when}    effect: block\n")
}

fn scoped(idx: usize, actions: usize) -> String {
    let scope = format!("{{ action: act{} }}", idx % actions);
    format!("  - id: r{idx}\n    scope: {scope}\n    when: action.amount > {idx}\n    effect: block\n")
}

fn members(idx: usize, _actions: usize) -> String {
    let when = match idx % 2 {
        0 => format!("actor.tenant in [\"t{idx}\", \"u{idx}\", \"v{idx}\"]"),
        _ => format!("action.user.startsWith(\"team{idx}/\")"),
    };
    format!("  - id: r{idx}\n    scope: {{ global: true }}\n    when: {when}\n    effect: block\n")
}

/// What a tenth of the rules have besides.
fn extras(idx: usize) -> String {
    if !idx.is_multiple_of(10) {
        return String::new();
    }
    format!(
        "    message: \"too much for {{actor.tenant}}\"\n    description: what rule {idx} is for\n    required_actions:\n      - {{ type: notify, to: team{idx} }}\n"
    )
}
