//! Groups diagnostics that have one cause: a renamed field may be read by thousands of rules.

use std::collections::BTreeMap;

use crate::{Code, Diagnostic};

/// Diagnostics of one cause that people are shown.
const MAX_OF_CAUSE: usize = 4;
/// Causes of one code that people are shown.
const MAX_CAUSES: usize = 20;

/// How many diagnostics of one cause people are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Everything.
    All,
    /// A few of each kind, and how many more there are; the text says what shows them: "`--all` shows them".
    Few(&'static str),
}

/// Diagnostics that are shown together.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DiagnosticGroup<'d> {
    pub(crate) shown: Vec<&'d Diagnostic>,
    pub(crate) hidden: usize,
    pub(crate) shared_by: SharedBy,
}

/// What the diagnostics of a group have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SharedBy {
    /// The message, of different places.
    Cause,
    /// Only the code; a group of these shows none.
    Code(Code),
}

/// The diagnostics by what they say, in the order of the first of each; what is too much is counted.
pub(crate) fn groups<'d>(diagnostics: &[&'d Diagnostic], verbosity: Verbosity) -> Vec<DiagnosticGroup<'d>> {
    if verbosity == Verbosity::All {
        return vec![DiagnosticGroup { shown: diagnostics.to_vec(), hidden: 0, shared_by: SharedBy::Cause }];
    }
    let mut groups = causes(diagnostics);
    let mut seen: BTreeMap<Code, usize> = BTreeMap::new();
    let mut beyond: BTreeMap<Code, usize> = BTreeMap::new();
    groups.retain_mut(|group| {
        let Some(code) = group.shown.first().map(|first| first.code) else { return false };
        let causes = seen.entry(code).or_default();
        *causes += 1;
        if *causes > MAX_CAUSES {
            *beyond.entry(code).or_default() += group.shown.len();
            return false;
        }
        group.hidden = group.shown.len().saturating_sub(MAX_OF_CAUSE);
        group.shown.truncate(MAX_OF_CAUSE);
        true
    });
    let beyond = beyond.into_iter();
    groups.extend(beyond.map(|(code, hidden)| DiagnosticGroup {
        shown: Vec::new(),
        hidden,
        shared_by: SharedBy::Code(code),
    }));
    groups
}

/// One group for each cause, with all of its diagnostics.
fn causes<'d>(diagnostics: &[&'d Diagnostic]) -> Vec<DiagnosticGroup<'d>> {
    let mut groups: Vec<DiagnosticGroup<'d>> = Vec::new();
    let mut known = BTreeMap::new();
    for diagnostic in diagnostics {
        let idx = *known.entry((diagnostic.code, diagnostic.message.as_str())).or_insert(groups.len());
        match groups.get_mut(idx) {
            Some(group) => group.shown.push(diagnostic),
            None => groups.push(DiagnosticGroup {
                shown: vec![diagnostic],
                hidden: 0,
                shared_by: SharedBy::Cause,
            }),
        }
    }
    groups
}

/// At most so many errors and so many warnings, in their order, such that each cause has one before any has two; and
/// how many errors and warnings are left out.
pub(crate) fn sample_by_cause<'d>(
    diagnostics: &[&'d Diagnostic],
    most: usize,
) -> (Vec<&'d Diagnostic>, [usize; 2]) {
    let mut occurrences = BTreeMap::new();
    let mut ranked: Vec<(usize, usize, &Diagnostic)> = Vec::new();
    for (idx, diagnostic) in diagnostics.iter().enumerate() {
        let times: &mut usize = occurrences.entry((diagnostic.code, &diagnostic.message)).or_default();
        ranked.push((*times, idx, diagnostic));
        *times += 1;
    }
    ranked.sort_by_key(|(times, idx, _)| (*times, *idx));
    let mut left_out = [0; 2];
    let mut budget = [most; 2];
    ranked.retain(|(.., diagnostic)| {
        let [errors, warnings] = &mut budget;
        let [more_errors, more_warnings] = &mut left_out;
        let (budget, more) =
            if diagnostic.is_error() { (errors, more_errors) } else { (warnings, more_warnings) };
        match budget.checked_sub(1) {
            Some(less) => *budget = less,
            None => *more += 1,
        }
        *more == 0
    });
    ranked.sort_by_key(|(_, idx, _)| *idx);
    (ranked.into_iter().map(|(.., diagnostic)| diagnostic).collect(), left_out)
}

/// `4,996`
pub(crate) fn with_separators(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (idx, digit) in digits.char_indices() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    const FEW: Verbosity = Verbosity::Few("`--all` shows them");

    fn many(messages: impl Iterator<Item = String>) -> Vec<Diagnostic> {
        messages.map(|message| Diagnostic::without_place(codes::UNKNOWN_FIELD, message)).collect()
    }

    #[test]
    fn what_says_the_same_is_counted() {
        let found = many((0..5_000).map(|number| if number == 7 { "other" } else { "same" }.to_owned()));
        let found: Vec<&Diagnostic> = found.iter().collect();
        let groups = groups(&found, FEW);
        let counts: Vec<_> = groups.iter().map(|group| (group.shown.len(), group.hidden)).collect();
        assert_eq!(counts, [(4, 4_995), (1, 0)]);
    }

    #[test]
    fn what_differs_is_counted_by_its_code() {
        let found = many((0..100).map(|number| format!("rule {number}")));
        let found: Vec<&Diagnostic> = found.iter().collect();
        let few = groups(&found, FEW);
        assert_eq!(few.len(), MAX_CAUSES + 1);
        let last = few.last().unwrap();
        assert_eq!(
            (last.shown.len(), last.hidden, last.shared_by),
            (0, 80, SharedBy::Code(codes::UNKNOWN_FIELD))
        );
        assert_eq!(groups(&found, Verbosity::All).first().map(|group| group.shown.len()), Some(100));
    }

    #[test]
    fn each_cause_comes_before_another_of_the_same() {
        let found = many((0..50).map(|number| if number == 49 { "other" } else { "same" }.to_owned()));
        let found: Vec<&Diagnostic> = found.iter().collect();
        let (shown, left_out) = sample_by_cause(&found, 10);
        assert_eq!((shown.len(), left_out), (10, [40, 0]));
        assert_eq!(shown.last().map(|last| last.message.as_str()), Some("other"));
    }

    #[test]
    fn numbers_are_grouped() {
        let shown = [0, 999, 1_000, 4_996, 1_234_567].map(with_separators);
        assert_eq!(shown, ["0", "999", "1,000", "4,996", "1,234,567"]);
    }
}
