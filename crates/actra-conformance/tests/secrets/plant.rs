//! Requests with secrets in every place that can hold one.
//!
//! A text with [`SECRET`], and each number that starts with [`NUMBER`], is sensitive or undeclared; so is a key. A name
//! with [`NAME`] is undeclared in a place that is not sensitive: errors may name it, records that are shown may not.

use serde_json::{Value, json};

pub const SECRET: &str = "S3CR3T";
pub const NUMBER: &str = "90071";
pub const NAME: &str = "Undeclared0";

/// Sensitive fields of every shape: scalar, optional, member, in lists and maps of objects, whole maps and objects,
/// `any`.
pub const SCHEMA: &str = "version: 1
actions:
  pay:
    fields:
      amount: number
      to: string
      tags: { type: list, of: string, max_items: 3, optional: true }
      free: any?
      names: { type: map, of: string, optional: true }
      pin: { type: string, max_length: 40, sensitive: true }
      code: { type: integer, max: 99999999, sensitive: true, optional: true }
      one: { type: string, one_of: [good, bad], sensitive: true, optional: true }
      flag: { type: boolean, sensitive: true, optional: true }
      json: { type: any, sensitive: true, optional: true }
      texts: { type: list, of: string, sensitive: true, max_items: 3, optional: true }
      whole: { type: map, of: string, sensitive: true, optional: true }
      box: { type: object, sensitive: true, optional: true, fields: { name: string, count: number? } }
      o:
        type: object
        optional: true
        fields:
          name: string
          card: { type: string, sensitive: true }
          deep: { type: object, optional: true, fields: { note: string?, cvv: { type: any, sensitive: true } } }
      l: { type: list, optional: true, of: { type: object, fields: { sku: string, key: { type: string, sensitive: true } } } }
      m: { type: map, optional: true, of: { type: object, fields: { label: string, iban: { type: string, sensitive: true } } } }
      lm:
        type: list
        optional: true
        of: { type: map, of: { type: list, of: { type: object, fields: { x: { type: number, sensitive: true } } } } }
  ping: { fields: }
actor:
  fields:
    id: string
    token: { type: string, sensitive: true, optional: true }
    badge: { type: object, optional: true, fields: { office: string, number: { type: string, sensitive: true } } }
snapshot:
  fields:
    risk: number
    keys: { type: map, of: number, sensitive: true, optional: true }
    owner: { type: object, optional: true, fields: { name: string, ssn: { type: string, sensitive: true } } }
";

