//! What becomes of one message of a server.

use actra_engine::model::RawValue;

use super::calls::operands;
use super::tools::List;
use super::{MAX_WAITING, Passage, Session, left_out};
use crate::answer;
use crate::client_message::ClientMessage;
use crate::frame::FRAME_BYTES;
use crate::id::Id;
use crate::raw_object::RawObject;
use crate::revision::Revision;
use crate::server_message::{ServerKind, ServerMessage};

impl Session {
    /// Keeps account of a message of the server.
    pub(super) fn pass_server_message(&mut self, text: &str) -> Passage {
        let message = match ServerMessage::read(text) {
            Ok(message) => message,
            Err(fault) => return Passage::Drop(left_out(&fault)),
        };
        match message.kind {
            ServerKind::Notification { method } => {
                match method.as_str() {
                    "notifications/tools/list_changed" => self.tools.have_changed(),
                    "notifications/cancelled" => self.forget_server_request(message.params.as_deref()),
                    _ => {}
                }
                match self.gate.declares(&method) {
                    true => self.pass_declared_notification(&method, ClientMessage::read(text).ok()),
                    false => Passage::Forward,
                }
            }
            ServerKind::Response { id: None } => Passage::Forward,
            ServerKind::Response { id: Some(id) } if self.tools.is_asking(&id) => {
                self.take_own_list(message.result.as_deref());
                Passage::Wait
            }
            ServerKind::Request { id, method } => self.pass_server_request(text, id, &method),
            ServerKind::Response { id: Some(id) } => {
                if self.cancelled.contains(&id) {
                    // Its client does not wait any more.
                    self.cancelled.retain(|cancelled| *cancelled != id);
                    return Passage::Drop(left_out(&"it answers a request that was cancelled"));
                }
                let Some(method) = self.from_client.remove(&id) else {
                    return Passage::Drop(left_out(&"it answers a request that does not wait for an answer"));
                };
                match (method.as_str(), message.result) {
                    ("initialize", Some(result)) => self.agree(&id, &result),
                    ("tools/list", Some(result)) if self.gate.enforces() => {
                        Passage::Instead(self.list_tools(&id, text, &result))
                    }
                    _ => Passage::Forward,
                }
            }
        }
    }

    /// A request that the server has cancelled is not answered any more.
    fn forget_server_request(&mut self, params: Option<&str>) {
        let params = params.and_then(|params| RawObject::parse(params, &[]).ok());
        let id = params.as_ref().and_then(|params| params.get("requestId")).and_then(Id::of_json);
        if let Some(id) = id {
            self.from_server.remove(&id);
        }
    }

    /// A request of the server, which goes on unless the policy has an action of its name and does not allow it.
    fn pass_server_request(&mut self, text: &str, id: Id, method: &str) -> Passage {
        if self.from_server.len() >= MAX_WAITING {
            return Passage::Drop(left_out(&"too many of its requests wait for an answer"));
        }
        if self.from_server.contains(&id) || self.asked.has_question(&id) {
            return Passage::Drop(left_out(&"it has sent a request with the same `id` before"));
        }
        if self.gate.declares(method) {
            let refuse = |reason: &str| Passage::Answer(answer::error(Some(&id), -32600, reason));
            let message = match ClientMessage::read(text) {
                Ok(message) => message,
                Err(unreadable) => return refuse(&unreadable.fault.to_string()),
            };
            if let Err(refused) = self.gate.decide(&id, method, operands(&message.params)) {
                return Passage::Answer(answer::refused(&id, &refused));
            }
        }
        self.from_server.insert(id);
        Passage::Forward
    }

    /// The answer to `tools/list` with the tools that can be used.
    fn list_tools(&mut self, id: &Id, answer: &str, result: &str) -> String {
        let (policy, known) = (self.gate.policy(), self.gate.known_records());
        let is_readable = self.lock.is_none() || self.note_tools(result, List::Clients).is_some();
        let mut listing = std::mem::take(&mut self.listing);
        let is_shown = |tool: &str| self.is_shown(tool);
        let filtered = listing.filter(&policy, &known, result, &is_shown).filter(|_| is_readable);
        self.listing = listing;
        let answer = filtered.and_then(|result| {
            let mut answer = RawObject::parse(answer, &[]).ok()?;
            answer.set("result", result);
            Some(answer.to_json())
        });
        answer.unwrap_or_else(|| {
            let error = answer::error(Some(id), -32603, "the server's list of tools cannot be read");
            String::from_utf8_lossy(&error).into_owned()
        })
    }

    /// Takes note of what a handshake has agreed on; the client hears an error if the gateway does not know it.
    fn agree(&mut self, id: &Id, result: &str) -> Passage {
        let result = actra_wire::json_reader::parse_value_of(result.as_bytes(), FRAME_BYTES);
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
                Passage::Forward
            }
            None => {
                let error = answer::unsupported_revision(id, named);
                Passage::Instead(String::from_utf8_lossy(&error).into_owned())
            }
        }
    }
}
