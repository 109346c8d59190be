//! Python: a `TypedDict` for each record of a schema.

use std::collections::BTreeSet;
use std::fmt::Write;

use actra_engine::diagnostics::terminal_safe;
use actra_engine::identifier;
use actra_engine::model::{Description, Field, Fields, Schema, Type, TypeKind, Value};

use crate::names::UniqueNames;

/// Words that are no names in Python.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];
/// Types that members have, besides those of the module.
const TYPES: &[&str] = &["bool", "date", "datetime", "int", "str", "timedelta"];
/// What the module imports or always defines.
const RESERVED_NAMES: &[&str] = &[
    "Action",
    "Actor",
    "Any",
    "Decimal",
    "False",
    "IPv4Address",
    "IPv6Address",
    "List",
    "Literal",
    "Mapping",
    "None",
    "Number",
    "PurePath",
    "Request",
    "Snapshot",
    "True",
    "TypedDict",
    "Union",
];

/// A Python module with a `TypedDict` for each action, for actor, snapshot and requests. Works with Python 3.9 and
/// later, without other packages.
///
/// Equal schemas give equal text. Cost: linear in the schema.
pub fn python(schema: &Schema) -> String {
    let mut module = Module { names: UniqueNames::with(RESERVED_NAMES), ..Module::default() };
    let mut actions = Vec::new();
    for action in &schema.actions {
        let class = module.names.class(&action.name);
        module.import("typing", "Literal");
        let kind = ClassMember::new("type", &format!("Literal[{}]", string_literal(&action.name)));
        let takes = || format!("What the action {} takes.", string_literal(&action.name));
        let doc =
            action.description.text().map_or_else(takes, |description| lines(description).join("\n    "));
        module.record(&class, &doc, &action.fields, vec![kind]);
        actions.push(class);
    }
    module.record("Actor", "Who acts.", &schema.actor, Vec::new());
    module.record("Snapshot", "Facts about the world.", &schema.snapshot, Vec::new());
    module.union("Action", &actions);
    module.request(schema);
    module.finish()
}

#[derive(Debug, Default)]
struct Module {
    names: UniqueNames,
    imports: BTreeSet<(&'static str, &'static str)>,
    has_numbers: bool,
    body: String,
}

/// A member of a class.
struct ClassMember {
    name: String,
    ty: String,
    /// What a type checker cannot know: a comment, or nothing.
    remarks: String,
    description: Description,
}

impl ClassMember {
    fn new(name: &str, ty: &str) -> Self {
        let (name, ty) = (name.to_owned(), ty.to_owned());
        Self { name, ty, remarks: String::new(), description: Description::default() }
    }

    /// What people are told of it, as comments.
    fn comments(&self, indent: &str) -> String {
        let lines = self.description.text().map(lines).unwrap_or_default();
        lines.iter().map(|line| format!("{indent}#: {line}\n")).collect()
    }
}

