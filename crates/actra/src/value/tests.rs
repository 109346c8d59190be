//! Values of Rust types: what serde says of them, and what a policy reads.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::meaning::{EXACT_NUMBER, RAW_JSON};
use super::*;

#[derive(Serialize)]
enum Shape {
    Unit,
    New(u8),
    Tuple(u8, u8),
    Struct { a: Option<u8> },
}

#[derive(Serialize)]
struct Order {
    id: u64,
    tags: (char, &'static str),
    shapes: Vec<Shape>,
}

#[track_caller]
fn json<T: Serialize>(given: T, expected: &str) {
    assert_eq!(value(&given).unwrap().to_json(), expected);
}

#[test]
fn values_are_exact() {
    json(i8::MIN, "-128");
    json(u64::MAX, "18446744073709551615");
    json(i128::from(i64::MIN) * 10, "-92233720368547758080");
    json(0.1f32, "0.1");
    json(0.1f64 + 0.2, "0.30000000000000004");
    json(1e-7, "0.0000001");
    json((true, 'é', "\u{1}", ()), "[true,\"é\",\"\\u0001\",null]");
    json(Some(Some(1)), "1");
    json(std::net::Ipv4Addr::LOCALHOST, "\"127.0.0.1\"");
    json(PathBuf::from("/a/b"), "\"/a/b\"");
    json(serde_json::json!({ "b": 1.5, "a": [null] }), "{\"a\":[null],\"b\":1.5}");
    let shapes = vec![Shape::Unit, Shape::New(1), Shape::Tuple(1, 2), Shape::Struct { a: None }];
    json(
        Order { id: 7, tags: ('x', "y"), shapes },
        r#"{"id":7,"shapes":["Unit",{"New":1},{"Tuple":[1,2]},{"Struct":{"a":null}}],"tags":["x","y"]}"#,
    );
}

/// Numbers of `serde_json` with all their digits, in a build with its feature `arbitrary_precision`.
#[test]
fn digits_are_kept() {
    struct Number(&'static str);
    impl Serialize for Number {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut number = serializer.serialize_struct(EXACT_NUMBER, 1)?;
            number.serialize_field(EXACT_NUMBER, self.0)?;
            number.end()
        }
    }
    json([Number("0.1000000000000000000001"), Number("-12")], "[0.1000000000000000000001,-12]");
    assert_eq!(value(&Number("1e999")), Ok(UNREPRESENTABLE));
}

/// JSON that somebody else has written is what it says.
#[test]
fn raw_json_is_read() {
    let raw = |text: &str| serde_json::value::RawValue::from_string(text.to_owned()).unwrap();
    json(raw("7.50"), "7.5");
    json(
        [Some(raw(r#"{"a": {"b": null}, "c": 0.1000000000000000000001}"#))],
        r#"[{"a":{"b":null},"c":0.1000000000000000000001}]"#,
    );
    let reason = |text: &str| value(&[raw(text)]).unwrap_err().reason;
    assert_eq!(reason(r#"{"a": 1, "a": 2}"#), Reason::DuplicateKey);
    assert_eq!(reason(&("[".repeat(100) + &"]".repeat(100))), Reason::TooDeep);
}

/// What stands for something else in the words of some library would hide it from rules.
#[test]
fn what_libraries_mean_is_not_guessed() {
    struct Named(&'static str);
    impl Serialize for Named {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut fields = serializer.serialize_struct(self.0, 1)?;
            fields.serialize_field("a", &1)?;
            fields.end()
        }
    }
    struct New(&'static str);
    impl Serialize for New {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_newtype_struct(self.0, "(a: 1)")
        }
    }
    json(Named("Private"), r#"{"a":1}"#);
    for name in ["$__toml_private_Datetime", "ron::private::RawValue", EXACT_NUMBER, RAW_JSON] {
        assert!(value(&Named(name)).is_err(), "{name}");
        assert!(value(&New(name)).is_err(), "{name}");
    }
    let raw = || serde_json::value::RawValue::from_string("{}".to_owned()).unwrap();
    #[derive(Serialize)]
    struct Flat {
        #[serde(flatten)]
        raw: Box<serde_json::value::RawValue>,
    }
    assert!(value(&Flat { raw: raw() }).is_err());
    #[derive(Serialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Raw(Box<serde_json::value::RawValue>),
    }
    assert!(value(&Tagged::Raw(raw())).is_err());
}

/// Recursion is bounded also where nothing of it is seen in JSON.
#[test]
fn wrappers_count_as_depth() {
    #[derive(Serialize)]
    struct Wrapped(Option<Box<Wrapped>>);
    let wrapped = |depth| (0..depth).fold(Wrapped(None), |inner, _| Wrapped(Some(Box::new(inner))));
    assert_eq!(value(&wrapped(30)), Ok(RawValue::Null));
    let deep = wrapped(5_000);
    assert_eq!(value(&deep), Ok(RawValue::Unreadable(Reason::TooDeep)));
}

#[test]
fn numbers_that_are_no_decimals_are_unreadable() {
    for float in [f64::NAN, f64::INFINITY, f64::MAX] {
        assert_eq!(value(&float), Ok(UNREPRESENTABLE));
    }
    assert_eq!(value(&f32::NAN), Ok(UNREPRESENTABLE));
    assert_eq!(value(&u128::MAX), Ok(UNREPRESENTABLE));
}

#[test]
fn what_has_no_value_is_refused_with_its_place() {
    struct Bytes;
    impl Serialize for Bytes {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(b"x")
        }
    }
    struct Twice;
    impl Serialize for Twice {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("a", &1)?;
            map.serialize_entry("a", &2)?;
            map.end()
        }
    }
    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("it is locked"))
        }
    }
    let said = |error: ValueError| error.to_string();
    assert_eq!(
        said(value(&BTreeMap::from([("file", vec![Bytes])])).unwrap_err()),
        "`#1.0`: bytes are not text: decode them"
    );
    #[derive(Serialize)]
    struct Upload {
        files: BTreeMap<&'static str, Bytes>,
    }
    let upload = Upload { files: BTreeMap::from([("secret", Bytes)]) };
    assert_eq!(said(value(&upload).unwrap_err()), "`files.#1`: bytes are not text: decode them");
    assert_eq!(said(value(&BTreeMap::from([(1, 2)])).unwrap_err()), "keys are strings");
    assert_eq!(said(value(&[Twice]).unwrap_err()), "`0`: a key appears twice");
    assert_eq!(said(value(&Fails).unwrap_err()), "it is locked");
    assert_eq!(said(record(&[1]).unwrap_err()), "a record must be a struct or a map");
    assert_eq!(record(&BTreeMap::from([("a", 1)])).unwrap().get("a"), Some(&1.into()));
}

#[test]
fn what_is_too_deep_is_not_looked_at() {
    #[derive(Serialize)]
    struct Nested(Vec<Nested>);
    let nested = |depth| (0..depth).fold(Nested(Vec::new()), |inner, _| Nested(vec![inner]));
    let holds_unreadable = |depth| {
        let mut at = value(&nested(depth)).unwrap();
        while let RawValue::List(mut elements) = at {
            let Some(element) = elements.pop() else { return false };
            at = element;
        }
        at == RawValue::Unreadable(Reason::TooDeep)
    };
    assert!(!holds_unreadable(limits::NESTING));
    assert!(holds_unreadable(limits::NESTING + 1));
    assert!(holds_unreadable(2_000));
}
