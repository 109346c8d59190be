//! The scanner against the strict reader: what it accepts, it reads alike.

use proptest::prelude::*;

use super::*;
use crate::parse_request;

/// A member as a value of its own.
fn owned(member: RawRef<'_>) -> RawValue {
    match member {
        RawRef::Null => RawValue::Null,
        RawRef::Bool(value) => RawValue::Bool(value),
        RawRef::Number(value) => RawValue::Number(value),
        RawRef::Text(text) => RawValue::String(text.into_owned()),
        RawRef::Texts(texts) => RawValue::List(texts.iter().map(RawValue::from).collect()),
        RawRef::Nested(value) => value.into_owned(),
        RawRef::Unreadable(reason) => RawValue::Unreadable(reason),
    }
}

fn same_record(scan: &Scan<'_>, record_name: RecordName, record: Option<&RawValue>) {
    let shape = match record {
        None => RecordShape::Missing,
        Some(RawValue::Null) => RecordShape::Null,
        Some(RawValue::Map(_)) => RecordShape::Object,
        Some(_) => RecordShape::Other,
    };
    assert_eq!(scan.shape(record_name), shape);
    let Some(RawValue::Map(members)) = record else {
        assert!(scan.members(record_name).is_empty());
        return;
    };
    assert_eq!(scan.members(record_name).len(), members.len());
    for (key, value) in members {
        assert_eq!(scan.member(record_name, key).map(owned).as_ref(), Some(value));
        assert!(scan.has_undeclared(record_name, &|name| name != key));
    }
    assert!(!scan.has_undeclared(record_name, &|name| members.contains_key(name)));
    assert_eq!(scan.member(record_name, "no such key"), None);
}

/// Whether a text is scanned, which does not depend on what was scanned before.
fn scanned(bytes: &[u8]) -> bool {
    let mut scanner = Scanner::new();
    let accepted = read_alike(&mut scanner, bytes);
    assert_eq!(read_alike(&mut scanner, bytes), accepted);
    accepted
}

/// Whether a text is scanned; if it is, the strict reader and `serde_json` read the same.
fn read_alike(scanner: &mut Scanner, bytes: &[u8]) -> bool {
    let Some(scan) = scanner.scan(bytes) else { return false };
    let read = parse_request(bytes).expect("what is scanned is read");
    assert_eq!(read.fault, None);
    assert_eq!(scan.fault(), None);
    assert_eq!(*scan.to_raw(), read);
    for (record_name, record) in RecordName::ALL.into_iter().zip([&read.action, &read.actor, &read.snapshot])
    {
        same_record(&scan, record_name, record.as_ref());
    }
    let theirs: serde_json::Value = serde_json::from_slice(bytes).expect("what is scanned is JSON");
    for record_name in RecordName::ALL {
        let members = theirs.get(record_name.as_str()).and_then(serde_json::Value::as_object);
        for (key, value) in members.into_iter().flatten() {
            let member = scan.member(record_name, key).expect("a member of the record");
            same_value(&owned(member), value);
        }
    }
    true
}

fn same_value(ours: &RawValue, theirs: &serde_json::Value) {
    use serde_json::Value;
    match (ours, theirs) {
        (RawValue::Null, Value::Null) => {}
        (RawValue::Bool(ours), Value::Bool(theirs)) => assert_eq!(ours, theirs),
        (RawValue::String(ours), Value::String(theirs)) => assert_eq!(ours, theirs),
        (RawValue::Number(ours), Value::Number(theirs)) => {
            assert_eq!(Decimal::parse_json(theirs.as_str()), Ok(*ours));
        }
        (RawValue::Unreadable(_), Value::Number(theirs)) => {
            assert!(Decimal::parse_json(theirs.as_str()).is_err());
        }
        (RawValue::List(ours), Value::Array(theirs)) => {
            assert_eq!(ours.len(), theirs.len());
            ours.iter().zip(theirs).for_each(|(ours, theirs)| same_value(ours, theirs));
        }
        (RawValue::Map(ours), Value::Object(theirs)) => {
            assert_eq!(ours.len(), theirs.len());
            ours.iter().for_each(|(key, ours)| same_value(ours, theirs.get(key).unwrap()));
        }
        _ => panic!("{ours:?} against {theirs:?}"),
    }
}

