//! One client and one server: a state machine without I/O that says of each frame where it goes.

mod calls;
mod client;
mod server;
mod tools;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::answer;
use crate::client_message;
use crate::frame;
use crate::gate::{CanAsk, Gate};
use crate::held::HeldCalls;
use crate::id::Id;
use crate::listing::Listing;
use crate::lock::Lock;
use crate::raw_object::write_list;
use crate::revision::Revision;
use tools::ToolsSeen;

/// What is to be done about a frame. Frames have no line end.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What goes to the server, in this order.
    pub to_server: Vec<Vec<u8>>,
    /// What goes to the client, in this order.
    pub to_client: Vec<Vec<u8>>,
    /// What whoever runs the gateway should know.
    pub notes: Vec<String>,
}

impl Delivery {
    fn answer(answer: Vec<u8>) -> Self {
        Self { to_client: vec![answer], ..Self::default() }
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
    undecided_methods: BTreeSet<String>,
    /// What both have agreed on; `None` before, and where every request says its own.
    agreed: Option<Revision>,
    /// Whether the client has said in the handshake that it can ask its user.
    can_ask: CanAsk,
    /// Requests of the client that wait for the server, with their method.
    from_client: BTreeMap<Id, String>,
    /// Requests that the client has cancelled, oldest first: their identifiers are not free yet, since the server may
    /// answer them all the same.
    cancelled: VecDeque<Id>,
    /// Requests of the server that wait for the client.
    from_server: BTreeSet<Id>,
    /// Answers to calls that nobody can be asked about any more.
    late_answers: Vec<Vec<u8>>,
    /// What tools were when they were locked; `None` if they are not.
    lock: Option<Lock>,
    tools: ToolsSeen,
    /// Calls whose user was asked by a request, by the identifier of that request.
    asked: HeldCalls<Id>,
    /// Calls whose user was asked by a result, by the state that comes with the next try.
    stated: HeldCalls<String>,
}

/// Where one message of one side goes.
enum Passage {
    Forward,
    /// Something else goes on in its place.
    Instead(String),
    /// The sender hears this.
    Answer(Vec<u8>),
    /// It is left out, and whoever runs the gateway hears this.
    Drop(String),
    /// It waits until the tools of the server are known.
    Wait,
}

/// What becomes of the messages of one frame.
#[derive(Default)]
struct FrameOutcome {
    forwarded: Vec<String>,
    answers: Vec<String>,
    notes: Vec<String>,
    is_changed: bool,
}

impl FrameOutcome {
    fn add(&mut self, message: &str, passage: Passage) {
        self.is_changed |= !matches!(passage, Passage::Forward);
        match passage {
            Passage::Forward => self.forwarded.push(message.to_owned()),
            Passage::Instead(other) => self.forwarded.push(other),
            Passage::Answer(answer) => self.answers.push(String::from_utf8_lossy(&answer).into_owned()),
            Passage::Drop(note) => self.notes.push(note),
            Passage::Wait => {}
        }
    }

    /// The frames for the other side and for the sender: messages of a batch stay one, those that are alone alone.
    fn frames(self, text: String, is_batch: bool) -> (Vec<Vec<u8>>, Vec<Vec<u8>>, Vec<String>) {
        let frame = |messages: Vec<String>| match messages.as_slice() {
            [] => Vec::new(),
            [message] if !is_batch => vec![message.clone().into_bytes()],
            messages => vec![write_list(messages).into_bytes()],
        };
        let forwarded = match self.is_changed {
            false => vec![text.into_bytes()],
            true => frame(self.forwarded),
        };
        (forwarded, frame(self.answers), self.notes)
    }
}

impl Session {
    /// A session behind a gate. Requests and notifications of a client with one of these methods go on
    /// undecided, also where the spoken revision does not have them.
    pub fn new(gate: Gate, undecided_methods: impl IntoIterator<Item = String>) -> Self {
        Self {
            gate,
            listing: Listing::default(),
            undecided_methods: undecided_methods.into_iter().collect(),
            agreed: None,
            can_ask: CanAsk::Nobody,
            from_client: BTreeMap::new(),
            cancelled: VecDeque::new(),
            from_server: BTreeSet::new(),
            late_answers: Vec::new(),
            lock: None,
            tools: ToolsSeen::default(),
            asked: HeldCalls::new(),
            stated: HeldCalls::new(),
        }
    }

