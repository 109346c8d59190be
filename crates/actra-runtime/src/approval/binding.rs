//! What an approval is bound to: the canonical bytes of one call, so that a grant is good for no other.

use actra_engine::model::{
    ActionSchema, Decision, RawMap, RawRequest, RawValue, Reason, RecordName, Request, limits,
};
use actra_engine::{Policy, ReadSet, action_type};
use actra_wire::{write_text, write_value};
use sha2::{Digest as _, Sha256};

/// Exactly what is to be approved, as canonical JSON: the action, all arguments of the call, the actor, the facts that
/// rules of the action can read, the policy hash, and what the rule demands and says.
///
/// Two calls have the same bytes only if they are the same call. Whoever knows the bytes knows what they are about,
/// so they are given to a store and shown to nobody.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_engine::decide;
/// use actra_runtime::approval::{Binding, ApprovalExclusions};
///
/// let policy = policy();
/// let bind = |cents, unbound: &[&str]| {
///     let request = request(cents);
///     let unbound = ApprovalExclusions::new(unbound.iter().map(|name| (*name).to_owned()));
///     Binding::of(&policy, &request, &RawMap::new(), &unbound, &decide(&policy, &request))
/// };
///
/// assert_eq!(bind(500, &["snapshot.fraud"]), bind(500, &["snapshot.fraud"]));
/// assert_ne!(bind(500, &["snapshot.fraud"]), bind(600, &["snapshot.fraud"]));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Binding(Vec<u8>);

impl std::fmt::Debug for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Binding").field("length", &self.0.len()).finish_non_exhaustive()
    }
}

/// Why something cannot be approved: a part of it cannot be captured in full, so that another call would look the same.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_engine::decide;
/// use actra_runtime::approval::{Binding, ApprovalExclusions};
///
/// let policy = policy();
/// let bind = |cents, unbound: &[&str]| {
///     let request = request(cents);
///     let unbound = ApprovalExclusions::new(unbound.iter().map(|name| (*name).to_owned()));
///     Binding::of(&policy, &request, &RawMap::new(), &unbound, &decide(&policy, &request))
/// };
///
/// // Nobody has said what is known of fraud, which a rule reads.
/// assert_eq!(bind(500, &[]).unwrap_err().what, "`snapshot`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be approved, since {what} cannot be captured in full{}", help(.what))]
pub struct BindingError {
    /// The part: ``argument `file` ``, `actor.id`.
    pub what: String,
}

impl BindingError {
    /// Of a call that was not looked at in full, since nobody was to ask for approval when it began.
    pub(crate) fn incomplete() -> Self {
        Self { what: "what distinguishes it from other calls (its receiver, its types)".to_owned() }
    }
}

fn help(what: &str) -> String {
    let name = what.strip_prefix("argument `").and_then(|rest| rest.split(['`', '.', '[']).next());
    name.map(|name| format!("; if it does not matter, name it in `unbound`: `{name}`")).unwrap_or_default()
}

/// Parts of a call that an approval is not bound to, by name: arguments, `self`, facts such as `snapshot.now`.
///
/// INVARIANT (kinds apart): whoever calls names undeclared arguments, so none of them is left out by having the name
/// of a fact or of the receiver.
///
/// ```
/// use actra_runtime::approval::ApprovalExclusions;
///
/// let unbound = ApprovalExclusions::new(["connection".to_owned(), "snapshot.now".to_owned()]);
/// assert_eq!(unbound.facts().collect::<Vec<_>>(), ["now"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApprovalExclusions {
    arguments: Vec<String>,
    facts: Vec<String>,
    has_receiver: bool,
}

/// How names of facts begin, which tells them from names of arguments.
const FACT: &str = "snapshot.";
/// The receiver of a method, as a part of a call.
pub(crate) const RECEIVER: &str = "self";

