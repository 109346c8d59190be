//! Predicates of one text or address, which atoms apply to one variable.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_model::{Cidr, IpAddress, Pattern};

/// A change of case that is applied to a text before it is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum CaseMapping {
    Lower,
    Upper,
}

/// A predicate of one value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Predicate {
    Text(Arc<[CaseMapping]>, TextPredicate),
    Ip(IpPredicate),
}

/// A predicate of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum TextPredicate {
    /// Being one of these, which are ascending.
    OneOf(Arc<[Arc<str>]>),
    StartsWith(Arc<str>),
    EndsWith(Arc<str>),
    Contains(Arc<str>),
    Matches(Regex),
    /// Having at most so many code points.
    AtMost(usize),
    /// Being ordered before this text, or being it.
    Before {
        text: Arc<str>,
        or_equal: bool,
    },
}

/// A pattern; two of them are equal if their sources are.
#[derive(Debug, Clone)]
pub(crate) struct Regex(pub(crate) Arc<Pattern>);

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.0.source() == other.0.source()
    }
}

impl Eq for Regex {}

impl std::hash::Hash for Regex {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.source().hash(state);
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum IpPredicate {
    OneOf(Arc<[IpAddress]>),
    Within(Cidr),
}

pub(crate) fn cased(cases: &[CaseMapping], text: &str) -> String {
    cases.iter().fold(text.to_owned(), |text, case| match case {
        CaseMapping::Lower => text.to_ascii_lowercase(),
        CaseMapping::Upper => text.to_ascii_uppercase(),
    })
}

impl TextPredicate {
    /// Being one of these texts.
    pub(crate) fn one_of(texts: impl IntoIterator<Item = Arc<str>>) -> Self {
        let sorted: BTreeSet<Arc<str>> = texts.into_iter().collect();
        TextPredicate::OneOf(sorted.into_iter().collect())
    }

    /// Matching a pattern; `None` if it is none.
    pub(crate) fn matching(pattern: &str) -> Option<Self> {
        Some(TextPredicate::Matches(Regex(Arc::new(Pattern::new(pattern).ok()?))))
    }

    pub(crate) fn holds(&self, text: &str) -> bool {
        match self {
            TextPredicate::OneOf(texts) => texts.binary_search_by(|known| known.as_ref().cmp(text)).is_ok(),
            TextPredicate::StartsWith(part) => text.starts_with(part.as_ref()),
            TextPredicate::EndsWith(part) => text.ends_with(part.as_ref()),
            TextPredicate::Contains(part) => text.contains(part.as_ref()),
            TextPredicate::Matches(regex) => regex.0.is_match(text),
            TextPredicate::AtMost(count) => text.chars().count() <= *count,
            TextPredicate::Before { text: bound, or_equal } => {
                text < bound.as_ref() || (*or_equal && text == bound.as_ref())
            }
        }
    }
}

impl IpPredicate {
    pub(crate) fn holds(&self, address: IpAddress) -> bool {
        match self {
            IpPredicate::OneOf(known) => known.contains(&address),
            IpPredicate::Within(range) => range.contains(address),
        }
    }
}

impl Predicate {
    /// Whether the value that a text stands for passes; a text that is no address does not pass as one.
    pub(crate) fn holds(&self, value: &str) -> bool {
        match self {
            Predicate::Text(cases, test) if cases.is_empty() => test.holds(value),
            Predicate::Text(cases, test) => test.holds(&cased(cases, value)),
            Predicate::Ip(test) => IpAddress::parse(value).is_some_and(|address| test.holds(address)),
        }
    }

    /// The values that pass, if they are listed.
    pub(crate) fn values(&self) -> Option<Vec<String>> {
        match self {
            Predicate::Text(cases, TextPredicate::OneOf(known)) if cases.is_empty() => {
                Some(known.iter().map(|text| text.to_string()).collect())
            }
            Predicate::Ip(IpPredicate::OneOf(known)) => {
                Some(known.iter().map(IpAddress::to_string).collect())
            }
            _ => None,
        }
    }
}

/// The pattern that matches exactly this text.
pub(crate) fn regex_escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        // With a backslash before them, these two are the edges of words.
        if character.is_ascii_punctuation() && !matches!(character, '<' | '>') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
