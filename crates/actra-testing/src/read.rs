//! A case file's text to a [`CaseFile`]. Strict: an unknown key, a missing one or a value of another kind is a problem.

mod node;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use actra_diagnostics::{FileId, Sources, Span};
use actra_engine::PolicySet;
use actra_engine::model::{Effect, RawValue, limits};
use actra_syntax::yaml::{self, Node, NodeKind, Scalar, ScalarStyle};

use crate::case_file::{Case, CaseFile, LoadSet, Problem, Unmentioned, text_file};
use crate::expected::{Expected, ExpectedDiagnostic, ExpectedMember, SetAnalysis};
use crate::yaml_value::YamlValue;
use node::Mapping;

const FILE_KEYS: &[&str] = &[
    "version",
    "lenient",
    "policy",
    "schema",
    "rules",
    "default",
    "constants",
    "definitions",
    "governance",
    "fixtures",
    "cases",
];
/// The keys of a policy file that stand in a case file, besides `rules`.
const POLICY_KEYS: &[&str] = &["default", "constants", "definitions", "rules"];
const CASE_KEYS: &[&str] = &[
    "name",
    "use",
    "request",
    "request_json",
    "files",
    "expect",
    "decision",
    "explain",
    "diagnostics",
    "check",
    "proofs",
    "hash",
    "table",
    "rows",
];
const DECISION_KEYS: &[&str] = &[
    "effect",
    "matched_rule",
    "matched_rules",
    "message",
    "required_actions",
    "undetermined",
    "errors",
    "shadow",
];
/// The keys whose diagnostics are expected of an analysis of the set.
const SET_ANALYSES: &[(&str, SetAnalysis)] =
    &[("diagnostics", SetAnalysis::Compile), ("check", SetAnalysis::Check), ("proofs", SetAnalysis::Prove)];
const EXPLAINED_KEYS: &[&str] = &["rule", "effect", "mode", "truth", "path", "code", "condition"];
/// The keys of a part of a condition in an explanation.
const PART_KEYS: &[&str] =
    &["text", "file", "line", "column", "truth", "path", "code", "state", "value", "parts"];
const RECORDS: &[&str] = &["action", "actor", "snapshot", "unknown"];

impl CaseFile {
    /// Reads a case file; `load` finds the set of `policy: PATH`.
    pub fn read(file: &str, text: &str, load: &mut LoadSet<'_>) -> Result<CaseFile, Vec<Problem>> {
        Self::read_for(&PolicySet::default(), file, text, load)
    }

    /// Reads a case file of a set; its cases are about that set if it names none.
    pub fn read_for(
        given: &PolicySet,
        file: &str,
        text: &str,
        load: &mut LoadSet<'_>,
    ) -> Result<CaseFile, Vec<Problem>> {
        let mut sources = Sources::new();
        let id = sources.add(file, text);
        let mut faults = Vec::new();
        let mut budget = limits::ALIAS_NODES;
        let root = yaml::parse(id, text, &mut budget, &mut faults);
        let unmentioned = Unmentioned::Fails;
        let (used_fixtures, problems) = (BTreeSet::new(), Vec::new());
        let mut reader = CaseFileReader {
            sources: &sources,
            file: id,
            default_set: given,
            unmentioned,
            used_fixtures,
            problems,
        };
        for fault in faults {
            // A quoted key or text of a request may be sensitive. The title and the location say enough.
            let has_quote = fault.message.contains('`');
            let message = if has_quote { fault.code.title().to_owned() } else { fault.message };
            reader.problem(fault.span, message);
        }
        let case_file = root.map(|root| reader.case_file(&root, load));
        match case_file {
            Some(case_file) if reader.problems.is_empty() => Ok(case_file),
            _ => Err(reader.finish()),
        }
    }
}

