//! `actra init`: sets that work at once, and files that are never overwritten.

use crate::test_directory::TestDirectory;

const KINDS: [&str; 3] = ["agent", "payments", "deployments"];

#[test]
fn a_new_set_works_at_once() {
    for kind in KINDS {
        let directory = TestDirectory::empty();
        let run = directory.run(&format!("init new --kind {kind}"));
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
        let check = directory.run("check new --deny-warnings");
        assert_eq!((check.code, check.err.as_str()), (0, ""), "{check:?}");
        let tests = directory.run("watch new --once");
        assert_eq!(tests.code, 0, "{tests:?}");
        assert!(tests.out.contains(" passed") && !tests.out.contains("failed"), "{tests:?}");
        let tests = directory.run("test new --mutants --fail-under 100");
        assert_eq!(tests.code, 0, "{tests:?}");
        let effects = directory.run("decide new --input new/requests.jsonl").out;
        for effect in [": allow", ": block", ": require_approval"] {
            assert!(effects.contains(effect), "{kind} shows no {effect}: {effects}");
        }
    }
}

#[test]
fn the_next_commands_work_as_printed() {
    for name in ["new", ".", "a/b c", "-dash", "it's"] {
        let directory = TestDirectory::empty();
        let run = directory.command("init").args(["--", name]).output().unwrap();
        let out = String::from_utf8(run.stdout).unwrap();
        assert_eq!(run.status.code(), Some(0), "{name}: {out}");
        let (_, next) = out.split_once("\nNext:\n").unwrap();
        let commands: Vec<&str> = next.lines().collect();
        assert_eq!(commands.len(), 3, "{out}");
        for command in commands {
            let (code, output) = directory.shell(command);
            assert!((0..=1).contains(&code), "{command}: {output}");
        }
    }
}

#[test]
fn nothing_is_overwritten() {
    let directory =
        TestDirectory::empty().file("taken/policy.yaml", "mine").file("taken/.hidden", "").file("file", "");
    let run = directory.run("init taken");
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{run:?}");
    let expected = "actra: `taken` is not empty: it holds `policy.yaml`; \
                    name a directory that is empty or does not exist\n";
    assert_eq!(run.err, expected);
    assert_eq!(std::fs::read_to_string(directory.path().join("taken/policy.yaml")).unwrap(), "mine");
    assert_eq!(std::fs::read_dir(directory.path().join("taken")).unwrap().count(), 2);

    let run = directory.run("init file");
    assert_eq!((run.code, run.err.as_str()), (2, "actra: `file` exists and is not a directory\n"), "{run:?}");
    assert_eq!(directory.run("init file/below").code, 2);
    assert_eq!(directory.run("init new --kind unknown").code, 2);

    let many =
        (0..12).fold(TestDirectory::empty(), |directory, idx| directory.file(&format!("many/{idx:02}"), ""));
    assert!(many.run("init many").err.contains("`09` and 2 more;"));
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_in_the_way() {
    let directory = TestDirectory::empty();
    std::os::unix::fs::symlink("nowhere", directory.path().join("link")).unwrap();
    let run = directory.run("init link");
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{run:?}");
}

#[test]
fn an_empty_directory_is_taken() {
    let directory = TestDirectory::empty();
    std::fs::create_dir(directory.path().join("empty")).unwrap();
    assert_eq!(directory.run("init empty").code, 0);
    assert_eq!(directory.run("init empty").code, 2, "it is not empty any more");
}

/// The book shows the files that `init` writes.
#[test]
fn the_book_shows_the_files() {
    let page = include_str!("../../../../docs/src/getting-started.md");
    for (info, text) in [
        ("yaml schema.yaml", include_str!("../../templates/payments/schema.yaml")),
        ("yaml policy.yaml", include_str!("../../templates/payments/policy.yaml")),
        ("json requests.jsonl", include_str!("../../templates/payments/requests.jsonl")),
    ] {
        assert!(page.contains(&format!("```{info}\n{text}```\n")), "the page does not show {info} as it is");
    }
}
