//! Every example of the book, of `README.md` and of the pages of `examples` and `policies` is executed.
//!
//! A fenced block says by its info string what it is:
//!
//! | info string | what happens |
//! |---|---|
//! | `yaml schema.yaml` | a new policy set: what the page has shown before is forgotten |
//! | `yaml PATH` | a file of the page's policy set; from then on the set must compile, without warnings |
//! | `yaml PATH warns CODE` | the same, and the set must give just this warning |
//! | `yaml rules`, `yaml rules warns CODE` | the list of a `policy.yaml` with `default: allow` |
//! | `yaml refused CODE` | a schema, a policy or a list of rules that is refused with this code in the page's set |
//! | `yaml tests/PATH` | a file of cases, which must all pass |
//! | `json request` | the request that the following blocks are about; also the file `request.json` |
//! | `json decision` | members of the decision; what is not named is not compared |
//! | `json PATH` | a file beside the set |
//! | `cel` | one condition a line, with ` // true`, `// false`, `// undetermined`, `// refused CODE` or `// warns CODE` |
//! | `console` | each command behind `$ ` is run by a shell in the directory of the set, and output that is shown must be what it says |
//! | `sh` | the same for a whole block, which is one script; for a `git:` set, `origin/main` of a repository is what the directory holds |
//! | `rust PATH`, `text PATH` | the text stands so in this file of the repository: a program that its own tests run, or what it prints |
//! | `text` | nothing |
//! | `python` | nothing here: `sdk/python/tests/test_book.py` runs it, and compares a `text` block right behind it |
//!
//! Any other block is an error. A command with `--store approvals.db` finds a store in which one request waits. In a
//! `console` block `...` stands for anything, a line that ends with `\` goes on in the next one, `examples/NAME` and
//! `policies/NAME` are policy sets of the repository, and `$ make`, `$ cargo`, `$ pip` and `$ python` are not run:
//! what they name must be there, here and in code within a line. A command that prints nothing here must not end with
//! 2 or more, and a file that appears must be named in the command as a word of its own: a `>` that was meant as
//! "greater than" writes one that is not.
//!
//! Files and the request add up along a page, and a later block replaces an earlier one of the same name.
//!
//! In the table behind a line `<!-- executed: spellings -->` each row is a condition twice: subject, operator and
//! value, and an expression; both must give one hash. Behind `<!-- executed: true -->` the last cell is a condition,
//! with an expectation as in a `cel` block or true without one.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod book {
    pub mod console;
    pub mod doors;
    pub mod markdown;
    pub mod shown;
}

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use actra_conformance::root;
use actra_diagnostics::codes;
use book::doors;
use book::markdown::{self, Part};
use book::shown::Shown;

#[test]
fn every_example_is_executed() {
    let mut failures = Vec::new();
    let mut executed = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).expect("the page is readable");
        let mut shown = Shown::default();
        for (line, part) in markdown::parts(&text) {
            let result = match &part {
                Part::Block { info, text } => shown.block(info, text),
                Part::Table { kind, rows } => shown.table(kind, rows),
            };
            executed += 1;
            failures.extend(result.err().map(|error| format!("{}:{line}: {error}", page.display())));
        }
    }
    assert!(failures.is_empty(), "{} examples fail:\n{}", failures.len(), failures.join("\n"));
    println!("{executed} examples executed");
    assert!(executed > 100, "only {executed} examples were found");
}

#[test]
fn the_summary_names_every_page_and_links_lead_somewhere() {
    let source = root().join("docs/src");
    let summary = fs::read_to_string(source.join("SUMMARY.md")).expect("the book has a summary");
    let named: BTreeSet<PathBuf> = markdown::links(&summary).map(|link| source.join(link)).collect();
    for page in pages() {
        let is_chapter = page.starts_with(&source) && !page.ends_with("SUMMARY.md");
        assert!(!is_chapter || named.contains(&page), "{} is not in the summary", page.display());
        let text = fs::read_to_string(&page).expect("the page is readable");
        let directory = page.parent().unwrap_or(Path::new(""));
        for link in markdown::links(&text).chain(markdown::includes(&text)) {
            assert!(directory.join(link).exists(), "{} leads to {link}, which is not there", page.display());
        }
    }
}

#[test]
fn the_book_has_the_page_of_every_code() {
    let source = root().join("docs/src");
    let index = fs::read_to_string(source.join("codes.md")).expect("the book has an index of codes");
    let listed: BTreeSet<&str> = markdown::links(&index).collect();
    for (code, page) in codes::ALL {
        let link = format!("codes/{code}.md");
        assert!(listed.contains(link.as_str()), "{code} is not in the index");
        let chapter = fs::read_to_string(source.join(&link)).expect("the code has a chapter");
        assert!(chapter.contains(&format!("/codes/{code}.md}}}}")), "{link} includes the page of {code}");
        let title = page.lines().next().and_then(|line| line.split_once(": ")).map_or("", |(_, title)| title);
        assert!(
            index.contains(&format!("[{code}]({link}) | {title} |")),
            "the index has the title of {code}"
        );
    }
}

/// What commands name that build, test, measure or install is there.
#[test]
fn commands_that_are_not_run_name_what_is_there() {
    let mut failures = Vec::new();
    let mut found = 0;
    let beside = ["CONTRIBUTING.md", "benches/README.md"].map(|page| root().join(page));
    for page in pages().into_iter().chain(beside) {
        let text = fs::read_to_string(&page).expect("the page is readable");
        for (line, command) in doors::commands(&text) {
            found += 1;
            failures.extend(
                doors::missing(&command)
                    .map(|what| format!("{}:{line}: `{command}`: {what}", page.display())),
            );
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(found > 15, "only {found} commands were found");
}

/// `README.md`, the pages of the book and those of examples and policies, in order.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    let mut directories =
        ["docs/src", "examples", "policies"].map(|directory| root().join(directory)).to_vec();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("the directory is readable") {
            let path = entry.expect("the entry is readable").path();
            match path.is_dir() {
                true if path.ends_with("target") => {}
                true => directories.push(path),
                false => pages.push(path),
            }
        }
    }
    pages.retain(|page| page.extension().is_some_and(|ending| ending == "md"));
    pages.sort();
    pages
}
