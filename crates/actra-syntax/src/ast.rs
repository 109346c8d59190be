//! The files of a policy set as written, with spans.
//!
//! Words (effects, types, operators, names) are plain text here; `actra-compile` checks whether they exist.

pub mod governance;
mod operator;

use actra_diagnostics::Span;

pub use crate::expr::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
pub use crate::spanned::{Name, Spanned};
pub use operator::StructuredOperator;

/// Plain data: literals, constants, required actions.
pub type Data = Spanned<DataKind>;

/// Plain data as YAML has it. Numbers keep the digits of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A numeral as written; checked to be a plain decimal.
    Number(String),
    /// A text, without quotes and escapes.
    String(String),
    /// A sequence.
    List(Vec<Data>),
    /// A mapping; keys are unique.
    Map(Vec<(Name, Data)>),
}

/// `schema.yaml`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    /// Declared actions in file order.
    pub actions: Vec<ActionDecl>,
    /// The place of the `actions` key's value, if it is there.
    pub actions_span: Option<Span>,
    /// Named sets of actions: names and globs.
    pub groups: Vec<(Name, Vec<Name>)>,
    /// Fields of the actor.
    pub actor: Vec<FieldDecl>,
    /// Fields of the snapshot.
    pub snapshot: Vec<FieldDecl>,
    /// `ignore` or `reject`
    pub extra_fields: Option<Name>,
    /// `ignore` or `reject`
    pub invalid_fields: Option<Name>,
}

/// One action of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionDecl {
    /// Its name.
    pub name: Name,
    /// Its fields in file order.
    pub fields: Vec<FieldDecl>,
    /// `description:`
    pub description: Option<Name>,
}

/// One field of a record or object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDecl {
    /// Its name.
    pub name: Name,
    /// Its type as written.
    pub ty: TypeDecl,
}

/// A type as written: the short form `list<string>?` is only `name`; the long form has the other parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeDecl {
    /// The whole declaration.
    pub span: Span,
    /// The type word, possibly with `<...>` and a trailing `?`.
    pub name: Name,
    /// `of:` (elements of a list or map)
    pub of: Option<Box<TypeDecl>>,
    /// `fields:` (object); the key and its fields.
    pub fields: Option<Spanned<Vec<FieldDecl>>>,
    /// `optional:`
    pub optional: Option<Spanned<bool>>,
    /// `sensitive:`
    pub sensitive: Option<Spanned<bool>>,
    /// `argument:`
    pub argument: Option<Name>,
    /// `description:`
    pub description: Option<Name>,
    /// `one_of:`
    pub one_of: Option<Spanned<Vec<Data>>>,
    /// `min:`
    pub min: Option<Data>,
    /// `max:`
    pub max: Option<Data>,
    /// `max_length:`
    pub max_length: Option<Data>,
    /// `max_items:`
    pub max_items: Option<Data>,
    /// `pattern:`
    pub pattern: Option<Name>,
}

impl TypeDecl {
    /// A type that is only a word.
    pub fn word(span: Span, name: Name) -> Self {
        Self {
            span,
            name,
            of: None,
            fields: None,
            optional: None,
            sensitive: None,
            argument: None,
            description: None,
            one_of: None,
            min: None,
            max: None,
            max_length: None,
            max_items: None,
            pattern: None,
        }
    }
}

/// One policy file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyFile {
    /// `default:`
    pub default: Option<Name>,
    /// `constants:`
    pub constants: Vec<(Name, Data)>,
    /// `definitions:`
    pub definitions: Vec<(Name, Condition)>,
    /// Names of constants and definitions whose values have faults.
    pub unread: Vec<Name>,
    /// `rules:` in file order.
    pub rules: Vec<Rule>,
    /// What could be read of rules with faults, so that their other parts are checked too.
    pub fragments: Vec<RuleFragment>,
}

/// What could be read of a rule with faults; the faults are already reported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleFragment {
    /// `id:`
    pub id: Option<Name>,
    /// `scope:`
    pub scope: Option<Scope>,
    /// `when:` and `unless:`
    pub conditions: Vec<Condition>,
    /// `effect:`
    pub effect: Option<Name>,
    /// `message:`
    pub message: Option<Template>,
    /// `mode:`
    pub mode: Option<Name>,
}

/// One rule as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The whole rule.
    pub span: Span,
    /// `id:`
    pub id: Name,
    /// `scope:`
    pub scope: Scope,
    /// `when:`
    pub when: Condition,
    /// `unless:`
    pub unless: Option<Condition>,
    /// `effect:`
    pub effect: Name,
    /// `description:`
    pub description: Option<Name>,
    /// `message:` as a template.
    pub message: Option<Template>,
    /// `required_actions:`; each checked to be a mapping.
    pub required_actions: Vec<Data>,
    /// `tags:`
    pub tags: Vec<Name>,
    /// `mode:`
    pub mode: Option<Name>,
}

/// `scope:` as written; the keys that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The whole scope.
    pub span: Span,
    /// `action:` names or globs, and whether they were written as a list.
    pub action: Option<Spanned<Vec<Name>>>,
    /// `group:`
    pub group: Option<Name>,
    /// `actor:` names.
    pub actor: Option<Spanned<Vec<Name>>>,
    /// `global:`
    pub global: Option<Spanned<bool>>,
}

/// A condition in either spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The whole condition.
    pub span: Span,
    /// The form of the condition, with its parts.
    pub kind: ConditionKind,
}

/// The two spellings of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConditionKind {
    /// A string that parses as CEL, or a YAML boolean.
    Expression(Expr),
    /// One comparison.
    StructuredAtom(Box<StructuredAtom>),
    /// `all: [...]`
    All(Vec<Condition>),
    /// `any: [...]`
    Any(Vec<Condition>),
    /// `not: {...}`
    Not(Box<Condition>),
}

/// `{subject, operator, value}`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructuredAtom {
    /// The left operand.
    pub subject: Subject,
    /// The operator's word.
    pub operator: Name,
    /// The right operand; `exists` has none.
    pub value: Option<AtomOperand>,
}

/// `{domain, field}`; `field` is split at its dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The whole subject.
    pub span: Span,
    /// `action`, `actor` or `snapshot`.
    pub domain: Name,
    /// The path, at least one segment.
    pub field: Vec<Name>,
}

/// The right operand of an atom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtomOperand {
    /// `literal:`
    Literal(Data),
    /// `subject:`
    Subject(Subject),
    /// `constant:`
    Constant(Name),
}

/// A message template: text and `{field.path}` holes in order; `{{` and `}}` are already unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The whole template.
    pub span: Span,
    /// Its parts.
    pub parts: Vec<TemplatePart>,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplatePart {
    /// Literal text.
    Text(String),
    /// `{a.b.c}`: the dotted path, each segment with its place.
    Hole(Vec<Name>),
}
