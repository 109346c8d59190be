//! What RE2 and our engine read alike, rewritten so that Perl classes and word boundaries are ASCII.

use std::ops::Range;

use regex_syntax::ast::{
    self, AssertionKind, Ast, ClassPerlKind, ClassSet, ClassSetItem, ClassUnicodeKind, Flag, FlagsItemKind,
    HexLiteralKind, LiteralKind, RepetitionKind, RepetitionRange, SpecialLiteralKind,
};

use super::{PatternError, range};

/// The greatest repetition count that RE2 takes.
const REPEAT_LIMIT: u32 = 1_000;

/// The pattern with ASCII classes spelled out, or the first part that is not portable.
pub(super) fn rewrite(source: &str, tree: &Ast) -> Result<String, PatternError> {
    let mut check = Check { edits: Vec::new(), folded: false, perl: None };
    check.tree(tree)?;
    if let (true, Some(place)) = (check.folded, check.perl) {
        return Err(not_portable(
            "`\\w` together with `(?i)` means different things; spell the class out",
            place,
        ));
    }
    check.edits.sort_by_key(|(place, _)| place.start);
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for (place, text) in check.edits {
        out.push_str(source.get(at..place.start).unwrap_or(""));
        out.push_str(text);
        at = place.end;
    }
    out.push_str(source.get(at..).unwrap_or(""));
    Ok(out)
}

struct Check {
    /// Replacements, not overlapping.
    edits: Vec<(Range<usize>, &'static str)>,
    /// Whether any part ignores case.
    folded: bool,
    /// A word class; with `(?i)` engines differ on whether it takes the Kelvin sign.
    perl: Option<Range<usize>>,
}

fn not_portable(message: &str, place: Range<usize>) -> PatternError {
    PatternError::NotPortable { message: message.to_owned(), range: place }
}

impl Check {
    /// Nesting is bounded by the parser's nest limit.
    fn tree(&mut self, tree: &Ast) -> Result<(), PatternError> {
        match tree {
            Ast::Empty(_) | Ast::Dot(_) => Ok(()),
            Ast::Flags(flags) => self.flags(&flags.flags),
            Ast::Literal(literal) => self.literal(literal),
            Ast::Assertion(assertion) => self.assertion(assertion),
            Ast::ClassUnicode(class) => self.unicode(class),
            Ast::ClassPerl(class) => self.perl(class, false),
            Ast::ClassBracketed(class) => self.set(&class.kind),
            Ast::Repetition(repetition) => {
                self.repetition(repetition)?;
                self.tree(&repetition.ast)
            }
            Ast::Group(group) => {
                if let ast::GroupKind::NonCapturing(flags) = &group.kind {
                    self.flags(flags)?;
                }
                self.tree(&group.ast)
            }
            Ast::Alternation(alternation) => alternation.asts.iter().try_for_each(|branch| self.tree(branch)),
            Ast::Concat(concat) => concat.asts.iter().try_for_each(|part| self.tree(part)),
        }
    }

    fn flags(&mut self, flags: &ast::Flags) -> Result<(), PatternError> {
        for item in &flags.items {
            match item.kind {
                FlagsItemKind::Flag(Flag::CaseInsensitive) => self.folded = true,
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
            LiteralKind::Superfluous => Err(not_portable("this character is not escaped", place())),
            LiteralKind::Special(SpecialLiteralKind::Space) => {
                Err(not_portable("a space is not escaped", place()))
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
        let category = CATEGORIES.contains(&name.as_str());
        let script = name.len() > 2
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && !NO_SCRIPT.contains(&name.as_str());
        if category || script {
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
            self.perl = Some(place.clone());
        }
        self.edits.push((place, text));
        Ok(())
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
            ClassSetItem::Literal(literal) => self.class_literal(literal),
            ClassSetItem::Range(ends) => {
                self.class_literal(&ends.start)?;
                self.class_literal(&ends.end)
            }
            ClassSetItem::Unicode(class) => self.unicode(class),
            ClassSetItem::Perl(class) => self.perl(class, true),
            ClassSetItem::Bracketed(class) => {
                Err(not_portable("a class inside a class is not portable", range(&class.span)))
            }
            ClassSetItem::Union(union) => union.items.iter().try_for_each(|item| self.item(item)),
        }
    }

    /// Inside brackets RE2 takes every escaped punctuation character.
    fn class_literal(&mut self, literal: &ast::Literal) -> Result<(), PatternError> {
        match &literal.kind {
            LiteralKind::Superfluous if literal.c.is_ascii_punctuation() => Ok(()),
            _ => self.literal(literal),
        }
    }

    fn repetition(&mut self, repetition: &ast::Repetition) -> Result<(), PatternError> {
        let RepetitionKind::Range(counts) = &repetition.op.kind else { return Ok(()) };
        let most = match counts {
            RepetitionRange::Exactly(count) | RepetitionRange::AtLeast(count) => *count,
            RepetitionRange::Bounded(_, most) => *most,
        };
        if most > REPEAT_LIMIT {
            return Err(not_portable("repetition counts go up to 1000", range(&repetition.op.span)));
        }
        Ok(())
    }
}

/// Unicode's general categories, short names.
const CATEGORIES: [&str; 37] = [
    "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd",
    "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp",
    "Zs",
];

/// Names that our engine knows as properties and RE2 does not know as scripts.
const NO_SCRIPT: [&str; 12] = [
    "Alphabetic",
    "Any",
    "Ascii",
    "Assigned",
    "Letter",
    "Lowercase",
    "Number",
    "Punctuation",
    "Symbol",
    "Uppercase",
    "White_Space",
    "Emoji",
];
