//! The cases of `conformance/delivery`: which signed policy may follow which.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use actra::SignatureRequirements;
use actra_conformance::root;
use serde_json::{Value, json};

const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

struct TestDirectory(PathBuf);

impl TestDirectory {
    fn new(name: &str) -> Self {
        let directory =
            Self(std::env::temp_dir().join(format!("actra-delivery-{}-{name}", std::process::id())));
        ["state", "delivery"].iter().for_each(|name| fs::create_dir_all(directory.0.join(name)).unwrap());
        fs::write(directory.0.join("key.pem"), KEY).unwrap();
        directory
    }

    /// The hash of the policy with this letter.
    fn hash(&self, policy: &Value) -> String {
        actra::load(self.set(policy)).unwrap().hash.to_string()
    }

    /// A set that says its letter.
    fn set(&self, policy: &Value) -> PathBuf {
        let directory = self.0.join(policy.as_str().expect("a letter"));
        fs::create_dir_all(&directory).unwrap();
        let rules = format!(
            "version: 1\ndefault: allow\nrules: [{{ id: {policy}, scope: {{ action: a }}, when: action.n > 0, effect: block }}]\n"
        );
        fs::write(directory.join("schema.yaml"), "version: 1\nactions: { a: { fields: { n: number } } }\n")
            .unwrap();
        fs::write(directory.join("policy.yaml"), rules).unwrap();
        directory
    }

    /// Compiles and signs a policy, and puts it where the host looks.
    fn deliver(&self, to: &Path, policy: &Value, revision: u64) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_actra-book"));
        command.arg("compile").arg(self.set(policy)).arg("-o").arg(to);
        command.arg("--sign").arg(self.0.join("key.pem"));
        if revision > 0 {
            command.args(["--revision", &revision.to_string()]);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for TestDirectory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn every_case_holds() {
    let text = fs::read_to_string(root().join("conformance/delivery/revisions.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    let failures: Vec<String> =
        (0..).zip(&cases).filter_map(|(number, case)| run(number, case).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(cases.len() >= 19, "{}", cases.len());
}

/// The runner must be able to fail.
#[test]
fn a_wrong_expectation_is_noticed() {
    let delivered =
        |last: Value| json!({ "name": "wrong", "delivered": [{ "revision": 2, "policy": "a" }, last] });
    for last in [
        json!({ "revision": 1, "policy": "b" }),
        json!({ "revision": 1, "policy": "b", "refused": "the moon" }),
        json!({ "revision": 3, "policy": "b", "refused": "revision" }),
    ] {
        assert!(run(99, &delivered(last)).is_err());
    }
}

fn run(number: usize, case: &Value) -> Result<(), String> {
    let directory = TestDirectory::new(&number.to_string());
    let state = directory.0.join("state/revision");
    let written = |policy: &Value| {
        let (revision, hash) = (&policy["revision"], directory.hash(&policy["policy"]));
        format!(
            "{{\"schema\":\"actra/policy-state/v1\",\"revision\":{revision},\"policy_hash\":\"{hash}\"}}\n"
        )
    };
    match &case["state"] {
        Value::Null => {}
        Value::String(absent) if absent == "absent" => {}
        Value::String(text) => fs::write(&state, text).unwrap(),
        policy => fs::write(&state, written(policy)).unwrap(),
    }
    let mut demand = SignatureRequirements::signed_by(PUBLIC)
        .unwrap()
        .min_revision(case["min_revision"].as_u64().unwrap_or(0));
    if !case["state"].is_null() {
        demand = demand.state(&state);
    }
    // What a process took is known by the path, so another path is another process.
    let mut process = 0;
    for step in case["delivered"].as_array().expect("policies") {
        if step["restart"] == true {
            process += 1;
            continue;
        }
        let file = directory.0.join(format!("delivery/{process}.actra"));
        directory.deliver(&file, &step["policy"], step["revision"].as_u64().expect("a number"));
        let found = actra::load_signed(&file, &demand).map_err(|error| error.to_string());
        let fits = match (&found, step["refused"].as_str()) {
            (Ok(policy), None) => policy.hash.to_string() == directory.hash(&step["policy"]),
            (Err(said), Some(expected)) => said.contains(expected),
            _ => false,
        };
        if !fits {
            return Err(format!("{}: {step}: {:?}", case["name"], found.map(|policy| policy.hash)));
        }
    }
    match &case["leaves"] {
        Value::Null => Ok(()),
        policy => match fs::read_to_string(&state).unwrap_or_default() {
            text if text == written(policy) => Ok(()),
            text => Err(format!("{}: the state file says {text}", case["name"])),
        },
    }
}
