//! The fast path against the event path: what it reads must come to the same tree.

use actra_diagnostics::FileId;
use proptest::prelude::*;
use proptest::sample::select;

use crate::yaml::event_reader::read;
use crate::yaml::fast_path;

const BUDGET: usize = 100_000;

/// What is read here is what the event parser reads; gives whether it was read here.
#[track_caller]
fn same(text: &str) -> bool {
    let (mut budget, mut found) = (BUDGET, Vec::new());
    let Some(root) = fast_path::parse(FileId(0), text, &mut budget, &mut found, None) else { return false };
    let (mut full_budget, mut full_found) = (BUDGET, Vec::new());
    let full = read(FileId(0), text, &[], &mut full_budget, &mut full_found);
    assert!(full.fault.is_none(), "the event parser finds a fault in {text:?}");
    assert_eq!(Some(root), full.root, "{text:?}");
    assert_eq!((budget, found), (full_budget, full_found), "{text:?}");
    true
}

/// A file in which each common form stands.
const SAMPLE: &str = "# of a team
version: 1
default: allow   # for now
rules:
  # the first
  - id: small
    scope: { action: [refund, \"void\"], global: true }
    when: action.amount > 100 && actor.tenant == \"t1\"

    effect: block
    message: \"too \\\"much\\\" \\\\ \\n for {actor.tenant}\"
    tags: []
  - id:   'it''s'
    when:
      all:
      - { subject: { domain: actor, field: a.b }, operator: equals, value: { literal: -5 } }
      - subject:
          domain: action
          field: url # with a comment
        operator: starts_with
        value: { literal: http://x/y#z }
    required_actions: [ { type: human_approval , to: 'é' } ]
    effect: require_approval
other: {}
";

#[test]
fn common_forms_are_read_here() {
    assert!(same(SAMPLE));
    for text in [
        "a: 1",
        "- a\n- b",
        "a:\n- b\n- c: d\n  e: f\nx: y\n",
        "a: x:y\n",
        "a: \"\"\n",
        "a: ''\n",
        "a: 'x' # y\n",
        "a: [[1, 2], {b: c}]\n",
        "a: 1\na: 2\n",
        "true: 1\n",
        "a: x #y\nb: x#y\n",
    ] {
        assert!(same(text), "{text:?}");
    }
}

#[test]
fn other_forms_are_left_to_the_event_parser() {
    for text in [
        "",
        "a",
        "a:",
        "a: \n",
        "a: &x 1\n",
        "a: *x\n",
        "a: !t 1\n",
        "a: |\n  b\n",
        "a: >\n  b\n",
        "a: b\n  c\n",
        "a: \"b\n  c\"\n",
        "a: 'b\n",
        "a: {b: c,\n d: e}\n",
        "a: b: c\n",
        "a: [b: c]\n",
        "a: [b,]\n",
        "a: {b}\n",
        "a: \"b\" c\n",
        "a: [b] c\n",
        "a:\tb\n",
        "a: b\r\n",
        "---\na: b\n",
        "a: b\n...\n",
        "%YAML 1.2\n---\na: b\n",
        "? a\n: b\n",
        "- - a\n",
        "a: - b\n",
        "\"a\": b\n",
        "a : b\n",
        "a:\n  b: c\n d: e\n",
        "a: b\n  c: d\n",
        "\u{feff}a: b\n",
        "a: \"\\u0041\"\n",
        " a: b\n",
        "a: b\n- c\n",
        "<<: a\n",
        "1: a\n",
    ] {
        assert!(!same(text), "{text:?}");
    }
}

const PIECES: [&str; 56] = [
    "\u{2028}", "\u{85}", "\u{a0}", "a:b", "x y", "---", "...", "\n\n", "a", "b: ", "c:", "key: ", "d: 1",
    "-", "- ", "- - ", ": ", ":", " ", "  ", "    ", "\n", "\n", "\n  ", "\n    ", "\n- ", "\n  - ", "\na: ",
    "\n  b: ", "{", "}", "{ ", " }", "[", "]", ", ", ",", "\"", "'", "\"x\"", "'y'", "''", "\\", "\\\"", "#",
    " # ", "&x ", "*x", "!t ", "|", "> ", "?", "é", "~", "null", "-1",
];

fn piece() -> impl Strategy<Value = &'static str> {
    select(&PIECES[..])
}

proptest! {
    #[test]
    fn any_text_is_read_as_by_the_event_parser(pieces in prop::collection::vec(piece(), 1..12)) {
        same(&pieces.concat());
    }

    #[test]
    fn changed_samples_are_read_as_by_the_event_parser(
        changes in prop::collection::vec((0..SAMPLE.len(), 0..4_usize, piece()), 1..4)
    ) {
        let mut text = SAMPLE.to_owned();
        for (at, removed, piece) in changes {
            let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let (from, to) = (boundary(at), boundary(at + removed));
            text.replace_range(from..to.max(from), piece);
        }
        same(&text);
    }
}
