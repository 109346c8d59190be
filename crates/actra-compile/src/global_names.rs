//! Constants and definitions of the whole set.

use std::collections::{BTreeMap, BTreeSet};

use actra_diagnostics::{Diagnostic, codes};
use actra_model::{RawValue, TypeKind, Value};
use actra_syntax::ast::{self, Condition, ConditionKind, Expr, ExprKind, Name};
use actra_syntax::identifier::is_identifier;

use crate::literal;
use crate::shorten::shortened;

/// What bare names and `constants.NAME` stand for.
#[derive(Default)]
pub(crate) struct Names<'a> {
    pub(crate) constants: BTreeMap<&'a str, Constant>,
    pub(crate) definitions: BTreeMap<&'a str, &'a Condition>,
    /// Declared but faulty: using them raises no further error.
    pub(crate) faulty: BTreeSet<&'a str>,
}

/// A constant: its value and its own type.
pub(crate) struct Constant {
    pub(crate) value: RawValue,
    pub(crate) kind: TypeKind,
    /// The typed value, shared by all uses; `None` if some part of it is invalid.
    pub(crate) typed: Option<Value>,
}

/// What a name may be declared for; each kind has names of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum NameKind {
    Constant,
    Definition,
}

impl NameKind {
    fn as_str(self) -> &'static str {
        match self {
            NameKind::Constant => "constant",
            NameKind::Definition => "definition",
        }
    }
}

/// The names so far, with their places.
type DeclaredNames<'a> = BTreeMap<(NameKind, &'a str), &'a Name>;

/// CEL's reserved words and literals, which no name may take.
pub(crate) const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// Names that mean something in every expression.
pub(crate) const BUILT_IN: [&str; 5] = ["action", "actor", "snapshot", "constants", "sets"];

/// Collects the names of all files; reports duplicates, bad names, bad constants and cycles.
pub(crate) fn resolve<'a>(files: &'a [ast::PolicyFile], diagnostics: &mut Vec<Diagnostic>) -> Names<'a> {
    let mut names = Names::default();
    let mut declared = DeclaredNames::new();
    for file in files {
        for (name, data) in &file.constants {
            if !declare(&mut declared, NameKind::Constant, name, diagnostics) {
                continue;
            }
            match constant(data, diagnostics) {
                Some(constant) => drop(names.constants.insert(&name.value, constant)),
                None => drop(names.faulty.insert(&name.value)),
            }
        }
        for (name, condition) in &file.definitions {
            if declare(&mut declared, NameKind::Definition, name, diagnostics) {
                names.definitions.insert(&name.value, condition);
            }
        }
    }
    names.faulty.extend(files.iter().flat_map(|file| &file.unread).map(|name| name.value.as_str()));
    report_cycles(&mut names, &declared, diagnostics);
    names
}

/// Whether a name may be declared, and was not before; reports why not.
fn declare<'a>(
    declared: &mut DeclaredNames<'a>,
    kind: NameKind,
    name: &'a Name,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    let taken = RESERVED.contains(&name.value.as_str())
        || (kind == NameKind::Definition && BUILT_IN.contains(&name.value.as_str()));
    if taken || !is_identifier(&name.value) {
        let why = if taken {
            "it means something else in expressions"
        } else {
            "use letters, digits and `_`, not starting with a digit"
        };
        let message = format!("`{}` is not a valid name for a {}", shortened(&name.value), kind.as_str());
        diagnostics.push(Diagnostic::new(codes::BAD_NAME, name.span, message).help(why));
        return false;
    }
    if let Some(first) = declared.get(&(kind, name.value.as_str())) {
        diagnostics.push(
            Diagnostic::new(
                codes::DUPLICATE_ID,
                name.span,
                format!("the {} `{}` is declared twice", kind.as_str(), name.value),
            )
            .also(first.span, "first declared here")
            .help("names must be unique across all files of the set; rename one"),
        );
        return false;
    }
    declared.insert((kind, &name.value), name);
    true
}

