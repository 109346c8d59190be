use actra_engine::model::*;
use actra_wire::*;
use std::hint::black_box;
use std::time::Instant;
const R: &[u8] = br#"{"action":{"type":"refund","amount":1500,"currency":"EUR"},"actor":{"role":"support","id":"u-17"},"snapshot":{"fraud_flag":false}}"#;
fn time(name: &str, n: u32, mut f: impl FnMut()) {
    let mut best = f64::MAX;
    for _ in 0..if n < 200_000 { 1 } else { 15 } {
        let t = Instant::now();
        for _ in 0..n {
            f();
        }
        best = best.min(t.elapsed().as_nanos() as f64 / n as f64);
    }
    println!("{name}: {best:.1} ns");
}
fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    let n: u32 = std::env::args().nth(2).map_or(500_000, |n| n.parse().unwrap());
    let all = what.is_empty() || what == "all";
    let mut scanner = Scanner::new();
    if all || what == "nothing" {
        time("nothing", n, || {
            black_box(R);
        });
    }
    if all || what == "utf8" {
        time("utf8", n, || {
            black_box(std::str::from_utf8(black_box(R)).is_ok());
        });
    }
    if all || what == "scan" {
        time("scan", n, || {
            black_box(scanner.scan(black_box(R)).is_some());
        });
    }
    if all || what == "scan+4" {
        time("scan+4 members", n, || {
            let scan = scanner.scan(black_box(R)).unwrap();
            black_box(scan.member(Domain::Action, black_box("type")));
            black_box(scan.member(Domain::Action, black_box("amount")));
            black_box(scan.member(Domain::Actor, black_box("role")));
            black_box(scan.member(Domain::Snapshot, black_box("fraud_flag")));
        });
    }
    if all || what == "members" {
        let scan = scanner.scan(black_box(R)).unwrap();
        for (d, m) in [
            (Domain::Action, "type"),
            (Domain::Action, "amount"),
            (Domain::Action, "currency"),
            (Domain::Actor, "role"),
            (Domain::Snapshot, "fraud_flag"),
            (Domain::Snapshot, "missing"),
        ] {
            time(m, n, || {
                black_box(scan.member(black_box(d), black_box(m)));
            });
        }
    }
    if all || what == "tree" {
        time("tree", n, || {
            black_box(read_request(black_box(R)));
        });
    }
    let decision = Decision {
        effect: Effect::Allow,
        matched_rule: Some("small-refunds".into()),
        matched_rules: vec!["small-refunds".into()],
        ..Decision::block(PolicyHash([0xa7; 32]))
    };
    let mut out = Vec::with_capacity(4096);
    if all || what == "write" {
        time("write", n, || {
            out.clear();
            write_decision(black_box(&decision), &mut out);
            black_box(out.len());
        });
    }
    if all || what == "number" {
        for t in ["0", "1500", "-123456789012345678", "1234567890123456789", "12.50"] {
            time(t, n, || {
                black_box(Decimal::parse_json(black_box(t)).ok());
            });
        }
        let mut s = String::new();
        for v in [0, 1500, -123456789012345678] {
            let d = RawValue::from(v);
            time("print", n, || {
                s.clear();
                black_box(&d).write_json(&mut s);
                black_box(s.len());
            });
        }
    }
}
