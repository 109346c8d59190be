//! Rendered diagnostics, byte for byte.

use proptest::prelude::*;

use super::*;
use crate::{FileId, codes};

fn sources(files: &[(&str, &str)]) -> Sources {
    let mut sources = Sources::new();
    for (path, text) in files {
        sources.add(*path, *text);
    }
    sources
}

fn span(file: u32, start: u32, end: u32) -> Span {
    Span { file: FileId(file), start, end }
}

/// The place of `needle` in a file.
fn find(sources: &Sources, file: u32, needle: &str) -> Span {
    let start = sources.get(FileId(file)).unwrap().text.find(needle).unwrap();
    span(file, start as u32, (start + needle.len()) as u32)
}

fn plain(diagnostic: &Diagnostic, sources: &Sources) -> String {
    render(diagnostic, sources, Style::Plain, "set")
}

#[test]
fn shows_places_labels_help_and_fix() {
    let sources = sources(&[
        ("schema.yaml", "version: 1\nactions:\n  refund:\n    fields: { amount: number }\n"),
        ("policy.yaml", "version: 1\nrules:\n  - id: a\n    when: action.amuont > 1\n"),
    ]);
    let place = find(&sources, 1, "amuont");
    let diagnostic = Diagnostic::new(codes::UNKNOWN_FIELD, place, "`action` has no field `amuont`")
        .label("not declared")
        .also(find(&sources, 0, "refund"), "this action is in scope")
        .help("did you mean `amount`?")
        .fix("use the declared name", place, "amount");
    let expected = "\
error[E0501]: `action` has no field `amuont`
 --> set/policy.yaml:4:18
  |
4 |     when: action.amuont > 1
  |                  ^^^^^^ not declared
  |
 ::: set/schema.yaml:3:3
  |
3 |   refund:
  |   ------ this action is in scope
  |
  = help: did you mean `amount`?
help: use the declared name
  |
4 -     when: action.amuont > 1
4 +     when: action.amount > 1
  |
";
    assert_eq!(plain(&diagnostic, &sources), expected);
    assert!(render(&diagnostic, &sources, Style::Color, "set").contains("\x1b["));
}

#[test]
fn a_diagnostic_without_place_has_only_its_words() {
    let diagnostic =
        Diagnostic::without_place(codes::MISSING_FILE, "`schema.yaml` is missing").help("write one");
    let expected = "error[E0001]: `schema.yaml` is missing\n |\n = help: write one\n";
    assert_eq!(plain(&diagnostic, &Sources::new()), expected);
}

#[test]
fn hidden_characters_never_reach_the_terminal() {
    let sources = sources(&[("p\x1b.yaml", "id: a\x1b[2J\u{202e}b\r\n")]);
    let diagnostic = Diagnostic::new(codes::BAD_RULE_ID, span(0, 4, 13), "bad \x1b[2J\nid")
        .label("\u{202e}")
        .also(span(0, 0, 2), "\x07")
        .help("one\x1b\ntwo\u{200b}")
        .fix("\x1b[2J", span(0, 4, 13), "\x1b[2J");
    let text = plain(&diagnostic, &sources);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    assert!(!text.contains(['\u{202e}', '\u{200b}']), "{text:?}");
    assert!(text.contains("id: a␛[2J\u{fffd}b\n"), "{text}");
    assert!(text.contains("p␛.yaml:1:5"), "{text}");
}

#[test]
fn long_lines_are_cut_and_longer_ones_left_out() {
    let text = format!("a: [{}oops, {}]\n{}oops\n", "1, ".repeat(200), "2, ".repeat(9000), "é".repeat(5000));
    let sources = sources(&[("policy.yaml", &text)]);
    let first = find(&sources, 0, "oops");
    let shown = plain(&Diagnostic::new(codes::UNKNOWN_KEY, first, "unknown").label("here"), &sources);
    assert!(shown.contains("--> set/policy.yaml:1:605\n"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() < 130), "{shown}");
    assert!(shown.contains("oops") && shown.contains("^^^^ here"), "{shown}");
    let start = text.rfind("oops").unwrap() as u32;
    let second =
        Diagnostic::new(codes::UNKNOWN_KEY, span(0, start, start + 4), "unknown").label("here").help("do");
    let expected = "\
error[E0103]: unknown
--> set/policy.yaml:2:5001
 = note: here
 = help: do
";
    assert_eq!(plain(&second, &sources), expected);
}

#[test]
fn a_place_over_many_lines_is_shown_by_its_first() {
    let sources = sources(&[("policy.yaml", &"- x\n".repeat(50))]);
    let shown = plain(&Diagnostic::new(codes::UNKNOWN_KEY, span(0, 4, 200), "all of this"), &sources);
    assert_eq!(shown, "error[E0103]: all of this\n --> set/policy.yaml:2:1\n  |\n2 | - x\n  | ^^^\n");
}

#[test]
fn counts_problems() {
    let error = Diagnostic::without_place(codes::MISSING_FILE, "");
    let warning = Diagnostic::without_place(codes::DEFAULT_LEFT_OUT, "");
    assert_eq!(summary(&[]), "no problems");
    assert_eq!(summary(std::slice::from_ref(&warning)), "1 warning");
    assert_eq!(summary(&[error.clone(), warning, error]), "2 errors, 1 warning");
}

fn offset() -> impl Strategy<Value = u32> {
    prop_oneof![20 => 0u32..140, 1 => Just(u32::MAX)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn odd_places_never_panic(
        text in "[a\t \r\n\n\u{0}\u{1b}é漢🙂\u{301}\u{202e}:{}]{0,60}",
        other in "(a\n){0,30}",
        spans in prop::collection::vec((0u32..3, offset(), offset()), 1..6),
        fix in prop::option::of(((0u32..3, offset(), offset()), "[a\n\t🙂\u{301} é]{0,12}")),
    ) {
        let sources = sources(&[("a", &text), ("b", &other)]);
        let mut spans = spans.into_iter().map(|(file, start, end)| span(file, start, end));
        let mut diagnostic = Diagnostic::new(codes::UNKNOWN_KEY, spans.next().unwrap(), "odd").label("here");
        diagnostic.labels = spans.map(|span| (span, "there".to_owned())).collect();
        if let Some(((file, start, end), replacement)) = fix {
            diagnostic = diagnostic.fix("change", span(file, start, end), replacement);
        }
        render(&diagnostic, &sources, Style::Color, "");
        let text = plain(&diagnostic, &sources);
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", text);
    }
}
