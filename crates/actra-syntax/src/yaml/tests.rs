//! Trees, places and faults of whole files.

use actra_diagnostics::{Diagnostic, FileId, Sources};
use proptest::prelude::*;

use super::{Node, NodeKind, Scalar, ScalarStyle, ScalarValue, comments, parse};

const BUDGET: usize = 100_000;

fn read(text: &str) -> (Option<Node>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let root = parse(FileId(0), text, &mut BUDGET.clone(), &mut diagnostics);
    (root, diagnostics)
}

/// Each diagnostic as `CODE line:column`, and the replacement of its fix.
fn found_codes(text: &str, diagnostics: &[Diagnostic]) -> Vec<String> {
    let mut sources = Sources::new();
    let file = sources.add("test.yaml", text);
    diagnostics
        .iter()
        .map(|diagnostic| {
            let at = sources.position(file, diagnostic.span.map_or(0, |span| span.start));
            let fix = diagnostic.fix.as_ref().map_or(String::new(), |fix| format!(" -> {}", fix.replacement));
            format!("{} {}:{}{fix}", diagnostic.code, at.line, at.column)
        })
        .collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let (_, diagnostics) = read(text);
    assert_eq!(found_codes(text, &diagnostics), expected, "{text}\n{diagnostics:#?}");
}

#[test]
fn good_files_have_no_faults() {
    for text in [
        "a: 1",
        "\u{feff}a: 1",
        "---\na: 1\n...\n",
        "a: &x [1]\nb: *x\n",
        "a:\r\n  - b\r\n",
        "no: 1\non: 2\nyes: 3\n",
        "{}",
        "a: é\n",
        "a: \"\\0\"\n",
    ] {
        check(text, &[]);
    }
}

#[test]
fn a_fault_is_reported_at_its_place() {
    check("", &["E0104 1:1"]);
    check("# nothing\n", &["E0104 1:1"]);
    check("---\n", &["E0104 1:1"]);
    check("a: 1\nb: 2\na: 3\n", &["E0102 3:1"]);
    check("x: {a: 1, a: 2}\n", &["E0102 1:11"]);
    check("[a]: 1\n", &["E0105 1:1"]);
    check("{a: 1}: 1\n", &["E0105 1:1"]);
    check("1: a\n", &["E0105 1:1 -> '1'"]);
    check("true: a\n", &["E0105 1:1 -> 'true'"]);
    check("a: !!str 5\n", &["E0106 1:4"]);
    check("a: ! 5\n", &["E0106 1:4"]);
    check("a: !<tag:x> 5\n", &["E0106 1:4"]);
    check("a: !Ref foo\nb: !Seq [x]\n", &["E0106 1:4", "E0106 2:4"]);
    check("a: !e!foo b\n", &["E0106 1:4"]);
    check("a: &x {b: 1}\nc:\n  <<: *x\n", &["E0107 3:3"]);
    check("a: 1\n---\nb: 2\n", &["E0108 2:1"]);
    check("%YAML 1.2\n---\na: 1\n...\n", &["E0117 1:1"]);
    check("\u{feff}# c\n\n%é\r\n%TAG ! x\n---\na: 1\na: 2\n", &["E0117 3:1", "E0117 4:1", "E0102 7:1"]);
    check("...\n%YAML 1.2\n---\na: 1\n", &["E0117 2:1"]);
    check("a: 1\n%YAML 1.2\n", &["E0101 2:1"]);
    check("a: 1\n...\n%YAML 1.2\n---\nb: 1\n", &["E0108 4:1"]);
    check("a: b\n %c\n", &[]);
    check("# c\ra: 1\n", &["E0118 1:4"]);
    check("a: \"b\rc\"\n", &["E0118 1:6"]);
    check("a: 1 # b\u{85}\n", &["E0118 1:9"]);
    check("a: 'b\u{2028}'\n", &["E0118 1:6"]);
    check("a: |\n  b\u{2029}c: 1\n", &["E0118 2:4"]);
    check("a: 1\n...\nb: 2\n", &["E0108 3:1"]);
    check("a: *b\n", &["E0113 1:4"]);
    check("a: &x [*x]\n", &["E0113 1:8"]);
    check("a: \"x\nb: c\n", &["E0101 1:4"]);
    check("a: [x\nb: c\n", &["E0101 2:2"]);
    check("a: b\n\tc: d\n", &["E0101 2:1"]);
    check("a: \0\n", &["E0101 1:4"]);
    check("a: \x07\n", &["E0101 1:4"]);
    check("a: b # c\n  d\n", &["E0101 1:6"]);
    check("r:\n  - id: x\n   when: y\n", &["E0101 3:4"]);
    check("r:\n  - id: x\n     when: y\n", &["E0101 3:10"]);
    check("a: @b\n", &["E0101 1:4"]);
    check("a: 'x' y\n", &["E0101 1:8"]);
    check("a: \"\\q\"\n", &["E0101 1:5"]);
}

