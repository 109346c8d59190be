//! Compiled policies: what is written is what is read, and what is damaged is refused.

use std::path::{Path, PathBuf};

use actra_engine::model::{ActionSchema, Description};
use actra_engine::{Policy, PolicySet, compile, decide, ir};
use actra_reference::generate::{self, Rng};
use actra_wire::bundle::{Bundle, BundleError, Signature, attach_signature, signed_part, write_bundle};

fn read(bytes: &[u8]) -> Result<Policy, BundleError> {
    Bundle::open(bytes)?.policy()
}

fn sets_below(directory: &Path, found: &mut Vec<PolicySet>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries.into_iter().filter(|entry| entry.is_dir()) {
        match entry.join("schema.yaml").is_file() {
            true => found.push(actra_host::read_policy_set(&entry).unwrap()),
            false => sets_below(&entry, found),
        }
    }
}

fn same(policy: &Policy, seed: u64) {
    let bytes = write_bundle(policy, &["x".to_owned()], 7);
    let again = read(&bytes).unwrap();
    assert_eq!(Bundle::open(&bytes).unwrap().manifest().unwrap().revision, 7);
    assert_eq!(again.hash, policy.hash);
    assert_eq!(again.governance_hash(), policy.governance_hash());
    assert_eq!(again.schema, policy.schema);
    assert_eq!(write_bundle(&again, &["x".to_owned()], 7), bytes, "equal policies have equal bytes");
    let mut rng = Rng::new(seed);
    for _ in 0..20 {
        let request = generate::request(&policy.schema, &mut rng);
        assert_eq!(decide(&again, &request), decide(policy, &request));
    }
}

#[test]
fn what_is_written_is_read() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut sets = Vec::new();
    sets_below(&root.join("policies"), &mut sets);
    sets_below(&root.join("examples"), &mut sets);
    let policies: Vec<Policy> = sets.iter().filter_map(|set| compile(set).policy).collect();
    assert!(policies.len() > 40, "{}", policies.len());
    policies.iter().for_each(|policy| same(policy, 7));
    let mut generated = 0;
    for seed in 0..400 {
        let files = generate::set(seed).files;
        let set = PolicySet::from_texts(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        if let Some(policy) = compile(&set).policy {
            same(&policy, seed);
            generated += 1;
        }
    }
    assert!(generated > 350, "{generated}");
}

fn small() -> Vec<u8> {
    let set = PolicySet::from_texts([
        (
            "schema.yaml",
            "version: 1\nactions: { a: { description: An a., fields: { n: { type: integer, argument: type }, s: { type: string, pattern: \"^x\", description: An s. }, xs: list<string> } } }\nsnapshot: { fields: { t: timestamp? } }",
        ),
        (
            "policy.yaml",
            "version: 1\ndefault: block\nrules:\n  - id: r\n    scope: { action: a }\n    when: action.n > 5 && action.xs.exists(x, x.matches(\"^y\")) && has(snapshot.t)\n    effect: allow\n    message: \"{action.n}\"\n    required_actions: [{ type: t, n: 1.5 }]",
        ),
    ]);
    write_bundle(&compile(&set).policy.unwrap(), &[], 0)
}

#[test]
fn what_a_schema_tells_people_is_kept() {
    let schema = read(&small()).unwrap().schema.clone();
    let action = &schema.actions[0];
    assert_eq!(action.description.text(), Some("An a."));
    assert_eq!(action.fields["s"].description.text(), Some("An s."));
    assert_eq!(action.fields["n"].description.text(), None);
    assert_eq!(action.field_of_argument("type"), Some("n"));
    assert_eq!(action.arguments().collect::<Vec<_>>(), [("n", "type"), ("s", "s"), ("xs", "xs")]);
}

