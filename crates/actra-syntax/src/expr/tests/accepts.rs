//! Expressions that parse, with their trees.

use actra_diagnostics::{FileId, Span};

use super::super::ast::ExprKind;
use super::super::print;
use super::{accepted, height, shape};

/// Inputs and the shape of their trees.
const SHAPES: &[(&str, &str)] = &[
    ("null", "null"),
    ("true", "true"),
    ("1", "1"),
    ("1.50", "1.50"),
    (".5", "0.5"),
    ("0", "0"),
    ("0.25e-3", "0.25e-3"),
    ("1E+9", "1E+9"),
    ("1e3", "1e3"),
    ("-1", "(Negate 1)"),
    ("--1", "(Negate (Negate 1))"),
    ("!!a", "(Not (Not a))"),
    ("!(-a)", "(Not (Negate a))"),
    ("a.b.c", "a.<b>.<c>"),
    ("a . b", "a.<b>"),
    ("a.?b.orValue(0)", "call(a.?<b> <orValue> 0)"),
    ("m.`a-b/c.d e`", "m.<a-b/c.d e>"),
    ("m.`in`", "m.<in>"),
    ("m.?`x`", "m.?<x>"),
    ("a.package.for", "a.<package>.<for>"),
    ("a.if()", "call(a <if> )"),
    ("xs[0]", "xs[0]"),
    ("m[\"k\"]", "m[\"k\"]"),
    ("m[?'k']", "m[?\"k\"]"),
    ("m[action.id].field", "m[action.<id>].<field>"),
    ("f()", "call(<f> )"),
    ("f(1, a)", "call(<f> 1 a)"),
    ("xs.exists(x, x > 1)", "call(xs <exists> x (x > 1))"),
    ("\"a\".size()", "call(\"a\" <size> )"),
    ("1.e3", "1.<e3>"),
    ("[]", "list()"),
    ("[1, 2,]", "list(1 2)"),
    ("{}", "map()"),
    ("{'a': 1, 'b': [2],}", "map(\"a\"=1 \"b\"=list(2))"),
    ("{'a': c ? 1 : 2}", "map(\"a\"=(c ? 1 : 2))"),
    ("[{}][0]", "list(map())[0]"),
    ("a || b && c", "(a || (b && c))"),
    ("(a || b) && c", "((a || b) && c)"),
    ("a && b && c && d", "(a && b && c && d)"),
    ("a == b && c", "((a == b) && c)"),
    ("a < b < c", "((a < b) < c)"),
    ("a in b == c", "((a in b) == c)"),
    ("a + b < c - d", "((a + b) < (c - d))"),
    ("a - b - c", "((a - b) - c)"),
    ("a - (b - c)", "(a - (b - c))"),
    ("a + b * c", "(a + (b * c))"),
    ("-a * b", "((Negate a) * b)"),
    ("a * -b", "(a * (Negate b))"),
    ("a - -1", "(a - (Negate 1))"),
    ("!a.b", "(Not a.<b>)"),
    ("!a == b", "((Not a) == b)"),
    ("!(a in b)", "(Not (a in b))"),
    ("a ? b : c", "(a ? b : c)"),
    ("a?.5:c", "(a ? 0.5 : c)"),
    ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
    ("a ? (b ? c : d) : e", "(a ? (b ? c : d) : e)"),
    ("a || b ? c : d", "((a || b) ? c : d)"),
    ("a // why\n && b // and why", "(a && b)"),
    ("\t a\r\n\u{c}", "a"),
    ("a//", "a"),
    ("and && or", "(and && or)"),
    ("not == is", "(not == is)"),
    ("a.contains(contains)", "call(a <contains> contains)"),
    ("r", "r"),
    ("b == br", "(b == br)"),
    ("inner.trueish", "inner.<trueish>"),
    ("actor.type == \"agent\"", "(actor.<type> == \"agent\")"),
    ("'a//b'", "\"a//b\""),
];

#[test]
fn trees() {
    for (text, wanted) in SHAPES {
        assert_eq!(shape(&accepted(text)), *wanted, "{text}");
    }
}