#[test]
fn what_yaml_reads_as_something_else_gets_quotes() {
    check("when: !has(x)\n", &["E0403 1:7 -> '!has(x)'"]);
    check("when: !has(x) && y\n", &["E0403 1:7 -> '!has(x) && y'"]);
    check("when: !trusted\n", &["E0403 1:7 -> '!trusted'"]);
    check("when: !(a || b)\n", &["E0403 1:7 -> '!(a || b)'"]);
    check("when: !has(x) || y # why\nb: 1\n", &["E0403 1:7 -> '!has(x) || y'"]);
    check("when: !x[\"k\"]\n", &["E0403 1:7 -> '!x[\"k\"]'"]);
    check("when: !a.b == 'x'\n", &["E0403 1:7 -> \"!a.b == 'x'\""]);
    check("when: a\n  ? b : c\nid: x\nid: y\n", &["E0403 1:7 -> 'a\n  ? b : c'", "E0102 4:1"]);
    check("w: {when: !has(x)}\n", &["E0403 1:11 -> '!has(x)'"]);
    check("all:\n  - !has(x)\n", &["E0403 2:5 -> '!has(x)'"]);
    check("when: \"a\" in x.y\n", &["E0403 1:7 -> '\"a\" in x.y'"]);
    check("when: 'a' in x.y\n", &["E0403 1:7 -> \"'a' in x.y\""]);
    check("when: [1, 2] == x\n", &["E0403 1:7 -> '[1, 2] == x'"]);
    check("when: {\"a\": 1} == x\n", &["E0403 1:7 -> '{\"a\": 1} == x'"]);
    // Quotes alone would not make a condition of it.
    check("when: *x && y\n", &["E0403 1:7"]);
    check("when: &x && y\n", &["E0403 1:7"]);
    check("when: a ? b : c\n", &["E0403 1:7 -> 'a ? b : c'"]);
    check("defs:\n  x: a ? b : c\n", &["E0403 2:6 -> 'a ? b : c'"]);
    check("when: x == \"a: b\"\n", &["E0403 1:7 -> 'x == \"a: b\"'"]);
    check("- \"a\" in b\n", &["E0403 1:3 -> '\"a\" in b'"]);
    check("when: a\n  ? b : c\nid: x\n", &["E0403 1:7 -> 'a\n  ? b : c'"]);
    check("message: {actor.id} wants it\n", &["E0403 1:10 -> '{actor.id} wants it'"]);
    check("message: {x} can't\n", &["E0403 1:10 -> \"{x} can't\""]);
    check("message: note: this\n", &["E0403 1:10 -> 'note: this'"]);
    check("message: \"a\" and b\n", &["E0403 1:10 -> '\"a\" and b'"]);
}

#[test]
fn a_fix_that_quotes_repairs_the_file() {
    for text in [
        "when: !has(x) && y\n",
        "when: !has(x) || y # why\nb: 1\n",
        "when: 'a' in x.y && it == \"it's\"\n",
        "when: a\n  ? b\n  : 'c'\nid: x\n",
        "when: [1] == x ||\n      y\nid: x\n",
        "message: {x} can't say \"no\"\n",
        "all: [!has(x), !y.z]\n",
        "1: a\n",
    ] {
        let mut fixed = text.to_owned();
        let (_, diagnostics) = read(text);
        assert!(!diagnostics.is_empty(), "{text}");
        for fix in diagnostics.into_iter().rev().map(|diagnostic| diagnostic.fix.unwrap()) {
            fixed.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.replacement);
        }
        check(&fixed, &[]);
    }
}

