//! `actra check`: sets that are fine, warned about and refused, and files that are missing, misnamed or no files.

use crate::test_directory::{POLICY, SCHEMA, TestDirectory};

#[test]
fn a_good_set_is_fine() {
    let directory = TestDirectory::with_set().file("set/README.md", "").file("set/tests/a.yaml", "{");
    let run = directory.run("check set");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    assert!(run.out.starts_with("ok: 2 rules, 2 actions, sha256:"), "{run:?}");
    let run = directory.run("check set --format json");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    assert!(run.out.starts_with(r#"{"schema":"actra/check/v1","ok":true,"policy_hash":"sha256:"#), "{run:?}");
    assert!(
        run.out.ends_with("\"errors\":0,\"warnings\":0,\"governance\":null,\"diagnostics\":[]}\n"),
        "{run:?}"
    );
}

#[test]
fn a_refused_set_is_a_no() {
    let directory = TestDirectory::empty()
        .file("set/schema.yaml", SCHEMA)
        .file("set/policy.yaml", POLICY.replace("action.amount", "action.amuont"));
    let run = directory.run("check set");
    assert_eq!((run.code, run.out.as_str()), (1, "refused: 1 error\n"), "{run:?}");
    assert!(run.err.contains(" --> set/policy.yaml:6:"), "{run:?}");
    assert!(run.err.contains("    when: action.amuont > 1000"), "{run:?}");
    assert!(!run.err.contains('\x1b'), "{run:?}");
    let run = directory.run("check set/ --format json");
    assert_eq!((run.code, run.err.as_str()), (1, ""), "{run:?}");
    assert!(run.out.contains(r#""file":"policy.yaml","line":6,"#), "{run:?}");
    for arguments in ["hash set", "decide set", "explain set --request -"] {
        let run = directory.run(arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments}: {run:?}");
        assert!(run.err.contains("error[E0501]"), "{arguments}: {run:?}");
        assert!(run.err.ends_with("actra: the policy set `set` does not compile: 1 error\n"), "{run:?}");
    }
}

#[test]
fn warnings_are_fine_unless_denied() {
    let directory = TestDirectory::empty()
        .file("set/schema.yaml", SCHEMA)
        .file("set/policy.yaml", POLICY.replace("default: allow\n", ""));
    let run = directory.run("check set");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.starts_with("ok: 2 rules, 2 actions, 1 warning, sha256:"), "{run:?}");
    assert!(run.err.starts_with("warning[W0001]: "), "{run:?}");
    let run = directory.run("check set --deny-warnings");
    assert_eq!((run.code, run.out.as_str()), (1, "refused: 1 warning, and warnings are denied\n"), "{run:?}");
    assert_eq!(directory.run("check set --deny-warnings --format json").code, 1);
    assert_eq!(directory.run("hash set").code, 0);
}

/// What `check` says of a set with one more file, or one less.
fn codes(directory: &TestDirectory) -> Vec<String> {
    let run = directory.run("check set --format json");
    assert_eq!((run.code, run.err.as_str()), (1, ""), "{run:?}");
    run.out.split("{\"code\":\"").skip(1).map(|part| part[..5].to_owned()).collect()
}

#[test]
fn missing_and_misnamed_files_are_errors() {
    assert_eq!(codes(&TestDirectory::empty().file("set/x", "")), ["E0001", "E0001"]);
    assert_eq!(codes(&TestDirectory::empty().file("set/schema.yaml", SCHEMA)), ["E0001"]);
    for name in ["governance.yml", "Policy.YAML", "rules.yaml", "policies.yml", "schema.json"] {
        assert_eq!(codes(&TestDirectory::with_set().file(&format!("set/{name}"), "")), ["E0003"], "{name}");
    }
    assert_eq!(codes(&TestDirectory::with_set().file("set/governance.yaml", "")), ["E0104"]);
    assert_eq!(codes(&TestDirectory::with_set().file("set/policies/a.yaml", POLICY))[0], "E0004");
    let misnamed = TestDirectory::empty().file("set/schema.yaml", SCHEMA).file("set/policies/a.yaml", POLICY);
    assert_eq!(codes(&misnamed.file("set/policies/b.yml", "")), ["E0003"]);
    assert_eq!(codes(&TestDirectory::with_set().file("set/schema.yaml", b"\xff")), ["E0002"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_an_error_and_never_waited_for() {
    use std::os::unix::fs::symlink;
    let without_policy = || TestDirectory::empty().file("set/schema.yaml", SCHEMA);

    let pipe = without_policy();
    let made = std::process::Command::new("mkfifo").arg(pipe.path().join("set/policy.yaml")).status();
    assert!(made.unwrap().success());
    assert_eq!(codes(&pipe), ["E0002"]);

    let dangling = without_policy();
    symlink("nowhere", dangling.path().join("set/policy.yaml")).unwrap();
    assert_eq!(codes(&dangling), ["E0002"]);

    let circle = without_policy();
    symlink("policy.yaml", circle.path().join("set/policy.yaml")).unwrap();
    assert_eq!(codes(&circle), ["E0002"]);

    let endless = without_policy();
    symlink("/dev/zero", endless.path().join("set/policy.yaml")).unwrap();
    assert_eq!(codes(&endless), ["E0002"]);

    let directory = without_policy().file("set/policy.yaml/x", "");
    assert_eq!(codes(&directory), ["E0002"]);

    let folder_loop = without_policy().file("set/policies/a.yaml", POLICY);
    symlink("..", folder_loop.path().join("set/policies/up")).unwrap();
    symlink(".", folder_loop.path().join("set/policies/here")).unwrap();
    assert!(codes(&folder_loop).contains(&"E0002".to_owned()));

    let linked = TestDirectory::empty().file("real/schema.yaml", SCHEMA).file("shared.yaml", POLICY);
    symlink("../shared.yaml", linked.path().join("real/policy.yaml")).unwrap();
    symlink("real", linked.path().join("set")).unwrap();
    assert_eq!(linked.run("check set").code, 0);
}

#[cfg(unix)]
#[test]
fn policies_that_cannot_be_listed_are_no_absence() {
    use std::os::unix::fs::symlink;
    let dangling = TestDirectory::with_set();
    symlink("nowhere", dangling.path().join("set/policies")).unwrap();
    assert!(codes(&dangling).contains(&"E0002".to_owned()));
    let file = TestDirectory::with_set().file("set/policies", "");
    assert!(codes(&file).contains(&"E0002".to_owned()));
}

#[test]
fn a_set_beyond_the_limit_is_refused() {
    let directory = TestDirectory::empty().file("set/schema.yaml", SCHEMA).file("set/policy.yaml", "");
    let policy = std::fs::File::create(directory.path().join("set/policy.yaml")).unwrap();
    policy.set_len(1 << 34).unwrap();
    assert_eq!(codes(&directory), ["E0006"]);
}

#[test]
fn control_characters_of_a_policy_are_shown_not_sent() {
    let policy = POLICY.replace("action.amount > 1000", "\"action.amuont == '\\e[2J\u{202e}'\"");
    let directory = TestDirectory::empty().file("set/schema.yaml", SCHEMA).file("set/policy.yaml", policy);
    let run = directory.run("check set");
    assert_eq!(run.code, 1, "{run:?}");
    assert!(!run.err.contains(['\x1b', '\u{202e}']), "{run:?}");
}

/// A literal has the size that it has: asking for it would not help.
#[test]
fn help_for_an_empty_literal_asks_for_no_size() {
    let policy = "version: 1\ndefault: block\nrules:\n  - id: r\n    scope: { global: true }\n    \
                  when: actor.role.contains(\"\")\n    effect: allow\n";
    let run = TestDirectory::with_set().file("set/policy.yaml", policy).run("check set");
    assert!(
        run.err.contains("warning[W0004]") && run.err.contains("help: write what is meant"),
        "{}",
        run.err
    );
}
