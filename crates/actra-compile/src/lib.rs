//! A policy set, as text, to a [`Policy`] or to everything that is wrong with it.
//!
//! The phases: `layout` says which file plays which role, `parse` has `actra-syntax` parse and decode,
//! `schema` and `names` resolve declarations, `rule` checks and lowers each rule, and `governance` checks what stands
//! in `governance.yaml`; whether the policy keeps to it is for `actra-govern`.
//! A fault in one place never hides faults in another.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod check;
mod constraint_check;
mod file_role;
mod global_names;
mod governance;
mod guard;
mod lint;
mod literal;
mod merge;
mod message;
mod parse;
mod patterns;
mod permissive;
mod policy_set;
mod rule;
mod schema;
mod schema_spans;
mod scope;
mod set_layout;
mod shorten;
mod spelling;
mod suppress;
mod vacuous;

use actra_diagnostics::{Code, Diagnostic, Sources, Span, codes};
use actra_ir::{DeclarationSpans, Governance, Policy, Rule, RuleMode};
use actra_model::{Effect, Schema};
use actra_syntax::{Suppression, ast};

use parse::{ParsedGovernance, ParsedSet, parse_governance, parse_set};

pub use governance::{InvariantText, InvariantTextError, baseline_path, resolve_invariant};
pub use policy_set::{CompiledBaseline, PolicySet, SetFile};
pub use spelling::{ConvertedSet, Spelling, convert_spelling};

/// What compiling a set gives.
#[derive(Debug, Clone)]
pub struct UngovernedCompilation {
    /// The texts, so that places can be shown.
    pub sources: Sources,
    /// Errors and warnings, sorted by file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// The policy; `None` exactly if there is an error.
    pub policy: Option<Policy>,
    /// What `governance.yaml` demands of the policy, which is still to be checked; `None` without one.
    pub governance: Option<Governance>,
}

/// Compiles a policy set. Pure; reports all faults that it can find in one run.
///
/// Cost: linear in the text, but for definitions, which are expanded where they are used within
/// [`actra_model::limits::CONDITION_NODES`].
pub fn compile(set: &PolicySet) -> UngovernedCompilation {
    begin(set, CheckLevel::Compile).finish(Vec::new())
}

/// Compiles a policy set, and warns about what compiles and deserves a look: parts that are always true, names that
/// nothing uses, blocks that tell nobody why. For those who write policies; the policy is that of [`compile`].
pub fn check(set: &PolicySet) -> UngovernedCompilation {
    begin(set, CheckLevel::Check).finish(Vec::new())
}

/// How much is checked about a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckLevel {
    /// Whether it compiles.
    Compile,
    /// Also what compiles and deserves a look.
    Check,
    /// Also what can be proved of its rules: [`PROOF_CODES`], which the caller finds.
    Prove,
}

/// The codes of warnings that take a proof about rules.
pub const PROOF_CODES: &[Code] =
    &[codes::NEVER_TRUE, codes::ALWAYS_TRUE, codes::NEVER_DECISIVE, codes::DEFAULT_UNREACHABLE];

/// A compiled set to which further diagnostics may be added before anything is reported.
#[derive(Debug)]
pub struct OpenCompilation {
    /// The policy; `None` if there is an error.
    pub policy: Option<Policy>,
    /// What `governance.yaml` demands of the policy; `None` without one.
    pub governance: Option<Governance>,
    /// Where the set says what is not a rule.
    pub places: DeclarationSpans,
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
    suppressions: Vec<Suppression>,
}

impl OpenCompilation {
    /// Adds what else was found, drops what is allowed in place, and sorts. It is the last step, so that whatever is
    /// reported can be allowed.
    pub fn finish(self, further: Vec<Diagnostic>) -> UngovernedCompilation {
        let OpenCompilation { policy, governance, places: _, sources, mut diagnostics, suppressions } = self;
        diagnostics.extend(further);
        suppress::apply_suppressions(&suppressions, &sources, &mut diagnostics);
        merge::sort_and_merge(&mut diagnostics);
        let refused = diagnostics.iter().any(Diagnostic::is_error);
        UngovernedCompilation { sources, diagnostics, policy: policy.filter(|_| !refused), governance }
    }
}

/// Compiles a policy set and leaves it open for further diagnostics.
pub fn begin(set: &PolicySet, level: CheckLevel) -> OpenCompilation {
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let file = set_layout::add_governance(set, &mut sources, &mut diagnostics);
    let governed = file.map(|file| parse_governance(file, &sources, &mut diagnostics)).unwrap_or_default();
    let path = governed.decl.as_ref().and_then(governance::path_of);
    let (below, own): (Vec<&SetFile>, Vec<&SetFile>) =
        set.files.iter().partition(|file| path.as_deref().is_some_and(|path| file.is_below(path)));
    let layout = set_layout::arrange(&own, "", &mut sources, &mut diagnostics);
    let parsed = parse_set(&layout, &sources, &mut diagnostics);
    let baseline = path.map(|path| match &set.baseline {
        Some(CompiledBaseline(compiled)) if below.is_empty() => {
            compiled.as_deref().cloned().map_err(Clone::clone)
        }
        _ => baseline(&path, &below, &mut sources),
    });
    let mut lowered = lower(parsed, governed, &sources, level, &mut diagnostics);
    let governance = match (&lowered.governance, &lowered.schema) {
        (Some(decl), Some(schema)) => {
            let (effect, place, top) = (lowered.default, lowered.default_place, lowered.places.default);
            let default = governance::DefaultEffect { effect, place, top };
            governance::resolve(schema, default, decl, baseline, &mut diagnostics)
        }
        _ => None,
    };
    let is_checked = |code: Code| match level {
        CheckLevel::Compile => !lint::CODES.contains(&code) && !PROOF_CODES.contains(&code),
        CheckLevel::Check => !PROOF_CODES.contains(&code),
        CheckLevel::Prove => true,
    };
    let mut suppressions = std::mem::take(&mut lowered.suppressions);
    suppressions.retain(|suppression| is_checked(suppression.code));
    let places = std::mem::take(&mut lowered.places);
    let policy = lowered.policy(&diagnostics);
    let governance = governance.filter(|_| policy.is_some());
    OpenCompilation { policy, governance, places, sources, diagnostics, suppressions }
}