impl Module {
    fn import(&mut self, module: &'static str, name: &'static str) -> &'static str {
        self.imports.insert((module, name));
        name
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a text cannot fail.
        let _ = self.body.write_fmt(text);
    }

    fn record(&mut self, class: &str, doc: &str, fields: &Fields, first: Vec<ClassMember>) {
        let mut required = first;
        let mut optional = Vec::new();
        for (name, field) in fields {
            let ty = self.ty(&field.ty, &format!("{class}_{name}"));
            let (remarks, description) = (remarks(field), field.description.clone());
            let member = ClassMember { remarks, description, ..ClassMember::new(name, &ty) };
            if field.optional { optional.push(member) } else { required.push(member) }
        }
        self.import("typing", "TypedDict");
        if !required.iter().chain(&optional).all(|member| is_member_name(&member.name)) {
            return self.functional_form(class, doc, &required, &optional);
        }
        match (required.is_empty(), optional.is_empty()) {
            (true, false) => self.class(class, "TypedDict, total=False", doc, &optional),
            (_, true) => self.class(class, "TypedDict", doc, &required),
            (false, false) => {
                self.class(&format!("_{class}"), "TypedDict", "The required members.", &required);
                self.class(class, &format!("_{class}, total=False"), doc, &optional);
            }
        }
    }

    fn class(&mut self, name: &str, bases: &str, doc: &str, members: &[ClassMember]) {
        self.write(format_args!("\n\nclass {name}({bases}):\n    {}\n", docstring(doc)));
        if !members.is_empty() {
            self.write(format_args!("\n"));
        }
        for member in members {
            let ClassMember { name, ty, remarks, .. } = member;
            self.write(format_args!("{}    {name}: {ty}{remarks}\n", member.comments("    ")));
        }
    }

    /// The functional syntax of `TypedDict`, for names that a class cannot have.
    fn functional_form(
        &mut self,
        class: &str,
        doc: &str,
        required: &[ClassMember],
        optional: &[ClassMember],
    ) {
        let mut bases = Vec::new();
        for (part, members, end) in [("Required", required, ""), ("Optional", optional, "    total=False,\n")]
        {
            if members.is_empty() {
                continue;
            }
            let base = format!("_{class}{part}");
            self.write(format_args!("\n\n{base} = TypedDict(\n    \"{base}\",\n    {{\n"));
            for member in members {
                let (comments, name) = (member.comments("        "), string_literal(&member.name));
                self.write(format_args!("{comments}        {name}: {},{}\n", member.ty, member.remarks));
            }
            self.write(format_args!("    }},\n{end})\n"));
            bases.push(base);
        }
        self.class(class, &bases.join(", "), doc, &[]);
    }

    fn union(&mut self, name: &str, classes: &[String]) {
        match classes {
            [] => {
                let any = self.import("typing", "Any");
                self.write(format_args!("\n\n{name} = {any}\n"));
            }
            [one] => self.write(format_args!("\n\n{name} = {one}\n")),
            _ => {
                self.import("typing", "Union");
                self.write(format_args!("\n\n{name} = Union[{}]\n", classes.join(", ")));
            }
        }
    }

    fn request(&mut self, schema: &Schema) {
        let (mut required, mut optional) = (vec![ClassMember::new("action", "Action")], Vec::new());
        for (name, class, fields) in
            [("actor", "Actor", &schema.actor), ("snapshot", "Snapshot", &schema.snapshot)]
        {
            let place = if fields.is_empty() { &mut optional } else { &mut required };
            place.push(ClassMember::new(name, class));
        }
        if optional.is_empty() {
            return self.class(
                "Request",
                "TypedDict",
                "What `policy.evaluate` and `policy.decide` take.",
                &required,
            );
        }
        self.class("_Request", "TypedDict", "The required members.", &required);
        let doc = "What `policy.evaluate` and `policy.decide` take.";
        self.class("Request", "_Request, total=False", doc, &optional);
    }

    fn ty(&mut self, ty: &Type, name: &str) -> String {
        if let Some(literal) = ty.constraints.one_of.as_deref().and_then(literals) {
            self.import("typing", "Literal");
            return format!("Literal[{literal}]");
        }
        let or_text = |module: &mut Self, from: &'static str, names: &[&'static str]| {
            module.import("typing", "Union");
            let names: Vec<_> = names.iter().map(|name| module.import(from, name)).collect();
            format!("Union[{}, str]", names.join(", "))
        };
        match &ty.kind {
            TypeKind::String | TypeKind::Url => "str".to_owned(),
            TypeKind::Integer => "int".to_owned(),
            TypeKind::Boolean => "bool".to_owned(),
            TypeKind::Number => {
                self.has_numbers = true;
                "Number".to_owned()
            }
            TypeKind::Quantity => {
                self.has_numbers = true;
                self.import("typing", "Union");
                "Union[Number, str]".to_owned()
            }
            TypeKind::Timestamp => or_text(self, "datetime", &["datetime"]),
            TypeKind::Date => or_text(self, "datetime", &["date"]),
            TypeKind::Duration => or_text(self, "datetime", &["timedelta"]),
            TypeKind::Ip => or_text(self, "ipaddress", &["IPv4Address", "IPv6Address"]),
            TypeKind::Path => or_text(self, "pathlib", &["PurePath"]),
            TypeKind::Any => self.import("typing", "Any").to_owned(),
            TypeKind::List(element) => {
                let element = self.ty(element, &format!("{name}_item"));
                format!("{}[{element}]", self.import("typing", "List"))
            }
            TypeKind::Map(element) => {
                let element = self.ty(element, &format!("{name}_value"));
                format!("{}[str, {element}]", self.import("typing", "Mapping"))
            }
            TypeKind::Object(members) => {
                let class = self.names.class(name);
                self.record(&class, "A part of another type.", members, Vec::new());
                class
            }
        }
    }

    fn finish(mut self) -> String {
        if self.has_numbers {
            self.import("decimal", "Decimal");
            self.import("typing", "Union");
        }
        let mut out = "\"\"\"The types of a policy's schema, for editors and type checkers.\n\nGenerated by `actra codegen python`; change the schema and generate it again.\n\"\"\"\n\n".to_owned();
        let mut modules: Vec<(&str, Vec<&str>)> = Vec::new();
        for (module, name) in &self.imports {
            match modules.last_mut() {
                Some((last, names)) if last == module => names.push(name),
                _ => modules.push((module, vec![name])),
            }
        }
        for (module, names) in modules {
            let _ = writeln!(out, "from {module} import {}", names.join(", "));
        }
        if self.has_numbers {
            out.push_str(
                "\n#: Exact where it is an `int` or a `Decimal`.\nNumber = Union[int, float, Decimal]\n",
            );
        }
        out + &self.body
    }
}

