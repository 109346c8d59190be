//! A refusal as one line of text, and what the schema expected of each value that is not valid.

use actra_engine::diagnostics::{terminal_safe, terminal_safe_char};
use actra_engine::model::{
    Decision, Fields, RawMap, RawRequest, RawValue, Reason, RecordName, Schema, Type, TypeKind,
};
use actra_engine::{action_type, expected};

use super::{FieldError, NoGrant, Refused, RefusedKind};
use crate::{Failure, Stage};

/// Who reads a refusal, which decides how much of it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// Somebody who runs the program, and may know everything.
    Operator,
    /// Who sent a request: why a resolver, a store or a handler failed may hold what is none of their business.
    Sender,
}

/// `action NAME: blocked by rule ID: MESSAGE (WHAT COULD NOT BE KNOWN)`
pub(super) fn refused(refused: &Refused, audience: Audience) -> String {
    let decided = refused.decision.as_deref().filter(|_| refused.kind != RefusedKind::NotDecided);
    let by = decided.map(by).unwrap_or_default();
    let failures = refused.failures.iter().map(|failure| match failure.stage {
        Stage::Actor | Stage::Snapshot => {
            let what = format!("the {} could not be resolved", failure.stage.as_str());
            if audience == Audience::Operator { format!("{what}: {}", failure.reason) } else { what }
        }
        Stage::Policy if audience == Audience::Sender => "there is no policy".to_owned(),
        Stage::Observer if audience == Audience::Sender => "it could not be recorded".to_owned(),
        Stage::Approval if audience == Audience::Sender => no_grant(refused.no_grant).to_owned(),
        _ => failure.reason.clone(),
    });
    // Of what a resolver did not give, its failure says more.
    let is_explained = |error: &&FieldError| match error.path.as_str() {
        "" => refused.explained == Some(error.code),
        _ => refused.failures.iter().any(|failure| explains(failure, error)),
    };
    let field_errors = relevant_errors(refused).filter(|error| !is_explained(error)).map(ToString::to_string);
    let bound_beside = Some(refused).filter(|_| audience == Audience::Operator).and_then(bound_beside);
    let notes: Vec<String> = field_errors.chain(failures).chain(bound_beside).collect();
    // Names and values of a request are written by others, and must not pose as words of ours.
    let notes = notes.iter().map(|note| terminal_safe(note)).collect::<Vec<_>>().join("; ");
    let notes = if notes.is_empty() { notes } else { format!(" ({notes})") };
    format!("action {}: {}{by}{notes}", shown_name(&refused.action), refused.kind.as_str())
}

/// Why there is no grant, without who has said no and what cannot be captured.
fn no_grant(why: Option<NoGrant>) -> &'static str {
    match why {
        Some(NoGrant::Denied) => "it was denied",
        Some(NoGrant::Unapprovable) => "it cannot be approved",
        Some(NoGrant::Store | NoGrant::Unanswered) | None => "there is no grant",
    }
}

/// Whether a failure says more than that a value is not there. What is wrong with another one is a matter of its own.
fn explains(failure: &Failure, error: &FieldError) -> bool {
    let Some((record, name)) = error.path.split_once('.') else {
        return error.path == failure.stage.as_str();
    };
    let is_of = |reason: &str| reason.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'));
    let reason = failure.reason.strip_prefix(record).and_then(|rest| rest.strip_prefix('.'));
    failure.stage != Stage::Action
        && record == failure.stage.as_str()
        && (matches!(error.code, Reason::Unresolved | Reason::RecordMissing)
            || is_of(reason.unwrap_or(&failure.reason)))
}

/// What a grant is bound to that nobody sees in the request: one that is another each time makes every grant useless.
/// Where somebody was asked and has not granted it, that is the matter.
fn bound_beside(refused: &Refused) -> Option<String> {
    if refused.failures.iter().any(|failure| failure.stage == Stage::Approval) {
        return None;
    }
    let mut all = refused.undeclared.iter();
    let mut names: Vec<String> = all.by_ref().take(MOST_NAMES).map(|name| format!("`{name}`")).collect();
    if all.next().is_some() {
        names.push("others".to_owned());
    }
    let hint = "which the schema does not declare; name in `unbound` what should not count";
    (!names.is_empty()).then(|| format!("a grant also covers {}, {hint}", names.join(" and ")))
}

