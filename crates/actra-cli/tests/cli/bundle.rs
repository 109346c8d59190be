//! `actra compile`, `actra verify`, and compiled policies in place of directories.

use crate::test_directory::TestDirectory;

const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
const OTHER: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n-----END PUBLIC KEY-----\n";
const REQUEST: &str = r#"{"action":{"type":"refund","amount":5},"actor":{"role":"a"}}"#;

fn directory() -> TestDirectory {
    let directory = TestDirectory::with_set()
        .file("key.pem", PRIVATE)
        .file("key.pub", PUBLIC)
        .file("other.pub", OTHER)
        .file("request.json", REQUEST);
    assert_eq!(directory.run("compile set -o plain.actra").code, 0);
    let run = directory.run("compile set -o signed.actra --sign key.pem --format json");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    directory
}

#[test]
fn every_command_takes_a_compiled_policy() {
    let directory = directory();
    for command in [
        "hash SET",
        "hash SET --format json",
        "decide SET --input request.json --format json",
        "can SET",
        "prove SET --for action=refund --when action.amount>1000 --effect block",
        "diff SET SET",
    ] {
        let of = |set: &str| directory.run(&command.replace("SET", set));
        let (text, plain, signed) = (of("set"), of("plain.actra"), of("signed.actra"));
        assert_eq!((text.code, &text.out), (plain.code, &plain.out), "{command}: {plain:?}");
        assert_eq!((text.code, &text.out), (signed.code, &signed.out), "{command}: {signed:?}");
        assert_eq!(plain.err, "", "{command}");
    }
    assert_eq!(directory.run("check plain.actra").code, 0);
    assert_eq!(directory.run("explain plain.actra --request request.json").code, 0);
    assert_eq!(directory.run("diff set plain.actra --fail-on any").code, 0);
    for command in
        ["test plain.actra", "watch plain.actra --once", "fmt plain.actra", "check plain.actra --proofs"]
    {
        let run = directory.run(command);
        assert!(run.code == 2 && !run.err.is_empty(), "{command}: {run:?}");
    }
}

#[test]
fn verify_says_what_is_wrong() {
    let directory = directory();
    let bytes = std::fs::read(directory.path().join("signed.actra")).unwrap();
    let change = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        std::fs::write(directory.path().join(name), bytes).unwrap();
    };
    change("cut.actra", &|bytes| bytes.truncate(60));
    change("altered.actra", &|bytes| bytes[40] ^= 1);
    change("forged.actra", &|bytes| *bytes.last_mut().unwrap() ^= 1);
    change("newer.actra", &|bytes| bytes[6] = 9);
    std::fs::write(directory.path().join("else.actra"), "version: 1").unwrap();
    let none = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    for (arguments, code, message) in [
        ("plain.actra", 0, ""),
        ("signed.actra", 0, ""),
        ("signed.actra --key key.pub", 0, ""),
        ("signed.actra --key other.pub", 1, "signed by another key"),
        ("plain.actra --key key.pub", 1, "not signed"),
        ("forged.actra", 1, "signature does not match"),
        ("cut.actra", 1, "cut off"),
        ("altered.actra", 1, "changed after it was made"),
        ("newer.actra", 1, "format 9"),
        ("else.actra", 1, "not a compiled policy"),
        (&format!("plain.actra --governance {none}"), 1, "without governance"),
        ("nowhere.actra", 2, "nowhere.actra"),
        ("signed.actra --key key.pem", 2, "not an Ed25519 public key"),
    ] {
        let run = directory.run(&format!("verify {arguments}"));
        assert_eq!(run.code, code, "{arguments}: {run:?}");
        assert!(run.err.contains(message), "{arguments}: {run:?}");
        if code < 2 {
            let run = directory.run(&format!("verify {arguments} --format json"));
            let answer: serde_json::Value = serde_json::from_str(&run.out).unwrap();
            assert_eq!((run.code, &answer["ok"]), (code, &(code == 0).into()), "{arguments}: {answer}");
        }
    }
    for name in ["cut", "altered", "forged", "newer", "else"] {
        for command in ["check", "hash", "can", "decide --input request.json"] {
            let run = directory.run(&format!("{command} {name}.actra"));
            assert_eq!((run.code, run.out.as_str()), (2, ""), "{command} {name}: {run:?}");
        }
    }
    assert_eq!(directory.run("compile set -o x.actra --sign key.pub").code, 2);
    assert_eq!(directory.run("compile set -o nowhere/x.actra").code, 2);
    assert_eq!(directory.run("compile nowhere -o x.actra").code, 2);
}

