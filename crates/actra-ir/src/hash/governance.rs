//! The hash of a governance, over what was written and not over a schema.

use std::sync::Arc;

use actra_model::{PolicyHash, RawMap};

use super::{LANGUAGE, condition, raw_map};
use crate::cbor::CborHasher;
use crate::{Expr, GovernanceHash};

/// A demand as it enters the hash.
#[derive(Debug)]
pub struct HashedDemand<'a> {
    /// The demand as written, with names unresolved.
    pub written: RawMap,
    /// Its condition, canonical.
    pub condition: Option<&'a Expr>,
}

/// A baseline as it enters the hash.
#[derive(Debug)]
pub struct HashedBaseline<'a> {
    /// The policy.
    pub policy: PolicyHash,
    /// Actions that it does not have and that are accepted, in order.
    pub new_actions: &'a [Arc<str>],
}

/// The hash of a governance that demands this; `more` is what else it says, names as written.
pub fn governance(
    rules: &[HashedDemand<'_>],
    invariants: &[HashedDemand<'_>],
    baseline: Option<HashedBaseline<'_>>,
    more: &RawMap,
) -> GovernanceHash {
    let mut out = CborHasher::default();
    out.array(if more.is_empty() { 5 } else { 6 });
    out.text("actra-governance");
    out.unsigned(LANGUAGE);
    demands(&mut out, rules);
    demands(&mut out, invariants);
    match baseline {
        None => out.null(),
        Some(HashedBaseline { policy, new_actions }) => {
            out.array(new_actions.len() + 1);
            out.text(&policy.to_string());
            new_actions.iter().for_each(|action| out.text(action));
        }
    }
    if !more.is_empty() {
        raw_map(&mut out, more);
    }
    GovernanceHash(out.digest())
}

fn demands(out: &mut CborHasher, demands: &[HashedDemand<'_>]) {
    out.array(demands.len());
    for demand in demands {
        out.array(2);
        raw_map(out, &demand.written);
        match demand.condition {
            Some(expr) => condition::expr(out, expr),
            None => out.null(),
        }
    }
}
