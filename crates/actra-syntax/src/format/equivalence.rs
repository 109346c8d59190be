//! Whether two texts mean the same, so that no bug of the formatter can change a policy.

use std::ops::Range;

use super::BLANKS;
use crate::yaml::{Node, NodeKind};

/// Whether two trees are equal except for spans.
pub(super) fn trees(left: &Node, right: &Node) -> bool {
    match (&left.kind, &right.kind) {
        (NodeKind::Scalar(left), NodeKind::Scalar(right)) => {
            left.text == right.text && left.style == right.style
        }
        (NodeKind::Sequence(left), NodeKind::Sequence(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| trees(left, right))
        }
        (NodeKind::Mapping(left), NodeKind::Mapping(right)) => {
            let same = |(left, right): (&crate::yaml::Entry, &crate::yaml::Entry)| {
                trees(&left.key, &right.key) && trees(&left.value, &right.value)
            };
            left.len() == right.len() && left.iter().zip(right).all(same)
        }
        _ => false,
    }
}

/// Whether two texts have the same comments, in whatever order.
pub(super) fn comments(
    left: &str,
    left_places: &[Range<usize>],
    right: &str,
    right_places: &[Range<usize>],
) -> bool {
    let sorted = |text: &str, places: &[Range<usize>]| {
        let comment =
            |place: &Range<usize>| text.get(place.clone()).unwrap_or("").trim_end_matches(BLANKS).to_owned();
        let mut comments: Vec<String> = places.iter().map(comment).collect();
        comments.sort_unstable();
        comments
    };
    sorted(left, left_places) == sorted(right, right_places)
}
