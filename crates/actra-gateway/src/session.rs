//! One client and one server: a state machine without I/O that says of each frame where it goes.

use std::collections::{BTreeMap, BTreeSet};

use actra_engine::model::RawValue;

use crate::answer;
use crate::client_message::{self, ClientKind, ClientMessage, Unreadable};
use crate::frame;
use crate::gate::Gate;
use crate::id::Id;
use crate::listing::Listing;
use crate::names::look_alike;
use crate::raw_object::RawObject;
use crate::revision::Revision;
use crate::server_message::{ServerKind, ServerMessage};

/// What is to be done about a frame. Frames have no line end.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What goes to the server.
    pub to_server: Option<Vec<u8>>,
    /// What goes to the client.
    pub to_client: Option<Vec<u8>>,
    /// What whoever runs the gateway should know.
    pub notes: Vec<String>,
}

impl Delivery {
    fn answer(answer: Vec<u8>) -> Self {
        Self { to_client: Some(answer), ..Self::default() }
    }

    fn note(note: String) -> Self {
        Self { notes: vec![note], ..Self::default() }
    }
}

/// The most requests that wait at once for an answer, in each direction.
const MAX_WAITING: usize = 10_000;

/// A client and a server that speak through a gate.
#[derive(Debug)]
pub struct Session {
    gate: Gate,
    listing: Listing,
    /// Methods that go on though no revision has them.
    passed: BTreeSet<String>,
    /// What both have agreed on; `None` before, and where every request says its own.
    agreed: Option<Revision>,
    /// Requests of the client that wait for the server, with their method.
    from_client: BTreeMap<Id, String>,
    /// Requests of the server that wait for the client.
    from_server: BTreeSet<Id>,
}

/// What becomes of one message of a client.
enum Ruling {
    Forward,
    Answer(Vec<u8>),
    Drop(String),
}

impl Session {
    /// A session behind a gate. Requests and notifications of a client with one of the `passed` methods go on
    /// undecided, also where the spoken revision does not have them.
    pub fn new(gate: Gate, passed: impl IntoIterator<Item = String>) -> Self {
        Self {
            gate,
            listing: Listing::default(),
            passed: passed.into_iter().collect(),
            agreed: None,
            from_client: BTreeMap::new(),
            from_server: BTreeSet::new(),
        }
    }

    /// Takes a frame of the client, without its line feed.
    pub fn take_from_client(&mut self, frame: Vec<u8>) -> Delivery {
        let text = match frame::read(frame) {
            Ok(text) => text,
            Err(error) => return Delivery::answer(answer::error(None, -32700, &error.to_string())),
        };
        if text.trim_ascii().is_empty() {
            return Delivery::default();
        }
        if let Some(messages) = client_message::batch(&text) {
            return self.take_batch(&text, &messages);
        }
        match self.rule(&text) {
            Ruling::Forward => Delivery { to_server: Some(text.into_bytes()), ..Delivery::default() },
            Ruling::Answer(answer) => Delivery::answer(answer),
            Ruling::Drop(note) => Delivery::note(note),
        }
    }

