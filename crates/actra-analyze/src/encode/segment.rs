//! Parts of texts: what stands before or behind a mark, and pieces between marks.
//!
//! What a test says of a part is a regular statement about the whole text. Marks are single characters.

use std::sync::Arc;

use actra_ir::hash::condition;
use actra_ir::{ArithmeticOp, Expr, ExprKind, Function};
use actra_model::Value;

use super::{Encoder, Opaque, PIECES, Seen};
use crate::atom::Atom;
use crate::formula::Formula;
use crate::predicate::{Case, TextPredicate, cased, regex_escape};
use crate::term::{Part, Read, Scalar, Term, Text, Truth, Which};
use crate::variable::TextVar;

/// Pieces with greater numbers, and parts with more letters, are not looked at.
const MOST: usize = 64;

impl Encoder<'_> {
    /// `x.substring(...)` that cuts at a mark.
    pub(super) fn cut(&mut self, args: &[Expr]) -> Seen<Read> {
        let (text, part) = cut_at(args).ok_or(Opaque)?;
        let read = self.read(text)?;
        self.map(&read, |this, scalar| {
            let Scalar::Text(text, cases) = scalar else { return Err(Opaque) };
            this.part(text, cases, part)
        })
    }

    /// A part of a text, and when there is one.
    fn part(&mut self, text: &Text, cases: &Arc<[Case]>, part: Part) -> Seen<(Formula, Term)> {
        let plain = |text: Text| Term::Text(text, Arc::from([]));
        match text {
            Text::Known(text) => Ok(match part.of(&cased(cases, text)) {
                Some(part) => (Formula::TRUE, plain(Text::Known(part.into()))),
                None => (Formula::FALSE, plain(Text::Known("".into()))),
            }),
            Text::Unknown(point) if is_free(part.mark, cases) => {
                let there = match part.marks() {
                    0 => Formula::TRUE,
                    count => {
                        let mark = regex_escape(&part.mark.to_string());
                        let test = matching(&format!("(?s:.*{mark}){{{count}}}"))?;
                        let whole = Scalar::Text(text.clone(), Arc::clone(cases));
                        self.text_test(&whole, test)?.yes
                    }
                };
                Ok((there, Term::Text(Text::Part(*point, part), Arc::clone(cases))))
            }
            Text::Unknown(_) | Text::Part(..) => Err(Opaque),
        }
    }

    /// `x.split(mark)`
    pub(super) fn pieces(&mut self, text: &Expr, mark: &Expr) -> Seen<Read> {
        let mark = mark_of(mark).ok_or(Opaque)?;
        let read = self.read(text)?;
        self.map(&read, |this, scalar| {
            let Scalar::Text(text, cases) = scalar else { return Err(Opaque) };
            match text {
                Text::Known(text) => {
                    let text = cased(cases, text);
                    let pieces: Vec<&str> = text.split(mark).collect();
                    let fits = Formula::constant(pieces.len() <= actra_model::limits::ELEMENTS);
                    let piece =
                        |piece: &str| Read::always(Term::Text(Text::Known(piece.into()), Arc::from([])));
                    Ok((fits, Term::List(pieces.into_iter().map(piece).collect())))
                }
                Text::Unknown(point) if is_free(mark, cases) => {
                    let fits = match this.cells.longest.get(point) {
                        Some(Some(longest)) if *longest < actra_model::limits::ELEMENTS => Formula::TRUE,
                        _ => {
                            let which: Arc<str> = format!("{point} {mark:?}").into();
                            !this.cells.atom(Atom::Opaque(PIECES.into(), which, true))
                        }
                    };
                    Ok((fits, Term::Pieces(text.clone(), Arc::clone(cases), mark)))
                }
                Text::Unknown(_) | Text::Part(..) => Err(Opaque),
            }
        })
    }

    /// Whether one of the pieces of a text is a text that is known.
    pub(super) fn has_piece(
        &mut self,
        text: &Text,
        cases: &Arc<[Case]>,
        mark: char,
        piece: &Read,
    ) -> Seen<Truth> {
        let whole = Scalar::Text(text.clone(), Arc::clone(cases));
        self.each(piece, |this, scalar| {
            let Scalar::Text(Text::Known(piece), cases) = scalar else { return Err(Opaque) };
            let piece = cased(cases, piece);
            if piece.contains(mark) {
                return Ok(Truth::constant(false));
            }
            let (mark, piece) = (regex_escape(&mark.to_string()), regex_escape(&piece));
            this.text_test(&whole, matching(&format!("(?:^|{mark}){piece}(?:{mark}|$)"))?)
        })
    }

    /// The piece with a number.
    pub(super) fn piece(
        &mut self,
        text: &Text,
        cases: &Arc<[Case]>,
        mark: char,
        number: usize,
    ) -> Seen<Read> {
        if number > MOST {
            return Err(Opaque);
        }
        let (there, term) = self.part(text, cases, Part { which: Which::Piece(number), mark })?;
        Ok(Read { values: vec![(there, term)], absent: !there })
    }

    /// A test of a part of an unknown text.
    pub(super) fn part_test(
        &mut self,
        point: TextVar,
        part: Part,
        cases: &Arc<[Case]>,
        test: &TextPredicate,
    ) -> Seen<Truth> {
        let whole = Scalar::Text(Text::Unknown(point), Arc::clone(cases));
        match part.whole(test)? {
            None => Ok(Truth::constant(false)),
            Some(pattern) => self.text_test(&whole, matching(&pattern)?),
        }
    }

    /// A test of the text of a number.
    pub(super) fn digits_test(
        &mut self,
        number: &crate::linear::LinearExpr,
        test: &TextPredicate,
    ) -> Seen<Truth> {
        let TextPredicate::OneOf(texts) = test else { return Err(Opaque) };
        let mut any = Vec::new();
        for text in texts.iter() {
            let Ok(value) = actra_model::Decimal::parse_json(text) else { continue };
            if value.to_string() == text.as_ref() {
                let value = crate::linear::LinearExpr::constant(crate::linear::rational(value));
                any.push(self.compare_numbers(actra_ir::Comparison::Equal, number, &value));
            }
        }
        Ok(Truth::certain(self.or(any)))
    }
}

