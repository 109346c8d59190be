//! Segments of texts: what stands before or after a separator, and the pieces between separators.
//!
//! A predicate of a segment is a regular property of the whole text. Separators are single characters.

use std::sync::Arc;

use actra_ir::hash::condition;
use actra_ir::{ArithmeticOp, Expr, ExprKind, Function};
use actra_model::Value;

use super::{Encoded, Encoder, Opaque, PIECES_OBSTACLE};
use crate::atom::Atom;
use crate::formula::Formula;
use crate::predicate::{CaseMapping, TextPredicate, cased, regex_escape};
use crate::term::{ScalarTerm, Segment, SegmentKind, SymbolicTruth, SymbolicValue, Term, TextTerm};
use crate::variable::TextVar;

/// Pieces with greater indexes, and segments with more code points, are not looked into.
const MAX_SEGMENT: usize = 64;

impl Encoder<'_> {
    /// `x.substring(...)` that cuts at a separator.
    pub(super) fn substring(&mut self, args: &[Expr]) -> Encoded<SymbolicValue> {
        let (text, part) = cut_of(args).ok_or(Opaque)?;
        let read = self.read(text)?;
        self.map(&read, |this, scalar| {
            let ScalarTerm::Text(text, cases) = scalar else { return Err(Opaque) };
            this.part(text, cases, part)
        })
    }

    /// A segment of a text, and the formula for its existence.
    fn part(
        &mut self,
        text: &TextTerm,
        cases: &Arc<[CaseMapping]>,
        part: Segment,
    ) -> Encoded<(Formula, Term)> {
        let plain = |text: TextTerm| Term::Text(text, Arc::from([]));
        match text {
            TextTerm::Constant(text) => Ok(match part.of(&cased(cases, text)) {
                Some(part) => (Formula::TRUE, plain(TextTerm::Constant(part.into()))),
                None => (Formula::FALSE, plain(TextTerm::Constant("".into()))),
            }),
            TextTerm::Variable(var) if is_free(part.separator, cases) => {
                let there = match part.marks() {
                    0 => Formula::TRUE,
                    count => {
                        let separator = regex_escape(&part.separator.to_string());
                        let test = matching(&format!("(?s:.*{separator}){{{count}}}"))?;
                        let whole = ScalarTerm::Text(text.clone(), Arc::clone(cases));
                        self.text_test(&whole, test)?.is_true
                    }
                };
                Ok((there, Term::Text(TextTerm::Segment(*var, part), Arc::clone(cases))))
            }
            TextTerm::Variable(_) | TextTerm::Segment(..) => Err(Opaque),
        }
    }

    /// The pieces of `x.split(mark)`, as many as the encoding has.
    pub(super) fn pieces(&mut self, text: &Expr, separator: &Expr) -> Encoded<SymbolicValue> {
        let separator = separator_of(separator).ok_or(Opaque)?;
        let read = self.read(text)?;
        self.map(&read, |this, scalar| {
            let ScalarTerm::Text(text, cases) = scalar else { return Err(Opaque) };
            match text {
                TextTerm::Constant(text) => {
                    let text = cased(cases, text);
                    let pieces: Vec<&str> = text.split(separator).collect();
                    let fits = Formula::constant(pieces.len() <= actra_model::limits::ELEMENTS);
                    let piece = |piece: &str| {
                        SymbolicValue::always(Term::Text(TextTerm::Constant(piece.into()), Arc::from([])))
                    };
                    Ok((fits, Term::List(pieces.into_iter().map(piece).collect())))
                }
                TextTerm::Variable(var) if is_free(separator, cases) => {
                    let fits = match this.symbolic_request.max_lengths.get(var) {
                        Some(Some(longest)) if *longest < actra_model::limits::ELEMENTS => Formula::TRUE,
                        _ => {
                            let which: Arc<str> = format!("{var} {separator:?}").into();
                            !this.symbolic_request.atom(Atom::Opaque(PIECES_OBSTACLE.into(), which, true))
                        }
                    };
                    Ok((fits, Term::Split(text.clone(), Arc::clone(cases), separator)))
                }
                TextTerm::Variable(_) | TextTerm::Segment(..) => Err(Opaque),
            }
        })
    }

    /// Whether one of the pieces of a text is a text that is known.
    pub(super) fn contains_piece(
        &mut self,
        text: &TextTerm,
        cases: &Arc<[CaseMapping]>,
        separator: char,
        piece: &SymbolicValue,
    ) -> Encoded<SymbolicTruth> {
        let whole = ScalarTerm::Text(text.clone(), Arc::clone(cases));
        self.each(piece, |this, scalar| {
            let ScalarTerm::Text(TextTerm::Constant(piece), cases) = scalar else { return Err(Opaque) };
            let piece = cased(cases, piece);
            if piece.contains(separator) {
                return Ok(SymbolicTruth::constant(false));
            }
            let (separator, piece) = (regex_escape(&separator.to_string()), regex_escape(&piece));
            this.text_test(&whole, matching(&format!("(?:^|{separator}){piece}(?:{separator}|$)"))?)
        })
    }

    /// The piece with a number.
    pub(super) fn piece(
        &mut self,
        text: &TextTerm,
        cases: &Arc<[CaseMapping]>,
        separator: char,
        number: usize,
    ) -> Encoded<SymbolicValue> {
        if number > MAX_SEGMENT {
            return Err(Opaque);
        }
        let (there, term) =
            self.part(text, cases, Segment { which: SegmentKind::Piece(number), separator })?;
        Ok(SymbolicValue { cases: vec![(there, term)], absent: !there })
    }

    /// A test of a part of an unknown text.
    pub(super) fn segment_test(
        &mut self,
        var: TextVar,
        part: Segment,
        cases: &Arc<[CaseMapping]>,
        test: &TextPredicate,
    ) -> Encoded<SymbolicTruth> {
        let whole = ScalarTerm::Text(TextTerm::Variable(var), Arc::clone(cases));
        match part.whole(test)? {
            None => Ok(SymbolicTruth::constant(false)),
            Some(pattern) => self.text_test(&whole, matching(&pattern)?),
        }
    }

    /// A test of the text of a number.
    pub(super) fn number_text_test(
        &mut self,
        number: &crate::linear::LinearExpr,
        test: &TextPredicate,
    ) -> Encoded<SymbolicTruth> {
        let TextPredicate::OneOf(texts) = test else { return Err(Opaque) };
        let mut any = Vec::new();
        for text in texts.iter() {
            let Ok(value) = actra_model::Decimal::parse_json(text) else { continue };
            if value.to_string() == text.as_ref() {
                let value = crate::linear::LinearExpr::constant(crate::linear::rational(value));
                any.push(self.compare_numbers(actra_ir::Comparison::Equal, number, &value));
            }
        }
        Ok(SymbolicTruth::certain(self.or(any)))
    }
}

