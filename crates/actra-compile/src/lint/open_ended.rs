//! Milder outcomes by a host or directory without its delimiter: `https://corp.com` begins `https://corp.com.evil.org`,
//! and `corp.com` ends `evilcorp.com`.

use actra_diagnostics::{Diagnostic, codes};
use actra_ir::{Expr, ExprKind, Function, MacroKind};
use actra_model::{Value, ValueState};

use super::LintInput;
use crate::permissive::PermissiveWhen;

/// Warns about each test that lets a name pass which only begins or ends like the one that is meant.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for rule in set.rules {
        let permissive = set.effects.permissive_when(rule.effect, &rule.actions);
        OpenEndedVisitor { diagnostics, variables: Vec::new() }.visit(&rule.condition, permissive);
    }
}

struct OpenEndedVisitor<'a, 'e> {
    diagnostics: &'a mut Vec<Diagnostic>,
    /// Macro variables, by slot, that range over a literal list.
    variables: Vec<(usize, Vec<&'e str>)>,
}

impl<'e> OpenEndedVisitor<'_, 'e> {
    fn visit(&mut self, expr: &'e Expr, permissive: PermissiveWhen) {
        match &expr.kind {
            ExprKind::Not(inner) => self.visit(inner, permissive.flip()),
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                parts.iter().for_each(|part| self.visit(part, permissive))
            }
            ExprKind::Conditional { condition, then, otherwise } => {
                self.visit(condition, PermissiveWhen::Either);
                self.visit(then, permissive);
                self.visit(otherwise, permissive);
            }
            ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, range, variables, body, .. } => {
                let outer = self.variables.len();
                self.variables.extend(texts(range).map(|texts| (variables.first.slot, texts)));
                self.visit(body, permissive);
                self.variables.truncate(outer);
            }
            ExprKind::Call { function, args } if permissive != PermissiveWhen::False => {
                self.test(expr, *function, args)
            }
            _ => {}
        }
    }

    fn test(&mut self, expr: &Expr, function: Function, args: &'e [Expr]) {
        let [_, part] = args else { return };
        let all: &[&str] = match &part.kind {
            ExprKind::Literal(Value::String(text)) => &[text],
            ExprKind::Variable(variable) => {
                self.variables.iter().find(|(slot, _)| *slot == variable.slot).map_or(&[], |(_, texts)| texts)
            }
            _ => return,
        };
        let found = all.iter().find_map(|text| open_ended(function, text));
        self.diagnostics.extend(found.map(|(message, help)| {
            Diagnostic::new(
                codes::OPEN_ENDED,
                expr.span,
                format!("{message}, and the outcome is then more permissive"),
            )
            .help(help)
        }));
    }
}

fn texts(range: &Expr) -> Option<Vec<&str>> {
    let ExprKind::Literal(Value::List(items)) = &range.kind else { return None };
    let text = |item| match item {
        &ValueState::Present(Value::String(ref text)) => Some(&**text),
        _ => None,
    };
    Some(items.iter().filter_map(text).collect())
}

/// What else a test accepts, and what to write instead; `None` if the text ends with a delimiter.
fn open_ended(function: Function, text: &str) -> Option<(String, String)> {
    let host = text.split_once("://").map_or(text, |(_, rest)| rest);
    let is_url = host.len() < text.len();
    let closed = host.is_empty() || host.contains(['/', '?', '#']);
    match function {
        Function::StartsWith if is_url && !closed => Some((
            format!("`{text}.example.org` starts with this, too"),
            format!("end it after the host: `x.startsWith(\"{text}/\")`"),
        )),
        Function::StartsWith if text.len() > 1 && text.starts_with('/') && !text.ends_with('/') => Some((
            format!("`{text}-other` starts with this, too"),
            format!(
                "write `x.startsWith(\"{text}/\")`, or declare the field as `path` and write `x.within(\"{text}\")`"
            ),
        )),
        Function::StartsWith if is_host(text) => {
            Some((format!("`{text}.example.org` starts with this, too"), format!("write `x == \"{text}\"`")))
        }
        Function::EndsWith if is_host(text) => Some((
            format!("`other{text}` ends with this, too"),
            format!(
                "write `(x == \"{text}\" || x.endsWith(\".{text}\"))`, and `\"@{text}\"` for email addresses"
            ),
        )),
        Function::Contains if (is_url && !closed) || is_host(text.trim_start_matches(['.', '@'])) => Some((
            "this may appear anywhere in the text, such as in a path or a query".to_owned(),
            "say where: `x.startsWith(\"https://host/\")` or `x.endsWith(\".host\")`".to_owned(),
        )),
        _ => None,
    }
}

/// Extensions of file names, which are not domains.
const FILES: [&str; 24] = [
    "bak", "bin", "conf", "cfg", "csv", "doc", "docx", "exe", "gz", "html", "jpg", "js", "json", "log",
    "lock", "md", "pdf", "png", "sql", "toml", "txt", "xml", "yaml", "yml",
];

/// `corp.com`: labels with dots, the last one of letters.
fn is_host(text: &str) -> bool {
    let mut labels = text.split('.').rev();
    let last = labels.next().unwrap_or("");
    let is_label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    last.len() >= 2
        && last.chars().all(|c| c.is_ascii_alphabetic())
        && !FILES.contains(&last.to_ascii_lowercase().as_str())
        && labels.clone().next().is_some()
        && labels.all(is_label)
}
