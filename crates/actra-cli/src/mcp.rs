//! `actra mcp run|lock`

mod lock;

use std::ffi::OsString;
use std::io;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use actra_engine::Policy;
use actra_engine::diagnostics::Verbosity;
use actra_engine::model::{RawMap, RawValue, RecordName};
use actra_gateway::stdio::{self, Ended};
use actra_gateway::{EventLog, Gate, GateSettings, Session};
use actra_host::{PolledPolicy, Reload, Reloader, SqliteStore};
use actra_runtime::approval::{ApprovalStore, MemoryStore};
use actra_runtime::{Mode, PolicyInForce};

use crate::args::{McpArguments, McpCommand, RunArguments};
use crate::exit::{Exit, ExitStatus};
use crate::output::{self, printable};
use crate::{policy_set, request_input};

/// How often the policy is looked at.
const POLL: Duration = Duration::from_secs(1);

/// How long a grant is valid.
const GRANT_LIFETIME: Duration = Duration::from_secs(15 * 60);

pub(crate) fn run(arguments: &McpArguments) -> Result<ExitStatus, Exit> {
    match &arguments.command {
        McpCommand::Run(arguments) => run_server(arguments),
        McpCommand::Lock(arguments) => lock::run(arguments),
    }
}

fn run_server(arguments: &RunArguments) -> Result<ExitStatus, Exit> {
    let server = command(&arguments.server)?;
    let program = printable(server.get_program().display());
    let (in_force, _reloader) = watched_policy(arguments)?;
    let gate = gate(arguments, in_force)?;
    let mut session = Session::new(gate, arguments.pass.iter().cloned());
    if let Some(lock) = lock::read(&arguments.set, arguments.lock.as_deref())? {
        session = session.locked(lock);
    }
    let client = io::BufReader::new(io::stdin());
    let ended = stdio::run(session, server, client, io::stdout(), |note| output::message(&printable(note)));
    match ended {
        Ok(Ended::Client) => Ok(ExitStatus::Success),
        Ok(Ended::Server(status)) => {
            Err(Exit::Failure(format!("the server `{}` has ended: {status}", program)))
        }
        Err(error) => Err(Exit::Failure(format!("the server `{}`: {error}", program))),
    }
}

/// The command that starts a server.
fn command(server: &[OsString]) -> Result<Command, Exit> {
    let Some((program, arguments)) = server.split_first() else {
        return Err(Exit::Usage("the command of a server is missing".to_owned()));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    Ok(command)
}

/// The policy in force, and what replaces it when its files change.
fn watched_policy(arguments: &RunArguments) -> Result<(Arc<PolicyInForce>, Reloader), Exit> {
    let set = &arguments.set;
    let (watched, compilation) =
        PolledPolicy::open(set, None).map_err(|error| Exit::Usage(printable(error)))?;
    let compilation = policy_set::reject_errors(compilation, set, Verbosity::All)?;
    let policy = compilation.policy.ok_or_else(|| Exit::Failure("the set has no policy".to_owned()))?;
    let in_force = Arc::new(PolicyInForce::new(Arc::new(policy)));
    let name = printable(set.display());
    let reloader = Reloader::start(watched, Arc::clone(&in_force), POLL, move |reload| match reload {
        Reload::Swapped { policy } => output::message(&format!("`{name}` was replaced by {policy}")),
        Reload::Refused { reason } => {
            output::message(&format!(
                "`{name}` cannot be used, and the previous policy stays in force: {reason}"
            ));
        }
    });
    let reloader = reloader.map_err(|error| Exit::Failure(format!("cannot watch the policy: {error}")))?;
    Ok((in_force, reloader))
}

fn gate(arguments: &RunArguments, in_force: Arc<PolicyInForce>) -> Result<Gate, Exit> {
    let policy = in_force.policy();
    let record = |option, domain, text: &Option<String>| {
        text.as_deref().map(|text| record(&policy, option, domain, text)).transpose()
    };
    let settings = GateSettings {
        actor: record("--actor", RecordName::Actor, &arguments.actor)?,
        snapshot: record("--snapshot", RecordName::Snapshot, &arguments.snapshot)?.unwrap_or_default(),
        mode: if arguments.audit { Mode::Audit } else { Mode::Enforce },
        grant_lifetime: GRANT_LIFETIME,
        user: arguments.user.clone(),
        events: events(arguments)?,
        in_force,
    };
    let may_ask = policy
        .schema
        .actions
        .iter()
        .any(|action| policy.reads(&action.name).is_some_and(|reads| reads.may_ask));
    if may_ask && arguments.approvals.is_none() && arguments.user.is_none() {
        output::message(
            "the policy may ask for approval, and nobody can give it: say `--approvals FILE` for `actra approvals`, or `--user NAME`",
        );
    }
    let store: Arc<dyn ApprovalStore> = match &arguments.approvals {
        None => Arc::new(MemoryStore::new()),
        Some(path) => Arc::new(SqliteStore::open(path).map_err(|error| {
            Exit::Usage(format!("`{}`: {}", printable(path.display()), printable(error)))
        })?),
    };
    Ok(Gate::new(settings, store))
}

fn record(policy: &Policy, option: &str, domain: RecordName, text: &str) -> Result<RawMap, Exit> {
    match request_input::parse_record(&policy.schema, option, domain, text)? {
        RawValue::Map(record) => Ok(record),
        _ => Err(Exit::Usage(format!("`{option}`: a JSON object is expected"))),
    }
}

fn events(arguments: &RunArguments) -> Result<EventLog, Exit> {
    let Some(path) = &arguments.events else { return Ok(EventLog::new(io::stderr())) };
    EventLog::open(path).map_err(|error| Exit::Usage(format!("`{}`: {error}", printable(path.display()))))
}
