//! `actra fmt`: one layout, files that are wrong, and conditions in the other notation.

use std::fs;

use crate::test_directory::TestDirectory;

const UGLY: &str = "version: 1\ndefault:   allow # so far\nrules:\n- id: a\n  scope: {action: refund}\n\n\n  # large ones\n  when: action.amount>1000\n  effect: block\n";
const NEAT: &str = "version: 1\ndefault: allow  # so far\nrules:\n  - id: a\n    scope: { action: refund }\n\n    # large ones\n    when: action.amount>1000\n    effect: block\n";

#[test]
fn files_are_brought_into_one_layout() {
    let directory = TestDirectory::empty()
        .file("set/policy.yaml", UGLY)
        .file("set/tests/deep/a.yaml", "a:   1\n")
        .file("set/notes.txt", "a:   1");
    let check = directory.run("fmt set --check");
    assert_eq!(check.code, 1);
    assert_eq!(check.out, "set/policy.yaml\nset/tests/deep/a.yaml\n2 files, 2 would change\n");
    assert_eq!(fs::read_to_string(directory.path().join("set/policy.yaml")).unwrap(), UGLY);

    let run = directory.run("fmt set");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    assert_eq!(fs::read_to_string(directory.path().join("set/policy.yaml")).unwrap(), NEAT);
    assert_eq!(fs::read_to_string(directory.path().join("set/tests/deep/a.yaml")).unwrap(), "a: 1\n");
    assert_eq!(fs::read_dir(directory.path().join("set")).unwrap().count(), 3);

    let again = directory.run("fmt set/policy.yaml set --check");
    assert_eq!((again.code, again.out.as_str()), (0, "2 files, 0 would change\n"));
}

#[test]
fn what_is_wrong_is_said_and_the_rest_is_done() {
    let directory = TestDirectory::empty()
        .file("a.yaml", "a: [1\n")
        .file("b.yaml", "b:   1\n")
        .file("c.yaml", "c:   &x 1\nd: *x\n");
    let run = directory.run("fmt .");
    assert_eq!((run.code, run.out.as_str()), (2, "./b.yaml\n3 files, 1 changed\n"), "{run:?}");
    assert!(run.err.contains("error[E0101]") && run.err.contains("`./a.yaml` is left unchanged"), "{run:?}");
    assert!(run.err.contains("actra: `./c.yaml` is left unchanged: it uses anchors"), "{run:?}");
    assert_eq!(directory.run("fmt nothing").code, 2);
    assert_eq!(directory.run("fmt").code, 2);
}

#[cfg(unix)]
#[test]
fn rights_and_links_are_kept() {
    use std::os::unix::fs::PermissionsExt;
    let directory = TestDirectory::empty().file("real.yaml", "a:   1\n");
    let (real, link) = (directory.path().join("real.yaml"), directory.path().join("link.yaml"));
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.yaml", &link).unwrap();
    assert_eq!(directory.run("fmt link.yaml").code, 0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), "a: 1\n");
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn conditions_are_rewritten_and_the_hash_stays() {
    let directory = TestDirectory::with_set();
    let hash = directory.run("hash set").out;
    let there = directory.run("fmt set --structured");
    assert_eq!((there.code, there.err.as_str()), (0, ""), "{there:?}");
    let text = fs::read_to_string(directory.path().join("set/policy.yaml")).unwrap();
    assert!(
        text.contains("when: { subject: { domain: action, field: amount }, operator: greater_than,"),
        "{text}"
    );
    assert_eq!(directory.run("hash set").out, hash);
    assert_eq!(directory.run("fmt set --expressions --check").code, 1);
    assert_eq!(directory.run("fmt set --expressions").code, 0);
    let text = fs::read_to_string(directory.path().join("set/policy.yaml")).unwrap();
    assert!(text.contains("when: action.amount > 1000"), "{text}");
    assert_eq!(directory.run("hash set").out, hash);
    assert_eq!(directory.run("fmt set --expressions --structured").code, 2);
    assert_eq!(directory.run("fmt set/policy.yaml --expressions").code, 2);
}

/// `fmt set/*` names requests beside policies.
#[test]
fn files_of_other_kinds_are_left_alone() {
    let json = "{\"a\":1,\n\n\n  \"b\":   2}\n";
    let directory =
        TestDirectory::empty().file("x.json", json).file("list.md", "-   a\n").file("b.yaml", "b:   1\n");
    let run = directory.run("fmt x.json list.md b.yaml");
    assert_eq!((run.code, run.out.as_str()), (2, "b.yaml\n1 file, 1 changed\n"), "{run:?}");
    assert!(run.err.contains("`x.json` does not have the name of a YAML file"), "{run:?}");
    assert_eq!(fs::read_to_string(directory.path().join("x.json")).unwrap(), json);
}

#[cfg(unix)]
#[test]
fn what_never_ends_is_not_read_to_the_end() {
    let directory = TestDirectory::empty().file("set/schema.yaml", "version: 1\nactions: { a: {} }\n").file(
        "set/policy.yaml",
        "version: 1\ndefault: block\nrules: [{ id: r, scope: { action: a }, when: true, effect: allow }]\n",
    );
    for command in ["can set --actor @/dev/zero", "verify set/policy.yaml --key /dev/zero"] {
        let run = directory.run(command);
        assert_eq!(run.code, 2, "{command}: {run:?}");
        assert!(run.err.contains("it is longer than"), "{command}: {run:?}");
    }
}