    /// Several messages at once: those that may go on do so as they were written, the others are answered.
    fn take_batch(&mut self, text: &str, messages: &[&str]) -> Delivery {
        let is_spoken = self.agreed.is_some_and(Revision::has_batches);
        if !is_spoken || messages.is_empty() {
            let reason = "a batch of messages is none of the revision that is spoken: send them one by one";
            return Delivery::answer(answer::error(None, -32600, reason));
        }
        let (mut forwarded, mut answers, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for message in messages {
            match self.rule(message) {
                Ruling::Forward => forwarded.push(message.as_bytes()),
                Ruling::Answer(answer) => answers.push(answer),
                Ruling::Drop(note) => notes.push(note),
            }
        }
        let to_server = match forwarded.len() {
            0 => None,
            count if count == messages.len() => Some(text.as_bytes().to_vec()),
            _ => Some(list(&forwarded)),
        };
        let to_client = (!answers.is_empty()).then(|| list(&answers));
        Delivery { to_server, to_client, notes }
    }

    fn rule(&mut self, text: &str) -> Ruling {
        let message = match ClientMessage::read(text) {
            Ok(message) => message,
            Err(Unreadable { id, fault }) => {
                return Ruling::Answer(answer::error(id.as_ref(), fault.code(), &fault.to_string()));
            }
        };
        match &message.kind {
            ClientKind::Request { id, method } => self.rule_request(id, method, &message),
            ClientKind::Notification { method } => self.rule_notification(method),
            ClientKind::Response { id } => match self.from_server.remove(id) {
                true => Ruling::Forward,
                false => Ruling::Drop(
                    "an answer of the client to no request of the server was left out".to_owned(),
                ),
            },
        }
    }

    fn rule_request(&mut self, id: &Id, method: &str, message: &ClientMessage) -> Ruling {
        let refuse = |code, reason: &str| Ruling::Answer(answer::error(Some(id), code, reason));
        if self.from_client.contains_key(id) {
            return refuse(-32600, "a request with this `id` waits for its answer: use another one");
        }
        if self.from_client.len() >= MAX_WAITING {
            return refuse(-32000, "too many requests wait for an answer: wait for some of them");
        }
        let stated = match message.stated_revision() {
            None => None,
            Some(stated) => match Revision::parse(stated) {
                Some(revision) => Some(revision),
                None => return Ruling::Answer(answer::unsupported_revision(id, stated)),
            },
        };
        if method == "initialize" && self.agreed.is_some() {
            return refuse(-32600, "the session has begun before: start another one");
        }
        let Some(revision) = stated.or(self.agreed) else {
            // Nothing else has a meaning before the handshake.
            if method == "initialize" || method == "ping" {
                return self.forward(id, method);
            }
            return refuse(-32600, "the session has to begin with `initialize`");
        };
        // A server reads its own revision in the request, whatever the request says.
        let is_spoken =
            revision.has_request(method) && self.agreed.is_none_or(|agreed| agreed.has_request(method));
        if !is_spoken && !self.passed.contains(method) {
            let reason = format!(
                "the revision {} of the protocol has no method `{method}`, and the gateway lets no other pass",
                revision.as_str()
            );
            return refuse(-32601, &reason);
        }
        match method {
            "tools/call" => self.rule_call(id, revision, message),
            method => self.forward(id, method),
        }
    }

    fn rule_call(&mut self, id: &Id, revision: Revision, message: &ClientMessage) -> Ruling {
        let refuse = |reason: &str| Ruling::Answer(answer::error(Some(id), -32602, reason));
        let params = &message.params;
        if let Some((name, known)) = look_alike(params.keys().map(String::as_str), CALL_MEMBERS) {
            return refuse(&format!("some servers take `{name}` for `{known}`: leave it out"));
        }
        let Some(RawValue::String(tool)) = params.get("name") else {
            return refuse("`name` has to be the name of a tool");
        };
        let arguments = match params.get("arguments") {
            None => Default::default(),
            Some(RawValue::Map(arguments)) => arguments.clone(),
            Some(_) => return refuse("`arguments` has to be an object"),
        };
        match self.gate.call(id, tool, arguments) {
            Ok(()) => self.forward(id, "tools/call"),
            Err(refused) => Ruling::Answer(answer::refused_call(id, revision, &refused)),
        }
    }

    fn forward(&mut self, id: &Id, method: &str) -> Ruling {
        self.from_client.insert(id.clone(), method.to_owned());
        Ruling::Forward
    }

    fn rule_notification(&self, method: &str) -> Ruling {
        // The newest revision has no handshake, so that what is spoken may be unknown here.
        let is_spoken = match self.agreed {
            Some(agreed) => agreed.has_notification(method),
            None => Revision::V2026_07_28.has_notification(method),
        };
        match is_spoken || self.passed.contains(method) {
            true => Ruling::Forward,
            false => Ruling::Drop(format!(
                "a notification `{method}` of the client was left out: the protocol has none"
            )),
        }
    }

    /// The server has ended: what waits for it hears so.
    pub fn server_is_gone(&mut self) -> Delivery {
        let waiting = std::mem::take(&mut self.from_client);
        let answers: Vec<Vec<u8>> =
            waiting.keys().map(|id| answer::error(Some(id), -32000, "the server has ended")).collect();
        Delivery { to_client: (!answers.is_empty()).then(|| answers.join(&b'\n')), ..Delivery::default() }
    }

    /// Takes a frame of the server, without its line feed.
    pub fn take_from_server(&mut self, frame: Vec<u8>) -> Delivery {
        let text = match frame::read(frame) {
            Ok(text) => text,
            Err(error) => return Delivery::note(format!("a message of the server was left out: {error}")),
        };
        if text.trim_ascii().is_empty() {
            return Delivery::default();
        }
        let batch = client_message::batch(&text);
        let is_batch = batch.is_some();
        let messages = batch.unwrap_or_else(|| vec![&text]);
        let (mut forwarded, mut notes, mut is_unchanged) = (Vec::new(), Vec::new(), true);
        for message in &messages {
            match self.note_server_message(message) {
                Ok(Some(other)) => {
                    is_unchanged = false;
                    forwarded.push(other);
                }
                Ok(None) => forwarded.push(message.as_bytes().to_vec()),
                Err(reason) => {
                    is_unchanged = false;
                    notes.push(format!("a message of the server was left out: {reason}"));
                }
            }
        }
        let to_client = match forwarded.len() {
            0 => None,
            _ if is_unchanged => Some(text.clone().into_bytes()),
            1 if !is_batch => forwarded.pop(),
            _ => Some(list(&forwarded)),
        };
        Delivery { to_client, notes, ..Delivery::default() }
    }

    /// Keeps account of a message of the server; `Some` where something else goes to the client instead.
    fn note_server_message(&mut self, text: &str) -> Result<Option<Vec<u8>>, String> {
        let message = ServerMessage::read(text).map_err(|fault| fault.to_string())?;
        match message.kind {
            ServerKind::Notification | ServerKind::Response { id: None } => Ok(None),
            ServerKind::Request { id } => {
                if self.from_server.len() >= MAX_WAITING {
                    return Err("too many of its requests wait for an answer".to_owned());
                }
                match self.from_server.insert(id) {
                    true => Ok(None),
                    false => Err("it has sent a request with the same `id` before".to_owned()),
                }
            }
            ServerKind::Response { id: Some(id) } => {
                let method = self.from_client.remove(&id);
                let method = method.ok_or("it answers a request that does not wait for an answer")?;
                match (method.as_str(), message.result) {
                    ("initialize", Some(result)) => Ok(self.agree(&id, result.get())),
                    ("tools/list", Some(result)) if self.gate.enforces() => {
                        Ok(Some(self.list_tools(&id, text, result.get())))
                    }
                    _ => Ok(None),
                }
            }
        }
    }

    /// The answer to `tools/list` with the tools that can be used.
    fn list_tools(&mut self, id: &Id, answer: &str, result: &str) -> Vec<u8> {
        let (policy, known) = (self.gate.policy(), self.gate.known_records());
        let filtered = self.listing.filter(&policy, &known, result);
        let answer = filtered.and_then(|result| {
            let mut answer = RawObject::parse(answer)?;
            answer.set("result", result);
            Some(answer.to_json().into_bytes())
        });
        let unreadable = "the server's list of tools cannot be read";
        answer.unwrap_or_else(|| answer::error(Some(id), -32603, unreadable))
    }

    /// Takes note of what a handshake has agreed on; an error for the client if the gateway does not know it.
    fn agree(&mut self, id: &Id, result: &str) -> Option<Vec<u8>> {
        let result = actra_wire::json::parse_value_of(result.as_bytes(), frame::FRAME_BYTES);
        let named = match &result {
            Ok(RawValue::Map(result)) => match result.get("protocolVersion") {
                Some(RawValue::String(named)) => named.as_str(),
                _ => "",
            },
            _ => "",
        };
        match Revision::parse(named) {
            Some(revision) => {
                self.agreed = Some(revision);
                None
            }
            None => Some(answer::unsupported_revision(id, named)),
        }
    }
}

/// What a call has, and what other readers may take something else for.
const CALL_MEMBERS: &[&str] = &["name", "arguments", "_meta", "task"];

/// Messages as one batch.
fn list<T: AsRef<[u8]>>(messages: &[T]) -> Vec<u8> {
    let mut out = b"[".to_vec();
    for (number, message) in messages.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        out.extend_from_slice(message.as_ref());
    }
    out.push(b']');
    out
}