/// No compiler makes such a schema, and what a call fills would depend on who reads it.
#[test]
fn fields_with_one_argument_are_refused() {
    let policy = read(&small()).unwrap();
    let mut fields = policy.schema.actions[0].fields.clone();
    fields.get_mut("s").unwrap().argument = Some("type".into());
    let mut altered: ir::Policy = (*policy).clone();
    altered.schema.actions[0] = ActionSchema::new("a".into(), fields, Description::default());
    let bytes = write_bundle(&Policy::compiled(altered, None), &[], 0);
    assert!(matches!(Bundle::open(&bytes).unwrap().decode(), Err(BundleError::Malformed { .. })));
}

#[test]
fn what_is_cut_off_is_refused() {
    let bytes = small();
    assert!(read(&bytes).is_ok());
    for end in 0..bytes.len() {
        let error = read(&bytes[..end]).unwrap_err();
        let expected =
            matches!(error, BundleError::Truncated { .. }) || (end == 0 && error == BundleError::NotABundle);
        assert!(expected, "{end}: {error}");
    }
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(read(&longer).unwrap_err(), BundleError::Altered);
}

#[test]
fn what_is_altered_is_refused() {
    let bytes = small();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut altered = bytes.clone();
            altered[at] ^= 1 << bit;
            assert!(read(&altered).is_err(), "byte {at}, bit {bit}");
        }
    }
    // The frame may fit again: then the content is looked at, and nothing panics.
    let mut rng = Rng::new(11);
    let (mut refused, mut taken) = (0, 0);
    for _ in 0..60_000 {
        let mut altered = bytes.clone();
        let body = 16..altered.len() - 33;
        for _ in 0..1 + rng.below(3) {
            let at = body.start + rng.below(body.len());
            altered[at] = rng.below(256) as u8;
        }
        match read(&framed(&altered)) {
            Ok(policy) => {
                taken += 1;
                for _ in 0..3 {
                    let _ = decide(&policy, &generate::request(&policy.schema, &mut rng));
                }
            }
            Err(_) => refused += 1,
        }
    }
    println!("{refused} refused, {taken} that are another spelling of the same");
    assert!(refused > 59_000, "{refused}");
}

/// The checksum says that nothing was damaged; the policy hash, that the content is what it claims to be.
#[test]
fn another_policy_does_not_pass_for_this_one() {
    let mut bytes = small();
    let policy = read(&bytes).unwrap();
    let at = bytes.windows(32).position(|window| window == policy.hash.0).unwrap();
    bytes[at] ^= 1;
    assert_eq!(read(&framed(&bytes)).unwrap_err(), BundleError::WrongHash);
}

/// The bytes with a checksum that fits.
fn framed(bytes: &[u8]) -> Vec<u8> {
    use sha2::Digest;
    let end = bytes.len() - 33;
    let mut framed = bytes[..end].to_vec();
    framed.extend_from_slice(&sha2::Sha256::digest(&bytes[..end]));
    framed.push(0);
    framed
}

#[test]
fn versions_and_other_files_are_told_apart() {
    assert_eq!(read(b"version: 1").unwrap_err(), BundleError::NotABundle);
    for found in [1, 2, 3, 9] {
        let mut other = small();
        other[6] = found;
        assert_eq!(read(&other).unwrap_err(), BundleError::Version { found: found.into() });
    }
}

#[test]
fn signatures_are_of_all_of_it() {
    let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
    let bytes = small();
    let (public, signature) = actra_host::sign(signed_part(&bytes), key).unwrap();
    let signed = attach_signature(&bytes, &Signature { key: public, bytes: signature });
    let opened = Bundle::open(&signed).unwrap();
    let found = opened.signature().unwrap();
    assert!(actra_host::is_signed_by(opened.signed(), &found.bytes, &public));
    assert!(!actra_host::is_signed_by(opened.signed(), &found.bytes, &[7; 32]));
    assert!(!actra_host::is_signed_by(b"else", &found.bytes, &public));
    let mut other = found.bytes;
    other[0] ^= 1;
    assert!(!actra_host::is_signed_by(opened.signed(), &other, &public));
    for end in bytes.len()..signed.len() {
        assert!(Bundle::open(&signed[..end]).is_err(), "{end}");
    }
    assert!(actra_host::sign(b"", "no key").is_err() && actra_host::public_key(key).is_err());
}
