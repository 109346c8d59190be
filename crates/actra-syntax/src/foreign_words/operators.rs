//! Operators of other languages that no single operator of this one stands for.
//!
//! In what to write, `x` and `y` are texts, `n` a number, `xs` a list, `path` a path, and `record.field` an optional
//! field. Words for one operator (`and`, `eq`) or method (`contains`) are in `expr::mistakes`.

use super::Replacement::{Form, Word};
use super::{ForeignWordRow, Replacement};

/// What to write instead of a word between operands.
pub fn replacement_for(word: &str) -> Option<Replacement> {
    super::find(TABLE, &word.to_ascii_lowercase())
}

/// What to write instead of the longest sign at the start of a text that is not an operator.
pub fn sign(text: &str) -> Option<(&'static str, Replacement)> {
    let signs = SIGNS.iter().flat_map(|(signs, instead)| signs.iter().map(|sign| (*sign, *instead)));
    signs.filter(|(sign, _)| text.starts_with(sign)).max_by_key(|(sign, _)| sign.len())
}

/// What to write instead of an operator that the structured spelling does not have.
pub fn structured(word: &str) -> Option<Replacement> {
    super::find(STRUCTURED, &word.to_ascii_lowercase())
}

/// Operators of the structured spelling, in lower case.
pub const STRUCTURED: &[ForeignWordRow] = &[
    (
        &[
            "==",
            "=",
            "===",
            "eq",
            "is",
            "equal",
            "equal_to",
            "equalto",
            "is_equal",
            "stringequals",
            "anyof_equals",
        ],
        Word("equals"),
    ),
    (
        &[
            "!=",
            "<>",
            "!==",
            "ne",
            "neq",
            "not_equal",
            "notequals",
            "not_equal_to",
            "is_not",
            "stringnotequals",
        ],
        Word("not_equals"),
    ),
    (&[">", "gt", "greater", "greaterthan", "more_than", "above", "after", "exceeds"], Word("greater_than")),
    (
        &[
            ">=",
            "gte",
            "ge",
            "at_least",
            "greaterthanorequals",
            "greater_than_or_equal",
            "greater_than_or_equals",
            "min",
        ],
        Word("greater_or_equal"),
    ),
    (&["<", "lt", "less", "lessthan", "below", "before"], Word("less_than")),
    (
        &[
            "<=",
            "lte",
            "le",
            "at_most",
            "lessthanorequals",
            "less_than_or_equal",
            "less_than_or_equals",
            "max",
        ],
        Word("less_or_equal"),
    ),
    (&["one_of", "oneof", "any_of", "anyin", "is_in", "member_of", "isin"], Word("in")),
    (&["none_of", "nin", "not in", "notin", "anynotin", "not_one_of", "is_not_in"], Word("not_in")),
    (&["includes", "include", "contain", "has_element", "hassubstring"], Word("contains")),
    (&["excludes", "does_not_contain", "notcontains", "not_includes"], Word("not_contains")),
    (&["startswith", "prefix", "has_prefix", "hasprefix", "begins_with"], Word("starts_with")),
    (&["endswith", "suffix", "has_suffix", "hassuffix"], Word("ends_with")),
    (&["regex", "regexp", "like", "=~", "match", "glob", "matches_regex", "stringlike"], Word("matches")),
    (
        &["has", "present", "is_set", "defined", "not_null", "is_not_null", "exist", "is_present"],
        Word("exists"),
    ),
    (&["under", "descendant_of", "in_cidr", "cidr", "in_network", "ipaddress", "inside"], Word("within")),
    (&["subset", "subsetof", "is_subset", "is_subset_of"], Word("subset_of")),
    (&["contains_any", "overlaps", "overlap", "intersect", "has_any", "containsany"], Word("intersects")),
    (
        &["is_null", "null", "missing", "absent", "not_exists", "is_absent", "not_present", "is_not_set"],
        Form("not: { subject: {...}, operator: exists }", ""),
    ),
    (
        &["not_matches", "not_like", "not_regex", "!~"],
        Form("not: { subject: {...}, operator: matches, value: {...} }", ""),
    ),
    (
        &["between", "in_range", "range"],
        Form("all: [...]", "of one `greater_or_equal` and one `less_or_equal`"),
    ),
    (
        &["contains_all", "has_all", "superset_of", "superset", "containsall"],
        Form("sets.contains(action.xs, [\"a\", \"b\"])", "an expression is a condition, too"),
    ),
    (&["not", "is_false", "false"], Form("not: {...}", "around the condition")),
    (&["is_true", "true"], Form("operator: equals, value: { literal: true }", "")),
    (&["not_starts_with", "not_ends_with"], Form("not: {...}", "around the condition")),
];

/// Words, in lower case.
pub const TABLE: &[ForeignWordRow] = &[
    (
        &["like", "ilike", "rlike", "regexp", "regex", "match", "similar", "glob"],
        Form("x.matches(\"^...$\")", "with a regular expression, `^` and `$` for the whole text"),
    ),
    (&["between"], Form("n >= 1 && n <= 10", "")),
    (&["has", "includes", "include", "having"], Form("x in xs", "or `x.contains(\"...\")` in a text")),
    (&["startswith", "beginswith", "begins_with"], Form("x.startsWith(\"...\")", "")),
    (&["endswith"], Form("x.endsWith(\"...\")", "")),
    (&["under", "below"], Form("path.within(\"/srv\")", "")),
    (&["nin", "notin", "not_in"], Form("!(x in xs)", "")),
    (
        &["subset_of", "subset"],
        Form("sets.contains(ys, xs)", "every element of the second list is in the first"),
    ),
    (&["intersects"], Form("sets.intersects(xs, ys)", "")),
    (&["exists", "present"], Form("has(record.field)", "")),
    (&["xor"], Form("(x == \"a\") != (y == \"b\")", "")),
    (&["implies"], Form("!(x == \"a\") || y == \"b\"", "")),
    (&["unless"], Form("x == \"a\" && !(y == \"b\")", "or give the rule an `unless:`")),
    (&["mod", "div"], Form("n > 1 * 2", "there is no division; multiply the other side")),
];

/// Signs of other languages, with what to write instead.
pub const SIGNS: &[ForeignWordRow] = &[
    (
        &["=~", "~="],
        Form("x.matches(\"^...$\")", "with a regular expression, `^` and `$` for the whole text"),
    ),
    (&["!~"], Form("!x.matches(\"^...$\")", "with a regular expression, `^` and `$` for the whole text")),
    (&["->", "==>", "-->"], Form("!(x == \"a\") || y == \"b\"", "")),
    (&[":="], Form("x == y", "an expression cannot assign a value; name a value under `definitions:`")),
    (&["**"], Form("n * n", "")),
    (&["..."], Form("n >= 1 && n <= 10", "")),
];
