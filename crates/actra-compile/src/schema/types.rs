//! Types as written to types of the model.

use actra_diagnostics::{Diagnostic, codes};
use actra_model::{Fields, Type, TypeKind};
use actra_syntax::ast::{Name, TypeDecl};
use actra_syntax::{foreign_words, suggest};

use super::{FieldOwner, TypeResolver, arguments};
use crate::shorten::shortened;

const TYPE_WORDS: [&str; 15] = [
    "string",
    "number",
    "integer",
    "boolean",
    "timestamp",
    "date",
    "duration",
    "quantity",
    "ip",
    "path",
    "url",
    "list",
    "map",
    "object",
    "any",
];

impl TypeResolver<'_> {
    /// A type without a trailing `?`.
    pub(super) fn type_of(&mut self, decl: &TypeDecl, word: &str) -> Option<Type> {
        self.depth += 1;
        let kind = if self.depth > actra_model::limits::NESTING {
            self.push(
                Diagnostic::new(codes::TOO_DEEP, decl.span, "the type is nested too deep")
                    .help("types nest at most 64 deep"),
            );
            None
        } else {
            self.kind(decl, word)
        };
        self.depth -= 1;
        let kind = kind?;
        let constraints = self.constraints(decl, &kind);
        Some(Type { kind, constraints })
    }

    fn kind(&mut self, decl: &TypeDecl, word: &str) -> Option<TypeKind> {
        if let Some(of) = decl.of.as_deref().filter(|_| !matches!(word, "list" | "map")) {
            self.push(
                Diagnostic::new(
                    codes::BAD_TYPE,
                    of.span,
                    format!("`of` cannot be used with `{}`", shortened(word)),
                )
                .help("`of:` gives the elements of `type: list` or `type: map`"),
            );
        }
        if let Some(fields) = decl.fields.as_ref().filter(|_| word != "object") {
            self.push(
                Diagnostic::new(
                    codes::BAD_TYPE,
                    fields.span,
                    format!("`fields` cannot be used with `{}`", shortened(word)),
                )
                .help("`fields:` gives the members of `type: object`"),
            );
        }
        Some(match word {
            "string" => TypeKind::String,
            "number" => TypeKind::Number,
            "integer" => TypeKind::Integer,
            "boolean" => TypeKind::Boolean,
            "timestamp" => TypeKind::Timestamp,
            "date" => TypeKind::Date,
            "duration" => TypeKind::Duration,
            "quantity" => TypeKind::Quantity,
            "ip" => TypeKind::Ip,
            "path" => TypeKind::Path,
            "url" => TypeKind::Url,
            "any" => TypeKind::Any,
            "list" => TypeKind::List(Box::new(self.element(decl)?)),
            "map" => TypeKind::Map(Box::new(self.element(decl)?)),
            "object" => TypeKind::Object(self.members(decl)?),
            _ => return self.generic(decl, word),
        })
    }

    /// `list<T>` and `map<T>`; any other word is not a type.
    fn generic(&mut self, decl: &TypeDecl, word: &str) -> Option<TypeKind> {
        let inner = |head: &str| {
            word.strip_prefix(head)?
                .trim_start()
                .strip_prefix('<')?
                .trim_end()
                .strip_suffix('>')
                .map(str::trim)
        };
        let (inner_word, wrap): (&str, fn(Box<Type>) -> TypeKind) = match (inner("list"), inner("map")) {
            (Some(inner), _) => (inner, TypeKind::List),
            (None, Some(inner)) => (inner, TypeKind::Map),
            (None, None) => {
                self.push(self.no_such_type(decl, word));
                return None;
            }
        };
        if inner_word.ends_with('?') {
            self.push(self.optional_element(decl));
            return None;
        }
        let span = decl.name.span;
        let element = TypeDecl::word(span, Name { value: inner_word.to_owned(), span });
        Some(wrap(Box::new(self.type_of(&element, inner_word)?)))
    }

    fn no_such_type(&self, decl: &TypeDecl, word: &str) -> Diagnostic {
        let close = || suggest::did_you_mean(word, TYPE_WORDS);
        let close = type_elsewhere(word).or_else(close);
        let words = TYPE_WORDS.join("`, `");
        Diagnostic::new(codes::BAD_TYPE, decl.name.span, format!("`{}` is not a type", shortened(word)))
            .maybe_help(close)
            .help(format!("types are `{words}`, and `list<T>`, `map<T>`"))
    }

    fn optional_element(&self, decl: &TypeDecl) -> Diagnostic {
        Diagnostic::new(codes::BAD_TYPE, decl.name.span, "elements cannot be optional")
            .help("an element of a list or map is either there or not; remove the inner `?`")
    }

    fn element(&mut self, decl: &TypeDecl) -> Option<Type> {
        let Some(of) = decl.of.as_deref() else {
            let word = decl.name.value.trim().trim_end_matches('?');
            let message = format!("`{word}` does not say what it holds");
            let help = format!("write `{word}<string>`, or add `of:`");
            self.push(Diagnostic::new(codes::BAD_TYPE, decl.name.span, message).help(help));
            return None;
        };
        if of.name.value.trim().ends_with('?') || of.optional.as_ref().is_some_and(|flag| flag.value) {
            self.push(self.optional_element(of));
            return None;
        }
        self.check_element(of);
        self.type_of(of, of.name.value.trim())
    }

    /// Reports keys that only a field can have.
    fn check_element(&mut self, of: &TypeDecl) {
        let sensitive = of.sensitive.as_ref().filter(|flag| flag.value).map(|flag| ("sensitive", flag.span));
        let description = of.description.as_ref().map(|text| ("description", text.span));
        for (key, span) in sensitive.into_iter().chain(description) {
            let message = format!("`{key}` belongs to the field, not to its elements");
            self.push(Diagnostic::new(codes::BAD_CONSTRAINT, span, message).help("move it one level up"));
        }
        let misplaced = of.argument.as_ref().map(arguments::misplaced);
        self.diagnostics.extend(misplaced);
    }

    fn members(&mut self, decl: &TypeDecl) -> Option<Fields> {
        match &decl.fields {
            Some(fields) => Some(self.fields(&fields.value, FieldOwner::Record)),
            None => {
                let message = "`object` does not say what it holds";
                self.push(
                    Diagnostic::new(codes::BAD_TYPE, decl.name.span, message)
                        .help("add `fields:`, or use `any` for JSON of unknown shape"),
                );
                None
            }
        }
    }
}

/// What to write instead of a type of another language, and of lists of it such as `array<T>` and `T[]`.
fn type_elsewhere(word: &str) -> Option<String> {
    if let Some(instead) = foreign_words::types::replacement_for(word) {
        return Some(instead.help());
    }
    let (head, inner) = match word.strip_suffix("[]") {
        Some(inner) => ("array", inner),
        None => word.strip_suffix('>')?.split_once('<')?,
    };
    let lower = head.trim().to_ascii_lowercase();
    match foreign_words::types::replacement_for(&lower)? {
        foreign_words::Replacement::Word("list<string>") => {
            Some(format!("write `list<{}>` instead", shortened(inner.trim())))
        }
        foreign_words::Replacement::Word("map<string>") => {
            let value = inner.rsplit(',').next().unwrap_or(inner).trim();
            Some(format!("write `map<{}>` instead: keys are strings", shortened(value)))
        }
        _ => None,
    }
}
