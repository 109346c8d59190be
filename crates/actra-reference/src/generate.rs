//! Type-directed generators: policy sets as text, requests at the boundaries of their literals, and requests that
//! know less. Deterministic by seed.

mod expression;
mod request;
mod structured;

pub use request::{know_less, request};

/// A small generator of pseudo-random numbers (splitmix64, Steele, Lea and Flood 2014).
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    /// True once in `bound` times.
    pub fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    /// One of several.
    pub fn pick<'a, T: ?Sized>(&mut self, options: &[&'a T]) -> &'a T {
        options[self.below(options.len())]
    }
}

/// A type that generated schemas use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GenType {
    Str,
    Enum,
    Num,
    Int,
    Bool,
    Time,
    Date,
    Span,
    Amount,
    Ip,
    Path,
    Url,
    Any,
    List(Box<GenType>),
    Map(Box<GenType>),
    Obj(Vec<GenField>),
}

/// A field of a generated schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GenField {
    pub(crate) name: String,
    pub(crate) ty: GenType,
    pub(crate) optional: bool,
    pub(crate) sensitive: bool,
    /// What narrows its type, as more keys of its long form.
    pub(crate) constraints: &'static str,
}

/// A generated policy set: `(path, text)` of each file.
#[derive(Debug, Clone)]
pub struct GeneratedSet {
    /// `schema.yaml` and the policy files.
    pub files: Vec<(String, String)>,
}

pub(crate) const STRINGS: [&str; 10] = ["", "a", "ab", "b", "abc", "A b", "é", "z\u{10348}", "1", "a,b"];
pub(crate) const ENUM: [&str; 3] = ["a", "b", "ab"];
pub(crate) const NUMBERS: [&str; 14] = [
    "0",
    "1",
    "-1",
    "2",
    "3",
    "0.5",
    "1.5",
    "100",
    "9007199254740993",
    "99",
    "-2.5",
    "0.1",
    "-0.25",
    "9999999999999999999999999999999999",
];
pub(crate) const TIMES: [&str; 4] =
    ["2026-01-01T00:00:00Z", "2026-03-29T01:30:00+01:00", "2025-12-31T23:59:59.5Z", "1969-07-20T20:17:40Z"];
pub(crate) const DATES: [&str; 3] = ["2026-01-01", "2024-02-29", "0001-01-01"];
pub(crate) const SPANS: [&str; 5] = ["1h", "90m", "-1.5s", "0s", "24h"];
pub(crate) const AMOUNTS: [&str; 5] = ["500m", "0.5", "1Gi", "1024Mi", "2k"];
pub(crate) const IPS: [&str; 4] = ["10.0.0.1", "10.1.2.3", "192.168.0.1", "2001:db8::1"];
pub(crate) const PATHS: [&str; 5] = ["/srv", "/srv/a", "/srv/a/../b", "a/b", "/etc"];
pub(crate) const URLS: [&str; 3] = ["https://a.example/", "https://a.example:443", "http://b.example/x?q"];
pub(crate) const ZONES: [&str; 5] = ["UTC", "Europe/Berlin", "America/New_York", "+05:30", "-08:00"];
pub(crate) const PATTERNS: [&str; 9] =
    ["^a", "b$", "^[ab]+$", "\\\\d", "a.b", "^(a|ab)$", "(?i)^A", "^\\\\W*$", "a\\\\b"];