fn constant(data: &ast::Data, diagnostics: &mut Vec<Diagnostic>) -> Option<Constant> {
    let value = literal::raw(data, diagnostics)?;
    match literal::infer(&value) {
        Ok(kind) => Some(Constant { typed: literal::read(&kind, &value), value, kind }),
        Err(reason) => {
            diagnostics.push(
                Diagnostic::new(codes::BAD_CONSTANT, data.span, format!("this is not a constant: {reason}"))
                    .help("a constant must be text, a number, a boolean, or a list or map of one of these"),
            );
            None
        }
    }
}

/// Removes definitions that use themselves, directly or through others, so that expanding the remaining ones ends.
fn report_cycles<'a>(names: &mut Names<'a>, declared: &DeclaredNames<'a>, diagnostics: &mut Vec<Diagnostic>) {
    let uses: Uses<'a> = names
        .definitions
        .iter()
        .map(|(name, condition)| {
            let mut used = BTreeSet::new();
            condition_names(condition, &mut used);
            used.retain(|used| names.definitions.contains_key(used));
            (*name, used)
        })
        .collect();
    let not_expandable = without_leaves(&uses);
    let circular = without_leaves(&reversed(&not_expandable));
    for name in not_expandable.keys() {
        names.definitions.remove(name);
        names.faulty.insert(name);
    }
    for name in circular.keys() {
        let Some(place) = declared.get(&(NameKind::Definition, *name)) else { continue };
        let through = uses.get(name).into_iter().flatten().filter(|used| circular.contains_key(*used));
        let through: Vec<String> = through.map(|used| format!("`{used}`")).collect();
        diagnostics.push(
            Diagnostic::new(codes::DEFINITION_CYCLE, place.span, format!("`{name}` uses itself"))
                .label(format!("through {}", through.join(", ")))
                .help("definitions may use each other, but not in a cycle"),
        );
    }
}

/// Which names each name uses.
type Uses<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// What is left after each name that uses no name that is left has been taken away, until there is none: the names
/// that lie on a cycle or lead to one.
fn without_leaves<'a>(uses: &Uses<'a>) -> Uses<'a> {
    let users = reversed(uses);
    let mut counts: BTreeMap<&str, usize> = uses.iter().map(|(name, used)| (*name, used.len())).collect();
    let mut leaves: Vec<&str> =
        counts.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    while let Some(leaf) = leaves.pop() {
        counts.remove(leaf);
        for user in users.get(leaf).into_iter().flatten() {
            let Some(count) = counts.get_mut(user) else { continue };
            *count -= 1;
            if *count == 0 {
                leaves.push(user);
            }
        }
    }
    let left = |name: &&str| counts.contains_key(*name);
    let kept = uses.iter().filter(|(name, _)| left(name));
    kept.map(|(name, used)| (*name, used.iter().copied().filter(left).collect())).collect()
}

/// Which names use each name.
fn reversed<'a>(uses: &Uses<'a>) -> Uses<'a> {
    let mut users: Uses<'a> = uses.keys().map(|name| (*name, BTreeSet::new())).collect();
    for (name, used) in uses {
        for used in used {
            users.entry(used).or_default().insert(name);
        }
    }
    users
}

/// The bare names that a condition uses.
pub(crate) fn condition_names<'a>(condition: &'a Condition, names: &mut BTreeSet<&'a str>) {
    match &condition.kind {
        ConditionKind::Expression(expr) => expr_names(expr, names),
        ConditionKind::StructuredAtom(_) => {}
        ConditionKind::All(parts) | ConditionKind::Any(parts) => {
            parts.iter().for_each(|part| condition_names(part, names));
        }
        ConditionKind::Not(part) => condition_names(part, names),
    }
}

fn expr_names<'a>(expr: &'a Expr, names: &mut BTreeSet<&'a str>) {
    if let ExprKind::Ident(name) = &expr.kind {
        names.insert(name);
    }
    expr.children().into_iter().for_each(|child| expr_names(child, names));
}
