use actra_engine::action_type;
use actra_engine::model::{Decision, Domain, Fields, RawMap, RawRequest, RawValue, Reason, Schema, TypeKind};

use super::{Lack, Refused, RefusedKind};
use crate::Stage;

/// Who reads a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// Who runs the program.
    Host,
    /// Who sent a request: why a resolver, a store or a handler failed may hold what is none of their business.
    Stranger,
}

/// `action NAME: blocked by rule ID: MESSAGE (WHAT COULD NOT BE KNOWN)`
pub(super) fn refused(refused: &Refused, reader: Reader) -> String {
    let decided = refused.decision.as_deref().filter(|_| refused.kind != RefusedKind::NotDecided);
    let by = decided.map(by).unwrap_or_default();
    let failures = refused.failures.iter().map(|failure| match failure.stage {
        Stage::Actor | Stage::Snapshot => {
            let what = format!("the {} cannot be had", failure.stage.as_str());
            if reader == Reader::Host { format!("{what}: {}", failure.reason) } else { what }
        }
        Stage::Policy if reader == Reader::Stranger => "there is no policy".to_owned(),
        Stage::Approval if reader == Reader::Stranger => "there is no grant".to_owned(),
        _ => failure.reason.clone(),
    });
    // Of what a resolver did not give, its failure says more.
    let is_told = |lack: &&Lack| {
        refused.failures.iter().any(|failure| match lack.path.as_str() {
            "" => matches!(failure.stage, Stage::Action | Stage::Actor),
            path => failure.stage != Stage::Action && path.split('.').next() == Some(failure.stage.as_str()),
        })
    };
    let matters = |lack: &&Lack| refused.decision.as_deref().is_none_or(|decision| hangs_on(decision, lack));
    let lacks = refused.lacks.iter().filter(|lack| matters(lack) && !is_told(lack)).map(ToString::to_string);
    let notes: Vec<String> = lacks.chain(failures).collect();
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    format!("action {}: {}{by}{notes}", named(&refused.action), refused.kind.as_str())
}

/// Whether a decision would perhaps be another one, if this were known: not where its rule is true anyway.
fn hangs_on(decision: &Decision<'_>, lack: &Lack) -> bool {
    let Some(rule) = decision.matched_rule.as_deref() else { return true };
    decision.undetermined.iter().any(|open| open.rule == rule && open.path == lack.path)
}

fn named(action: &str) -> String {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/');
    match !action.is_empty() && action.chars().all(is_name) {
        true => action.to_owned(),
        false => format!("{action:?}"),
    }
}

fn by(decision: &Decision<'_>) -> String {
    match (decision.matched_rule.as_deref(), decision.message.as_deref()) {
        (Some(rule), Some(message)) => format!(" by rule {rule}: {message}"),
        (Some(rule), None) => format!(" by rule {rule}"),
        (None, _) => ", no rule allows it".to_owned(),
    }
}

impl Lack {
    /// What is wrong, without the place.
    pub(super) fn sentence(&self) -> String {
        match (&self.expected, self.got) {
            (Some(expected), Some(got)) => format!("{expected} is needed, {got} was given"),
            _ => self.code.message().to_owned(),
        }
    }
}

impl std::fmt::Display for Lack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.sentence()),
            path => write!(f, "{path}: {}", self.sentence()),
        }
    }
}

/// What of a request is not as the schema has it, as far as it mattered for a decision.
pub(crate) fn lacks(schema: &Schema, request: &RawRequest, decision: &Decision<'_>) -> Vec<Lack> {
    let open = decision.undetermined.iter().map(|open| (open.path.as_ref(), open.reason));
    let mut all: Vec<(&str, Reason)> =
        decision.errors.iter().map(|fault| (fault.path.as_str(), fault.reason)).chain(open).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(|(path, code)| lack(schema, request, path, code)).collect()
}

fn lack(schema: &Schema, request: &RawRequest, path: &str, code: Reason) -> Lack {
    let place = place(schema, request, path);
    let (expected, got) = match (code, place) {
        (Reason::WrongType | Reason::Null | Reason::Missing | Reason::NotInteger, Some((kind, raw))) => {
            (Some(with_article(&kind.name())), Some(raw.map_or("nothing", what)))
        }
        _ => (None, None),
    };
    Lack { path: path.to_owned(), code, expected, got }
}

/// The type that is declared at a path of plain names, and what is there.
fn place<'a>(
    schema: &'a Schema,
    request: &'a RawRequest,
    path: &str,
) -> Option<(&'a TypeKind, Option<&'a RawValue>)> {
    let mut names = path.split('.');
    let domain = Domain::parse(names.next()?)?;
    let (fields, record) = match domain {
        Domain::Action => (&schema.action(schema.action_id(action_type(request)?)?)?.fields, &request.action),
        Domain::Actor => (&schema.actor, &request.actor),
        Domain::Snapshot => (&schema.snapshot, &request.snapshot),
    };
    let mut members = record.as_ref().and_then(members);
    let mut fields: &Fields = fields;
    loop {
        let name = names.next()?;
        let field = fields.get(name)?;
        let raw = members.and_then(|members| members.get(name));
        if names.clone().next().is_none() {
            return Some((&field.ty.kind, raw));
        }
        let TypeKind::Object(inner) = &field.ty.kind else { return None };
        fields = inner;
        members = raw.and_then(self::members);
    }
}

fn members(value: &RawValue) -> Option<&RawMap> {
    if let RawValue::Map(members) = value { Some(members) } else { None }
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {kind}")
}

fn what(value: &RawValue) -> &'static str {
    match value {
        RawValue::Null => "null",
        RawValue::Bool(_) => "a boolean",
        RawValue::Number(_) => "a number",
        RawValue::String(_) => "a string",
        RawValue::List(_) => "a list",
        RawValue::Map(_) => "an object",
        RawValue::Unreadable(_) => "what cannot be read",
    }
}
