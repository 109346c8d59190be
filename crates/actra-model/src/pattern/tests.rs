//! Which patterns are portable, and what matching them costs.

use super::names::{CATEGORIES, SCRIPTS};
use super::*;

#[test]
fn searches_with_ascii_classes() {
    let found = [
        (r"b", "abc"),
        (r"^a.c$", "abc"),
        (r"\d", "x7"),
        (r"\D", "٣"),
        (r"^\w+$", "a_9"),
        (r"\W", "é"),
        (r"^\s$", "\u{c}"),
        (r"\S", "\u{b}"),
        (r"^[\d\s-]+$", "1 2-3"),
        (r"^[^\W]$", "a"),
        (r"^[\D]$", "٣"),
        (r"\bcat\b", "a cat!"),
        (r"\bcat\b", "écaté"),
        (r"a\Bt", "at"),
        (r"(?i)straße", "STRAßE"),
        (r"(?i)k", "\u{212a}"),
        (r"(?s)a.b", "a\nb"),
        (r"(?m)^b$", "a\nb\nc"),
        (r"\p{Greek}\pL", "αβ"),
        (r"[[:alpha:]]", "q"),
        (r"a\/b\-\@\ ", "a/b-@ "),
        (r"\x41\x{1F600}", "A😀"),
        (r"^(?P<year>[0-9]{4})-(?:0[1-9]|1[0-2])$", "2026-11"),
        (r"", ""),
    ];
    for (source, text) in found {
        assert!(Pattern::new(source).unwrap().is_match(text), "{source} in {text:?}");
    }
    let missing = [
        (r"\d", "٣"),
        (r"\w", "é"),
        (r"\s", "\u{b}"),
        (r"\s", "\u{a0}"),
        (r"a.b", "a\nb"),
        (r"^b$", "a\nb"),
        (r"b$", "b\n"),
        (r"[^\d]", "7"),
        (r"\bé", "é"),
    ];
    for (source, text) in missing {
        assert!(!Pattern::new(source).unwrap().is_match(text), "{source} in {text:?}");
    }
}

#[test]
fn refuses_what_is_no_pattern() {
    for source in [
        "(", "a{2", "[a", "*", r"\q", r"(?=a)", r"(?!a)", r"(?<=a)", r"(a)\1", r"\Qa\E", r"\C", r"\Z",
        r"(?z)", "[b-a]", r"[a-\d]", r"[\b]", "(?P=a)", "{2}", r"\012",
    ] {
        let refused = Pattern::new(source);
        assert!(matches!(refused, Err(PatternError::Syntax { .. })), "{source}: {refused:?}");
    }
}

#[test]
fn refuses_what_re2_reads_otherwise() {
    for source in [
        // Set operations and nesting.
        "[a&&b]",
        "[a--b]",
        "[a~~b]",
        "[a[b]]",
        "[[:foo:]]",
        // A dash that starts a range in RE2 only.
        "[--a]",
        "[^--a]",
        "[]-a]",
        "[a-c-e]",
        "[+--]",
        "[---]",
        "[--]",
        // Word boundaries of one engine only.
        r"\<a",
        r"a\>",
        r"\b{start}a",
        r"\b{end-half}",
        // Flags of one engine only.
        "(?x)a b",
        "(?R)a",
        "(?u)a",
        "(?-u:a)",
        "(?i-x:a)",
        // Escapes of one engine only.
        r"\u0041",
        r"\U00000041",
        r"\u{41}",
        r"\_",
        // Counts that RE2 takes as text, or not at all.
        "a{ 2}",
        "a{2 }",
        "a{2, 3}",
        "a{02}",
        "a{1,03}",
        "a{1001}",
        "a{1,1001}",
        "(a{100}){11}",
        "((a{10}){10}){11}",
        "a**",
        "a+*",
        "a{2}{3}",
        "a?+",
        "^*",
        r"\b+",
        r"$?",
        // Names that only one engine has, or that mean something else in the other.
        r"\p{gc=Lu}",
        r"\p{Script=Greek}",
        r"\p{sc:Greek}",
        r"\p{scx!=Greek}",
        r"\p{greek}",
        r"\p{Letter}",
        r"\p{Alphabetic}",
        r"\p{Cased}",
        r"\p{C}",
        r"\pC",
        r"\p{Cn}",
        r"\p{Any}",
        r"[\p{Emoji}]",
        r"\p{^Lu}",
        r"(?P<jürgen>a)",
        r"(?P<a.b>a)",
        // No longer ASCII, or found between the bytes of a character.
        r"(?i)\w",
        r"(?i:[\W])",
        r"\B",
        r"x*\B",
    ] {
        let refused = Pattern::new(source);
        assert!(matches!(refused, Err(PatternError::NotPortable { .. })), "{source}: {refused:?}");
    }
}

#[test]
fn takes_dashes_and_counts_that_are_read_alike() {
    for source in [
        "[-]",
        "[-a]",
        "[a-]",
        "[]-]",
        "[^-]",
        r"[a\-z]",
        "[-a-z]",
        "[-a-]",
        r"[\d-]",
        "a{2}",
        "a{2,}?",
        "a{2,3}",
        "a{0}",
        "(a{10}){100}",
        "(a*)*",
        "a*?",
        "a}",
        "]",
        "a{1000}",
        "(?:a{2})*",
    ] {
        assert!(Pattern::new(source).is_ok(), "{source}: {:?}", Pattern::new(source));
    }
}

#[test]
fn knows_every_name_it_takes() {
    for name in CATEGORIES.iter().chain(SCRIPTS) {
        Pattern::new(&format!(r"\p{{{name}}}")).unwrap();
        Pattern::new(&format!(r"[\P{{{name}}}]")).unwrap();
    }
}

#[test]
fn bounds_size_and_nesting() {
    for source in [r"\pL{900}", &"a".repeat(limits::PATTERN_BYTES)] {
        assert_eq!(Pattern::new(source), Err(PatternError::TooLarge));
    }
    let deep = format!("{}{}", "(".repeat(2_000), ")".repeat(2_000));
    assert!(Pattern::new(&deep).is_err());
}

#[test]
fn points_at_the_part_that_is_refused() {
    let range = |source: &str| match Pattern::new(source) {
        Err(PatternError::Syntax { range, .. } | PatternError::NotPortable { range, .. }) => range,
        other => panic!("{other:?}"),
    };
    assert_eq!(range(r"é\q"), 2..4);
    assert_eq!(range(r"ab\p{C}"), 2..7);
    assert_eq!(range("ab{1001}"), 2..8);
}

#[test]
fn knows_anchors() {
    let check = |source: &str| Pattern::new(source).unwrap().anchors();
    for source in ["^a$", r"\Aa\z", "^(?:a|b)$", "^a$|^b$", "(?:^a$)", "(^a$)", "(?i)^a$", "^$", "(?i:^a$)"] {
        assert_eq!(check(source), Anchors::Both, "{source}");
        assert!(Pattern::new(source).unwrap().is_anchored());
    }
    for source in ["^a", "^a|^b$", r"^a(?:$|b)", "^(?:a$)?"] {
        assert_eq!(check(source), Anchors::Start, "{source}");
    }
    for source in ["a$", "^a$|b$", "(?:^a|b)$"] {
        assert_eq!(check(source), Anchors::End, "{source}");
    }
    for source in ["a", "", "^a|b$", "(?m)^a$", "(?m:^)a(?m:$)", "(?:^)?a(?:$)*", "(?m)a|^b$"] {
        assert_eq!(check(source), Anchors::Neither, "{source}");
    }
}
