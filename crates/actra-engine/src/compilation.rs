//! Compiling a policy set under its governance.

use actra_analyze::ProofVerdict;
use actra_compile::{CheckLevel, PolicySet, SetFile};
use actra_diagnostics::{Diagnostic, Sources};
use actra_govern::{DemandReport, DemandVerdict, govern};
use actra_ir::GovernanceHash;
use actra_ir::governance::SkippedRule;

use crate::policy::Policy;
use crate::rule_warnings;

/// What compiling a set gives.
#[derive(Debug)]
pub struct Compilation {
    /// The texts, so that places can be shown.
    pub sources: Sources,
    /// Errors and warnings, sorted by file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// The policy; `None` exactly if there is an error.
    pub policy: Option<Policy>,
    /// What was checked of the governance; `None` for a set without, and for one that does not compile.
    pub governance: Option<GovernanceReport>,
}

/// What was checked of the governance of a set.
#[derive(Debug)]
pub struct GovernanceReport {
    /// The hash of the governance.
    pub hash: GovernanceHash,
    /// How many structural rules were checked.
    pub rules: usize,
    /// How many invariants were looked at.
    pub invariants: usize,
    /// Whether there is a baseline.
    pub baseline: bool,
    /// Structural rules that do not apply, since the set declares none of their actions.
    pub skipped: Vec<SkippedRule>,
    /// What the analyzer returned for the invariants, in file order, and for the baseline.
    pub verdicts: Vec<DemandVerdict>,
}

/// Compiles a policy set. Pure; reports all faults that it can find in one run.
///
/// Cost: close to linear in the text; see [`actra_compile::compile`].
pub fn compile(set: &PolicySet) -> Compilation {
    run(set, CheckLevel::Compile)
}

/// Compiles a policy set, and warns about what compiles and deserves a look; for those who write policies.
pub fn check(set: &PolicySet) -> Compilation {
    run(set, CheckLevel::Check)
}

/// Checks a policy set as [`check`], and reports what can be proved of its rules if it compiles: those that are never
/// true, always true, or never change an outcome, and a default that no request is left to.
///
/// Cost: a few searches for each rule; about a millisecond a rule for ordinary sets.
pub fn check_with_proofs(set: &PolicySet) -> Compilation {
    run(set, CheckLevel::Prove)
}

/// A policy that compiles, and that its governance refuses.
#[derive(Debug)]
pub struct RefusedByGovernance {
    /// The policy, as if there were no governance.
    pub policy: Policy,
    /// The demands of the governance that it breaks, as errors.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts, so that places can be shown.
    pub sources: Sources,
}

/// The policy of a set that compiles but for what its governance demands, for those who look at what changed; `None`
/// for any other set.
///
/// No host enforces such a policy: [`compile`] refuses it.
pub fn compile_ignoring_governance(set: &PolicySet) -> Option<RefusedByGovernance> {
    let is_governance = |file: &&SetFile| file.path == "governance.yaml";
    set.files.iter().find(is_governance)?;
    let Compilation { sources, diagnostics, policy: None, .. } = compile(set) else { return None };
    let below = actra_compile::baseline_path(set).map(|path| format!("{path}/"));
    let is_below = |path: &str| below.as_ref().is_some_and(|below| path.starts_with(below.as_str()));
    let files = set.files.iter().filter(|file| !is_governance(file) && !is_below(&file.path));
    let policy = compile(&PolicySet { files: files.cloned().collect(), baseline: None }).policy?;
    Some(RefusedByGovernance { policy, diagnostics, sources })
}

fn run(set: &PolicySet, depth: CheckLevel) -> Compilation {
    let compiled = actra_compile::begin(set, depth);
    let DemandReport { verdicts, mut diagnostics } = match (&compiled.policy, &compiled.governance) {
        (Some(policy), Some(governance)) => govern(policy, governance, &compiled.places),
        _ => DemandReport::default(),
    };
    if let (Some(policy), CheckLevel::Prove) = (&compiled.policy, depth) {
        diagnostics.extend(rule_warnings::of(policy, &compiled.places));
    }
    // Last, so that whatever was found can be allowed in place.
    let actra_compile::UngovernedCompilation { sources, diagnostics, policy, governance } =
        compiled.finish(diagnostics);
    let hash = governance.as_ref().map(|governance| governance.hash);
    let policy = policy.map(|policy| Policy::compiled(policy, hash));
    let governance = governance.map(|governance| GovernanceReport::new(governance, verdicts));
    Compilation { sources, diagnostics, policy, governance }
}

impl GovernanceReport {
    fn new(governance: actra_ir::Governance, verdicts: Vec<DemandVerdict>) -> Self {
        Self {
            verdicts,
            hash: governance.hash,
            rules: governance.rules.len(),
            invariants: governance.invariants.len(),
            baseline: governance.baseline.is_some(),
            skipped: governance.skipped,
        }
    }

    /// The ids of the invariants that were proved, and `no_weaker_than` for a baseline that was, in file order: what
    /// a compiled policy says of itself, and signs.
    pub fn proved(&self) -> impl Iterator<Item = &str> {
        let proved = self.verdicts.iter().filter(|demand| demand.verdict == ProofVerdict::Proved);
        proved.map(|demand| demand.demand.as_ref())
    }
}
