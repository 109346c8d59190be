//! Strings, numbers and values that are listed.

use std::collections::BTreeSet;

use actra_model::{Decimal, Pattern, RawMap, RawValue, limits};

use super::keywords::positive;
use super::proposals::{Meaning, leaves_room};
use super::{ImportedType, Importer, NullableType};
use crate::LossEffect;

/// A side on which numbers are bounded.
#[derive(Clone, Copy)]
enum BoundSide {
    Lower,
    Upper,
}

impl BoundSide {
    /// The keywords of an inclusive and an exclusive bound.
    fn keys(self) -> (&'static str, &'static str) {
        match self {
            BoundSide::Lower => ("minimum", "exclusiveMinimum"),
            BoundSide::Upper => ("maximum", "exclusiveMaximum"),
        }
    }

    /// The next whole number inside of a bound.
    fn next_inside(self, bound: i64) -> Option<i64> {
        match self {
            BoundSide::Lower => bound.checked_add(1),
            BoundSide::Upper => bound.checked_sub(1),
        }
    }

    /// The bound of whole numbers that bounds the same ones and is a whole number itself.
    fn rounded(self, bound: Decimal) -> Decimal {
        if bound.is_integer() {
            return bound;
        }
        let text = bound.to_string();
        let truncated = text.split('.').next().and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
        match (self, text.starts_with('-')) {
            (BoundSide::Lower, false) => (truncated + 1).into(),
            (BoundSide::Upper, true) => (truncated - 1).into(),
            _ => truncated.into(),
        }
    }

    /// The bound that excludes more.
    fn strictest(self, inclusive: Option<Decimal>, other: Decimal) -> Decimal {
        match (inclusive, self) {
            (Some(inclusive), BoundSide::Lower) => inclusive.max(other),
            (Some(inclusive), BoundSide::Upper) => inclusive.min(other),
            (None, _) => other,
        }
    }
}

