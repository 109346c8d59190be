//! The line that opens a block scalar: `key: |-  # comment`.

/// White space at the ends of a line; other blanks of Unicode are text to YAML.
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

/// The header of the block scalar whose words start at an offset: the last line above them that is not blank. For a
/// scalar
/// without words at the end of a text, the offset is that of the header itself.
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

/// The header that a line ends with. A key may hold what looks like one, or like a comment.
fn header_of(line: &str, line_start: usize, body: usize) -> Option<BlockHeader<'_>> {
    let at = value_start(line)?;
    let rest = line.get(at..).filter(|rest| rest.starts_with(['|', '>']))?;
    let end = rest.find(|c: char| !matches!(c, '|' | '>' | '-' | '+' | '0'..='9')).unwrap_or(rest.len());
    let (marks, behind) = rest.split_at_checked(end)?;
    let comment = behind.trim_matches(BLANKS);
    let is_over = comment.is_empty() || (behind.starts_with(BLANKS) && comment.starts_with('#'));
    is_over.then_some(BlockHeader { at: line_start + at, marks, comment, body })
}

/// Where the last value of a line begins, after dashes, its key and its properties (`&name`, `!tag`).
fn value_start(line: &str) -> Option<usize> {
    let mut rest = line.trim_start_matches(BLANKS);
    loop {
        let word = rest.split(BLANKS).next().unwrap_or("");
        let is_mark = matches!(word, "-" | "?" | ":") || word.starts_with(['&', '!']);
        let behind = match rest.chars().next()? {
            '|' | '>' => return Some(line.len() - rest.len()),
            _ if is_mark => rest.get(word.len()..)?,
            quote @ ('"' | '\'') => quoted(rest, quote)?.trim_start_matches(BLANKS).strip_prefix(':')?,
            _ => rest.match_indices(':').map(|(at, _)| rest.get(at + 1..).unwrap_or("")).find(is_apart)?,
        };
        rest = behind.trim_start_matches(BLANKS);
    }
}

/// Whether a colon in front of this ends a key.
fn is_apart(behind: &&str) -> bool {
    behind.starts_with(BLANKS)
}

/// The rest of a text after a quoted scalar.
fn quoted(text: &str, quote: char) -> Option<&str> {
    let mut rest = text.strip_prefix(quote)?;
    loop {
        let at = rest.find(|c| c == quote || (c == '\\' && quote == '"'))?;
        let is_escape = rest.get(at..)?.starts_with('\\');
        let twice = !is_escape && quote == '\'' && rest.get(at + 1..)?.starts_with('\'');
        let mut behind = rest.get(at..)?.chars();
        behind.next();
        if !is_escape && !twice {
            return Some(behind.as_str());
        }
        behind.next();
        rest = behind.as_str();
    }
}