/// What is not as the schema has it, as far as the refusal hangs on it.
pub(super) fn relevant_errors(refused: &Refused) -> impl Iterator<Item = &FieldError> {
    let matters =
        |error: &&FieldError| refused.decision.as_deref().is_none_or(|decision| decides(decision, error));
    refused.field_errors.iter().filter(matters)
}

/// Whether a decision would perhaps be another one, if this were known: not where its rule is true anyway.
fn decides(decision: &Decision<'_>, error: &FieldError) -> bool {
    let Some(rule) = decision.matched_rule.as_deref() else { return true };
    decision.undetermined.iter().any(|open| open.rule == rule && open.path == error.path)
}

/// Characters of the name of an action that are shown: whoever asks may have made it up.
const LONGEST_NAME: usize = 200;
/// Arguments that are named: whoever calls may have made up any number of them.
const MOST_NAMES: usize = 8;

fn shown_name(action: &str) -> String {
    let is_visible = |c: char| terminal_safe_char(c) == c;
    let is_name = |c: char| c.is_alphanumeric() && is_visible(c) || matches!(c, '_' | '-' | '.' | ':' | '/');
    let end = action.char_indices().nth(LONGEST_NAME).map(|(end, _)| end);
    let (shown, more) = end.and_then(|end| action.get(..end)).map_or((action, ""), |start| (start, "..."));
    match !shown.is_empty() && shown.chars().all(is_name) {
        true => format!("{shown}{more}"),
        false => terminal_safe(&format!("{shown:?}{more}")).into_owned(),
    }
}

fn by(decision: &Decision<'_>) -> String {
    match (decision.matched_rule.as_deref(), decision.message.as_deref()) {
        (Some(rule), Some(message)) => {
            // A message may span lines, and what it shows of a request, too: none begins as one of ours would.
            let message = message.split('\n').map(terminal_safe).collect::<Vec<_>>().join("\n    ");
            format!(" by rule {rule}: {message}")
        }
        (Some(rule), None) => format!(" by rule {rule}"),
        (None, _) => ", no rule allows it".to_owned(),
    }
}

impl FieldError {
    /// What is wrong, without the place.
    pub(super) fn sentence(&self) -> String {
        match (&self.expected, self.got) {
            (Some(expected), _) if is_bound(self.code) => format!("{}: {expected}", self.code.message()),
            (Some(expected), Some(got)) => format!("{expected} is needed, but {got} was given"),
            (Some(expected), None) => format!("{expected} is needed"),
            _ => self.code.message().to_owned(),
        }
    }
}

impl std::fmt::Display for FieldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.sentence()),
            path => write!(f, "{path}: {}", self.sentence()),
        }
    }
}

/// What of a request is not as the schema has it, as far as it mattered for a decision.
pub(crate) fn field_errors(
    schema: &Schema,
    request: &RawRequest,
    decision: &Decision<'_>,
) -> Vec<FieldError> {
    let open = decision.undetermined.iter().map(|open| (open.path.as_ref(), open.reason));
    let mut all: Vec<(&str, Reason)> =
        decision.errors.iter().map(|fault| (fault.path.as_str(), fault.reason)).chain(open).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(|(path, code)| field_error(schema, request, path, code)).collect()
}

/// Whether a value is of its type, and not within what the schema says of it besides.
fn is_bound(code: Reason) -> bool {
    use Reason::{AboveMax, BadFormat, BelowMin, NotOneOf, PatternMismatch, TooLong, TooManyItems};
    matches!(code, AboveMax | BadFormat | BelowMin | NotOneOf | PatternMismatch | TooLong | TooManyItems)
}