impl Part {
    /// How many marks a text has that has this part.
    fn marks(self) -> usize {
        match self.which {
            Which::BeforeFirst | Which::BeforeLast => 1,
            Which::BehindFirst | Which::BehindLast => 0,
            Which::Piece(number) => number,
        }
    }

    fn of(self, text: &str) -> Option<&str> {
        let behind = |found: Option<(&'_ str, &'_ str)>| {
            found.map_or(0, |(before, _)| before.len() + self.mark.len_utf8())
        };
        match self.which {
            Which::BeforeFirst => text.split_once(self.mark).map(|(before, _)| before),
            Which::BeforeLast => text.rsplit_once(self.mark).map(|(before, _)| before),
            Which::BehindFirst => text.get(behind(text.split_once(self.mark))..),
            Which::BehindLast => text.get(behind(text.rsplit_once(self.mark))..),
            Which::Piece(number) => text.split(self.mark).nth(number),
        }
    }

    /// The pattern of whole texts whose part passes a test; `None` if no part does.
    fn whole(self, test: &TextPredicate) -> Seen<Option<String>> {
        let mark = regex_escape(&self.mark.to_string());
        let other = format!("[^{mark}]");
        let any = "(?s:.)";
        let body = |marks: bool| body(test, (!marks).then_some(self.mark), if marks { any } else { &other });
        let ways: Vec<Option<String>> = match self.which {
            Which::BeforeFirst => vec![body(false)?.map(|body| format!("^{body}{mark}"))],
            Which::BeforeLast => vec![body(true)?.map(|body| format!("^{body}{mark}{other}*$"))],
            Which::BehindFirst => vec![
                body(true)?.map(|body| format!("^{other}*{mark}{body}$")),
                body(false)?.map(|body| format!("^{body}$")),
            ],
            Which::BehindLast => vec![body(false)?.map(|body| format!("(?:^|{mark}){body}$"))],
            Which::Piece(number) => {
                vec![body(false)?.map(|body| format!("^(?:{other}*{mark}){{{number}}}{body}(?:{mark}|$)"))]
            }
        };
        let ways: Vec<String> = ways.into_iter().flatten().map(|way| format!("(?:{way})")).collect();
        Ok((!ways.is_empty()).then(|| ways.join("|")))
    }
}

/// The pattern of parts that pass a test, of characters that are given; `None` if there are none.
fn body(test: &TextPredicate, without: Option<char>, any: &str) -> Seen<Option<String>> {
    let fits = |text: &str| !without.is_some_and(|mark| text.contains(mark));
    let one = |text: &Arc<str>| fits(text).then(|| regex_escape(text));
    Ok(match test {
        TextPredicate::OneOf(texts) => {
            let all: Vec<String> = texts.iter().filter_map(one).collect();
            (!all.is_empty()).then(|| format!("(?:{})", all.join("|")))
        }
        TextPredicate::StartsWith(text) => one(text).map(|text| format!("{text}{any}*")),
        TextPredicate::EndsWith(text) => one(text).map(|text| format!("{any}*{text}")),
        TextPredicate::Contains(text) => one(text).map(|text| format!("{any}*{text}{any}*")),
        TextPredicate::AtMost(count) if *count <= MOST => Some(format!("{any}{{0,{count}}}")),
        TextPredicate::AtMost(_) | TextPredicate::Matches(_) | TextPredicate::Before { .. } => {
            return Err(Opaque);
        }
    })
}

fn matching(pattern: &str) -> Seen<TextPredicate> {
    TextPredicate::matching(pattern).ok_or(Opaque)
}

/// Whether letters can be changed before a text is cut, or behind: it comes to the same.
fn is_free(mark: char, cases: &[Case]) -> bool {
    cases.is_empty() || !mark.is_ascii_alphabetic()
}

fn mark_of(expr: &Expr) -> Option<char> {
    let ExprKind::Literal(Value::String(text)) = &expr.kind else { return None };
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

/// The text that is cut, and to what.
fn cut_at(args: &[Expr]) -> Option<(&Expr, Part)> {
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
            (text, [Which::BehindFirst, Which::BehindLast], found.as_ref())
        }
        [text, start, end] if is(start, 0) => (text, [Which::BeforeFirst, Which::BeforeLast], end),
        _ => return None,
    };
    let ExprKind::Call { function, args } = &found.kind else { return None };
    let [searched, mark] = args.as_slice() else { return None };
    let which = match function {
        Function::IndexOf => which[0],
        Function::LastIndexOf => which[1],
        _ => return None,
    };
    let same = condition(text) == condition(searched);
    Some((text, Part { which, mark: mark_of(mark)? })).filter(|_| same)
}
