//! Every example of every `--help` works as it stands.

use std::path::Path;

use crate::test_directory::TestDirectory;

/// What stands in the list of commands.
pub fn commands(directory: &TestDirectory) -> Vec<String> {
    let help = directory.run("--help").out;
    let (_, list) = help.split_once("\nCommands:\n").unwrap();
    let (list, _) = list.split_once("\n\n").unwrap();
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn examples(help: &str) -> Vec<&str> {
    let shown = help.split_once("\nExample").map_or("", |(_, shown)| shown);
    shown
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| line.starts_with("actra "))
        .collect()
}

/// A directory in which the examples make sense.
fn directory() -> TestDirectory {
    let directory = TestDirectory::empty();
    assert_eq!(directory.run("init policies/payments --kind payments").code, 0);
    for file in ["requests.jsonl", "request.json"] {
        std::fs::copy(directory.path().join("policies/payments").join(file), directory.path().join(file))
            .unwrap();
    }
    std::fs::write(
        directory.path().join("tools.json"),
        r#"{"tools":[{"name":"a","inputSchema":{"type":"object"}}]}"#,
    )
    .unwrap();
    crate::approvals::store(directory.path());
    server(&directory.path().join("payments-server"));
    for home in [".local/share/bash-completion/completions", ".zfunc", ".config/fish/completions"] {
        std::fs::create_dir_all(directory.path().join(home)).unwrap();
    }
    directory
}

/// A server with one tool, which ends with its client.
fn server(path: &Path) {
    let script = r#"#!/bin/sh
while read -r line; do
  case $line in
    *'"initialize"'*) echo '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{}}}' ;;
    *'"tools/list"'*) echo '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"pay","inputSchema":{"type":"object"}}]}}' ;;
  esac
done
"#;
    std::fs::write(path, script).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn every_command_has_examples_that_work() {
    let names = commands(&TestDirectory::empty());
    assert!(names.len() >= 10, "{names:?}");
    for name in names.iter().filter(|name| *name != "help").map(String::as_str).chain([""]) {
        let directory = directory();
        let help = directory.run(&format!("{name} --help"));
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{help:?}");
        let examples = examples(&help.out);
        assert!(!examples.is_empty(), "`actra {name} --help` has no example");
        for example in examples {
            // Else it would not end.
            let once = if name == "watch" { " --once" } else { "" };
            let (code, output) = directory.shell(&format!("{example}{once}"));
            assert!((0..=1).contains(&code), "`{example}` ends with {code}: {output}");
        }
    }
}

#[test]
fn help_fits_a_terminal() {
    let directory = TestDirectory::empty();
    for name in commands(&directory) {
        let help = directory.run(&format!("help {name}"));
        assert_eq!(help.code, 0, "{name}");
        assert!(help.out.lines().all(|line| line.chars().count() <= 100), "{name}: {}", help.out);
    }
}
