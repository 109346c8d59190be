//! Results of analysis as JSON: how two policies differ, whether a statement holds, what an actor can do.

use actra_engine::analyze::cost_caveats::CostCaveats;
use actra_engine::analyze::{
    Direction, Minimality, NearestChange, PolicyDiff, PossibleOutcomes, ProofVerdict, Region, Remapped,
    SearchAnswer, StricterBy,
};
use actra_engine::ir::print::print;
use actra_engine::model::{Effect, RawValue};
use actra_engine::{Policy, ProofReport, decide, redact_witness, redacted_changes};

use crate::decision::write_decision;
use crate::request::write_request;
use crate::write;

/// Two policies that were compared.
#[derive(Debug, Clone, Copy)]
pub struct PolicyComparison<'a> {
    /// The policy as it was.
    pub old: &'a Policy,
    /// The policy as it is.
    pub new: &'a Policy,
    /// How their effects differ.
    pub difference: &'a PolicyDiff,
}

impl PolicyComparison<'_> {
    /// `equivalent`, `weaker`, `stricter` or `both`; `undecided` where that depends on what was not decided.
    pub fn verdict(&self) -> &'static str {
        let sure = |direction| self.difference.surely_moved(direction);
        let may = |direction| self.difference.moved(direction);
        let (weaker, stricter) = (Direction::Weaker, Direction::Stricter);
        if !may(weaker) && !may(stricter) {
            return "equivalent";
        }
        if sure(weaker) && sure(stricter) {
            return "both";
        }
        if sure(weaker) && !may(stricter) {
            return "weaker";
        }
        if sure(stricter) && !may(weaker) {
            return "stricter";
        }
        "undecided"
    }
}

/// Appends a comparison as `actra/diff/v1`: a verdict, and for each region its action, direction, the responsible
/// rule, and a request with both decisions, or why none could be shown or excluded. `unmasked` lists the fields that
/// are `sensitive` no more, and `remapped` those that another argument fills than before. `not_compared` lists the
/// facts that only one schema declares: of requests that name them in `unknown` nothing is said.
pub fn write_diff(compared: &PolicyComparison<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"schema\":\"actra/diff/v1\",\"verdict\":");
    write::string(out, compared.verdict());
    for (name, policy) in [("old", compared.old), ("new", compared.new)] {
        out.push(b',');
        write::key(out, name);
        write::string(out, &policy.hash.to_string());
    }
    out.extend_from_slice(b",\"regions\":");
    write::list(out, &compared.difference.regions, |out, region| write_region(compared, region, out));
    out.extend_from_slice(b",\"unmasked\":");
    write::list(out, &compared.difference.unmasked, |out, path| write::string(out, path));
    out.extend_from_slice(b",\"remapped\":");
    write::list(out, &compared.difference.remapped, write_remapped);
    out.extend_from_slice(b",\"not_compared\":");
    write::list(out, &compared.difference.not_compared, |out, path| write::string(out, path));
    within_cost(out, &compared.difference.within_cost);
    out.push(b'}');
}

fn write_remapped(out: &mut Vec<u8>, field: &Remapped) {
    out.extend_from_slice(b"{\"path\":");
    write::string(out, &field.path);
    out.extend_from_slice(b",\"before\":");
    write::string(out, &field.before);
    out.extend_from_slice(b",\"now\":");
    write::optional_string(out, field.now.as_deref());
    out.push(b'}');
}

fn write_region(compared: &PolicyComparison<'_>, region: &Region, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"action\":");
    write::string(out, &region.action);
    out.extend_from_slice(b",\"direction\":");
    write::string(out, if region.direction == Direction::Weaker { "weaker" } else { "stricter" });
    out.extend_from_slice(b",\"because\":");
    write::string(
        out,
        match region.because {
            StricterBy::Rule => "rule",
            StricterBy::Default => "default",
            StricterBy::Undeclared => "undeclared",
            StricterBy::Rejected => "rejected",
            StricterBy::RequiredAction => "required_action",
        },
    );
    out.extend_from_slice(b",\"rule\":");
    write::optional_string(out, region.rule.as_deref());
    if let SearchAnswer::Witness(request) = &region.answer {
        out.extend_from_slice(b",\"request\":");
        write_request(request, out);
        for (name, policy) in [("old", compared.old), ("new", compared.new)] {
            out.push(b',');
            write::key(out, name);
            write_decision(&decide(policy, request), out);
        }
    }
    write_unknown(out, &region.answer);
    out.push(b'}');
}

/// `,"unknown":[...]` where nothing could be shown.
fn write_unknown(out: &mut Vec<u8>, answer: &SearchAnswer) {
    if let SearchAnswer::Unknown(opaque) = answer {
        out.extend_from_slice(b",\"unknown\":");
        write::list(out, opaque, |out, name| write::string(out, name));
    }
}

