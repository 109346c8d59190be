//! Texts that match a pattern.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::rng::Rng;

/// How many repetitions beyond the minimum are tried.
const MAX_EXTRA_REPETITIONS: u32 = 2;
/// The most bytes before the rest of a text is given up.
const MAX_LENGTH: usize = 256;

/// A text in which the pattern is found; `None` if the pattern is not understood or demands too long a text.
pub(super) fn matching(pattern: &str, rng: &mut Rng) -> Option<String> {
    let hir = regex_syntax::Parser::new().parse(pattern).ok()?;
    let mut text = String::new();
    write(&hir, rng, &mut text)?;
    Some(text)
}

/// Recursion is bounded by the nesting of the pattern, which the parser limits.
fn write(hir: &Hir, rng: &mut Rng, text: &mut String) -> Option<()> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(str::from_utf8(&literal.0).ok()?),
        HirKind::Class(Class::Unicode(class)) => {
            // Classes such as `\d` are ASCII in patterns of policies, and the parser here reads them wider.
            let contains = |letter: &char| {
                class.ranges().iter().any(|range| range.start() <= *letter && *letter <= range.end())
            };
            let common = "a0bA-_ ".chars().find(contains);
            text.push(common.or_else(|| Some(rng.pick(class.ranges())?.start()))?);
        }
        HirKind::Class(Class::Bytes(class)) => text.push(char::from(class.ranges().first()?.start())),
        HirKind::Repetition(repetition) => {
            let max =
                repetition.max.unwrap_or(u32::MAX).min(repetition.min.saturating_add(MAX_EXTRA_REPETITIONS));
            let span = usize::try_from(max - repetition.min.min(max)).ok()? + 1;
            let times = repetition.min.saturating_add(u32::try_from(rng.below(span)).ok()?);
            for _ in 0..times {
                write(&repetition.sub, rng, text)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, rng, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, rng, text))?,
        HirKind::Alternation(branches) => write(rng.pick(branches)?, rng, text)?,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_matches() {
        let mut rng = Rng::new(1);
        for pattern in
            ["^[a-z]{3,}-\\d+$", "a|bc", "^(x|y)*z?$", "[^a]", "(?i)hello\\.world", ".+@example\\.com$"]
        {
            let compiled = actra_engine::model::Pattern::new(pattern).unwrap();
            for _ in 0..50 {
                let text = matching(pattern, &mut rng).unwrap();
                assert!(compiled.is_match(&text), "{pattern} {text:?}");
            }
        }
    }
}
