//! A symbolic request: the symbolic value of each place that a condition can read.

mod constraints;
mod container;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_model::{Constraints, Field, Fields, Type, TypeKind};

use crate::atom::{Atom, Atoms};
use crate::budget::{Budget, steps};
use crate::formula::{AtomId, Formula, Formulas};
use crate::json_kind::holds_members;
use crate::linear::{LinearExpr, LinearForm};
use crate::rational::Rational;
use crate::small_model::ModelSize;
use crate::small_model::containers::ContainerKind;
use crate::term::{PlaceId, SymbolicValue, Term, TextTerm, Unit};
use crate::variable::{NumberSort, NumberVar, TextSort, TextVar, VariableTable};
use constraints::fraction_digits;

/// The value at one place of a request.
#[derive(Debug, Clone)]
pub(crate) struct SymbolicPlace {
    /// The formula for a value of its type being there.
    pub(crate) present: Formula,
    /// The formula for its lawful absence.
    pub(crate) absent: Formula,
    pub(crate) content: Content,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Bool(Formula),
    Number(NumberVar, Unit),
    Text(TextVar),
    Ip(TextVar),
    Path(TextVar),
    Url(TextVar),
    List(SymbolicList),
    Map(SymbolicMap),
    Object(BTreeMap<Arc<str>, PlaceId>),
    /// By type that the value may have: the formula for having it, and the value as one of that type.
    Any(Vec<(TypeKind, Formula, PlaceId)>),
}

/// A list: its length, and unknowns for its first elements, which are unrolled.
///
/// A longer list repeats the last of them, which does not change what holds of all or of some elements.
#[derive(Debug, Clone)]
pub(crate) struct SymbolicList {
    pub(crate) length: NumberVar,
    pub(crate) elements: Vec<(Formula, PlaceId)>,
    /// Whether there can be more elements than are unrolled.
    pub(crate) is_open: bool,
}

/// A map: an entry for each key that conditions name, and some others.
#[derive(Debug, Clone)]
pub(crate) struct SymbolicMap {
    pub(crate) length: NumberVar,
    pub(crate) named: BTreeMap<Arc<str>, (Formula, PlaceId)>,
    pub(crate) others: Vec<(Formula, TextVar, PlaceId)>,
}

/// A value that cannot be read, and under which formula.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SymbolicFault {
    pub(crate) when: Formula,
    /// Whether it might hold members that nobody declared.
    pub(crate) may_hold_members: bool,
}

/// How far the lists or maps at one static path are unrolled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unrolled {
    pub(crate) kind: ContainerKind,
    pub(crate) elements: usize,
    /// Keys that have entries of their own, besides.
    pub(crate) named: usize,
    /// Whether there can be more elements than are unrolled.
    pub(crate) is_open: bool,
}

/// All symbolic places of a question, with the formulas over them and the axioms that hold in every valid request.
#[derive(Debug, Default)]
pub(crate) struct SymbolicRequest {
    pub(crate) formulas: Formulas,
    pub(crate) atoms: Atoms,
    pub(crate) variables: VariableTable,
    pub(crate) axioms: Vec<Formula>,
    pub(crate) size: ModelSize,
    /// Lists and maps that would have to be unrolled further than they are, by static path.
    pub(crate) truncated: BTreeSet<String>,
    /// Lists and maps, by static path.
    pub(crate) unrolled: BTreeMap<String, Unrolled>,
    /// For each relation between texts, the part of a condition that it comes from.
    pub(crate) relation_names: BTreeMap<AtomId, Arc<str>>,
    /// The least and the greatest value that the type of a numeric variable allows, where it says so.
    pub(crate) bounds: BTreeMap<NumberVar, (Option<Rational>, Option<Rational>)>,
    /// How many code points the type of a text allows, where it says so.
    pub(crate) max_lengths: BTreeMap<TextVar, Option<usize>>,
    /// Texts that a function may compute, which can be longer than any in a request.
    pub(crate) computed: BTreeSet<TextVar>,
    /// Whether values may be unreadable, also those in lists, maps and objects.
    pub(crate) may_be_unreadable: bool,
    /// The unreadable values.
    pub(crate) faults: Vec<SymbolicFault>,
    places: Vec<SymbolicPlace>,
    budget: Budget,
    /// How many unknowns, nodes and atoms were paid for.
    counted: usize,
}

impl SymbolicRequest {
    pub(crate) fn new(size: ModelSize, budget: &Budget) -> Self {
        Self { size, budget: budget.clone(), ..Self::default() }
    }

    /// Pays for what was added since the last call; whether there are steps left.
    pub(crate) fn has_budget(&mut self) -> bool {
        let total = self.places.len() + self.formulas.count() + self.atoms.count();
        let more = total - self.counted;
        self.counted = total;
        self.budget.spend(steps(more) + 1)
    }

    pub(crate) fn get(&self, id: PlaceId) -> Option<&SymbolicPlace> {
        self.places.get(id)
    }

