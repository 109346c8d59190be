//! What the tools of a server are, where they are locked: the gateway asks for the list itself before the first call.

use std::collections::BTreeMap;

use actra_engine::model::RawValue;
use actra_wire::json_reader::parse_value_of;

use super::{Passage, Session};
use crate::answer;
use crate::frame::FRAME_BYTES;
use crate::id::Id;
use crate::lock::Standing;
use crate::revision::Revision;

/// What is known of the tools of a server, and which calls wait until it is.
#[derive(Debug, Default)]
pub(super) struct ToolsSeen {
    standings: BTreeMap<String, Standing>,
    /// Whether all pages have come since the server last said that they changed.
    is_complete: bool,
    /// The request that the gateway has sent for them, in the revision of the calls that wait.
    asking: Option<(Id, Revision)>,
    /// So many requests were sent.
    sent: u64,
    question: Option<Vec<u8>>,
    waiting: Vec<(Id, String)>,
    /// What whoever runs the gateway should know of them.
    pub(super) notes: Vec<String>,
}

/// The most calls that wait for the list at once.
const MAX_WAITING: usize = 1_000;

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

    pub(super) fn has_waiting(&self, id: &Id) -> bool {
        self.waiting.iter().any(|(waiting, _)| waiting == id)
    }

    pub(super) fn is_asking(&self, id: &Id) -> bool {
        self.asking.as_ref().is_some_and(|(asking, _)| asking == id)
    }

    /// The server says that its tools are others now.
    pub(super) fn have_changed(&mut self) {
        self.is_complete = false;
    }

    /// Keeps a call until the list is there, and asks for it; `false` if too many wait.
    fn wait(&mut self, id: &Id, text: &str, revision: Revision) -> bool {
        if self.waiting.len() >= MAX_WAITING {
            return false;
        }
        self.waiting.push((id.clone(), text.to_owned()));
        if self.asking.is_none() {
            self.standings.clear();
            self.ask(revision, None);
        }
        true
    }

    fn ask(&mut self, revision: Revision, cursor: Option<&RawValue>) {
        self.sent += 1;
        let id = Id::Text(format!("actra.list.{}", self.sent));
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
            return Err(if self.tools.wait(id, text, revision) {
                Passage::Wait
            } else {
                Passage::Answer(error())
            });
        }
        let reason = match self.tools.standings.get(tool) {
            Some(Standing::Locked(hash)) => return Ok(Some(hash.clone())),
            Some(Standing::Changed(_)) => "the tool is no longer as it was when it was locked",
            Some(Standing::New) => "the tool was not there when the tools of the server were locked",
            None => "the server does not list this tool",
        };
        let refused = self.gate.refuse(id, tool, reason);
        Err(Passage::Answer(answer::refused_call(id, revision, &refused)))
    }

    /// The answer to the gateway's own request for the tools.
    pub(super) fn take_own_list(&mut self, result: Option<&str>) {
        let Some((_, revision)) = self.tools.asking.take() else { return };
        let next = result.and_then(|result| self.note_tools(result));
        match next {
            Some(Some(cursor)) => self.tools.ask(revision, Some(&cursor)),
            Some(None) => {
                self.tools.is_complete = true;
                let missing = self.lock.iter().flat_map(|lock| lock.names());
                let missing = missing.filter(|name| !self.tools.standings.contains_key(*name));
                let notes: Vec<String> = missing
                    .map(|name| format!("the tool `{name}` is locked, and the server has none"))
                    .collect();
                self.tools.notes.extend(notes);
            }
            None => {
                // Without a list no tool is what was locked.
                self.tools.is_complete = true;
                self.tools.notes.push("the server's list of tools cannot be read".to_owned());
            }
        }
    }

    /// Takes note of what the tools of a list are; the cursor of its next page, or `None` if it is no list.
    pub(super) fn note_tools(&mut self, result: &str) -> Option<Option<RawValue>> {
        let Ok(RawValue::Map(mut list)) = parse_value_of(result.as_bytes(), FRAME_BYTES) else { return None };
        let Some(RawValue::List(tools)) = list.remove("tools") else { return None };
        for tool in tools {
            let RawValue::Map(members) = &tool else { return None };
            let Some(RawValue::String(name)) = members.get("name") else { return None };
            let Some(lock) = &self.lock else { continue };
            let standing = lock.standing(name, &tool);
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
