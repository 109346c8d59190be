//! A policy set, as text, to a [`Policy`] or to everything that is wrong with it.
//!
//! The phases: `layout` says which file plays which part, `actra-syntax` parses and decodes,
//! `schema` and `names` resolve declarations, `rule` checks and lowers each rule, and `governance` checks what stands
//! in `governance.yaml`; whether the policy keeps to it is for `actra-govern`.
//! A fault in one place never hides faults in another.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod check;
mod governance;
mod guard;
mod layout;
mod lint;
mod literal;
mod message;
mod milder;
mod names;
mod narrowing;
mod patterns;
mod places;
mod respell;
mod rule;
mod schema;
mod scope;
mod shorten;
mod vacuous;

use actra_diagnostics::{Code, Diagnostic, FileId, Sources, Span, codes};
use actra_ir::{Governance, Mode, Places, Policy, Rule};
use actra_model::{Effect, Schema, limits};
use actra_syntax::yaml::{self, Node, NodeKind};
use actra_syntax::{Allowance, ast};

pub use governance::{Asked, Refused, asked, baseline_path};
pub use layout::{CompiledBaseline, PolicySet, SetFile};
pub use respell::{Respelled, Spelling, respell};

/// What compiling a set gives.
#[derive(Debug, Clone)]
pub struct Outcome {
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
/// [`limits::CONDITION_NODES`].
pub fn compile(set: &PolicySet) -> Outcome {
    begin(set, Depth::Compile).finish(Vec::new())
}

/// The same with warnings about what compiles and deserves a look: parts that are always true, names that nothing
/// uses, blocks that tell nobody why. For those who write policies; the policy is the same.
pub fn check(set: &PolicySet) -> Outcome {
    begin(set, Depth::Check).finish(Vec::new())
}

/// How much is asked about a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Whether it compiles.
    Compile,
    /// Also what compiles and deserves a look.
    Check,
    /// Also what is proved of its rules: codes of [`PROVED`], which somebody else finds.
    Prove,
}

/// Codes that are found by proofs about rules.
pub const PROVED: &[Code] =
    &[codes::NEVER_TRUE, codes::ALWAYS_TRUE, codes::NEVER_DECISIVE, codes::DEFAULT_UNREACHABLE];

/// A set that was compiled, and of which more may be asked before anything is reported.
#[derive(Debug)]
pub struct Compiled {
    /// The policy; `None` if there is an error.
    pub policy: Option<Policy>,
    /// What `governance.yaml` demands of the policy; `None` without one.
    pub governance: Option<Governance>,
    /// Where the set says what is no rule.
    pub places: Places,
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
    allowances: Vec<Allowance>,
}

impl Compiled {
    /// Takes in what else was found, drops what is allowed in place, and sorts: the last step, so that whatever is
    /// reported can be allowed.
    pub fn finish(self, further: Vec<Diagnostic>) -> Outcome {
        let Compiled { policy, governance, places: _, sources, mut diagnostics, allowances } = self;
        diagnostics.extend(further);
        apply_allowances(&allowances, &sources, &mut diagnostics);
        finish(&mut diagnostics);
        let refused = diagnostics.iter().any(Diagnostic::is_error);
        Outcome { sources, diagnostics, policy: policy.filter(|_| !refused), governance }
    }
}

/// Compiles a policy set, and leaves it open for more to be found in it.
pub fn begin(set: &PolicySet, depth: Depth) -> Compiled {
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let file = layout::governance(set, &mut sources, &mut diagnostics);
    let governed = file.map(|file| governed(file, &sources, &mut diagnostics)).unwrap_or_default();
    let path = governed.decl.as_ref().and_then(governance::path_of);
    let (below, own): (Vec<&SetFile>, Vec<&SetFile>) =
        set.files.iter().partition(|file| path.as_deref().is_some_and(|path| file.is_below(path)));
    let texts = layout::arrange(&own, "", &mut sources, &mut diagnostics);
    let parsed = parse_all(&texts, &sources, &mut diagnostics);
    let baseline = path.map(|path| match &set.baseline {
        Some(CompiledBaseline(compiled)) if below.is_empty() => {
            compiled.as_deref().cloned().map_err(Clone::clone)
        }
        _ => baseline(&path, &below, &mut sources),
    });
    let mut lowered = lower(parsed, governed, &sources, depth, &mut diagnostics);
    let governance = match (&lowered.governance, &lowered.schema) {
        (Some(decl), Some(schema)) => {
            let (effect, place, top) = (lowered.default, lowered.default_place, lowered.places.default);
            let default = governance::Default { effect, place, top };
            governance::resolve(schema, default, decl, baseline, &mut diagnostics)
        }
        _ => None,
    };
    let is_looked_for = |code: Code| match depth {
        Depth::Compile => !lint::CODES.contains(&code) && !PROVED.contains(&code),
        Depth::Check => !PROVED.contains(&code),
        Depth::Prove => true,
    };
    let mut allowances = std::mem::take(&mut lowered.allowances);
    allowances.retain(|allowance| is_looked_for(allowance.code));
    let places = std::mem::take(&mut lowered.places);
    let policy = lowered.policy(&diagnostics);
    let governance = governance.filter(|_| policy.is_some());
    Compiled { policy, governance, places, sources, diagnostics, allowances }
}