#[test]
fn a_compiled_policy_is_a_baseline() {
    let directory = directory();
    let at = |name: &str| directory.path().join(name);
    let baseline = "version: 1\ngovernance: { baseline: { no_weaker_than: released.actra } }\n";
    std::fs::write(at("set/governance.yaml"), baseline).unwrap();
    let refused = |code: &str, reason: &str| {
        let run = directory.run("check set");
        assert!(run.code == 1 && run.err.contains(code) && run.err.contains(reason), "{reason}: {run:?}");
    };
    refused("E0906", "there is no policy directory");
    for name in ["plain.actra", "signed.actra"] {
        std::fs::copy(at(name), at("set/released.actra")).unwrap();
        let run = directory.run("check set");
        assert_eq!(run.code, 0, "{name}: {run:?}");
    }
    let policy = std::fs::read_to_string(at("set/policy.yaml")).unwrap();
    std::fs::write(at("set/policy.yaml"), policy.replace("effect: block", "effect: require_approval"))
        .unwrap();
    refused("E0905", "weaker");
    std::fs::write(at("set/policy.yaml"), policy).unwrap();
    let bytes = std::fs::read(at("signed.actra")).unwrap();
    let change = |change: &dyn Fn(&mut Vec<u8>), reason: &str| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        std::fs::write(at("set/released.actra"), bytes).unwrap();
        refused("E0906", reason);
    };
    change(&|bytes| bytes.truncate(60), "cut off");
    change(&|bytes| bytes[40] ^= 1, "changed after it was made");
    change(&|bytes| *bytes.last_mut().unwrap() ^= 1, "signature does not match");
    change(&|bytes| *bytes = b"version: 1".to_vec(), "neither a policy directory nor a compiled policy");
}

#[test]
fn a_signed_policy_has_a_revision() {
    let directory = directory();
    let run = directory.run("compile set -o seventh.actra --sign key.pem --revision 7");
    assert!(run.code == 0 && run.out.contains(" bytes, signed, revision 7, sha256:"), "{run:?}");
    let run = directory.run("verify seventh.actra --key key.pub --min-revision 7");
    assert!(run.code == 0 && run.out.contains(", signed by the key\nrevision: 7\n"), "{run:?}");
    for (file, revision) in [("seventh", 7), ("signed", 0), ("plain", 0)] {
        let run = directory.run(&format!("verify {file}.actra --format json"));
        let answer: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!((run.code, &answer["revision"]), (0, &revision.into()), "{answer}");
    }
    // The signature is over it.
    let bytes = std::fs::read(directory.path().join("seventh.actra")).unwrap();
    let signed = std::fs::read(directory.path().join("signed.actra")).unwrap();
    let differ = bytes.iter().zip(&signed).take(bytes.len() - 97 - 32).filter(|(one, other)| one != other);
    assert_eq!(differ.map(|(one, other)| (*one, *other)).collect::<Vec<_>>(), [(7, 0)]);
    for (arguments, code, message) in [
        (
            "verify seventh.actra --key key.pub --min-revision 8",
            1,
            "it has revision 7, but at least 8 is demanded",
        ),
        (
            "verify signed.actra --key key.pub --min-revision 1",
            1,
            "it has revision 0, but at least 1 is demanded",
        ),
        ("verify seventh.actra --min-revision 7", 2, "--key"),
        ("compile set -o x.actra --revision 7", 2, "--sign"),
        ("compile set -o x.actra --sign key.pem --revision 0", 2, "0 is not in 1.."),
        ("compile set -o x.actra --sign key.pem --revision 9007199254740992", 2, "is not in 1.."),
    ] {
        let run = directory.run(arguments);
        assert!(run.code == code && run.err.contains(message), "{arguments}: {run:?}");
    }
}
