//! Expressions that do not parse, with their diagnostics.

use actra_diagnostics::Diagnostic;

use super::read;

/// Inputs and what is said about them, each `code column: message`.
const REFUSED: &[(&str, &[&str])] = &[
    ("", &["E0401 1: the expression is empty"]),
    ("   ", &["E0401 1: the expression is empty"]),
    ("// only a comment", &["E0401 1: the expression is empty"]),
    (r#"b"x""#, &["E0402 1: bytes literals are not in the language"]),
    ("br'x'", &["E0402 1: bytes literals are not in the language"]),
    (r#"rb"x""#, &["E0402 1: bytes literals are not in the language"]),
    ("1u", &["E0402 1: unsigned literals are not in the language"]),
    ("5U", &["E0402 1: unsigned literals are not in the language"]),
    ("0x1F", &["E0402 1: hexadecimal numbers are not in the language"]),
    ("0xFFu", &["E0402 1: hexadecimal numbers are not in the language"]),
    ("0xZZ", &["E0402 1: hexadecimal numbers are not in the language"]),
    ("007", &["E0402 1: the number `007` has leading zeros"]),
    ("00.5", &["E0402 1: the number `00.5` has leading zeros"]),
    ("1_000", &["E0401 1: `1_000` is not a number"]),
    ("10k", &["E0401 1: `10k` is not a number"]),
    ("5m", &["E0401 1: `5m` is not a number"]),
    ("500Mi", &["E0401 1: `500Mi` is not a number"]),
    ("1a", &["E0401 1: `1a` is not a number"]),
    ("1e", &["E0401 1: `1e` is not a number"]),
    ("a / b", &["E0402 3: division is not in the language"]),
    ("a % b", &["E0402 3: the remainder operator `%` is not in the language"]),
    ("[?a]", &["E0402 2: optional elements `[?x]` are not in the language"]),
    (r#"{?"k": v}"#, &["E0402 2: optional elements `{?k: v}` are not in the language"]),
    ("Type{}", &["E0402 1: CEL messages cannot be constructed"]),
    ("a.b.Type{x: 1}", &["E0402 1: CEL messages cannot be constructed"]),
    ("f(x){}", &["E0401 5: expected an operator or the end of the expression, found `{`"]),
    (".x", &["E0402 1: a name cannot start with a dot"]),
    (".x.y == 1", &["E0402 1: a name cannot start with a dot"]),
    ("a = b", &["E0401 3: `=` is not an operator"]),
    ("a === b", &["E0401 3: `===` is not an operator"]),
    ("a !== b", &["E0401 3: `!==` is not an operator"]),
    ("a <> b", &["E0401 3: `<>` is not an operator"]),
    ("a => b", &["E0401 3: `=>` is not an operator"]),
    ("a & b", &["E0401 3: `&` is not an operator"]),
    ("a | b", &["E0401 3: `|` is not an operator"]),
    ("a &&& b", &["E0401 3: `&&&` is not an operator"]),
    ("a and b or c", &["E0401 3: `and` is not an operator", "E0401 9: `or` is not an operator"]),
    ("a AND b", &["E0401 3: `AND` is not an operator"]),
    ("not a", &["E0401 1: `not` is not an operator"]),
    ("a && not a", &["E0401 6: `not` is not an operator"]),
    ("not (a == b)", &["E0401 1: `not` is not an operator"]),
    ("a && not(b)", &["E0401 6: `not` is not an operator"]),
    ("a not in b", &["E0401 3: `not in` is not an operator"]),
    ("a !in b", &["E0401 3: `!in` is not an operator"]),
    ("a is null", &["E0401 3: `is` is not an operator"]),
    ("a equals b", &["E0401 3: `equals` is not an operator"]),
    (r#"a contains "x""#, &["E0401 3: expected an operator or the end of the expression, found `contains`"]),
    (
        r#"a.b startsWith "x""#,
        &["E0401 5: expected an operator or the end of the expression, found `startsWith`"],
    ),
    ("if a then b else c", &["E0401 1: `if` is a reserved word of CEL"]),
    ("a if b else c", &["E0401 3: expected an operator or the end of the expression, found `if`"]),
    ("let x = 1", &["E0401 7: `=` is not an operator", "E0401 1: `let` is a reserved word of CEL"]),
    ("for", &["E0401 1: `for` is a reserved word of CEL"]),
    ("package.name", &["E0401 1: `package` is a reserved word of CEL"]),
    ("“agent”", &["E0401 1: `“` is not a quotation mark in this language"]),
    ("actor.type == “agent”", &["E0401 15: `“` is not a quotation mark in this language"]),
    ("actor.type == ‘agent’", &["E0401 15: `‘` is not a quotation mark in this language"]),
    ("actor.type == “agent", &["E0401 15: `“` is not a quotation mark in this language"]),
    (r#""abc"#, &["E0401 1: the string is not closed"]),
    ("a == 'abc", &["E0401 6: the string is not closed"]),
    (r#"a == """abc""#, &["E0401 6: the string is not closed"]),
    (r"'a\'", &["E0401 1: the string is not closed"]),
    ("(a && b", &["E0401 8: `(` is not closed"]),
    ("f(a, b", &["E0401 7: `(` is not closed"]),
    ("xs[0", &["E0401 5: `[` is not closed"]),
    ("[1, 2", &["E0401 6: `[` is not closed"]),
    (r#"{"a": 1"#, &["E0401 8: `{` is not closed"]),
    ("((a)", &["E0401 5: `(` is not closed"]),
    ("(a]", &["E0401 3: expected `)`, found `]`"]),
    ("a)", &["E0401 2: `)` closes nothing"]),
    ("a]", &["E0401 2: `]` closes nothing"]),
    ("}", &["E0401 1: expected a value, found `}`"]),
    ("a &&", &["E0401 5: expected a value, found the end of the expression"]),
    ("&& a", &["E0401 1: expected a value, found `&&`"]),
    ("a == ", &["E0401 5: expected a value, found the end of the expression"]),
    ("a ? b", &["E0401 6: expected `:`, found the end of the expression"]),
    ("a ? b ? c : d : e", &["E0401 7: expected `:`, found `?`"]),
    ("a ?", &["E0401 4: expected a value, found the end of the expression"]),
    ("a ? b :", &["E0401 8: expected a value, found the end of the expression"]),
    ("a ?? b", &["E0401 3: `??` is not an operator"]),
    ("a?.b", &["E0401 2: `?.` is not an operator"]),
    ("a.", &["E0401 3: expected a field name, found the end of the expression"]),
    ("a.?", &["E0401 4: expected a field name, found the end of the expression"]),
    ("a.in", &["E0401 3: `in` is a keyword of the language, so it cannot be a field name"]),
    ("a.true", &["E0401 3: `true` is a keyword of the language, so it cannot be a field name"]),
    ("a.5", &["E0401 2: expected an operator or the end of the expression, found `.5`"]),
    ("a.(b)", &["E0401 3: expected a field name, found `(`"]),
    (r#"a."b""#, &[r#"E0401 3: expected a field name, found `"b"`"#]),
    ("`a`", &["E0401 1: a name in backticks must follow a dot"]),
    ("m.`a", &["E0401 3: a name in backticks is not closed"]),
    ("m.`a+b`", &["E0401 3: a name in backticks has a character that CEL does not allow there"]),
    ("m.``", &["E0401 3: a name in backticks has a character that CEL does not allow there"]),
    ("m.`f`(x)", &["E0401 1: a method name cannot be in backticks"]),
    ("m.?f(x)", &["E0401 1: a method cannot be called with `.?`"]),
    ("f(a,)", &["E0401 4: a comma after the last argument"]),
    ("f(,)", &["E0401 3: expected a value, found `,`"]),
    ("[,]", &["E0401 2: expected a value, found `,`"]),
    ("{,}", &["E0401 2: expected a value, found `,`"]),
    ("{a}", &["E0401 3: expected `:` after the key, found `}`"]),
    ("{1, 2}", &["E0401 3: expected `:` after the key, found `,`"]),
    (r#"{"a": }"#, &["E0401 7: expected a value, found `}`"]),
    ("a[]", &["E0401 3: expected a value, found `]`"]),
    ("a[1:2]", &["E0401 4: expected `]`, found `:`"]),
    ("a b", &["E0401 3: expected an operator or the end of the expression, found `b`"]),
    ("1 2", &["E0401 3: expected an operator or the end of the expression, found `2`"]),
    (r#""a" "b""#, &[r#"E0401 5: expected an operator or the end of the expression, found `"b"`"#]),
    (r#""\d""#, &[r"E0401 2: unknown escape `\d`"]),
    (
        r#""\q \x4 \u12 \ud800 \U00110000 \400 \8""#,
        &[
            r"E0401 2: unknown escape `\q`",
            r"E0401 5: the escape `\x4` needs 2 digits",
            r"E0401 9: the escape `\u12` needs 4 digits",
            r"E0401 14: the escape `\ud800` is half of a surrogate pair",
            r"E0401 21: the escape `\U00110000` is beyond the last code point",
            r"E0401 32: unknown escape `\4`",
            r"E0401 37: unknown escape `\8`",
        ],
    ),
    (r#"r"\d"#, &["E0401 1: the string is not closed"]),
    ("+1", &["E0401 1: `+` needs an operand before it"]),
    ("a + + b", &["E0401 5: `+` needs an operand before it"]),
    ("!-a", &["E0401 2: `!` and `-` cannot stand next to each other"]),
    ("-!a", &["E0401 2: `!` and `-` cannot stand next to each other"]),
    ("a ** b", &["E0401 3: `**` is not an operator"]),
    ("a; b", &["E0401 2: unexpected character `;`"]),
    ("# comment", &["E0401 1: unexpected character `#`"]),
    ("a # comment", &["E0401 3: unexpected character `#`"]),
    ("$amount > 1", &["E0401 1: unexpected character `$`"]),
    ("a @ b", &["E0401 3: unexpected character `@`"]),
    ("a ^ b", &["E0401 3: unexpected character `^`"]),
    ("montant_dû > 1", &["E0401 1: the name `montant_dû` has letters beyond ASCII"]),
    ("größe", &["E0401 1: the name `größe` has letters beyond ASCII"]),
    ("日本 == 1", &["E0401 1: the name `日本` has letters beyond ASCII"]),
    ("a\u{a0}== b", &["E0401 2: an invisible character U+00A0"]),
    ("a\u{200b} == b", &["E0401 2: an invisible character U+200B"]),
    ("a ≤ b && c ≠ d", &["E0401 3: `≤` is not an operator", "E0401 12: `≠` is not an operator"]),
    ("¬a", &["E0401 1: `¬` is not an operator"]),
    (
        "a = b && c = d && e / f > 1",
        &[
            "E0401 3: `=` is not an operator",
            "E0401 12: `=` is not an operator",
            "E0402 21: division is not in the language",
        ],
    ),
    ("a @ b = c", &["E0401 3: unexpected character `@`", "E0401 7: `=` is not an operator"]),
    (
        "a = b = c = d = e = f = g = h = i = j = k",
        &[
            "E0401 3: `=` is not an operator",
            "E0401 7: `=` is not an operator",
            "E0401 11: `=` is not an operator",
            "E0401 15: `=` is not an operator",
            "E0401 19: `=` is not an operator",
            "E0401 23: `=` is not an operator",
            "E0401 27: `=` is not an operator",
            "E0401 31: `=` is not an operator",
        ],
    ),
    ("a, b", &["E0401 2: expected an operator or the end of the expression, found `,`"]),
    ("a :: b", &["E0401 3: expected an operator or the end of the expression, found `:`"]),
    ("a -> b", &["E0401 3: `->` is not an operator"]),
    ("has(x", &["E0401 6: `(` is not closed"]),
    ("a is not b", &["E0401 3: `is not` is not an operator"]),
    ("a\n  && 'b\n  && c", &["E0401 8: the string is not closed"]),
];

fn refused(text: &str) -> Vec<Diagnostic> {
    let (expr, diagnostics) = read(text);
    assert_eq!(expr, None, "{text}");
    assert!(!diagnostics.is_empty(), "{text}");
    diagnostics
}

fn said(text: &str) -> Vec<String> {
    let line = |diagnostic: &Diagnostic| {
        let start = diagnostic.span.expect(text).start as usize;
        format!("{} {}: {}", diagnostic.code, text[..start].chars().count() + 1, diagnostic.message)
    };
    refused(text).iter().map(line).collect()
}

#[test]
fn messages() {
    for (text, wanted) in REFUSED {
        assert_eq!(said(text), *wanted, "{text}");
    }
}

/// Inputs and what they become when every suggested replacement is made.
const FIXED: &[(&str, &str)] = &[
    ("a = b", "a == b"),
    ("a === b and c <> d", "a == b && c != d"),
    ("a is not b or a", "a != b || a"),
    ("a greater_than b", "a > b"),
    ("c && not a", "c && ! a"),
    ("a | b & c", "a || b && c"),
    ("a≥b", "a>=b"),
    ("1u", "1"),
    ("0x1F", "31"),
    ("007 + 00.5 + 00", "7 + 0.5 + 0"),
    (".x.y", "x.y"),
    ("a?.b", "a.?b"),
    ("a.in", "a.`in`"),
    ("f(a, b,)", "f(a, b)"),
];

#[test]
fn fixes_repair() {
    for (text, wanted) in FIXED {
        let mut fixed = (*text).to_owned();
        let mut fixes: Vec<_> = refused(text).into_iter().filter_map(|diagnostic| diagnostic.fix).collect();
        fixes.sort_by_key(|fix| fix.span);
        for fix in fixes.iter().rev() {
            fixed.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.replacement);
        }
        assert_eq!(fixed, *wanted);
        assert_eq!(read(&fixed).1, [], "{text}");
    }
}

/// Inputs and a piece of the help they get.
const HELPED: &[(&str, &str)] = &[
    ("a contains b", "a.contains(b)"),
    ("a starts_with b", "a.startsWith(b)"),
    ("a not in b", "!(a in b)"),
    ("not a", "quote the condition"),
    ("c && not a == b", "`!(a == b)`"),
    ("a is null", "!has(record.field)"),
    ("a is not null", "write `has(record.field)`"),
    ("a => b", "!a || b"),
    ("a =~ b", "x.matches("),
    ("a -> b", "||"),
    ("a like b", "x.matches("),
    ("n between 1", "n >= 1 && n <= 10"),
    ("0640", "416"),
    ("if a then b", "condition ? a : b"),
    ("a == “b”", "plain quotes"),
    ("a ＝＝ b", "it looks like `=`"),
    ("a ＆＆ b", "it looks like `&`"),
    ("（a）", "it looks like `(`"),
    ("a ‐ b > 1", "it looks like `-`"),
    ("a == ″b″", "it looks like `\""),
    ("a == ′b′", "it looks like `'`"),
    ("\"\\d\"", "raw string"),
    ("5m", "duration(\"5m\")"),
    ("500Mi", "quantity(\"500Mi\")"),
    ("a ?? b", "orValue"),
    ("a / 2", "multiply"),
    ("T{x: 1}", "write a map"),
    ("xs.0", "xs[0]"),
    ("'a\nb'", "triple quotes"),
];

#[test]
fn help() {
    for (text, wanted) in HELPED {
        let help: Vec<String> = refused(text).into_iter().flat_map(|diagnostic| diagnostic.help).collect();
        assert!(help.iter().any(|sentence| sentence.contains(wanted)), "{text}: {help:?}");
    }
}

/// Inputs with a bracket that is not closed, and the column of the bracket.
const UNCLOSED: &[(&str, usize)] =
    &[("(a", 1), ("a && (b", 6), ("f(a, (b)", 2), ("[1, [2]", 1), ("xs[0", 3), ("{1: [2}", 5), ("(a]", 1)];

#[test]
fn an_unclosed_bracket_is_shown_where_it_opens() {
    for (text, column) in UNCLOSED {
        let diagnostics = refused(text);
        let [(opened, words)] = diagnostics[0].labels.as_slice() else { panic!("{text}") };
        assert_eq!((opened.start as usize + 1, words.as_str()), (*column, "opened here"), "{text}");
    }
}

#[test]
fn sixty_five_levels() {
    let too_deep = [
        (format!("{}a{}", "(".repeat(65), ")".repeat(65)), 65),
        (format!("{}a{}", "[".repeat(65), "]".repeat(65)), 65),
        (format!("{}a{}", "f(".repeat(65), ")".repeat(65)), 130),
        (format!("{}a", "!".repeat(65)), 65),
        (format!("a{}", ".b".repeat(65)), 130),
        (format!("a{}", " + a".repeat(65)), 259),
        (format!("{}a", "a ? a : ".repeat(65)), 515),
        (format!("a{}", "[0]".repeat(65)), 194),
        (format!("({}a)", "!".repeat(64)), 1),
    ];
    for (text, column) in too_deep {
        let wanted = format!("E0110 {column}: the expression nests deeper than 64 levels");
        assert_eq!(said(&text), [wanted], "{text}");
    }
}

#[test]
fn very_deep_text_ends_soon() {
    for piece in [
        "(", "[", "{", "!", "-", "a ? ", "a ? b : ", "f(", "a.", "a[", "{1:", "not ", "1+", "a == ", "'",
        "\\", "“", "?",
    ] {
        refused(&piece.repeat(200_000));
    }
}
