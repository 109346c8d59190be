//! Which fields each action needs, and their slots in a frame.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use actra_ir::{Expr, ExprKind, MessagePart, Policy, Rule, RuleMode, mentions, operands};
use actra_model::{ActionId, Constraints, Field, RecordName, Schema, Type, TypeKind};
use hashbrown::HashTable;

use super::hash::hash_bytes;
use super::simple_atom::FieldRef;
use crate::scope::rejects_unread_faults;

/// A field that is read for an action.
#[derive(Debug, Clone)]
pub(crate) struct FieldRead {
    /// Its place in the frame.
    pub(crate) slot: u16,
    pub(crate) record: RecordName,
    /// How enforced rules that cover the action mention it; this decides which faults a decision lists.
    pub(crate) mention: Mention,
    /// The type, if values of it can be taken without any check.
    pub(crate) plain: DirectType,
    pub(crate) name: Arc<str>,
    /// `record.name`
    pub(crate) path: Arc<str>,
    pub(crate) field: Arc<Field>,
}

/// Types without constraints whose values can be taken over as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DirectType {
    Boolean,
    Number,
    String,
    /// Any other, or a narrowed one.
    No,
}

impl DirectType {
    fn of(field: &Field) -> Self {
        if field.ty.constraints != Constraints::default() {
            return DirectType::No;
        }
        match field.ty.kind {
            TypeKind::Boolean => DirectType::Boolean,
            TypeKind::Number => DirectType::Number,
            TypeKind::String => DirectType::String,
            _ => DirectType::No,
        }
    }
}

/// How enforced rules mention a field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Mention {
    /// Not at all.
    #[default]
    None,
    /// Only things inside of it.
    Inside,
    /// As a whole.
    Whole,
}

/// An equivalence class of rules: those with the same scope.
#[derive(Debug)]
pub(crate) struct ScopeClass {
    pub(crate) actions: Vec<ActionId>,
    /// The numbers of the rules, in file order.
    pub(crate) rules: Vec<u32>,
}

/// The slots of all fields that rules read.
#[derive(Debug, Default)]
pub(crate) struct SlotAssignment<'p> {
    /// A name has one slot in all actions; names that no action needs together may share one.
    slots: HashTable<(FieldRef<'p>, u16)>,
}

impl<'p> SlotAssignment<'p> {
    pub(crate) fn get(&self, field: FieldRef<'p>) -> Option<u16> {
        self.slots.find(hash(&field), |(known, _)| *known == field).map(|(_, slot)| *slot)
    }

    fn insert(&mut self, field: FieldRef<'p>, slot: u16) {
        self.slots.insert_unique(hash(&field), (field, slot), |(field, _)| hash(field));
    }

    /// What may stand in each slot, for people.
    pub(crate) fn names(&self) -> BTreeMap<u16, Vec<String>> {
        let mut fields: Vec<_> = self.slots.iter().collect();
        fields.sort();
        let mut names: BTreeMap<u16, Vec<String>> = BTreeMap::new();
        for (field, slot) in fields {
            names.entry(*slot).or_default().push(format!("{}.{}", field.record, field.name));
        }
        names
    }
}

fn hash(field: &FieldRef<'_>) -> u64 {
    hash_bytes(field.name.as_bytes()) ^ field.record as u64
}

/// Groups rules by scope, in file order of their first rules.
pub(crate) fn scope_classes(policy: &Policy) -> Vec<ScopeClass> {
    let mut known: HashMap<&[ActionId], usize> = HashMap::new();
    // Equal scopes are one allocation mostly; then they need not be looked through.
    let mut shared: HashMap<*const ActionId, usize> = HashMap::new();
    let mut scope_classes: Vec<ScopeClass> = Vec::new();
    for (number, rule) in (0u32..).zip(&policy.rules) {
        let next = scope_classes.len();
        let by_content = || *known.entry(&rule.actions).or_insert(next);
        let idx = *shared.entry(rule.actions.as_ptr()).or_insert_with(by_content);
        if idx == next {
            scope_classes.push(ScopeClass { actions: rule.actions.to_vec(), rules: Vec::new() });
        }
        if let Some(class) = scope_classes.get_mut(idx) {
            class.rules.push(number);
        }
    }
    scope_classes
}

