//! One JSON request, read by two schemas.
//!
//! A comparison ranges over every JSON request of an action that both schemas declare, valid under either or none.
//! What one schema makes of such a request depends on the states of its fields and on whether it rejects the request as
//! a whole, and nothing else; so it is enough to say which *pairs* of states JSON can give.
//!
//! - A record is an object, is missing or null, or is something else. Where it is not an object, every field of it is
//!   invalid for both. What is not a record of a request (another member beside the three, JSON that is none, an action
//!   without a name) is a fault of the envelope: both block it, and there is nothing to compare.
//! - What a request names in `unknown` cannot be read, if both schemas declare it: that is one of the states below, the
//!   same for both. What neither declares, and what has a value, makes the request invalid for both. What one of them
//!   declares is left out of the comparison, and said to be ([`crate::PolicyDiff::not_compared`]): it would make every
//!   schema with one more fact in it more permissive, where nobody sent such requests before.
//! - A field of both with one type: something that is not null is *given*, or not; what is given can be read, or not.
//!   Read and given is present for both. Not given is absent where the field is optional and invalid where it is
//!   required, each schema by itself. Every other value is invalid for both.
//! - Types that differ in what restricts their own values, and `integer` against `number`: one value of the wider
//!   type, which each schema takes if it keeps to that schema's restrictions.
//! - Types of which no JSON value is both (`string` and `number`): a value of each, at most one of them present.
//! - Any other two types may share values in ways that are not written down here: a value of each, free of the other.
//!   That is more than JSON can give, so that "no such request" stays a proof; what was found is tried, and if it is
//!   none, the change of the type is named as what was not decided.
//! - A field that one schema declares has its states there; for the other it is an undeclared member if it stands in
//!   the request, be it null. Whether a member stands there that neither declares is one more unknown.
//! - Elements, entries and members of what both declare alike are read alike, and may be invalid, too.
//!
//! A schema rejects a request as a whole if one of its faults is covered by `invalid_fields: reject`, or if by
//! `extra_fields: reject` an undeclared member stands in it or may stand in what cannot be looked into: the same cases
//! as when a request is typed, in the same order as there.

use std::collections::BTreeMap;
use std::sync::Arc;

use actra_model::{ActionId, FaultHandling, Field, Fields, RecordName, Schema, Type, TypeKind};

use super::Encoder;
use crate::formula::Formula;
use crate::json_kind::{are_disjoint, holds_members};
use crate::linear::LinearExpr;
use crate::rational::Rational;
use crate::request_space::{Acceptance, Earlier};
use crate::symbolic_request::{Content, SymbolicFault};
use crate::term::PlaceId;
use crate::variable::NumberSort;

/// One field as both schemas have it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldPair {
    pub(crate) own: Option<PlaceId>,
    pub(crate) earlier: Option<PlaceId>,
    /// When something stands there that is not null.
    pub(crate) given: Formula,
    /// When null stands there.
    pub(crate) null: Formula,
}

/// What a record is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordKind {
    /// When it is an object.
    pub(crate) object: Formula,
    /// When it is neither an object nor missing nor null.
    pub(crate) other: Formula,
}

/// A request as two schemas read it.
#[derive(Debug, Default)]
pub(crate) struct Joint {
    pub(crate) fields: BTreeMap<(RecordName, Arc<str>), FieldPair>,
    /// Of the records that may be no objects.
    pub(crate) record_kinds: BTreeMap<RecordName, RecordKind>,
    /// When a member stands in the request that neither schema declares.
    pub(crate) undeclared_member: Option<Formula>,
    /// When the own schema finds a fault.
    pub(crate) has_fault: Option<Formula>,
    /// When each schema rejects the request as a whole.
    pub(crate) rejected: Option<[Formula; 2]>,
    /// Changes of types of which not all is known.
    pub(crate) undecided: Vec<String>,
}

/// The faults that one schema finds, and where it may overlook an undeclared member.
#[derive(Default)]
struct SchemaFaults {
    any: Vec<Formula>,
    extra: Vec<Formula>,
}

