//! Each diagnostic code has a page: what, why, an example that fails with it and one that does not.
//!
//! A page shows files as fenced blocks ```` ```yaml schema.yaml ````; a page that shows no schema uses [`SCHEMA`].

#![expect(clippy::panic, clippy::expect_used, reason = "a test fails by panicking")]

mod pages {
    mod sarif;
}

use std::collections::BTreeSet;

use actra_diagnostics::{Code, codes};
use actra_engine::{PolicySet, SetFile, check_with_proofs};

/// The schema of pages that show none.
const SCHEMA: &str = "version: 1
actions:
  refund: { fields: { amount: number, currency: { type: string, one_of: [USD, EUR] }, note: string? } }
  delete_user: { fields: { user_id: string } }
actor: { fields: { id: string, role: string, type: string } }
snapshot:
  fields: { fraud_flag: boolean, contacts: list<string>, labels: map<string>, source: ip, file: path, seen: timestamp, extra: any }
";

const POLICY: &str = "version: 1\ndefault: allow\nrules:\n  - { id: r, scope: { global: true }, when: snapshot.fraud_flag, effect: block }\n";

/// Codes whose fault no text of a page can show; each says why, and has its test elsewhere.
const NOT_SHOWN: &[(&str, &str)] = &[
    ("E0002", "unreadable files come from the file system"),
    ("E0006", "takes 64 MiB"),
    ("E0804", "takes 100,000 rules"),
    ("E0805", "takes 10,001 elements"),
];

fn section<'p>(page: &'p str, title: &str) -> &'p str {
    let start =
        page.find(&format!("\n## {title}\n")).unwrap_or_else(|| panic!("no section `{title}` in:\n{page}"));
    let body = &page[start + 1..];
    let end = body[3..].find("\n## ").map_or(body.len(), |end| end + 3);
    &body[..end]
}

/// The files of a section, completed to a set.
fn set(section: &str) -> PolicySet {
    let mut files: Vec<(String, String)> = Vec::new();
    let mut rest = section;
    while let Some(start) = rest.find("```yaml ") {
        let block = &rest[start + 8..];
        let (name, block) = block.split_once('\n').expect("a block has a first line");
        let (text, after) = block.split_once("```").expect("a block is closed");
        files.push((name.trim().to_owned(), text.to_owned()));
        rest = after;
    }
    let shows = |wanted: &str| files.iter().any(|(name, _)| name.contains(wanted));
    let (schema, policy) = (shows("schema"), shows("polic") || shows("rules"));
    let nothing = section.contains("(no `schema.yaml`)");
    if !schema && !nothing {
        files.push(("schema.yaml".to_owned(), SCHEMA.to_owned()));
    }
    if !policy {
        files.push(("policy.yaml".to_owned(), POLICY.to_owned()));
    }
    let file = |(path, text): (String, String)| SetFile { path, content: Ok(text.into_bytes()) };
    PolicySet { files: files.into_iter().map(file).collect(), baseline: None }
}

fn codes_of(set: &PolicySet) -> BTreeSet<&'static str> {
    check_with_proofs(set).diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect()
}

#[test]
fn every_page_has_its_sections() {
    for (code, page) in codes::ALL {
        assert!(page.starts_with(&format!("# {code}: ")), "{code} has a title");
        for title in ["Why", "Fails", "Fixed"] {
            assert!(!section(page, title).trim().is_empty(), "{code} has a section `{title}`");
        }
    }
}

#[test]
fn failing_examples_fail_with_their_code() {
    for (code, page) in codes::ALL.iter().filter(|(code, _)| shown(*code)) {
        let found = codes_of(&set(section(page, "Fails")));
        assert!(found.contains(code.as_str()), "{code} is not raised by its failing example, but {found:?}");
    }
}

#[test]
fn fixed_examples_compile() {
    for (code, page) in codes::ALL.iter().filter(|(code, _)| shown(*code)) {
        let outcome = check_with_proofs(&set(section(page, "Fixed")));
        let messages: Vec<String> =
            outcome.diagnostics.iter().map(|found| format!("{} {}", found.code, found.message)).collect();
        assert!(outcome.policy.is_some(), "the fixed example of {code} does not compile: {messages:#?}");
        assert!(
            outcome.diagnostics.iter().all(|found| found.code != *code),
            "{code} is still raised: {messages:#?}"
        );
    }
}

fn shown(code: Code) -> bool {
    NOT_SHOWN.iter().all(|(name, _)| *name != code.as_str())
}
