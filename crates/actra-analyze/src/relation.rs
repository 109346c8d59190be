//! Binary relations between texts: one contains the other, starts or ends with it, or equals it but for case.

use std::sync::{Arc, LazyLock};

use crate::predicate::{CaseMapping, Predicate, TextPredicate, cased, regex_escape};

/// Texts with more code points than this are not cut into all their parts.
const CUT: usize = 48;

/// A relation between two texts; once the right one is known it is a test of the left one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Relation {
    pub(crate) kind: RelationKind,
    /// How the letters of the left text are changed before.
    pub(crate) left: Arc<[CaseMapping]>,
    /// How the letters of the right text are changed before.
    pub(crate) right: Arc<[CaseMapping]>,
    pub(crate) view: View,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum RelationKind {
    Equals,
    Starts,
    Ends,
    Contains,
}

/// What of the right text is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum View {
    Whole,
    /// All but the last code point.
    ButLast,
    /// What stands before everything that lies below the text, which is a path.
    Below,
}

static CAPITAL: LazyLock<Option<TextPredicate>> = LazyLock::new(|| TextPredicate::matching("[A-Z]"));
static SMALL: LazyLock<Option<TextPredicate>> = LazyLock::new(|| TextPredicate::matching("[a-z]"));

impl View {
    fn of(self, text: &str) -> String {
        match self {
            View::Whole => text.to_owned(),
            View::ButLast => text
                .chars()
                .next_back()
                .map_or_else(String::new, |last| text.strip_suffix(last).unwrap_or_default().to_owned()),
            View::Below if matches!(text, "/" | ".") => String::new(),
            View::Below => format!("{text}/"),
        }
    }
}

impl RelationKind {
    fn test(self, part: Arc<str>) -> TextPredicate {
        match self {
            RelationKind::Equals => TextPredicate::one_of([part]),
            RelationKind::Starts => TextPredicate::StartsWith(part),
            RelationKind::Ends => TextPredicate::EndsWith(part),
            RelationKind::Contains => TextPredicate::Contains(part),
        }
    }

    /// The texts that stand in this relation to a known one on the left; `None` if they are too many.
    pub(crate) fn parts(self, whole: &str) -> Option<TextPredicate> {
        let mut edges: Vec<usize> = whole.char_indices().map(|(at, _)| at).take(CUT + 1).collect();
        if self != RelationKind::Equals && edges.len() > CUT {
            return None;
        }
        edges.push(whole.len());
        let all = || edges.iter().filter_map(|at| Some((whole.get(..*at)?, whole.get(*at..)?)));
        Some(match self {
            RelationKind::Equals => TextPredicate::one_of([Arc::from(whole)]),
            RelationKind::Starts => TextPredicate::one_of(all().map(|(before, _)| Arc::from(before))),
            RelationKind::Ends => TextPredicate::one_of(all().map(|(_, behind)| Arc::from(behind))),
            RelationKind::Contains => {
                let ends = edges.iter().filter_map(|end| Some((*end, whole.get(..*end)?)));
                TextPredicate::one_of(ends.flat_map(|(end, before)| {
                    edges
                        .iter()
                        .take_while(move |at| **at <= end)
                        .filter_map(|at| before.get(*at..))
                        .map(Arc::from)
                }))
            }
        })
    }
}

impl Relation {
    /// The test of the left text, the right one being this.
    pub(crate) fn test_of_left(&self, right: &str) -> Predicate {
        let part = self.view.of(&cased(&self.right, right)).into();
        Predicate::Text(Arc::clone(&self.left), self.kind.test(part))
    }

    /// The test of the right text, the left one being this, where there is one.
    pub(crate) fn test_of_right(&self, left: &str) -> Option<Predicate> {
        let parts = self.kind.parts(&cased(&self.left, left))?;
        let test = match (self.view, parts) {
            (View::Whole, parts) => parts,
            (View::ButLast, TextPredicate::OneOf(parts)) => {
                let all: Vec<_> = parts.iter().map(|part| regex_escape(part)).collect();
                TextPredicate::matching(&format!("^(?:{})(?s:.)\\z", all.join("|")))?
            }
            _ => return None,
        };
        Some(Predicate::Text(Arc::clone(&self.right), test))
    }

    pub(crate) fn holds(&self, left: &str, right: &str) -> bool {
        self.test_of_left(right).holds(left)
    }

    /// Whether any text stands in this relation to itself.
    pub(crate) fn is_reflexive(&self) -> bool {
        self.left == self.right && matches!(self.view, View::Whole | View::ButLast) && !self.is_cut()
    }

    fn is_cut(&self) -> bool {
        self.view == View::ButLast && matches!(self.kind, RelationKind::Equals | RelationKind::Ends)
    }

    /// Whether another relation between the same texts follows from this one.
    pub(crate) fn implies(&self, other: &Relation) -> bool {
        let kinds = self.kind == other.kind
            || self.kind == RelationKind::Equals
            || other.kind == RelationKind::Contains;
        kinds && self.left == other.left && self.right == other.right && self.view == other.view
    }

    /// Whether containing goes through from one text to the next.
    pub(crate) fn is_plain(&self) -> bool {
        self.left.is_empty() && self.right.is_empty() && self.view == View::Whole
    }

    /// What a text cannot have that equals another whose letters were changed: the other kind of letters.
    pub(crate) fn forbidden(&self) -> [Option<Predicate>; 2] {
        let of = |own: &[CaseMapping], other: &[CaseMapping]| {
            let capital = match other.last() {
                Some(CaseMapping::Lower) => CAPITAL.clone(),
                Some(CaseMapping::Upper) => SMALL.clone(),
                None => None,
            };
            capital
                .filter(|_| self.kind == RelationKind::Equals && self.view == View::Whole && own.is_empty())
                .map(|test| Predicate::Text(Arc::from([]), test))
        };
        [of(&self.left, &self.right), of(&self.right, &self.left)]
    }
}