/// The fields that one action needs, and how enforced rules mention them.
#[derive(Clone, Default)]
struct FieldUses<'p> {
    fields: BTreeMap<FieldRef<'p>, Mention>,
    /// Paths inside of fields that enforced rules mention.
    inner: BTreeSet<Arc<str>>,
}

impl<'p> FieldUses<'p> {
    fn field(&mut self, field: FieldRef<'p>, mention: Mention) {
        let known = self.fields.entry(field).or_default();
        *known = mention.max(*known);
    }

    fn rule(&mut self, rule: &'p Rule) {
        let enforced = rule.mode == RuleMode::Enforce;
        if !enforced || is_flat(&rule.condition) {
            let mention = if enforced { Mention::Whole } else { Mention::None };
            each_field(&rule.condition, &mut |field| self.field(field, mention));
        } else {
            each_field(&rule.condition, &mut |field| self.field(field, Mention::Inside));
            mentions(&rule.condition).iter().for_each(|path| self.path(path));
        }
        for part in rule.message.iter().flat_map(|message| &message.parts) {
            if let MessagePart::Field(record, members) = part
                && let Some(name) = members.first()
            {
                self.field(FieldRef { record: *record, name }, Mention::None);
            }
        }
    }

    /// Notes a mention; its field is there already.
    fn path(&mut self, path: &str) {
        let whole = |field: &FieldRef<'_>| {
            path.strip_prefix(field.record.as_str()).and_then(|rest| rest.strip_prefix('.'))
                == Some(field.name)
        };
        match self.fields.iter_mut().find(|(field, _)| whole(field)) {
            Some((_, mention)) => *mention = Mention::Whole,
            None => drop(self.inner.insert(path.into())),
        }
    }

    fn merge(&mut self, other: &FieldUses<'p>) {
        other.fields.iter().for_each(|(field, mention)| self.field(*field, *mention));
        self.inner.extend(other.inner.iter().cloned());
    }
}

/// The fields that an action's rules read, and the paths inside of fields that enforced rules mention.
pub(crate) struct ActionReads {
    /// Ascending by slot; shared by actions that read the same.
    pub(crate) reads: Arc<[FieldRead]>,
    pub(crate) inner: Box<[Arc<str>]>,
}

/// Gives every field that is read a slot, and every action the list of what to read.
///
/// `None` if a frame would need more slots than a number can name.
pub(crate) fn assign_slots<'p>(
    policy: &'p Policy,
    scope_classes: &[ScopeClass],
) -> Option<(SlotAssignment<'p>, Vec<ActionReads>)> {
    let schema = &policy.schema;
    let mut needs: Vec<FieldUses<'_>> = vec![FieldUses::default(); schema.actions.len()];
    for class in scope_classes {
        let mut read = FieldUses::default();
        let rules = class.rules.iter().filter_map(|number| policy.rules.get(*number as usize));
        rules.for_each(|rule| read.rule(rule));
        for action in &class.actions {
            needs.get_mut(action.0 as usize).into_iter().for_each(|needs| needs.merge(&read));
        }
    }
    if rejects_unread_faults(schema) {
        for (needs, idx) in needs.iter_mut().zip(0..) {
            declared(schema, ActionId(idx)).for_each(|field| needs.field(field, Mention::None));
        }
    }
    let slots = color(&needs)?;
    let mut fields = FieldReadCache::default();
    // Actions that read the same share one list, so that it stays in the caches. A field and its slot determine the
    // name.
    let mut shared: HashMap<ReadsKey, Arc<[FieldRead]>> = HashMap::new();
    let reads = needs.iter().zip(0..).map(|(needs, idx)| {
        let read = |(field, mention): (&FieldRef<'p>, &Mention)| {
            let slot = slots.get(*field)?;
            let known = fields.of(schema, ActionId(idx), *field)?;
            Some(FieldRead { slot, record: field.record, mention: *mention, ..known })
        };
        let mut reads: Vec<FieldRead> = needs.fields.iter().filter_map(read).collect();
        reads.sort_by_key(|read| read.slot);
        let key = reads.iter().map(|read| (read.slot, read.mention, Arc::as_ptr(&read.field)));
        let reads = shared.entry(key.collect()).or_insert_with(|| reads.into()).clone();
        ActionReads { reads, inner: needs.inner.iter().cloned().collect() }
    });
    let reads = reads.collect();
    Some((slots, reads))
}