/// The policy in a directory of the set, without governance of its own, or why there is none.
fn baseline(path: &str, files: &[&SetFile], sources: &mut Sources) -> Result<Policy, String> {
    match files {
        [] => return Err("there is nothing at this path".to_owned()),
        [file] if file.path == path => {
            let kind = "it is neither a policy directory nor a compiled policy".to_owned();
            return Err(file.content.as_ref().err().cloned().unwrap_or(kind));
        }
        _ => {}
    }
    let mut diagnostics = Vec::new();
    let layout = set_layout::arrange(files, path, sources, &mut diagnostics);
    let parsed = parse_set(&layout, sources, &mut diagnostics);
    let lowered = lower(parsed, ParsedGovernance::default(), sources, CheckLevel::Compile, &mut diagnostics);
    let fault = diagnostics.iter().find(|found| found.is_error());
    let fault = fault.map(|fault| format!("it does not compile: {} {}", fault.code, fault.message));
    lowered.policy(&diagnostics).ok_or(fault.unwrap_or_default())
}

/// A set of which every part was checked and lowered.
struct LoweredSet {
    schema: Option<Schema>,
    default: Effect,
    /// Where it is written.
    default_place: Option<Span>,
    places: DeclarationSpans,
    rules: Vec<Rule>,
    governance: Option<ast::governance::Governance>,
    suppressions: Vec<Suppression>,
}

impl LoweredSet {
    /// The policy, unless an error was found.
    fn policy(self, diagnostics: &[Diagnostic]) -> Option<Policy> {
        let refused = diagnostics.iter().any(Diagnostic::is_error);
        let (schema, default, rules) = (self.schema.filter(|_| !refused)?, self.default, self.rules);
        let hash = actra_ir::hash::hash(&schema, default, &rules);
        Some(Policy { schema, default, rules, hash })
    }
}

fn lower(
    parsed: ParsedSet,
    governed: ParsedGovernance,
    sources: &Sources,
    level: CheckLevel,
    diagnostics: &mut Vec<Diagnostic>,
) -> LoweredSet {
    let (schema_ast, files) = (parsed.schema, parsed.policies);
    let schema = schema_ast.as_ref().map(|decl| schema::resolve(decl, diagnostics));
    let names = global_names::resolve(&files, diagnostics);
    let default = default_effect(&files, parsed.start.filter(|_| !parsed.default_written), diagnostics);
    let rules = schema
        .as_ref()
        .map(|schema| rule::resolve_all(schema, &files, &names, default, diagnostics))
        .unwrap_or_default();
    if level != CheckLevel::Compile
        && let (Some(schema_decl), Some(schema)) = (&schema_ast, &schema)
        && !diagnostics.iter().any(Diagnostic::is_error)
    {
        let governance = governed.decl.as_ref();
        let enforced = rules.iter().filter(|rule| rule.mode == RuleMode::Enforce);
        let covered = enforced.map(|rule| (rule.effect, &*rule.actions));
        let effects = permissive::EffectContext::new(default, schema, covered);
        let checked = lint::LintInput {
            sources,
            schema_decl,
            schema,
            files: &files,
            governance,
            rules: &rules,
            effects,
        };
        lint::check(&checked, diagnostics);
    }
    let suppressions = parsed.suppressions.into_iter().chain(governed.suppressions).collect();
    let default_place = files.iter().find_map(|file| file.default.as_ref()).map(|default| default.span);
    let places = DeclarationSpans {
        default: default_place.or(parsed.start),
        rules: parsed.rules,
        schema: schema_ast
            .filter(|_| governed.decl.is_some())
            .map(|decl| schema_spans::of(&decl))
            .unwrap_or_default(),
    };
    LoweredSet { schema, default, default_place, places, rules, governance: governed.decl, suppressions }
}

/// The `default` of the set: stands in at most one file, `allow` when left out.
fn default_effect(
    files: &[ast::PolicyFile],
    start: Option<Span>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Effect {
    let mut defaults = files.iter().filter_map(|file| file.default.as_ref());
    let Some(default) = defaults.next() else {
        if let Some(start) = start {
            let message = "`default` is left out, so a request that no rule matches is allowed";
            diagnostics.push(Diagnostic::new(codes::DEFAULT_LEFT_OUT, start, message).help(
                "say what happens then: `default: allow`, `default: require_approval` or `default: block`",
            ));
        }
        return Effect::Allow;
    };
    for other in defaults {
        diagnostics.push(
            Diagnostic::new(codes::DUPLICATE_DEFAULT, other.span, "`default` appears in more than one file")
                .also(default.span, "it is already set here")
                .help("keep one of them"),
        );
    }
    rule::effect(default, diagnostics).unwrap_or(Effect::Block)
}