impl Segment {
    /// How many marks a text has that has this part.
    fn marks(self) -> usize {
        match self.which {
            SegmentKind::BeforeFirst | SegmentKind::BeforeLast => 1,
            SegmentKind::AfterFirst | SegmentKind::AfterLast => 0,
            SegmentKind::Piece(number) => number,
        }
    }

    fn of(self, text: &str) -> Option<&str> {
        let behind = |found: Option<(&'_ str, &'_ str)>| {
            found.map_or(0, |(before, _)| before.len() + self.separator.len_utf8())
        };
        match self.which {
            SegmentKind::BeforeFirst => text.split_once(self.separator).map(|(before, _)| before),
            SegmentKind::BeforeLast => text.rsplit_once(self.separator).map(|(before, _)| before),
            SegmentKind::AfterFirst => text.get(behind(text.split_once(self.separator))..),
            SegmentKind::AfterLast => text.get(behind(text.rsplit_once(self.separator))..),
            SegmentKind::Piece(number) => text.split(self.separator).nth(number),
        }
    }

    /// The pattern of whole texts whose part passes a test; `None` if no part does.
    fn whole(self, test: &TextPredicate) -> Encoded<Option<String>> {
        let separator = regex_escape(&self.separator.to_string());
        let other = format!("[^{separator}]");
        let any = "(?s:.)";
        let body =
            |marks: bool| body(test, (!marks).then_some(self.separator), if marks { any } else { &other });
        let ways: Vec<Option<String>> = match self.which {
            SegmentKind::BeforeFirst => vec![body(false)?.map(|body| format!("^{body}{separator}"))],
            SegmentKind::BeforeLast => vec![body(true)?.map(|body| format!("^{body}{separator}{other}*$"))],
            SegmentKind::AfterFirst => vec![
                body(true)?.map(|body| format!("^{other}*{separator}{body}$")),
                body(false)?.map(|body| format!("^{body}$")),
            ],
            SegmentKind::AfterLast => vec![body(false)?.map(|body| format!("(?:^|{separator}){body}$"))],
            SegmentKind::Piece(number) => {
                vec![
                    body(false)?
                        .map(|body| format!("^(?:{other}*{separator}){{{number}}}{body}(?:{separator}|$)")),
                ]
            }
        };
        let ways: Vec<String> = ways.into_iter().flatten().map(|way| format!("(?:{way})")).collect();
        Ok((!ways.is_empty()).then(|| ways.join("|")))
    }
}