impl SchemaFaults {
    fn add(&mut self, fault: SymbolicFault) {
        self.any.push(fault.when);
        if fault.may_hold_members {
            self.extra.push(fault.when);
        }
    }
}

impl Encoder<'_> {
    /// Unknowns for all fields of both schemas.
    pub(super) fn declare_both(&mut self, earlier: &Earlier<'_>) {
        self.symbolic_request.may_be_unreadable = true;
        let own = self.space.schema;
        let Some(action) = own.action(self.space.action) else { return };
        let Some(earlier_side) = earlier.schema.action_id(&action.name) else { return };
        let mut faults = [SchemaFaults::default(), SchemaFaults::default()];
        let undeclared_member =
            self.symbolic_request.proposition("the request has an undeclared member".to_owned());
        faults.iter_mut().for_each(|faults| faults.extra.push(undeclared_member));
        self.joint.undeclared_member = Some(undeclared_member);
        for record_name in RecordName::ALL {
            let both = [(own, self.space.action), (earlier.schema, earlier_side)];
            let [own_fields, earlier_fields] =
                both.map(|(schema, action)| record(schema, record_name, action));
            let (Some(own_fields), Some(earlier_fields)) = (own_fields, earlier_fields) else { continue };
            let object = self.shape(record_name, [own_fields, earlier_fields], &mut faults);
            let names =
                own_fields.keys().chain(earlier_fields.keys().filter(|name| !own_fields.contains_key(*name)));
            for name in names {
                let fields = [own_fields.get(name), earlier_fields.get(name)];
                self.pair((record_name, Arc::clone(name)), fields, object, &mut faults);
            }
        }
        let [own_faults, earlier_faults] = faults;
        self.joint.has_fault = Some(self.symbolic_request.formulas.or(own_faults.any.iter().copied()));
        let own = self.rejected(own, own_faults);
        let earlier_side = self.rejected(earlier.schema, earlier_faults);
        self.joint.rejected = Some([own, earlier_side]);
    }

    /// When the record is an object; that of the action is, or nobody looks further.
    fn shape(
        &mut self,
        record_name: RecordName,
        fields: [&Fields; 2],
        faults: &mut [SchemaFaults; 2],
    ) -> Formula {
        if record_name == RecordName::Action {
            return Formula::TRUE;
        }
        let gone = self.symbolic_request.proposition(format!("{record_name} is not an object"));
        let odd = self.symbolic_request.proposition(format!("{record_name} is something else"));
        let shape = RecordKind { object: !gone, other: self.and([gone, odd]) };
        self.joint.record_kinds.insert(record_name, shape);
        for (fields, faults) in fields.into_iter().zip(faults) {
            // A record for which nothing is declared may be left out.
            match fields.is_empty() {
                true => faults.extra.push(shape.other),
                false => faults.add(SymbolicFault { when: gone, may_hold_members: true }),
            }
        }
        shape.object
    }

    /// What must hold of the request as a whole.
    pub(crate) fn expected_acceptance(&mut self) -> Vec<Formula> {
        let (Some(earlier), Some(rejected)) = (self.space.earlier, self.joint.rejected) else {
            return Vec::new();
        };
        let wanted = [earlier.own, earlier.earlier].into_iter().zip(rejected);
        let mut found: Vec<Formula> = wanted
            .filter_map(|(expected, rejected)| match expected {
                Acceptance::Any => None,
                Acceptance::Accepted => Some(!rejected),
                Acceptance::Rejected => Some(rejected),
            })
            .collect();
        found.extend(
            self.joint.has_fault.filter(|_| !self.space.includes_invalid).map(|has_fault| !has_fault),
        );
        found
    }

    fn rejected(&mut self, schema: &Schema, faults: SchemaFaults) -> Formula {
        let mut cases = Vec::new();
        if schema.extra_fields == FaultHandling::Reject {
            cases.extend(faults.extra);
        }
        if schema.invalid_fields == FaultHandling::Reject {
            cases.extend(faults.any);
        }
        self.or(cases)
    }

    /// A field that at least one of them declares.
    fn pair(
        &mut self,
        key: (RecordName, Arc<str>),
        fields: [Option<&Field>; 2],
        object: Formula,
        faults: &mut [SchemaFaults; 2],
    ) {
        let place = format!("{}.{}", key.0, key.1);
        let is_optional = fields.into_iter().flatten().all(|field| field.optional);
        let there = match is_optional {
            true => self.symbolic_request.proposition(format!("{place} is there")),
            // What nobody asks for is there, so that examples look like requests.
            false => !self.symbolic_request.proposition(format!("{place} is left out")),
        };
        let given = self.and([object, there]);
        let null = self.symbolic_request.proposition(format!("{place} is null"));
        let null = self.and([object, !there, null]);
        let ids = match fields {
            [Some(own), Some(earlier_side)] => self.both(&place, [own, earlier_side], object, given, faults),
            _ => self.one(&place, fields, object, given, null, faults),
        };
        let [own, earlier] = ids;
        own.map(|id| self.fields.insert(key.clone(), id));
        earlier.map(|id| self.earlier_fields.insert(key.clone(), id));
        self.joint.fields.insert(key, FieldPair { own, earlier, given, null });
    }

    /// Declared by one: for the other it is undeclared.
    fn one(
        &mut self,
        place: &str,
        fields: [Option<&Field>; 2],
        object: Formula,
        given: Formula,
        null: Formula,
        faults: &mut [SchemaFaults; 2],
    ) -> [Option<PlaceId>; 2] {
        let mut ids = [None, None];
        let stands = self.or([given, null]);
        for ((field, id), faults) in fields.into_iter().zip(&mut ids).zip(faults) {
            match field {
                Some(field) => *id = Some(self.alone((place, place), field, object, given, faults)),
                None => faults.extra.push(stands),
            }
        }
        ids
    }

    /// A field with a value of its own.
    fn alone(
        &mut self,
        (place, pattern): (&str, &str),
        field: &Field,
        object: Formula,
        given: Formula,
        faults: &mut SchemaFaults,
    ) -> PlaceId {
        let readable = self.symbolic_request.readable(place, given, &field.ty.kind);
        let present = self.and([given, readable]);
        let absent = self.missing(field, object, given, faults);
        let id = self.symbolic_request.add_place(place, pattern, &field.ty, present, absent);
        for fault in std::mem::take(&mut self.symbolic_request.faults) {
            faults.add(fault);
        }
        id
    }

    /// When the field is lawfully absent; that it is missing is a fault elsewhere.
    fn missing(
        &mut self,
        field: &Field,
        object: Formula,
        given: Formula,
        faults: &mut SchemaFaults,
    ) -> Formula {
        let missing = self.and([object, !given]);
        if field.optional {
            return missing;
        }
        faults.add(SymbolicFault { when: missing, may_hold_members: holds_members(&field.ty.kind) });
        Formula::FALSE
    }

    fn both(
        &mut self,
        place: &str,
        [own, earlier_side]: [&Field; 2],
        object: Formula,
        given: Formula,
        faults: &mut [SchemaFaults; 2],
    ) -> [Option<PlaceId>; 2] {
        let Some(wider) = wider(&own.ty, &earlier_side.ty) else {
            return self.apart(place, [own, earlier_side], object, given, faults);
        };
        let readable = self.symbolic_request.readable(place, given, &wider.kind);
        let value = self.and([given, readable]);
        let shared = self.symbolic_request.add_place(place, place, &wider, value, Formula::FALSE);
        for fault in std::mem::take(&mut self.symbolic_request.faults) {
            faults.iter_mut().for_each(|faults| faults.add(fault));
        }
        let content = self.symbolic_request.get(shared).map(|id| id.content.clone());
        let whole = if own.ty.kind == earlier_side.ty.kind { Formula::TRUE } else { self.whole(shared) };
        let mut ids = [None, None];
        for ((field, id), faults) in [own, earlier_side].into_iter().zip(&mut ids).zip(faults) {
            let mut fits = vec![value];
            if field.ty.constraints != wider.constraints {
                fits.push(self.symbolic_request.constraints_hold(shared, &field.ty.constraints));
                fits.push(self.at_most_items(shared, field.ty.constraints.max_items));
            }
            if field.ty.kind != wider.kind {
                fits.push(whole);
            }
            let present = self.and(fits);
            let unfit = self.and([value, !present]);
            faults.add(SymbolicFault { when: unfit, may_hold_members: holds_members(&field.ty.kind) });
            let absent = self.missing(field, object, given, faults);
            *id = content.clone().map(|content| self.symbolic_request.add_alias(present, absent, content));
        }
        ids
    }

    /// When a list or map has at most so many elements.
    fn at_most_items(&mut self, id: PlaceId, most: Option<usize>) -> Formula {
        let length = match self.symbolic_request.get(id).map(|id| &id.content) {
            Some(Content::List(list)) => list.length,
            Some(Content::Map(map)) => map.length,
            _ => return Formula::TRUE,
        };
        most.map_or(Formula::TRUE, |most| !self.symbolic_request.longer_than(length, most))
    }

    /// When a number has no fraction: it is not above the greatest integer that it is not below.
    fn whole(&mut self, id: PlaceId) -> Formula {
        let Some(Content::Number(number, _)) = self.symbolic_request.get(id).map(|id| id.content.clone())
        else {
            return Formula::TRUE;
        };
        let floor = self.symbolic_request.number(NumberSort::Integer);
        let above = LinearExpr::variable(number).minus(&LinearExpr::variable(floor));
        let one = LinearExpr::constant(Rational::from_integer(1.into()));
        let below_next = self.symbolic_request.at_most_zero(&above.minus(&one), true);
        let minus = Rational::from_integer((-1).into());
        let not_below = self.symbolic_request.at_most_zero(&above.times(&minus), false);
        self.symbolic_request.axioms.extend([below_next, not_below]);
        self.symbolic_request.at_most_zero(&above, false)
    }

    /// Two types of which no value is known to be both.
    fn apart(
        &mut self,
        place: &str,
        [own, earlier_side]: [&Field; 2],
        object: Formula,
        given: Formula,
        [own_faults, earlier_faults]: &mut [SchemaFaults; 2],
    ) -> [Option<PlaceId>; 2] {
        let name = format!("{place}, formerly");
        let ids = [
            self.alone((place, place), own, object, given, own_faults),
            self.alone((&name, place), earlier_side, object, given, earlier_faults),
        ];
        let [own_present, earlier_present] =
            ids.map(|id| self.symbolic_request.get(id).map_or(Formula::FALSE, |id| id.present));
        if are_disjoint(&own.ty.kind, &earlier_side.ty.kind) {
            let both = self.and([own_present, earlier_present]);
            self.symbolic_request.axioms.push(!both);
        } else {
            self.joint.undecided.push(format!("the change of the type of {place}"));
            for (field, faults) in [(own, own_faults), (earlier_side, earlier_faults)] {
                if holds_members(&field.ty.kind) {
                    let inside = self.symbolic_request.proposition(format!(
                        "{place} holds something undeclared as {}",
                        field.ty.kind.name()
                    ));
                    faults.extra.push(inside);
                }
            }
        }
        ids.map(Some)
    }
}

fn record(schema: &Schema, record_name: RecordName, action: ActionId) -> Option<&Fields> {
    match record_name {
        RecordName::Action => schema.action(action).map(|action| &action.fields),
        RecordName::Actor => Some(&schema.actor),
        RecordName::Snapshot => Some(&schema.snapshot),
    }
}

/// A type that has the values of both, where a value of it is read alike by both if each takes it.
fn wider(own: &Type, earlier_side: &Type) -> Option<Type> {
    if own == earlier_side {
        return Some(own.clone());
    }
    let kind = match (&own.kind, &earlier_side.kind) {
        (TypeKind::Integer, TypeKind::Number) | (TypeKind::Number, TypeKind::Integer) => TypeKind::Number,
        (own, earlier_side) if own.reads_like(earlier_side) => own.clone(),
        _ => return None,
    };
    let mut wider = Type::plain(kind);
    let counts = [own.constraints.max_items, earlier_side.constraints.max_items];
    wider.constraints.max_items = counts.into_iter().max().flatten().filter(|_| !counts.contains(&None));
    Some(wider)
}
