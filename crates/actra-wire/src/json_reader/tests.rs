//! What strict JSON accepts, and which fault it names for the rest.

use proptest::prelude::*;

use super::*;

fn fault(text: &str) -> Option<(Reason, usize)> {
    parse_value(text.as_bytes()).err().map(|error| (error.reason, error.offset))
}

#[test]
fn places_of_faults() {
    for (text, reason, offset) in [
        ("", Reason::MalformedJson, 0),
        ("nul", Reason::MalformedJson, 0),
        ("01", Reason::MalformedJson, 1),
        ("1.", Reason::MalformedJson, 2),
        ("-", Reason::MalformedJson, 1),
        ("+1", Reason::MalformedJson, 0),
        ("1 2", Reason::MalformedJson, 2),
        ("NaN", Reason::MalformedJson, 0),
        ("[1,]", Reason::MalformedJson, 3),
        ("{\"a\":1,}", Reason::MalformedJson, 7),
        ("{a:1}", Reason::MalformedJson, 1),
        ("\"\t\"", Reason::MalformedJson, 1),
        ("\"\\x\"", Reason::MalformedJson, 2),
        ("\"\\u12g4\"", Reason::MalformedJson, 2),
        ("\"\\u+123\"", Reason::MalformedJson, 2),
        ("\"\\u00é\"", Reason::MalformedJson, 2),
        ("\"open", Reason::MalformedJson, 5),
        ("\u{feff}1", Reason::MalformedJson, 0),
        ("\"\\ud800\"", Reason::LoneSurrogate, 1),
        ("\"\\ud800\\u0041\"", Reason::LoneSurrogate, 1),
        ("\"a\\udc00\"", Reason::LoneSurrogate, 2),
        ("{\"a\":1,\"\\u0061\":2}", Reason::DuplicateKey, 7),
        ("[{\"a\":[],\"a\":[]}", Reason::DuplicateKey, 9),
    ] {
        assert_eq!(fault(text), Some((reason, offset)), "{text}");
    }
    assert_eq!(
        parse_value(b"\"ab\xff\"").map_err(|error| (error.reason, error.offset)),
        Err((Reason::NotUtf8, 3))
    );
}

#[test]
fn nesting_and_size_are_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(fault(&nested(64)), None);
    assert_eq!(fault(&nested(65)), Some((Reason::TooDeep, 64)));
    assert_eq!(fault(&"[".repeat(1 << 20)), Some((Reason::TooDeep, 64)));
    assert_eq!(fault(&format!("\"{}\"", "a".repeat((1 << 20) - 2))), None);
    assert_eq!(fault(&format!("\"{}\"", "a".repeat((1 << 20) - 1))), Some((Reason::TooLarge, 1 << 20)));
}

#[test]
fn large_objects_are_read_like_small_ones() {
    let object = |keys: &[usize]| {
        let members: Vec<_> = keys.iter().map(|key| format!("\"{key:05}\":{key}")).collect();
        format!("{{{}}}", members.join(","))
    };
    for count in [15, 16, 17, 18, 60_000] {
        let descending: Vec<usize> = (0..count).rev().collect();
        let text = object(&descending);
        let Ok(RawValue::Map(members)) = parse_value(text.as_bytes()) else { panic!("{count} members") };
        assert!(members.values().eq(&(0..count).map(|key| RawValue::from(key as i64)).collect::<Vec<_>>()));
        for twice in [0, count / 2, count - 1] {
            let text = object(&[descending.as_slice(), &[twice]].concat());
            assert_eq!(fault(&text), Some((Reason::DuplicateKey, text.rfind(",").unwrap() + 1)), "{count}");
        }
    }
}

#[test]
fn numbers_keep_their_value() {
    let number = |text: &str| parse_value(text.as_bytes()).unwrap();
    assert_eq!(number("-0"), RawValue::from(0));
    assert_eq!(number("1.50e1"), RawValue::from(15));
    assert_eq!(number("9007199254740993"), RawValue::from(9_007_199_254_740_993));
    for beyond in ["1e400", "1e-400", "1e99999999999999999999", "12345678901234567890123456789012345"] {
        assert_eq!(number(beyond), RawValue::Unreadable(Reason::UnrepresentableNumber), "{beyond}");
    }
}

/// Whether `serde_json` reads the same value; numbers are compared as written.
fn same(ours: &RawValue, theirs: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (ours, theirs) {
        (RawValue::Null, Value::Null) => true,
        (RawValue::Bool(ours), Value::Bool(theirs)) => ours == theirs,
        (RawValue::String(ours), Value::String(theirs)) => ours == theirs,
        (RawValue::Number(ours), Value::Number(theirs)) => Decimal::parse_json(theirs.as_str()) == Ok(*ours),
        (RawValue::Unreadable(_), Value::Number(theirs)) => Decimal::parse_json(theirs.as_str()).is_err(),
        (RawValue::List(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
        }
        (RawValue::Map(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().all(|(key, ours)| theirs.get(key).is_some_and(|theirs| same(ours, theirs)))
        }
        _ => false,
    }
}

fn agrees(text: &str) -> Result<(), TestCaseError> {
    let theirs = serde_json::from_str::<serde_json::Value>(text);
    match (parse_value(text.as_bytes()), theirs) {
        (Ok(ours), Ok(theirs)) => prop_assert!(same(&ours, &theirs), "{:?} against {:?}", ours, theirs),
        (Err(error), Ok(_)) => prop_assert!(
            matches!(error.reason, Reason::DuplicateKey | Reason::TooDeep),
            "{:?} where serde_json reads {}",
            error,
            text
        ),
        (Ok(ours), Err(error)) => prop_assert!(false, "{:?} where serde_json says {}: {}", ours, error, text),
        (Err(_), Err(_)) => {}
    }
    Ok(())
}

/// JSON text of any shape, with white space and escapes in odd places.
fn json_text() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?",
        "\"([a-c]|\\\\n|\\\\\"|\\\\u00[0-9a-fA-F]{2}|\\\\ud83d\\\\ude00|é|🙂){0,4}\"",
    ];
    scalar.prop_recursive(5, 40, 5, |inner| {
        let key = "\"(a|b|c|\\\\u0061|é)\"";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(" ,"))),
            prop::collection::vec((key, inner), 0..4).prop_map(|members| {
                let members: Vec<_> = members.iter().map(|(key, value)| format!("{key}:\t{value}")).collect();
                format!("{{{}\r\n}}", members.join(", "))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn reads_what_serde_json_reads(text in json_text()) {
        agrees(&text)?;
    }

    #[test]
    fn damaged_text_is_refused_alike(text in json_text(), at in any::<prop::sample::Index>(), put in "[\\[\\]{},:\"\\\\0-9eE.+\\-untrue \u{1}é]{0,2}", cut in 0usize..3) {
        let starts: Vec<usize> = text.char_indices().map(|(idx, _)| idx).chain([text.len()]).collect();
        let start = at.index(starts.len());
        let end = (start + cut).min(starts.len() - 1);
        agrees(&format!("{}{put}{}", &text[..starts[start]], &text[starts[end]..]))?;
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let ours = parse_value(&bytes);
        if serde_json::from_slice::<serde_json::Value>(&bytes).is_err() {
            prop_assert!(ours.is_err());
        }
    }
}