/// Rules that read all of it, some of which a more permissive request must get past.
pub const RULES: &str = "
  - { id: pin, scope: { action: pay }, when: \"action.pin != 'good'\", effect: require_approval, message: 'pay {action.amount} to {action.to}' }
  - { id: card, scope: { action: pay }, when: \"has(action.o) && (action.o.card != 'good' || action.o.name == 'bad')\", effect: block, message: '{action.o.name}' }
  - { id: deep, scope: { action: pay }, when: \"has(action.o) && has(action.o.deep) && action.o.deep.cvv != 1\", effect: require_approval }
  - { id: code, scope: { action: pay }, when: 'has(action.code) && action.code > action.amount', effect: require_approval }
  - { id: sum, scope: { action: pay }, when: 'has(action.code) && action.code * 7 - 63049707 == action.amount * 11 - 55', effect: block }
  - { id: one, scope: { action: pay }, when: \"has(action.one) && action.one == 'bad' && [action.one, action.to].size() > 1\", effect: require_approval }
  - { id: flag, scope: { action: pay }, when: 'has(action.flag) && action.flag', effect: require_approval }
  - { id: json, scope: { action: pay }, when: \"has(action.json) && action.json != 'good'\", effect: require_approval }
  - { id: texts, scope: { action: pay }, when: \"has(action.texts) && action.texts.exists(t, t.startsWith('S'))\", effect: require_approval }
  - { id: mapped, scope: { action: pay }, when: \"has(action.texts) && has(action.tags) && action.tags.filter(t, !(t in action.texts)).size() > 0\", effect: require_approval }
  - { id: whole, scope: { action: pay }, when: \"has(action.whole) && action.pin in action.whole && action.whole[action.pin] != 'good'\", effect: require_approval }
  - { id: unguarded, scope: { action: pay }, when: \"has(action.whole) && action.whole[action.to] == 'good'\", effect: require_approval }
  - { id: box, scope: { action: pay }, when: \"has(action.box) && action.box.name != 'good'\", effect: require_approval }
  - { id: list, scope: { action: pay }, when: \"has(action.l) && action.l.all(e, e.key == 'good')\", effect: require_approval }
  - { id: first, scope: { action: pay }, when: \"has(action.l) && action.l.size() > 0 && action.l[0].key != 'good'\", effect: require_approval }
  - { id: map, scope: { action: pay }, when: \"has(action.m) && action.m.exists(k, action.m[k].iban != 'good')\", effect: require_approval }
  - { id: keyed, scope: { action: pay }, when: \"has(action.names) && action.pin in action.names && action.names[action.pin] == 'x'\", effect: require_approval }
  - { id: nested, scope: { action: pay }, when: 'has(action.lm) && action.lm.size() > 5', effect: require_approval }
  - { id: free, scope: { action: pay }, when: \"has(action.free) && has(action.json) && action.free == action.json\", effect: require_approval }
  - { id: token, scope: { action: pay }, when: \"has(actor.token) && actor.token != action.to\", effect: require_approval }
  - { id: badge, scope: { action: pay }, when: \"has(actor.badge) && actor.badge.number != action.to\", effect: require_approval }
  - { id: keys, scope: { action: pay }, when: \"has(snapshot.keys) && action.to in snapshot.keys && snapshot.keys[action.to] > snapshot.risk\", effect: require_approval }
  - { id: owner, scope: { action: pay }, when: \"has(snapshot.owner) && snapshot.owner.ssn != action.to\", effect: block }
";

pub fn policy_text() -> String {
    format!("version: 1\ndefault: allow\nrules:{RULES}")
}

/// The schema with a setting of its own, such as `extra_fields: reject`.
pub fn schema_with(setting: &str) -> String {
    SCHEMA.replacen("version: 1\n", &format!("version: 1\n{setting}\n"), 1)
}

/// A secret that no other place has.
fn secret(place: &str) -> String {
    format!("{SECRET}{place}")
}

/// A valid request with a secret in each place.
pub fn sound() -> Value {
    json!({
        "action": {
            "type": "pay", "amount": 5, "to": "bo", "tags": ["a"], "free": { "k": 1 }, "names": { "k": "v" },
            "pin": secret("pin"), "code": 9007101, "one": "bad", "flag": true,
            "json": { secret("json_key"): [secret("json"), 9_007_102] },
            "texts": [secret("text")],
            "whole": { secret("whole_key"): secret("whole"), secret("pin"): secret("whole") },
            "box": { "name": secret("box"), "count": 9007103 },
            "o": { "name": "n", "card": secret("card"), "deep": { "note": "n", "cvv": secret("cvv") } },
            "l": [{ "sku": "s", "key": secret("key") }, { "sku": "t", "key": secret("key2") }],
            "m": { secret("m_key"): { "label": "l", "iban": secret("iban") } },
            "lm": [{ secret("lm_key"): [{ "x": 9007104 }] }],
        },
        "actor": { "id": "ana", "token": secret("token"), "badge": { "office": "o", "number": secret("badge") } },
        "snapshot": { "risk": 1, "keys": { secret("keys_key"): 9007105 }, "owner": { "name": "o", "ssn": secret("ssn") } },
    })
}

/// The sound request, and it with each container and each sensitive value replaced by something else, or with an
/// undeclared member; each with a name that says what was done.
pub fn requests() -> Vec<(String, Value)> {
    let mut all = vec![("sound".to_owned(), sound())];
    let mut places = Vec::new();
    collect(&sound(), "", &mut places);
    for place in places.iter().filter(|place| !place.ends_with("/type") && !place.contains("/free")) {
        for (how, value) in others() {
            let is_container = value.is_array() || value.is_object();
            if shows(place) && (!is_container || CONTAINERS.contains(&place.as_str())) {
                continue;
            }
            let mut request = sound();
            *request.pointer_mut(place).expect("the place is there") = named(place, value);
            all.push((format!("{place} is {how}"), request));
        }
        let mut request = sound();
        let Some(Value::Object(members)) = request.pointer_mut(place) else { continue };
        if !place.is_empty() && !CONTAINERS.contains(&place.as_str()) {
            let name = if is_key(place) { secret("member") } else { NAME.to_owned() };
            let more = named(place, json!({ secret("undeclared_key"): [secret("undeclared"), 9_007_106] }));
            members.insert(name, more);
            all.push((format!("{place} has more"), request));
        }
    }
    for path in [
        "snapshot.owner.ssn",
        "snapshot.owner.ssn.S3CR3Tpath",
        "actor.token.S3CR3Tpath",
        "snapshot.keys.S3CR3Tpath",
    ] {
        let mut request = sound();
        request["unknown"] = json!([path]);
        all.push((format!("{path} is unknown"), request));
    }
    let undeclared = json!({ "type": "sing", NAME: secret("argument") });
    all.push((
        "an undeclared action".to_owned(),
        json!({ "action": undeclared, "actor": {}, "snapshot": {} }),
    ));
    all
}

/// Lists and maps of texts that are not sensitive.
const CONTAINERS: [&str; 2] = ["/action/tags", "/action/names"];

/// Whether a place is in a sensitive field.
fn is_sensitive(place: &str) -> bool {
    const FIELDS: [&str; 17] = [
        "pin", "code", "one", "flag", "json", "texts", "whole", "box", "card", "cvv", "key", "iban", "x",
        "token", "number", "keys", "ssn",
    ];
    place.split('/').any(|name| FIELDS.contains(&name))
}

/// Whether names in a place are keys, or in a sensitive object.
fn is_key(place: &str) -> bool {
    let is_map = |place: &str| place.ends_with("/m") || place == "/action/lm/0";
    is_sensitive(place) || is_map(place)
}

/// Whether a scalar in this place may be shown: nothing sensitive is declared in it.
fn shows(place: &str) -> bool {
    const HOLD: [&str; 9] = [
        "",
        "/action",
        "/actor",
        "/snapshot",
        "/action/o",
        "/action/o/deep",
        "/action/l",
        "/action/m",
        "/action/lm",
    ];
    let holds = HOLD.contains(&place) || place.ends_with("/badge") || place.ends_with("/owner");
    let is_in = ["/action/l/", "/action/m/", "/action/lm/"].iter().any(|field| place.starts_with(field));
    let is_leaf = place.ends_with("/sku") || place.ends_with("/label");
    !is_sensitive(place) && !holds && (!is_in || is_leaf)
}

/// A value for a place; a name in it that is undeclared, and may be told to who typed it, is one.
fn named(place: &str, value: Value) -> Value {
    if is_sensitive(place) {
        return value;
    }
    match value {
        Value::Object(members) => {
            members.into_iter().map(|(_, member)| (NAME.to_owned(), named(place, member))).collect()
        }
        Value::Array(items) => items.into_iter().map(|item| named(place, item)).collect(),
        other => other,
    }
}

/// What stands in a place where something else is declared.
fn others() -> Vec<(&'static str, Value)> {
    vec![
        (
            "a text",
            json!(format!("{SECRET}text that is longer than the sixty characters that are shown of one")),
        ),
        ("a number", json!(9007107)),
        ("a list", json!([secret("in_list"), 9007108, { secret("in_list_key"): secret("in_list") }])),
        ("a long list", json!(vec![secret("in_long_list"); 5])),
        ("an object", json!({ secret("in_object_key"): secret("in_object") })),
        ("null", json!(null)),
    ]
}

/// Pointers to all values in one.
fn collect(value: &Value, place: &str, found: &mut Vec<String>) {
    found.push(place.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(idx, item)| collect(item, &format!("{place}/{idx}"), found));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| collect(member, &format!("{place}/{name}"), found));
        }
        _ => {}
    }
}
