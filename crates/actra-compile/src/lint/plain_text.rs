//! Globs and holes in texts that are compared or passed on literally: globs belong to scopes, placeholders to messages.

use std::collections::{BTreeMap, BTreeSet};

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_syntax::ast::{
    AtomOperand, BinaryOp, Condition, ConditionKind, Data, DataKind, Expr, ExprKind, FieldDecl, Name,
    StructuredAtom, StructuredOperator, TypeDecl,
};

use super::LintInput;

/// Warns about each such text.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut visitor = TextVisitor::new(set);
    for rule in set.files.iter().flat_map(|file| &file.rules) {
        visitor.condition(&rule.when);
        rule.unless.iter().for_each(|unless| visitor.condition(unless));
        rule.required_actions.iter().for_each(|action| visitor.data(action, TextUse::PassedOn));
    }
    let invariants = set.governance.into_iter().flat_map(|governance| &governance.invariants);
    invariants.filter_map(|invariant| invariant.when.as_ref()).for_each(|when| visitor.condition(when));
    let records = set.schema_decl.actions.iter().map(|action| &action.fields);
    let records = records.chain([&set.schema_decl.actor, &set.schema_decl.snapshot]);
    records.for_each(|fields| visitor.fields(fields));
    diagnostics.extend(visitor.found.into_iter().map(|(span, (what, usage))| report(span, what, usage)));
}

/// What is done with a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TextUse {
    Compared,
    /// Searched for in other text, where a star may be meant.
    LookedFor,
    PassedOn,
}

/// Syntax in a text that means something in other places.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ForeignSyntax {
    Glob,
    Hole,
}

struct TextVisitor<'a> {
    definitions: BTreeMap<&'a str, &'a Condition>,
    constants: BTreeMap<&'a str, &'a Data>,
    /// Macro variables that range over a constant, with its name.
    variables: Vec<(&'a str, &'a str)>,
    /// Definitions that were visited, by name and by the use of their value.
    entered: BTreeSet<(&'a str, Option<TextUse>)>,
    found: BTreeMap<Span, (ForeignSyntax, TextUse)>,
}

impl<'a> TextVisitor<'a> {
    fn new(set: &LintInput<'a>) -> Self {
        let definitions = set.files.iter().flat_map(|file| &file.definitions);
        let constants = set.files.iter().flat_map(|file| &file.constants);
        Self {
            definitions: definitions.map(|(name, condition)| (name.value.as_str(), condition)).collect(),
            constants: constants.map(|(name, data)| (name.value.as_str(), data)).collect(),
            variables: Vec::new(),
            entered: BTreeSet::new(),
            found: BTreeMap::new(),
        }
    }

    fn check_text(&mut self, text: &str, span: Span, usage: TextUse) {
        let what = if has_hole(text) {
            ForeignSyntax::Hole
        } else if has_glob(text, usage) {
            ForeignSyntax::Glob
        } else {
            return;
        };
        self.found.entry(span).or_insert((what, usage));
    }

    fn condition(&mut self, condition: &'a Condition) {
        match &condition.kind {
            ConditionKind::Expression(expr) => self.expr(expr),
            ConditionKind::StructuredAtom(atom) => self.atom(atom),
            ConditionKind::All(parts) | ConditionKind::Any(parts) => {
                parts.iter().for_each(|part| self.condition(part));
            }
            ConditionKind::Not(part) => self.condition(part),
        }
    }

