//! How long a policy takes to load, from YAML and compiled: `cargo run --release -p actra-wire --example load`.
//!
//! "decoded": the checksum is compared and all is read. "loaded": its hash is computed too. "ready": what deciding goes
//! by is built as well, which is the same work after YAML and is not in its column. Setting free is in none.

use std::fmt::Write;
use std::time::{Duration, Instant};

use actra_engine::{Policy, PolicySet, compile};
use actra_wire::bundle::{Bundle, write_bundle};

fn median<T>(mut run: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..7)
        .map(|_| {
            let start = Instant::now();
            let loaded = std::hint::black_box(run());
            let took = start.elapsed();
            drop(loaded);
            // The C library puts freed blocks together when a large one is asked for: that is setting free, too.
            drop(std::hint::black_box(Vec::<u8>::with_capacity(1 << 16)));
            took
        })
        .collect();
    times.sort();
    times.get(3).copied().unwrap_or_default()
}

fn main() {
    println!(
        "{:>8} {:>10} {:>10} {:>10} {:>10} {:>8} {:>8} {:>10}",
        "rules", "from YAML", "decoded", "loaded", "ready", "decoded", "loaded", "bytes"
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
        let bytes = write_bundle(&policy, &[], 0);
        let bundle = || Bundle::open(&bytes);
        let yaml = median(|| compile(&set));
        let decoded = median(|| bundle().and_then(|bundle| bundle.decode()));
        let loaded = median(|| bundle().and_then(|bundle| bundle.policy()));
        let ready = median(|| bundle().and_then(|bundle| bundle.policy()).inspect(Policy::prepare));
        let [yaml, decoded, loaded, ready] = [yaml, decoded, loaded, ready].map(|time| time.as_secs_f64());
        let shown = |time: f64| format!("{:.1} ms", time * 1000.0);
        let times = |time: f64| format!("{:.1} x", yaml / time);
        println!(
            "{count:>8} {:>10} {:>10} {:>10} {:>10} {:>8} {:>8} {:>10}",
            shown(yaml),
            shown(decoded),
            shown(loaded),
            shown(ready),
            times(decoded),
            times(loaded),
            bytes.len()
        );
    }
}