struct CaseFileReader<'a> {
    sources: &'a Sources,
    file: FileId,
    /// The set of a file that names none.
    default_set: &'a PolicySet,
    unmentioned: Unmentioned,
    /// The fixtures that some case uses.
    used_fixtures: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl CaseFileReader<'_> {
    fn problem(&mut self, span: Option<Span>, message: impl Into<String>) {
        let offset = span.map_or(0, |span| span.start);
        let position = self.sources.position(self.file, offset);
        self.problems.push(Problem { line: position.line, column: position.column, message: message.into() });
    }

    fn finish(mut self) -> Vec<Problem> {
        if self.problems.is_empty() {
            self.problem(None, "the file holds no cases");
        }
        self.problems.sort_by_key(|problem| (problem.line, problem.column));
        self.problems
    }

    fn line(&self, node: &Node) -> u32 {
        self.sources.position(self.file, node.span.start).line
    }

    fn case_file(&mut self, root: &Node, load: &mut LoadSet<'_>) -> CaseFile {
        let members = self.mapping(root, FILE_KEYS);
        match members.get("version").map(|node| self.value(node)) {
            Some(YamlValue::Number(version)) if version == "1" => {}
            _ => self.problem(Some(root.span), "a case file must start with `version: 1`"),
        }
        match members.get("lenient").map(|node| (node, self.value(node))) {
            None | Some((_, YamlValue::Bool(false))) => {}
            Some((_, YamlValue::Bool(true))) => self.unmentioned = Unmentioned::Passes,
            Some((node, _)) => self.problem(Some(node.span), "`lenient` must be `true` or `false`"),
        }
        let set = self.set(&members, load);
        let fixtures = self.fixtures(members.get("fixtures"));
        let mut names = BTreeSet::new();
        let mut cases = Vec::new();
        match members.get("cases") {
            None => self.problem(Some(root.span), "`cases` is missing"),
            Some(node) => {
                for node in self.items(node) {
                    for (case, span) in self.cases(node, &fixtures) {
                        if !names.insert(case.name.clone()) {
                            self.problem(Some(span), format!("the name `{}` appears twice", case.name));
                        }
                        cases.push(case);
                    }
                }
            }
        }
        self.report_unused_fixtures(members.get("fixtures"));
        CaseFile { set, cases }
    }

    /// A fixture that no case uses was probably meant for one that does not name it.
    fn report_unused_fixtures(&mut self, fixtures: Option<&Node>) {
        for entry in fixtures.map(|node| self.entries(node)).unwrap_or_default() {
            if let Some(name) = scalar(&entry.key).filter(|key| !self.used_fixtures.contains(&key.text)) {
                let message = format!("no case uses the fixture `{}`: write `use: [{0}]` in one", name.text);
                self.problem(Some(entry.key.span), message);
            }
        }
    }

    /// The set that all cases share; the default one if the file names none.
    fn set(&mut self, members: &Mapping<'_>, load: &mut LoadSet<'_>) -> PolicySet {
        let mut files = Vec::new();
        if let Some((node, path)) = members.get("policy").and_then(|node| Some((node, path(node)?))) {
            for (key, other) in &members.entries {
                if *key == "schema" || *key == "governance" || POLICY_KEYS.contains(key) {
                    self.problem(
                        Some(other.span),
                        format!(
                            "`{key}` cannot be used here: `policy` is a path, so the set comes from there"
                        ),
                    );
                }
            }
            return load(path).unwrap_or_else(|error| {
                self.problem(Some(node.span), error);
                PolicySet::default()
            });
        }
        for (key, path) in [("schema", "schema.yaml"), ("governance", "governance.yaml")] {
            if let Some(node) = members.get(key) {
                let text = if key == "governance" { self.governance(node) } else { self.inline_file(node) };
                files.push(text_file(path, &text));
            }
        }
        let inline = members.entries.iter().filter(|(key, _)| POLICY_KEYS.contains(key));
        let inline: Vec<_> = inline.map(|(key, node)| ((*key).to_owned(), *node)).collect();
        match (members.get("policy"), inline.first()) {
            (Some(_), Some((key, node))) => {
                self.problem(Some(node.span), format!("`{key}` is given together with `policy`"));
            }
            (Some(node), None) => files.push(text_file("policy.yaml", &self.inline_file(node))),
            (None, Some(_)) => {
                let mut parts = vec![version()];
                parts.extend(inline.into_iter().map(|(key, node)| (key, self.value(node))));
                files.push(text_file("policy.yaml", &YamlValue::Object(parts).to_json()));
            }
            (None, None) if files.is_empty() => return self.default_set.clone(),
            (None, None) => {}
        }
        PolicySet { files, baseline: None }
    }

    /// The text of a file of the set that stands in the case file: given as text, or as a mapping that is written out.
    fn inline_file(&mut self, node: &Node) -> String {
        match self.value(node) {
            YamlValue::Text(text) => text,
            YamlValue::Object(mut members) => {
                if !members.iter().any(|(key, _)| key == "version") {
                    members.insert(0, version());
                }
                YamlValue::Object(members).to_json()
            }
            _ => {
                self.problem(Some(node.span), "a file of the set must be text or a mapping");
                String::new()
            }
        }
    }

    /// `governance.yaml`: its text, or what stands below `governance` in it.
    fn governance(&mut self, node: &Node) -> String {
        match self.value(node) {
            YamlValue::Text(text) => text,
            governance => YamlValue::Object(vec![version(), ("governance".to_owned(), governance)]).to_json(),
        }
    }

    fn fixtures(&mut self, node: Option<&Node>) -> BTreeMap<String, YamlValue> {
        let mut fixtures = BTreeMap::new();
        for entry in node.map(|node| self.entries(node)).unwrap_or_default() {
            let name = scalar(&entry.key).map(|key| key.text.clone()).unwrap_or_default();
            self.mapping(&entry.value, RECORDS);
            fixtures.insert(name, self.value(&entry.value));
        }
        fixtures
    }

    /// The cases of one entry under `cases`, each with its span: the entry itself, or the rows of its table.
    fn cases(&mut self, node: &Node, fixtures: &BTreeMap<String, YamlValue>) -> Vec<(Case, Span)> {
        let members = self.mapping(node, CASE_KEYS);
        let name = match members.get("name") {
            Some(node) => self.text(node),
            None => {
                self.problem(Some(node.span), "a case needs a `name`");
                String::new()
            }
        };
        match members.get("table") {
            Some(columns) => self.table(node, name, &members, columns, fixtures),
            None => vec![(self.case(node, name, &members, fixtures), node.span)],
        }
    }

    fn case(
        &mut self,
        node: &Node,
        name: String,
        members: &Mapping<'_>,
        fixtures: &BTreeMap<String, YamlValue>,
    ) -> Case {
        if let Some(rows) = members.get("rows") {
            self.problem(Some(rows.span), "`rows` needs `table`, which names the columns");
        }
        let request = self.request(members, fixtures);
        let expected = self.expected(members);
        let decides = expected.iter().any(Expected::needs_request);
        if expected.is_empty() {
            self.problem(
                Some(node.span),
                "a case needs one of `expect`, `decision`, `explain`, `diagnostics`, `check`, `proofs`, `hash`",
            );
        } else if decides != request.is_some() {
            let message =
                "`request` or `request_json` is used together with `expect`, `decision` or `explain`";
            self.problem(Some(node.span), message);
        }
        let files = members.get("files").map(|node| self.files(node)).unwrap_or_default();
        Case { name, line: self.line(node), request, files, expected, unmentioned: self.unmentioned }
    }

    fn files(&mut self, node: &Node) -> BTreeMap<String, Option<String>> {
        let mut files = BTreeMap::new();
        for entry in self.entries(node) {
            let path = scalar(&entry.key).map(|key| key.text.clone()).unwrap_or_default();
            let text = (self.value(&entry.value) != YamlValue::Null).then(|| self.inline_file(&entry.value));
            files.insert(path, text);
        }
        files
    }

    fn request(&mut self, members: &Mapping<'_>, fixtures: &BTreeMap<String, YamlValue>) -> Option<Vec<u8>> {
        let (used, request, raw) = (members.get("use"), members.get("request"), members.get("request_json"));
        if let Some(raw) = raw {
            if used.is_some() || request.is_some() {
                self.problem(Some(raw.span), "`request_json` must stand alone");
            }
            return Some(self.text(raw).into_bytes());
        }
        if used.is_none() && request.is_none() {
            return None;
        }
        Some(self.merged(members, fixtures).to_json().into_bytes())
    }

    /// The fixtures from left to right, then the request.
    fn merged(&mut self, members: &Mapping<'_>, fixtures: &BTreeMap<String, YamlValue>) -> YamlValue {
        let (used, request) = (members.get("use"), members.get("request"));
        let mut merged = YamlValue::Object(Vec::new());
        for node in used.map(|node| self.items(node)).unwrap_or_default() {
            let name = self.text(node);
            match fixtures.get(&name) {
                Some(fixture) => {
                    merged.merge(fixture.clone());
                    self.used_fixtures.insert(name);
                }
                None => self.problem(Some(node.span), format!("there is no fixture `{name}`")),
            }
        }
        if let Some(node) = request {
            self.mapping(node, RECORDS);
            merged.merge(self.value(node));
        }
        merged
    }

    fn expected(&mut self, members: &Mapping<'_>) -> Vec<Expected> {
        let mut expected = Vec::new();
        if let Some(node) = members.get("expect") {
            expected.push(Expected::Members(self.decision_members(node)));
        }
        if let Some(node) = members.get("decision") {
            expected.push(Expected::Decision { bytes: self.text(node), line: self.line(node) });
        }
        if let Some(node) = members.get("explain") {
            self.check_explanation(node);
            expected.push(Expected::Explanation { rules: self.raw(node), line: self.line(node) });
        }
        for (key, analysis) in SET_ANALYSES {
            if let Some(node) = members.get(key) {
                let list = self.items(node).iter().map(|node| self.diagnostic(node)).collect();
                expected.push(Expected::Diagnostics { analysis: *analysis, list, line: self.line(node) });
            }
        }
        if let Some(node) = members.get("hash") {
            expected.push(Expected::Hash { text: self.text(node), line: self.line(node) });
        }
        expected
    }

    fn decision_members(&mut self, node: &Node) -> Vec<ExpectedMember> {
        let members = self.mapping(node, DECISION_KEYS);
        if members.entries.is_empty() {
            self.problem(Some(node.span), "`expect` names nothing");
        }
        let mut expected = Vec::new();
        for (name, node) in members.entries {
            let value = self.raw(node);
            self.check_member(name, node, &value);
            expected.push(ExpectedMember { name: name.to_owned(), value, line: self.line(node) });
        }
        expected
    }

    /// Reports expectations that no decision can meet.
    fn check_member(&mut self, name: &str, node: &Node, value: &RawValue) {
        let entry_keys: &[&str] = match name {
            "effect" => {
                let known = [Effect::Allow, Effect::RequireApproval, Effect::Block];
                if !known.iter().any(|effect| *value == RawValue::from(effect.as_str())) {
                    self.problem(Some(node.span), "an effect is `allow`, `require_approval` or `block`");
                }
                return;
            }
            "undetermined" => &["rule", "path", "code"],
            "errors" => &["path", "code", "message"],
            "shadow" => &["rule", "effect", "truth"],
            "matched_rules" | "required_actions" => {
                self.items(node);
                return;
            }
            _ => return,
        };
        for item in self.items(node) {
            self.mapping(item, entry_keys);
        }
    }

    /// Reports keys that no explanation has.
    fn check_explanation(&mut self, node: &Node) {
        for rule in self.items(node) {
            if let Some(condition) = self.mapping(rule, EXPLAINED_KEYS).get("condition") {
                self.check_part(condition);
            }
        }
    }

    /// Recursion is bounded: YAML nests at most `limits::NESTING` deep.
    fn check_part(&mut self, node: &Node) {
        let parts = self.mapping(node, PART_KEYS).get("parts");
        for part in parts.map(|node| self.items(node)).unwrap_or_default() {
            self.check_part(part);
        }
    }

    fn diagnostic(&mut self, node: &Node) -> ExpectedDiagnostic {
        let members = self.mapping(node, &["code", "file", "line", "column", "also"]);
        let code = members.get("code").map(|node| self.text(node)).unwrap_or_default();
        if actra_diagnostics::Code::parse(&code).is_none() {
            self.problem(Some(members.span), format!("there is no code `{code}`"));
        }
        let file = members.get("file").map(|node| match self.value(node) {
            YamlValue::Null => None,
            _ => Some(self.text(node)),
        });
        let mut number = |key| members.get(key).map(|node| self.number(node));
        let (line, column) = (number("line"), number("column"));
        let also = members.get("also").map(|node| self.items(node)).unwrap_or_default();
        let also = also.iter().map(|node| self.label(node)).collect();
        ExpectedDiagnostic { code, file, line, column, also }
    }

    /// The file and line of a label.
    fn label(&mut self, node: &Node) -> (String, u32) {
        let members = self.mapping(node, &["file", "line"]);
        let file = members.get("file").map(|node| self.text(node)).unwrap_or_default();
        (file, members.get("line").map(|node| self.number(node)).unwrap_or_default())
    }

    fn number(&mut self, node: &Node) -> u32 {
        let number = scalar(node).and_then(|scalar| scalar.text.parse().ok());
        number.unwrap_or_else(|| {
            self.problem(Some(node.span), "a line or column must be a number from 1");
            0
        })
    }
}

fn version() -> (String, YamlValue) {
    ("version".to_owned(), YamlValue::Number("1".to_owned()))
}

fn scalar(node: &Node) -> Option<&Scalar> {
    if let NodeKind::Scalar(scalar) = &node.kind { Some(scalar) } else { None }
}

/// The path that `policy` names; a block of text there is a policy file.
fn path(node: &Node) -> Option<&str> {
    let scalar = scalar(node)?;
    let block = matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded);
    (!block).then_some(scalar.text.as_str())
}
