//! Calls of tools, and other requests that the policy has an action for.

use std::time::SystemTime;

use actra_engine::model::{RawMap, RawValue};

use super::{Passage, Session};
use crate::answer;
use crate::client_message::ClientMessage;
use crate::elicitation;
use crate::gate::{Ruling, UserAnswer};
use crate::held::Held;
use crate::id::Id;
use crate::names::look_alike;
use crate::raw_object::RawObject;
use crate::revision::{Revision, is_method};

/// What a call has, and what other readers may take something else for.
const CALL_MEMBERS: &[&str] = &["name", "arguments", "_meta", "task"];

/// What is about the protocol, or comes with a call that is sent again after its user was asked.
const PROTOCOL_MEMBERS: &[&str] = &["inputResponses", "requestState", "_meta"];

/// How the states of the gateway begin; those of a server go on to it.
const STATE_PREFIX: &str = "actra.";

impl Session {
    pub(super) fn pass_call(
        &mut self,
        text: &str,
        id: &Id,
        revision: Revision,
        message: &ClientMessage,
    ) -> Passage {
        let refuse = |reason: &str| Passage::Answer(answer::error(Some(id), -32602, reason));
        let params = &message.params;
        if let Some((name, known)) = look_alike(params.keys().map(String::as_str), CALL_MEMBERS) {
            return refuse(&format!("some servers take `{name}` for `{known}`: leave it out"));
        }
        let Some(RawValue::String(tool)) = params.get("name") else {
            return refuse("`name` has to be the name of a tool");
        };
        if is_method(tool) {
            return refuse("a tool with the name of a method cannot be called through the gateway");
        }
        let arguments = match params.get("arguments") {
            None => RawMap::new(),
            Some(RawValue::Map(arguments)) => arguments.clone(),
            Some(_) => return refuse("`arguments` has to be an object"),
        };
        // Another state is another one's: the call is decided as any other.
        if let Some(RawValue::String(state)) = params.get("requestState")
            && let Some(held) = self.stated.take(state)
        {
            return self.pass_again(id, revision, held, params);
        }
        let locked = match self.locked_tool(text, id, revision, tool) {
            Ok(locked) => locked,
            Err(passage) => return passage,
        };
        let can_ask = match revision >= Revision::V2026_07_28 {
            true => elicitation::can_ask(message.stated_capabilities()),
            false => self.can_ask,
        };
        match self.gate.decide_tool(id, tool, arguments, locked, can_ask) {
            Ruling::Forward => self.wait_for_server(id, "tools/call"),
            Ruling::Refused(refused) => Passage::Answer(answer::refused_call(id, revision, &refused)),
            Ruling::Ask(asked) => {
                let held = Held { id: id.clone(), text: text.to_owned(), params: operands(params), asked };
                self.ask_user(held, revision)
            }
        }
    }

    /// Asks the user by the means of the revision, and keeps the call until the answer.
    fn ask_user(&mut self, held: Held, revision: Revision) -> Passage {
        let now = SystemTime::now();
        for held in self.stated.take_expired(now) {
            self.gate.cancel(&held.id, held.asked);
        }
        for held in self.asked.take_expired(now) {
            self.gate.cancel(&held.id, held.asked);
            let reason = "nobody has answered whether the call may be made";
            self.late_answers.push(answer::error(Some(&held.id), -32000, reason));
        }
        let asked = held.asked.request.clone();
        let (kept, question) = if revision >= Revision::V2026_07_28 {
            let Some(state) = fresh_state() else { return self.go_on(held, revision, UserAnswer::None) };
            let question = elicitation::input_required(&held.id, &state, revision, &asked);
            (self.stated.keep(state, held), question)
        } else {
            let Some(id) = fresh_state().map(Id::Text) else {
                return self.go_on(held, revision, UserAnswer::None);
            };
            let question = elicitation::request(&id, revision, &asked);
            (self.asked.keep(id, held), question)
        };
        match kept {
            Ok(()) => Passage::Answer(question),
            Err(held) => self.go_on(held, revision, UserAnswer::None),
        }
    }

    /// A call that its client sends again with what its user said.
    fn pass_again(&mut self, id: &Id, revision: Revision, held: Held, params: &RawMap) -> Passage {
        let invalid = || Passage::Answer(answer::invalid_state(id));
        if held.params != operands(params) {
            self.gate.cancel(&held.id, held.asked);
            return invalid();
        }
        // What was judged goes on, under the identifier that the client now waits for.
        let Ok(mut message) = RawObject::parse(&held.text, &[]) else { return invalid() };
        message.set("id", id.to_json());
        let text = message.to_json();
        let held = Held { id: id.clone(), text, ..held };
        self.go_on(held, revision, elicitation::answer_in(params))
    }

    /// Goes on with a call after its user was asked.
    pub(super) fn go_on(&mut self, held: Held, revision: Revision, answer: UserAnswer) -> Passage {
        let Held { id, text, asked, params } = held;
        let tool = match params.get("name") {
            Some(RawValue::String(tool)) => tool.as_str(),
            _ => "",
        };
        if let Some(objection) = self.lock_objection(tool) {
            self.gate.cancel(&id, asked);
            let refused = self.gate.refuse(&id, tool, objection);
            return Passage::Answer(answer::refused_call(&id, revision, &refused));
        }
        match self.gate.answer(&id, asked, answer) {
            Ok(()) => {
                self.from_client.insert(id, "tools/call".to_owned());
                Passage::Instead(text)
            }
            Err(refused) => Passage::Answer(answer::refused_call(&id, revision, &refused)),
        }
    }

    /// A notification of either side for which the policy has an action of the same name: nobody hears an answer.
    pub(super) fn pass_declared_notification(
        &mut self,
        method: &str,
        message: Option<ClientMessage>,
    ) -> Passage {
        let left_out = |why: &str| Passage::Drop(format!("a notification `{method}` was left out: {why}"));
        let Some(message) = message else { return left_out("it cannot be read in exactly one way") };
        let id = Id::Text("notification".to_owned());
        match self.gate.decide(&id, method, operands(&message.params)) {
            Ok(()) => Passage::Forward,
            Err(refused) => left_out(&refused.to_string()),
        }
    }

    /// A request that is no call of a tool, for which the policy has an action of the same name.
    pub(super) fn pass_declared(&mut self, id: &Id, method: &str, message: &ClientMessage) -> Passage {
        match self.gate.decide(id, method, operands(&message.params)) {
            Ok(()) => self.wait_for_server(id, method),
            Err(refused) => Passage::Answer(answer::refused(id, &refused)),
        }
    }
}

/// What an operation is asked with, but for what is about the protocol or may be new when it is sent again.
pub(super) fn operands(params: &RawMap) -> RawMap {
    let own = params.iter().filter(|(name, _)| !PROTOCOL_MEMBERS.contains(&name.as_str()));
    own.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// A state that nobody can guess; `None` without random numbers.
fn fresh_state() -> Option<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).ok()?;
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("{STATE_PREFIX}{digits}"))
}
