//! The comments of the source, each of which the printer takes once.

use std::ops::Range;

use super::BLANKS;

/// The comments of a text, taken in order.
pub(super) struct Comments<'t> {
    text: &'t str,
    left: &'t [Range<usize>],
}

impl<'t> Comments<'t> {
    pub(super) fn new(text: &'t str, comments: &'t [Range<usize>]) -> Self {
        Self { text, left: comments }
    }

    fn shown(&self, comment: &Range<usize>) -> String {
        self.text.get(comment.clone()).unwrap_or("").trim_end_matches(BLANKS).to_owned()
    }

    fn take(&mut self) -> Option<(usize, String)> {
        let (first, rest) = self.left.split_first()?;
        self.left = rest;
        Some((first.start, self.shown(first)))
    }

    /// The next one, if it stands before a place.
    pub(super) fn take_before(&mut self, before: usize) -> Option<(usize, String)> {
        let first = self.left.first()?;
        if first.start < before { self.take() } else { None }
    }

    /// The next one, if it stands behind a place on its line and before another one.
    pub(super) fn take_on_line(&mut self, after: usize, before: usize) -> Option<String> {
        let first = self.left.first()?;
        let between = self.text.get(after..first.start)?;
        (first.start < before && !between.contains('\n')).then(|| self.take())?.map(|(_, comment)| comment)
    }

    /// The next one, if it stands before a place, alone on its line, and not left of a column.
    pub(super) fn take_indented(&mut self, before: usize, floor: usize) -> Option<(usize, String)> {
        let first = self.left.first()?;
        let line = self.text.get(..first.start)?.rfind('\n').map_or(0, |end| end + 1);
        (first.start < before && first.start - line >= floor).then(|| self.take())?
    }

    /// Skips those before a place, which are printed with what they stand in.
    pub(super) fn skip_before(&mut self, before: usize) {
        while self.take_before(before).is_some() {}
    }

    pub(super) fn any_within(&self, start: usize, end: usize) -> bool {
        let from = self.left.partition_point(|comment| comment.start < start);
        self.left.get(from).is_some_and(|comment| comment.start < end)
    }
}
