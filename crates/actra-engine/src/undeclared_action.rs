//! What to say of an action that a schema does not declare.

use actra_diagnostics::terminal_safe;
use actra_model::Schema;
use actra_syntax::suggest;

/// The most actions that are named.
const MAX_NAMED: usize = 10;

/// A sentence about an action that a schema does not declare: what was probably meant, or else which actions there are.
///
/// Cost: linear in the actions of the schema.
pub fn undeclared_action_help(schema: &Schema, name: &str) -> String {
    let known = || schema.actions.iter().map(|action| action.name.as_ref());
    let help = match suggest::closest(name, known()) {
        Some(close) => format!("did you mean `{close}`?"),
        None => {
            let named: Vec<&str> = known().take(MAX_NAMED).collect();
            let more = schema.actions.len().saturating_sub(MAX_NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("it declares {}{more}", named.join(", "))
        }
    };
    format!("the schema declares no action `{}`; {help}", terminal_safe(name))
}
