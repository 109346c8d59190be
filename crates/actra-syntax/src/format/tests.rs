//! Texts and their canonical layout, and texts that are left as they are.

use actra_diagnostics::FileId;
use proptest::prelude::*;

use super::*;

fn formatted(text: &str) -> Formatted {
    let mut diagnostics = Vec::new();
    format(FileId(0), text, &mut diagnostics).unwrap_or_else(|| panic!("{text}\n{diagnostics:?}"))
}

fn check(text: &str, expected: &str) {
    assert_eq!(formatted(text), Formatted::Text(expected.to_owned()), "{text}");
    assert_eq!(formatted(expected), Formatted::Text(expected.to_owned()), "again");
}

#[test]
fn one_layout() {
    check(
        "a:   1\nb: {x: 1,y: [ 2,3 ]}\n\n\n\nc:\n- 1\n-   2\n",
        "a: 1\nb: { x: 1, y: [2, 3] }\n\nc:\n  - 1\n  - 2\n",
    );
    check("a:\n\n    b: 1\n    c:\n        d: 2", "a:\n  b: 1\n  c:\n    d: 2\n");
    check(
        "a:\n  - b: 1\n    c: 2\n  -   d: 3\n  - - 4\n    - 5\n",
        "a:\n  - b: 1\n    c: 2\n  - d: 3\n  - - 4\n    - 5\n",
    );
    check("{a: 1, b: }\n", "{ a: 1, b: }\n".replace("{ a: 1, b: }", "a: 1\nb:").as_str());
    check("a: {}\nb: []\nc:\n", "a: {}\nb: []\nc:\n");
    check("\u{feff}a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n");
}

#[test]
fn what_is_too_wide_is_spread() {
    let long = "x".repeat(110);
    check(
        &format!("a: {{ b: {long}, c: [1, {{ d: 2 }}] }}\n"),
        &format!("a:\n  b: {long}\n  c: [1, {{ d: 2 }}]\n"),
    );
    check(&format!("a:\n  - {{ b: {long}, c: 1 }}\n"), &format!("a:\n  - b: {long}\n    c: 1\n"));
}

#[test]
fn values_keep_their_spelling() {
    for value in [
        "'it''s'",
        "\"a\\u00e9\"",
        "1.50",
        "~",
        "null",
        "a # b".split(" #").next().unwrap(),
        "a && b: c".split(':').next().unwrap(),
    ] {
        check(&format!("a:    {value}\n"), &format!("a: {value}\n"));
    }
    check("a: |\n     x\n       y\n\n     z\nb: >-\n  w\n", "a: |\n  x\n    y\n\n  z\nb: >-\n  w\n");
    check("a: |\nb:   |\n", "a: |\nb: |\n");
    check("- >-\n-   |  # c\n", "- >-\n- |  # c\n");
    check("a:\n  - |\n      x\n  - >\n      y\n", "a:\n  - |\n    x\n  - >\n    y\n");
    check("a: x\n    y\n\n    z\nb: \"p\n  q\"\n", "a: x\n  y\n\n  z\nb: \"p\n  q\"\n");
    check("a:\n    long words\n", "a: long words\n");
}

#[test]
fn comments_stay_with_what_they_are_about() {
    check(
        "# top\n\n\na: 1 # one\nbb: 2 # two\n\n# about c\nc: 3\n#end",
        "# top\n\na: 1   # one\nbb: 2  # two\n\n# about c\nc: 3\n#end\n",
    );
    check(
        "a: # opens\n    # first\n    b: 1\n    # last in a\n# about d\nd: 1\n",
        "a:  # opens\n  # first\n  b: 1\n  # last in a\n# about d\nd: 1\n",
    );
    check(
        "a:\n- b: 1\n  # in the item\n# about the next\nc: 1\n",
        "a:\n  - b: 1\n    # in the item\n# about the next\nc: 1\n",
    );
    check(
        "a:\n  # about b\n  - b\n\n  # about c\n  - c  # c\n",
        "a:\n  # about b\n  - b\n\n  # about c\n  - c  # c\n",
    );
    check("a: [ 1, # one\n  2 ] # two\n", "a:\n  - 1  # one\n  - 2  # two\n");
    check("a: [1, 2 # two\n]\n", "a:\n  - 1\n  - 2  # two\n");
    check("a: { b: 1, c: [2, 3] # three\n}\n", "a:\n  b: 1\n  c: [2, 3]  # three\n");
    check("a: | # why\n  x # text\nb: 1\n", "a: |  # why\n  x # text\nb: 1\n");
    check("a:\n  # about the value\n  b\n", "# about the value\na: b\n");
    check(
        "r:\n  - id: a\n    # actra: allow(W0013) so\n    when: x\n",
        "r:\n  - id: a\n    # actra: allow(W0013) so\n    when: x\n",
    );
    check("r:\n  -\n    # inside\n    id: a\n", "r:\n  # inside\n  - id: a\n");
}