    fn atom(&mut self, atom: &'a StructuredAtom) {
        let Some(operator) = StructuredOperator::parse(&atom.operator.value) else { return };
        let usage = match operator {
            StructuredOperator::Matches => return,
            StructuredOperator::Contains | StructuredOperator::NotContains => TextUse::LookedFor,
            StructuredOperator::Equals
            | StructuredOperator::NotEquals
            | StructuredOperator::GreaterThan
            | StructuredOperator::GreaterOrEqual
            | StructuredOperator::LessThan
            | StructuredOperator::LessOrEqual
            | StructuredOperator::In
            | StructuredOperator::NotIn
            | StructuredOperator::StartsWith
            | StructuredOperator::EndsWith
            | StructuredOperator::Exists
            | StructuredOperator::Within
            | StructuredOperator::SubsetOf
            | StructuredOperator::Intersects => TextUse::Compared,
        };
        match &atom.value {
            Some(AtomOperand::Literal(data)) => self.data(data, usage),
            Some(AtomOperand::Constant(name)) => self.constant(&name.value, usage),
            Some(AtomOperand::Subject(_)) | None => {}
        }
    }

    fn data(&mut self, data: &Data, usage: TextUse) {
        match &data.value {
            DataKind::String(text) => self.check_text(text, data.span, usage),
            DataKind::List(items) => items.iter().for_each(|item| self.data(item, usage)),
            DataKind::Map(entries) => entries.iter().for_each(|(key, value)| {
                self.check_text(&key.value, key.span, usage);
                self.data(value, usage);
            }),
            DataKind::Null | DataKind::Bool(_) | DataKind::Number(_) => {}
        }
    }

    fn constant(&mut self, name: &str, usage: TextUse) {
        if let Some(data) = self.constants.get(name).copied() {
            self.data(data, usage);
        }
    }

    /// An expression whose value is not compared itself.
    fn expr(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Binary { op, left, right, .. } if compares(*op) => {
                self.used(left, TextUse::Compared);
                self.used(right, TextUse::Compared);
            }
            ExprKind::Index { operand, index, .. } => {
                self.used(operand, TextUse::Compared);
                self.used(index, TextUse::Compared);
            }
            ExprKind::Call { target: Some(target), function, args } => self.method(target, function, args),
            ExprKind::Ident(name) => self.definition(name, None),
            _ => expr.children().into_iter().for_each(|child| self.expr(child)),
        }
    }

    fn method(&mut self, target: &'a Expr, function: &Name, args: &'a [Expr]) {
        let set = matches!(&target.kind, ExprKind::Ident(name) if name == "sets");
        match function.value.as_str() {
            "matches" => self.expr(target),
            _ if set => args.iter().for_each(|arg| self.used(arg, TextUse::Compared)),
            "startsWith" | "endsWith" | "within" => {
                self.expr(target);
                args.iter().for_each(|arg| self.used(arg, TextUse::Compared));
            }
            "contains" => {
                self.expr(target);
                args.iter().for_each(|arg| self.used(arg, TextUse::LookedFor));
            }
            "all" | "exists" | "exists_one" | "filter" | "map" => self.comprehension(target, args),
            _ => std::iter::once(target).chain(args).for_each(|part| self.expr(part)),
        }
    }

    fn comprehension(&mut self, range: &'a Expr, args: &'a [Expr]) {
        self.expr(range);
        let outer = self.variables.len();
        if let (Some(constant), Some(ExprKind::Ident(name))) =
            (constant(range), args.first().map(|arg| &arg.kind))
        {
            self.variables.push((name, constant));
        }
        args.iter().skip(1).for_each(|arg| self.expr(arg));
        self.variables.truncate(outer);
    }

    /// An expression whose value is used.
    fn used(&mut self, expr: &'a Expr, usage: TextUse) {
        match &expr.kind {
            ExprKind::String(text) => self.check_text(text, expr.span, usage),
            ExprKind::List(items) => items.iter().for_each(|item| self.used(item, usage)),
            ExprKind::Map(entries) => {
                entries.iter().flat_map(|(key, value)| [key, value]).for_each(|part| self.used(part, usage));
            }
            ExprKind::Conditional { condition, then, otherwise } => {
                self.expr(condition);
                self.used(then, usage);
                self.used(otherwise, usage);
            }
            ExprKind::Binary { op: BinaryOp::Add, left, right, .. } => {
                self.used(left, usage);
                self.used(right, usage);
            }
            ExprKind::Call { target: Some(target), function, args } if function.value == "orValue" => {
                self.used(target, usage);
                args.iter().for_each(|arg| self.used(arg, usage));
            }
            ExprKind::Index { operand, index, .. } => {
                self.used(operand, usage);
                self.used(index, TextUse::Compared);
            }
            ExprKind::Ident(name) => match self.variables.iter().rev().find(|(variable, _)| variable == name)
            {
                Some((_, constant)) => self.constant(constant, usage),
                None => self.definition(name, Some(usage)),
            },
            _ => match constant(expr) {
                Some(name) => self.constant(name, usage),
                None => self.expr(expr),
            },
        }
    }

    fn definition(&mut self, name: &'a str, usage: Option<TextUse>) {
        let Some(condition) = self.definitions.get(name).copied() else { return };
        if !self.entered.insert((name, usage)) {
            return;
        }
        match (&condition.kind, usage) {
            (ConditionKind::Expression(expr), Some(usage)) => self.used(expr, usage),
            _ => self.condition(condition),
        }
    }

    fn fields(&mut self, fields: &[FieldDecl]) {
        fields.iter().for_each(|field| self.declared(&field.ty));
    }

    fn declared(&mut self, ty: &TypeDecl) {
        let values = ty.one_of.iter().flat_map(|one_of| &one_of.value);
        values.for_each(|value| self.data(value, TextUse::Compared));
        ty.of.iter().for_each(|element| self.declared(element));
        ty.fields.iter().for_each(|fields| self.fields(&fields.value));
    }
}

