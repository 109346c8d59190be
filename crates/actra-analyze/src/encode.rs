//! Conditions as formulas, with the three-valued semantics of deciding.
//!
//! What is not looked into becomes an opaque atom: free to be true, false or undetermined. So "no request" stays a
//! proof, and a request that was found is tried before it is shown.

mod compare;
mod compute;
mod container;
mod derived;
pub(crate) mod joint;
mod min_max;
mod product;
mod read;
mod segment;
mod text_relation;
mod uninterpreted;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_eval::Truth;
use actra_ir::print::print;
use actra_ir::{Comparison, Expr, ExprKind, Function, MacroKind};
use actra_model::{Path, PathOrder, RawValue, RecordName, Request, Value, ValueState};

use crate::atom::Atom;
use crate::budget::Budget;
use crate::fields::collect_fields;
use crate::formula::Formula;
use crate::normal_form;
use crate::predicate::{CaseMapping, IpPredicate, Predicate, Regex, TextPredicate, cased};
use crate::request_space::{RequestSpace, Side};
use crate::small_model::ModelSize;
use crate::symbolic_request::SymbolicRequest;
use crate::term::{PlaceId, ScalarTerm, Symbolic, SymbolicTruth, SymbolicValue, Term, TextTerm, Unit};
use crate::variable::{NumberVar, TextVar};

use joint::Joint;

/// Says that a part of a condition is not looked into; it becomes an opaque atom or an uninterpreted value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opaque;

type Encoded<T> = Result<T, Opaque>;

/// What stands in the way where a sum may have too many digits to be a value.
pub(crate) const DIGITS_OBSTACLE: &str = "arithmetic beyond 34 digits";
/// What stands in the way where a sum has more elements than are unrolled.
pub(crate) const ELEMENTS_OBSTACLE: &str = "many elements of";
/// What stands in the way where a text may have too many pieces to be a list.
pub(crate) const PIECES_OBSTACLE: &str = "strings of more than 10,000 pieces";

