//! What the tools of a server are, where they are locked: the gateway asks for the list itself before the first call.

use std::collections::{BTreeMap, BTreeSet};

use actra_engine::model::RawValue;
use actra_wire::json_reader::parse_value_of;

use super::{Passage, Session};
use crate::answer;
use crate::frame::FRAME_BYTES;
use crate::held::{MAX_HELD, MAX_HELD_BYTES};
use crate::id::Id;
use crate::lock::Standing;
use crate::revision::Revision;

/// Who has asked for a list of tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Own,
    Clients,
}

/// What is known of the tools of a server, and which calls wait until it is.
#[derive(Debug, Default)]
pub(super) struct ToolsSeen {
    standings: BTreeMap<String, Standing>,
    /// Whether all pages have come since the server last said that they changed.
    is_complete: bool,
    /// The request that the gateway has sent for them, in the revision of the calls that wait.
    asking: Option<(Id, Revision)>,
    /// Whether the server has said meanwhile that its tools are others.
    have_changed_meanwhile: bool,
    /// The names that have come for the request.
    listed: BTreeSet<String>,
    pages: usize,
    /// Calls that waited for a list that has not come.
    failed: Vec<Id>,
    /// So many requests were sent.
    sent: u64,
    question: Option<Vec<u8>>,
    waiting: Vec<(Id, String)>,
    /// What whoever runs the gateway should know of them.
    pub(super) notes: Vec<String>,
}

/// The most answers until a list is whole, those included that came while it changed.
const MAX_PAGES: usize = 1_000;

/// The most tools that are known beside those that are locked: a server can make up names without end.
const MAX_OTHERS: usize = 10_000;

impl ToolsSeen {
    /// The request for the list, if one is to be sent now.
    pub(super) fn take_question(&mut self) -> Option<Vec<u8>> {
        self.question.take()
    }

    /// The calls that can go on now.
    pub(super) fn take_waiting(&mut self) -> Vec<(Id, String)> {
        match self.asking {
            Some(_) => Vec::new(),
            None => std::mem::take(&mut self.waiting),
        }
    }

    /// The calls that will never go on.
    pub(super) fn take_all_waiting(&mut self) -> impl Iterator<Item = Id> + use<> {
        std::mem::take(&mut self.waiting).into_iter().map(|(id, _)| id)
    }

    /// The calls whose list has not come.
    pub(super) fn take_failed(&mut self) -> Vec<Id> {
        std::mem::take(&mut self.failed)
    }

    pub(super) fn has_any_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Lets go of a call that its client has cancelled; `false` if none with this identifier waits.
    pub(super) fn cancel(&mut self, id: &Id) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|(waiting, _)| waiting != id);
        self.waiting.len() < before
    }

    pub(super) fn has_waiting(&self, id: &Id) -> bool {
        self.waiting.iter().any(|(waiting, _)| waiting == id)
    }

    pub(super) fn is_asking(&self, id: &Id) -> bool {
        self.asking.as_ref().is_some_and(|(asking, _)| asking == id)
    }

    /// The server says that its tools are others now.
    pub(super) fn have_changed(&mut self) {
        self.is_complete = false;
        self.have_changed_meanwhile = self.asking.is_some();
    }

    /// Keeps a call until the list is there, and asks for it; `false` if too many wait.
    fn wait(&mut self, id: &Id, text: &str, revision: Revision, taken: &BTreeMap<Id, String>) -> bool {
        let bytes: usize = self.waiting.iter().map(|(_, text)| text.len()).sum();
        if self.waiting.len() >= MAX_HELD || bytes + text.len() > MAX_HELD_BYTES {
            return false;
        }
        self.waiting.push((id.clone(), text.to_owned()));
        if self.asking.is_none() {
            self.pages = 0;
            self.begin(revision, taken);
        }
        true
    }

    /// Asks for the list from its beginning.
    fn begin(&mut self, revision: Revision, taken: &BTreeMap<Id, String>) {
        self.standings.clear();
        self.listed.clear();
        self.have_changed_meanwhile = false;
        self.ask(revision, None, taken);
    }

    /// The list has not come: whoever waits for it hears so, and the next call asks again.
    fn fail(&mut self) {
        self.is_complete = false;
        self.failed.extend(std::mem::take(&mut self.waiting).into_iter().map(|(id, _)| id));
        self.notes.push("the server's list of tools cannot be read".to_owned());
    }

    fn ask(&mut self, revision: Revision, cursor: Option<&RawValue>, taken: &BTreeMap<Id, String>) {
        let id = loop {
            self.sent += 1;
            let id = Id::Text(format!("actra.list.{}", self.sent));
            if !taken.contains_key(&id) {
                break id;
            }
        };
        self.question = Some(answer::list_request(&id, revision, cursor));
        self.asking = Some((id, revision));
    }
}