#[test]
fn one_run_shows_every_eaten_text_and_what_follows() {
    check(
        "when: \"a\" in x\nb: 1\nunless: [1] == y\nb: 2\nmessage: {x} wants\n",
        &["E0403 1:7 -> '\"a\" in x'", "E0403 3:9 -> '[1] == y'", "E0403 5:10 -> '{x} wants'", "E0102 4:1"],
    );
}

#[test]
fn a_syntax_error_keeps_what_stands_before_it() {
    let (root, diagnostics) = read("version: 1\nrules:\n  - id: x\n  - id: y\n    w: [a\n");
    assert_eq!(diagnostics.len(), 1);
    let NodeKind::Mapping(entries) = root.unwrap().kind else { panic!("not a mapping") };
    let NodeKind::Sequence(rules) = &entries[1].value.kind else { panic!("not a list") };
    assert!(matches!(rules[0].kind, NodeKind::Mapping(_)));
    assert_eq!(entries.last().unwrap().key.kind, NodeKind::Error);
}

#[test]
fn nesting_is_limited() {
    let lists = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    check(&lists(64), &[]);
    check(&lists(65), &["E0110 1:65"]);
    check(&"[".repeat(100_000), &["E0110 1:256"]);
    check(&"{".repeat(100_000), &["E0110 1:256"]);
    check(&"- ".repeat(65), &["E0110 1:129"]);
    let block: String = (0..65).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    check(&block, &["E0110 65:65"]);
    let aliased = format!("a: &x {}\nb: {}*x{}\n", lists(40), "[".repeat(30), "]".repeat(30));
    check(&aliased, &["E0110 2:34"]);
}

#[test]
fn alias_expansion_is_limited_for_the_set() {
    let bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n\
                c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n\
                e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n";
    check(bomb, &["E0109 5:36"]);
    let mut budget = 5;
    let mut diagnostics = Vec::new();
    parse(FileId(0), "a: &a [x, y]\nb: *a\n", &mut budget, &mut diagnostics);
    assert_eq!((budget, diagnostics.len()), (2, 0));
    parse(FileId(0), "a: &a [x, y]\nb: *a\n", &mut budget, &mut diagnostics);
    assert_eq!(
        (budget, found_codes("a: &a [x, y]\nb: *a\n", &diagnostics)),
        (2, vec!["E0109 2:4".to_owned()])
    );
    let long = format!("a: &a {}\nb: [*a, *a, *a]\n", "x".repeat(3_000_000));
    check(&long, &["E0109 2:13"]);
}

#[test]
fn long_comments_and_keys_are_read() {
    check(&format!("a: 1\n{}b: 2\n", "# c\n".repeat(500)), &[]);
    check(&format!("a:\n{}  - b\n", "  # c\n".repeat(500)), &[]);
}

#[test]
fn plain_scalars_follow_the_core_schema() {
    let value = |text: &str| scalars(text).into_iter().next_back().unwrap().value();
    for (text, expected) in [
        ("null", ScalarValue::Null),
        ("~", ScalarValue::Null),
        ("'~'", ScalarValue::Text),
        ("true", ScalarValue::Bool(true)),
        ("FALSE", ScalarValue::Bool(false)),
        ("'true'", ScalarValue::Text),
        ("tRue", ScalarValue::Text),
        ("no", ScalarValue::Text),
        ("on", ScalarValue::Text),
        ("yes", ScalarValue::Text),
        ("0", ScalarValue::Number),
        ("-12.50e+3", ScalarValue::Number),
        ("1E9", ScalarValue::Number),
        ("\"1\"", ScalarValue::Text),
        ("1_000", ScalarValue::Text),
        ("1e", ScalarValue::Text),
        ("1.2.3", ScalarValue::Text),
        ("-", ScalarValue::Text),
        ("0b1", ScalarValue::Text),
        ("12:30", ScalarValue::Text),
        ("0xg", ScalarValue::Text),
    ] {
        if text != "-" {
            assert_eq!(value(&format!("a: {text}")), expected, "{text}");
        }
    }
    for text in [
        "0x1F", "0o17", "010", "-010", "00", "+5", ".5", "5.", "-.5e3", ".inf", "-.Inf", "+.INF", ".nan",
        "1.e3",
    ] {
        assert!(matches!(value(&format!("a: {text}")), ScalarValue::BadNumber(_)), "{text}");
    }
}

