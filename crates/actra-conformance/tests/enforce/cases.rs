//! The files of `conformance/enforce`, read strictly: what is not known is a failure, never skipped.

use std::sync::Arc;

use actra::engine::{PolicySet, compile};
use actra::{Policy, RawMap, RawValue};

use crate::yaml_value::{document, files, json, list, map, text};

/// One call, with everybody who behaves in some way around it.
#[derive(Debug, Clone, Default)]
pub struct Case {
    pub name: String,
    suite: Arc<Suite>,
    call: RawMap,
    pub mode: Option<String>,
    pub on_actor_failure: Option<String>,
    pub actor: Option<RawValue>,
    pub snapshot: Option<RawValue>,
    pub snapshot_fields: Option<RawMap>,
    pub observer: Option<String>,
    pub approval: Option<String>,
    pub meanwhile: Option<String>,
    /// The arguments are those of a function.
    pub is_function: bool,
    /// What no approval is bound to.
    pub unbound: Vec<String>,
    /// What is else in the call, the actor or the snapshot for which somebody has given a grant before.
    granted: Option<RawMap>,
    /// How often the call is made; once if nobody says.
    pub calls: Option<usize>,
    pub expect: Expect,
}

/// What must come of a case.
#[derive(Debug, Clone, Default)]
pub struct Expect {
    pub ran: bool,
    pub error: Option<String>,
    /// How many of the calls ran, if there are several.
    pub times: Option<usize>,
    /// The stages that the event names, sorted.
    pub failures: Option<Vec<String>>,
    /// What the refusal says.
    pub says: Option<String>,
    /// What it says to a language model; the id of an approval is `ID`.
    pub advises: Option<String>,
}

/// The policy of a file.
#[derive(Debug, Default)]
struct Suite {
    schema: RawMap,
    default: String,
    rules: Vec<RawValue>,
}

impl Case {
    /// Whether somebody in it never answers, or too late.
    pub fn hangs(&self) -> bool {
        let said =
            format!("{:?} {:?} {:?} {:?}", self.actor, self.snapshot, self.snapshot_fields, self.approval);
        said.contains("\"hang\"") || said.contains("\"late\"")
    }

    /// The policy, perhaps with another default.
    pub fn policy(&self, default: Option<&str>) -> Arc<Policy> {
        let Suite { schema, default: declared, rules } = self.suite.as_ref();
        let version = ("version".to_owned(), 1.into());
        let schema: RawMap = schema.clone().into_iter().chain([version.clone()]).collect();
        let rules = RawMap::from([
            version,
            ("default".to_owned(), default.unwrap_or(declared).into()),
            ("rules".to_owned(), RawValue::List(rules.clone())),
        ]);
        let (schema, rules) = (json(schema), json(rules));
        let set = PolicySet::from_texts([("schema.yaml", schema.as_str()), ("policy.yaml", rules.as_str())]);
        let outcome = compile(&set);
        Arc::new(outcome.policy.unwrap_or_else(|| panic!("{}: {:?}", self.name, outcome.diagnostics)))
    }

    /// Its name as it stands in the file, which several cases may have.
    pub fn family(&self) -> &str {
        self.name.rsplit_once(" #").map_or(self.name.as_str(), |(name, _)| name)
    }

    /// The case for which a grant was given before this one.
    pub fn granted(&self) -> Option<Case> {
        let mut before =
            Case { approval: None, observer: None, meanwhile: None, calls: None, ..self.clone() };
        for (key, value) in self.granted.clone()? {
            match key.as_str() {
                "call" => before.call = map(value),
                "actor" => before.actor = Some(value),
                "snapshot" => before.snapshot = Some(value),
                other => panic!("{}: what is `{other}`?", self.name),
            }
        }
        Some(before)
    }

    /// The name of the action and its arguments.
    pub fn call(&self) -> (String, RawMap) {
        let mut arguments = self.call.clone();
        let name = arguments.remove("type").map(text).expect("a call has a type");
        (name, arguments)
    }
}

/// All cases of all files; a case that stands for several is all of them.
pub fn cases() -> Vec<Case> {
    files("enforce").iter().flat_map(|(name, text)| file(name, text)).collect()
}

fn file(name: &str, text: &str) -> Vec<Case> {
    let mut file = document(name, text);
    let mut take = |key: &str| file.remove(key).unwrap_or_else(|| panic!("{name} has no `{key}`"));
    assert_eq!(take("version"), 1.into());
    let suite = Suite {
        schema: map(take("schema")),
        default: self::text(take("default")),
        rules: list(take("rules")),
    };
    let suite = Arc::new(suite);
    let cases = list(take("cases"));
    assert!(file.is_empty(), "{name}: what is {:?}?", file.keys().collect::<Vec<_>>());
    let cases = cases.into_iter().flat_map(|case| {
        let expanded = expanded(map(case));
        (0..)
            .zip(expanded)
            .map(|(number, case): (usize, _)| one(name, number, &suite, case))
            .collect::<Vec<_>>()
    });
    cases.collect()
}

/// One case for each combination of the keys that hold lists.
fn expanded(case: RawMap) -> Vec<RawMap> {
    let mut cases = vec![RawMap::new()];
    for (key, value) in case {
        let values = match value {
            RawValue::List(values) => values,
            value => vec![value],
        };
        let with = |case: &RawMap, value: &RawValue| {
            case.clone().into_iter().chain([(key.clone(), value.clone())]).collect()
        };
        cases = cases.iter().flat_map(|case| values.iter().map(move |value| with(case, value))).collect();
    }
    cases
}

fn one(file: &str, number: usize, suite: &Arc<Suite>, members: RawMap) -> Case {
    let mut case = Case { suite: Arc::clone(suite), ..Case::default() };
    for (key, value) in members {
        match key.as_str() {
            "name" => case.name = format!("{file}: {} #{number}", text(value)),
            "call" => case.call = map(value),
            "mode" => case.mode = Some(text(value)),
            "on_actor_failure" => case.on_actor_failure = Some(text(value)),
            "actor" => case.actor = Some(value),
            "snapshot" => case.snapshot = Some(value),
            "snapshot_fields" => case.snapshot_fields = Some(map(value)),
            "observer" => case.observer = Some(text(value)),
            "approval" => case.approval = Some(text(value)),
            "meanwhile" => case.meanwhile = Some(text(value)),
            "function" => case.is_function = value == RawValue::Bool(true),
            "unbound" => case.unbound = text(value).split(' ').map(str::to_owned).collect(),
            "granted" => case.granted = Some(map(value)),
            "calls" => case.calls = Some(count(value)),
            "expect" => case.expect = expect(map(value)),
            other => panic!("{file}: what is `{other}`?"),
        }
    }
    case
}

fn expect(members: RawMap) -> Expect {
    let mut expect = Expect::default();
    for (key, value) in members {
        match (key.as_str(), value) {
            ("ran", RawValue::Bool(ran)) => expect.ran = ran,
            ("times", value) => expect.times = Some(count(value)),
            ("error", value) => expect.error = Some(text(value)),
            ("says", value) => expect.says = Some(text(value)),
            ("advises", value) => expect.advises = Some(text(value)),
            ("failures", value) => {
                let mut stages: Vec<String> = list(value).into_iter().map(text).collect();
                stages.sort();
                expect.failures = Some(stages);
            }
            (other, _) => panic!("what is `{other}`?"),
        }
    }
    expect
}

fn count(value: RawValue) -> usize {
    match value {
        RawValue::Number(number) => number.to_string().parse().expect("a count"),
        other => panic!("{other:?} is no number"),
    }
}