fn field_error(schema: &Schema, request: &RawRequest, path: &str, code: Reason) -> FieldError {
    let (expected, got) = match (code, place(schema, request, path)) {
        (
            Reason::WrongType | Reason::Null | Reason::Missing | Reason::NotInteger,
            Some((declared, found)),
        ) => (Some(with_article(&declared.ty.kind.name())), found.description()),
        // What is allowed narrows down what was given.
        (code, Some((declared, _))) if is_bound(code) && !declared.is_sensitive => {
            (Some(expected(declared.ty, code)), None)
        }
        _ => (None, None),
    };
    FieldError { path: path.to_owned(), code, expected, got }
}

/// What a request has at the path of a fault.
#[derive(Debug, Clone, Copy)]
enum ValueAt<'a> {
    Present(&'a RawValue),
    Absent,
    /// The path does not say which element or key it is about.
    Unspecified,
}

impl<'a> ValueAt<'a> {
    fn description(self) -> Option<&'static str> {
        match self {
            ValueAt::Present(value) => Some(described(value)),
            ValueAt::Absent => Some("nothing"),
            ValueAt::Unspecified => None,
        }
    }

    fn below(self, part: impl FnOnce(&'a RawValue) -> Option<&'a RawValue>) -> Self {
        match self {
            ValueAt::Present(value) => part(value).map_or(ValueAt::Absent, ValueAt::Present),
            other => other,
        }
    }
}

/// What the schema declares at the path of a fault.
#[derive(Debug, Clone, Copy)]
struct Declared<'a> {
    ty: &'a Type,
    /// Whether it, or what it lies in, is sensitive.
    is_sensitive: bool,
}

/// What is declared at a path of plain names, indexes and `[*]`, and what is there.
fn place<'a>(schema: &'a Schema, request: &'a RawRequest, path: &str) -> Option<(Declared<'a>, ValueAt<'a>)> {
    let (record_name, mut rest) = path.split_once('.')?;
    let (mut fields, record): (&Fields, _) = match RecordName::parse(record_name)? {
        RecordName::Action => {
            (&schema.action(schema.action_id(action_type(request)?)?)?.fields, &request.action)
        }
        RecordName::Actor => (&schema.actor, &request.actor),
        RecordName::Snapshot => (&schema.snapshot, &request.snapshot),
    };
    let mut found = record.as_ref().map_or(ValueAt::Absent, ValueAt::Present);
    let mut is_sensitive = false;
    loop {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        let field = fields.get(name)?;
        is_sensitive |= field.sensitive;
        let mut ty = &field.ty;
        found = found.below(|value| members(value)?.get(name));
        rest = behind;
        while let Some(behind) = rest.strip_prefix('[') {
            let (index, behind) = behind.split_once(']')?;
            (ty, found) = element(&ty.kind, found, index)?;
            rest = behind;
        }
        match (rest.strip_prefix('.'), &ty.kind) {
            (None, _) => return rest.is_empty().then_some((Declared { ty, is_sensitive }, found)),
            (Some(behind), TypeKind::Object(inner)) => (fields, rest) = (inner, behind),
            _ => return None,
        }
    }
}

fn element<'a>(kind: &'a TypeKind, found: ValueAt<'a>, index: &str) -> Option<(&'a Type, ValueAt<'a>)> {
    match kind {
        TypeKind::List(of) | TypeKind::Map(of) if index == "*" => Some((of, ValueAt::Unspecified)),
        TypeKind::List(of) => {
            let index: usize = index.parse().ok()?;
            let at =
                |value: &'a RawValue| if let RawValue::List(all) = value { all.get(index) } else { None };
            Some((of, found.below(at)))
        }
        _ => None,
    }
}

fn members(value: &RawValue) -> Option<&RawMap> {
    if let RawValue::Map(members) = value { Some(members) } else { None }
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {kind}")
}

fn described(value: &RawValue) -> &'static str {
    match value {
        RawValue::Null => "null",
        RawValue::Bool(_) => "a boolean",
        RawValue::Number(_) => "a number",
        RawValue::String(_) => "a string",
        RawValue::List(_) => "a list",
        RawValue::Map(_) => "an object",
        RawValue::Unreadable(_) => "something unreadable",
    }
}
