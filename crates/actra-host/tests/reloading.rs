//! A policy that is polled by a thread, which nothing ends and which says how things stand.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests fail by it")]

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actra_engine::Policy;
use actra_host::{PolledPolicy, Reload, Reloader, SignatureRequirements, open, sign};
use actra_runtime::{PolicyInForce, PolicyRequirement};
use actra_wire::bundle::{Signature, attach_signature, signed_part, write_bundle};

/// A set in a directory that is removed at the end of its test.
struct SetDirectory(PathBuf);

impl SetDirectory {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("actra-reload-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(directory.0.join("delivery")).unwrap();
        fs::create_dir_all(directory.0.join("set")).unwrap();
        let schema = "version: 1\nactions: { refund: { fields: { amount: number } } }\n";
        fs::write(directory.0.join("set/schema.yaml"), schema).unwrap();
        directory.limit("small", "100");
        directory
    }

    fn limit(&self, id: &str, limit: &str) {
        let rule = format!(
            "{{ id: {id}, scope: {{ action: refund }}, when: action.amount > {limit}, effect: block }}"
        );
        let policy = format!("version: 1\ndefault: allow\nrules: [{rule}]\n");
        fs::write(self.0.join("set/policy.yaml"), policy).unwrap();
    }

    /// The set as it is, signed.
    fn signed(&self, limit: &str, revision: u64) -> Vec<u8> {
        self.limit("small", limit);
        let policy = open(&self.0.join("set"), None).unwrap().policy.unwrap();
        let bytes = write_bundle(&policy, &[], revision);
        let (key, signature) = sign(signed_part(&bytes), KEY).unwrap();
        attach_signature(&bytes, &Signature { key, bytes: signature })
    }
}

impl Drop for SetDirectory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

/// Panics once more where it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("dropped")
        }
    }
}

fn wait(until: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !until() {
        assert!(start.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn nothing_that_panics_ends_it() {
    let directory = SetDirectory::new();
    let (watched, outcome) = PolledPolicy::open(&directory.0.join("set"), None).unwrap();
    let in_force = Arc::new(PolicyInForce::new(Arc::new(outcome.policy.unwrap())));
    let is_bad = |policy: &Policy| policy.rules.iter().any(|rule| rule.id.as_ref() == "bad");
    let condition: Arc<PolicyRequirement> = Arc::new(move |policy| match is_bad(policy) {
        true => std::panic::panic_any(Bomb),
        false => Vec::new(),
    });
    in_force.require(&condition, |_| Ok::<(), String>(())).unwrap();
    let observe = |_: &Reload| std::panic::panic_any(Bomb);
    let _reloader =
        Reloader::start(watched, Arc::clone(&in_force), Duration::from_millis(10), observe).unwrap();
    directory.limit("bad", "0");
    wait(|| {
        in_force
            .health()
            .stale
            .is_some_and(|(_, reason)| reason.contains("it could not be checked whether the policy fits"))
    });
    directory.limit("small", "200");
    wait(|| in_force.health().swaps == 1 && in_force.health().stale.is_none());
    directory.limit("small", "300");
    wait(|| in_force.health().swaps == 2);
}

/// What cannot be told for a time is told to have passed, also if nothing else came of it.
#[test]
fn a_set_that_is_put_back_after_a_temporary_error_is_in_force() {
    let directory = SetDirectory::new();
    let (first, second) = (directory.signed("100", 1), directory.signed("200", 2));
    let (file, state) = (directory.0.join("delivery/policy.actra"), directory.0.join("revision"));
    fs::write(&file, &first).unwrap();
    let requirements = SignatureRequirements::signed_by(PUBLIC).unwrap().state(&state);
    let (watched, outcome) = PolledPolicy::open(&file, Some(requirements)).unwrap();
    let recorded = fs::read(&state).unwrap();
    let in_force = Arc::new(PolicyInForce::new(Arc::new(outcome.policy.unwrap())));
    let first_hash = in_force.policy().hash;
    let seen: Arc<Mutex<Vec<Reload>>> = Arc::default();
    let all = Arc::clone(&seen);
    let observe = move |reload: &Reload| all.lock().unwrap().push(reload.clone());
    let _reloader =
        Reloader::start(watched, Arc::clone(&in_force), Duration::from_millis(10), observe).unwrap();
    for round in 1..=2 {
        fs::write(&state, "damaged").unwrap();
        fs::write(&file, &second).unwrap();
        wait(|| in_force.health().stale.is_some());
        fs::write(&file, &first).unwrap();
        fs::write(&state, &recorded).unwrap();
        wait(|| in_force.health().stale.is_none() && seen.lock().unwrap().len() == 2 * round);
        assert_eq!((in_force.policy().hash, in_force.health().swaps), (first_hash, 0));
    }
    let seen = seen.lock().unwrap();
    let in_force = Reload::Swapped { policy: first_hash };
    assert!(
        matches!(seen.as_slice(), [Reload::Refused { .. }, back, Reload::Refused { .. }, again] if *back == in_force && *again == in_force),
        "{seen:?}"
    );
}
