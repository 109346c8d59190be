//! (f) N global rules with membership and prefix conditions, of four kinds in turn: a text in a list of three,
//! a text held by a list of the request, a prefix (one in four within another one), and a text in a list together
//! with a prefix.

use crate::random::Random;
use crate::request::{Request, Value};
use crate::rule::{Condition, Rule};
use crate::workload::{Plan, Schema};

const KINDS: usize = 4;
/// Texts of a list.
const LISTED: usize = 3;

pub fn plan(size: usize) -> Plan {
    let fields = vec![("path", "string"), ("bucket", "string")];
    Plan {
        schema: Schema {
            actions: vec![("read".to_owned(), fields.clone()), ("write".to_owned(), fields)],
            actor: vec![("role", "string"), ("team", "string"), ("id", "string")],
            snapshot: vec![("tags", "list<string>")],
        },
        rules: (0..size).map(rule).collect(),
        complete: Box::new(move |random| Texts::complete(random, size).request(random)),
        missing: Box::new(move |random| missing(random, size)),
    }
}

fn rule(number: usize) -> Rule {
    let place = number / KINDS;
    let condition = match number % KINDS {
        0 => Condition::OneOf("actor.role", (2 * place..2 * place + LISTED).map(role).collect()),
        1 => Condition::Holds("snapshot.tags", tag(place)),
        2 => Condition::Starts("action.path", prefix(place)),
        _ => {
            let teams = LISTED * place..LISTED * place + LISTED;
            Condition::OneOf("actor.team", teams.map(team).collect())
                .and(Condition::Starts("action.bucket", bucket(place)))
        }
    };
    Rule { id: format!("rule_{number}"), action: None, condition }
}

/// Even numbers but the first belong to two rules.
fn role(number: usize) -> String {
    format!("role_{number}")
}

fn tag(place: usize) -> String {
    format!("tag_{place}")
}

/// Each fourth prefix lies within the one before it.
fn prefix(place: usize) -> String {
    if place % 4 == 3 { format!("{}private/", prefix(place - 1)) } else { format!("/srv/{place}/") }
}

fn team(number: usize) -> String {
    format!("team_{number}")
}

fn bucket(place: usize) -> String {
    format!("bucket-{place}-")
}

/// What a request says; no rule matches the start, although it looks as if.
struct Texts {
    role: String,
    team: String,
    tags: Vec<String>,
    path: String,
    bucket: String,
}

impl Texts {
    fn unmatched(random: &mut Random, size: usize) -> Self {
        let beyond = size + random.below(size);
        Self {
            role: role(beyond),
            team: team(random.below(size)),
            tags: vec![tag(beyond), "urgent".to_owned(), "customer".to_owned()],
            path: format!("/srv/{beyond}/data/a.csv"),
            bucket: format!("archive-{beyond}"),
        }
    }

    /// One in five matches nothing, the others one or two rules.
    fn complete(random: &mut Random, size: usize) -> Self {
        let mut texts = Self::unmatched(random, size);
        let place = random.below(size / KINDS);
        match random.below(5) {
            0 => texts.role = role(2 * place + random.below(LISTED)),
            1 => texts.tags.extend([tag(place), tag(random.below(size / KINDS))]),
            2 => texts.path = format!("{}a.csv", prefix(place)),
            3 => {
                texts.team = team(LISTED * place + random.below(LISTED));
                texts.bucket = format!("{}logs", bucket(place));
            }
            _ => {}
        }
        texts
    }

    fn request(self, random: &mut Random) -> Request {
        let action = if random.below(2) == 0 { "read" } else { "write" };
        Request::new(vec![
            ("action.type", action.into()),
            ("action.path", self.path.into()),
            ("action.bucket", self.bucket.into()),
            ("actor.role", self.role.into()),
            ("actor.team", self.team.into()),
            ("actor.id", "u-17".into()),
            ("snapshot.tags", Value::Texts(self.tags)),
        ])
    }
}

/// Leaves out the team or the bucket, where the other one leaves one rule open.
fn missing(random: &mut Random, size: usize) -> (Request, &'static str) {
    let mut texts = Texts::unmatched(random, size);
    let place = random.below(size / KINDS);
    let field = if random.below(2) == 0 {
        texts.bucket = format!("{}logs", bucket(place));
        "actor.team"
    } else {
        texts.team = team(LISTED * place);
        "action.bucket"
    };
    (texts.request(random), field)
}
