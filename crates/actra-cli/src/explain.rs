//! `actra explain SET --request FILE`, `actra explain SET --plan` and `actra explain CODE`

mod nearest;
mod plan;

use actra_engine::analyze::Analyzer;
use actra_engine::diagnostics::Code;
use actra_engine::model::Effect;
use actra_engine::{describe_plan, explain};

use crate::args::{ExplainArguments, Format};
use crate::exit::{Exit, ExitStatus};
use crate::explanation::HumanExplanation;
use crate::location::{Locations, RuleLocations};
use crate::output::Output;
use crate::{policy_set, request_input};

pub(crate) fn run(arguments: &ExplainArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    match arguments.subject.to_str().filter(|text| is_code(text)) {
        Some(code) => explain_code(code, arguments, output),
        None if arguments.plan => explain_plan(arguments, output),
        None => explain_request(arguments, output),
    }
}

/// `E` or `W` and four digits.
fn is_code(text: &str) -> bool {
    let digits = text.strip_prefix(['E', 'W']).unwrap_or("");
    digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn explain_code(text: &str, arguments: &ExplainArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    if arguments.request.is_some() || arguments.plan {
        return Err(Exit::Usage(format!(
            "`{text}` is a code; write `./{text}` for the directory of that name"
        )));
    }
    let Some(code) = Code::parse(text) else {
        return Err(Exit::Usage(format!(
            "there is no diagnostic code `{text}`; reports of `actra check` name the code of each diagnostic"
        )));
    };
    match arguments.format {
        Format::Human => output.line(code.page().trim_end())?,
        Format::Json => output.json(|json| actra_wire::write_code(code, json))?,
    }
    Ok(ExitStatus::Success)
}

fn explain_request(arguments: &ExplainArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
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

fn explain_plan(arguments: &ExplainArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let (policy, sources) = policy_set::open(&arguments.subject, arguments.verbosity.level())?;
    let reached = describe_plan(&policy);
    match arguments.format {
        Format::Human => {
            let locations = Locations { sources: &sources, set: &arguments.subject };
            let rules = RuleLocations { policy: &policy, locations };
            output.bytes(plan::render(reached.as_deref(), &rules, arguments.verbosity.level()).as_bytes())?;
        }
        Format::Json => {
            output.json(|json| actra_wire::write_plan(&policy, reached.as_deref(), &sources, json))?;
        }
    }
    Ok(ExitStatus::Success)
}
