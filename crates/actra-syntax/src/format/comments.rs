//! The comments of the source, each of which the printer takes once.

use std::ops::Range;

use super::BLANKS;

/// The comments of a text, taken in order.
pub(super) struct Comments<'t> {
    text: &'t str,
    rest: &'t [Range<usize>],
}

impl<'t> Comments<'t> {
    pub(super) fn new(text: &'t str, comments: &'t [Range<usize>]) -> Self {
        Self { text, rest: comments }
    }

    fn text_of(&self, comment: &Range<usize>) -> String {
        self.text.get(comment.clone()).unwrap_or("").trim_end_matches(BLANKS).to_owned()
    }

    fn take(&mut self) -> Option<(usize, String)> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some((first.start, self.text_of(first)))
    }

    /// Takes the next comment if it starts before an offset.
    pub(super) fn take_before(&mut self, before: usize) -> Option<(usize, String)> {
        let first = self.rest.first()?;
        if first.start < before { self.take() } else { None }
    }

    /// Takes the next comment if it is on the line of `after`, and before another offset.
    pub(super) fn take_on_line(&mut self, after: usize, before: usize) -> Option<String> {
        let first = self.rest.first()?;
        let between = self.text.get(after..first.start)?;
        (first.start < before && !between.contains('\n')).then(|| self.take())?.map(|(_, comment)| comment)
    }

    /// Takes the next comment if it starts before an offset, and not left of a column.
    pub(super) fn take_indented(&mut self, before: usize, floor: usize) -> Option<(usize, String)> {
        let first = self.rest.first()?;
        let line = self.text.get(..first.start)?.rfind('\n').map_or(0, |end| end + 1);
        (first.start < before && first.start - line >= floor).then(|| self.take())?
    }

    /// Skips comments before an offset, which are printed as a part of what encloses them.
    pub(super) fn skip_before(&mut self, before: usize) {
        while self.take_before(before).is_some() {}
    }

    pub(super) fn any_within(&self, start: usize, end: usize) -> bool {
        let from = self.rest.partition_point(|comment| comment.start < start);
        self.rest.get(from).is_some_and(|comment| comment.start < end)
    }
}
