//! The operators of structured conditions: the one list of them, with their words.

macro_rules! operators {
    ($($variant:ident = $word:literal,)*) => {
        /// What stands behind `operator:`.
        ///
        /// The tree holds the word as it is written, which may be none of these; [`StructuredOperator::parse`] gives
        /// the operator. Whatever depends on which one it is uses a `match` without `_`, so that the compiler finds
        /// all places which a new operator changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum StructuredOperator { $(#[doc = concat!("`", $word, "`")] $variant,)* }

        impl StructuredOperator {
            /// All of them, in the order in which messages list them.
            pub const ALL: &[StructuredOperator] = &[$(StructuredOperator::$variant,)*];

            /// The word in conditions.
            pub fn as_str(self) -> &'static str {
                match self { $(StructuredOperator::$variant => $word,)* }
            }
        }
    };
}

operators! {
    Equals = "equals",
    NotEquals = "not_equals",
    GreaterThan = "greater_than",
    GreaterOrEqual = "greater_or_equal",
    LessThan = "less_than",
    LessOrEqual = "less_or_equal",
    In = "in",
    NotIn = "not_in",
    Contains = "contains",
    NotContains = "not_contains",
    StartsWith = "starts_with",
    EndsWith = "ends_with",
    Matches = "matches",
    Exists = "exists",
    Within = "within",
    SubsetOf = "subset_of",
    Intersects = "intersects",
}

impl StructuredOperator {
    /// The operator with this word.
    pub fn parse(word: &str) -> Option<StructuredOperator> {
        StructuredOperator::ALL.iter().copied().find(|operator| operator.as_str() == word)
    }

    /// The words of all operators, in the order of [`StructuredOperator::ALL`].
    pub fn words() -> impl Iterator<Item = &'static str> {
        StructuredOperator::ALL.iter().map(|operator| operator.as_str())
    }

    /// Whether it compares with a `value`.
    pub fn takes_value(self) -> bool {
        self != StructuredOperator::Exists
    }
}
