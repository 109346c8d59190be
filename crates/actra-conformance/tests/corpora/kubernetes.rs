//! Admission reviews, each with the verdict of the policy that it was written for.

use serde_json::{Map, Value, json};

use super::corpus::{decide, example, has_example, list, object, read, request, text};

/// Decides the cases of all policies that have an example; every verdict must be the expected one.
pub fn check() {
    let data = read("kubernetes/admission_cases.json");
    let mut written = 0;
    let mut wrong = 0;
    let mut total = 0;
    for policy in list(&data["policies"]) {
        let id = text(&policy["id"]);
        let name = format!("kubernetes/{}", id.rsplit('/').next().unwrap_or(id));
        let cases = list(&policy["cases"]);
        if !has_example(&name) {
            println!("{id:<60} not written ({} cases)", cases.len());
            continue;
        }
        let misses = misses(&name, cases);
        println!("{id:<60} {} of {} verdicts as expected", cases.len() - misses, cases.len());
        written += 1;
        wrong += misses;
        total += cases.len();
    }
    println!("{written} policies, {} of {total} verdicts as expected", total - wrong);
    assert!(written >= 15, "only {written} policies are written");
    assert_eq!(wrong, 0, "verdicts differ");
}

fn misses(name: &str, cases: &[Value]) -> usize {
    let policy = example(name);
    let mut misses = 0;
    for case in cases {
        let (effect, rule) = decide(&policy, &review(case));
        let verdict = if effect == "allow" { "allow" } else { "deny" };
        if verdict != text(&case["expected"]) {
            println!("  miss: {name} {}: {effect} by {rule}", text(&case["case"]));
            misses += 1;
        }
    }
    misses
}

/// The review of a case: a bare object is being created, unless the case says otherwise.
fn review(case: &Value) -> Value {
    let object = &case["object"];
    let (operation, object) = match text(&object["kind"]) {
        "AdmissionReview" => (text(&object["request"]["operation"]).to_owned(), &object["request"]["object"]),
        _ => (operation(case), object),
    };
    let mut action = Map::new();
    action.insert("type".to_owned(), Value::String(operation.to_ascii_lowercase()));
    action.insert("object".to_owned(), object.clone());
    let mut snapshot = Map::new();
    snapshot.insert("parameters".to_owned(), Value::Object(self::object(&case["parameters"])));
    snapshot.insert("inventory".to_owned(), Value::Array(list(&case["inventory"]).to_vec()));
    request(action, &json!({ "roles": [] }), snapshot)
}

/// The operation that the case's context gives for this object.
fn operation(case: &Value) -> String {
    let policies = list(&case["context"]["variables"]["policies"]);
    policies
        .iter()
        .flat_map(|policy| list(&policy["resources"]))
        .filter(|resource| resource["name"] == case["object"]["metadata"]["name"])
        .find_map(|resource| resource["values"]["request.operation"].as_str())
        .unwrap_or("CREATE")
        .to_owned()
}