impl Importer<'_> {
    pub(super) fn string(&mut self, members: &RawMap, at: &str) -> ImportedType {
        self.unknown(members, &["maxLength", "minLength", "pattern"], at);
        let mut ty = ImportedType::plain(self.format(members, at));
        if let Some(meaning) = self.meaning.filter(|meaning| leaves_room(members, *meaning)) {
            ty = ImportedType::plain(meaning.word());
            let message = match meaning {
                Meaning::Path => {
                    "a `path`, by its name and description: what has a backslash is not readable as one"
                }
                Meaning::Url => {
                    "a `url`, by its name and description: what is not absolute, with a host, is not readable as one"
                }
            };
            self.report_loss(at, LossEffect::Proposed, message);
        }
        if positive(members.get("minLength")) {
            self.report_loss(&format!("{at}/minLength"), LossEffect::Wider, "shorter strings are accepted");
        }
        let (max_length, pattern) = (self.upper_limit(members, "maxLength", at), members.get("pattern"));
        if ty != ImportedType::plain("string") {
            for key in ["maxLength", "pattern"].into_iter().filter(|key| members.contains_key(key)) {
                let message = format!("`{key}` cannot be used with the format, and is not checked");
                self.report_loss(&format!("{at}/{key}"), LossEffect::Wider, &message);
            }
            return ty;
        }
        ty.max_length = max_length;
        match pattern {
            Some(RawValue::String(source)) if portable(source) => ty.pattern = Some(source.clone()),
            Some(_) => {
                let message =
                    "this pattern is not one that both RE2 and JavaScript read alike; it is not checked";
                self.report_loss(&format!("{at}/pattern"), LossEffect::Wider, message);
            }
            None => {}
        }
        ty
    }

    /// The type that a format stands for; most formats are remarks to readers in JSON Schema.
    fn format(&mut self, members: &RawMap, at: &str) -> &'static str {
        let Some(format) = members.get("format") else { return "string" };
        let at = format!("{at}/format");
        let (ty, message) = match format {
            RawValue::String(format) => match format.as_str() {
                "date-time" => ("timestamp", "only RFC 3339 with an offset and no leap second is accepted"),
                "date" => ("date", "only a day of the calendar is accepted"),
                "uri" | "url" => (
                    "url",
                    "only absolute URLs with a host in ASCII and without user information are accepted",
                ),
                "ipv4" | "ipv6" => ("ip", "addresses of either version are accepted, and nothing else"),
                other => {
                    let message = format!("the format `{other}` is not checked");
                    self.report_loss(&at, LossEffect::Wider, &message);
                    return "string";
                }
            },
            _ => ("string", "this is not a format"),
        };
        self.report_loss(&at, LossEffect::Narrower, message);
        if ty == "ip" {
            self.report_loss(&at, LossEffect::Wider, "addresses of the other version are accepted, too");
        }
        ty
    }

    pub(super) fn number(&mut self, whole: bool, members: &RawMap, at: &str) -> ImportedType {
        let known = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
        self.unknown(members, &known, at);
        if members.contains_key("format") {
            let message = "the format of a number is not checked";
            self.report_loss(&format!("{at}/format"), LossEffect::Wider, message);
        }
        let mut ty = ImportedType::plain(if whole { "integer" } else { "number" });
        ty.min = self.bound(members, BoundSide::Lower, whole, at);
        ty.max = self.bound(members, BoundSide::Upper, whole, at);
        if ty.min.zip(ty.max).is_some_and(|(min, max)| min > max) {
            self.report_loss(at, LossEffect::Wider, "its bounds allow no number; they are not checked");
            (ty.min, ty.max) = (None, None);
        }
        ty
    }

    /// A bound of numbers. Draft 4 and OpenAPI 3.0 say by a boolean that it is exclusive.
    fn bound(&mut self, members: &RawMap, side: BoundSide, whole: bool, at: &str) -> Option<Decimal> {
        let (inclusive_key, exclusive_key) = side.keys();
        let number = |key: &str| match members.get(key) {
            Some(RawValue::Number(number)) => Some(*number),
            _ => None,
        };
        let inclusive = number(inclusive_key);
        let exclusive = match members.get(exclusive_key) {
            Some(RawValue::Bool(true)) => inclusive,
            _ => number(exclusive_key),
        };
        let stated = members.contains_key(inclusive_key)
            || members.get(exclusive_key).is_some_and(|v| *v != RawValue::Bool(false));
        let Some(exclusive) = exclusive else {
            if inclusive.is_none() && stated {
                self.report_loss(
                    &format!("{at}/{inclusive_key}"),
                    LossEffect::Wider,
                    "this is not a number, and is not checked",
                );
            }
            return inclusive.map(|bound| if whole { side.rounded(bound) } else { bound });
        };
        if whole && let Some(bound) = exclusive.to_i64().and_then(|bound| side.next_inside(bound)) {
            return Some(side.strictest(inclusive, bound.into()));
        }
        if whole && !exclusive.is_integer() {
            return Some(side.strictest(inclusive, side.rounded(exclusive)));
        }
        self.report_loss(&format!("{at}/{exclusive_key}"), LossEffect::Wider, "the bound itself is accepted");
        Some(side.strictest(inclusive, exclusive))
    }

    /// `enum` and `const`.
    pub(super) fn enumerated(
        &mut self,
        members: &RawMap,
        values: &[RawValue],
        kinds: &[&str],
        at: &str,
    ) -> NullableType {
        let known = ["minLength", "maxLength", "pattern", "minimum", "maximum"];
        self.unknown(members, &known, at);
        for key in known.into_iter().filter(|key| members.contains_key(key)) {
            let message = format!("`{key}` beside listed values is not checked");
            self.report_loss(&format!("{at}/{key}"), LossEffect::Wider, &message);
        }
        if members.contains_key("const") && members.contains_key("enum") {
            let message = "`enum` beside `const` is not checked";
            self.report_loss(&format!("{at}/enum"), LossEffect::Wider, message);
        }
        let nullable = values.contains(&RawValue::Null);
        let named = |value: &&RawValue| kinds.is_empty() || kinds.iter().any(|kind| is_of(value, kind));
        let mut listed: Vec<RawValue> =
            values.iter().filter(|value| **value != RawValue::Null).filter(named).cloned().collect();
        remove_repeated(&mut listed);
        if listed.len() > limits::ELEMENTS {
            self.report_loss(at, LossEffect::Wider, "more than 10000 values are listed, and not checked");
            let all_text = listed.iter().all(|value| matches!(value, RawValue::String(_)));
            let ty = if all_text { ImportedType::plain("string") } else { ImportedType::any() };
            return NullableType { nullable: nullable || !all_text, ty };
        }
        let all = |is: fn(&RawValue) -> bool| !listed.is_empty() && listed.iter().all(is);
        let ty = if all(|value| matches!(value, RawValue::String(_))) {
            ImportedType { one_of: Some(listed), ..ImportedType::plain("string") }
        } else if all(|value| matches!(value, RawValue::Number(_))) {
            ImportedType { one_of: Some(listed), ..ImportedType::plain("number") }
        } else if all(|value| matches!(value, RawValue::Bool(_))) {
            if listed.iter().all(|value| Some(value) == listed.first()) {
                self.report_loss(at, LossEffect::Wider, "both true and false are accepted");
            }
            ImportedType::plain("boolean")
        } else {
            self.report_loss(at, LossEffect::Wider, "values of several kinds are listed; it may be anything");
            return NullableType::any();
        };
        NullableType { ty, nullable }
    }
}