    /// What reading an unknown gives.
    pub(crate) fn read(&self, id: PlaceId) -> SymbolicValue {
        let Some(place) = self.get(id) else { return SymbolicValue::undetermined() };
        let term = match &place.content {
            Content::Bool(formula) => Term::Bool(*formula),
            Content::Number(var, unit) => Term::Number(LinearExpr::variable(*var), *unit),
            Content::Text(var) => Term::Text(TextTerm::Variable(*var), Arc::from([])),
            Content::Ip(var) => Term::Ip(*var),
            Content::Path(var) => Term::Path(*var),
            Content::Url(var) => Term::Url(*var),
            Content::List(_) | Content::Map(_) => Term::Container(id),
            Content::Object(_) => Term::Object(id),
            Content::Any(_) => Term::Any(id),
        };
        SymbolicValue { cases: vec![(place.present, term)], absent: place.absent }
    }

    pub(crate) fn atom(&mut self, atom: Atom) -> Formula {
        self.atoms.add(&mut self.formulas, atom)
    }

    pub(crate) fn proposition(&mut self, name: String) -> Formula {
        self.atom(Atom::Proposition(name.into()))
    }

    pub(crate) fn number(&mut self, kind: NumberSort) -> NumberVar {
        let id = NumberVar::try_from(self.variables.numbers.len()).unwrap_or(NumberVar::MAX);
        self.variables.numbers.push(kind);
        id
    }

    fn var(&mut self, kind: TextSort) -> TextVar {
        let id = TextVar::try_from(self.variables.texts.len()).unwrap_or(TextVar::MAX);
        self.variables.texts.push(kind);
        id
    }

    /// A text that is computed from what stands in a request.
    fn normal_form(&mut self) -> TextVar {
        let var = self.var(TextSort::Text);
        self.computed.insert(var);
        var
    }

    /// `linear <= 0`, or `linear < 0`.
    pub(crate) fn at_most_zero(&mut self, linear: &LinearExpr, strict: bool) -> Formula {
        let zero = Rational::from_integer(0.into());
        let Some((form, bound, upper)) = linear.normalized() else {
            let holds = if strict { linear.constant < zero } else { linear.constant <= zero };
            return Formula::constant(holds);
        };
        let integer = form.keys().all(|var| self.variables.is_integer(*var));
        // A sum of integers is made whole, so that bounds on it are integers, too.
        let (form, bound) = if integer { whole(&form, &bound) } else { (form, bound) };
        // What bounds from below is the negation of a bound from above.
        let strict = strict == upper;
        let (bound, strict) = match (integer, strict) {
            // Integers below a bound are at most the integer before it.
            (true, true) => (bound.ceil() - Rational::from_integer(1.into()), false),
            (true, false) => (bound.floor(), false),
            (false, strict) => (bound, strict),
        };
        let formula = self.atom(Atom::Bound { form: Arc::new(form), bound, strict });
        if upper { formula } else { !formula }
    }

    /// Adds the unknown for a declared field.
    pub(crate) fn field(&mut self, place: &str, field: &Field) -> PlaceId {
        let there =
            if field.optional { self.proposition(format!("{place} is there")) } else { Formula::TRUE };
        let absent = if field.optional { !there } else { Formula::FALSE };
        self.add_place(place, place, &field.ty, there, absent)
    }

    /// When what stands at a place can be read as its type.
    pub(crate) fn readable(&mut self, place: &str, given: Formula, kind: &TypeKind) -> Formula {
        if !self.may_be_unreadable {
            return Formula::TRUE;
        }
        let unreadable = self.proposition(format!("{place} is unreadable"));
        let when = self.formulas.and([given, unreadable]);
        self.faults.push(SymbolicFault { when, may_hold_members: holds_members(kind) });
        !unreadable
    }

    /// Adds another presence of the same value.
    pub(crate) fn add_alias(&mut self, present: Formula, absent: Formula, content: Content) -> PlaceId {
        let id = self.places.len();
        self.places.push(SymbolicPlace { present, absent, content });
        id
    }

    /// `pattern` is the place without indexes and keys.
    pub(crate) fn add_place(
        &mut self,
        place: &str,
        pattern: &str,
        ty: &Type,
        present: Formula,
        absent: Formula,
    ) -> PlaceId {
        let content = self.content(place, pattern, &ty.kind, &ty.constraints, present);
        let id = self.places.len();
        self.places.push(SymbolicPlace { present, absent, content });
        let constraints_hold = self.constraints_hold(id, &ty.constraints);
        let fact = self.formulas.implies(present, constraints_hold);
        self.axioms.push(fact);
        id
    }

