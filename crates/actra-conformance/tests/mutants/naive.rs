//! Changes of a policy as text: a second way to make mutants, which knows nothing but words.

/// What is put in the place of what, one occurrence at a time.
const WORDS: &[(&str, &[&str])] = &[
    (" > ", &[" >= "]),
    (" >= ", &[" > "]),
    (" < ", &[" <= "]),
    (" == ", &[" != "]),
    (" && ", &[" || "]),
    (" || ", &[" && "]),
    ("1000", &["999", "1001"]),
    ("5000", &["4999", "5001"]),
    ("getHours() < 9", &["getHours() < 8", "getHours() < 10"]),
    ("> 20", &["> 19", "> 21"]),
    ("startsWith", &["endsWith", "contains"]),
    ("\"vip/\"", &["\"vip/~\"", "\"vip\""]),
    (".exists(t, !(", &[".all(t, !("]),
    ("!(t in snapshot.contacts)", &["t in snapshot.contacts"]),
    ("[\"admin\", \"finance\"]", &["[\"finance\"]", "[\"admin\"]"]),
    ("    unless: trusted\n", &[""]),
    ("effect: block", &["effect: allow", "effect: require_approval"]),
    ("effect: require_approval", &["effect: allow", "effect: block"]),
    ("default: allow", &["default: block", "default: require_approval"]),
    ("[refund, payout]", &["[refund]", "[payout]"]),
    ("    mode: shadow\n", &[""]),
    ("    required_actions: [{ type: human, role: boss }]\n", &[""]),
    ("10.0.0.0/8", &["10.0.0.0/9"]),
    ("when: snapshot.flag", &["when: \"!snapshot.flag\""]),
    ("action.amount + snapshot.today", &["action.amount - snapshot.today"]),
];

/// Each change with what it is; every rule is also dropped.
pub fn texts(policy: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (from, others) in WORDS {
        let places: Vec<_> = policy.match_indices(from).map(|(at, _)| at).collect();
        assert!(!places.is_empty(), "{from} does not occur");
        for at in places {
            for to in *others {
                let (before, after) = (&policy[..at], &policy[at + from.len()..]);
                found.push((format!("{from} at {at} to {to}"), format!("{before}{to}{after}")));
            }
        }
    }
    let starts: Vec<_> = policy.match_indices("  - id:").map(|(at, _)| at).collect();
    for (idx, start) in starts.iter().enumerate() {
        let end = starts.get(idx + 1).copied().unwrap_or(policy.len());
        found.push((format!("rule {idx} dropped"), format!("{}{}", &policy[..*start], &policy[end..])));
    }
    found
}