/// The policy set of a seed. Nearly all of them compile.
pub fn set(seed: u64) -> GeneratedSet {
    let mut rng = Rng::new(seed);
    let shared = fields(&mut rng, 3, 2, "f");
    let own: Vec<Vec<GenField>> =
        (0..2).map(|idx| fields(&mut rng, 2, 2, if idx == 0 { "g" } else { "h" })).collect();
    let snapshot = fields(&mut rng, 5, 2, "s");
    let mut actor = fields(&mut rng, 2, 2, "u");
    let optional = rng.one_in(4);
    actor.push(GenField {
        name: "type".into(),
        ty: GenType::Str,
        optional,
        sensitive: false,
        constraints: "",
    });
    let names = ["pay", "db.drop", "db.read"];
    let mut schema = String::from("version: 1\nactions:\n");
    for (key, odds) in [("extra_fields", 10), ("invalid_fields", 20)] {
        if rng.one_in(odds) {
            schema = schema.replace("actions:", &format!("{key}: reject\nactions:"));
        }
    }
    for (idx, name) in names.iter().enumerate() {
        let extra = own.get(idx).map_or(&[][..], Vec::as_slice);
        let all: Vec<GenField> = shared.iter().chain(extra).cloned().collect();
        schema += &format!("  {name}: {{ fields: {} }}\n", braces(&all));
    }
    schema += "groups: { db: [\"db.*\"] }\n";
    schema +=
        &format!("actor: {{ fields: {} }}\nsnapshot: {{ fields: {} }}\n", braces(&actor), braces(&snapshot));
    let world = GenSchema { shared, own, actor, snapshot };
    let mut files = vec![("schema.yaml".to_owned(), schema)];
    let count = 1 + rng.below(6);
    let rules: Vec<String> = (0..count).map(|idx| rule(&mut rng, &world, idx)).collect();
    let header = |rng: &mut Rng| match rng.below(4) {
        0 => String::new(),
        _ => format!("default: {}\n", rng.pick(&["allow", "block", "require_approval"])),
    };
    let default = header(&mut rng);
    let names = definitions(&mut rng, &world);
    if rng.one_in(3) && count > 1 {
        let (first, second) = rules.split_at(count / 2);
        files.push((
            "policies/a.yaml".into(),
            format!("version: 1\n{default}{names}rules:\n{}", first.concat()),
        ));
        files.push(("policies/b.yaml".into(), format!("version: 1\nrules:\n{}", second.concat())));
    } else {
        files.push(("policy.yaml".into(), format!("version: 1\n{default}{names}rules:\n{}", rules.concat())));
    }
    GeneratedSet { files }
}

/// The fields of a generated schema, which its rules can read.
pub(crate) struct GenSchema {
    pub(crate) shared: Vec<GenField>,
    pub(crate) own: Vec<Vec<GenField>>,
    pub(crate) actor: Vec<GenField>,
    pub(crate) snapshot: Vec<GenField>,
}

fn fields(rng: &mut Rng, count: usize, depth: usize, prefix: &str) -> Vec<GenField> {
    (0..count + rng.below(3))
        .map(|idx| {
            let (ty, optional, sensitive) = (ty(rng, depth), rng.one_in(3), rng.one_in(12));
            let constraints = constraints(rng, &ty);
            GenField { name: format!("{prefix}{idx}"), ty, optional, sensitive, constraints }
        })
        .collect()
}

/// Mostly nothing; wide enough for every literal, since one that a field never has is refused.
fn constraints(rng: &mut Rng, ty: &GenType) -> &'static str {
    if !rng.one_in(4) {
        return "";
    }
    match ty {
        GenType::Str => ", max_length: 3",
        GenType::Num => ", min: -2.5",
        GenType::Int => rng.pick(&[", min: -1", ", max: 3", ", one_of: [-1, 0, 1, 2, 3]"]),
        GenType::Time => ", min: \"1969-01-01T00:00:00Z\"",
        GenType::Date => ", max: \"2026-06-30\"",
        GenType::Span => ", min: \"-2s\", max: \"24h\"",
        GenType::Amount => ", max: \"1Gi\"",
        _ => "",
    }
}

fn ty(rng: &mut Rng, depth: usize) -> GenType {
    let scalars = [
        GenType::Str,
        GenType::Num,
        GenType::Enum,
        GenType::Int,
        GenType::Bool,
        GenType::Time,
        GenType::Date,
        GenType::Span,
        GenType::Amount,
        GenType::Ip,
        GenType::Path,
        GenType::Url,
        GenType::Any,
    ];
    if depth == 0 {
        // Strings and numbers make the most interesting elements.
        let most = if rng.one_in(3) { 12 } else { 2 };
        return scalars[rng.below(most)].clone();
    }
    match rng.below(9) {
        0 | 1 => GenType::List(Box::new(ty(rng, depth - 1))),
        2 => GenType::Map(Box::new(ty(rng, 0))),
        3 => GenType::Obj(fields(rng, 1, depth - 1, "k")),
        4 | 5 => scalars[rng.below(2)].clone(),
        _ => scalars[rng.below(scalars.len())].clone(),
    }
}

fn braces(fields: &[GenField]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|field| format!("{}: {}", field.name, declaration(field))).collect();
    format!("{{ {} }}", fields.join(", "))
}

fn declaration(field: &GenField) -> String {
    let flag = |set: bool, text: &'static str| if set { text } else { "" };
    let optional = flag(field.optional, ", optional: true");
    let sensitive = flag(field.sensitive, ", sensitive: true, description: not to be shown");
    format!("{{ {}{}{sensitive}{optional} }}", type_of(&field.ty), field.constraints)
}

