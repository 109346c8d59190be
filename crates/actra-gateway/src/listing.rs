//! Which tools of a list this actor can use, by partial evaluation of the policy: one decision for list and call.

use std::collections::BTreeMap;
use std::sync::Arc;

use actra_engine::Policy;
use actra_engine::analyze::Analyzer;
use actra_engine::ir::Expr;
use actra_engine::ir::print::print;
use actra_engine::model::{Effect, PolicyHash, RawRequest};
use actra_wire::write_text;
use serde_json::value::RawValue as RawJson;

use crate::lock::COUNTED;
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
    analyzer: Analyzer,
    known: BTreeMap<String, Usability>,
}

/// What a list has, and what other readers may take something else for.
const LIST: &[&str] = &["tools", "nextCursor"];

/// The longest note about a tool, in characters.
const MAX_NOTE: usize = 1_000;

impl Listing {
    /// The result of `tools/list` without tools that can never be used, and with a note at those that can be used
    /// sometimes; `None` if it is not the list of a server.
    ///
    /// Cost: the first list under a policy evaluates the rules of each tool in part; later ones only copy.
    pub(crate) fn filter(
        &mut self,
        policy: &Policy,
        given: &RawRequest,
        result: &str,
        is_shown: &dyn Fn(&str) -> bool,
    ) -> Option<String> {
        if self.policy != Some(policy.hash) {
            *self = Self { policy: Some(policy.hash), ..Self::default() };
        }
        let mut list = RawObject::parse(result, LIST).ok()?;
        let tools: Vec<&RawJson> = serde_json::from_str(list.get("tools")?).ok()?;
        let mut kept = Vec::new();
        for tool in tools {
            let mut tool = RawObject::parse(tool.get(), &COUNTED).ok()?;
            let name: String = serde_json::from_str(tool.get("name")?).ok()?;
            if !is_shown(&name) {
                continue;
            }
            match self.usability(policy, given, &name) {
                Usability::Never => continue,
                Usability::Always => {}
                Usability::Depends(note) => {
                    let described = match tool.get("description") {
                        None | Some("null") => String::new(),
                        Some(description) => serde_json::from_str(description).ok()?,
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
        // What the policy does not declare is blocked, and is not kept: a server can make up names without end.
        let Some(action) = policy.schema.action_id(tool) else { return &Usability::Never };
        let analyzer = &mut self.analyzer;
        self.known
            .entry(tool.to_owned())
            .or_insert_with(|| usability(&analyzer.open_rules(policy, action, given), policy.default))
    }
}

/// A rule that can still count: its effect, its id, and what is left open of its condition.
type OpenRule = (Effect, Arc<str>, Expr);

/// By partial evaluation alone: what takes a proof to see is not seen, and then a tool is listed that is always
/// blocked.
fn usability(rules: &[OpenRule], default: Effect) -> Usability {
    let always = |effect| rules.iter().any(|(of, _, rest)| *of == effect && print(rest) == "true");
    let sometimes = |effect| default == effect || rules.iter().any(|(of, ..)| *of == effect);
    let (may_block, may_ask, may_allow) =
        (sometimes(Effect::Block), sometimes(Effect::RequireApproval), sometimes(Effect::Allow));
    // The strictest effect wins; the default counts where no rule is true.
    let is_covered = always(Effect::Allow) || always(Effect::RequireApproval);
    let is_blocked_by_rule = rules.iter().any(|(of, ..)| *of == Effect::Block);
    if always(Effect::Block) || (!may_ask && !may_allow) {
        Usability::Never
    } else if is_blocked_by_rule || (may_block && !is_covered) {
        Usability::Depends(note(rules, default))
    } else if always(Effect::RequireApproval) || (!may_allow && may_ask) {
        Usability::Depends("Policy: a person has to approve each call.".to_owned())
    } else if !rules.iter().any(|(of, ..)| *of == Effect::RequireApproval)
        && (default == Effect::Allow || always(Effect::Allow))
    {
        Usability::Always
    } else {
        Usability::Depends(note(rules, default))
    }
}

/// When it is blocked, approved or allowed, strictest first: each wins against those after it.
fn note(rules: &[OpenRule], default: Effect) -> String {
    let mut said = Vec::new();
    for (effect, words) in
        [(Effect::Block, "blocked"), (Effect::RequireApproval, "needs approval"), (Effect::Allow, "allowed")]
    {
        let of_effect = rules.iter().filter(|(of, ..)| *of == effect);
        said.extend(of_effect.map(|(_, _, condition)| format!("{words} when {}", print(condition))));
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