    /// The session with a lock: a tool that is not as it was locked is neither listed nor called.
    #[must_use]
    pub fn locked(self, lock: Lock) -> Self {
        Self { lock: Some(lock), ..self }
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
        let batch = client_message::batch(&text);
        let is_batch = batch.is_some();
        let messages = batch.unwrap_or_else(|| vec![&text]);
        let has_batches = self.agreed.is_some_and(Revision::has_batches);
        if is_batch && (!has_batches || messages.is_empty()) {
            let reason = "a batch of messages is none of the revision that is spoken: send them one by one";
            return Delivery::answer(answer::error(None, -32600, reason));
        }
        let mut outcome = FrameOutcome::default();
        for message in messages {
            let passage = self.pass_client_message(message);
            outcome.add(message, passage);
        }
        let (mut to_server, mut to_client, notes) = outcome.frames(text, is_batch);
        to_server.extend(self.tools.take_question());
        to_client.append(&mut self.late_answers);
        Delivery { to_server, to_client, notes }
    }

    /// Takes a frame of the server, without its line feed.
    pub fn take_from_server(&mut self, frame: Vec<u8>) -> Delivery {
        let text = match frame::read(frame) {
            Ok(text) => text,
            Err(error) => return Delivery::note(left_out(&error)),
        };
        if text.trim_ascii().is_empty() {
            return Delivery::default();
        }
        let batch = client_message::batch(&text);
        let is_batch = batch.is_some();
        let mut outcome = FrameOutcome::default();
        for message in batch.unwrap_or_else(|| vec![&text]) {
            let passage = self.pass_server_message(message);
            outcome.add(message, passage);
        }
        let (to_client, mut to_server, notes) = outcome.frames(text, is_batch);
        to_server.extend(self.tools.take_question());
        let mut delivery = Delivery { to_server, to_client, notes };
        self.release(&mut delivery);
        delivery
    }

    /// Goes on with the calls that waited until the tools were known.
    fn release(&mut self, delivery: &mut Delivery) {
        delivery.notes.append(&mut self.tools.notes);
        for id in self.tools.take_failed() {
            let reason = "the server's tools cannot be listed now: make the call again later";
            delivery.to_client.push(answer::error(Some(&id), -32000, reason));
        }
        for (_, text) in self.tools.take_waiting() {
            let mut outcome = FrameOutcome::default();
            let passage = self.pass_client_message(&text);
            outcome.add(&text, passage);
            let (mut to_server, mut to_client, mut notes) = outcome.frames(text, false);
            delivery.to_server.append(&mut to_server);
            delivery.to_client.append(&mut to_client);
            delivery.notes.append(&mut notes);
        }
        delivery.to_server.extend(self.tools.take_question());
        delivery.to_client.append(&mut self.late_answers);
    }

    /// Whether calls wait until the tools of the server are known.
    pub fn waits_for_tools(&self) -> bool {
        self.tools.has_any_waiting()
    }

    /// The server has ended: what waits for it hears so.
    pub fn server_is_gone(&mut self) -> Delivery {
        // Those that are to be sent again wait for nothing.
        for held in self.stated.take_all() {
            self.gate.cancel(&held.id, held.asked);
        }
        let mut held = Vec::new();
        for call in self.asked.take_all() {
            self.gate.cancel(&call.id, call.asked);
            held.push(call.id);
        }
        let waiting = std::mem::take(&mut self.from_client).into_keys();
        let waiting = waiting.chain(self.tools.take_all_waiting()).chain(held);
        let to_client = waiting.map(|id| answer::error(Some(&id), -32000, "the server has ended")).collect();
        Delivery { to_client, ..Delivery::default() }
    }
}

/// The note about a message of the server that does not go on.
fn left_out(reason: &dyn std::fmt::Display) -> String {
    format!("a message of the server was left out: {reason}")
}
