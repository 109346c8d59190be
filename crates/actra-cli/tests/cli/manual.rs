//! `actra completions` and `actra man`: what shells complete, and a page for every command.

use std::fs;
use std::io::Write as _;
use std::process::Command;

use crate::help;
use crate::test_directory::TestDirectory;

#[test]
fn shells_complete_commands_and_options() {
    let directory = TestDirectory::empty();
    for (shell, expected) in
        [("bash", "complete -F _actra"), ("zsh", "#compdef actra"), ("fish", "complete -c actra")]
    {
        let run = directory.run(&format!("completions {shell}"));
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
        assert!(run.out.contains(expected), "{shell}: {}", run.out);
        for command in help::commands(&directory) {
            assert!(run.out.contains(&command), "{shell} does not know {command}");
        }
        assert!(run.out.contains("deny-warnings") && run.out.contains("deployments"), "{shell}");
    }
    assert_eq!(directory.run("completions cobol").code, 2);
}

/// In the shell itself, where there is one.
#[cfg(unix)]
#[test]
fn bash_completes() {
    let directory = TestDirectory::empty();
    let script = r#"source /dev/stdin <<< "$(actra completions bash)"
COMP_WORDS=(actra check set --format sa); COMP_CWORD=4; _actra actra sa --format
echo "${COMPREPLY[@]}""#;
    let Ok(output) = directory.with_path(Command::new("bash")).args(["-c", script]).output() else {
        // Not by a macro, whose output a passing test keeps for itself.
        let _ = writeln!(std::io::stderr(), "SKIPPED: completions in bash, which is not here");
        return;
    };
    assert_eq!(String::from_utf8_lossy(&output.stdout), "sarif\n", "{output:?}");
}

#[test]
fn every_command_has_a_manual_page() {
    let directory = TestDirectory::empty();
    let page = directory.run("man");
    assert_eq!((page.code, page.err.as_str()), (0, ""), "{page:?}");
    assert!(page.out.contains(".TH actra 1"), "{}", page.out);
    let run = directory.run("man pages/man1");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    let names = help::commands(&directory).into_iter().filter(|name| name != "help");
    let mut expected: Vec<String> = names.map(|name| format!("pages/man1/actra-{name}.1")).collect();
    expected.insert(0, "pages/man1/actra.1".to_owned());
    assert_eq!(run.out.lines().collect::<Vec<_>>(), expected);
    for file in expected {
        let text = fs::read_to_string(directory.path().join(&file)).unwrap();
        let name = file.trim_start_matches("pages/man1/").trim_end_matches(".1");
        assert!(text.contains(&format!(".TH {name} 1")) && text.contains(".SH SYNOPSIS"), "{file}: {text}");
        assert!(text.contains(".SH \"EXIT STATUS\"\n.TP\n0\n"), "{file}: {text}");
    }
    let directory = directory.file("file", "");
    assert_eq!(directory.run("man file").code, 2);
}