/// String literals and their values.
const STRINGS: &[(&str, &str)] = &[
    (r#""""#, ""),
    (r#"''"#, ""),
    (r#"'a"b'"#, "a\"b"),
    (r#""a'b""#, "a'b"),
    (r#""\a\b\f\n\r\t\v""#, "\u{7}\u{8}\u{c}\n\r\t\u{b}"),
    (r#""\\\?\"\'\`""#, "\\?\"'`"),
    (r#""\x41\X4a\u00e9\U0001F600\101\000\377""#, "AJé😀A\0ÿ"),
    (r#""\1011""#, "A1"),
    ("r\"\\d+\\\"", "\\d+\\"),
    (r#"R'\d'"#, "\\d"),
    (r#"r"\\""#, "\\\\"),
    (r#""""a "quoted" word""""#, "a \"quoted\" word"),
    (r#"'''it's'''"#, "it's"),
    (r#""""""""#, ""),
    (r#"r"""\n""""#, "\\n"),
    ("'''a\nb'''", "a\nb"),
    ("'''a\r\nb\rc'''", "a\nb\nc"),
    ("r'''a\r\nb'''", "a\nb"),
    (r#""é ✓ 😀""#, "é ✓ 😀"),
    ("\"a\tb\"", "a\tb"),
];

#[test]
fn strings() {
    for (text, wanted) in STRINGS {
        let ExprKind::String(value) = accepted(text).kind else { panic!("{text}") };
        assert_eq!(value, *wanted, "{text}");
    }
}

/// Inputs and their canonical spelling.
const PRINTED: &[(&str, &str)] = &[
    ("((a))", "a"),
    ("a&&(b&&c)", "a && b && c"),
    ("(a||b)&&c", "(a || b) && c"),
    ("(a&&b)||c", "a && b || c"),
    ("a-(b-c)", "a - (b - c)"),
    ("(a-b)-c", "a - b - c"),
    ("(a<b)<c", "a < b < c"),
    ("a<(b<c)", "a < (b < c)"),
    ("-(-1)", "--1"),
    ("!(a==b)", "!(a == b)"),
    ("!(-a)", "!(-a)"),
    ("(-a).b", "(-a).b"),
    ("(a?b:c)?d:(e?f:g)", "(a ? b : c) ? d : e ? f : g"),
    ("a?(b?c:d):e", "a ? (b ? c : d) : e"),
    ("m [? 'k' ].?  x .`a-b`.`in`.`ok`", "m[?\"k\"].?x.`a-b`.`in`.ok"),
    ("f ( a,b )", "f(a, b)"),
    ("{'a':1,}", "{\"a\": 1}"),
    ("'it\\'s \"x\" \\\\ \\n\\t\\r\\x07 \\u200b é'", r#""it's \"x\" \\ \n\t\r\u0007 \u200b é""#),
    (".5 + 1", "0.5 + 1"),
];

#[test]
fn printing() {
    for (text, wanted) in PRINTED {
        let expr = accepted(text);
        assert_eq!(print(&expr), *wanted, "{text}");
        assert_eq!(shape(&accepted(wanted)), shape(&expr), "{text}");
    }
}

/// Inputs and the text that the span of the whole tree covers.
const SPANS: &[(&str, &str)] = &[
    ("  a.b  // c", "a.b"),
    ("(a)", "a"),
    ("(a) && (b)", "(a) && (b)"),
    ("(a).f(b) ", "(a).f(b)"),
    ("(a)[0]", "(a)[0]"),
    ("-(a)", "-(a)"),
    ("(a) ? (b) : (c)", "(a) ? (b) : (c)"),
    ("[1, ]", "[1, ]"),
    ("r'é'", "r'é'"),
];

#[test]
fn spans() {
    for (text, wanted) in SPANS {
        let span = accepted(text).span;
        assert_eq!(&text[span.start as usize..span.end as usize], *wanted, "{text}");
    }
}

#[test]
fn an_operator_has_its_own_place() {
    let text = "a && (b) && c";
    let ExprKind::Binary { op_span, left, .. } = accepted(text).kind else { panic!() };
    assert_eq!(op_span, Span { file: FileId(0), start: 9, end: 11 });
    let ExprKind::Binary { op_span, .. } = left.kind else { panic!() };
    assert_eq!(op_span, Span { file: FileId(0), start: 2, end: 4 });
}

#[test]
fn long_chains_are_shallow() {
    let terms: Vec<String> = (0..20_000).map(|idx| format!("a{idx}")).collect();
    for op in ["&&", "||"] {
        let text = terms.join(&format!(" {op} "));
        let expr = accepted(&text);
        assert_eq!(height(&expr), 15);
        assert_eq!(print(&expr), text);
    }
}

#[test]
fn sixty_four_levels() {
    let fits = [
        format!("{}a{}", "(".repeat(64), ")".repeat(64)),
        format!("{}a{}", "[".repeat(64), "]".repeat(64)),
        format!("{}a{}", "f(".repeat(64), ")".repeat(64)),
        format!("{}a", "!".repeat(64)),
        format!("a{}", ".b".repeat(64)),
        format!("a{}", " + a".repeat(64)),
        format!("a{}", " == a".repeat(64)),
        format!("{}a", "a ? a : ".repeat(64)),
        format!("a{}", "[0]".repeat(64)),
        format!("{}a{}", "{1: ".repeat(64), "}".repeat(64)),
        format!("{}a{}", "a && b && c && d && (".repeat(32), ")".repeat(32)),
    ];
    for text in fits {
        assert_eq!(shape(&accepted(&print(&accepted(&text)))), shape(&accepted(&text)));
    }
}
