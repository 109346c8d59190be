//! `actra explain SET --request FILE`: why a request is decided as it is.

mod nearest;

use actra_engine::analyze::Analyzer;
use actra_engine::explain;
use actra_engine::model::Effect;

use crate::args::{ExplainArguments, Format};
use crate::exit::{Exit, ExitStatus};
use crate::explanation::HumanExplanation;
use crate::output::Output;
use crate::{policy_set, request_input};

pub(super) fn explain_request(arguments: &ExplainArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let Some(path) = &arguments.request else {
        return Err(Exit::Usage("`actra explain SET` needs `--request FILE` or `--plan`".to_owned()));
    };
    let (policy, sources) = policy_set::open(&arguments.subject, arguments.verbosity.level())?;
    let request = request_input::read_request(path)?;
    request_input::report_request_errors(&policy.schema, &request);
    let explanation = explain(&policy, &request);
    let nearest = match explanation.decision.effect {
        Effect::Allow => None,
        _ => Analyzer::default().nearest(&policy, &request),
    };
    match arguments.format {
        Format::Human => {
            let nearest = nearest.as_ref().map(|change| nearest::describe(&policy, change));
            let human = HumanExplanation {
                explanation: &explanation,
                policy: &policy,
                sources: &sources,
                set: &arguments.subject,
                verbosity: arguments.verbosity.level(),
            };
            output.bytes(human.render(nearest.as_deref().unwrap_or("")).as_bytes())?;
        }
        Format::Json => output.json(|json| {
            actra_wire::write_explanation_with_nearest(
                &policy,
                &explanation,
                nearest.as_ref(),
                &sources,
                json,
            );
        })?,
    }
    Ok(ExitStatus::Success)
}
