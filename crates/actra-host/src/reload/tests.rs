//! What polling finds, and what is put in force.

use std::fs;
use std::sync::Mutex;

use super::*;
use crate::test_directory::TestDirectory;

const SCHEMA: &str = "version: 1\nactions: { refund: { fields: { amount: number } } }\n";

impl TestDirectory {
    fn with_schema() -> Self {
        let directory = Self::new(&[("schema.yaml", SCHEMA)]);
        directory.limit("100");
        directory
    }

    fn limit(&self, limit: &str) {
        let policy = format!(
            "version: 1\ndefault: allow\nrules:\n  - {{ id: r, scope: {{ action: refund }}, when: action.amount > {limit}, effect: block }}\n"
        );
        fs::write(self.0.join("policy.yaml"), policy).unwrap();
    }
}

fn text(poll: Option<Result<Policy, String>>) -> String {
    match poll {
        None => "nothing new".to_owned(),
        Some(Ok(policy)) => {
            policy.rules.iter().map(|rule| actra_engine::ir::print::print(&rule.condition)).collect()
        }
        Some(Err(reason)) => format!("refused: {reason}"),
    }
}

#[test]
fn a_set_is_taken_when_it_has_come_to_rest() {
    let directory = TestDirectory::with_schema();
    let (mut watched, outcome) = PolledPolicy::open(&directory.0, None).unwrap();
    assert!(outcome.policy.is_some());
    assert_eq!(text(watched.poll()), "nothing new");
    directory.limit("200");
    assert_eq!(text(watched.poll()), "nothing new");
    directory.limit("300");
    assert_eq!(text(watched.poll()), "nothing new");
    assert_eq!(text(watched.poll()), "300 < action.amount");
    assert_eq!(text(watched.poll()), "nothing new");
    // Back at once, as if nothing had been.
    directory.limit("400");
    assert_eq!(text(watched.poll()), "nothing new");
    directory.limit("300");
    assert_eq!(text(watched.poll()), "nothing new");
    assert_eq!(text(watched.poll()), "nothing new");
}

#[test]
fn what_cannot_be_used_is_said_once() {
    let directory = TestDirectory::with_schema();
    let (mut watched, _) = PolledPolicy::open(&directory.0, None).unwrap();
    let settled = |watched: &mut PolledPolicy| {
        assert_eq!(text(watched.poll()), "nothing new");
        let found = text(watched.poll());
        assert_eq!(text(watched.poll()), "nothing new");
        found
    };
    directory.limit("'x'");
    assert!(settled(&mut watched).starts_with("refused: error[E"));
    fs::remove_file(directory.0.join("policy.yaml")).unwrap();
    assert!(settled(&mut watched).starts_with("refused: "));
    fs::remove_dir_all(&directory.0).unwrap();
    assert!(settled(&mut watched).contains("there is no policy directory"));
    fs::create_dir_all(&directory.0).unwrap();
    fs::write(directory.0.join("schema.yaml"), SCHEMA).unwrap();
    directory.limit("100");
    assert_eq!(settled(&mut watched), "100 < action.amount");
}

