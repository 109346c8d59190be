//! "Did you mean".

/// Words longer than this are not compared.
const MAX_LENGTH: usize = 64;

/// The option that is most like a word, if one is close enough to be what was meant; of equals, the first.
///
/// Close means a third of the word may be wrong, where swapping two neighbors counts as one fault
/// (optimal string alignment).
pub fn closest<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed: Vec<char> = word.to_lowercase().chars().take(MAX_LENGTH + 1).collect();
    if typed.len() > MAX_LENGTH {
        return None;
    }
    let allowed = (typed.len() / 3).clamp(1, 3);
    let mut best: Option<(usize, &str)> = None;
    for option in options {
        let characters: Vec<char> = option.to_lowercase().chars().take(MAX_LENGTH + 1).collect();
        if option == word || characters.len().abs_diff(typed.len()) > allowed {
            continue;
        }
        let distance = distance(&typed, &characters);
        // A word of which nothing is right is no suggestion.
        let close = distance <= allowed && distance < typed.len().max(characters.len());
        if close && best.is_none_or(|(smallest, _)| distance < smallest) {
            best = Some((distance, option));
        }
    }
    best.map(|(_, option)| option)
}

fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    let mut last = None;
    for (row, from) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        let mut last_to = None;
        for (column, to) in right.iter().enumerate() {
            let at = |cells: &[usize], column: usize| cells.get(column).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&previous, column) + usize::from(from != to);
            let mut cost = replaced.min(at(&previous, column + 1) + 1).min(at(&current, column) + 1);
            if last == Some(to) && last_to == Some(from) {
                cost = cost.min(at(&before, column.saturating_sub(1)) + 1);
            }
            current.push(cost);
            last_to = Some(to);
        }
        before = std::mem::replace(&mut previous, current);
        last = Some(from);
    }
    previous.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn suggests_what_was_meant() {
        let keys = ["action", "actor", "group", "global", "when", "required_actions"];
        for (word, expected) in [
            ("acton", Some("action")),
            ("actions", Some("action")),
            ("gruop", Some("group")),
            ("When", Some("when")),
            ("wehn", Some("when")),
            ("required_action", Some("required_actions")),
            ("if", None),
            ("x", None),
            ("", None),
            ("something_else", None),
        ] {
            assert_eq!(closest(word, keys), expected, "{word}");
        }
    }
}
