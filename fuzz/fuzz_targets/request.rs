//! Any bytes as a request: a decision under a policy that reads all kinds of fields; and what `serde_json` accepts
//! is accepted, but for what the language refuses on top.
#![no_main]

use std::sync::OnceLock;

use actra_engine::{Policy, PolicySet, compile};
use actra_model::{RawRequest, Reason};
use libfuzzer_sys::fuzz_target;

const SCHEMA: &str = "version: 1
actions:
  a: { fields: { n: number, s: string, t: timestamp?, u: 'url?', p: 'path?', q: 'quantity?', d: 'duration?', i: 'ip?', x: any, l: 'list<string>', m: 'map<number>', o: { type: object, fields: { k: 'string?' } } } }
snapshot: { fields: { f: 'boolean?' } }
";
const POLICY: &str = "version: 1
default: allow
rules:
  - { id: all, scope: { action: a }, effect: require_approval, when: 'action.n + 1 > 2 || action.s.contains(\"a\") || (has(action.t) && action.t < timestamp(\"2026-01-01T00:00:00Z\")) || (has(action.p) && action.p.within(\"/a\")) || action.x.b == 1 || \"a\" in action.l || action.m.exists(k, action.m[k] > 1) || (has(snapshot.f) && snapshot.f) || (has(action.o.k) && action.o.k == \"a\") || (has(action.u) && action.u == \"https://a.example/\") || (has(action.i) && cidr(\"10.0.0.0/8\").containsIP(action.i)) || (has(action.q) && action.q > quantity(\"1Gi\")) || (has(action.d) && action.d > duration(\"1h\"))' }
";

fn policy() -> &'static Policy {
    static POLICY_CELL: OnceLock<Policy> = OnceLock::new();
    POLICY_CELL.get_or_init(|| {
        let outcome = compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", POLICY)]));
        outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics))
    })
}

fn refused_on_top(request: &RawRequest) -> bool {
    use Reason::{
        DuplicateKey, LoneSurrogate, NotARequest, TooDeep, TooLarge, UnknownMember, UnknownNotPaths,
    };
    matches!(
        request.fault,
        Some(
            DuplicateKey | LoneSurrogate | TooDeep | TooLarge | NotARequest | UnknownMember | UnknownNotPaths
        )
    )
}

/// What `serde_json` takes for a number of its own, where it keeps numbers as they are written.
const PRIVATE: &[u8] = b"$serde_json::private";

fuzz_target!(|data: &[u8]| {
    if data.windows(PRIVATE.len()).any(|part| part == PRIVATE) {
        return;
    }
    let request = actra_wire::read_request(data);
    let json = serde_json::from_slice::<serde_json::Value>(data);
    if request.fault.is_none() {
        assert!(json.is_ok() || json.is_err_and(|error| error.to_string().contains("number out of range")));
    } else if !refused_on_top(&request) {
        assert!(serde_json::from_slice::<serde_json::Value>(data).is_err(), "{:?}", request.fault);
    }
    let decision = actra_engine::decide(policy(), &request);
    let mut bytes = Vec::new();
    actra_wire::write_decision(&decision, &mut bytes);
    serde_json::from_slice::<serde_json::Value>(&bytes).expect("a decision is JSON");
    let mut decided = Vec::new();
    actra_wire::JsonDecider::new(policy()).decide(data, &mut decided);
    assert_eq!(decided, bytes);
});