/// The pattern of parts that pass a test, of characters that are given; `None` if there are none.
fn body(test: &TextPredicate, without: Option<char>, any: &str) -> Encoded<Option<String>> {
    let fits = |text: &str| !without.is_some_and(|separator| text.contains(separator));
    let one = |text: &Arc<str>| fits(text).then(|| regex_escape(text));
    Ok(match test {
        TextPredicate::OneOf(texts) => {
            let all: Vec<String> = texts.iter().filter_map(one).collect();
            (!all.is_empty()).then(|| format!("(?:{})", all.join("|")))
        }
        TextPredicate::StartsWith(text) => one(text).map(|text| format!("{text}{any}*")),
        TextPredicate::EndsWith(text) => one(text).map(|text| format!("{any}*{text}")),
        TextPredicate::Contains(text) => one(text).map(|text| format!("{any}*{text}{any}*")),
        TextPredicate::AtMost(count) if *count <= MAX_SEGMENT => Some(format!("{any}{{0,{count}}}")),
        TextPredicate::AtMost(_) | TextPredicate::Matches(_) | TextPredicate::Before { .. } => {
            return Err(Opaque);
        }
    })
}

fn matching(pattern: &str) -> Encoded<TextPredicate> {
    TextPredicate::matching(pattern).ok_or(Opaque)
}

/// Whether letters can be changed before a text is cut, or behind: it comes to the same.
fn is_free(separator: char, cases: &[CaseMapping]) -> bool {
    cases.is_empty() || !separator.is_ascii_alphabetic()
}

fn separator_of(expr: &Expr) -> Option<char> {
    let ExprKind::Literal(Value::String(text)) = &expr.kind else { return None };
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

/// The text that is cut, and to what.
fn cut_of(args: &[Expr]) -> Option<(&Expr, Segment)> {
    let is = |expr: &Expr, known: i64| matches!(&expr.kind, ExprKind::Literal(Value::Number(number)) if number.to_i64() == Some(known));
    let (text, which, found) = match args {
        [text, start] => {
            let ExprKind::Arithmetic { op: ArithmeticOp::Add, left, right } = &start.kind else {
                return None;
            };
            let found = match (is(left, 1), is(right, 1)) {
                (false, true) => left,
                (true, false) => right,
                _ => return None,
            };
            (text, [SegmentKind::AfterFirst, SegmentKind::AfterLast], found.as_ref())
        }
        [text, start, end] if is(start, 0) => {
            (text, [SegmentKind::BeforeFirst, SegmentKind::BeforeLast], end)
        }
        _ => return None,
    };
    let ExprKind::Call { function, args } = &found.kind else { return None };
    let [searched, separator] = args.as_slice() else { return None };
    let which = match function {
        Function::IndexOf => which[0],
        Function::LastIndexOf => which[1],
        _ => return None,
    };
    let same = condition(text) == condition(searched);
    Some((text, Segment { which, separator: separator_of(separator)? })).filter(|_| same)
}
