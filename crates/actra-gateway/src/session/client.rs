//! What becomes of one message of a client.

use super::{MAX_WAITING, Passage, Session};
use crate::answer;
use crate::client_message::{ClientKind, ClientMessage, Unreadable};
use crate::elicitation;
use crate::id::Id;
use crate::revision::Revision;

/// So many cancelled requests are remembered.
const MAX_CANCELLED: usize = 10_000;

impl Session {
    pub(super) fn pass_client_message(&mut self, text: &str) -> Passage {
        let message = match ClientMessage::read(text) {
            Ok(message) => message,
            Err(Unreadable { id, fault }) => {
                return Passage::Answer(answer::error(id.as_ref(), fault.code(), &fault.to_string()));
            }
        };
        match &message.kind {
            ClientKind::Request { id, method } => self.pass_request(text, id, method, &message),
            ClientKind::Notification { method } => self.pass_notification(method, &message),
            ClientKind::Response { id } => self.pass_response(id, &message),
        }
    }

    fn pass_request(&mut self, text: &str, id: &Id, method: &str, message: &ClientMessage) -> Passage {
        let refuse = |code, reason: &str| Passage::Answer(answer::error(Some(id), code, reason));
        let is_taken = self.from_client.contains_key(id)
            || self.cancelled.contains(id)
            || self.asked.has_call(id)
            || self.tools.has_waiting(id)
            || self.tools.is_asking(id);
        if is_taken {
            return refuse(-32600, "a request with this `id` waits for its answer: use another one");
        }
        if self.from_client.len() >= MAX_WAITING {
            return refuse(-32000, "too many requests wait for an answer: wait for some of them");
        }
        let stated = match message.stated_revision() {
            None => None,
            Some(stated) => match Revision::parse(stated) {
                Some(revision) => Some(revision),
                None => return Passage::Answer(answer::unsupported_revision(id, stated)),
            },
        };
        if method == "initialize" && self.agreed.is_some() {
            return refuse(-32600, "the session has begun before: start another one");
        }
        let Some(revision) = stated.or(self.agreed) else {
            return match method {
                "initialize" => {
                    self.can_ask = elicitation::can_ask(message.params.get("capabilities"));
                    self.wait_for_server(id, method)
                }
                "ping" => self.wait_for_server(id, method),
                // Nothing else has a meaning before the handshake.
                _ => refuse(-32600, "the session has to begin with `initialize`"),
            };
        };
        // A server reads its own revision in the request, whatever the request says.
        let is_spoken =
            revision.has_request(method) && self.agreed.is_none_or(|agreed| agreed.has_request(method));
        if !is_spoken && !self.undecided_methods.contains(method) {
            let reason = format!(
                "the revision {} of the protocol has no method `{method}`, and the gateway lets no other pass",
                revision.as_str()
            );
            return refuse(-32601, &reason);
        }
        match method {
            "tools/call" => self.pass_call(text, id, revision, message),
            method if self.gate.declares(method) => self.pass_declared(id, method, message),
            method => self.wait_for_server(id, method),
        }
    }

    pub(super) fn wait_for_server(&mut self, id: &Id, method: &str) -> Passage {
        self.from_client.insert(id.clone(), method.to_owned());
        Passage::Forward
    }

    fn pass_notification(&mut self, method: &str, message: &ClientMessage) -> Passage {
        // The newest revision has no handshake, so that what is spoken may be unknown here.
        let is_spoken = match self.agreed {
            Some(agreed) => agreed.has_notification(method),
            None => Revision::V2026_07_28.has_notification(method),
        };
        if !is_spoken && !self.undecided_methods.contains(method) {
            let note = format!("a notification `{method}` of the client was left out: the protocol has none");
            return Passage::Drop(note);
        }
        let cancelled = match method {
            "notifications/cancelled" => message.params.get("requestId").and_then(Id::of),
            _ => None,
        };
        if let Some(id) = cancelled {
            if let Some(held) = self.asked.take_call(&id) {
                self.gate.cancel(&held.id, held.asked);
                return Passage::Drop("a call was cancelled while its user was asked".to_owned());
            }
            if self.tools.cancel(&id) {
                return Passage::Drop(
                    "a call was cancelled while it waited for the list of tools".to_owned(),
                );
            }
            if self.from_client.remove(&id).is_some() {
                self.cancelled.push_back(id);
                if self.cancelled.len() > MAX_CANCELLED {
                    self.cancelled.pop_front();
                }
            }
        }
        if self.gate.declares(method) {
            return self.pass_declared_notification(method, Some(message.clone()));
        }
        Passage::Forward
    }

    fn pass_response(&mut self, id: &Id, message: &ClientMessage) -> Passage {
        if let Some(held) = self.asked.take(id) {
            let answer = elicitation::answer(message.result.as_ref());
            let revision = self.agreed.unwrap_or(Revision::V2025_11_25);
            return self.go_on(held, revision, answer);
        }
        match self.from_server.remove(id) {
            true => Passage::Forward,
            false => {
                Passage::Drop("an answer of the client to no request of the server was left out".to_owned())
            }
        }
    }
}
