//! The command reference of the book is what the program says. `ACTRA_UPDATE=1` writes it anew.

use std::fs;
use std::path::Path;

use crate::help;
use crate::test_directory::TestDirectory;

#[test]
fn the_reference_is_what_the_program_says() {
    let directory = TestDirectory::empty();
    let mut page = "# The command line, option by option\n\nWhat `actra COMMAND --help` says.\n\
                    [The command line, by example](command-line.md) shows what each command is for.\n"
        .to_owned();
    page += &section("actra", &directory.run("--help").out);
    for name in help::commands(&directory).iter().filter(|name| *name != "help") {
        page += &section(&format!("actra {name}"), &directory.run(&format!("{name} --help")).out);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/command-line-options.md");
    if std::env::var_os("ACTRA_UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let current = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        current == page,
        "docs/src/command-line-options.md is not up to date: run this test with ACTRA_UPDATE=1"
    );
}

fn section(title: &str, help: &str) -> String {
    let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    format!("\n## {title}\n\n```text\n{}\n```\n", lines.join("\n"))
}
