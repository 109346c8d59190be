//! Any bytes to the scanner: what it accepts, the strict reader and `serde_json` accept with the same values; what it
//! refuses although the reader accepts it has an escape.
#![no_main]

use actra_model::{Decimal, RawValue, RecordName, RecordShape, RequestReader};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fn same(ours: &RawValue, theirs: &Value) -> bool {
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

/// What `serde_json` takes for a number of its own, where it keeps numbers as they are written.
const PRIVATE: &[u8] = b"$serde_json::private";

fuzz_target!(|data: &[u8]| {
    if data.windows(PRIVATE.len()).any(|part| part == PRIVATE) {
        return;
    }
    let mut scanner = actra_wire::Scanner::new();
    // No JSON has a zero: what is before it is an earlier request, of which nothing must be kept.
    let data = match data.iter().position(|byte| *byte == 0) {
        Some(zero) => {
            scanner.scan(&data[..zero]);
            &data[zero + 1..]
        }
        None => data,
    };
    let read = actra_wire::read_request(data);
    let Some(scan) = scanner.scan(data) else {
        assert!(read.fault.is_some() || data.contains(&b'\\'));
        return;
    };
    assert_eq!((read.fault, scan.fault()), (None, None));
    assert_eq!(*scan.to_raw(), read);
    let theirs: Value = serde_json::from_slice(data).expect("what is scanned is JSON");
    let records = [&read.action, &read.actor, &read.snapshot];
    for (record_name, record) in RecordName::ALL.into_iter().zip(records) {
        let shape = match record {
            None => RecordShape::Missing,
            Some(RawValue::Null) => RecordShape::Null,
            Some(RawValue::Map(_)) => RecordShape::Object,
            Some(_) => RecordShape::Other,
        };
        assert_eq!(scan.shape(record_name), shape);
        let Some(RawValue::Map(members)) = record else { continue };
        assert!(!scan.has_undeclared(record_name, &|name| members.contains_key(name)));
        for (key, value) in members {
            let member = scan
                .member(record_name, key)
                .map(|member| member.into_value().into_owned())
                .expect("a member of the record");
            assert_eq!(member, *value);
            assert!(same(&member, &theirs[record_name.as_str()][key]));
            assert!(scan.has_undeclared(record_name, &|name| name != key));
        }
    }
});
