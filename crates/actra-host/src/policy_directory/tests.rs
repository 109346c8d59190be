//! What is read of a directory, and what cannot be read.

use super::*;
use crate::test_directory::TestDirectory;

impl TestDirectory {
    /// The set as `path: content`, or `path! reason`.
    fn read(&self) -> Vec<String> {
        self.read_below("")
    }

    fn read_below(&self, path: &str) -> Vec<String> {
        let show = |file: SetFile| match file.content {
            Ok(bytes) => format!("{}: {}", file.path, String::from_utf8(bytes).unwrap()),
            Err(reason) => format!("{}! {reason}", file.path),
        };
        read_policy_set(&self.0.join(path)).unwrap().files.into_iter().map(show).collect()
    }
}

#[test]
fn takes_what_may_belong_and_nothing_else() {
    let directory = TestDirectory::new(&[
        ("schema.yaml", "s"),
        ("Policy.YML", "p"),
        ("policy.json", "j"),
        ("README.md", "-"),
        ("requests.jsonl", "-"),
        ("data.json", "-"),
        ("tests/a.yaml", "-"),
        ("other/a.yaml", "-"),
        ("policies/b/c.yaml", "c"),
        ("policies/a.yml", "a"),
        ("policies/notes.txt", "-"),
        ("policies/..data/a.yaml", "-"),
        ("rules/a.yaml", "r"),
        ("rules/README.md", "-"),
        ("rules/deep/a.yaml", "-"),
        ("governance.yaml.bak", "g"),
        ("governance.md", "-"),
        ("policy/a.yml", "q"),
    ]);
    let expected = [
        "Policy.YML: p",
        "governance.yaml.bak: g",
        "policies/a.yml: a",
        "policies/b/c.yaml: c",
        "policy/a.yml: q",
        "policy.json: j",
        "rules/a.yaml: r",
        "schema.yaml: s",
    ];
    assert_eq!(directory.read(), expected);
}

#[test]
fn a_directory_in_the_place_of_a_file_and_the_other_way_round() {
    let directory = TestDirectory::new(&[("schema.yaml/x", ""), ("policies", "")]);
    let expected = [
        "policies! it is a file where a directory is expected",
        "schema.yaml! it is a directory where a file is expected",
    ];
    assert_eq!(directory.read(), expected);
}

#[test]
fn what_is_not_a_directory_is_an_error() {
    let directory = TestDirectory::new(&[("a.actra", ""), ("b", "")]);
    let error = |name: &str| read_policy_set(&directory.0.join(name)).unwrap_err();
    assert!(matches!(error("a.actra"), ReadPolicySetError::Compiled(_)));
    assert!(matches!(error("b"), ReadPolicySetError::NotADirectory(_)));
    assert!(matches!(error("c"), ReadPolicySetError::Missing(_)));
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_loops_end() {
    use std::os::unix::fs::symlink;
    let directory =
        TestDirectory::new(&[("elsewhere", "e"), ("shared/x.yaml", "x"), ("policies/a.yaml", "a")]);
    symlink("elsewhere", directory.0.join("schema.yaml")).unwrap();
    symlink("nowhere", directory.0.join("governance.yaml")).unwrap();
    symlink("policy.yaml", directory.0.join("policy.yaml")).unwrap();
    symlink("../shared", directory.0.join("policies/shared")).unwrap();
    symlink(".", directory.0.join("policies/loop")).unwrap();
    let found = directory.read();
    assert_eq!(found[0], "governance.yaml! it is a link that leads nowhere");
    assert_eq!(
        found[1..4],
        [
            "policies/a.yaml: a",
            "policies/loop! it is a link to a directory that contains it",
            "policies/shared/x.yaml: x",
        ]
    );
    assert!(found[4].starts_with("policy.yaml! it is a link that cannot be followed"), "{}", found[4]);
    assert_eq!(found[5], "schema.yaml: e");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let directory = TestDirectory::new(&[]);
    let made = std::process::Command::new("mkfifo").arg(directory.0.join("policy.yaml")).status();
    assert!(made.unwrap().success());
    assert_eq!(directory.read(), ["policy.yaml! it is a pipe, socket or device where a file is expected"]);
}

#[test]
fn reading_ends_at_the_limit() {
    let directory = TestDirectory::new(&[("a.yaml", "")]);
    let file = File::create(directory.0.join("a.yaml")).unwrap();
    file.set_len(1 << 32).unwrap();
    assert_eq!(read_file(&directory.0.join("a.yaml"), 10).unwrap().len(), 11);
    let set = read_policy_set(&directory.0).unwrap();
    assert_eq!(set.files[0].content.as_ref().unwrap().len(), limits::SET_BYTES + 1);
}

/// A governance with a baseline at a path.
fn baseline(path: &str) -> String {
    format!("version: 1\ngovernance: {{ baseline: {{ no_weaker_than: {path} }} }}")
}

/// What is read besides `governance.yaml`.
fn beside(path: &str, files: &[(&str, &str)]) -> Vec<String> {
    let governance = baseline(path);
    let mut all = vec![("set/governance.yaml", governance.as_str())];
    all.extend(files);
    let directory = TestDirectory::new(&all);
    directory.read_below("set").into_iter().filter(|file| !file.starts_with("governance.yaml")).collect()
}

#[test]
fn the_baseline_is_read_with_the_set() {
    let released = [
        ("set/schema.yaml", "s"),
        ("set/released/schema.yaml", "t"),
        ("set/released/policies/a.yaml", "a"),
        ("set/released/governance.yaml", &baseline("older")),
        ("set/released/older/schema.yaml", "-"),
        ("other/schema.yaml", "o"),
    ];
    let read = |path: &str| beside(path, &released);
    let inside = [
        "schema.yaml: s",
        "released/governance.yaml: version: 1\ngovernance: { baseline: { no_weaker_than: older } }",
        "released/policies/a.yaml: a",
        "released/schema.yaml: t",
    ];
    assert_eq!(read("released"), inside);
    assert_eq!(read("./released/"), inside);
    assert_eq!(read("../other"), ["schema.yaml: s", "../other/schema.yaml: o"]);
    let missing = read("relaesed");
    assert!(missing[1].starts_with("relaesed! there is no policy directory"), "{missing:?}");
    assert_eq!(read("../set")[1], "../set! it is the set itself");
    // Compiling says what is wrong with these.
    for path in [".", "/tmp", "policies", "policy.yaml", "released.actra:x"] {
        assert_eq!(read(path), ["schema.yaml: s"], "{path}");
    }
}

#[test]
fn a_baseline_that_is_no_policy_directory_says_so() {
    let found = beside("old", &[("set/old/README.md", "")]);
    assert_eq!(found, ["old! the directory holds no policy"]);
    for name in ["old.actra", "old.txt"] {
        let file = format!("set/{name}");
        let directory = TestDirectory::new(&[("set/governance.yaml", &baseline(name)), (&file, "")]);
        let set = read_policy_set(&directory.0.join("set")).unwrap();
        let Some(CompiledBaseline(Err(reason))) = set.baseline else { panic!("{set:?}") };
        assert_eq!(reason, "it is neither a policy directory nor a compiled policy");
    }
}
