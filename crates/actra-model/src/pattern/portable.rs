//! What RE2 and our engine read alike, rewritten so that Perl classes and word boundaries are ASCII.

use std::ops::Range;

use regex_syntax::ast::{
    self, AssertionKind, Ast, ClassPerlKind, ClassSet, ClassSetItem, ClassUnicodeKind, Flag, FlagsItemKind,
    GroupKind, HexLiteralKind, LiteralKind, RepetitionKind, RepetitionRange,
};

use super::names::{CATEGORIES, SCRIPTS};
use super::{PatternError, range};

/// How often RE2 lets something be repeated, nested counts multiplied.
const REPEAT_LIMIT: u32 = 1_000;

/// The pattern with ASCII classes spelled out, or the first part that is not portable.
pub(super) fn rewrite(source: &str, tree: &Ast) -> Result<String, PatternError> {
    let mut rewriter =
        Rewriter { source, edits: Vec::new(), repeats_left: REPEAT_LIMIT, ignores_case: false, word: None };
    rewriter.tree(tree)?;
    if let (true, Some(place)) = (rewriter.ignores_case, rewriter.word) {
        return Err(not_portable(
            "`\\w` together with `(?i)` also takes two letters that are not ASCII; write `[0-9A-Za-z_]`",
            place,
        ));
    }
    rewriter.edits.sort_by_key(|(place, _)| place.start);
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for (place, text) in rewriter.edits {
        out.push_str(source.get(at..place.start).unwrap_or(""));
        out.push_str(text);
        at = place.end;
    }
    out.push_str(source.get(at..).unwrap_or(""));
    Ok(out)
}

struct Rewriter<'a> {
    source: &'a str,
    /// Replacements, not overlapping.
    edits: Vec<(Range<usize>, &'static str)>,
    /// The rest of [`REPEAT_LIMIT`], after the repetitions around the current part.
    repeats_left: u32,
    /// Whether any part ignores case.
    ignores_case: bool,
    /// A word class. Ignoring case, RE2 adds the long s and the Kelvin sign to it, so that it is no longer ASCII.
    word: Option<Range<usize>>,
}

fn not_portable(message: &str, place: Range<usize>) -> PatternError {
    PatternError::NotPortable { message: message.to_owned(), range: place }
}

