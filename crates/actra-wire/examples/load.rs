//! How long a policy takes to load, from YAML and compiled: `cargo run --release -p actra-wire --example load`.

use std::fmt::Write;
use std::time::{Duration, Instant};

use actra_engine::{PolicySet, compile};
use actra_wire::bundle::{Bundle, write_bundle};

fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    times.get(2).copied().unwrap_or_default()
}

fn main() {
    println!(
        "{:>8} {:>12} {:>12} {:>12} {:>8} {:>12}",
        "rules", "from YAML", "compiled", "decode only", "times", "bytes"
    );
    for count in [1_000, 10_000, 100_000] {
        let mut rules = "version: 1\ndefault: allow\nrules:\n".to_owned();
        for number in 0..count {
            let _ = write!(
                rules,
                "  - id: r{number}\n    scope: {{ action: refund }}\n    when: action.amount > {number} && actor.id == \"u{number}\"\n    effect: block\n"
            );
        }
        let schema = "version: 1\nactions: { refund: { fields: { amount: number } } }\nactor: { fields: { id: string } }";
        let set = PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", rules.as_str())]);
        let Some(policy) = compile(&set).policy else { return eprintln!("the set does not compile") };
        let bytes = write_bundle(&policy, &[]);
        let yaml = median(|| drop(compile(&set)));
        let compiled = median(|| drop(Bundle::open(&bytes).and_then(|bundle| bundle.policy())));
        let decode = median(|| drop(Bundle::open(&bytes).and_then(|bundle| bundle.decode())));
        let times = yaml.as_secs_f64() / decode.as_secs_f64();
        println!(
            "{count:>8} {:>12} {:>12} {:>12} {times:>8.1} {:>12}",
            format!("{yaml:.1?}"),
            format!("{compiled:.1?}"),
            format!("{decode:.1?}"),
            bytes.len()
        );
    }
}