/// Whether a value is of a type of JSON Schema. One that is not known says nothing.
fn is_of(value: &RawValue, kind: &str) -> bool {
    match kind {
        "string" => matches!(value, RawValue::String(_)),
        "number" => matches!(value, RawValue::Number(_)),
        "integer" => matches!(value, RawValue::Number(number) if number.is_integer()),
        "boolean" => matches!(value, RawValue::Bool(_)),
        "array" => matches!(value, RawValue::List(_)),
        "object" => matches!(value, RawValue::Map(_)),
        _ => true,
    }
}

/// Takes out texts and numbers that stand there before.
pub(super) fn remove_repeated(values: &mut Vec<RawValue>) {
    let (mut texts, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    values.retain(|value| match value {
        RawValue::String(text) => texts.insert(text.clone()),
        RawValue::Number(number) => numbers.insert(*number),
        _ => true,
    });
}

/// Whether a pattern means the same to the engine and to ECMA-262, which JSON Schema follows.
fn portable(source: &str) -> bool {
    // `\d`, `\w` and `\b` are those of ASCII in both; `$` and `.` agree without flags but for line ends.
    let dollars = source.matches('$').count();
    let plain_end = dollars == 1 && source.ends_with('$') && !source.ends_with("\\$");
    (dollars == 0 || plain_end) && same_escapes(source) && same_signs(source) && Pattern::new(source).is_ok()
}

/// Letters behind a backslash that both read alike; the blanks of `\s` go beyond ASCII there.
fn same_escapes(source: &str) -> bool {
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        if c == '\\' && !chars.next().is_some_and(|c| !c.is_alphabetic() || "dDwWbBnrtfvx".contains(c)) {
            return false;
        }
    }
    true
}

/// Whether nothing stands there that is a group, or an operation on sets of characters, for one of them only.
fn same_signs(source: &str) -> bool {
    let groups = source.matches("(?").count() == source.matches("(?:").count();
    groups && !["[[", "&&", "--", "~~"].iter().any(|sign| source.contains(sign)) && !nested_set(source)
}

/// Whether a set of characters stands in another one, which ECMA-262 does not have.
fn nested_set(source: &str) -> bool {
    let (mut inside, mut escaped) = (false, false);
    for c in source.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' if inside => return true,
            '[' => inside = true,
            ']' => inside = false,
            _ => {}
        }
    }
    false
}