#[test]
fn comments_are_told_from_text() {
    let text = "# a\nb: \"# no\" # c\nd: |\n  # no\ne: f#no # g\n# h";
    let found: Vec<_> = comments(text).into_iter().map(|range| &text[range]).collect();
    assert_eq!(found, ["# a", "# c", "# g", "# h"]);
}

/// All scalars of a text in order; aliases are copies and are left out.
fn scalars(text: &str) -> Vec<Scalar> {
    let mut found = Vec::new();
    let mut open: Vec<Node> = read(text).0.into_iter().collect();
    while let Some(node) = open.pop() {
        match node.kind {
            NodeKind::Scalar(scalar) => found.push(scalar),
            NodeKind::Sequence(items) => open.extend(items.into_iter().rev()),
            NodeKind::Mapping(entries) => {
                open.extend(entries.into_iter().rev().flat_map(|entry| [entry.value, entry.key]));
            }
            NodeKind::Error => {}
        }
    }
    found
}

/// Every byte of a scalar that stands in the file as it is maps to itself; offsets ascend.
fn check_map(text: &str, scalar: &Scalar) {
    let mut last = 0;
    let mut verbatim = 0;
    for (idx, byte) in scalar.text.bytes().enumerate() {
        let at = scalar.map.offset(idx);
        assert!(at >= last, "{text:?}: {scalar:?} at {idx}");
        last = at;
        let source = text.as_bytes().get(at as usize).copied();
        let folded = matches!(byte, b' ' | b'\n');
        let escaped = scalar.style == ScalarStyle::DoubleQuoted && text.contains('\\');
        assert!(source == Some(byte) || folded || escaped, "{text:?}: {scalar:?} at {idx}");
        verbatim += usize::from(source == Some(byte));
        let span = scalar.map.span(idx..idx + 1);
        assert!(span.start == at && (span.end > span.start || folded), "{text:?}: {scalar:?} at {idx}");
    }
    let (first, end) = (scalar.map.offset(0), scalar.map.offset(scalar.text.len()));
    assert!(end as usize <= text.len());
    // A second reading that failed would map all bytes to one place.
    assert!(scalar.text.trim().is_empty() || end > first, "{text:?}: {scalar:?}");
    let words = scalar.text.bytes().filter(|byte| byte.is_ascii_alphanumeric()).count();
    assert!(verbatim >= words || text.contains('\\'), "{text:?}: {scalar:?}");
}

#[test]
fn maps_lead_from_text_to_source() {
    for (text, decoded, places) in [
        ("a: b c", "b c", vec![(0, "b"), (2, "c")]),
        ("a: b\n  c  \n\n  d", "b c\nd", vec![(2, "c"), (4, "d")]),
        ("a: 'it''s\n   x'", "it's x", vec![(3, "s"), (5, "x")]),
        ("a: \"\\u00e9b\\tc\\\n   d\n  e\"", "éb\tcd e", vec![(2, "b"), (4, "c"), (5, "d"), (7, "e")]),
        ("a: \"\\uD83C\\uDFB5b\"", "🎵b", vec![(4, "b")]),
        ("a: |\n  b\n   c\n\n  d\n", "b\n c\n\nd\n", vec![(0, "b"), (3, "c"), (6, "d")]),
        ("a: |\n\n  b\n", "\nb\n", vec![(1, "b")]),
        ("a: |2-\n   b\n", " b", vec![(1, "b")]),
        ("a: |+\n  b\n\n\nc: d\n", "b\n\n\n", vec![(0, "b")]),
        (
            "a: >\n  b\n  c\n\n  d\n   e\n  f\n",
            "b c\nd\n e\nf\n",
            vec![(2, "c"), (4, "d"), (7, "e"), (9, "f")],
        ),
        ("a: |\r\n  b\r\n  c\r\n", "b\nc\n", vec![(2, "c")]),
        ("a: |\n  b", "b\n", vec![(0, "b")]),
    ] {
        let scalar = scalars(text).into_iter().nth(1).unwrap();
        assert_eq!(scalar.text, decoded);
        check_map(text, &scalar);
        for (at, source) in places {
            let span = scalar.map.span(at..at + 1);
            assert_eq!(&text[span.start as usize..span.end as usize], source, "{text:?} at {at}");
        }
    }
}

