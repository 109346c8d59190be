//! Random traffic through a policy that allows everything: what goes on is what came, and every reader reads the same.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actra_engine::{PolicySet, compile};
use actra_gateway::{Delivery, EventLog, Gate, GateSettings, Session};
use actra_runtime::approval::MemoryStore;
use actra_runtime::{Mode, PolicyInForce};
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

/// A session after its handshake, whose policy allows any call of `t`.
fn session(revision: &str) -> Session {
    let rules =
        "version: 1\ndefault: block\nrules: [{ id: t, scope: { action: t }, when: true, effect: allow }]";
    let set =
        PolicySet::from_texts([("schema.yaml", "version: 1\nactions: { t: {} }"), ("policy.yaml", rules)]);
    let Some(policy) = compile(&set).policy else { unreachable!("it compiles") };
    let settings = GateSettings {
        in_force: Arc::new(PolicyInForce::new(Arc::new(policy))),
        actor: None,
        snapshot: Default::default(),
        mode: Mode::Enforce,
        grant_lifetime: Duration::from_secs(900),
        user: None,
        events: EventLog::new(std::io::sink()),
    };
    let mut session = Session::new(Gate::new(settings, Arc::new(MemoryStore::new())), []);
    session.take_from_client(br#"{"jsonrpc":"2.0","id":"b","method":"initialize","params":{}}"#.to_vec());
    let agreed = format!(r#"{{"jsonrpc":"2.0","id":"b","result":{{"protocolVersion":"{revision}"}}}}"#);
    assert!(session.take_from_server(agreed.into_bytes()).to_client.len() == 1);
    session
}

/// JSON as it is written, members in order, each as often as it is there.
#[derive(Debug, Clone, PartialEq)]
enum Written {
    Plain(serde_json::Value),
    List(Vec<Written>),
    Object(Vec<(String, Written)>),
}

/// Which of several members with one name a reader takes, and whether it tells their case apart.
#[derive(Clone, Copy)]
struct Reader {
    takes_last: bool,
    ignores_case: bool,
}

const READERS: [Reader; 4] = [
    Reader { takes_last: true, ignores_case: false },
    Reader { takes_last: false, ignores_case: false },
    Reader { takes_last: true, ignores_case: true },
    Reader { takes_last: false, ignores_case: true },
];

impl Reader {
    fn member<'a>(self, of: &'a Written, name: &str) -> Option<&'a Written> {
        let Written::Object(members) = of else { return None };
        let is_it = |known: &str| match self.ignores_case {
            true => known.to_lowercase() == name,
            false => known == name,
        };
        let mut found = members.iter().filter(|(known, _)| is_it(known)).map(|(_, value)| value);
        if self.takes_last { found.next_back() } else { found.next() }
    }

    /// The value without repetitions.
    fn read(self, written: &Written) -> serde_json::Value {
        match written {
            Written::Plain(value) => value.clone(),
            Written::List(elements) => elements.iter().map(|element| self.read(element)).collect(),
            Written::Object(members) => {
                let mut read = BTreeMap::new();
                for (name, value) in members {
                    if self.takes_last || !read.contains_key(name) {
                        read.insert(name.clone(), self.read(value));
                    }
                }
                serde_json::Value::Object(read.into_iter().collect())
            }
        }
    }

    /// What a server would do: the method, the tool and its arguments.
    fn understands(self, written: &Written) -> [serde_json::Value; 3] {
        let read = |value: Option<&Written>| value.map_or(serde_json::Value::Null, |value| self.read(value));
        let params = self.member(written, "params");
        let of_params = |name| read(params.and_then(|params| self.member(params, name)));
        let method = read(self.member(written, "method"));
        // No policy looks at others.
        match method == "tools/call" {
            true => [method, of_params("name"), of_params("arguments")],
            false => [method, serde_json::Value::Null, serde_json::Value::Null],
        }
    }
}

/// Text as JSON, with white space where it may be.
fn json(value: impl Strategy<Value = Written>) -> impl Strategy<Value = String> {
    (value, prop::sample::select(vec!["", " ", "\t", "  "])).prop_map(|(value, space)| write(&value, space))
}

fn write(value: &Written, space: &str) -> String {
    let join = |parts: Vec<String>| parts.join(&format!("{space},{space}"));
    match value {
        Written::Plain(value) => value.to_string(),
        Written::List(elements) => {
            format!(
                "[{space}{}{space}]",
                join(elements.iter().map(|element| write(element, space)).collect())
            )
        }
        Written::Object(members) => {
            let member = |(name, value): &(String, Written)| {
                format!("{}{space}:{space}{}", serde_json::Value::from(name.clone()), write(value, space))
            };
            format!("{{{space}{}{space}}}", join(members.iter().map(member).collect()))
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z]{0,3}",
        prop::sample::select(vec![
            "name",
            "Name",
            "arguments",
            "method",
            "a",
            "A",
            "\u{17f}",
            "\u{2028}",
            "\u{85}",
            "\"",
            "\n"
        ])
        .prop_map(str::to_owned),
        any::<String>().prop_map(|text| text.chars().take(6).collect()),
    ]
}

fn number() -> impl Strategy<Value = serde_json::Value> {
    let written = prop::sample::select(vec![
        "0",
        "-0",
        "1.5",
        "1e2",
        "9007199254740991",
        "9007199254740993",
        "1e400",
        "0.1",
        "123456789012345678901234567890",
    ]);
    written.prop_map(|number| serde_json::from_str(number).unwrap_or(serde_json::Value::Null))
}

