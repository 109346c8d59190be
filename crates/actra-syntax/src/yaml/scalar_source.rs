//! A scalar as it stands in its file: what reading it a second time starts from.

use actra_diagnostics::FileId;

use super::ScalarStyle;

/// A scalar as it stands in the file.
pub(super) struct ScalarSource<'a> {
    /// The file.
    pub file: FileId,
    /// The text of the whole file.
    pub text: &'a str,
    /// Where the scalar starts and ends, quotes included; a block scalar from its first content.
    pub start: usize,
    /// One past the end.
    pub end: usize,
    /// How it is written.
    pub style: ScalarStyle,
    /// Of a block scalar: how many spaces its content is indented.
    pub indent: usize,
}