#[test]
fn a_span_covers_whole_escapes() {
    let text = r#"a: "x == \"b\" && y""#;
    let scalar = scalars(text).into_iter().nth(1).unwrap();
    let place = |part: &str| {
        let start = scalar.text.find(part).unwrap();
        let span = scalar.map.span(start..start + part.len());
        &text[span.start as usize..span.end as usize]
    };
    assert_eq!(place("\"b\""), r#"\"b\""#);
    assert_eq!(place("x"), "x");
    assert_eq!(place("&& y"), "&& y");
}

fn fragment() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a", "b:", ": ", "- ", "? ", "\n", "\n  ", "\n    ", " ", "\t", "'", "\"", "\\", "\\n", "\\u00e9",
        "|", ">", "|-", ">+", "|2", "#", " #", "[", "]", "{", "}", ",", "&x", "*x", "!", "!!str ", "%",
        "---\n", "...\n", "\r\n", "\r", "é", "\u{feff}", "\u{85}", "\u{2028}", "🎵", "~", "1", "<<: ", "@",
        "`", "\0", "''", "\"\"", "x y", "== ", "\\\n",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

/// A line break with indentation, or a piece of text.
fn scalar_body(escapes: &'static [&'static str]) -> impl Strategy<Value = String> {
    let plain = prop::sample::select(vec!["a", "bc", "é", " ", "  ", "x.y", "=="]);
    let breaks = prop::sample::select(vec!["\n  ", "\n\n  ", "\r\n  ", "\n   ", "\n  \n  ", " \n\n\n  "]);
    let special = prop::sample::select(escapes.to_vec());
    let piece = prop_oneof![4 => plain, 2 => breaks, 2 => special];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn any_scalar() -> impl Strategy<Value = String> {
    let single = scalar_body(&["''"]).prop_map(|body| format!("'{body}'"));
    let double =
        scalar_body(&["\\n", "\\\"", "\\\n  ", "\\x41", "\\u00e9", "\\L", "\\U0001F3B5", "\\ ", "\\\t", "'"])
            .prop_map(|body| format!("\"{body}\""));
    let plain = scalar_body(&["z"]).prop_map(|body| format!("w{body}"));
    let header = prop::sample::select(vec!["|", "|-", "|+", ">", ">-", ">+", "|2", ">2-", "> # c"]);
    let block = (header, scalar_body(&["\n", "\n\n    ", "\n  \tq"]))
        .prop_map(|(header, body)| format!("{header}\n  {body}"));
    prop_oneof![single, double, plain, block]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_byte_of_a_scalar_maps_to_its_source(scalar in any_scalar(), tail in prop::sample::select(vec!["", "\n", "\n\n", "\nz: 1\n"])) {
        let text = format!("k: {scalar}{tail}");
        for scalar in scalars(&text) {
            check_map(&text, &scalar);
        }
    }

    #[test]
    fn no_text_panics(text in fragment()) {
        for scalar in scalars(&text) {
            prop_assert!(scalar.map.offset(scalar.text.len()) as usize <= text.len());
        }
        comments(&text);
    }

    #[test]
    fn no_characters_panic(text in any::<String>()) {
        read(&text);
    }
}