fn value() -> impl Strategy<Value = Written> {
    let leaf = prop_oneof![
        Just(Written::Plain(serde_json::Value::Null)),
        any::<bool>().prop_map(|truth| Written::Plain(truth.into())),
        text().prop_map(|text| Written::Plain(text.into())),
        number().prop_map(Written::Plain),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Written::List),
            prop::collection::vec((text(), inner), 0..4).prop_map(Written::Object),
        ]
    })
}

fn plain(text: &str) -> Written {
    Written::Plain(text.into())
}

/// A message that is or resembles a request, with its members in any order and others among them.
fn message() -> impl Strategy<Value = Written> {
    let methods = ["tools/call", "tools/call", "ping", "tools/list", "resources/read", "x/y"];
    let params = (
        prop::option::weighted(0.9, Just(plain("t"))),
        prop::option::weighted(0.8, prop::collection::vec((text(), value()), 0..4).prop_map(Written::Object)),
        prop::collection::vec((text(), value()), 0..2),
    );
    let params = params.prop_map(|(name, arguments, others)| {
        let mut members = others;
        members.extend(name.map(|name| ("name".to_owned(), name)));
        members.extend(arguments.map(|arguments| ("arguments".to_owned(), arguments)));
        Written::Object(members)
    });
    let others = prop::collection::vec((text(), value()), 0..2);
    (prop::sample::select(methods.to_vec()), 0..9_i64, params, others).prop_flat_map(
        |(method, id, params, others)| {
            let mut members = vec![
                ("jsonrpc".to_owned(), plain("2.0")),
                ("id".to_owned(), Written::Plain(id.into())),
                ("method".to_owned(), plain(method)),
                ("params".to_owned(), params),
            ];
            members.extend(others);
            Just(members).prop_shuffle().prop_map(Written::Object)
        },
    )
}

/// The same with the line ends of some readers as escapes, which is what the gateway may do to a text.
fn escaped(text: &str) -> String {
    text.replace('\u{85}', "\\u0085").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

fn read(text: &[u8]) -> Option<Written> {
    serde_json::from_slice(text).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    /// What goes on came in exactly so, and every reader does the same with it; what no reader doubts goes on.
    #[test]
    fn every_reader_reads_the_same_in_what_goes_on(text in json(message())) {
        let Delivery { to_server, to_client, .. } = session("2025-11-25").take_from_client(text.clone().into_bytes());
        let written = read(text.as_bytes());
        let understood = written.as_ref().map(|written| READERS.map(|reader| reader.understands(written)));
        match (to_server.into_iter().next(), understood) {
            (Some(forwarded), Some(understood)) => {
                prop_assert_eq!(String::from_utf8(forwarded).expect("text"), escaped(&text));
                prop_assert!(understood.iter().all(|other| *other == understood[0]), "{:?}", understood);
            }
            (Some(_), None) => prop_assert!(false, "what nobody can read goes on"),
            (None, _) => prop_assert!(!to_client.is_empty(), "nobody hears of it"),
        }
    }

    /// Whatever the bytes are, the gateway goes on, and passes on nothing that is no message.
    #[test]
    fn no_bytes_stop_it(text in json(message()), at in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0..3_u8) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            _ => bytes.truncate(at),
        }
        bytes.retain(|byte| *byte != b'\n');
        let mut session = session("2025-03-26");
        if let Some(forwarded) = session.take_from_client(bytes.clone()).to_server.into_iter().next() {
            prop_assert!(read(&forwarded).is_some());
            let original = String::from_utf8(bytes.clone()).expect("text");
            prop_assert_eq!(String::from_utf8(forwarded).expect("text"), escaped(original.strip_suffix('\r').unwrap_or(&original)));
        }
        session.take_from_server(bytes);
    }

    /// A server's messages go on as they are, whatever they hold.
    #[test]
    fn what_a_server_says_goes_on_as_it_is(text in json(value())) {
        let mut session = session("2025-11-25");
        for frame in [
            format!(r#"{{"jsonrpc":"2.0","method":"notifications/message","params":{text}}}"#),
            format!(r#"{{"jsonrpc":"2.0", "later":{text},"id":1,"method":"roots/list"}}"#),
            format!(r#"{{"id":7,"result":{text},"jsonrpc":"2.0"}}"#),
        ] {
            session.take_from_client(br#"{"jsonrpc":"2.0","id":7,"method":"resources/list"}"#.to_vec());
            let delivered = session.take_from_server(frame.clone().into_bytes());
            prop_assert_eq!(delivered.to_client.into_iter().next().map(|bytes| String::from_utf8(bytes).expect("text")), Some(escaped(&frame)));
        }
    }
}

/// How many cases; more in a soak.
fn cases() -> u32 {
    std::env::var("ACTRA_SOAK").ok().and_then(|count| count.parse().ok()).unwrap_or(2_000)
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WrittenVisitor)
    }
}

struct WrittenVisitor;

impl<'de> Visitor<'de> for WrittenVisitor {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Written, E> {
        Ok(Written::Plain(serde_json::Value::Null))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Written, E> {
        Ok(Written::Plain(truth.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Written, E> {
        Ok(Written::Plain(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Written, E> {
        Ok(Written::Plain(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Written, E> {
        Ok(Written::Plain(number.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Written, E> {
        Ok(Written::Plain(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Written, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(Written::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Written::Object(members))
    }
}
