//! `diff`: what a change moves, for requests that are valid under either schema or none.

use actra_engine::analyze::{Analyzer, Direction, PolicyDiff, Region, SearchAnswer, StricterBy};
use actra_engine::{Policy, decide};
use actra_model::{Decision, Effect, RawRequest};

use super::{EFFORT, Outcome, compiled, failed, is_valid, shown};
use crate::enumerate::case::Case;
use crate::enumerate::request::{Requests, json};
use crate::enumerate::set::SetSpec;

pub fn judge(case: &Case, new: &SetSpec) -> Outcome {
    let (Some(before), Some(after)) = (compiled(&case.set), compiled(new)) else { return Outcome::Skipped };
    let pair = Pair { case, new, before, after };
    let difference = Analyzer::default().diff(&pair.before, &pair.after);
    if let Some(wrong) = difference.regions.iter().find_map(|region| pair.shows(region)) {
        return wrong;
    }
    if let Some(wrong) = pair.claims(&difference) {
        return wrong;
    }
    let open = difference.regions.iter().find_map(|region| match &region.answer {
        SearchAnswer::Unknown(why) => Some(why.join(", ")),
        _ => None,
    });
    match open {
        Some(why) => Outcome::Open(why),
        None if difference.is_equivalent() => Outcome::Sound("equivalent"),
        None => Outcome::Sound("different"),
    }
}

/// Two versions.
pub struct Pair<'a> {
    pub case: &'a Case,
    pub new: &'a SetSpec,
    pub before: Policy,
    pub after: Policy,
}

impl Pair<'_> {
    /// Requests of every kind: valid under one schema, under both, under none.
    pub fn requests(&self) -> Vec<RawRequest> {
        let requests = Requests::new(&[&self.case.set.schema, &self.new.schema], &self.case.text());
        let mut rng = super::rng(self.case);
        let mut some = requests.some(&mut rng, EFFORT);
        let spoilt: Vec<RawRequest> = (0..EFFORT / 2)
            .map(|_| requests.spoilt(&some[rng.below(some.len())].clone(), &mut rng))
            .collect();
        some.extend(spoilt);
        some
    }

    /// What speaks against what a region shows.
    fn shows(&self, region: &Region) -> Option<Outcome> {
        let SearchAnswer::Witness(request) = &region.answer else { return None };
        let (old, new) = (decide(&self.before, request), decide(&self.after, request));
        let moved = match region.direction {
            Direction::Weaker => is_weaker(&old, &new) || (blocks(&old, &new) && asks_less(&old, &new)),
            Direction::Stricter => is_weaker(&new, &old) || (blocks(&old, &new) && asks_less(&new, &old)),
        };
        if !moved {
            return Some(self.against("diff: a request that does not move as shown", request));
        }
        let responsible = if region.direction == Direction::Weaker { &old } else { &new };
        let named = match region.because {
            StricterBy::Rule => region.rule.as_deref().is_some_and(|rule| carries(responsible, rule)),
            StricterBy::Default => responsible.matched_rule.is_none(),
            _ => true,
        };
        (!named).then(|| self.against("diff: another rule is responsible", request))
    }

    /// What speaks against what is not among the regions.
    fn claims(&self, difference: &PolicyDiff) -> Option<Outcome> {
        let (weaker, stricter) = (difference.moved(Direction::Weaker), difference.moved(Direction::Stricter));
        if weaker && stricter {
            return None;
        }
        self.requests().iter().find_map(|request| {
            let (old, new) = (decide(&self.before, request), decide(&self.after, request));
            if !weaker && is_weaker(&old, &new) {
                return Some(self.against(self.class(request, &old, &new), request));
            }
            (!stricter && is_weaker(&new, &old)).then(|| {
                let class = match is_valid(&self.after, request) {
                    true => "diff: no stricter, and a valid request is",
                    false => "diff: no stricter, and a request that is not valid is",
                };
                self.against(class, request)
            })
        })
    }

    /// What kind of request became weaker.
    pub fn class(&self, request: &RawRequest, old: &Decision<'_>, new: &Decision<'_>) -> &'static str {
        if old.effect <= new.effect {
            return "diff: no weaker, and a required action is gone";
        }
        match (is_valid(&self.before, request), is_valid(&self.after, request)) {
            (_, true) => "diff: no weaker, and a valid request is",
            (true, false) => "diff: no weaker, and a request that was valid is",
            (false, false) => "diff: no weaker, and a request that is not valid is",
        }
    }

    pub fn against(&self, class: &'static str, request: &RawRequest) -> Outcome {
        let (before, after) = (shown(&self.before, request), shown(&self.after, request));
        failed(class, format!("request {}\nbefore: {before}\nafter: {after}", json(request)))
    }
}

/// Whether a decision is more permissive, or asks for less before something runs.
pub fn is_weaker(old: &Decision<'_>, new: &Decision<'_>) -> bool {
    // Nothing runs after a block.
    new.effect < old.effect || (new.effect != Effect::Block && asks_less(old, new))
}

fn asks_less(old: &Decision<'_>, new: &Decision<'_>) -> bool {
    old.required_actions.iter().any(|asked| !new.required_actions.contains(asked))
}

/// What is demanded beside a block may be shown as a change.
fn blocks(old: &Decision<'_>, new: &Decision<'_>) -> bool {
    old.effect == Effect::Block && new.effect == Effect::Block
}

/// Whether a decision rests on a rule.
fn carries(decision: &Decision<'_>, rule: &str) -> bool {
    decision.matched_rule.as_deref() == Some(rule)
        || decision.matched_rules.iter().any(|id| id == rule)
        || decision.undetermined.iter().any(|open| open.rule == rule)
}