/// The policy in a folder of the set, without governance of its own, or why there is none.
fn baseline(path: &str, files: &[&SetFile], sources: &mut Sources) -> Result<Policy, String> {
    match files {
        [] => return Err("nothing is there".to_owned()),
        [file] if file.path == path => {
            let kind = "it is neither a policy directory nor a compiled policy".to_owned();
            return Err(file.content.as_ref().err().cloned().unwrap_or(kind));
        }
        _ => {}
    }
    let mut diagnostics = Vec::new();
    let texts = layout::arrange(files, path, sources, &mut diagnostics);
    let parsed = parse_all(&texts, sources, &mut diagnostics);
    let lowered = lower(parsed, Governed::default(), sources, Depth::Compile, &mut diagnostics);
    let fault = diagnostics.iter().find(|found| found.is_error());
    let fault = fault.map(|fault| format!("it does not compile: {} {}", fault.code, fault.message));
    lowered.policy(&diagnostics).ok_or(fault.unwrap_or_default())
}

/// A set of which every part was looked at.
struct Lowered {
    schema: Option<Schema>,
    default: Effect,
    /// Where it is written.
    default_place: Option<Span>,
    places: Places,
    rules: Vec<Rule>,
    governance: Option<ast::governance::Governance>,
    allowances: Vec<Allowance>,
}

impl Lowered {
    /// The policy, unless an error was found.
    fn policy(self, diagnostics: &[Diagnostic]) -> Option<Policy> {
        let refused = diagnostics.iter().any(Diagnostic::is_error);
        let (schema, default, rules) = (self.schema.filter(|_| !refused)?, self.default, self.rules);
        let hash = actra_ir::hash::hash(&schema, default, &rules);
        Some(Policy { schema, default, rules, hash })
    }
}

fn lower(
    parsed: Parsed,
    governed: Governed,
    sources: &Sources,
    depth: Depth,
    diagnostics: &mut Vec<Diagnostic>,
) -> Lowered {
    let (schema_ast, files) = (parsed.schema, parsed.policies);
    let schema = schema_ast.as_ref().map(|decl| schema::resolve(decl, diagnostics));
    let names = names::resolve(&files, diagnostics);
    let default = default_effect(&files, parsed.start.filter(|_| !parsed.default_written), diagnostics);
    let rules = schema
        .as_ref()
        .map(|schema| rule::resolve_all(schema, &files, &names, default, diagnostics))
        .unwrap_or_default();
    if depth != Depth::Compile
        && let (Some(schema_decl), Some(schema)) = (&schema_ast, &schema)
        && !diagnostics.iter().any(Diagnostic::is_error)
    {
        let governance = governed.decl.as_ref();
        let enforced = rules.iter().filter(|rule| rule.mode == Mode::Enforce);
        let covered = enforced.map(|rule| (rule.effect, &*rule.actions));
        let beside = milder::Beside::new(default, schema, covered);
        let checked =
            lint::Checked { sources, schema_decl, schema, files: &files, governance, rules: &rules, beside };
        lint::check(&checked, diagnostics);
    }
    let allowances = parsed.allowances.into_iter().chain(governed.allowances).collect();
    let default_place = files.iter().find_map(|file| file.default.as_ref()).map(|default| default.span);
    let places = Places {
        default: default_place.or(parsed.start),
        rules: parsed.rules,
        schema: schema_ast
            .filter(|_| governed.decl.is_some())
            .map(|decl| places::of(&decl))
            .unwrap_or_default(),
    };
    Lowered { schema, default, default_place, places, rules, governance: governed.decl, allowances }
}

/// `governance.yaml`, decoded.
#[derive(Default)]
struct Governed {
    decl: Option<ast::governance::Governance>,
    allowances: Vec<Allowance>,
}

