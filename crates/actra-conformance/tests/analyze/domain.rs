//! Small schemas of which every valid request can be listed.

use std::fmt::Write;

use actra_model::{RawMap, RawRequest, RawValue};
use actra_reference::generate::Rng;

/// What kind of conditions a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Text,
    Integer,
    Number,
    Texts,
    Integers,
    Path,
    Ip,
    Timestamp,
    Duration,
    Date,
    Object,
    Map,
    Words,
    Any,
    Quantity,
    Url,
    Objects,
    Nested,
}

/// A field that a schema may have.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    pub kind: Kind,
    /// Its type in a schema.
    declared: &'static str,
    /// Its values as JSON; `-` is absence.
    values: &'static [&'static str],
    pub optional: bool,
    /// Whether there are other values than these.
    open: bool,
}

const fn choice(kind: Kind, declared: &'static str, values: &'static [&'static str]) -> Choice {
    Choice { kind, declared, values, optional: false, open: false }
}

const CHOICES: &[Choice] = &[
    choice(Kind::Bool, "boolean", &["true", "false"]),
    Choice {
        optional: true,
        ..choice(Kind::Bool, "{ type: boolean, optional: true }", &["-", "true", "false"])
    },
    choice(Kind::Text, "{ type: string, one_of: [adm, admin, User] }", &["\"adm\"", "\"admin\"", "\"User\""]),
    choice(Kind::Text, "{ type: string, one_of: [m, ADM, \"\"] }", &["\"m\"", "\"ADM\"", "\"\""]),
    choice(
        Kind::Path,
        "{ type: path, one_of: [/, /srv/a, b/c, .] }",
        &["\"/\"", "\"/srv/a\"", "\"b/c\"", "\".\""],
    ),
    choice(
        Kind::Text,
        "{ type: string, one_of: [\"a:b:c\", b, \":A\", \"x:\"] }",
        &["\"a:b:c\"", "\"b\"", "\":A\"", "\"x:\""],
    ),
    choice(Kind::Text, "{ type: string, one_of: [adm, x] }", &["\"adm\"", "\"x\""]),
    Choice {
        optional: true,
        ..choice(Kind::Text, "{ type: string, one_of: [adm, b], optional: true }", &["-", "\"adm\"", "\"b\""])
    },
    choice(Kind::Text, "{ type: string, pattern: \"^[ab]{1,2}$\", max_length: 1 }", &["\"a\"", "\"b\""]),
    choice(Kind::Text, "{ type: string, pattern: \"^[xY]$\" }", &["\"x\"", "\"Y\""]),
    choice(Kind::Text, "{ type: string, pattern: \"^(?i:y)$\" }", &["\"Y\"", "\"y\""]),
    choice(Kind::Integer, "{ type: integer, min: 0, max: 3 }", &["0", "1", "2", "3"]),
    choice(Kind::Integer, "{ type: integer, min: -1, max: 1 }", &["-1", "0", "1"]),
    choice(Kind::Number, "{ type: number, one_of: [0.5, 1, 2.5] }", &["0.5", "1", "2.5"]),
    choice(
        Kind::Texts,
        "{ type: list, of: { type: string, one_of: [adm, b] }, max_items: 2 }",
        &[
            "[]",
            "[\"adm\"]",
            "[\"b\"]",
            "[\"adm\",\"adm\"]",
            "[\"adm\",\"b\"]",
            "[\"b\",\"adm\"]",
            "[\"b\",\"b\"]",
        ],
    ),
    choice(
        Kind::Integers,
        "{ type: list, of: { type: integer, min: 0, max: 1 }, max_items: 2 }",
        &["[]", "[0]", "[1]", "[0,0]", "[0,1]", "[1,0]", "[1,1]"],
    ),
    // More elements than are told apart.
    choice(
        Kind::Texts,
        "{ type: list, of: { type: string, one_of: [adm, b] }, max_items: 4 }",
        &[
            "[]",
            "[\"adm\"]",
            "[\"b\"]",
            "[\"adm\",\"adm\"]",
            "[\"adm\",\"b\"]",
            "[\"b\",\"adm\"]",
            "[\"b\",\"b\"]",
            "[\"adm\",\"adm\",\"adm\"]",
            "[\"adm\",\"adm\",\"b\"]",
            "[\"adm\",\"b\",\"adm\"]",
            "[\"adm\",\"b\",\"b\"]",
            "[\"b\",\"adm\",\"adm\"]",
            "[\"b\",\"adm\",\"b\"]",
            "[\"b\",\"b\",\"adm\"]",
            "[\"b\",\"b\",\"b\"]",
            "[\"adm\",\"adm\",\"adm\",\"adm\"]",
            "[\"adm\",\"adm\",\"adm\",\"b\"]",
            "[\"adm\",\"adm\",\"b\",\"adm\"]",
            "[\"adm\",\"adm\",\"b\",\"b\"]",
            "[\"adm\",\"b\",\"adm\",\"adm\"]",
            "[\"adm\",\"b\",\"adm\",\"b\"]",
            "[\"adm\",\"b\",\"b\",\"adm\"]",
            "[\"adm\",\"b\",\"b\",\"b\"]",
            "[\"b\",\"adm\",\"adm\",\"adm\"]",
            "[\"b\",\"adm\",\"adm\",\"b\"]",
            "[\"b\",\"adm\",\"b\",\"adm\"]",
            "[\"b\",\"adm\",\"b\",\"b\"]",
            "[\"b\",\"b\",\"adm\",\"adm\"]",
            "[\"b\",\"b\",\"adm\",\"b\"]",
            "[\"b\",\"b\",\"b\",\"adm\"]",
            "[\"b\",\"b\",\"b\",\"b\"]",
        ],
    ),
    choice(
        Kind::Integers,
        "{ type: list, of: { type: integer, min: 1, max: 1 }, max_items: 9 }",
        &[
            "[]",
            "[1]",
            "[1,1]",
            "[1,1,1]",
            "[1,1,1,1]",
            "[1,1,1,1,1]",
            "[1,1,1,1,1,1]",
            "[1,1,1,1,1,1,1]",
            "[1,1,1,1,1,1,1,1]",
            "[1,1,1,1,1,1,1,1,1]",
        ],
    ),
    choice(Kind::Path, "{ type: path, one_of: [/srv, /srv/a, b] }", &["\"/srv\"", "\"/srv/a\"", "\"b\""]),
    choice(Kind::Ip, "{ type: ip, one_of: [10.0.0.1, 10.1.0.1] }", &["\"10.0.0.1\"", "\"10.1.0.1\""]),
    choice(
        Kind::Timestamp,
        "{ type: timestamp, one_of: [\"2024-01-01T00:00:00Z\", \"2024-01-01T01:00:00Z\"] }",
        &["\"2024-01-01T00:00:00Z\"", "\"2024-01-01T01:00:00Z\""],
    ),
    choice(Kind::Duration, "{ type: duration, one_of: [30m, 1h] }", &["\"30m\"", "\"1h\""]),
    choice(
        Kind::Date,
        "{ type: date, one_of: [\"2024-01-01\", \"2024-02-01\"] }",
        &["\"2024-01-01\"", "\"2024-02-01\""],
    ),
    choice(
        Kind::Object,
        "{ type: object, fields: { a: { type: integer, min: 0, max: 1 }, b: { type: boolean, optional: true } } }",
        &[
            "{\"a\":0}",
            "{\"a\":1}",
            "{\"a\":0,\"b\":true}",
            "{\"a\":1,\"b\":true}",
            "{\"a\":0,\"b\":false}",
            "{\"a\":1,\"b\":false}",
        ],
    ),
    Choice {
        open: true,
        ..choice(
            Kind::Map,
            "{ type: map, of: { type: integer, min: 0, max: 1 }, max_items: 2 }",
            &["{}", "{\"k\":0}", "{\"k\":1}", "{\"z\":1}", "{\"k\":0,\"z\":1}", "{\"k\":1,\"z\":1}"],
        )
    },
    Choice {
        optional: true,
        ..choice(Kind::Integer, "{ type: integer, min: 1, max: 2, optional: true }", &["-", "1", "2"])
    },
    choice(
        Kind::Text,
        "{ type: string, one_of: [\"\", \"\u{e9}\", \"a b\"] }",
        &["\"\"", "\"\u{e9}\"", "\"a b\""],
    ),
    // Sums of these have more digits than a decimal can hold.
    choice(
        Kind::Number,
        "{ type: number, one_of: [9999999999999999999999999999999999, 0.0000000000000000000000000000000001, 1] }",
        &["9999999999999999999999999999999999", "0.0000000000000000000000000000000001", "1"],
    ),
    choice(
        Kind::Quantity,
        "{ type: quantity, one_of: [500m, \"1\", 1Ki] }",
        &["\"500m\"", "\"1\"", "\"1Ki\""],
    ),
    choice(
        Kind::Url,
        "{ type: url, one_of: [\"https://a.example/\", \"http://b.example/x?q\"] }",
        &["\"https://a.example/\"", "\"http://b.example/x?q\""],
    ),
    choice(
        Kind::Objects,
        "{ type: list, of: { type: object, fields: { a: { type: integer, min: 0, max: 1 }, b: boolean } }, max_items: 2 }",
        &[
            "[]",
            "[{\"a\":0,\"b\":true}]",
            "[{\"a\":0,\"b\":false}]",
            "[{\"a\":1,\"b\":true}]",
            "[{\"a\":1,\"b\":false}]",
            "[{\"a\":0,\"b\":true},{\"a\":0,\"b\":true}]",
            "[{\"a\":0,\"b\":true},{\"a\":0,\"b\":false}]",
            "[{\"a\":0,\"b\":true},{\"a\":1,\"b\":true}]",
            "[{\"a\":0,\"b\":true},{\"a\":1,\"b\":false}]",
            "[{\"a\":0,\"b\":false},{\"a\":0,\"b\":true}]",
            "[{\"a\":0,\"b\":false},{\"a\":0,\"b\":false}]",
            "[{\"a\":0,\"b\":false},{\"a\":1,\"b\":true}]",
            "[{\"a\":0,\"b\":false},{\"a\":1,\"b\":false}]",
            "[{\"a\":1,\"b\":true},{\"a\":0,\"b\":true}]",
            "[{\"a\":1,\"b\":true},{\"a\":0,\"b\":false}]",
            "[{\"a\":1,\"b\":true},{\"a\":1,\"b\":true}]",
            "[{\"a\":1,\"b\":true},{\"a\":1,\"b\":false}]",
            "[{\"a\":1,\"b\":false},{\"a\":0,\"b\":true}]",
            "[{\"a\":1,\"b\":false},{\"a\":0,\"b\":false}]",
            "[{\"a\":1,\"b\":false},{\"a\":1,\"b\":true}]",
            "[{\"a\":1,\"b\":false},{\"a\":1,\"b\":false}]",
        ],
    ),
    Choice {
        optional: true,
        ..choice(
            Kind::Objects,
            "{ type: list, of: { type: object, fields: { a: { type: integer, min: 0, max: 1 }, b: { type: string, one_of: [adm, x], optional: true } } }, max_items: 1, optional: true }",
            &[
                "-",
                "[]",
                "[{\"a\":0}]",
                "[{\"a\":1}]",
                "[{\"a\":0,\"b\":\"adm\"}]",
                "[{\"a\":0,\"b\":\"x\"}]",
                "[{\"a\":1,\"b\":\"adm\"}]",
                "[{\"a\":1,\"b\":\"x\"}]",
            ],
        )
    },
    choice(
        Kind::Nested,
        "{ type: list, of: { type: list, of: { type: integer, min: 0, max: 1 }, max_items: 1 }, max_items: 2 }",
        &[
            "[]",
            "[[]]",
            "[[0]]",
            "[[1]]",
            "[[],[]]",
            "[[],[0]]",
            "[[],[1]]",
            "[[0],[]]",
            "[[0],[0]]",
            "[[0],[1]]",
            "[[1],[]]",
            "[[1],[0]]",
            "[[1],[1]]",
        ],
    ),
    Choice {
        open: true,
        ..choice(
            Kind::Words,
            "{ type: map, of: { type: string, one_of: [adm, x] }, max_items: 1 }",
            &["{}", "{\"k\":\"adm\"}", "{\"k\":\"x\"}", "{\"z\":\"adm\"}", "{\"z\":\"x\"}"],
        )
    },
    Choice { open: true, ..choice(Kind::Any, "any", &["\"adm\"", "1", "true", "[]", "{\"a\":1}"]) },
];

/// What may stand above the actions.
pub const HEADS: [&str; 4] = [
    "",
    "extra_fields: reject\n",
    "invalid_fields: reject\n",
    "extra_fields: reject\ninvalid_fields: reject\n",
];

/// What is a value of few types, or of none, and lists and objects of which a part is.
const ODD: [&str; 12] = [
    "true",
    "7",
    "0.25",
    "\"odd\"",
    "[]",
    "{}",
    "[5]",
    "[\"adm\", 5]",
    "[{\"a\": 9, \"b\": true}]",
    "{\"a\": \"x\", \"b\": true}",
    "{\"k\": \"odd\", \"z\": 1}",
    "{\"a\": 1, \"more\": 1}",
];

/// A field of a generated schema.
#[derive(Debug, Clone)]
pub struct Field {
    pub choice: Choice,
    pub domain: &'static str,
    pub name: String,
}

impl Field {
    fn new(rng: &mut Rng, number: usize) -> Self {
        let choice = CHOICES[rng.below(CHOICES.len())];
        Field { choice, domain: rng.pick(&["action", "actor", "snapshot"]), name: format!("f{number}") }
    }

    pub fn path(&self) -> String {
        format!("{}.{}", self.domain, self.name)
    }
}

/// A schema of which all requests are known.
#[derive(Debug, Clone)]
pub struct Space {
    pub fields: Vec<Field>,
    /// The names of the actions, ascending.
    pub actions: Vec<&'static str>,
    /// Whether the second action has the arguments of the first.
    alike: bool,
    /// What stands above the actions.
    pub head: &'static str,
}

impl Space {
    pub fn new(rng: &mut Rng) -> Self {
        // Requests that are listed for an action at most.
        let most = if rng.one_in(20) { 1_500 } else { 200 };
        let actions = if rng.one_in(3) { vec!["act", "other"] } else { vec!["act"] };
        let head = if rng.one_in(5) { rng.pick(&HEADS) } else { "" };
        let mut space = Self { fields: Vec::new(), actions, alike: rng.one_in(2), head };
        for number in 0..6 {
            let field = Field::new(rng, number);
            if space.count() * field.choice.values.len() <= most {
                space.fields.push(field);
            }
        }
        space
    }

    /// The schema after somebody changed it: a field dropped, added or declared otherwise.
    pub fn changed(&self, rng: &mut Rng) -> Self {
        let mut other = self.clone();
        let idx = rng.below(other.fields.len().max(1));
        match rng.below(6) {
            0 if idx < other.fields.len() => drop(other.fields.remove(idx)),
            1 => other.fields.push(Field::new(rng, 7)),
            2 => other.head = rng.pick(&HEADS),
            _ => {
                let Some(field) = other.fields.get_mut(idx) else { return other };
                let kind = field.choice.kind;
                let alike: Vec<_> = CHOICES.iter().filter(|choice| choice.kind == kind).collect();
                field.choice = if rng.one_in(5) {
                    CHOICES[rng.below(CHOICES.len())]
                } else {
                    *alike[rng.below(alike.len())]
                };
            }
        }
        if other.count() > 2_000 { self.clone() } else { other }
    }

    fn count(&self) -> usize {
        self.fields.iter().map(|field| field.choice.values.len()).product()
    }

    /// Whether there are valid requests that are not listed.
    pub fn is_open(&self) -> bool {
        self.fields.iter().any(|field| field.choice.open)
    }

    pub fn schema(&self) -> String {
        let record = |domain: &str| {
            let fields = self.fields.iter().filter(|field| field.domain == domain);
            let fields: Vec<_> =
                fields.map(|field| format!("{}: {}", field.name, field.choice.declared)).collect();
            format!("{{ fields: {{ {} }} }}", fields.join(", "))
        };
        let mut text = format!("version: 1\n{}actions:\n", self.head);
        for name in &self.actions {
            let arguments =
                if self.has_arguments(name) { record("action") } else { "{ fields: {} }".to_owned() };
            let _ = writeln!(text, "  {name}: {arguments}");
        }
        for domain in ["actor", "snapshot"] {
            let _ = writeln!(text, "{domain}: {}", record(domain));
        }
        text
    }

    fn has_arguments(&self, action: &str) -> bool {
        action == "act" || self.alike
    }

    /// A request of which the fields are as this schema or another one has them, or as neither does; parts of them
    /// may be unreadable, and facts that both declare unknown.
    pub fn either(&self, other: &Space, rng: &mut Rng) -> RawRequest {
        let mut records = [RawMap::default(), RawMap::default(), RawMap::default()];
        let place = |domain: &str| ["action", "actor", "snapshot"].iter().position(|known| *known == domain);
        let same = |own: &Field, field: &Field| own.name == field.name && own.domain == field.domain;
        let added = other.fields.iter().filter(|field| !self.fields.iter().any(|own| same(own, field)));
        for field in self.fields.iter().chain(added) {
            let former = other.fields.iter().find(|former| same(field, former)).unwrap_or(field);
            let choice = if rng.one_in(2) { field.choice } else { former.choice };
            let value = match rng.below(9) {
                0 => "-",
                1 => "null",
                2 => rng.pick(&ODD),
                _ => choice.values[rng.below(choice.values.len())],
            };
            if value != "-" {
                let mut value = actra_wire::json_reader::parse_value(value.as_bytes()).unwrap();
                if rng.one_in(5) {
                    spoil(&mut value, rng);
                }
                records[place(field.domain).unwrap()].insert(field.name.clone(), value);
            }
        }
        if rng.one_in(8) {
            records[rng.below(3)].insert("stranger".to_owned(), RawValue::Null);
        }
        records[0].insert("type".to_owned(), RawValue::from(self.actions[rng.below(self.actions.len())]));
        let mut unknown = Vec::new();
        for field in self.fields.iter().filter(|field| field.domain != "action" && rng.one_in(12)) {
            if other.fields.iter().any(|former| same(field, former)) {
                records[place(field.domain).unwrap()].remove(&field.name);
                unknown.push(field.path());
            }
        }
        let [action, actor, snapshot] = records.map(|record| Some(RawValue::Map(record)));
        let gone = [None, Some(RawValue::Null), Some(RawValue::from("x"))];
        let mut maybe = |record| if rng.one_in(10) { gone[rng.below(3)].clone() } else { record };
        RawRequest {
            action,
            actor: maybe(actor),
            snapshot: maybe(snapshot),
            unknown,
            ..RawRequest::default()
        }
    }

    /// Every valid request that is listed.
    pub fn requests(&self) -> Vec<RawRequest> {
        self.actions.iter().flat_map(|action| self.requests_of(action)).collect()
    }

    fn requests_of(&self, action: &str) -> Vec<RawRequest> {
        let declared = |field: &&Field| field.domain != "action" || self.has_arguments(action);
        let fields: Vec<&Field> = self.fields.iter().filter(declared).collect();
        let mut found = vec![Vec::new()];
        for field in &fields {
            found = found
                .into_iter()
                .flat_map(|chosen: Vec<&str>| {
                    field.choice.values.iter().map(move |value| {
                        let mut chosen = chosen.clone();
                        chosen.push(*value);
                        chosen
                    })
                })
                .collect();
        }
        found.iter().map(|chosen| request(action, &fields, chosen)).collect()
    }

    /// A request like this one that knows less: required fields are missing, others unreadable or unknown, or a
    /// record is gone.
    pub fn less(&self, request: &RawRequest, rng: &mut Rng) -> RawRequest {
        let mut less = request.clone();
        for field in &self.fields {
            if !rng.one_in(3) {
                continue;
            }
            let record = match field.domain {
                "action" => &mut less.action,
                "actor" => &mut less.actor,
                _ => &mut less.snapshot,
            };
            let Some(RawValue::Map(members)) = record else { continue };
            if field.domain != "action" && rng.one_in(4) {
                members.remove(&field.name);
                less.unknown.push(field.path());
                continue;
            }
            if !members.contains_key(&field.name) {
                continue;
            }
            if !field.choice.optional && rng.one_in(2) {
                members.remove(&field.name);
            } else if field.choice.kind != Kind::Any {
                let other =
                    if field.choice.kind == Kind::Bool { RawValue::from("no") } else { RawValue::Bool(true) };
                members.insert(field.name.clone(), other);
            }
        }
        match rng.below(12) {
            0 => less.actor = None,
            1 => less.snapshot = None,
            _ => {}
        }
        less
    }
}

/// Makes a part of a value unreadable.
fn spoil(value: &mut RawValue, rng: &mut Rng) {
    let odd = || RawValue::Map(RawMap::from([("odd".to_owned(), RawValue::Null)]));
    match value {
        RawValue::List(elements) if elements.is_empty() || rng.one_in(3) => {
            elements.extend((0..1 + rng.below(2)).map(|_| odd()));
        }
        RawValue::List(elements) => {
            let idx = rng.below(elements.len());
            if rng.one_in(2) { spoil(&mut elements[idx], rng) } else { elements.insert(idx + 1, odd()) }
        }
        RawValue::Map(members) => {
            let name = members.keys().nth(rng.below(members.keys().count().max(1))).cloned();
            drop(members.insert(name.unwrap_or_else(|| "k".to_owned()), odd()));
        }
        other => *other = odd(),
    }
}

fn request(action: &str, fields: &[&Field], values: &[&str]) -> RawRequest {
    let record = |domain: &str| {
        let mut members = RawMap::default();
        for (field, value) in fields.iter().zip(values) {
            if field.domain == domain && *value != "-" {
                let value = actra_wire::json_reader::parse_value(value.as_bytes()).unwrap();
                members.insert(field.name.clone(), value);
            }
        }
        members
    };
    let mut members = record("action");
    members.insert("type".to_owned(), RawValue::from(action));
    RawRequest {
        action: Some(RawValue::Map(members)),
        actor: Some(RawValue::Map(record("actor"))),
        snapshot: Some(RawValue::Map(record("snapshot"))),
        ..RawRequest::default()
    }
}