impl Rewriter<'_> {
    /// Nesting is bounded by the parser's nest limit.
    fn tree(&mut self, tree: &Ast) -> Result<(), PatternError> {
        match tree {
            Ast::Empty(_) | Ast::Dot(_) => Ok(()),
            Ast::Flags(flags) => self.flags(&flags.flags),
            Ast::Literal(literal) => self.literal(literal),
            Ast::Assertion(assertion) => self.assertion(assertion),
            Ast::ClassUnicode(class) => self.unicode(class),
            Ast::ClassPerl(class) => self.perl(class, false),
            Ast::ClassBracketed(class) => self.bracketed(class),
            Ast::Repetition(repetition) => self.repetition(repetition),
            Ast::Group(group) => {
                self.group(&group.kind)?;
                self.tree(&group.ast)
            }
            Ast::Alternation(alternation) => alternation.asts.iter().try_for_each(|branch| self.tree(branch)),
            Ast::Concat(concat) => concat.asts.iter().try_for_each(|part| self.tree(part)),
        }
    }

    fn group(&mut self, kind: &GroupKind) -> Result<(), PatternError> {
        match kind {
            GroupKind::CaptureIndex(_) => Ok(()),
            GroupKind::NonCapturing(flags) => self.flags(flags),
            GroupKind::CaptureName { name, .. } => {
                let plain = name.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                if plain {
                    return Ok(());
                }
                Err(not_portable("the name of a group is made of letters, digits and `_`", range(&name.span)))
            }
        }
    }

    fn flags(&mut self, flags: &ast::Flags) -> Result<(), PatternError> {
        for item in &flags.items {
            match item.kind {
                FlagsItemKind::Flag(Flag::CaseInsensitive) => self.ignores_case = true,
                FlagsItemKind::Negation
                | FlagsItemKind::Flag(Flag::MultiLine | Flag::DotMatchesNewLine | Flag::SwapGreed) => {}
                FlagsItemKind::Flag(Flag::Unicode | Flag::CRLF | Flag::IgnoreWhitespace) => {
                    return Err(not_portable("flags are `i`, `m`, `s` and `U`", range(&item.span)));
                }
            }
        }
        Ok(())
    }

    fn literal(&mut self, literal: &ast::Literal) -> Result<(), PatternError> {
        let place = || range(&literal.span);
        match &literal.kind {
            LiteralKind::HexFixed(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong)
            | LiteralKind::HexBrace(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong) => {
                Err(not_portable("write a code point as `\\x{10FFFF}`", place()))
            }
            // RE2 takes a backslash before every ASCII character that is no part of a word.
            LiteralKind::Superfluous if literal.c == '_' => {
                Err(not_portable("`_` cannot be escaped", place()))
            }
            _ => Ok(()),
        }
    }

    fn assertion(&mut self, assertion: &ast::Assertion) -> Result<(), PatternError> {
        let place = range(&assertion.span);
        match assertion.kind {
            AssertionKind::WordBoundary => self.edits.push((place, "(?-u:\\b)")),
            AssertionKind::NotWordBoundary => self.edits.push((place, "(?-u:\\B)")),
            AssertionKind::StartLine
            | AssertionKind::EndLine
            | AssertionKind::StartText
            | AssertionKind::EndText => {}
            _ => return Err(not_portable("word boundaries are `\\b` and `\\B`", place)),
        }
        Ok(())
    }

    fn unicode(&mut self, class: &ast::ClassUnicode) -> Result<(), PatternError> {
        let name = match &class.kind {
            ClassUnicodeKind::OneLetter(letter) => letter.to_string(),
            ClassUnicodeKind::Named(name) => name.clone(),
            ClassUnicodeKind::NamedValue { .. } => {
                return Err(not_portable("write `\\p{Name}`", range(&class.span)));
            }
        };
        if CATEGORIES.contains(&name.as_str()) || SCRIPTS.contains(&name.as_str()) {
            return Ok(());
        }
        Err(not_portable(
            "`\\p{...}` takes a general category such as `Lu` or a script such as `Greek`",
            range(&class.span),
        ))
    }

    fn perl(&mut self, class: &ast::ClassPerl, in_brackets: bool) -> Result<(), PatternError> {
        let text = match (&class.kind, class.negated, in_brackets) {
            (ClassPerlKind::Digit, false, false) => "[0-9]",
            (ClassPerlKind::Digit, true, _) => "[^0-9]",
            (ClassPerlKind::Digit, false, true) => "0-9",
            (ClassPerlKind::Space, false, false) => "[\\t\\n\\x0C\\r ]",
            (ClassPerlKind::Space, true, _) => "[^\\t\\n\\x0C\\r ]",
            (ClassPerlKind::Space, false, true) => "\\t\\n\\x0C\\r ",
            (ClassPerlKind::Word, false, false) => "[0-9A-Za-z_]",
            (ClassPerlKind::Word, true, _) => "[^0-9A-Za-z_]",
            (ClassPerlKind::Word, false, true) => "0-9A-Za-z_",
        };
        let place = range(&class.span);
        if let ClassPerlKind::Word = class.kind {
            self.word = Some(place.clone());
        }
        self.edits.push((place, text));
        Ok(())
    }

    /// RE2 reads `-` between two characters as a range, whatever stands before them (`[--a]`, `[]-a]`), so an
    /// unescaped one must stand alone at the start or at the end.
    fn bracketed(&mut self, class: &ast::ClassBracketed) -> Result<(), PatternError> {
        let items = match &class.kind {
            ClassSet::Item(ClassSetItem::Union(union)) => union.items.as_slice(),
            ClassSet::Item(item) => std::slice::from_ref(item),
            ClassSet::BinaryOp(_) => &[],
        };
        let inner = items.get(1..items.len().saturating_sub(1)).unwrap_or(&[]);
        let doubled = matches!(items, [first, second] if is_bare_dash(first) && is_bare_dash(second));
        if doubled || inner.iter().any(is_bare_dash) {
            return Err(not_portable(
                "`-` between characters of a class must be escaped",
                range(&class.span),
            ));
        }
        self.set(&class.kind)
    }

    fn set(&mut self, set: &ClassSet) -> Result<(), PatternError> {
        match set {
            ClassSet::BinaryOp(op) => {
                Err(not_portable("`&&`, `--` and `~~` between classes are not portable", range(&op.span)))
            }
            ClassSet::Item(item) => self.item(item),
        }
    }

    fn item(&mut self, item: &ClassSetItem) -> Result<(), PatternError> {
        match item {
            ClassSetItem::Empty(_) | ClassSetItem::Ascii(_) => Ok(()),
            ClassSetItem::Literal(literal) => self.literal(literal),
            ClassSetItem::Range(ends) => {
                self.literal(&ends.start)?;
                self.literal(&ends.end)
            }
            ClassSetItem::Unicode(class) => self.unicode(class),
            ClassSetItem::Perl(class) => self.perl(class, true),
            ClassSetItem::Bracketed(class) => {
                Err(not_portable("a class inside a class is not portable", range(&class.span)))
            }
            ClassSetItem::Union(union) => union.items.iter().try_for_each(|item| self.item(item)),
        }
    }

    fn repetition(&mut self, repetition: &ast::Repetition) -> Result<(), PatternError> {
        let place = range(&repetition.op.span);
        match repetition.ast.as_ref() {
            Ast::Repetition(_) => {
                return Err(not_portable("a repetition cannot be repeated without a group", place));
            }
            Ast::Assertion(_) => {
                return Err(not_portable("an assertion such as `^` or `\\b` cannot be repeated", place));
            }
            _ => {}
        }
        let outer = self.repeats_left;
        if let RepetitionKind::Range(counts) = &repetition.op.kind {
            if !self.source.get(place.clone()).is_some_and(is_plain_count) {
                return Err(not_portable("a repetition is written `{2}`, `{2,}` or `{2,3}`", place));
            }
            let most = match counts {
                RepetitionRange::Exactly(count) | RepetitionRange::AtLeast(count) => *count,
                RepetitionRange::Bounded(_, most) => *most,
            };
            self.repeats_left /= most.max(1);
            if self.repeats_left == 0 {
                return Err(not_portable("repetition counts go up to 1000, nested ones multiplied", place));
            }
        }
        self.tree(&repetition.ast)?;
        self.repeats_left = outer;
        Ok(())
    }
}

/// `{2}`, `{2,}` or `{2,3}`, lazy or not: without spaces and leading zeros, which RE2 reads as plain text.
fn is_plain_count(text: &str) -> bool {
    let counts = text.strip_prefix('{').and_then(|rest| rest.trim_end_matches('?').strip_suffix('}'));
    let plain = |count: &str| {
        count.bytes().all(|byte| byte.is_ascii_digit()) && (count == "0" || !count.starts_with('0'))
    };
    counts.is_some_and(|counts| match counts.split_once(',') {
        Some((least, most)) => !least.is_empty() && plain(least) && plain(most),
        None => !counts.is_empty() && plain(counts),
    })
}

fn is_bare_dash(item: &ClassSetItem) -> bool {
    matches!(item, ClassSetItem::Literal(literal) if literal.c == '-' && literal.kind == LiteralKind::Verbatim)
}