fn governed(file: FileId, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Governed {
    let text = sources.get(file).map_or("", |source| source.text.as_str());
    let node = yaml::parse(file, text, &mut limits::ALIAS_NODES.clone(), diagnostics);
    let Some(node) = node else { return Governed::default() };
    Governed {
        allowances: actra_syntax::allowances(file, text, &node, diagnostics),
        decl: Some(actra_syntax::decode_governance(&node, diagnostics)),
    }
}

/// The decoded files.
#[derive(Default)]
struct Parsed {
    schema: Option<ast::Schema>,
    policies: Vec<ast::PolicyFile>,
    allowances: Vec<Allowance>,
    /// The first key of the first policy file.
    start: Option<Span>,
    /// The first key `rules`.
    rules: Option<Span>,
    /// Whether `default` stands somewhere, be it faulty, or could stand in text that is not YAML.
    default_written: bool,
}

fn parse_all(texts: &layout::Arranged, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Parsed {
    let mut parsed = Parsed::default();
    let mut alias_budget = limits::ALIAS_NODES;
    let text = |file: FileId| sources.get(file).map_or("", |source| source.text.as_str());
    if let Some(file) = texts.schema
        && let Some(node) = yaml::parse(file, text(file), &mut alias_budget, diagnostics)
    {
        parsed.allowances.extend(actra_syntax::allowances(file, text(file), &node, diagnostics));
        parsed.schema = Some(actra_syntax::decode_schema(&node, diagnostics));
    }
    for file in texts.policies.iter().copied() {
        let faults = diagnostics.len();
        let read = actra_syntax::read_policy(file, text(file), &mut alias_budget, diagnostics);
        if let Some((node, policy)) = read {
            parsed.allowances.extend(actra_syntax::allowances(file, text(file), &node, diagnostics));
            parsed.start = parsed.start.or_else(|| keys(&node).next().map(|key| key.span));
            parsed.rules = parsed.rules.or_else(|| key(&node, "rules"));
            parsed.default_written |= key(&node, "default").is_some();
            parsed.policies.push(policy);
        }
        let mut found = diagnostics.iter().skip(faults);
        parsed.default_written |= found.any(|found| found.code == codes::YAML_SYNTAX);
    }
    parsed
}

fn keys(node: &Node) -> impl Iterator<Item = &Node> {
    let entries = if let NodeKind::Mapping(entries) = &node.kind { entries.as_slice() } else { &[] };
    entries.iter().map(|entry| &entry.key)
}

/// The place of the key with a name.
fn key(node: &Node, name: &str) -> Option<Span> {
    let is_meant = |key: &&Node| matches!(&key.kind, NodeKind::Scalar(scalar) if scalar.text == name);
    keys(node).find(is_meant).map(|key| key.span)
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
            Diagnostic::new(codes::DUPLICATE_DEFAULT, other.span, "`default` stands in more than one file")
                .also(default.span, "it is set here already")
                .help("keep one of them"),
        );
    }
    rule::effect(default, diagnostics).unwrap_or(Effect::Block)
}

/// Drops warnings that an allowance covers; in a set without errors, reports allowances that cover none.
fn apply_allowances(allowances: &[Allowance], sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
    let mut used = vec![false; allowances.len()];
    diagnostics.retain(|diagnostic| {
        let Some(span) = diagnostic.span.filter(|_| !diagnostic.is_error()) else { return true };
        let covering = allowances.iter().position(|allowance| {
            allowance.code == diagnostic.code
                && allowance.covers.file == span.file
                && allowance.covers.start <= span.start
                && span.start <= allowance.covers.end
        });
        if let Some(mark) = covering.and_then(|idx| used.get_mut(idx)) {
            *mark = true;
        }
        covering.is_none()
    });
    // What an error keeps from being checked raises nothing yet.
    if diagnostics.iter().any(Diagnostic::is_error) {
        return;
    }
    for (allowance, _) in allowances.iter().zip(used).filter(|(_, used)| !used) {
        debug_assert!(sources.get(allowance.span.file).is_some());
        let message = format!("nothing here raises `{}`", allowance.code);
        diagnostics.push(
            Diagnostic::new(codes::USELESS_ALLOWANCE, allowance.span, message).help("remove the comment"),
        );
    }
}

/// Sorts by place and drops repetitions (a definition is checked once for every rule that uses it); what only a
/// repetition advises is kept, but for guards, of which those that contradict each other are no advice.
fn finish(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
    diagnostics.dedup_by(|again, first| {
        let same = again.span == first.span && again.code == first.code && again.message == first.message;
        if same && again.help != first.help {
            if guard::CODES.contains(&first.code) {
                first.help = guard::contradicting();
                return true;
            }
            let new: Vec<String> = again.help.drain(..).filter(|help| !first.help.contains(help)).collect();
            first.help.extend(new);
        }
        same
    });
}
