//! Which comments are suppressions, and what they cover.

use actra_diagnostics::{FileId, Sources};
use proptest::prelude::*;

use super::{Suppression, suppressions};
use crate::yaml;

const POLICY: &str = r##"# actra: allow(W0001) the file as it is
version: 1
definitions:
  # actra: allow(W0002) checked elsewhere
  # and more words
  x: a.b["k"]  # actra: allow(W0003) one line
rules:

  # actra: allow(W0004, W0002): two
  - id: r   # plain
    scope: { global: true }
    # actra: allow(W0003) a key
    when: 'x # actra: allow(W0001) no comment'
  # actra: allow(W0005) second
  - id: s
    # actra: allow(W0001) several lines
    when:
      all: [a,
        # actra: allow(W0002) an item
        b]
# actra: allow(W0003) nothing follows
"##;

fn read(text: &str) -> (Vec<Suppression>, Vec<String>) {
    let mut diagnostics = Vec::new();
    let Some(root) = yaml::parse(FileId(0), text, &mut 100_000, &mut Vec::new()) else {
        return (Vec::new(), Vec::new());
    };
    let found = suppressions(FileId(0), text, &root, &mut diagnostics);
    let mut sources = Sources::new();
    let file = sources.add("test.yaml", text);
    let place = |offset| sources.position(file, offset);
    let told = diagnostics.iter().map(|diagnostic| {
        let at = place(diagnostic.span.unwrap().start);
        format!("{} {}:{}", diagnostic.code, at.line, at.column)
    });
    (found, told.collect())
}

#[test]
fn allowances_cover_what_follows_or_their_line() {
    let (found, faults) = read(POLICY);
    assert_eq!(faults, Vec::<String>::new());
    let covered: Vec<_> = found
        .iter()
        .map(|suppression| {
            let text = &POLICY[suppression.covers.start as usize..suppression.covers.end as usize];
            let first = text.lines().next().unwrap().trim();
            (suppression.code.as_str(), first, text.lines().count())
        })
        .collect();
    assert_eq!(
        covered,
        [
            ("W0001", "version: 1", 1),
            ("W0002", "x: a.b[\"k\"]", 1),
            ("W0003", "x: a.b[\"k\"]  # actra: allow(W0003) one line", 1),
            ("W0004", "id: r   # plain", 4),
            ("W0002", "id: r   # plain", 4),
            ("W0003", "when: 'x # actra: allow(W0001) no comment'", 1),
            ("W0005", "id: s", 6),
            ("W0001", "when:", 4),
            ("W0002", "b", 1),
            ("W0003", "# actra: allow(W0003) nothing follows", 1),
        ]
    );
}

#[test]
fn malformed_allowances_are_reported() {
    for (comment, expected) in [
        ("# actra: allow(W0001) why", 0),
        ("#actra: allow(W0001): why", 0),
        ("# actra: allow( W0001 , W0002 ) why", 0),
        ("# the actra: word", 0),
        ("# actra: allow", 1),
        ("# actra: allow W0001 why", 1),
        ("# actra: deny(W0001) why", 1),
        ("# actra: allow() why", 1),
        ("# actra: allow(W0001)", 1),
        ("# actra: allow(W0001) - ", 1),
        ("# actra: allow(E0101) why", 1),
        ("# actra: allow(W9999) why", 1),
        ("# actra: allow(W0001, nonsense) why", 1),
    ] {
        let (found, faults) = read(&format!("a: 1\n{comment}\nb: 2\n"));
        assert_eq!(faults, vec!["E0114 2:1"; expected], "{comment}");
        assert!(
            found.is_empty() == (expected == 1 || comment.contains("the actra"))
                || found.len() == 1
                || found.len() == 2
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_comment_panics(at in any::<prop::sample::Index>(), piece in "(# actra:)?[ a-zA-Z0-9(),#:\n-]{0,20}") {
        let mut text = POLICY.to_owned();
        text.insert_str(at.index(POLICY.len()), &piece);
        for suppression in read(&text).0 {
            prop_assert!(text.get(suppression.covers.start as usize..suppression.covers.end as usize).is_some());
        }
    }
}

/// The last line of a block is not about what follows the block.
#[test]
fn an_allowance_stays_in_its_block() {
    let (found, faults) =
        read("rules:\n  - id: a\n    when: x\n    # actra: allow(W0003) of a\n  - id: b\n    when: y\n");
    assert_eq!(faults, Vec::<String>::new());
    assert!(found.iter().all(|suppression| suppression.covers == suppression.span), "{found:?}");
}
