//! The only place that calls the event parser.

use std::ops::Range;

use granit_parser::{Event, Options, Parser, StrInput};

/// Deeper than the language allows, so that its own limit is reached first and that of the parser is only a safeguard.
const PARSER_NESTING: usize = 255;

/// The events of a text, comments left out.
pub(super) fn events(text: &str) -> Parser<'_, StrInput<'_>> {
    Parser::new_from_str_with_options(text, options(false))
}

fn options(emit_comments: bool) -> Options {
    let mut options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        flow_nesting_limit: PARSER_NESTING,
        block_nesting_limit: PARSER_NESTING,
        max_buffered_comment_events: usize::MAX,
    };
    options.set_emit_comments(emit_comments);
    options
}

/// The bytes of every comment of a file, from its `#` to the end of its line, in order.
///
/// Comments after a syntax error are not found.
pub fn comments(text: &str) -> Vec<Range<usize>> {
    Parser::new_from_str_with_options(text, options(true)).map_while(Result::ok).filter_map(comment).collect()
}

/// Whether a text has an anchor or an alias before its first syntax error.
pub fn has_anchors(text: &str) -> bool {
    text.contains(['&', '*'])
        && events(text).map_while(Result::ok).any(|(event, _)| match event {
            Event::Alias(_) | Event::UnresolvedAlias(_) => true,
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(_, anchor, _)
            | Event::MappingStart(_, anchor, _) => anchor != 0,
            _ => false,
        })
}

fn comment((event, span): (Event<'_>, granit_parser::Span)) -> Option<Range<usize>> {
    matches!(event, Event::Comment(..)).then(|| span.byte_range()).flatten()
}