/// `constants.NAME`
fn constant(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Select { operand, field, .. } if matches!(&operand.kind, ExprKind::Ident(name) if name == "constants") => {
            Some(&field.value)
        }
        _ => None,
    }
}

fn compares(op: BinaryOp) -> bool {
    use BinaryOp::{Equal, Greater, GreaterOrEqual, In, Less, LessOrEqual, NotEqual};
    matches!(op, In | Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual)
}

/// Whether a text has a star that was probably meant as a glob. Callers send a star alone for "everything", such as the
/// verbs of a role, so whoever compares with it means the star itself.
fn has_glob(text: &str, usage: TextUse) -> bool {
    match usage {
        TextUse::Compared => text.contains('*') && text != "*",
        TextUse::LookedFor => false,
        TextUse::PassedOn => text.contains('*'),
    }
}

/// Whether a text holds `{name}` or `${a.b}`.
fn has_hole(text: &str) -> bool {
    let inside =
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(inside, _)| inside.trim());
    inside.into_iter().any(is_dotted_name)
}

/// `actor.id`
pub(super) fn is_dotted_name(text: &str) -> bool {
    text.split('.').all(|part| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

fn report(span: Span, what: ForeignSyntax, usage: TextUse) -> Diagnostic {
    let done = if usage == TextUse::PassedOn { "passed on" } else { "compared" };
    let (message, instead) = match (what, usage) {
        (ForeignSyntax::Glob, TextUse::PassedOn) => {
            ("`*` is not a glob here", "write the names that are meant")
        }
        (ForeignSyntax::Glob, _) => (
            "`*` is not a glob here",
            "write `x.startsWith(\"...\")`, `x.endsWith(\"...\")`, `x.matches(\"^...$\")`, or `x.within(\"/dir\")` for a path",
        ),
        (ForeignSyntax::Hole, TextUse::PassedOn) => (
            "placeholders are not filled in here",
            "whoever carries out the required action has the request itself; write the text without placeholders",
        ),
        (ForeignSyntax::Hole, _) => {
            ("placeholders are not filled in here", "compare with the field itself, such as `x == actor.id`")
        }
    };
    Diagnostic::new(codes::FOREIGN_TEXT, span, format!("{message}: the text is {done} as it stands"))
        .help(instead)
        .help("globs belong in scopes, placeholders in messages; if every character is meant literally: `# actra: allow(W0021) reason`")
}
