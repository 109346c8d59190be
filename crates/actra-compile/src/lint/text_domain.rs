//! Which texts an operand can be, by its type and by the functions applied to it.

use actra_ir::{Comparison, Expr, ExprKind, Function, Rule};
use actra_model::{RecordName, Schema, Value, ValueState};

use super::number_range;

/// The most values that are tried one by one.
const MAX_ENUMERATED_TEXTS: usize = 64;

/// The texts that an operand can be.
struct TextDomain {
    /// All of them, where they are few.
    values: Option<Vec<String>>,
    /// How many code points they have at most.
    longest: Option<usize>,
    /// Characters that none of them contains.
    never: fn(char) -> bool,
    /// Whether blanks at their ends are taken away.
    trimmed: bool,
}

/// How a text is looked for in another.
#[derive(Clone, Copy)]
enum MatchMode {
    Whole,
    Start,
    End,
    Anywhere,
}

/// The result of a test of texts with literals, if it is the same for every request; `None` for other tests.
pub(super) fn constant(test: &Expr, rule: &Rule, schema: &Schema) -> Option<bool> {
    let of = |operand: &Expr| domain_of(operand, rule, schema);
    match &test.kind {
        ExprKind::Compare { op: Comparison::Equal, left, right } => match (literal(left), literal(right)) {
            (None, Some(text)) => of(left)?.are(text, MatchMode::Whole),
            (Some(text), None) => of(right)?.are(text, MatchMode::Whole),
            _ => None,
        },
        ExprKind::Compare { op, left, right } => {
            let less =
                |left: &str, right: &str| if *op == Comparison::Less { left < right } else { left <= right };
            match (literal(left), literal(right)) {
                (None, Some(text)) => of(left)?.all(|value| less(value, text)),
                (Some(text), None) => of(right)?.all(|value| less(text, value)),
                _ => None,
            }
        }
        ExprKind::Matches { operand, pattern } => of(operand)?.all(|value| pattern.is_match(value)),
        ExprKind::Call { function, args } => {
            let [text, part] = args.as_slice() else { return None };
            let mode = match function {
                Function::StartsWith => MatchMode::Start,
                Function::EndsWith => MatchMode::End,
                Function::Contains => MatchMode::Anywhere,
                _ => return None,
            };
            of(text)?.are(literal(part)?, mode)
        }
        ExprKind::In { element, container } => match literal(element) {
            Some(text) => among_parts(text, container),
            None => among(element, container, rule, schema),
        },
        _ => None,
    }
}

/// `x in ["a", "b"]`: never, if `x` is none of them.
fn among(element: &Expr, container: &Expr, rule: &Rule, schema: &Schema) -> Option<bool> {
    let ExprKind::Literal(Value::List(items)) = &container.kind else { return None };
    let domain_of = domain_of(element, rule, schema);
    let numbers = number_range::of(element, rule, schema);
    let never = |item: &ValueState| match item {
        ValueState::Present(Value::String(text)) => {
            domain_of.as_ref().is_some_and(|domain_of| domain_of.are(text, MatchMode::Whole) == Some(false))
        }
        ValueState::Present(Value::Number(number)) => {
            numbers.is_some_and(|numbers| numbers.is_never(*number))
        }
        _ => false,
    };
    (!items.is_empty() && items.iter().all(never)).then_some(false)
}

/// `"a,b" in x.split(",")`: no part holds the separator.
fn among_parts(text: &str, container: &Expr) -> Option<bool> {
    let ExprKind::Call { function: Function::Split, args } = &container.kind else { return None };
    let [_, separator] = args.as_slice() else { return None };
    let separator = literal(separator).filter(|separator| !separator.is_empty())?;
    text.contains(separator).then_some(false)
}

fn literal(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Literal(Value::String(text)) => Some(text),
        _ => None,
    }
}

impl TextDomain {
    fn unrestricted() -> TextDomain {
        TextDomain { values: None, longest: None, never: |_| false, trimmed: false }
    }

    fn mapped(self, change: impl Fn(&str) -> String) -> TextDomain {
        let values = self.values.map(|values| values.iter().map(|value| change(value)).collect());
        TextDomain { values, ..self }
    }