    fn content(
        &mut self,
        place: &str,
        pattern: &str,
        kind: &TypeKind,
        constraints: &Constraints,
        present: Formula,
    ) -> Content {
        match kind {
            TypeKind::Boolean => Content::Bool(self.proposition(format!("{place} holds"))),
            TypeKind::Number => self.numeric(Unit::Number, NumberSort::Decimal(fraction_digits(constraints))),
            TypeKind::Integer => self.numeric(Unit::Number, NumberSort::Integer),
            TypeKind::Quantity => {
                self.numeric(Unit::Quantity, NumberSort::Decimal(fraction_digits(constraints)))
            }
            TypeKind::Timestamp => self.numeric(Unit::Timestamp, NumberSort::Integer),
            TypeKind::Date => self.numeric(Unit::Date, NumberSort::Integer),
            TypeKind::Duration => self.numeric(Unit::Duration, NumberSort::Integer),
            TypeKind::String => Content::Text(self.var(TextSort::Text)),
            TypeKind::Ip => Content::Ip(self.var(TextSort::Ip)),
            TypeKind::Path => Content::Path(self.normal_form()),
            TypeKind::Url => Content::Url(self.normal_form()),
            TypeKind::List(element) => {
                Content::List(self.list(place, pattern, element, constraints.max_items, present))
            }
            TypeKind::Map(value) => {
                Content::Map(self.map(place, pattern, value, constraints.max_items, present))
            }
            TypeKind::Object(fields) => Content::Object(self.members(place, pattern, fields, present)),
            TypeKind::Any => Content::Any(self.any(place, pattern, present)),
        }
    }

    fn numeric(&mut self, unit: Unit, kind: NumberSort) -> Content {
        let var = self.number(kind);
        let power = |base: i128, exponent: u32| base.checked_pow(exponent).unwrap_or(i128::MAX);
        // What values of the type can be at most, either way.
        let (least, most) = match unit {
            Unit::Number | Unit::Quantity => (1 - power(10, 34), power(10, 34) - 1),
            Unit::Timestamp => (-62_135_596_800 * power(10, 9), 253_402_300_800 * power(10, 9) - 1),
            Unit::Date => (-719_162, 2_932_896),
            Unit::Duration => (-315_576_000_000 * power(10, 9), 315_576_000_000 * power(10, 9)),
        };
        self.bound(var, Some(least), Some(most));
        Content::Number(var, unit)
    }

    pub(crate) fn bound(&mut self, var: NumberVar, least: Option<i128>, most: Option<i128>) {
        let constant = |value: i128| LinearExpr::constant(Rational::from_integer(value.into()));
        let value = LinearExpr::variable(var);
        if let Some(least) = least {
            let fact = self.at_most_zero(&constant(least).minus(&value), false);
            self.axioms.push(fact);
        }
        if let Some(most) = most {
            let fact = self.at_most_zero(&value.minus(&constant(most)), false);
            self.axioms.push(fact);
        }
    }

    /// Whether a container has more than so many elements.
    pub(crate) fn longer_than(&mut self, length: NumberVar, count: usize) -> Formula {
        let count = LinearExpr::constant(Rational::from_integer(count.into()));
        !self.at_most_zero(&LinearExpr::variable(length).minus(&count), false)
    }

    fn members(
        &mut self,
        place: &str,
        pattern: &str,
        fields: &Fields,
        present: Formula,
    ) -> BTreeMap<Arc<str>, PlaceId> {
        fields
            .iter()
            .map(|(name, field)| {
                let place = format!("{place}.{name}");
                let there = if field.optional {
                    self.proposition(format!("{place} is there"))
                } else {
                    Formula::TRUE
                };
                let given = self.formulas.and([present, there]);
                let readable = self.readable(&place, given, &field.ty.kind);
                let here = self.formulas.and([given, readable]);
                let absent = self.formulas.and([present, !there]);
                (
                    Arc::clone(name),
                    self.add_place(&place, &format!("{pattern}.{name}"), &field.ty, here, absent),
                )
            })
            .collect()
    }

    /// An `any` is one of a few plain kinds, or something else.
    fn any(&mut self, place: &str, pattern: &str, present: Formula) -> Vec<(TypeKind, Formula, PlaceId)> {
        let mut kinds: Vec<(TypeKind, Formula, PlaceId)> = Vec::new();
        for kind in [TypeKind::String, TypeKind::Number, TypeKind::Boolean] {
            let name = kind.name();
            let is = self.proposition(format!("{place} is a {name}"));
            for (_, other, _) in kinds.clone() {
                let fact = self.formulas.and([is, other]);
                self.axioms.push(!fact);
            }
            let here = self.formulas.and([present, is]);
            let ty = Type::plain(kind.clone());
            let id = self.add_place(&format!("{place} as {name}"), pattern, &ty, here, Formula::FALSE);
            kinds.push((kind, is, id));
        }
        kinds
    }
}

/// A bound on a form as one on its least multiple whose coefficients are integers, which says as much.
fn whole(form: &LinearForm, bound: &Rational) -> (LinearForm, Rational) {
    let one = Rational::from_integer(1.into());
    let factor = form.values().fold(one, |factor, coefficient| {
        let denominator = (coefficient * &factor).denom();
        factor * Rational::from_integer(denominator)
    });
    let form = form.iter().map(|(var, coefficient)| (*var, coefficient * &factor)).collect();
    (form, bound * &factor)
}
