//! Calls of a customer-service assistant with the rows that a host joins to them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::corpus::{Tally, action_of_call, decide, example, list, object, read, request, text};

/// Decides all cases of the files: what the rule book permits is allowed, what it forbids is not.
///
/// A call that its own source calls contested (it was made, yet the prose forbids it) is shown and not judged.
pub fn check(domain: &str, files: &[&str]) {
    let policy = example(&format!("tau2/{domain}"));
    let mut permitted = Tally::default();
    let mut forbidden = Tally::default();
    let mut uncaught: BTreeMap<String, usize> = BTreeMap::new();
    for file in files {
        let data = read(&format!("tau2/{file}"));
        for case in list(&data["cases"]) {
            let (effect, rule) = decide(&policy, &call(case));
            let allowed = text(&case["expected"]) == "allow";
            if allowed && !list(&case["oracle_violations"]).is_empty() {
                println!(
                    "  contested: {} {}: {effect} by {rule}",
                    text(&case["id"]),
                    case["oracle_violations"]
                );
                continue;
            }
            if allowed {
                if effect != "allow" {
                    println!("  miss: {} {}: {effect} by {rule}", text(&case["id"]), case["action"]);
                }
                permitted.add(&effect);
            } else {
                if effect == "allow" {
                    println!("  not caught: {} {}", text(&case["id"]), case["oracle_violations"]);
                    *uncaught.entry(case["oracle_violations"].to_string()).or_default() += 1;
                }
                forbidden.add(&effect);
            }
        }
    }
    permitted.print(&format!("{domain}: calls that are permitted"));
    forbidden.print(&format!("{domain}: calls that are forbidden"));
    uncaught.iter().for_each(|(why, count)| println!("  {count} need a rule about {why}"));
    assert_eq!(permitted.allowed(), permitted.total(), "a permitted call is held up");
    assert_eq!(forbidden.allowed(), 0, "a forbidden call is allowed");
}

/// Changes every permitted call in one respect that its rule book does not permit; none may be allowed.
pub fn check_changed(domain: &str, file: &str) {
    let data = read(&format!("tau2/{file}"));
    let policy = example(&format!("tau2/{domain}"));
    let permitted = list(&data["cases"]).iter().filter(|case| text(&case["expected"]) == "allow");
    let calls: Vec<Value> = permitted.map(call).collect();
    for (name, tool, pointer, replacement) in CHANGES {
        let mut tally = Tally::default();
        for call in calls.iter().filter(|call| text(&call["action"]["type"]).contains(tool)) {
            let mut changed = call.clone();
            let Some(place) = changed.pointer_mut(pointer) else { continue };
            *place = replacement();
            let (effect, _) = decide(&policy, &changed);
            if effect == "allow" {
                println!("  not caught: {name} in {}", changed["action"]);
            }
            tally.add(&effect);
        }
        tally.print(&format!("{domain}: {name}"));
        assert_eq!(tally.allowed(), 0, "{name} is allowed");
    }
}

/// What is wrong, in which tools, at which place, and what stands there then; calls without that place are left out.
type NearestChange = (&'static str, &'static str, &'static str, fn() -> Value);

const CHANGES: &[NearestChange] = &[
    ("somebody else is logged in", "", "/actor/authenticated_user", || json!("somebody_else_1")),
    ("nothing was confirmed", "", "/snapshot/session/user_confirmed", || json!(false)),
    ("another order", "", "/action/order_id", || json!("#W0000000")),
    ("another reservation", "", "/action/reservation_id", || json!("AAAAAA")),
    ("an unknown payment method", "", "/action/payment_method_id", || json!("paypal_0")),
    ("an unknown card for a change", "", "/action/payment_id", || json!("credit_card_0")),
    ("an unknown card for a booking", "", "/action/payment_methods/0/payment_id", || json!("credit_card_0")),
    ("more than the card holds", "", "/action/payment_methods/0/amount", || json!(100_000)),
    ("no items", "", "/action/item_ids", || json!([])),
    ("items for nothing", "", "/action/new_item_ids", || json!([])),
    ("an item of another order", "", "/action/item_ids/0", || json!("0000000000")),
    ("another reason", "", "/action/reason", || json!("found it cheaper")),
    ("a crowd", "", "/action/passengers", crowd),
    ("free bags", "", "/action/total_baggages", || json!(60)),
    ("bags taken away", "update_reservation_baggages", "/snapshot/reservation/total_baggages", || json!(60)),
    ("another start", "update_reservation_flights", "/snapshot/reservation/origin", || json!("XXX")),
    ("another end", "update_reservation_flights", "/snapshot/reservation/destination", || json!("XXX")),
    ("a flown flight", "cancel_reservation", "/snapshot/reservation/flights/0/status", || json!("landed")),
    ("a flight that is full", "book_reservation", "/snapshot/requested_flights/0/available_seats", || {
        json!({})
    }),
    ("a flight that is late", "book_reservation", "/snapshot/requested_flights/0/status", || {
        json!("delayed")
    }),
];

/// One passenger more than a reservation holds.
fn crowd() -> Value {
    let person = json!({ "first_name": "Noor", "last_name": "Haddad", "dob": "1980-01-01" });
    Value::Array(vec![person; 6])
}

fn call(case: &Value) -> Value {
    let mut snapshot = object(&case["snapshot"]);
    snapshot.insert("session".to_owned(), case["session"].clone());
    snapshot.entry("now").and_modify(add_offset);
    if let Some(reservation) = snapshot.get_mut("reservation").and_then(Value::as_object_mut) {
        add_offset_at(reservation, "created_at");
    }
    request(action_of_call(&case["action"]), &case["actor"], snapshot)
}

fn add_offset_at(record: &mut Map<String, Value>, key: &str) {
    record.entry(key).and_modify(add_offset);
}

/// The airline's times are Eastern Standard Time without an offset; a timestamp has one.
fn add_offset(time: &mut Value) {
    *time = Value::String(format!("{}-05:00", text(time)));
}