impl ApprovalExclusions {
    /// These parts; `self` is the receiver of a method.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let mut unbound = Self::of_parameters(names);
        let named = unbound.arguments.len();
        unbound.arguments.retain(|name| name != RECEIVER);
        unbound.has_receiver = unbound.arguments.len() < named;
        unbound
    }

    /// What an approval is not bound to, by the names of parameters; the receiver is an argument like any other.
    pub fn of_parameters(names: impl IntoIterator<Item = String>) -> Self {
        let mut unbound = Self::default();
        for name in names {
            match name.strip_prefix(FACT) {
                Some(fact) => unbound.facts.push(fact.to_owned()),
                None => unbound.arguments.push(name),
            }
        }
        unbound
    }

    /// The parts of both: what no approval is bound to by either.
    #[must_use]
    pub fn and(&self, other: &ApprovalExclusions) -> Self {
        let both = |ours: &[String], theirs: &[String]| ours.iter().chain(theirs).cloned().collect();
        Self {
            arguments: both(&self.arguments, &other.arguments),
            facts: both(&self.facts, &other.facts),
            has_receiver: self.has_receiver || other.has_receiver,
        }
    }

    /// The facts among them, each without `snapshot.`
    pub fn facts(&self) -> impl Iterator<Item = &str> {
        self.facts.iter().map(String::as_str)
    }

    /// Whether the argument with this name is among them.
    pub fn has_argument(&self, name: &str) -> bool {
        self.arguments.iter().any(|unbound| unbound == name)
    }

    /// Whether the receiver of a method is among them.
    pub fn has_receiver(&self) -> bool {
        self.has_receiver
    }

    fn has_fact(&self, name: &str) -> bool {
        self.facts().any(|fact| fact == name)
    }

    /// Whether a part of a call, in the form that a binding takes, is among them.
    pub(crate) fn has_part(&self, name: &str, value: &RawValue) -> bool {
        self.has_argument(name) || self.has_receiver && name == RECEIVER && is_receiver(value)
    }
}

/// The value of a receiver, in the form that a binding takes. An argument of Rust never looks like it, since a plain
/// object has no tag.
pub(crate) fn receiver(class: &str, value: RawValue) -> RawValue {
    tagged("object", RawValue::List(vec![class.into(), plain(value)]))
}

fn is_receiver(value: &RawValue) -> bool {
    matches!(value, RawValue::Map(members) if members.len() == 1 && members.contains_key("$object"))
}

/// A part of a call that no JSON value can represent, in the form that a binding takes.
///
/// INVARIANT (injective): no value of another kind has the same form. A key of a plain object that begins with `$` is
/// written with one `$` more.
///
/// ```
/// use actra_engine::model::RawValue;
/// use actra_runtime::approval::{object, tagged};
///
/// let elements = RawValue::List(vec![1.into(), 2.into()]);
/// let set = tagged("set", elements.clone());
/// // An object that has such a key itself is another value.
/// assert_ne!(set, object([("$set".to_owned(), elements)].into()));
/// ```
pub fn tagged(tag: &str, value: RawValue) -> RawValue {
    RawValue::Map([(format!("${tag}"), value)].into())
}

/// Raw bytes: their length and SHA-256.
///
/// ```
/// use actra_runtime::approval::bytes;
///
/// assert_ne!(bytes(b"one"), bytes(b"two"));
/// ```
pub fn bytes(bytes: &[u8]) -> RawValue {
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    tagged("bytes", RawValue::List(vec![length.into(), RawValue::String(digest)]))
}

/// A plain object; its members are in the form that a binding takes already.
pub fn object(members: RawMap) -> RawValue {
    let escaped = |(name, value): (String, RawValue)| match name.starts_with('$') {
        true => (format!("${name}"), value),
        false => (name, value),
    };
    RawValue::Map(members.into_iter().map(escaped).collect())
}

/// A value of JSON in the form that a binding takes: every plain object in it is written as [`object`] does it. What
/// lies deeper than a request may is unreadable.
pub fn plain(value: RawValue) -> RawValue {
    plain_within(limits::NESTING, value)
}