/// Lists of reads with the same key are shared.
type ReadsKey = Vec<(u16, Mention, *const Field)>;

fn declared(schema: &Schema, action: ActionId) -> impl Iterator<Item = FieldRef<'_>> {
    let action = schema.action(action).map(|action| (RecordName::Action, &action.fields));
    let records = [(RecordName::Actor, &schema.actor), (RecordName::Snapshot, &schema.snapshot)];
    action
        .into_iter()
        .chain(records)
        .flat_map(|(record, fields)| fields.keys().map(move |name| FieldRef { record, name }))
}

/// Whether every mention is a field as a whole.
fn is_flat(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Member { .. } | ExprKind::Lookup { .. } | ExprKind::Macro { .. } => false,
        ExprKind::Field { .. } | ExprKind::Literal(_) => true,
        ExprKind::And(all) | ExprKind::Or(all) => all.iter().all(is_flat),
        ExprKind::Compare { left, right, .. } => is_flat(left) && is_flat(right),
        _ => operands(expr).into_iter().all(is_flat),
    }
}

fn each_field<'p>(expr: &'p Expr, found: &mut impl FnMut(FieldRef<'p>)) {
    match &expr.kind {
        ExprKind::Field { record, name } => found(FieldRef { record: *record, name }),
        ExprKind::And(all) | ExprKind::Or(all) => all.iter().for_each(|expr| each_field(expr, found)),
        ExprKind::Compare { left, right, .. } => {
            each_field(left, found);
            each_field(right, found);
        }
        ExprKind::Literal(_) => {}
        _ => operands(expr).into_iter().for_each(|expr| each_field(expr, found)),
    }
}

/// Greedy coloring: a name takes the first slot that is free in every action that needs it.
fn color<'p>(needs: &[FieldUses<'p>]) -> Option<SlotAssignment<'p>> {
    let mut actions: BTreeMap<FieldRef<'p>, Vec<usize>> = BTreeMap::new();
    for (idx, needs) in needs.iter().enumerate() {
        needs.fields.keys().for_each(|field| actions.entry(*field).or_default().push(idx));
    }
    let mut taken: Vec<BTreeSet<u16>> = vec![BTreeSet::new(); needs.len()];
    let mut slots = SlotAssignment::default();
    for (field, actions) in actions {
        let free =
            |slot: &u16| actions.iter().all(|idx| taken.get(*idx).is_none_or(|taken| !taken.contains(slot)));
        let slot = (0..u16::MAX).find(free)?;
        for idx in &actions {
            taken.get_mut(*idx).map(|taken| taken.insert(slot));
        }
        slots.insert(field, slot);
    }
    Some(slots)
}

/// One [`FieldRead`] for all actions that declare a field alike.
#[derive(Default)]
struct FieldReadCache {
    shared: HashMap<(RecordName, String), FieldRead>,
}

impl FieldReadCache {
    fn of(&mut self, schema: &Schema, action: ActionId, field: FieldRef<'_>) -> Option<FieldRead> {
        let declared = match field.name {
            "type" if field.record == RecordName::Action => None,
            name => Some(schema.field(field.record, action, name)?),
        };
        let key = (field.record, field.name.to_owned());
        if let Some(known) = self.shared.get(&key)
            && declared.is_none_or(|declared| *known.field == *declared)
        {
            return Some(known.clone());
        }
        let spec = declared.cloned().unwrap_or_else(action_type);
        let read = FieldRead {
            slot: 0,
            record: field.record,
            mention: Mention::None,
            plain: DirectType::of(&spec),
            name: field.name.into(),
            path: format!("{}.{}", field.record, field.name).into(),
            field: Arc::new(spec),
        };
        self.shared.insert(key, read.clone());
        Some(read)
    }
}

/// What `action.type` is: a string, always there.
fn action_type() -> Field {
    Field::new(Type::plain(TypeKind::String))
}
