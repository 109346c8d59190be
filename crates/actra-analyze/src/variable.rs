//! The variables that atoms are about, and their sorts.

/// A numeric variable.
pub(crate) type NumberVar = u32;

/// A variable for a text or an address; paths and URLs are texts in their normal form.
pub(crate) type TextVar = u32;

/// The variables of a question, by number, each with its sort.
#[derive(Debug, Default)]
pub(crate) struct VariableTable {
    pub(crate) numbers: Vec<NumberSort>,
    pub(crate) texts: Vec<TextSort>,
}

/// The sort of a numeric variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberSort {
    Integer,
    /// A decimal with at most so many digits behind the point.
    Decimal(u8),
}

impl VariableTable {
    pub(crate) fn is_integer(&self, var: NumberVar) -> bool {
        self.numbers.get(var as usize) == Some(&NumberSort::Integer)
    }
}

/// The sort of a variable for a text or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TextSort {
    Text,
    Ip,
}
