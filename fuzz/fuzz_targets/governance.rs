//! Any text as the governance of a small set: refused, or kept to, or broken with a request that shows it.
#![no_main]

use actra_engine::{PolicySet, compile};
use libfuzzer_sys::fuzz_target;

const SCHEMA: &str = "
version: 1
actions:
  refund: { fields: { amount: number, currency: { type: string, max_length: 3 }, tags: { type: list, of: string, max_items: 3 } } }
  drop: { fields: { table: string? } }
groups: { money: [refund] }
actor: { fields: { id: string, role: { type: string, one_of: [admin, support] } } }
snapshot: { fields: { fraud_flag: boolean, limit: number? } }
";
const POLICY: &str = "
version: 1
default: allow
rules:
  - { id: fraud, scope: { group: money }, when: snapshot.fraud_flag, effect: block }
  - { id: large, scope: { action: refund }, when: action.amount > 1000, unless: actor.role == \"admin\", effect: require_approval }
  - { id: tagged, scope: { action: refund }, when: '\"x\" in action.tags', effect: block }
  - { id: gone, scope: { action: drop }, when: has(action.table), effect: block }
";

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let files = [("schema.yaml", SCHEMA), ("policy.yaml", POLICY), ("governance.yaml", text)];
    let outcome = compile(&PolicySet::from_texts(files));
    let refused = outcome.diagnostics.iter().any(|found| found.is_error());
    assert_eq!(outcome.policy.is_none(), refused);
});
