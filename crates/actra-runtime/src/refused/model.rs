//! A refusal for a language model that made the call: what was refused, and what it is to do now.

use actra_engine::diagnostics::terminal_safe;

use super::words::{self, Audience};
use super::{FieldError, NoGrant, Refused, RefusedKind};
use crate::Stage;

/// What a language model is told: why the call was refused, and what to do, in one line.
pub(super) fn for_model(refused: &Refused) -> String {
    // A rule's message may span lines and end with a period of its own.
    let said = words::refused(refused, Audience::Sender);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let advised = format!("The call was refused: {}. {}.", said.trim_end_matches('.'), advice(refused));
    // What names of a request hold is no word of ours.
    terminal_safe(&advised).into_owned()
}

fn advice(refused: &Refused) -> String {
    let field_errors: Vec<&FieldError> = words::relevant_errors(refused).collect();
    // A tool that the policy does not know is not a matter of its arguments.
    let is_own = |error: &&FieldError| error.path.starts_with("action.") && error.path != "action.type";
    let others = refused.failures.iter().filter(|failure| failure.stage != Stage::Approval).count();
    // What a model sends, it can send otherwise; who acts and what the world is like, it cannot. Nor is anybody to
    // approve what nobody can read.
    if !field_errors.is_empty() && others == 0 && field_errors.iter().all(is_own) {
        let field_errors: Vec<String> = field_errors.iter().map(ToString::to_string).collect();
        return format!("Correct this and make the call again: {}", field_errors.join("; "));
    }
    if refused.kind == RefusedKind::NeedsApproval {
        return approval(refused);
    }
    if refused.kind == RefusedKind::NotDecided || !field_errors.is_empty() {
        return "Nothing in the call can change that: do not make it again, and tell the person you work for"
            .to_owned();
    }
    "Do not make it again, and do not try to achieve the same result in another way; tell the person you work for"
        .to_owned()
}

fn approval(refused: &Refused) -> String {
    match (&refused.approval, refused.no_grant) {
        (_, Some(NoGrant::Denied)) => {
            "A person has denied it: do not make it again, and do not try to achieve the same result in another way"
                .to_owned()
        }
        (_, Some(NoGrant::Store)) => {
            "Nobody could be asked now: make exactly the same call again later".to_owned()
        }
        (None, _) => "Nobody can approve the call as it is: do not make it again".to_owned(),
        (Some(approval), Some(_)) => {
            format!("Do not make it again unless a person tells you that approval request {} has been granted", approval.id)
        }
        (Some(approval), None) => {
            let by = roles(refused).map(|roles| format!(" ({roles})")).unwrap_or_default();
            format!(
                "Have approval request {} granted by a person{by}, and once it is granted, make exactly the same call again",
                approval.id
            )
        }
    }
}

/// Who is to approve, where the rules say so: `role: finance`.
fn roles(refused: &Refused) -> Option<String> {
    use actra_engine::model::RawValue;
    let required = refused.decision()?.required_actions.iter();
    let role = required.filter_map(|action| match action.get("role") {
        Some(RawValue::String(role)) => Some(role.as_str()),
        _ => None,
    });
    let mut roles: Vec<&str> = role.collect();
    roles.sort_unstable();
    roles.dedup();
    (!roles.is_empty()).then(|| format!("role: {}", roles.join(", ")))
}
