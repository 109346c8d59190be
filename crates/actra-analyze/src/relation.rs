//! What one unknown text is to another: containing it, starting or ending with it, being it in other letters.

use std::sync::{Arc, LazyLock};

use actra_model::Pattern;

use crate::atom::{Case, Regex, Test, TextTest, cased};
use crate::solve::one_of;
use crate::theory::automaton::regex_escape;

/// Texts with more code points than this are not cut into all their parts.
const CUT: usize = 48;

/// A relation between two texts; once the right one is known it is a test of the left one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Relation {
    pub(crate) kind: Kind,
    /// How the letters of the left text are changed before.
    pub(crate) left: Arc<[Case]>,
    /// How the letters of the right text are changed before.
    pub(crate) right: Arc<[Case]>,
    pub(crate) view: View,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
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

static CAPITAL: LazyLock<Option<TextTest>> = LazyLock::new(|| matching("[A-Z]"));
static SMALL: LazyLock<Option<TextTest>> = LazyLock::new(|| matching("[a-z]"));

fn matching(pattern: &str) -> Option<TextTest> {
    Some(TextTest::Matches(Regex(Arc::new(Pattern::new(pattern).ok()?))))
}

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

impl Kind {
    fn test(self, part: Arc<str>) -> TextTest {
        match self {
            Kind::Equals => one_of([part]),
            Kind::Starts => TextTest::StartsWith(part),
            Kind::Ends => TextTest::EndsWith(part),
            Kind::Contains => TextTest::Contains(part),
        }
    }

    /// The texts that stand in this relation to a known one on the left; `None` if they are too many.
    pub(crate) fn parts(self, whole: &str) -> Option<TextTest> {
        let mut edges: Vec<usize> = whole.char_indices().map(|(at, _)| at).take(CUT + 1).collect();
        if self != Kind::Equals && edges.len() > CUT {
            return None;
        }
        edges.push(whole.len());
        let all = || edges.iter().filter_map(|at| Some((whole.get(..*at)?, whole.get(*at..)?)));
        Some(match self {
            Kind::Equals => one_of([Arc::from(whole)]),
            Kind::Starts => one_of(all().map(|(before, _)| Arc::from(before))),
            Kind::Ends => one_of(all().map(|(_, behind)| Arc::from(behind))),
            Kind::Contains => {
                let ends = edges.iter().filter_map(|end| Some((*end, whole.get(..*end)?)));
                one_of(ends.flat_map(|(end, before)| {
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
    pub(crate) fn test_of_left(&self, right: &str) -> Test {
        let part = self.view.of(&cased(&self.right, right)).into();
        Test::Text(Arc::clone(&self.left), self.kind.test(part))
    }

    /// The test of the right text, the left one being this, where there is one.
    pub(crate) fn test_of_right(&self, left: &str) -> Option<Test> {
        let parts = self.kind.parts(&cased(&self.left, left))?;
        let test = match (self.view, parts) {
            (View::Whole, parts) => parts,
            (View::ButLast, TextTest::OneOf(parts)) => {
                let all: Vec<_> = parts.iter().map(|part| regex_escape(part)).collect();
                matching(&format!("^(?:{})(?s:.)\\z", all.join("|")))?
            }
            _ => return None,
        };
        Some(Test::Text(Arc::clone(&self.right), test))
    }

    pub(crate) fn holds(&self, left: &str, right: &str) -> bool {
        self.test_of_left(right).holds(left)
    }

    /// Whether any text stands in this relation to itself.
    pub(crate) fn is_reflexive(&self) -> bool {
        self.left == self.right && matches!(self.view, View::Whole | View::ButLast) && !self.is_cut()
    }

    fn is_cut(&self) -> bool {
        self.view == View::ButLast && matches!(self.kind, Kind::Equals | Kind::Ends)
    }

    /// Whether another relation between the same texts follows from this one.
    pub(crate) fn implies(&self, other: &Relation) -> bool {
        let kinds = self.kind == other.kind || self.kind == Kind::Equals || other.kind == Kind::Contains;
        kinds && self.left == other.left && self.right == other.right && self.view == other.view
    }

    /// Whether containing goes through from one text to the next.
    pub(crate) fn is_plain(&self) -> bool {
        self.left.is_empty() && self.right.is_empty() && self.view == View::Whole
    }

    /// What a text cannot have that equals another whose letters were changed: the other kind of letters.
    pub(crate) fn forbidden(&self) -> [Option<Test>; 2] {
        let of = |own: &[Case], other: &[Case]| {
            let capital = match other.last() {
                Some(Case::Lower) => CAPITAL.clone(),
                Some(Case::Upper) => SMALL.clone(),
                None => None,
            };
            capital
                .filter(|_| self.kind == Kind::Equals && self.view == View::Whole && own.is_empty())
                .map(|test| Test::Text(Arc::from([]), test))
        };
        [of(&self.left, &self.right), of(&self.right, &self.left)]
    }
}
