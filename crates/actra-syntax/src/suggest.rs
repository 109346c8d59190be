//! "Did you mean": the one place that looks for what a misspelt word was meant to be, and that asks about it.

/// Words longer than this are not compared.
const MAX_LENGTH: usize = 64;

/// Roughly how many words are compared for all reports of one run.
const COMPARISON_BUDGET: usize = 200_000;

/// The question about a word of which [`closest`] finds what was meant.
///
/// ```
/// let question = actra_syntax::suggest::did_you_mean("acton", ["action", "actor"]);
/// assert_eq!(question.as_deref(), Some("did you mean `action`?"));
/// ```
pub fn did_you_mean<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest(word, options).map(question)
}

/// The question about a word of which [`closest_within_budget`] finds what was meant.
pub fn did_you_mean_within_budget<'a>(
    reports: usize,
    word: &str,
    options: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    closest_within_budget(reports, word, options).map(question)
}

/// Asks whether a word was meant.
pub fn question(meant: &str) -> String {
    format!("did you mean `{meant}`?")
}

/// The option that [`closest`] finds, for one report after `reports` others. The more there are, the fewer options
/// are compared, so that a set in which every name is wrong is refused about as fast as a set in which one is.
pub fn closest_within_budget<'a>(
    reports: usize,
    word: &str,
    options: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let most = COMPARISON_BUDGET / (reports + 1);
    let mut options = options.into_iter();
    let mut few: Vec<&str> = Vec::new();
    few.extend(options.by_ref().take(most));
    // Among only some of the names, the closest one may not be the one that was meant.
    if options.next().is_some() { None } else { closest(word, few) }
}

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
    let (is_ascii, bytes) = (word.is_ascii(), word.len());
    for option in options {
        // Most options are told apart without reading them.
        if is_ascii && option.is_ascii() && option.len().abs_diff(bytes) > allowed {
            continue;
        }
        let characters: Vec<char> = option.to_lowercase().chars().take(MAX_LENGTH + 1).collect();
        if option == word || characters.len().abs_diff(typed.len()) > allowed {
            continue;
        }
        let Some(distance) = distance(&typed, &characters, allowed) else { continue };
        // A word that shares nothing is not a suggestion.
        let close = distance <= allowed && distance < typed.len().max(characters.len());
        if close && best.is_none_or(|(smallest, _)| distance < smallest) {
            best = Some((distance, option));
        }
    }
    best.map(|(_, option)| option)
}

/// How many faults there are between two words; `None` as soon as they are more than allowed.
fn distance(left: &[char], right: &[char], allowed: usize) -> Option<usize> {
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
        // A swap refers to the row before the last, so both must exceed the limit.
        let least = |row: &[usize]| row.iter().copied().min().unwrap_or(0);
        if least(&current) > allowed && least(&previous) > allowed {
            return None;
        }
        before = std::mem::replace(&mut previous, current);
        last = Some(from);
    }
    Some(previous.last().copied().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{closest, closest_within_budget};

    #[test]
    fn reports_share_what_is_compared() {
        let names: Vec<String> = (0..4_000).map(|idx| format!("field{idx}")).collect();
        let seen = std::cell::Cell::new(0usize);
        let options = || {
            names.iter().map(|name| {
                seen.set(seen.get() + 1);
                name.as_str()
            })
        };
        assert_eq!(closest_within_budget(0, "feild7", options()), Some("field7"));
        let found =
            (0..100_000).filter(|at| closest_within_budget(*at, "feild7", options()).is_some()).count();
        assert_eq!(found, 50);
        assert!(seen.get() < 2_000_000, "{} names were looked at", seen.get());
    }

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
