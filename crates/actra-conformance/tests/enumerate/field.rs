//! Types and fields of generated schemas.

/// A type of the language, as far as questions are about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ty {
    Bool,
    Int,
    Num,
    Str,
    Span,
    Time,
    Date,
    Path,
    Url,
    Ip,
    Amount,
    Any,
    /// An object with the fields `k`, `v`, `ls` and `o?`.
    Item,
    List(Box<Ty>),
    Map(Box<Ty>),
}

impl Ty {
    pub fn list(of: Ty) -> Ty {
        Ty::List(Box::new(of))
    }

    pub fn map(of: Ty) -> Ty {
        Ty::Map(Box::new(of))
    }

    /// What stands behind `type:`, and more keys of the long form.
    fn keys(&self) -> String {
        let name = match self {
            Ty::Bool => "boolean",
            Ty::Int => "integer",
            Ty::Num => "number",
            Ty::Str => "string",
            Ty::Span => "duration",
            Ty::Time => "timestamp",
            Ty::Date => "date",
            Ty::Path => "path",
            Ty::Url => "url",
            Ty::Ip => "ip",
            Ty::Amount => "quantity",
            Ty::Any => "any",
            Ty::Item => {
                return "object, fields: { k: string, v: integer, o: integer?, \
                        ls: { type: list, of: integer, max_items: 20 } }"
                    .to_owned();
            }
            Ty::List(of) => return format!("list, of: {{ type: {} }}", of.bounded()),
            Ty::Map(of) => return format!("map, of: {{ type: {} }}", of.bounded()),
        };
        name.to_owned()
    }

    /// Lists inside of others are short, so that going through both costs little.
    fn bounded(&self) -> String {
        let bound = if matches!(self, Ty::List(_)) { ", max_items: 20" } else { "" };
        format!("{}{bound}", self.keys())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    Action,
    Actor,
    Snapshot,
}

impl Record {
    pub fn name(self) -> &'static str {
        match self {
            Record::Action => "action",
            Record::Actor => "actor",
            Record::Snapshot => "snapshot",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub record: Record,
    pub name: &'static str,
    pub ty: Ty,
    pub optional: bool,
    /// More keys of its long form, such as `min: 0`.
    pub constraints: &'static str,
}

impl Field {
    pub fn path(&self) -> String {
        format!("{}.{}", self.record.name(), self.name)
    }

    /// The field as a line of a schema.
    pub fn yaml(&self) -> String {
        let optional = if self.optional { ", optional: true" } else { "" };
        let comma = if self.constraints.is_empty() { "" } else { ", " };
        format!("{}: {{ type: {}{optional}{comma}{} }}", self.name, self.ty.keys(), self.constraints)
    }

    /// Whether a text of a policy reads the field.
    pub fn is_in(&self, text: &str) -> bool {
        [format!("{}.{}", self.record.name(), self.name), format!("{}.?{}", self.record.name(), self.name)]
            .iter()
            .any(|path| {
                let ends = text.match_indices(path.as_str()).map(|(at, _)| at + path.len());
                ends.into_iter().any(|end| !text[end..].starts_with(|next: char| next.is_alphanumeric()))
            })
    }
}

/// What a field of a type may be narrowed by; the first is nothing for most.
pub fn constraint_sets(ty: &Ty) -> &'static [&'static str] {
    match ty {
        Ty::Int => &["", "", "min: 0, max: 3", "one_of: [1, 2]", "min: 1"],
        Ty::Num => &["", "", "min: 0", "max: 1.5"],
        Ty::Str => &["", "", "max_length: 2", "one_of: [a, b, ab]", "pattern: '^a'"],
        Ty::Span => &["", "min: 0s", "max: 1h"],
        Ty::List(_) => &["max_items: 100", "max_items: 100", "max_items: 100", "max_items: 3", ""],
        Ty::Map(_) => &["max_items: 100", "max_items: 2"],
        _ => &[""],
    }
}

/// Fields that schemas choose from. No two have one name.
pub fn all() -> Vec<Field> {
    use Record::{Action, Actor, Snapshot};
    let field = |record, name, ty| Field { record, name, ty, optional: false, constraints: "" };
    vec![
        field(Action, "lo", Ty::Int),
        field(Snapshot, "hi", Ty::Int),
        field(Actor, "cap", Ty::Int),
        field(Snapshot, "rate", Ty::Num),
        field(Action, "who", Ty::Str),
        field(Actor, "role", Ty::Str),
        field(Snapshot, "flag", Ty::Bool),
        field(Action, "ok", Ty::Bool),
        field(Action, "xs", Ty::list(Ty::Int)),
        field(Snapshot, "ys", Ty::list(Ty::Int)),
        field(Action, "ss", Ty::list(Ty::Str)),
        field(Snapshot, "ts", Ty::list(Ty::Str)),
        field(Snapshot, "ns", Ty::list(Ty::Num)),
        field(Action, "bs", Ty::list(Ty::Bool)),
        field(Snapshot, "xss", Ty::list(Ty::list(Ty::Int))),
        field(Action, "items", Ty::list(Ty::Item)),
        field(Snapshot, "ob", Ty::Item),
        field(Snapshot, "mi", Ty::map(Ty::Int)),
        field(Action, "mt", Ty::map(Ty::Str)),
        field(Snapshot, "ml", Ty::map(Ty::list(Ty::Int))),
        field(Action, "dur", Ty::Span),
        field(Snapshot, "wait", Ty::Span),
        field(Action, "at", Ty::Time),
        field(Snapshot, "now", Ty::Time),
        field(Action, "day", Ty::Date),
        field(Action, "file", Ty::Path),
        field(Snapshot, "home", Ty::Path),
        field(Action, "link", Ty::Url),
        field(Actor, "ip", Ty::Ip),
        field(Action, "mem", Ty::Amount),
        field(Action, "extra", Ty::Any),
    ]
}

/// Another type that conditions on a field of this one often compile with.
pub fn can_be_widened(ty: &Ty) -> Option<Ty> {
    match ty {
        Ty::Int => Some(Ty::Num),
        Ty::Num => Some(Ty::Int),
        Ty::Str => Some(Ty::Any),
        Ty::Any => Some(Ty::Str),
        Ty::List(of) if **of == Ty::Int => Some(Ty::list(Ty::Num)),
        Ty::List(of) if **of == Ty::Num => Some(Ty::list(Ty::Int)),
        _ => None,
    }
}
