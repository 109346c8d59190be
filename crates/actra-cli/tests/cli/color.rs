//! Colors, in a pseudo-terminal and outside of one.

use crate::terminal::Terminal;
use crate::test_directory::{POLICY, SCHEMA, TestDirectory};

fn directory() -> TestDirectory {
    let policy = POLICY.replace("action.amount", "action.amuont");
    TestDirectory::empty().file("set/schema.yaml", SCHEMA).file("set/policy.yaml", policy)
}

fn in_terminal(directory: &TestDirectory, arguments: &str, variables: &[(&str, &str)]) -> String {
    Terminal::start(directory, arguments, variables).shows("")
}

fn is_colored(text: &str) -> bool {
    text.contains("\x1b[")
}

#[test]
fn a_terminal_gets_colors_unless_told_otherwise() {
    let directory = directory();
    for (arguments, variables, expected) in [
        ("check set", &[][..], true),
        ("check set --help", &[], true),
        ("check --frobnicate", &[], true),
        ("check set", &[("NO_COLOR", "1")], false),
        ("check set --help", &[("NO_COLOR", "1")], false),
        ("check set", &[("NO_COLOR", "")], true),
        ("check set", &[("TERM", "dumb")], false),
        ("check set --color never", &[], false),
        ("--color never check set", &[], false),
        ("check set --color=never --help", &[], false),
        ("check --frobnicate --color never", &[], false),
        ("check set --color always", &[("NO_COLOR", "1")], true),
    ] {
        let shown = in_terminal(&directory, arguments, variables);
        assert!(shown.contains("set") || shown.contains("frobnicate"), "{shown}");
        assert_eq!(is_colored(&shown), expected, "{arguments} {variables:?}: {shown:?}");
    }
}

#[test]
fn a_pipe_gets_none_unless_told_otherwise() {
    let directory = directory();
    for (arguments, variables, expected) in [
        ("check set", &[][..], false),
        ("check set", &[("CLICOLOR_FORCE", "1")], true),
        ("check set --color never", &[("CLICOLOR_FORCE", "1")], false),
        ("check set --color always", &[], true),
    ] {
        let output = directory.command(arguments).envs(variables.iter().copied()).output().unwrap();
        let shown = String::from_utf8(output.stderr).unwrap();
        assert_eq!(is_colored(&shown), expected, "{arguments} {variables:?}: {shown:?}");
        assert!(!output.stdout.contains(&b'\x1b'), "{arguments}");
    }
    let data = directory.run("check set --color always --format json");
    assert!(!is_colored(&data.out), "data is never colored: {data:?}");
    assert_eq!(directory.run("check set --color sometimes").code, 2);
}

#[test]
fn data_in_a_terminal_is_that_of_a_pipe() {
    let directory = directory();
    let shown = in_terminal(&directory, "check set --format json", &[]);
    assert_eq!(shown.replace("\r\n", "\n"), directory.run("check set --format json").out);
}
