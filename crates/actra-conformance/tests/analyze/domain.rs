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
    Any,
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
    choice(Kind::Text, "{ type: string, one_of: [adm, x] }", &["\"adm\"", "\"x\""]),
    Choice {
        optional: true,
        ..choice(Kind::Text, "{ type: string, one_of: [adm, b], optional: true }", &["-", "\"adm\"", "\"b\""])
    },
    choice(Kind::Text, "{ type: string, pattern: \"^[ab]{1,2}$\", max_length: 1 }", &["\"a\"", "\"b\""]),
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
    Choice { open: true, ..choice(Kind::Any, "any", &["\"adm\"", "1", "true", "[]"]) },
];

/// A field of a generated schema.
#[derive(Debug, Clone)]
pub struct Field {
    pub choice: Choice,
    pub domain: &'static str,
    pub name: String,
}

impl Field {
    pub fn path(&self) -> String {
        format!("{}.{}", self.domain, self.name)
    }
}

/// A schema with one action, all of whose requests are known.
#[derive(Debug, Clone)]
pub struct Space {
    pub fields: Vec<Field>,
}

/// Requests that are listed at most.
const MOST: usize = 260;

impl Space {
    pub fn new(rng: &mut Rng) -> Self {
        let mut fields = Vec::new();
        let mut count = 1;
        for number in 0..6 {
            let choice = CHOICES[rng.below(CHOICES.len())];
            if count * choice.values.len() > MOST {
                continue;
            }
            count *= choice.values.len();
            let domain = rng.pick(&["action", "actor", "snapshot"]);
            fields.push(Field { choice, domain, name: format!("f{number}") });
        }
        Self { fields }
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
        let mut text = format!("version: 1\nactions:\n  act: {}\n", record("action"));
        for domain in ["actor", "snapshot"] {
            let _ = writeln!(text, "{domain}: {}", record(domain));
        }
        text
    }

    /// Every valid request that is listed.
    pub fn requests(&self) -> Vec<RawRequest> {
        let mut found = vec![Vec::new()];
        for field in &self.fields {
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
        found.iter().map(|chosen| self.request(chosen)).collect()
    }

    fn request(&self, values: &[&str]) -> RawRequest {
        let record = |domain: &str| {
            let mut members = RawMap::default();
            for (field, value) in self.fields.iter().zip(values) {
                if field.domain == domain && *value != "-" {
                    let value = actra_wire::json::parse_value(value.as_bytes()).unwrap();
                    members.insert(field.name.clone(), value);
                }
            }
            members
        };
        let mut action = record("action");
        action.insert("type".to_owned(), RawValue::from("act"));
        RawRequest {
            action: Some(RawValue::Map(action)),
            actor: Some(RawValue::Map(record("actor"))),
            snapshot: Some(RawValue::Map(record("snapshot"))),
            fault: None,
        }
    }
}
