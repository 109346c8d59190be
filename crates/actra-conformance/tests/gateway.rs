//! The cases of `conformance/gateway`: what becomes of each frame of a client and a server.

#[path = "yaml/value.rs"]
mod yaml_value;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actra::approval::MemoryStore;
use actra::engine::{PolicySet, compile};
use actra::{Mode, PolicyInForce, RawMap, RawValue};
use actra_gateway::{Delivery, EventLog, Gate, GateSettings, Lock, Session};
use yaml_value::{document, files, json, list, map, text};

/// One conversation.
#[derive(Debug, Clone, Default)]
struct Case {
    name: String,
    policy: (String, String),
    revision: Option<String>,
    actor: Option<RawMap>,
    user: Option<String>,
    snapshot: RawMap,
    /// What the client says in its handshake that it can do, as JSON.
    capabilities: String,
    is_audit: bool,
    passed: Vec<String>,
    is_log_broken: bool,
    /// The tools that are locked, if they are.
    locked: Option<Vec<RawValue>>,
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
struct Step {
    side: Side,
    frame: String,
    forwarded: Option<Forwarded>,
    error: Option<String>,
    refused: Option<String>,
    answers: Option<String>,
    note: Option<String>,
    /// What the server gets besides, at the same time.
    then: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Forwarded {
    AsItIs,
    Instead(String),
    Containing(String),
}

impl Step {
    /// The step with what the gateway has asked last in the place of `$ASKED`.
    fn about(&self, asked: &str) -> Self {
        Self { frame: self.frame.replace("$ASKED", asked), ..self.clone() }
    }
}

/// What was written to the log of events, and whether it can be.
#[derive(Clone, Default)]
struct Written {
    bytes: Arc<Mutex<Vec<u8>>>,
    is_broken: bool,
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_broken {
            return Err(io::Error::other("no space is left"));
        }
        self.bytes.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn every_conversation_goes_as_it_should() {
    let cases = cases();
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| run(case).err().map(|failure| format!("{}: {failure}", case.name)))
        .collect();
    let steps: usize = cases.iter().map(|case| case.steps.len()).sum();
    assert!(failures.is_empty(), "{} of {} fail:\n{}", failures.len(), cases.len(), failures.join("\n"));
    println!("{} conversations, {steps} frames", cases.len());
    assert!(steps >= 150, "only {steps} frames were found");
}

/// The runner must be able to fail.
#[test]
fn a_wrong_expectation_is_noticed() {
    let find = |name: &str| cases().into_iter().find(|case| case.name.contains(name)).expect("the case");
    let mut allowed = find("an allowed call goes on as it was written");
    assert_eq!(run(&allowed), Ok(()));
    allowed.steps[0].forwarded = None;
    assert!(run(&allowed).is_err());
    let mut refused = find("a call that no rule allows");
    refused.steps[0].refused = Some("something else".to_owned());
    assert!(run(&refused).is_err());
    refused.steps[0].refused = None;
    assert!(run(&refused).is_err());
}

fn run(case: &Case) -> Result<(), String> {
    let written = Written { is_broken: case.is_log_broken, ..Written::default() };
    let mut session = session(case, written.clone());
    let mut asked = String::new();
    for (number, step) in (1..).zip(&case.steps) {
        let before = events(&written);
        let step = &step.about(&asked);
        let frame = step.frame.clone().into_bytes();
        let delivery = match step.side {
            Side::Client => session.take_from_client(frame),
            Side::Server => session.take_from_server(frame),
        };
        let joined = |frames: &[Vec<u8>]| {
            let frames: Vec<_> = frames.iter().map(|frame| String::from_utf8_lossy(frame)).collect();
            (!frames.is_empty()).then(|| frames.join("\n"))
        };
        let (to_server, to_client) = (joined(&delivery.to_server), joined(&delivery.to_client));
        let shown = [&to_server, &to_client];
        let told = |what: String| Err(format!("step {number}: {what} ({shown:?}, {:?})", delivery.notes));
        let (on, back) = match step.side {
            Side::Client => (to_server.clone(), to_client.clone()),
            Side::Server => (to_client.clone(), to_server.clone()),
        };
        // An error takes the place of a server's answer, or ends a call that waited for the server's tools.
        let on = on.filter(|_| step.side == Side::Client || (step.error.is_none() && step.refused.is_none()));
        let wanted = match &step.forwarded {
            None => None,
            Some(Forwarded::AsItIs) => Some(step.frame.clone()),
            Some(Forwarded::Instead(other)) => Some(other.clone()),
            Some(Forwarded::Containing(part)) => on.clone().filter(|on| on.contains(part.as_str())),
        };
        if on != wanted {
            return told(format!("{on:?} goes on, not {wanted:?}"));
        }
        if step.side == Side::Server && back.as_ref() != step.then.as_ref() && step.answers.is_none() {
            return told("something else goes back to the server".to_owned());
        }
        if step.side == Side::Server && step.then.is_none() && back.is_some() != step.answers.is_some() {
            return told("the server is answered otherwise".to_owned());
        }
        let client =
            if step.side == Side::Server && step.answers.is_some() { back } else { to_client.clone() };
        let client = client.unwrap_or_default();
        if let Some((_, question)) = client.split_once("actra.") {
            asked = format!("actra.{}", question.get(..32).unwrap_or_default());
        }
        let is_answered = step.side == Side::Client && !client.is_empty();
        let expects = step.error.is_some() || step.refused.is_some() || step.answers.is_some();
        if is_answered && !expects {
            return told("nobody expects an answer".to_owned());
        }
        let holds = |text: &Option<String>| text.as_ref().is_none_or(|text| client.contains(text.as_str()));
        if !holds(&step.error) || !holds(&step.answers) || !holds(&step.refused) {
            return told("the client is answered otherwise".to_owned());
        }
        if step.refused.is_some() && !client.contains("\"isError\":true") {
            return told("that is no error of a tool".to_owned());
        }
        let notes = delivery.notes.join("; ");
        if step.note.is_some() == notes.is_empty()
            || !step.note.as_ref().is_none_or(|note| notes.contains(note))
        {
            return told("something else is noted".to_owned());
        }
        let is_recorded = events(&written) > before;
        let calls = to_server.as_ref().is_some_and(|frames| frames.contains("\"tools/call\""));
        if calls && !is_recorded && !(case.is_audit && case.is_log_broken) {
            return told("the call goes on without an event".to_owned());
        }
    }
    Ok(())
}

fn events(written: &Written) -> usize {
    written.bytes.lock().unwrap().iter().filter(|byte| **byte == b'\n').count()
}

fn session(case: &Case, written: Written) -> Session {
    let (schema, rules) = &case.policy;
    let set = PolicySet::from_texts([("schema.yaml", schema.as_str()), ("policy.yaml", rules.as_str())]);
    let outcome = compile(&set);
    let policy = outcome.policy.unwrap_or_else(|| panic!("{}: {:?}", case.name, outcome.diagnostics));
    let settings = GateSettings {
        in_force: Arc::new(PolicyInForce::new(Arc::new(policy))),
        actor: case.actor.clone(),
        snapshot: case.snapshot.clone(),
        mode: if case.is_audit { Mode::Audit } else { Mode::Enforce },
        grant_lifetime: Duration::from_secs(900),
        user: case.user.clone(),
        events: EventLog::new(written),
    };
    let mut session = Session::new(Gate::new(settings, Arc::new(MemoryStore::new())), case.passed.clone());
    if let Some(tools) = &case.locked {
        session = session.locked(Lock::of_tools(tools).expect("a lock"));
    }
    if let Some(revision) = &case.revision {
        let capabilities = if case.capabilities.is_empty() { "{}" } else { &case.capabilities };
        let begin = format!(
            r#"{{"jsonrpc":"2.0","id":"begin","method":"initialize","params":{{"capabilities":{capabilities}}}}}"#
        );
        assert!(session.take_from_client(begin.into_bytes()).to_server.len() == 1);
        let agreed =
            format!(r#"{{"jsonrpc":"2.0","id":"begin","result":{{"protocolVersion":"{revision}"}}}}"#);
        let Delivery { to_client, .. } = session.take_from_server(agreed.clone().into_bytes());
        assert_eq!(to_client, [agreed.into_bytes()], "{}", case.name);
    }
    session
}

fn cases() -> Vec<Case> {
    files("gateway").iter().flat_map(|(name, text)| file(name, text)).collect()
}

fn file(name: &str, text: &str) -> Vec<Case> {
    let mut file = document(name, text);
    let mut take = |key: &str| file.remove(key).unwrap_or_else(|| panic!("{name} has no `{key}`"));
    let version = ("version".to_owned(), take("version"));
    let schema: RawMap = map(take("schema")).into_iter().chain([version.clone()]).collect();
    let rules =
        RawMap::from([version, ("default".to_owned(), take("default")), ("rules".to_owned(), take("rules"))]);
    let policy = (json(schema), json(rules));
    let cases = list(take("cases"));
    assert!(file.is_empty(), "{name}: what is {:?}?", file.keys().collect::<Vec<_>>());
    cases.into_iter().map(|members| case(name, &policy, map(members))).collect()
}

fn case(file: &str, policy: &(String, String), members: RawMap) -> Case {
    let mut case = Case { policy: policy.clone(), ..Case::default() };
    for (key, value) in members {
        match key.as_str() {
            "name" => case.name = format!("{file}: {}", text(value)),
            "revision" => case.revision = Some(text(value)),
            "actor" => case.actor = Some(map(value)),
            "user" => case.user = Some(text(value)),
            "capabilities" => case.capabilities = json(map(value)),
            "snapshot" => case.snapshot = map(value),
            "mode" => case.is_audit = text(value) == "audit",
            "pass" => case.passed = list(value).into_iter().map(text).collect(),
            "locked" => case.locked = Some(list(value)),
            "log" => case.is_log_broken = text(value) == "broken",
            "steps" => {
                case.steps = (1..).zip(list(value)).map(|(number, value)| step(number, map(value))).collect();
            }
            other => panic!("{file}: what is `{other}`?"),
        }
    }
    case
}

fn step(number: usize, members: RawMap) -> Step {
    let mut step = Step {
        side: Side::Client,
        frame: String::new(),
        forwarded: None,
        error: None,
        refused: None,
        answers: None,
        note: None,
        then: None,
    };
    let plain = |value| match value {
        RawValue::Number(number) => number.to_string(),
        value => text(value),
    };
    for (key, value) in members {
        match key.as_str() {
            "client" => step.frame = text(value),
            "server" => (step.side, step.frame) = (Side::Server, text(value)),
            "call" => {
                let call = text(value);
                let (tool, arguments) = call.split_once(' ').expect("a tool and its arguments");
                step.frame = format!(
                    r#"{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
                );
            }
            "forwarded" if value == RawValue::Bool(true) => step.forwarded = Some(Forwarded::AsItIs),
            "forwarded" => step.forwarded = Some(Forwarded::Instead(text(value))),
            "error" => step.error = Some(format!("\"error\":{{\"code\":{}", plain(value))),
            "refused" => step.refused = Some(text(value)),
            "answers" => step.answers = Some(plain(value)),
            "note" => step.note = Some(text(value)),
            "then" => step.then = Some(text(value)),
            "forwards" => step.forwarded = Some(Forwarded::Containing(text(value))),
            other => panic!("what is `{other}`?"),
        }
    }
    step
}
