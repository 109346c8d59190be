//! Questions that are hard for one part or another.

use std::fmt::Write;

use actra_compile::{PolicySet, compile};
use actra_ir::Policy;

fn compiled(fields: &str, rules: &str) -> Policy {
    let schema = format!("version: 1\nactions:\n  act:\n    fields:\n{fields}");
    let set = PolicySet::from_texts([("schema.yaml", schema.as_str()), ("policy.yaml", rules)]);
    match compile(&set) {
        actra_compile::UngovernedCompilation { policy: Some(policy), .. } => policy,
        outcome => {
            eprintln!("{:?}", outcome.diagnostics);
            std::process::exit(1)
        }
    }
}

fn blocking(fields: &str, when: &str) -> Policy {
    let rules = format!(
        "version: 1\ndefault: allow\nrules:\n  - {{ id: r, scope: {{ action: act }}, when: '{when}', effect: block }}\n"
    );
    compiled(fields, &rules)
}

/// More pigeons than holes: each in one of them, no two in the same.
pub(crate) fn pigeons(pigeons: usize) -> Policy {
    let holes = pigeons - 1;
    let mut fields = String::new();
    let mut all = Vec::new();
    for pigeon in 0..pigeons {
        for hole in 0..holes {
            let _ = writeln!(fields, "      p{pigeon}_{hole}: boolean");
        }
        let some: Vec<_> = (0..holes).map(|hole| format!("action.p{pigeon}_{hole}")).collect();
        all.push(format!("({})", some.join(" || ")));
    }
    for hole in 0..holes {
        for one in 0..pigeons {
            for other in 0..one {
                all.push(format!("!(action.p{one}_{hole} && action.p{other}_{hole})"));
            }
        }
    }
    blocking(&fields, &all.join(" && "))
}

fn nested_counts() -> Policy {
    let fields = "      xs: { type: list, of: { type: integer, min: 0, max: 9 }, max_items: 48 }\n      ys: { type: list, of: { type: integer, min: 0, max: 9 }, max_items: 48 }\n";
    blocking(
        fields,
        "size(action.xs.filter(x, size(action.ys.filter(y, y < x)) > size(action.ys.filter(y, y > x)))) > size(action.ys.filter(y, size(action.xs.filter(x, x == y)) > 3))",
    )
}

fn automata() -> Policy {
    let tests: Vec<_> = (3..12).map(|at| format!("action.x.matches(\"^[ab]*a[ab]{{{at}}}$\")")).collect();
    blocking(
        "      x: { type: string, max_length: 200 }\n",
        &format!("{} && !action.x.contains(\"aa\")", tests.join(" && ")),
    )
}

fn relations() -> Policy {
    let mut fields = String::new();
    let mut all = Vec::new();
    for number in 0..9 {
        let _ = writeln!(fields, "      t{number}: string");
        let next = (number + 1) % 9;
        all.push(format!("action.t{number}.contains(action.t{next})"));
        all.push(format!("action.t{number} != action.t{next}"));
    }
    blocking(&fields, &all.join(" && "))
}

/// Even sums that shall be odd, of many integers.
fn parity() -> Policy {
    let mut fields = String::new();
    let mut all = Vec::new();
    for number in 0..24 {
        let _ = writeln!(fields, "      n{number}: {{ type: integer, min: -1000, max: 1000 }}");
    }
    for row in 0..12 {
        let sum: Vec<_> = (0..24)
            .map(|number| format!("{} * action.n{number}", 2 * ((row * 7 + number * 5) % 11 + 1)))
            .collect();
        all.push(format!("{} == {}", sum.join(" + "), 2 * row + 1));
    }
    blocking(&fields, &all.join(" && "))
}

pub(crate) fn many_rules(count: usize) -> Policy {
    let mut rules = String::from("version: 1\ndefault: allow\nrules:\n");
    for number in 0..count {
        let _ = writeln!(
            rules,
            "  - {{ id: r{number}, scope: {{ action: act }}, when: action.n == {number} && action.who == \"u{number}\", effect: block }}"
        );
    }
    compiled("      n: integer\n      who: string\n", &rules)
}

/// Those that are asked for time and steps, by name.
pub(crate) fn hard() -> Vec<(&'static str, Policy)> {
    vec![
        ("pigeons", pigeons(11)),
        ("nested counts", nested_counts()),
        ("automata", automata()),
        ("relations", relations()),
        ("parity", parity()),
        ("10,000 rules", many_rules(10_000)),
    ]
}