fn plain_within(levels: usize, value: RawValue) -> RawValue {
    let deeper = levels.checked_sub(1);
    match (value, deeper) {
        (RawValue::List(_) | RawValue::Map(_), None) => RawValue::Unreadable(Reason::TooDeep),
        (RawValue::List(elements), Some(levels)) => {
            RawValue::List(elements.into_iter().map(|element| plain_within(levels, element)).collect())
        }
        (RawValue::Map(members), Some(levels)) => {
            object(members.into_iter().map(|(name, member)| (name, plain_within(levels, member))).collect())
        }
        (other, _) => other,
    }
}

impl Binding {
    /// Of a request and what was decided about it. `arguments` are all those of the call, as [`tagged`], [`bytes`] and
    /// [`object`] write them; what could not be had is unreadable.
    pub fn of(
        policy: &Policy,
        request: &RawRequest,
        arguments: &RawMap,
        unbound: &ApprovalExclusions,
        decision: &Decision<'_>,
    ) -> Result<Self, BindingError> {
        if let Some(path) = unknown_actor(policy, request) {
            return Err(BindingError { what: path });
        }
        let declared =
            action_type(request).and_then(|name| policy.schema.action(policy.schema.action_id(name)?));
        // A field is left out by the name of the argument that fills it. What the action is always counts.
        let argument =
            |field: &str| declared.and_then(|action| action.argument_of_field(field)).map(str::to_owned);
        let is_unbound = |field: &str| {
            field != "type"
                && argument(field).map_or(unbound.has_argument(field), |name| unbound.has_argument(&name))
        };
        let action = request.action.as_ref().map(|action| without(action, is_unbound));
        let bound = arguments.iter().filter(|(name, value)| !unbound.has_part(name, value));
        let arguments = RawValue::Map(bound.map(|(name, value)| (name.clone(), value.clone())).collect());
        let snapshot = facts(policy, request, unbound)?;
        let records = [
            ("action", action.as_ref()),
            ("actor", request.actor.as_ref()),
            ("arguments", Some(&arguments)),
            ("snapshot", snapshot.as_ref()),
        ];
        let mut out = b"{\"schema\":\"actra/approval/v2\"".to_vec();
        for (name, record) in records {
            let Some(record) = record else { continue };
            if let Some(member) = unreadable_member(record) {
                return Err(BindingError { what: part(policy, declared, name, member) });
            }
            key(&mut out, name);
            write_value(record, &mut out);
        }
        key(&mut out, "policy_hash");
        write_text(&decision.policy_hash.to_string(), &mut out);
        key(&mut out, "rule");
        write_text(decision.matched_rule.as_deref().unwrap_or_default(), &mut out);
        key(&mut out, "reason");
        write_text(decision.message.as_deref().unwrap_or_default(), &mut out);
        key(&mut out, "required_actions");
        let required = decision.required_actions.iter().map(|action| RawValue::Map(action.as_ref().clone()));
        write_value(&RawValue::List(required.collect()), &mut out);
        out.push(b'}');
        Ok(Self(out))
    }

