//! The line that opens a block scalar: `key: |-  # comment`.

/// What may stand at the ends of a line; other blanks of Unicode are text to YAML.
const BLANKS: [char; 3] = [' ', '\t', '\r'];

/// The line that opens a block scalar.
pub struct BlockHeader<'t> {
    /// Where its mark stands.
    pub at: usize,
    /// `|-` and its like.
    pub marks: &'t str,
    /// The comment behind it, or nothing.
    pub comment: &'t str,
    /// Where the next line starts.
    pub body: usize,
}

/// The header of the block scalar whose words start there: the last line above them that is not blank. Without words
/// at the end of a text, the place is that of the header itself.
pub fn block_header(text: &str, words: usize) -> Option<BlockHeader<'_>> {
    let line = text.get(..words)?.rfind('\n').map_or(0, |end| end + 1);
    let is_header = text.get(line..words)?.trim_matches(BLANKS).ends_with([':', '-']);
    if is_header && text.get(words..)?.starts_with(['|', '>']) {
        let end = text.get(words..)?.find('\n').map_or(text.len(), |at| words + at);
        return header_of(text.get(line..end)?, line, text.len().min(end + 1));
    }
    let mut body = line;
    if body == 0 {
        return None;
    }
    loop {
        let line_start = text.get(..body - 1)?.rfind('\n').map_or(0, |end| end + 1);
        let line = text.get(line_start..body - 1)?;
        if line.trim_matches(BLANKS).is_empty() {
            body = line_start;
            if body == 0 {
                return None;
            }
            continue;
        }
        return header_of(line, line_start, body);
    }
}

/// The header that a line ends with.
fn header_of(line: &str, line_start: usize, body: usize) -> Option<BlockHeader<'_>> {
    line.char_indices().filter(|(_, c)| matches!(c, '|' | '>')).find_map(|(at, _)| {
        let (before, rest) = line.split_at_checked(at)?;
        let marks = rest.len()
            - rest
                .trim_start_matches(['|', '>', '-', '+', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
                .len();
        let (marks, comment) = rest.split_at_checked(marks)?;
        let comment = comment.trim_matches(BLANKS);
        let opens = before.ends_with([' ', '\t']) && (comment.is_empty() || comment.starts_with('#'));
        opens.then_some(BlockHeader { at: line_start + at, marks, comment, body })
    })
}