fn type_of(ty: &GenType) -> String {
    let (word, rest) = match ty {
        GenType::Str => ("string", String::new()),
        GenType::Enum => ("string", format!(", one_of: [{}]", ENUM.join(", "))),
        GenType::Num => ("number", String::new()),
        GenType::Int => ("integer", String::new()),
        GenType::Bool => ("boolean", String::new()),
        GenType::Time => ("timestamp", String::new()),
        GenType::Date => ("date", String::new()),
        GenType::Span => ("duration", String::new()),
        GenType::Amount => ("quantity", String::new()),
        GenType::Ip => ("ip", String::new()),
        GenType::Path => ("path", String::new()),
        GenType::Url => ("url", String::new()),
        GenType::Any => ("any", String::new()),
        GenType::List(of) => ("list", format!(", max_items: 6, of: {{ {} }}", type_of(of))),
        GenType::Map(of) => ("map", format!(", max_items: 6, of: {{ {} }}", type_of(of))),
        GenType::Obj(fields) => ("object", format!(", fields: {}", braces(fields))),
    };
    format!("type: {word}{rest}")
}

fn definitions(rng: &mut Rng, world: &GenSchema) -> String {
    let mut reads = expression::ReadScope::of(world, None);
    let d0 = expression::boolean(rng, &mut reads, 1);
    let mut text = String::from("constants: { limit: 2, names: [a, ab], word: ab }\n");
    text += &format!("definitions:\n  d0: {}\n  d1: \"d0 || snapshot.s0 == snapshot.s0\"\n", quoted(&d0));
    let d2 = structured::condition(rng, &reads, 1);
    text += &format!("  d2: {d2}\n");
    if world.snapshot[0].optional {
        text = text.replace("d0 || snapshot.s0 == snapshot.s0", "!d0");
    }
    text
}

/// Text as a double-quoted YAML scalar.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::new();
    actra_model::write_json_string(&mut out, text);
    out
}

fn rule(rng: &mut Rng, world: &GenSchema, idx: usize) -> String {
    let (scope, own) = match rng.below(12) {
        0 => ("{ action: pay }", Some(0)),
        1 => ("{ action: db.drop }", Some(1)),
        2 => ("{ group: db }", None),
        3 => ("{ action: \"db.*\" }", None),
        4 => ("{ action: [pay, db.read] }", None),
        5 => ("{ action: pay, actor: [a, ab] }", Some(0)),
        6 => ("{ group: db, actor: b }", None),
        7 => ("{ actor: [a, b] }", None),
        8 => ("{ action: \"*d*\", group: db }", None),
        9 => ("{ action: [\"*.drop\", db.drop] }", Some(1)),
        _ => ("{ global: true }", None),
    };
    let mut text = format!("  - id: r{idx}\n    scope: {scope}\n    when: {}\n", condition(rng, world, own));
    if rng.one_in(4) {
        text += &format!("    unless: {}\n", condition(rng, world, own));
    }
    text += &format!("    effect: {}\n", rng.pick(&["allow", "block", "require_approval", "block"]));
    if rng.one_in(5) {
        text += "    mode: shadow\n";
    }
    if rng.one_in(3) {
        let other = rng.below(2);
        text += &format!("    required_actions: [{{ type: human, n: {other} }}]\n");
    }
    if rng.one_in(3) {
        text += &format!("    message: {}\n", message(rng, world, own));
    }
    text
}

/// A message that shows up to three fields.
fn message(rng: &mut Rng, world: &GenSchema, own: Option<usize>) -> String {
    let reads = expression::ReadScope::of(world, own);
    let shown: Vec<_> = reads.fields.iter().filter(|field| field.showable).collect();
    let mut text = String::from("{action.type} by {actor.type}");
    for _ in 0..rng.below(3).min(shown.len()) {
        let field = shown[rng.below(shown.len())];
        text +=
            &format!(", {}: {{{}.{}}}", rng.pick(&["{{x}}", "é", "'"]), field.record, field.path.join("."));
    }
    quoted(&text)
}

fn condition(rng: &mut Rng, world: &GenSchema, own: Option<usize>) -> String {
    let mut reads = expression::ReadScope::of(world, own);
    match rng.below(8) {
        0 => "true".to_owned(),
        1..=3 => structured::condition(rng, &reads, 2),
        4 => format!("\"{}\"", rng.pick(&["d0", "!d0", "d1", "d0 && d1", "d2", "!d2 || d0"])),
        _ => quoted(&expression::boolean(rng, &mut reads, 3)),
    }
}