/// The values as Python writes them, if they are texts, whole numbers or truths.
fn literals(values: &[Value]) -> Option<String> {
    let literal = |value: &Value| match value {
        Value::String(known) => Some(string_literal(known)),
        Value::Bool(flag) => Some(if *flag { "True" } else { "False" }.to_owned()),
        Value::Number(number) => number.to_i64().map(|number| number.to_string()),
        _ => None,
    };
    let all: Option<Vec<String>> = values.iter().map(literal).collect();
    all.filter(|all| !all.is_empty()).map(|all| all.join(", "))
}

/// What a type checker cannot know, as a comment.
fn remarks(field: &Field) -> String {
    let constraints = &field.ty.constraints;
    let mut all = Vec::new();
    let plain = |value: &Value| match value {
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    all.extend(constraints.min.as_ref().and_then(plain).map(|min| format!("at least {min}")));
    all.extend(constraints.max.as_ref().and_then(plain).map(|max| format!("at most {max}")));
    all.extend(constraints.max_length.map(|most| format!("at most {most} characters")));
    all.extend(constraints.max_items.map(|most| format!("at most {most} items")));
    if field.sensitive {
        all.push("sensitive".to_owned());
    }
    all.extend(
        field
            .argument
            .as_deref()
            .map(|argument| format!("the argument {}", string_literal(&terminal_safe(argument)))),
    );
    if all.is_empty() { String::new() } else { format!("  # {}", all.join(", ")) }
}

/// Whether a member of a class may have a name.
fn is_member_name(name: &str) -> bool {
    // Two underscores in front are changed inside of a class.
    identifier::is_identifier(name)
        && !name.starts_with("__")
        && KEYWORDS.binary_search(&name).is_err()
        // Inside of a class such a name would stand for the member.
        && !TYPES.contains(&name)
        && !RESERVED_NAMES.contains(&name)
}

/// A text as Python writes it; JSON's escapes mean the same there.
fn string_literal(text: &str) -> String {
    let mut out = Vec::new();
    actra_wire::write_text(text, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// What people are told, line by line: nothing in it ends a line of Python, or is not seen.
fn lines(description: &str) -> Vec<String> {
    let lines =
        description.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']).map(str::trim);
    lines.filter(|line| !line.is_empty()).map(|line| terminal_safe(line).into_owned()).collect()
}

fn docstring(doc: &str) -> String {
    let doc = doc.replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
    // A quote at the end would be one of those that end the text.
    let doc = doc.strip_suffix('"').map_or(doc.clone(), |start| format!("{start}\\\""));
    format!("\"\"\"{doc}\"\"\"")
}