    /// The bytes as somebody else made them, for stores that serve several processes.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The canonical bytes, by which a grant is compared with a call.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The part by the name that the schema or the function gives it. What lies below, and what nobody has declared, may be
/// named by a secret.
fn part(policy: &Policy, action: Option<&ActionSchema>, record: &str, member: Option<&str>) -> String {
    let schema = &policy.schema;
    let is_declared = |name: &str| match record {
        "action" => action.is_some_and(|action| action.fields.contains_key(name)),
        "actor" => schema.actor.contains_key(name),
        _ => schema.snapshot.contains_key(name),
    };
    match member {
        Some(name) if record == "arguments" => format!("argument `{name}`"),
        Some(name) if is_declared(name) => format!("`{record}.{name}`"),
        _ => format!("`{record}`"),
    }
}

/// The member of a record in which something cannot be read; `None` in it for the record as a whole.
fn unreadable_member(record: &RawValue) -> Option<Option<&str>> {
    match record {
        RawValue::Map(members) => {
            members.iter().find(|(_, value)| holds_unreadable(value)).map(|(name, _)| Some(name.as_str()))
        }
        other => holds_unreadable(other).then_some(None),
    }
}

fn key(out: &mut Vec<u8>, name: &str) {
    out.push(b',');
    write_text(name, out);
    out.push(b':');
}

fn without(record: &RawValue, is_left_out: impl Fn(&str) -> bool) -> RawValue {
    let RawValue::Map(members) = record else { return record.clone() };
    let kept = members.iter().filter(|(name, _)| !is_left_out(name));
    RawValue::Map(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The snapshot without what no rule of the action can read and what is not to count.
fn facts(
    policy: &Policy,
    request: &RawRequest,
    unbound: &ApprovalExclusions,
) -> Result<Option<RawValue>, BindingError> {
    let read = action_reads(policy, request);
    let counts = |name: &str| {
        !unbound.has_fact(name) && read.is_none_or(|read| read.of(RecordName::Snapshot).contains(name))
    };
    let unknown = request.unknown.iter().find(|path| {
        let name = path.strip_prefix("snapshot.").map(|name| name.split('.').next().unwrap_or(name));
        name.is_some_and(counts)
    });
    if let Some(path) = unknown {
        return Err(BindingError { what: format!("`{path}`") });
    }
    // What cannot be had would be the same as whatever else could not be resolved.
    let members = match &request.snapshot {
        Some(RawValue::Map(members)) => Some(members),
        _ => None,
    };
    let declared = policy.schema.snapshot.iter().filter(|(name, _)| counts(name));
    let mut lacking = declared.filter(|(name, field)| match members {
        None => true,
        Some(members) => !field.optional && members.get(name).is_none(),
    });
    match (lacking.next(), members) {
        (Some(_), None) => Err(BindingError { what: "`snapshot`".to_owned() }),
        (Some((name, _)), Some(_)) => Err(BindingError { what: format!("`snapshot.{name}`") }),
        (None, _) => Ok(request.snapshot.as_ref().map(|record| without(record, |name| !counts(name)))),
    }
}

/// What is not known of the actor: without a complete one nothing can be approved, since others would look the same.
fn unknown_actor(policy: &Policy, request: &RawRequest) -> Option<String> {
    if let Some(path) = request.unknown.iter().find(|path| path.starts_with("actor")) {
        return Some(format!("`{path}`"));
    }
    let is_of_actor =
        |path: &str| path == "actor" || path.starts_with("actor.") || path.starts_with("actor[");
    let admitted = Request::from_raw(&policy.schema, request);
    let fault =
        admitted.faults.iter().find(|fault| is_of_actor(&fault.path) && fault.reason != Reason::ExtraField);
    match (&request.actor, fault) {
        (Some(RawValue::Map(_)), None) => None,
        (_, Some(fault)) => Some(format!("`{}`", fault.path)),
        _ => Some("`actor`".to_owned()),
    }
}

fn action_reads<'p>(policy: &'p Policy, request: &RawRequest) -> Option<&'p ReadSet> {
    policy.reads(action_type(request)?)
}

/// Whether something in a value cannot be read. Depth: a request nests at most
/// [`actra_engine::model::limits::NESTING`] deep.
fn holds_unreadable(value: &RawValue) -> bool {
    match value {
        RawValue::Unreadable(_) => true,
        RawValue::List(elements) => elements.iter().any(holds_unreadable),
        RawValue::Map(members) => members.iter().any(|(_, value)| holds_unreadable(value)),
        RawValue::Null | RawValue::Bool(_) | RawValue::Number(_) | RawValue::String(_) => false,
    }
}