#[test]
fn a_refused_set_leaves_the_policy_in_force() {
    let directory = TestDirectory::with_schema();
    let (watched, outcome) = PolledPolicy::open(&directory.0, None).unwrap();
    let in_force = Arc::new(PolicyInForce::new(Arc::new(outcome.policy.unwrap())));
    let first = in_force.policy().hash;
    let seen: Arc<Mutex<Vec<Reload>>> = Arc::default();
    let all = Arc::clone(&seen);
    let observe = move |reload: &Reload| {
        all.lock().unwrap().push(reload.clone());
        panic!("what an observer does changes nothing");
    };
    let reloader =
        Reloader::start(watched, Arc::clone(&in_force), Duration::from_millis(10), observe).unwrap();
    let wait = |until: &dyn Fn() -> bool| {
        let start = std::time::Instant::now();
        while !until() {
            assert!(start.elapsed() < Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    directory.limit("'x'");
    wait(&|| in_force.health().stale.is_some());
    assert_eq!((in_force.policy().hash, in_force.health().swaps), (first, 0));
    directory.limit("5");
    wait(&|| in_force.health().swaps == 1 && seen.lock().unwrap().len() == 2);
    assert_eq!(in_force.health().stale, None);
    assert_ne!(in_force.policy().hash, first);
    drop(reloader);
    let seen = seen.lock().unwrap();
    assert!(matches!(seen.as_slice(), [Reload::Refused { .. }, Reload::Swapped { .. }]), "{seen:?}");
}

const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

impl TestDirectory {
    /// The set as it is, signed.
    fn signed(&self, limit: &str, revision: u64) -> Vec<u8> {
        use actra_wire::bundle::{Signature, attach_signature, signed_part, write_bundle};
        self.limit(limit);
        let policy = crate::open(&self.0, None).unwrap().policy.unwrap();
        let bytes = write_bundle(&policy, &[], revision);
        let (key, signature) = crate::sign(signed_part(&bytes), KEY).unwrap();
        attach_signature(&bytes, &Signature { key, bytes: signature })
    }
}

#[test]
fn an_old_signed_policy_is_not_put_back() {
    let directory = TestDirectory::with_schema();
    let (first, second, other) =
        (directory.signed("100", 1), directory.signed("200", 2), directory.signed("300", 2));
    fs::create_dir(directory.0.join("delivery")).unwrap();
    fs::create_dir(directory.0.join("state")).unwrap();
    let (file, state) = (directory.0.join("delivery/policy.actra"), directory.0.join("state/revision"));
    fs::write(&file, &first).unwrap();
    let demand = || SignatureRequirements::signed_by(PUBLIC).unwrap().state(&state);
    let (mut watched, outcome) = PolledPolicy::open(&file, Some(demand())).unwrap();
    assert!(outcome.policy.is_some());
    let mut delivered = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        assert_eq!(text(watched.poll()), "nothing new");
        text(watched.poll())
    };
    assert_eq!(delivered(&second), "200 < action.amount");
    assert!(
        delivered(&first).contains("it has revision 1, but this process has already accepted revision 2")
    );
    assert!(
        delivered(&other).contains(
            "it has revision 2, but this process has already accepted the same revision of another"
        )
    );
    assert_eq!(delivered(&second), "200 < action.amount");
    // Whoever opens it anew, here or in another process.
    fs::write(&file, &first).unwrap();
    let refused = |demand: SignatureRequirements| crate::open(&file, Some(&demand)).unwrap_err().to_string();
    assert!(
        refused(SignatureRequirements::signed_by(PUBLIC).unwrap())
            .contains("this process has already accepted revision 2")
    );
    let elsewhere = directory.0.join("delivery/same.actra");
    fs::copy(&file, &elsewhere).unwrap();
    let said = crate::open(&elsewhere, Some(&demand())).unwrap_err().to_string();
    assert!(said.contains("records revision 2"), "{said}");
    // Who demands nothing takes what is there.
    assert!(crate::open(&file, None).unwrap().policy.is_some());
}

#[test]
fn a_state_file_that_can_be_read_again_lets_the_policy_in() {
    let directory = TestDirectory::with_schema();
    let (first, second) = (directory.signed("100", 1), directory.signed("200", 2));
    fs::create_dir(directory.0.join("delivery")).unwrap();
    fs::create_dir(directory.0.join("state")).unwrap();
    let (file, state) = (directory.0.join("delivery/policy.actra"), directory.0.join("state/revision"));
    fs::write(&file, first).unwrap();
    let demand = SignatureRequirements::signed_by(PUBLIC).unwrap().state(&state);
    let (mut watched, _) = PolledPolicy::open(&file, Some(demand)).unwrap();
    let kept = fs::read(&state).unwrap();
    fs::write(&state, "nonsense").unwrap();
    fs::write(&file, second).unwrap();
    let looks = |watched: &mut PolledPolicy| (0..6).map(|_| text(watched.poll())).collect::<Vec<_>>();
    let said = looks(&mut watched);
    let damaged = said.iter().filter(|said| said.contains("is damaged")).count();
    assert_eq!(damaged, 1, "it is said once: {said:?}");
    fs::write(&state, kept).unwrap();
    assert!(looks(&mut watched).contains(&"200 < action.amount".to_owned()));
}

#[test]
fn a_signed_file_that_is_gone_is_not_said_to_be_a_directory() {
    let directory = TestDirectory::with_schema();
    let requirements = SignatureRequirements::signed_by(PUBLIC).unwrap();
    let said = |path: &str| {
        let opened = crate::open(&directory.0.join(path), Some(&requirements));
        opened.map(|_| ()).unwrap_err().to_string()
    };
    assert!(said("gone.actra").starts_with("cannot read `"), "{}", said("gone.actra"));
    assert!(said("").contains("is a directory, which cannot be signed"), "{}", said(""));
}