impl Session {
    /// Whether a call may go on as far as the lock is concerned: `Ok` with the hash of the tool's definition, which an
    /// approval is bound to, or `None` where nothing is locked.
    pub(super) fn locked_tool(
        &mut self,
        text: &str,
        id: &Id,
        revision: Revision,
        tool: &str,
    ) -> Result<Option<String>, Passage> {
        // Nothing is refused where calls are only watched.
        if self.lock.is_none() || !self.gate.enforces() {
            return Ok(None);
        }
        if !self.tools.is_complete {
            let error = || answer::error(Some(id), -32000, "too many calls wait for the list of tools");
            return Err(if self.tools.wait(id, text, revision, &self.from_client) {
                Passage::Wait
            } else {
                Passage::Answer(error())
            });
        }
        if let Some(Standing::Locked(hash)) = self.tools.standings.get(tool) {
            return Ok(Some(hash.clone()));
        }
        let reason = self.lock_objection(tool).unwrap_or("the tool is not locked");
        let refused = self.gate.refuse(id, tool, reason);
        Err(Passage::Answer(answer::refused_call(id, revision, &refused)))
    }

    /// The answer to the gateway's own request for the tools.
    pub(super) fn take_own_list(&mut self, result: Option<&str>) {
        let Some((_, revision)) = self.tools.asking.take() else { return };
        self.tools.pages += 1;
        let next = result.and_then(|result| self.note_tools(result, List::Own));
        match next {
            // What was announced while the list came is not in it.
            Some(_) if self.tools.pages >= MAX_PAGES => self.tools.fail(),
            Some(_) if self.tools.have_changed_meanwhile => self.tools.begin(revision, &self.from_client),
            Some(Some(cursor)) => self.tools.ask(revision, Some(&cursor), &self.from_client),
            Some(None) => {
                self.tools.is_complete = true;
                let missing = self.lock.iter().flat_map(|lock| lock.names());
                let missing = missing.filter(|name| !self.tools.standings.contains_key(*name));
                let notes: Vec<String> = missing
                    .map(|name| format!("the tool `{name}` is locked, and the server has none"))
                    .collect();
                self.tools.notes.extend(notes);
            }
            None => self.tools.fail(),
        }
    }

    /// Why a tool is not to be called as far as the lock is concerned, if so.
    pub(super) fn lock_objection(&self, tool: &str) -> Option<&'static str> {
        if self.lock.is_none() || !self.gate.enforces() {
            return None;
        }
        if !self.tools.is_complete {
            return Some("the server has said that its tools have changed");
        }
        match self.tools.standings.get(tool) {
            Some(Standing::Locked(_)) => None,
            Some(Standing::Changed(_)) => Some("the tool is no longer as it was when it was locked"),
            Some(Standing::New) => Some("the tool was not there when the tools of the server were locked"),
            None => Some("the server does not list this tool"),
        }
    }

    /// Takes note of what the tools of a list are; the cursor of its next page, or `None` if it is no list.
    pub(super) fn note_tools(&mut self, result: &str, whose: List) -> Option<Option<RawValue>> {
        let Ok(RawValue::Map(mut list)) = parse_value_of(result.as_bytes(), FRAME_BYTES) else { return None };
        let Some(RawValue::List(tools)) = list.remove("tools") else { return None };
        let mut names = BTreeSet::new();
        for tool in tools {
            let RawValue::Map(members) = &tool else { return None };
            let Some(RawValue::String(name)) = members.get("name") else { return None };
            let Some(lock) = &self.lock else { continue };
            let is_known = lock.has(name) || self.tools.standings.contains_key(name);
            if !is_known && self.tools.standings.len() >= lock.names().count() + MAX_OTHERS {
                continue;
            }
            let is_first = names.insert(name.clone())
                && (whose == List::Clients || self.tools.listed.insert(name.clone()));
            // Which of two definitions a client shows, and which tool a server means, nobody knows.
            let standing = match is_first {
                true => lock.standing(name, &tool),
                false => Standing::Changed(format!("the tool `{name}` is listed twice")),
            };
            let before = self.tools.standings.insert(name.clone(), standing.clone());
            if before.as_ref() == Some(&standing) {
                continue;
            }
            match standing {
                Standing::Locked(_) => {}
                Standing::Changed(what) => self
                    .tools
                    .notes
                    .push(format!("{what}: it is blocked until `actra mcp lock` is run again")),
                Standing::New => self.tools.notes.push(format!(
                    "the tool `{name}` is new: it is blocked until `actra mcp lock` is run again"
                )),
            }
        }
        Some(list.remove("nextCursor").filter(|cursor| *cursor != RawValue::Null))
    }

    /// Whether a tool of a list may be shown.
    pub(super) fn is_shown(&self, tool: &str) -> bool {
        self.lock.is_none() || matches!(self.tools.standings.get(tool), Some(Standing::Locked(_)))
    }
}