#[test]
fn a_mark_in_front_of_the_only_document_goes() {
    check("---\na:   1\n", "a: 1\n");
    check("# top\n\n---  \n# next\na:   1\n", "# top\n\n# next\na: 1\n");
}

#[test]
fn some_files_are_left() {
    for text in ["a: &x 1\nb: *x\n", "--- # c\na: 1\n", "---\na: 1\n...\n", "a: |+\n  x\n\n", "a: |2\n   x\n"]
    {
        assert!(matches!(formatted(text), Formatted::Skipped(_)), "{text}");
    }
}

#[test]
fn what_is_no_yaml_is_reported() {
    for text in [
        "",
        "a: [1",
        "a: 1\na: 2\n",
        "a: !t 1\n",
        "%YAML 1.2\n---\na: 1\n",
        "# c\ra: 1\n",
        "a: b\u{2028}\n",
        "- a\r\r\n\n  b\n",
    ] {
        let mut diagnostics = Vec::new();
        assert_eq!(format(FileId(0), text, &mut diagnostics), None, "{text}");
        assert!(!diagnostics.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_text_is_kept(text in "([abk]: ?|- |  |    |\n|\n\n| # c|#d\n|\\{|\\}|\\[|\\]|, |x y|'q'|\"r\ns\"|\\|\n|>-\n|1|é){0,24}") {
        let mut diagnostics = Vec::new();
        match format(FileId(0), &text, &mut diagnostics) {
            None => prop_assert!(!diagnostics.is_empty()),
            Some(Formatted::Skipped(_)) => {}
            Some(Formatted::MeaningChanged) => prop_assert!(false, "changed"),
            Some(Formatted::Text(once)) => prop_assert_eq!(formatted(&once), Formatted::Text(once.clone())),
        }
    }

    #[test]
    fn no_word_is_lost(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 1..24)) {
        let text = pieces.concat();
        if let Some(Formatted::Text(once)) = format(FileId(0), &text, &mut Vec::new()) {
            prop_assert_eq!(words(&text), words(&once), "{}", once);
            prop_assert_eq!(formatted(&once), Formatted::Text(once.clone()));
        }
    }
}

/// Entries, texts of every style and comments, with the white space that only looks like YAML's.
const PIECES: [&str; 48] = [
    "a: ",
    "b: 1\n",
    "c:\n",
    "  ",
    "    ",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    " \n",
    "- ",
    "- x\n",
    "  - y\n",
    "# one\n",
    "  # two\n",
    " # three\n",
    "#four\u{a0}\n",
    " #\u{200b}\n",
    "{ k: v, l: 'w' }\n",
    "[p, # q\n r]\n",
    "[\n",
    "]\n",
    "{",
    "}",
    ", ",
    "|\n",
    ">-\n",
    "| # h\n",
    "> #i\u{a0}\n",
    "|2\n",
    "x // y\n",
    "  z && // w\n",
    "'s\n  t'\n",
    "\"u\\\n  v\"\n",
    "\"\\x41\"\n",
    "\u{a0}",
    "\u{a0}# five\n",
    "x\u{a0}\n",
    "\u{3000}\n",
    "é",
    "“m”\n",
    "\u{feff}",
    "--- ",
    "---\n",
    "? ",
    ": ",
    "&n ",
    "~\n",
];

/// The words of a text: all but the white space and the marks that a layout consists of.
fn words(text: &str) -> Vec<&str> {
    let layout = |c: char| " \t\r\n[]{},-:?".contains(c);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut words: Vec<&str> = text.split(layout).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words
}

#[test]
fn white_space_that_is_not_of_yaml_is_text() {
    check("a:   1 # b\u{a0}\n", "a: 1  # b\u{a0}\n");
    check("a: | # b\u{a0}\n    \u{a0}\n    c\n", "a: |  # b\u{a0}\n  \u{a0}\n  c\n");
    check("a:\n  -  \u{3000}\n  - b\n", "a:\n  - \u{3000}\n  - b\n");
}

#[test]
fn a_key_like_a_mark_stays_where_it_is() {
    assert_eq!(formatted(" ---%':\n"), Formatted::Skipped("it has document markers"));
    assert_eq!(formatted(" ...x: 1\n"), Formatted::Skipped("it has document markers"));
}

#[test]
fn a_comment_in_empty_brackets_has_no_line() {
    for text in ["a: [ # c\n  ]\n", "a: {\n  # c\n  }\n", "a:\n  - [ # c\n    ]\n", "a: [ b, { # c\n  } ]\n"]
    {
        assert_eq!(
            formatted(text),
            Formatted::Skipped("one of its values has no canonical layout"),
            "{text}"
        );
    }
    check("a: [ ]  # c\n", "a: []  # c\n");
}

#[test]
fn a_comment_before_a_mark_has_no_line() {
    for text in
        ["a:\n  # c\n |\n - id: r\n", "a: # c\n  |\n  x\n", "+:\t #\t0\n |\n x\n", "a:\n\n # c\n\n >\n x\n"]
    {
        assert_eq!(
            formatted(text),
            Formatted::Skipped("one of its values has no canonical layout"),
            "{text}"
        );
    }
    check("a: | # c\n  x\n", "a: |  # c\n  x\n");
}

#[test]
fn a_mark_in_brackets_stays_there() {
    for text in ["[?]", "[?, a]", "[a, ?]", "{x: ?}", "[[?], a]", "[{x: ?}]"] {
        assert!(matches!(formatted(text), Formatted::Skipped(_) | Formatted::Text(_)), "{text}");
    }
    assert!(matches!(formatted("[?]"), Formatted::Skipped(_)));
}

/// What a key holds is neither the mark of a text nor a comment.
#[test]
fn a_key_may_hold_what_looks_like_a_mark() {
    for key in ["a >#", "\"a > #\"", "'it''s > # b'", "\"q\\\" > # b\"", "a |", "a>|"] {
        check(&format!("{key}: >\n"), &format!("{key}: >\n"));
        check(&format!("{key}:   |  # c\n    x\n"), &format!("{key}: |  # c\n  x\n"));
        check(&format!("-   {key}: >-\n      x\n"), &format!("- {key}: >-\n    x\n"));
    }
}

/// Every text of a lead and up to so many lines below it, with a line break at its end and without: none changes what
/// it says, none loses a word, and each result is its own. How many of them have a canonical layout.
fn every_text(leads: &[&str], lines: &[&str], longest: usize) -> usize {
    let mut bodies = vec![String::new()];
    let mut longer = bodies.clone();
    for _ in 0..longest {
        let below = |body: &String| lines.iter().map(|line| format!("{body}\n{line}")).collect::<Vec<_>>();
        longer = longer.iter().flat_map(below).collect();
        bodies.extend(longer.iter().cloned());
    }
    let mut count = 0;
    for lead in leads {
        for text in bodies.iter().flat_map(|body| [format!("{lead}{body}"), format!("{lead}{body}\n")]) {
            match format(FileId(0), &text, &mut Vec::new()) {
                Some(Formatted::MeaningChanged) => panic!("{text:?}"),
                Some(Formatted::Text(once)) => {
                    count += 1;
                    assert_eq!(words(&text), words(&once), "{text:?}");
                    assert_eq!(formatted(&once), Formatted::Text(once.clone()), "{text:?}");
                }
                _ => {}
            }
        }
    }
    count
}

#[test]
fn every_short_text_below_a_mark_stays_what_it_is() {
    let lines = [
        "",
        " ",
        "  ",
        "   ",
        "\t",
        " \t",
        "  \t",
        "   \t",
        "x",
        " x",
        "  x",
        "   x",
        "  x \t",
        "\tx",
        " \tx",
        "  # c",
        "# c",
        "\u{a0}",
        "  \u{a0} ",
        "b: 1",
        "  b: 1",
    ];
    let count = every_text(&["a: |", "a: >-", "- >", "a:\n  |", "  - k: | # c"], &lines, 3);
    assert!(count > 10_000, "{count}");
}

#[test]
fn every_short_text_of_blocks_stays_what_it_is() {
    let lines = [
        "", " ", "\t", "  x", "  \tx", "x", "- x", "  - y", "b: 1", "  c: 2", "   d:", "# c", "  # c", "'",
        "  '", "\"", "]", "  ]", "}", "  y # c", "  , y", "? x", ": x", "- - z", "-", "  - ", "  |",
        "  > # d", "  [ # e", "  {", "  k: [ 1",
    ];
    let leads = ["a: x", "a: 'x", "a: \"x\\", "a:", "- x", "-", "a: [x", "- {k: v", "# c", "a: # c", "- k:"];
    let count = every_text(&leads, &lines, 2);
    assert!(count > 1_000, "{count}");
}
