//! `actra watch`: a round on every save, until it is ended.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::test_directory::{POLICY, SCHEMA, TestDirectory};

const TESTS: &str = "version: 1
policy: ..
cases:
  - name: small
    request: { action: { type: refund, amount: 1 }, actor: { role: support } }
    expect: { effect: allow }
  - name: large
    request: { action: { type: refund, amount: 1001 }, actor: { role: support } }
    expect: { effect: block }
";

/// The command at work; ended when the test does.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(directory: &TestDirectory) -> Self {
        let mut child = directory.command("watch set").stderr(Stdio::null()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    /// The lines up to the one about tests, which ends a round.
    fn round(&self) -> Vec<String> {
        let mut round = Vec::new();
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(20)).unwrap();
            let is_last = line.starts_with("tests: ");
            round.push(line);
            if is_last {
                return round;
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write(directory: &TestDirectory, path: &str, text: impl AsRef<[u8]>) {
    std::fs::write(directory.path().join(path), text).unwrap();
}

#[test]
fn once_checks_and_tests() {
    let directory = TestDirectory::with_set().file("set/tests/a.yaml", TESTS);
    let run = directory.run("watch set --once");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    assert!(run.out.ends_with("tests: 2 passed\n"), "{run:?}");

    write(&directory, "set/tests/a.yaml", TESTS.replace("allow", "block"));
    let run = directory.run("watch set --once");
    assert_eq!(run.code, 1, "{run:?}");
    let failed = "  fails: tests/a.yaml:4: small\n    6: `effect` is \"allow\", expected \"block\"\n\
                  tests: 1 passed, 1 failed\n";
    assert!(run.out.ends_with(failed), "{run:?}");

    let directory = directory.file("set/tests/deep/b.yaml", "version: 2").file("set/tests/c.yaml", b"\xff");
    let run = directory.run("watch set --once");
    assert!(run.out.contains("  fails: tests/deep/b.yaml:1: the file\n"), "{run:?}");
    assert!(run.out.contains("  fails: tests/c.yaml:1: the file\n    the file is not UTF-8"), "{run:?}");

    write(&directory, "set/policy.yaml", "version: 1");
    let run = directory.run("watch set --once");
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.out.starts_with("refused: ") && run.out.ends_with("since the set is refused\n"), "{run:?}");
    assert!(run.err.starts_with("error["), "{run:?}");

    for arguments in ["watch nowhere", "watch nowhere --once", "watch set/policy.yaml"] {
        assert_eq!(directory.run(arguments).code, 2, "{arguments}");
    }
}

/// What `actra test` takes, `actra watch` takes as well: cases without `policy:` are about the set itself.
#[test]
fn test_files_are_read_as_testing_reads_them() {
    let directory = TestDirectory::with_set().file("set/tests/a.yaml", TESTS.replace("policy: ..\n", ""));
    let run = directory.run("watch set --once");
    assert_eq!((run.code, run.out.ends_with("tests: 2 passed\n")), (0, true), "{run:?}");
    assert_eq!(directory.run("test set").out, "2 tests passed\n");

    let directory = directory.file("set/tests/b.yml", TESTS);
    let run = directory.run("watch set --once");
    assert!(
        run.out.contains("tests/b.yml:1: the file\n    the names of test files end in `.yaml`"),
        "{run:?}"
    );
    assert_eq!(run.code, 1);
}

/// Without file descriptors nothing can be watched, which is the fault of neither the set nor its author.
#[cfg(target_os = "linux")]
#[test]
fn watching_that_fails_is_a_failure_of_the_tool() {
    let (code, printed) = TestDirectory::with_set().shell("ulimit -n 4; exec actra watch set");
    assert_eq!(code, 3, "{printed}");
    assert!(printed.starts_with("actra: cannot watch `set`: "), "{printed}");
}

#[test]
fn saving_shows_what_changed() {
    let directory = TestDirectory::with_set().file("set/tests/a.yaml", TESTS).file("set/README.md", "");
    let watch = Watch::start(&directory);
    assert_eq!(watch.round().last().unwrap(), "tests: 2 passed");

    write(&directory, "set/policy.yaml", POLICY.replace("> 1000", "> 5000"));
    let round = watch.round();
    assert_eq!(round[0], "changed: policy.yaml");
    assert!(round[1].starts_with("ok: "), "{round:?}");
    assert_eq!(round[2], "  now fails: tests/a.yaml:7: large");
    assert_eq!(round.last().unwrap(), "tests: 1 passed, 1 failed");

    // A test alone: the set is not checked again, and what failed before is named only.
    write(&directory, "set/tests/b.yaml", TESTS.replace("name: ", "name: other ").replace("block", "allow"));
    let round = watch.round();
    let expected =
        ["changed: tests/b.yaml", "  still fails: tests/a.yaml:7: large", "tests: 3 passed, 1 failed"];
    assert_eq!(round, expected);

    // What is no part of the set is no change; an editor that replaces the file is one.
    write(&directory, "set/README.md", "text");
    write(&directory, "set/.policy.tmp", POLICY);
    std::fs::rename(directory.path().join("set/.policy.tmp"), directory.path().join("set/policy.yaml"))
        .unwrap();
    let round = watch.round();
    assert_eq!(round[0], "changed: policy.yaml");
    assert!(round.contains(&"  now passes: tests/a.yaml:7: large".to_owned()), "{round:?}");
    assert!(round.contains(&"  now fails: tests/b.yaml:7: other large".to_owned()), "{round:?}");
    assert!(!round.concat().contains('\x1b'), "no terminal, no clearing: {round:?}");
}

#[cfg(unix)]
#[test]
fn a_terminal_is_cleared_before_each_further_round() {
    let directory = TestDirectory::with_set();
    let mut terminal = crate::terminal::Terminal::start(&directory, "watch set", &[]);
    assert!(!terminal.shows("tests: none").contains("\x1b[2J"));
    write(&directory, "set/policy.yaml", POLICY.replace("1000", "5000"));
    let shown = terminal.shows("tests: none");
    assert!(shown.contains("\x1b[2J\x1b[Hchanged: policy.yaml\r\nok: "), "{shown:?}");
}

#[test]
fn what_goes_may_come_back() {
    let directory = TestDirectory::with_set().file("set/tests/a.yaml", TESTS);
    let watch = Watch::start(&directory);
    watch.round();

    std::fs::remove_file(directory.path().join("set/policy.yaml")).unwrap();
    let round = watch.round();
    assert!(round[1].starts_with("refused: "), "{round:?}");
    write(&directory, "set/policy.yaml", POLICY);
    assert_eq!(watch.round().last().unwrap(), "tests: 2 passed");

    std::fs::remove_dir_all(directory.path().join("set")).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let directory =
        directory.file("new/schema.yaml", SCHEMA).file("new/policy.yaml", POLICY.replace("1000", "5000"));
    std::fs::rename(directory.path().join("new"), directory.path().join("set")).unwrap();
    let round = watch.round();
    assert_eq!(round[0], "changed: policy.yaml, tests/a.yaml");
    assert_eq!(round.last().unwrap(), "tests: none");

    // The directory that is there now is watched, and so are directories in it that are new.
    let directory = directory.file("set/tests/deep/a.yaml", TESTS.replace("policy: ..", "policy: ../.."));
    let round = watch.round();
    assert_eq!(round[0], "changed: tests/deep/a.yaml");
    assert_eq!(round.last().unwrap(), "tests: 1 passed, 1 failed");
    write(
        &directory,
        "set/tests/deep/a.yaml",
        TESTS.replace("policy: ..", "policy: ../..").replace("1001", "5001"),
    );
    assert_eq!(watch.round().last().unwrap(), "tests: 2 passed");
}
