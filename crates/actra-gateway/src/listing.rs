//! Which tools of a list this actor can use, by partial evaluation of the policy: one decision for list and call.

use std::collections::BTreeMap;

use actra_engine::Policy;
use actra_engine::analyze::{Analyzer, PossibleOutcomes};
use actra_engine::ir::print::print;
use actra_engine::model::{Effect, PolicyHash, RawRequest};
use actra_wire::write_text;
use serde_json::value::RawValue as RawJson;

use crate::raw_object::{RawObject, write_list};

/// Whether a tool can be used at all.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Usability {
    Never,
    Always,
    /// It depends on the arguments or on facts; how, in words for a model.
    Depends(String),
}

/// What is known of tools under the policy that was in force when it was last asked.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    policy: Option<PolicyHash>,
    known: BTreeMap<String, Usability>,
}

/// The longest note about a tool, in characters.
const MAX_NOTE: usize = 1_000;

impl Listing {
    /// The result of `tools/list` without tools that can never be used, and with a note at those that can be used
    /// sometimes; `None` if it is not the list of a server.
    ///
    /// Cost: the first list under a policy asks the analyzer once for each tool; later ones only copy.
    pub(crate) fn filter(
        &mut self,
        policy: &Policy,
        given: &RawRequest,
        result: &str,
        is_shown: &dyn Fn(&str) -> bool,
    ) -> Option<String> {
        if self.policy != Some(policy.hash) {
            *self = Self { policy: Some(policy.hash), known: BTreeMap::new() };
        }
        let mut list = RawObject::parse(result)?;
        let tools: Vec<&RawJson> = serde_json::from_str(list.get("tools")?).ok()?;
        let mut kept = Vec::new();
        for tool in tools {
            let mut tool = RawObject::parse(tool.get())?;
            let name: String = serde_json::from_str(tool.get("name")?).ok()?;
            if !is_shown(&name) {
                continue;
            }
            match self.usability(policy, given, &name) {
                Usability::Never => continue,
                Usability::Always => {}
                Usability::Depends(note) => {
                    let described = match tool.get("description") {
                        Some(description) => serde_json::from_str(description).ok()?,
                        None => String::new(),
                    };
                    let mut description = Vec::new();
                    write_text(format!("{described}\n\n{note}").trim_start(), &mut description);
                    tool.set("description", String::from_utf8(description).ok()?);
                }
            }
            kept.push(tool.to_json());
        }
        list.set("tools", write_list(&kept));
        Some(list.to_json())
    }

    fn usability(&mut self, policy: &Policy, given: &RawRequest, tool: &str) -> &Usability {
        self.known.entry(tool.to_owned()).or_insert_with(|| match policy.schema.action_id(tool) {
            // What the policy does not declare is blocked.
            None => Usability::Never,
            Some(action) => usability(&Analyzer::default().can(policy, action, given), policy.default),
        })
    }
}

fn usability(possible: &PossibleOutcomes, default: Effect) -> Usability {
    let effects: Vec<Effect> = possible.effects.iter().map(|(effect, _)| *effect).collect();
    match effects.as_slice() {
        [Effect::Allow] => Usability::Always,
        [Effect::Block] | [] => Usability::Never,
        [Effect::RequireApproval] => {
            Usability::Depends("Policy: a person has to approve each call.".to_owned())
        }
        _ => Usability::Depends(note(possible, default)),
    }
}

/// When it is blocked, approved or allowed, strictest first: each wins against those after it.
fn note(possible: &PossibleOutcomes, default: Effect) -> String {
    let mut said = Vec::new();
    for (effect, words) in
        [(Effect::Block, "blocked"), (Effect::RequireApproval, "needs approval"), (Effect::Allow, "allowed")]
    {
        let rules = possible.rules.iter().filter(|(of, ..)| *of == effect);
        said.extend(rules.map(|(_, _, condition)| format!("{words} when {}", print(condition))));
    }
    let otherwise = match default {
        Effect::Allow => "allowed",
        Effect::RequireApproval => "needs approval",
        Effect::Block => "blocked",
    };
    said.push(format!("otherwise {otherwise}"));
    let note = format!("Policy: {}.", said.join("; "));
    match note.char_indices().nth(MAX_NOTE) {
        Some((end, _)) => format!("{}…", note.get(..end).unwrap_or_default()),
        None => note,
    }
}