/// What the scan refuses although the strict reader accepts it.
fn refused_on_top(text: &str) -> bool {
    text.contains("\\") || text.contains("\"unknown\"") || text.len() > (1 << 17)
}

fn agrees(text: &str) {
    let read = parse_request(text.as_bytes()).is_ok_and(|request| request.fault.is_none());
    if !scanned(text.as_bytes()) {
        assert!(!read || refused_on_top(text), "not scanned: {text}");
    }
}

/// The second text is scanned alike after the first one.
fn agrees_after(before: &str, text: &str) {
    let mut scanner = Scanner::new();
    read_alike(&mut scanner, before.as_bytes());
    let after = read_alike(&mut scanner, text.as_bytes());
    assert_eq!(after, scanned(text.as_bytes()), "{text} after {before}");
}

#[test]
fn usual_requests_are_scanned() {
    for text in [
        "{}",
        " { } ",
        r#"{"action":{"type":"refund","amount":1500,"currency":"EUR"},"actor":{"role":"support","id":"u-17"},"snapshot":{"fraud_flag":false}}"#,
        r#"{"snapshot":null,"action":[],"actor":"x"}"#,
        "{ \"action\" : { \"a\" : -0.5e-3 , \"b\" : [ ] , \"c\" : { } }\r\n,\t\"actor\" : { } } ",
        r#"{"action":{"a":"é\n\"\\\/\b\f\r\t\u00e9\ud83d\ude00 and more","b":1e400,"c":{"d":[{"e":null},true]}}}"#,
        r#"{"action":{"":"","é":"🙂"}}"#,
        r#"{"action":{"a":["b"],"c":[ "", "d, ]" ,"é" ],"e":["f\n"],"g":["h",1],"i":[["j"]]}}"#,
        r#"{"action":{"a":{"x":1},"b":{"x":1}},"actor":{"a":0}}"#,
    ] {
        assert!(scanned(text.as_bytes()), "{text}");
    }
}

#[test]
fn unusual_requests_are_refused() {
    for text in [
        "",
        "[]",
        "null",
        "{",
        "{}}",
        "{},",
        "{} 1",
        "\u{feff}{}",
        "{\"action\":1,}",
        r#"{"action":{},"action":{}}"#,
        r#"{"action":null,"action":{}}"#,
        r#"{"other":{}}"#,
        r#"{"unknown":[]}"#,
        r#"{"acti\u006fn":{}}"#,
        r#"{"action":{"a":1,"a":2}}"#,
        r#"{"action":{"a":[{"b":1,"c":2,"b":3}]}}"#,
        r#"{"action":{"\u0061":1}}"#,
        r#"{"action":{"a":{"\u0061":1}}}"#,
        r#"{"action":{"a":01}}"#,
        r#"{"action":{"a":1.}}"#,
        r#"{"action":{"a":.1}}"#,
        r#"{"action":{"a":+1}}"#,
        r#"{"action":{"a":-}}"#,
        r#"{"action":{"a":1e}}"#,
        r#"{"action":{"a":1e+}}"#,
        r#"{"action":{"a":tru}}"#,
        r#"{"action":{"a":truee}}"#,
        r#"{"action":{"a":NaN}}"#,
        r#"{"action":{"a" 1}}"#,
        r#"{"action":{"a":1 "b":2}}"#,
        r#"{"action":{"a":[1,]}}"#,
        r#"{"action":{"a":["b",]}}"#,
        r#"{"action":{"a":["b" "c"]}}"#,
        r#"{"action":{"a":["b"}}"#,
        r#"{"action":{"a":["b"#,
        r#"{"action":{"a":[1}]}}"#,
        r#"{"action":{"a":{"b":1,}}}"#,
        r#"{"action":{"a":"\x"}}"#,
        r#"{"action":{"a":"\u12g4"}}"#,
        r#"{"action":{"a":"\u+123"}}"#,
        r#"{"action":{"a":"\ud800"}}"#,
        r#"{"action":{"a":"\ud800\u0041"}}"#,
        r#"{"action":{"a":"\udc00"}}"#,
        r#"{"action":{"a":"\ud800x\udc00"}}"#,
        "{\"action\":{\"a\":\"\t\"}}",
        "{\"action\":{\"a\":\"0123456\u{1f}\"}}",
        "{\"action\":{\"a\":\"open",
        "{\0}",
        "{\"action\":1\0}",
    ] {
        assert!(!scanned(text.as_bytes()), "{text}");
        agrees(text);
    }
    assert!(!scanned(b"{\"action\":{\"a\":\"\xff\"}}"));
    assert!(!scanned(b"{\"action\":{\"a\":\"\xed\xa0\x80\"}}"));
}