    /// The result of a test, if the texts are few and it is the same for each of them.
    fn all(&self, test: impl Fn(&str) -> bool) -> Option<bool> {
        let mut truths = self.values.as_ref()?.iter().map(|value| test(value));
        let first = truths.next()?;
        truths.all(|truth| truth == first).then_some(first)
    }

    fn are(&self, text: &str, mode: MatchMode) -> Option<bool> {
        if let Some(truth) = self.all(|value| match mode {
            MatchMode::Whole => value == text,
            MatchMode::Start => value.starts_with(text),
            MatchMode::End => value.ends_with(text),
            MatchMode::Anywhere => value.contains(text),
        }) {
            return Some(truth);
        }
        let too_long = self.longest.is_some_and(|longest| text.chars().count() > longest);
        let never = self.never;
        let blank = |end: Option<char>| self.trimmed && end.is_some_and(char::is_whitespace);
        let starts = matches!(mode, MatchMode::Whole | MatchMode::Start) && blank(text.chars().next());
        let ends = matches!(mode, MatchMode::Whole | MatchMode::End) && blank(text.chars().next_back());
        (too_long || text.chars().any(never) || starts || ends).then_some(false)
    }
}

/// The texts that an operand can be; `None` if it is not text.
fn domain_of(operand: &Expr, rule: &Rule, schema: &Schema) -> Option<TextDomain> {
    match &operand.kind {
        ExprKind::Field { record: RecordName::Action, name } if &**name == "type" => {
            let names = rule.actions.iter().filter_map(|id| Some(schema.action(*id)?.name.to_string()));
            let values = (rule.actions.len() <= MAX_ENUMERATED_TEXTS).then(|| names.collect());
            Some(TextDomain { values, ..TextDomain::unrestricted() })
        }
        ExprKind::Field { record, name } => Some(of_field(*record, name, rule, schema)),
        ExprKind::Call { function, args } => {
            let of = || domain_of(args.first()?, rule, schema);
            Some(match function {
                Function::LowerAscii => {
                    TextDomain { never: |c| c.is_ascii_uppercase(), ..of()?.mapped(str::to_ascii_lowercase) }
                }
                Function::UpperAscii => {
                    TextDomain { never: |c| c.is_ascii_lowercase(), ..of()?.mapped(str::to_ascii_uppercase) }
                }
                Function::Trim => TextDomain { trimmed: true, ..of()?.mapped(|text| text.trim().to_owned()) },
                Function::Substring => {
                    let longest = length(args).or(of()?.longest);
                    TextDomain { longest, values: None, trimmed: false, ..of()? }
                }
                _ => return None,
            })
        }
        ExprKind::Member { .. } | ExprKind::Lookup { .. } | ExprKind::Variable(_) => {
            Some(TextDomain::unrestricted())
        }
        _ => None,
    }
}

/// How many code points `x.substring(start, end)` has.
fn length(args: &[Expr]) -> Option<usize> {
    let [_, start, end] = args else { return None };
    let whole = |expr: &Expr| match &expr.kind {
        ExprKind::Literal(Value::Number(number)) => number.to_i64(),
        _ => None,
    };
    usize::try_from(whole(end)?.checked_sub(whole(start)?)?).ok()
}

fn of_field(record: RecordName, name: &str, rule: &Rule, schema: &Schema) -> TextDomain {
    let types: Vec<_> = number_range::types(record, name, rule, schema).collect();
    let longest = types.iter().map(|ty| ty.constraints.max_length).collect::<Option<Vec<_>>>();
    let mut values = Some(Vec::new()).filter(|_| !types.is_empty());
    for ty in &types {
        let domain_of =
            ty.constraints.one_of.as_ref().filter(|one_of| one_of.len() <= MAX_ENUMERATED_TEXTS).and_then(
                |one_of| {
                    one_of
                        .iter()
                        .map(|value| match value {
                            Value::String(text) => Some(text.to_string()),
                            _ => None,
                        })
                        .collect::<Option<Vec<_>>>()
                },
            );
        values = values.zip(domain_of).map(|(mut all, domain_of)| {
            all.extend(domain_of);
            all
        });
    }
    TextDomain {
        values,
        longest: longest.and_then(|all| all.into_iter().max()),
        ..TextDomain::unrestricted()
    }
}