/// The encoding of one question.
#[derive(Debug)]
pub(crate) struct Encoder<'a> {
    pub(crate) space: RequestSpace<'a>,
    pub(crate) symbolic_request: SymbolicRequest,
    pub(crate) fields: BTreeMap<(RecordName, Arc<str>), PlaceId>,
    /// The fields as the earlier schema reads them.
    pub(crate) earlier_fields: BTreeMap<(RecordName, Arc<str>), PlaceId>,
    /// What both schemas make of a request.
    pub(crate) joint: Joint,
    /// Fields whose state is known.
    pub(crate) known_fields: BTreeMap<(RecordName, Arc<str>), ValueState>,
    /// A request with the fixed fields.
    pub(crate) fixed_request: Option<Request>,
    side: Side,
    /// The values of macro variables, by slot.
    scope: Vec<SymbolicValue>,
    /// Values that have variables of their own, such as sums, by the identity of their expressions.
    memo: BTreeMap<(Arc<str>, Arc<str>), SymbolicValue>,
    /// Variables that are products, with their factors, ascending.
    products: BTreeMap<NumberVar, Vec<NumberVar>>,
    /// Whether there are uninterpreted values.
    pub(crate) has_uninterpreted: bool,
    /// Fields that opaque parts read.
    pub(crate) opaque_fields: BTreeSet<(RecordName, Arc<str>)>,
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(space: RequestSpace<'a>, size: ModelSize, budget: &Budget) -> Self {
        let mut encoder = Self {
            space,
            symbolic_request: SymbolicRequest::new(size, budget),
            fields: BTreeMap::new(),
            earlier_fields: BTreeMap::new(),
            joint: Joint::default(),
            known_fields: BTreeMap::new(),
            fixed_request: None,
            side: Side::Own,
            scope: Vec::new(),
            memo: BTreeMap::new(),
            products: BTreeMap::new(),
            has_uninterpreted: false,
            opaque_fields: BTreeSet::new(),
        };
        encoder.declare();
        encoder
    }

    /// Adds an unknown for each declared field, so that a model is a whole request.
    fn declare(&mut self) {
        if let Some(earlier) = self.space.earlier {
            return self.declare_both(&earlier);
        }
        let RequestSpace { schema, action, .. } = self.space;
        let action = schema.action(action).map(|action| &action.fields);
        let records = [
            (RecordName::Action, action),
            (RecordName::Actor, Some(&schema.actor)),
            (RecordName::Snapshot, Some(&schema.snapshot)),
        ];
        for (record, fields) in records {
            for (name, field) in fields.into_iter().flatten() {
                let place = self.symbolic_request.field(&format!("{record}.{name}"), field);
                self.fields.insert((record, Arc::clone(name)), place);
            }
        }
    }

    /// The truth of a whole condition.
    pub(crate) fn condition(&mut self, expr: &Expr, side: Side) -> SymbolicTruth {
        self.side = side;
        self.scope.clear();
        self.truth(expr)
    }

    fn and(&mut self, parts: impl IntoIterator<Item = Formula>) -> Formula {
        self.symbolic_request.formulas.and(parts)
    }

    fn or(&mut self, parts: impl IntoIterator<Item = Formula>) -> Formula {
        self.symbolic_request.formulas.or(parts)
    }

    fn truth(&mut self, expr: &Expr) -> SymbolicTruth {
        if !self.symbolic_request.has_budget() {
            return SymbolicTruth::UNDETERMINED;
        }
        match &expr.kind {
            ExprKind::Not(operand) => {
                let truth = self.truth(operand);
                SymbolicTruth { is_true: truth.is_false, is_false: truth.is_true }
            }
            ExprKind::And(operands) => {
                let truths: Vec<_> = operands.iter().map(|operand| self.truth(operand)).collect();
                self.all(&truths)
            }
            ExprKind::Or(operands) => {
                let truths: Vec<_> = operands.iter().map(|operand| self.truth(operand)).collect();
                self.any(&truths)
            }
            ExprKind::Conditional { condition, then, otherwise } => {
                let condition = self.truth(condition);
                let (then, otherwise) = (self.truth(then), self.truth(otherwise));
                let is_true = [
                    self.and([condition.is_true, then.is_true]),
                    self.and([condition.is_false, otherwise.is_true]),
                ];
                let is_false = [
                    self.and([condition.is_true, then.is_false]),
                    self.and([condition.is_false, otherwise.is_false]),
                ];
                SymbolicTruth { is_true: self.or(is_true), is_false: self.or(is_false) }
            }
            _ => {
                if let Some(truth) = self.evaluated(expr) {
                    return truth;
                }
                let before = self.symbolic_request.atoms.count();
                let truth = self.atomic(expr);
                self.name_relations(before, expr);
                truth.unwrap_or_else(|Opaque| self.opaque(expr))
            }
        }
    }

    /// The truth of a part that reads nothing but fixed fields.
    fn evaluated(&self, expr: &Expr) -> Option<SymbolicTruth> {
        let known = self.fixed_request.as_ref().filter(|_| self.scope.is_empty())?;
        let mut fields = BTreeSet::new();
        collect_fields(expr, &mut fields);
        fields.iter().all(|field| self.known_fields.contains_key(field)).then(|| {
            match actra_eval::evaluate_condition(expr, known) {
                Truth::True => SymbolicTruth::constant(true),
                Truth::False => SymbolicTruth::constant(false),
                Truth::Undetermined(_) => SymbolicTruth::UNDETERMINED,
            }
        })
    }

    pub(crate) fn all(&mut self, truths: &[SymbolicTruth]) -> SymbolicTruth {
        let is_true = self.and(truths.iter().map(|truth| truth.is_true));
        let is_false = self.or(truths.iter().map(|truth| truth.is_false));
        SymbolicTruth { is_true, is_false }
    }

    pub(crate) fn any(&mut self, truths: &[SymbolicTruth]) -> SymbolicTruth {
        let is_true = self.or(truths.iter().map(|truth| truth.is_true));
        let is_false = self.and(truths.iter().map(|truth| truth.is_false));
        SymbolicTruth { is_true, is_false }
    }

    /// Names the relations that a part of a condition added after it.
    fn name_relations(&mut self, before: usize, expr: &Expr) {
        let mut unnamed = self.symbolic_request.atoms.relations_from(before).collect::<Vec<_>>();
        unnamed.retain(|atom| !self.symbolic_request.relation_names.contains_key(atom));
        if !unnamed.is_empty() {
            let name: Arc<str> = print(expr).into();
            self.symbolic_request
                .relation_names
                .extend(unnamed.into_iter().map(|atom| (atom, Arc::clone(&name))));
        }
    }

    /// The identity of an expression: its text, which people read, and what the text may leave out (its canonical form,
    /// whose declarations it reads by, and which elements).
    fn identity(&self, expr: &Expr) -> (Arc<str>, Arc<str>) {
        let elements = if mentions_variable(expr) { format!("{:?}", self.scope) } else { String::new() };
        // The same words mean the same on both sides where they read the same.
        let side = match self.space.earlier.is_some() && !self.is_read_alike(expr) {
            true => format!("{:?}", self.side),
            false => String::new(),
        };
        let canonical = actra_ir::hash::condition(expr);
        (print(expr).into(), format!("{canonical:?} {side} {elements}").into())
    }

    fn opaque(&mut self, expr: &Expr) -> SymbolicTruth {
        collect_fields(expr, &mut self.opaque_fields);
        let (name, which) = self.identity(expr);
        let is_true = self.symbolic_request.atom(Atom::Opaque(Arc::clone(&name), Arc::clone(&which), true));
        let is_false = self.symbolic_request.atom(Atom::Opaque(name, which, false));
        let both = self.and([is_true, is_false]);
        self.symbolic_request.axioms.push(!both);
        SymbolicTruth { is_true, is_false }
    }

    fn atomic(&mut self, expr: &Expr) -> Encoded<SymbolicTruth> {
        match &expr.kind {
            ExprKind::Compare { op, left, right } => {
                let (left, right) = (self.read(left)?, self.read(right)?);
                self.compare_reads(*op, &left, &right)
            }
            ExprKind::IsNull(operand) => self.is_null(operand),
            ExprKind::Has(operand) => {
                let read = self.read(operand)?;
                let is_true = self.or(read.cases.iter().map(|(when, _)| *when));
                Ok(SymbolicTruth { is_true, is_false: read.absent })
            }
            ExprKind::In { element, container } => self.membership(element, container),
            ExprKind::Within { operand, base } => {
                let (operand, base) = (self.read(operand)?, self.read(base)?);
                self.pairs(&operand, &base, |this, left, right| match (left, right) {
                    (
                        ScalarTerm::Path(Symbolic::Variable(var)),
                        ScalarTerm::Path(Symbolic::Constant(base)),
                    ) => Ok(this.path_test(*var, base, true)),
                    (
                        ScalarTerm::Path(Symbolic::Variable(path)),
                        ScalarTerm::Path(Symbolic::Variable(base)),
                    ) => Ok(this.path_below(*path, *base)),
                    (
                        ScalarTerm::Path(Symbolic::Constant(path)),
                        ScalarTerm::Path(Symbolic::Variable(base)),
                    ) => Ok(this.above(path, *base)),
                    (
                        ScalarTerm::Path(Symbolic::Constant(path)),
                        ScalarTerm::Path(Symbolic::Constant(base)),
                    ) => Ok(match path.compare(base) {
                        PathOrder::Equal | PathOrder::Below => SymbolicTruth::constant(true),
                        PathOrder::Apart => SymbolicTruth::constant(false),
                        PathOrder::Incomparable => SymbolicTruth::UNDETERMINED,
                    }),
                    _ => Err(Opaque),
                })
            }
            ExprKind::InCidr { operand, cidr } => {
                let operand = self.read(operand)?;
                let test = Predicate::Ip(IpPredicate::Within(*cidr));
                self.each(&operand, |this, scalar| match scalar {
                    ScalarTerm::Ip(Symbolic::Variable(var)) => Ok(this.test(*var, test.clone())),
                    ScalarTerm::Ip(Symbolic::Constant(address)) => {
                        Ok(SymbolicTruth::constant(cidr.contains(*address)))
                    }
                    _ => Err(Opaque),
                })
            }
            ExprKind::Matches { operand, pattern } => {
                let operand = self.read(operand)?;
                let test = TextPredicate::Matches(Regex(Arc::new(pattern.as_ref().clone())));
                self.each(&operand, |this, scalar| this.text_test(scalar, test.clone()))
            }
            ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, .. } => self.quantifier(expr),
            ExprKind::Macro { kind: MacroKind::ExistsOne, .. } => self.exactly_one(expr),
            ExprKind::Call { function, args } => self.predicate(expr, *function, args),
            _ => {
                let read = self.read(expr)?;
                self.as_truth(&read)
            }
        }
    }

    /// A boolean value as a condition.
    fn as_truth(&mut self, read: &SymbolicValue) -> Encoded<SymbolicTruth> {
        self.each(read, |_, scalar| match scalar {
            ScalarTerm::Bool(formula) => Ok(SymbolicTruth::certain(*formula)),
            _ => Err(Opaque),
        })
    }

    fn is_null(&mut self, operand: &Expr) -> Encoded<SymbolicTruth> {
        match &operand.kind {
            // A field that is null is invalid or absent, never a value.
            ExprKind::Field { .. } => {
                let read = self.read(operand)?;
                let is_false = self.or(read.cases.iter().map(|(when, _)| *when));
                Ok(SymbolicTruth { is_true: Formula::FALSE, is_false })
            }
            _ => Err(Opaque),
        }
    }

    fn predicate(&mut self, expr: &Expr, function: Function, args: &[Expr]) -> Encoded<SymbolicTruth> {
        let [left, right] = args else {
            let read = self.read(expr)?;
            return self.as_truth(&read);
        };
        match function {
            Function::StartsWith | Function::EndsWith | Function::Contains => {
                self.text_predicate(function, left, right)
            }
            Function::SetsContains | Function::SetsIntersects | Function::SetsEquivalent => {
                self.sets(function, left, right)
            }
            _ => {
                let read = self.read(expr)?;
                self.as_truth(&read)
            }
        }
    }

    /// The truth of a test of each value that an operand can be.
    fn each(
        &mut self,
        read: &SymbolicValue,
        mut test: impl FnMut(&mut Self, &ScalarTerm) -> Encoded<SymbolicTruth>,
    ) -> Encoded<SymbolicTruth> {
        let mut is_true = Vec::new();
        let mut is_false = Vec::new();
        for (when, term) in &read.cases {
            let truth = match term {
                Term::Any(place) => self.each_kind(*place, &mut test)?,
                Term::Literal(Value::Any(raw)) => self.each_known(raw, &mut test)?,
                term => test(self, &term.scalar().ok_or(Opaque)?)?,
            };
            is_true.push(self.and([*when, truth.is_true]));
            is_false.push(self.and([*when, truth.is_false]));
        }
        Ok(SymbolicTruth { is_true: self.or(is_true), is_false: self.or(is_false) })
    }

    /// An `any` that is known: undetermined if it is of a kind that the test does not take, though it takes others.
    fn each_known(
        &mut self,
        raw: &RawValue,
        test: &mut impl FnMut(&mut Self, &ScalarTerm) -> Encoded<SymbolicTruth>,
    ) -> Encoded<SymbolicTruth> {
        if let Some(scalar) = plain(raw)
            && let Ok(truth) = test(self, &scalar)
        {
            return Ok(truth);
        }
        let kinds = [RawValue::String(String::new()), RawValue::from(0), RawValue::Bool(false)];
        let takes_some = kinds.iter().filter_map(plain).any(|scalar| test(self, &scalar).is_ok());
        if takes_some { Ok(SymbolicTruth::UNDETERMINED) } else { Err(Opaque) }
    }

    /// An `any`, tested as each plain kind that the test takes.
    fn each_kind(
        &mut self,
        place: PlaceId,
        test: &mut impl FnMut(&mut Self, &ScalarTerm) -> Encoded<SymbolicTruth>,
    ) -> Encoded<SymbolicTruth> {
        let mut fitting = Vec::new();
        for (_, is, place) in self.kinds(place) {
            let read = self.symbolic_request.read(place);
            let Some(scalar) = read.cases.first().and_then(|(_, term)| term.scalar()) else { continue };
            if let Ok(truth) = test(self, &scalar) {
                fitting.push((is, truth));
            }
        }
        if fitting.is_empty() {
            return Err(Opaque);
        }
        let is_true: Vec<_> = fitting.iter().map(|(is, truth)| self.and([*is, truth.is_true])).collect();
        let is_false: Vec<_> = fitting.iter().map(|(is, truth)| self.and([*is, truth.is_false])).collect();
        Ok(SymbolicTruth { is_true: self.or(is_true), is_false: self.or(is_false) })
    }

    /// The truth of a relation between each two values that operands can be.
    fn pairs(
        &mut self,
        left: &SymbolicValue,
        right: &SymbolicValue,
        mut relation: impl FnMut(&mut Self, &ScalarTerm, &ScalarTerm) -> Encoded<SymbolicTruth>,
    ) -> Encoded<SymbolicTruth> {
        let mut is_true = Vec::new();
        let mut is_false = Vec::new();
        for (left_when, left) in &left.cases {
            for (right_when, right) in &right.cases {
                if !self.symbolic_request.has_budget() {
                    return Err(Opaque);
                }
                let truth = match (left, right) {
                    (Term::Any(_), Term::Any(_)) => return Err(Opaque),
                    (Term::Any(place), right) => {
                        let right = right.scalar().ok_or(Opaque)?;
                        self.each_kind(*place, &mut |this, left| relation(this, left, &right))?
                    }
                    (left, Term::Any(place)) => {
                        let left = left.scalar().ok_or(Opaque)?;
                        self.each_kind(*place, &mut |this, right| relation(this, &left, right))?
                    }
                    (Term::Literal(Value::Any(raw)), right) => {
                        let right = right.scalar().ok_or(Opaque)?;
                        self.known_kind(raw, &right, |this, left| relation(this, left, &right))?
                    }
                    (left, Term::Literal(Value::Any(raw))) => {
                        let left = left.scalar().ok_or(Opaque)?;
                        self.known_kind(raw, &left, |this, right| relation(this, &left, right))?
                    }
                    (left, right) => {
                        let (left, right) = (left.scalar().ok_or(Opaque)?, right.scalar().ok_or(Opaque)?);
                        relation(self, &left, &right)?
                    }
                };
                let when = self.and([*left_when, *right_when]);
                is_true.push(self.and([when, truth.is_true]));
                is_false.push(self.and([when, truth.is_false]));
            }
        }
        Ok(SymbolicTruth { is_true: self.or(is_true), is_false: self.or(is_false) })
    }

    /// An `any` that is known against a value of a plain type: undetermined if it is of another kind.
    fn known_kind(
        &mut self,
        raw: &RawValue,
        other: &ScalarTerm,
        relation: impl FnOnce(&mut Self, &ScalarTerm) -> Encoded<SymbolicTruth>,
    ) -> Encoded<SymbolicTruth> {
        match (plain(raw), other) {
            (Some(known @ ScalarTerm::Text(..)), ScalarTerm::Text(..))
            | (Some(known @ ScalarTerm::Bool(_)), ScalarTerm::Bool(_))
            | (
                Some(known @ ScalarTerm::Number(..)),
                ScalarTerm::Number(_, Unit::Number) | ScalarTerm::Length(_),
            ) => relation(self, &known),
            (_, ScalarTerm::Text(..) | ScalarTerm::Bool(_) | ScalarTerm::Number(_, Unit::Number)) => {
                Ok(SymbolicTruth::UNDETERMINED)
            }
            _ => Err(Opaque),
        }
    }

    fn compare_reads(
        &mut self,
        op: Comparison,
        left: &SymbolicValue,
        right: &SymbolicValue,
    ) -> Encoded<SymbolicTruth> {
        if !self.symbolic_request.has_budget() {
            return Err(Opaque);
        }
        if op == Comparison::Equal
            && let Some(truth) = self.lists_equal(left, right)?
        {
            return Ok(truth);
        }
        self.pairs(left, right, |this, left, right| this.compare(op, left, right))
    }

    fn test(&mut self, var: TextVar, test: Predicate) -> SymbolicTruth {
        SymbolicTruth::certain(self.symbolic_request.atom(Atom::Predicate(var, test)))
    }

    fn text_test(&mut self, scalar: &ScalarTerm, test: TextPredicate) -> Encoded<SymbolicTruth> {
        match scalar {
            ScalarTerm::Text(TextTerm::Variable(var), cases) => {
                Ok(self.test(*var, Predicate::Text(Arc::clone(cases), test)))
            }
            ScalarTerm::Text(TextTerm::Constant(text), cases) => {
                Ok(SymbolicTruth::constant(test.holds(&cased(cases, text))))
            }
            ScalarTerm::Text(TextTerm::Segment(var, part), cases) => {
                self.segment_test(*var, *part, cases, &test)
            }
            ScalarTerm::NumberText(number) => self.number_text_test(number, &test),
            _ => Err(Opaque),
        }
    }

    fn text_atom(&mut self, var: TextVar, test: TextPredicate) -> Formula {
        self.symbolic_request.atom(Atom::Predicate(var, Predicate::Text(Arc::from([]), test)))
    }

    /// Whether an unknown path is one that is known, or one that this lies below.
    fn above(&mut self, path: &Path, base: TextVar) -> SymbolicTruth {
        let Some(comparable) = normal_form::comparable(path) else { return SymbolicTruth::UNDETERMINED };
        let comparable = self.text_atom(base, comparable);
        let holds = self.text_atom(base, TextPredicate::one_of(normal_form::lineage(path)));
        SymbolicTruth { is_true: self.and([comparable, holds]), is_false: self.and([comparable, !holds]) }
    }

    /// Whether a path is one that is known, or lies below it if asked; undetermined where the two cannot be compared.
    fn path_test(&mut self, var: TextVar, base: &Path, or_below: bool) -> SymbolicTruth {
        let Some(comparable) = normal_form::comparable(base) else { return SymbolicTruth::UNDETERMINED };
        let comparable = self.text_atom(var, comparable);
        let equal = self.text_atom(var, TextPredicate::one_of([base.to_string().into()]));
        let holds = match (or_below, normal_form::below(base)) {
            (false, _) => equal,
            (true, None) => Formula::TRUE,
            (true, Some(above)) => {
                let below = self.text_atom(var, TextPredicate::StartsWith(above.into()));
                self.or([equal, below])
            }
        };
        SymbolicTruth { is_true: self.and([comparable, holds]), is_false: self.and([comparable, !holds]) }
    }
}

/// JSON that is a text, a number or a boolean.
fn plain(raw: &RawValue) -> Option<ScalarTerm> {
    let value = match raw {
        RawValue::Bool(flag) => Value::Bool(*flag),
        RawValue::Number(number) => Value::Number(*number),
        RawValue::String(text) => Value::String(Arc::from(text.as_str())),
        _ => return None,
    };
    Term::Literal(value).scalar()
}

fn mentions_variable(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Variable(_)) || actra_ir::operands(expr).into_iter().any(mentions_variable)
}

/// The letters of a text that a function changes.
fn case_of(function: Function) -> Option<CaseMapping> {
    match function {
        Function::LowerAscii => Some(CaseMapping::Lower),
        Function::UpperAscii => Some(CaseMapping::Upper),
        _ => None,
    }
}

/// A key that is written out.
fn literal_text(expr: &Expr) -> Option<&Arc<str>> {
    match &expr.kind {
        ExprKind::Literal(Value::String(text)) => Some(text),
        _ => None,
    }
}