#[test]
fn specials_are_found_at_every_place() {
    for special in
        ["\"", "\\n", "\u{1f}", "\0", "\u{20}", "!", "#", "[", "]", "é", "\u{7f}", "\u{80}", "¢", "Ü"]
    {
        for before in 0..20 {
            for after in 0..10 {
                let (before, after) = ("ö ".repeat(before / 3) + &"a".repeat(before % 3), "~".repeat(after));
                agrees(&format!(r#"{{"action":{{"a":"{before}{special}{after}"}}}}"#));
                agrees(&format!(r#"{{"action":{{"{before}{special}{after}":1}}}}"#));
            }
        }
    }
}

#[test]
fn nesting_and_size_are_bounded() {
    let nested =
        |depth: usize| format!("{{\"action\":{{\"a\":{}{}}}}}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{{\"action\":{}1{}}}", "{\"a\":".repeat(depth), "}".repeat(depth));
    let list = |depth: usize| format!("{{\"action\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    for depth in 60..68 {
        agrees(&nested(depth));
        agrees(&objects(depth));
        agrees(&list(depth));
    }
    assert!(scanned(nested(62).as_bytes()) && !scanned(nested(63).as_bytes()));
    assert!(scanned(objects(63).as_bytes()) && !scanned(objects(64).as_bytes()));
    let long = |length: usize| format!("{{\"action\":{{\"a\":\"{}\"}}}}", "a".repeat(length - 19));
    assert!(scanned(long(1 << 20).as_bytes()) && !scanned(long((1 << 20) + 1).as_bytes()));
    let numbers = |number: &str, count| format!("{{\"action\":{{\"a\":[{}0]}}}}", number.repeat(count));
    for count in [26_000, 27_000, 29_000, 31_000, 50_000] {
        agrees(&numbers("1e33,", count));
        agrees(&numbers("1.5,", count));
    }
    assert!(scanned(numbers("1.5,", 50_000).as_bytes()) && !scanned(numbers("1e33,", 31_000).as_bytes()));
    assert!(scanned(numbers("1e33,", 26_000).as_bytes()));
}

#[test]
fn large_objects_are_scanned_without_square_cost() {
    let object = |keys: &[usize]| {
        let members: Vec<_> = keys.iter().map(|key| format!("\"{key:05}\":{key}")).collect();
        format!("{{{}}}", members.join(","))
    };
    for count in [15, 16, 17, 18, 40, 70_000] {
        let descending: Vec<usize> = (0..count).rev().collect();
        for (open, close) in [("", ""), ("{\"a\":", "}"), ("{\"a\":[", "]}")] {
            let text = format!("{{\"action\":{open}{}{close}}}", object(&descending));
            assert!(Scanner::new().scan(text.as_bytes()).is_some(), "{count}");
            if count < 100 {
                agrees(&text);
            }
            for twice in [0, count / 2, count - 1] {
                let keys = [descending.as_slice(), &[twice]].concat();
                let text = format!("{{\"action\":{open}{}{close}}}", object(&keys));
                assert!(Scanner::new().scan(text.as_bytes()).is_none(), "{count}");
            }
        }
    }
}

#[test]
fn memory_is_reused() {
    let mut scanner = Scanner::new();
    assert!(scanner.scan(br#"{"action":{"a":1,"b":{"c":{"d":"#).is_none());
    let scan = scanner.scan(br#"{"actor":{"z":true}}"#).unwrap();
    assert_eq!(scan.member(RecordName::Action, "a"), None);
    assert_eq!(scan.member(RecordName::Actor, "z"), Some(RawRef::Bool(true)));
}

#[test]
fn keys_of_the_request_before_are_not_taken_for_others() {
    let keys = ["a", "ab", "abc", "abcdefg", "abcdefgh", "abcdefghi", "abcdefghj", "b", "", "é", "ab "];
    let text = |key: &str| format!(r#"{{"action":{{"{key}":1,"x":"y"}}}}"#);
    for before in keys {
        for key in keys {
            agrees_after(&text(before), &text(key));
            agrees_after(&text(before), &format!(r#"{{"action":{{"x":"y","{key}":1}}}}"#));
            agrees_after(&text(before), &format!(r#"{{"action":{{"{key}"#));
            agrees_after(&text(before), &format!(r#"{{"actor":{{"{key}\"":1}}}}"#));
            agrees_after(&text(before), &format!(r#"{{"actor":{{"{key}":1,"{before}":2}}}}"#));
        }
    }
}

/// A value, with white space and escapes in odd places.
fn value() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?",
        "\"([a-c ]|\\\\n|\\\\\"|\\\\u00[0-9a-fA-F]{2}|\\\\ud83d\\\\ude00|é|🙂){0,9}\"",
        "\"[a-z]{0,20}\"",
    ];
    scalar.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(" ,"))),
            object(inner),
        ]
    })
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let key = "\"([a-k]|[a-k]|[a-k]|aa|é|[a-z]{7,9}|\\\\u0061)\"";
    prop::collection::vec((key, value), 0..5).prop_map(|members| {
        let members: Vec<_> = members.iter().map(|(key, value)| format!("{key}:\t{value}")).collect();
        format!("{{{}\r\n}}", members.join(", "))
    })
}

fn request() -> impl Strategy<Value = String> {
    let record = prop_oneof![4 => object(value()), 1 => value()];
    let name = prop_oneof![8 => Just("action"), 8 => Just("actor"), 8 => Just("snapshot"), 1 => Just("unknown"), 1 => Just("other")];
    prop::collection::vec((name, record), 0..4).prop_map(|records| {
        let records: Vec<_> = records.iter().map(|(name, record)| format!("\"{name}\" : {record}")).collect();
        format!(" {{{}}}\n", records.join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn scans_what_is_read(text in request(), before in request()) {
        agrees(&text);
        agrees_after(&before, &text);
    }

    #[test]
    fn damaged_text_is_refused_alike(text in request(), at in any::<prop::sample::Index>(), put in "[\\[\\]{},:\"\\\\0-9eE.+\\-untrue \u{1}é]{0,2}", cut in 0usize..3) {
        let starts: Vec<usize> = text.char_indices().map(|(idx, _)| idx).chain([text.len()]).collect();
        let start = at.index(starts.len());
        let end = (start + cut).min(starts.len() - 1);
        let damaged = format!("{}{put}{}", &text[..starts[start]], &text[starts[end]..]);
        agrees(&damaged);
        agrees_after(&text, &damaged);
        agrees_after(&damaged, &text);
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        scanned(&bytes);
    }
}
