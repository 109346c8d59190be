//! A case file's text to a [`Suite`]. Strict: an unknown key, a missing one or a value of another kind is a problem.

use std::collections::{BTreeMap, BTreeSet};

use actra_diagnostics::{FileId, Sources, Span};
use actra_engine::PolicySet;
use actra_engine::model::{Effect, RawValue, limits};
use actra_syntax::yaml::{self, Entry, Node, NodeKind, Scalar, ScalarStyle, ScalarValue};
use actra_syntax::{alias, suggest};
use actra_wire::json;

use crate::data::Data;
use crate::expected::{Expected, ExpectedDiagnostic, Member};
use crate::suite::{Case, LoadSet, Problem, Suite, Unsaid, text_file};

mod table;

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
const EXPLAINED_KEYS: &[&str] = &["rule", "effect", "mode", "truth", "path", "code", "condition"];
/// The keys of a part of a condition in an explanation.
const PART_KEYS: &[&str] =
    &["text", "file", "line", "column", "truth", "path", "code", "state", "value", "parts"];
const RECORDS: &[&str] = &["action", "actor", "snapshot", "unknown"];

impl Suite {
    /// Reads a case file; `load` finds the set of `policy: PATH`.
    pub fn read(file: &str, text: &str, load: &mut LoadSet<'_>) -> Result<Suite, Vec<Problem>> {
        Self::read_for(&PolicySet::default(), file, text, load)
    }

    /// Reads a case file of a set; its cases are about that set if it names none.
    pub fn read_for(
        given: &PolicySet,
        file: &str,
        text: &str,
        load: &mut LoadSet<'_>,
    ) -> Result<Suite, Vec<Problem>> {
        let mut sources = Sources::new();
        let id = sources.add(file, text);
        let mut faults = Vec::new();
        let mut budget = limits::ALIAS_NODES;
        let root = yaml::parse(id, text, &mut budget, &mut faults);
        let unsaid = Unsaid::Fails;
        let (used, problems) = (BTreeSet::new(), Vec::new());
        let mut reader = Reader { sources: &sources, file: id, given, unsaid, used, problems };
        for fault in faults {
            // A key or a text of a request can be what nobody is to see; the place is told.
            let quotes = fault.message.contains('`');
            let message = if quotes { fault.code.title().to_owned() } else { fault.message };
            reader.problem(fault.span, message);
        }
        let suite = root.map(|root| reader.suite(&root, load));
        match suite {
            Some(suite) if reader.problems.is_empty() => Ok(suite),
            _ => Err(reader.finish()),
        }
    }
}

struct Reader<'a> {
    sources: &'a Sources,
    file: FileId,
    /// The set of a file that names none.
    given: &'a PolicySet,
    unsaid: Unsaid,
    /// The fixtures that some case uses.
    used: BTreeSet<String>,
    problems: Vec<Problem>,
}

/// The members of a mapping whose keys were all known.
struct Members<'n> {
    entries: Vec<(&'n str, &'n Node)>,
    span: Span,
}

impl<'n> Members<'n> {
    fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(name, _)| *name == key).map(|(_, node)| *node)
    }
}

