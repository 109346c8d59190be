//! Any frames of a client and a server: the gateway goes on, and passes on JSON alone.
#![no_main]

use std::sync::Arc;
use std::time::Duration;

use actra_engine::{PolicySet, compile};
use actra_gateway::{EventLog, Gate, GateSettings, Lock, Session};
use actra_runtime::approval::MemoryStore;
use actra_runtime::{Mode, PolicyInForce};
use libfuzzer_sys::fuzz_target;

const SCHEMA: &str = "version: 1\nactions: { t: {}, resources/read: { fields: { uri: string } } }\n";
const RULES: &str = "version: 1\ndefault: block\nrules:\n  - { id: r, scope: { global: true }, when: true, effect: require_approval }\n";

// Lines that begin with `>` are the client's, others the server's.
fuzz_target!(|data: &[u8]| {
    let set = PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", RULES)]);
    let settings = GateSettings {
        in_force: Arc::new(PolicyInForce::new(Arc::new(compile(&set).policy.expect("it compiles")))),
        actor: None,
        snapshot: Default::default(),
        mode: Mode::Enforce,
        grant_lifetime: Duration::from_secs(900),
        user: Some("ana".to_owned()),
        events: EventLog::new(std::io::sink()),
    };
    let gate = Gate::new(settings, Arc::new(MemoryStore::new()));
    let lock = Lock::of_tools(&[]).expect("a lock");
    let mut session = Session::new(gate, []).locked(lock);
    for line in data.split(|byte| *byte == b'\n') {
        let delivery = match line.strip_prefix(b">") {
            Some(line) => session.take_from_client(line.to_vec()),
            None => session.take_from_server(line.to_vec()),
        };
        for frame in delivery.to_server.iter().chain(&delivery.to_client) {
            assert!(!frame.contains(&b'\n'), "a frame holds two lines");
            assert!(
                serde_json::from_slice::<&serde_json::value::RawValue>(frame).is_ok(),
                "what is no JSON goes on"
            );
        }
    }
    session.server_is_gone();
    let _ = Lock::parse(data);
});