/// Appends the verdict on a statement as `actra/prove/v1`: `proved`, `refuted` with a request and its decision,
/// `unproven` with the parts that could not be decided, or `empty`; with the containers where it was proved within
/// cost.
pub fn write_verdict(policy: &Policy, proof: &ProofReport, out: &mut Vec<u8>) {
    let ProofReport { verdict, within_cost: containers } = proof;
    out.extend_from_slice(b"{\"schema\":\"actra/prove/v1\",\"verdict\":");
    write::string(
        out,
        match verdict {
            ProofVerdict::Proved => "proved",
            ProofVerdict::Refuted(_) => "refuted",
            ProofVerdict::Unproven(_) => "unproven",
            ProofVerdict::Vacuous => "empty",
            ProofVerdict::ProtectionsLost(_) => "given_up",
        },
    );
    match verdict {
        ProofVerdict::Refuted(request) => {
            out.extend_from_slice(b",\"request\":");
            write_request(request, out);
            out.extend_from_slice(b",\"decision\":");
            write_decision(&decide(policy, request), out);
        }
        ProofVerdict::Unproven(opaque) | ProofVerdict::ProtectionsLost(opaque) => {
            out.extend_from_slice(b",\"unknown\":");
            write::list(out, opaque, |out, name| write::string(out, name));
        }
        ProofVerdict::Proved | ProofVerdict::Vacuous => {}
    }
    within_cost(out, containers);
    out.push(b'}');
}

/// Appends what an actor can do as `actra/can/v1`: for each action a verdict (`always`, `never`, `approval`,
/// `depends`), the effects that some request has, each with one, and the rules that are left open. A request holds
/// the records that were given, so it is shown without what is sensitive.
pub fn write_can(policy: &Policy, possible: &[PossibleOutcomes], out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"schema\":\"actra/can/v1\",\"policy_hash\":");
    write::string(out, &policy.hash.to_string());
    out.extend_from_slice(b",\"default\":");
    write::string(out, policy.default.as_str());
    out.extend_from_slice(b",\"actions\":");
    write::list(out, possible, |out, possible| {
        out.extend_from_slice(b"{\"action\":");
        write::string(out, &possible.action);
        out.extend_from_slice(b",\"verdict\":");
        write::string(out, verdict(possible));
        out.extend_from_slice(b",\"effects\":");
        write::list(out, &possible.effects, |out, (effect, answer)| {
            write_effect(policy, *effect, answer, out);
        });
        out.extend_from_slice(b",\"rules\":");
        write::list(out, &possible.rules, |out, (effect, id, condition)| {
            out.extend_from_slice(b"{\"rule\":");
            write::string(out, id);
            out.extend_from_slice(b",\"effect\":");
            write::string(out, effect.as_str());
            out.extend_from_slice(b",\"when\":");
            write::string(out, &print(condition));
            out.push(b'}');
        });
        within_cost(out, &possible.within_cost);
        out.push(b'}');
    });
    out.push(b'}');
}

/// The containers because of which an answer holds within cost; nothing where it holds for every request.
pub(crate) fn within_cost(out: &mut Vec<u8>, containers: &CostCaveats) {
    if !containers.is_empty() {
        out.extend_from_slice(b",\"within_cost\":");
        write::list(out, containers, |out, path| write::string(out, path));
    }
}

fn verdict(possible: &PossibleOutcomes) -> &'static str {
    match possible.effects.as_slice() {
        [(Effect::Allow, SearchAnswer::Witness(_))] => "always",
        [(Effect::RequireApproval, SearchAnswer::Witness(_))] => "approval",
        [(Effect::Block, SearchAnswer::Witness(_))] | [] => "never",
        _ => "depends",
    }
}

fn write_effect(policy: &Policy, effect: Effect, answer: &SearchAnswer, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"effect\":");
    write::string(out, effect.as_str());
    if let SearchAnswer::Witness(request) = answer {
        out.extend_from_slice(b",\"request\":");
        write_request(&redact_witness(policy, request), out);
    }
    write_unknown(out, answer);
    out.push(b'}');
}

/// Appends the smallest change of a request that gives a more permissive effect, or `null`.
///
/// `before` and `after` are there where what may be shown differs; `sensitive` lists the paths that have to change and
/// are not shown.
pub fn write_nearest_change(policy: &Policy, change: Option<&NearestChange>, out: &mut Vec<u8>) {
    let Some(change) = change else { return out.extend_from_slice(b"null") };
    out.extend_from_slice(b"{\"effect\":");
    write::string(out, change.effect.as_str());
    out.extend_from_slice(b",\"changes\":");
    write::list(out, &redacted_changes(policy, change), |out, field| {
        out.extend_from_slice(b"{\"path\":");
        write::string(out, &field.path);
        if let Some((before, after)) = &field.values {
            for (name, value) in [("before", before), ("after", after)] {
                out.push(b',');
                write::key(out, name);
                write::value(out, value.as_ref().unwrap_or(&RawValue::Null));
            }
        }
        if !field.hidden.is_empty() {
            out.extend_from_slice(b",\"sensitive\":");
            write::list(out, &field.hidden, |out, path| write::string(out, path));
        }
        out.push(b'}');
    });
    out.extend_from_slice(b",\"smallest\":");
    out.extend_from_slice(if change.least == Minimality::Proved { b"true" } else { b"false" });
    out.push(b'}');
}