impl Reader<'_> {
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

    fn suite(&mut self, root: &Node, load: &mut LoadSet<'_>) -> Suite {
        let members = self.members(root, FILE_KEYS);
        match members.get("version").map(|node| self.data(node)) {
            Some(Data::Number(version)) if version == "1" => {}
            _ => self.problem(Some(root.span), "a case file starts with `version: 1`"),
        }
        match members.get("lenient").map(|node| (node, self.data(node))) {
            None | Some((_, Data::Bool(false))) => {}
            Some((_, Data::Bool(true))) => self.unsaid = Unsaid::Passes,
            Some((node, _)) => self.problem(Some(node.span), "`lenient` is `true` or `false`"),
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
                            self.problem(Some(span), format!("the name `{}` stands twice", case.name));
                        }
                        cases.push(case);
                    }
                }
            }
        }
        self.unused(members.get("fixtures"));
        Suite { set, cases }
    }

    /// A fixture that no case uses was meant for one that forgot to.
    fn unused(&mut self, fixtures: Option<&Node>) {
        for entry in fixtures.map(|node| self.entries(node)).unwrap_or_default() {
            if let Some(name) = scalar(&entry.key).filter(|key| !self.used.contains(&key.text)) {
                let message = format!("no case uses the fixture `{}`: write `use: [{0}]` in one", name.text);
                self.problem(Some(entry.key.span), message);
            }
        }
    }

    /// The set that all cases share; the given one where the file names none.
    fn set(&mut self, members: &Members<'_>, load: &mut LoadSet<'_>) -> PolicySet {
        let mut files = Vec::new();
        if let Some((node, path)) = members.get("policy").and_then(|node| Some((node, path(node)?))) {
            for (key, other) in &members.entries {
                if *key == "schema" || *key == "governance" || POLICY_KEYS.contains(key) {
                    self.problem(
                        Some(other.span),
                        format!("`{key}` stands beside a `policy` that is a path"),
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
                let text = if key == "governance" { self.governance(node) } else { self.block(node) };
                files.push(text_file(path, &text));
            }
        }
        let inline = members.entries.iter().filter(|(key, _)| POLICY_KEYS.contains(key));
        let inline: Vec<_> = inline.map(|(key, node)| ((*key).to_owned(), *node)).collect();
        match (members.get("policy"), inline.first()) {
            (Some(_), Some((key, node))) => {
                self.problem(Some(node.span), format!("`{key}` stands beside `policy`"));
            }
            (Some(node), None) => files.push(text_file("policy.yaml", &self.block(node))),
            (None, Some(_)) => {
                let mut parts = vec![version()];
                parts.extend(inline.into_iter().map(|(key, node)| (key, self.data(node))));
                files.push(text_file("policy.yaml", &Data::Object(parts).to_json()));
            }
            (None, None) if files.is_empty() => return self.given.clone(),
            (None, None) => {}
        }
        PolicySet { files, baseline: None }
    }

    /// A file of the set inside of the case file: its text as it is, or a mapping that is written out again.
    fn block(&mut self, node: &Node) -> String {
        match self.data(node) {
            Data::Text(text) => text,
            Data::Object(mut members) => {
                if !members.iter().any(|(key, _)| key == "version") {
                    members.insert(0, version());
                }
                Data::Object(members).to_json()
            }
            _ => {
                self.problem(Some(node.span), "a file of the set is text or a mapping");
                String::new()
            }
        }
    }

    /// `governance.yaml`: its text, or what stands below `governance` in it.
    fn governance(&mut self, node: &Node) -> String {
        match self.data(node) {
            Data::Text(text) => text,
            governance => Data::Object(vec![version(), ("governance".to_owned(), governance)]).to_json(),
        }
    }

    fn fixtures(&mut self, node: Option<&Node>) -> BTreeMap<String, Data> {
        let mut fixtures = BTreeMap::new();
        for entry in node.map(|node| self.entries(node)).unwrap_or_default() {
            let name = scalar(&entry.key).map(|key| key.text.clone()).unwrap_or_default();
            self.members(&entry.value, RECORDS);
            fixtures.insert(name, self.data(&entry.value));
        }
        fixtures
    }

    /// The cases of one entry under `cases`, each with its place: the entry itself, or the rows of its table.
    fn cases(&mut self, node: &Node, fixtures: &BTreeMap<String, Data>) -> Vec<(Case, Span)> {
        let members = self.members(node, CASE_KEYS);
        let name = match members.get("name") {
            Some(node) => self.text(node),
            None => {
                self.problem(Some(node.span), "a case has a `name`");
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
        members: &Members<'_>,
        fixtures: &BTreeMap<String, Data>,
    ) -> Case {
        if let Some(rows) = members.get("rows") {
            self.problem(Some(rows.span), "`rows` goes with `table`, which names the columns");
        }
        let request = self.request(members, fixtures);
        let expected = self.expected(members);
        let decides = expected.iter().any(Expected::needs_request);
        if expected.is_empty() {
            self.problem(
                Some(node.span),
                "a case has one of `expect`, `decision`, `explain`, `diagnostics`, `check`, `proofs`, `hash`",
            );
        } else if decides != request.is_some() {
            let message = "`request` or `request_json` goes with `expect`, `decision` or `explain`";
            self.problem(Some(node.span), message);
        }
        let files = members.get("files").map(|node| self.files(node)).unwrap_or_default();
        Case { name, line: self.line(node), request, files, expected, unsaid: self.unsaid }
    }

    fn files(&mut self, node: &Node) -> BTreeMap<String, Option<String>> {
        let mut files = BTreeMap::new();
        for entry in self.entries(node) {
            let path = scalar(&entry.key).map(|key| key.text.clone()).unwrap_or_default();
            let text = (self.data(&entry.value) != Data::Null).then(|| self.block(&entry.value));
            files.insert(path, text);
        }
        files
    }

    fn request(&mut self, members: &Members<'_>, fixtures: &BTreeMap<String, Data>) -> Option<Vec<u8>> {
        let (used, request, raw) = (members.get("use"), members.get("request"), members.get("request_json"));
        if let Some(raw) = raw {
            if used.is_some() || request.is_some() {
                self.problem(Some(raw.span), "`request_json` stands alone");
            }
            return Some(self.text(raw).into_bytes());
        }
        if used.is_none() && request.is_none() {
            return None;
        }
        Some(self.merged(members, fixtures).to_json().into_bytes())
    }

    /// The fixtures from left to right, then the request.
    fn merged(&mut self, members: &Members<'_>, fixtures: &BTreeMap<String, Data>) -> Data {
        let (used, request) = (members.get("use"), members.get("request"));
        let mut merged = Data::Object(Vec::new());
        for node in used.map(|node| self.items(node)).unwrap_or_default() {
            let name = self.text(node);
            match fixtures.get(&name) {
                Some(fixture) => {
                    merged.merge(fixture.clone());
                    self.used.insert(name);
                }
                None => self.problem(Some(node.span), format!("there is no fixture `{name}`")),
            }
        }
        if let Some(node) = request {
            self.members(node, RECORDS);
            merged.merge(self.data(node));
        }
        merged
    }

    fn expected(&mut self, members: &Members<'_>) -> Vec<Expected> {
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
        if let Some(node) = members.get("diagnostics") {
            let list = self.items(node).iter().map(|node| self.diagnostic(node)).collect();
            expected.push(Expected::Diagnostics { list, line: self.line(node) });
        }
        if let Some(node) = members.get("check") {
            let list = self.items(node).iter().map(|node| self.diagnostic(node)).collect();
            expected.push(Expected::Check { list, line: self.line(node) });
        }
        if let Some(node) = members.get("proofs") {
            let list = self.items(node).iter().map(|node| self.diagnostic(node)).collect();
            expected.push(Expected::Proofs { list, line: self.line(node) });
        }
        if let Some(node) = members.get("hash") {
            expected.push(Expected::Hash { text: self.text(node), line: self.line(node) });
        }
        expected
    }

    fn decision_members(&mut self, node: &Node) -> Vec<Member> {
        let members = self.members(node, DECISION_KEYS);
        if members.entries.is_empty() {
            self.problem(Some(node.span), "`expect` names nothing");
        }
        let mut expected = Vec::new();
        for (name, node) in members.entries {
            let value = self.raw(node);
            self.check_member(name, node, &value);
            expected.push(Member { name: name.to_owned(), value, line: self.line(node) });
        }
        expected
    }

    /// Refuses expectations that no decision can meet.
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
            self.members(item, entry_keys);
        }
    }

    /// Refuses keys that no explanation has.
    fn check_explanation(&mut self, node: &Node) {
        for rule in self.items(node) {
            if let Some(condition) = self.members(rule, EXPLAINED_KEYS).get("condition") {
                self.check_part(condition);
            }
        }
    }

    /// Recursion is bounded: YAML nests at most `limits::NESTING` deep.
    fn check_part(&mut self, node: &Node) {
        let parts = self.members(node, PART_KEYS).get("parts");
        for part in parts.map(|node| self.items(node)).unwrap_or_default() {
            self.check_part(part);
        }
    }

    fn diagnostic(&mut self, node: &Node) -> ExpectedDiagnostic {
        let members = self.members(node, &["code", "file", "line", "column", "also"]);
        let code = members.get("code").map(|node| self.text(node)).unwrap_or_default();
        if actra_diagnostics::Code::parse(&code).is_none() {
            self.problem(Some(members.span), format!("there is no code `{code}`"));
        }
        let file = members.get("file").map(|node| match self.data(node) {
            Data::Null => None,
            _ => Some(self.text(node)),
        });
        let mut number = |key| members.get(key).map(|node| self.number(node));
        let (line, column) = (number("line"), number("column"));
        let also = members.get("also").map(|node| self.items(node)).unwrap_or_default();
        let also = also.iter().map(|node| self.place(node)).collect();
        ExpectedDiagnostic { code, file, line, column, also }
    }

    fn place(&mut self, node: &Node) -> (String, u32) {
        let members = self.members(node, &["file", "line"]);
        let file = members.get("file").map(|node| self.text(node)).unwrap_or_default();
        (file, members.get("line").map(|node| self.number(node)).unwrap_or_default())
    }

    fn number(&mut self, node: &Node) -> u32 {
        let number = scalar(node).and_then(|scalar| scalar.text.parse().ok());
        number.unwrap_or_else(|| {
            self.problem(Some(node.span), "a line or column is a number from 1");
            0
        })
    }

    /// Members of a mapping, each key one of the known ones.
    fn members<'n>(&mut self, node: &'n Node, known: &[&str]) -> Members<'n> {
        let mut entries = Vec::new();
        for entry in self.entries(node) {
            let Some(key) = scalar(&entry.key) else { continue };
            if known.contains(&key.text.as_str()) {
                entries.push((key.text.as_str(), &entry.value));
            } else {
                let what = if known == CASE_KEYS { "a case" } else { "a test file" };
                let instead =
                    alias::keys::meant(what, &key.text).filter(|_| known == CASE_KEYS || known == FILE_KEYS);
                let close = || suggest::closest(&key.text, known.iter().copied());
                let help = match instead
                    .map(|instead| instead.help())
                    .or_else(|| close().map(|close| format!("did you mean `{close}`?")))
                {
                    Some(help) => help,
                    None => format!("known are {}", known.join(", ")),
                };
                let message = format!("unknown key `{}`; {help}", key.text);
                self.problem(Some(entry.key.span), message);
            }
        }
        Members { entries, span: node.span }
    }

    fn entries<'n>(&mut self, node: &'n Node) -> &'n [Entry] {
        match &node.kind {
            NodeKind::Mapping(entries) => entries,
            NodeKind::Error => &[],
            _ => {
                self.problem(Some(node.span), "a mapping is expected here");
                &[]
            }
        }
    }

    fn items<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match &node.kind {
            NodeKind::Sequence(items) => items,
            NodeKind::Error => &[],
            _ => {
                self.problem(Some(node.span), "a list is expected here");
                &[]
            }
        }
    }

    fn text(&mut self, node: &Node) -> String {
        if let Data::Text(text) = self.data(node) {
            return text;
        }
        self.problem(Some(node.span), "text is expected here");
        String::new()
    }

    /// A value as the wire gives it.
    fn raw(&mut self, node: &Node) -> RawValue {
        let text = self.data(node).to_json();
        json::parse_value(text.as_bytes()).unwrap_or_else(|error| {
            self.problem(Some(node.span), error.to_string());
            RawValue::Null
        })
    }

    fn data(&mut self, node: &Node) -> Data {
        match &node.kind {
            NodeKind::Scalar(scalar) => match scalar.value() {
                ScalarValue::Null => {
                    if node.is_blank() {
                        self.problem(Some(node.span), "a value is left empty; write `null` if that is meant");
                    }
                    Data::Null
                }
                ScalarValue::Bool(value) => Data::Bool(value),
                ScalarValue::Number => Data::Number(scalar.text.clone()),
                ScalarValue::Text => Data::Text(scalar.text.clone()),
                ScalarValue::BadNumber(help) => {
                    self.problem(Some(node.span), help);
                    Data::Null
                }
            },
            NodeKind::Sequence(items) => Data::List(items.iter().map(|item| self.data(item)).collect()),
            NodeKind::Mapping(entries) => Data::Object(
                entries
                    .iter()
                    .filter_map(|entry| Some((scalar(&entry.key)?.text.clone(), self.data(&entry.value))))
                    .collect(),
            ),
            NodeKind::Error => Data::Null,
        }
    }
}

fn version() -> (String, Data) {
    ("version".to_owned(), Data::Number("1".to_owned()))
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
