//! The forms of expressions over the fields of a schema: a table, by type.

use std::slice::from_ref;

use super::field::{Field, Ty};

/// A way to write a value of a type. `#0` stands for a kid, `$x` and `$y` for variables that the form binds.
#[derive(Debug, Clone)]
pub struct Form {
    pub ty: Ty,
    pub text: String,
    pub kids: Vec<Ty>,
    /// The types of the variables that all kids but the first see.
    pub binds: Vec<Ty>,
    /// A field that the first kid may read, since the form asks for it.
    pub opens: Option<(String, Ty)>,
    /// How often it is chosen.
    pub weight: usize,
    /// How deep it is where its kids are as flat as they can be.
    pub depth: usize,
}

fn form(weight: usize, ty: Ty, text: &str, kids: &[Ty]) -> Form {
    Form {
        ty,
        text: text.to_owned(),
        kids: kids.to_vec(),
        binds: Vec::new(),
        opens: None,
        weight,
        depth: usize::MAX,
    }
}

fn binding(weight: usize, ty: Ty, text: &str, kids: &[Ty], binds: &[Ty]) -> Form {
    Form { binds: binds.to_vec(), ..form(weight, ty, text, kids) }
}

/// All forms that can be completed over these fields.
pub fn table(fields: &[Field]) -> Vec<Form> {
    let mut forms = Vec::new();
    for field in fields {
        forms.extend(of_field(field));
    }
    forms.extend(logic());
    for (ty, literals) in LITERALS {
        forms.extend(literals.iter().map(|literal| form(1, ty.clone(), literal, &[])));
    }
    forms.extend([
        form(1, Ty::Int, "constants.limit", &[]),
        form(1, Ty::list(Ty::Int), "constants.few", &[]),
        form(1, Ty::list(Ty::Str), "constants.names", &[]),
        form(1, Ty::list(Ty::Int), "[1, 2, 3]", &[]),
        form(1, Ty::list(Ty::Str), "[\"a\", \"b\"]", &[]),
    ]);
    forms.extend(numbers());
    forms.extend(texts());
    forms.extend(others());
    for ty in [Ty::Int, Ty::Str, Ty::Num, Ty::Bool, Ty::list(Ty::Int), Ty::Item] {
        forms.extend(of_lists(&ty));
    }
    forms.extend(of_items());
    for ty in [Ty::Int, Ty::Str, Ty::list(Ty::Int)] {
        forms.extend(of_maps(&ty));
    }
    let live = live(&forms, fields);
    forms.retain(|form| !form.kids.is_empty() || live.contains(&form.ty));
    completed(forms)
}

/// Types that something gives which reads a field.
fn live(forms: &[Form], fields: &[Field]) -> Vec<Ty> {
    let mut live: Vec<Ty> = fields.iter().map(|field| field.ty.clone()).collect();
    loop {
        let before = live.len();
        for form in forms {
            if !live.contains(&form.ty) && form.kids.iter().any(|kid| live.contains(kid)) {
                live.push(form.ty.clone());
            }
        }
        if live.len() == before {
            return live;
        }
    }
}

/// Drops what cannot be completed, and says of the others how deep they have to be.
fn completed(mut forms: Vec<Form>) -> Vec<Form> {
    loop {
        let flattest = |ty: &Ty| {
            forms.iter().filter(|form| form.ty == *ty).map(|form| form.depth).min().unwrap_or(usize::MAX)
        };
        let depths: Vec<usize> = forms
            .iter()
            .map(|form| form.kids.iter().map(flattest).max().unwrap_or(0).saturating_add(1))
            .collect();
        let mut changed = false;
        for (form, depth) in forms.iter_mut().zip(depths) {
            changed |= form.depth != depth;
            form.depth = depth;
        }
        if !changed {
            forms.retain(|form| form.depth != usize::MAX);
            return forms;
        }
    }
}

const LITERALS: &[(Ty, &[&str])] = &[
    (Ty::Int, &["0", "1", "2", "3", "5"]),
    (Ty::Num, &["0.5", "1.5", "0.1"]),
    (Ty::Str, &["\"a\"", "\"b\"", "\"ab\"", "\"abc\"", "\"B\""]),
    (Ty::Span, &["duration(\"1h\")", "duration(\"30m\")", "duration(\"0s\")"]),
    (Ty::Time, &["timestamp(\"2026-03-01T00:00:00Z\")", "timestamp(\"2026-03-01T01:00:00Z\")"]),
    (Ty::Amount, &["quantity(\"500Mi\")", "quantity(\"1\")"]),
];

/// A field, or how an optional one may be read.
fn of_field(field: &Field) -> Vec<Form> {
    let (path, ty) = (field.path(), field.ty.clone());
    let plain = form(8, ty.clone(), &path, &[]);
    if !field.optional {
        return vec![plain];
    }
    let opened = Some((path.clone(), ty.clone()));
    let guard = |text: &str, kids: &[Ty]| Form { opens: opened.clone(), ..form(2, Ty::Bool, text, kids) };
    let default = default(&ty).map_or("#0", |literal| literal);
    let or_value = format!("{}.?{}.orValue({default})", field.record.name(), field.name);
    let kids: &[Ty] = if default == "#0" { std::slice::from_ref(&ty) } else { &[] };
    // Another numeric type stands in for it.
    let or_half = format!("{}.?{}.orValue([0.5])", field.record.name(), field.name);
    let mixed = (ty == Ty::list(Ty::Int)).then(|| form(2, Ty::list(Ty::Num), &or_half, &[]));
    let forms = vec![
        form(1, Ty::Bool, &format!("has({path})"), &[]),
        guard(&format!("(has({path}) && #0)"), &[Ty::Bool]),
        guard(&format!("(!has({path}) || #0)"), &[Ty::Bool]),
        guard(&format!("(has({path}) ? #0 : #1)"), &[Ty::Bool, Ty::Bool]),
        form(4, ty.clone(), &or_value, kids),
    ];
    forms.into_iter().chain(mixed).collect()
}

/// What an absent field of a type without other leaves may stand for.
fn default(ty: &Ty) -> Option<&'static str> {
    match ty {
        Ty::Bool => Some("false"),
        Ty::List(of) if !matches!(**of, Ty::Int | Ty::Str) => Some("[]"),
        _ => None,
    }
}

/// Whether fields of a type can be optional: something else has to give such a value.
pub fn can_be_optional(ty: &Ty) -> bool {
    match ty {
        Ty::Bool | Ty::List(_) => true,
        ty => LITERALS.iter().any(|(known, _)| known == ty),
    }
}

fn logic() -> Vec<Form> {
    let boolean = Ty::Bool;
    vec![
        form(3, Ty::Bool, "!(#0)", from_ref(&boolean)),
        form(5, Ty::Bool, "(#0 && #1)", &[boolean.clone(), boolean.clone()]),
        form(5, Ty::Bool, "(#0 || #1)", &[boolean.clone(), boolean.clone()]),
        form(1, Ty::Bool, "(#0 ? #1 : #2)", &[boolean.clone(), boolean.clone(), boolean.clone()]),
        form(1, Ty::Bool, "(#0 == #1)", &[boolean.clone(), boolean.clone()]),
        form(1, Ty::Bool, "(#0 != #1)", &[boolean.clone(), boolean]),
    ]
}

fn compared(weight: usize, a: &Ty, b: &Ty, operators: &[&str]) -> Vec<Form> {
    let text = |operator: &&str| format!("(#0 {operator} #1)");
    operators.iter().map(|op| form(weight, Ty::Bool, &text(op), &[a.clone(), b.clone()])).collect()
}

const ORDERED: &[&str] = &["<", "<=", ">", ">=", "==", "!="];

fn numbers() -> Vec<Form> {
    let mut forms = compared(3, &Ty::Int, &Ty::Int, ORDERED);
    forms.extend(compared(1, &Ty::Num, &Ty::Int, ORDERED));
    forms.extend(compared(1, &Ty::Num, &Ty::Num, ORDERED));
    for ty in [Ty::Int, Ty::Num] {
        let pair = [ty.clone(), ty.clone()];
        forms.extend([
            form(2, ty.clone(), "(#0 + #1)", &pair),
            form(1, ty.clone(), "(#0 - #1)", &pair),
            form(1, ty.clone(), "(#0 * 2)", from_ref(&ty)),
            form(1, ty.clone(), "(-(#0))", from_ref(&ty)),
            form(1, ty.clone(), "(#0 ? #1 : #2)", &[Ty::Bool, ty.clone(), ty.clone()]),
        ]);
    }
    forms.push(form(1, Ty::Int, "(#0 * #1)", &[Ty::Int, Ty::Int]));
    // Branches of two types.
    let lists = [Ty::list(Ty::Int), Ty::list(Ty::Num)];
    for (one, other) in [(0, 1), (1, 0)] {
        let kids = [Ty::Bool, lists[one].clone(), lists[other].clone()];
        forms.push(form(2, lists[1].clone(), "(#0 ? #1 : #2)", &kids));
    }
    forms.push(form(1, Ty::Num, "(#0 ? #1 : #2)", &[Ty::Bool, Ty::Int, Ty::Num]));
    forms
}

fn texts() -> Vec<Form> {
    let (text, boolean) = (Ty::Str, Ty::Bool);
    let pair = [text.clone(), text.clone()];
    let mut forms = compared(3, &text, &text, &["==", "!="]);
    forms.extend(compared(1, &text, &text, &["<", "<="]));
    for call in ["startsWith", "endsWith", "contains"] {
        forms.push(form(1, boolean.clone(), &format!("#0.{call}(#1)"), &pair));
    }
    for pattern in ["^a+$", "^[ab]*$", "b", "^ab"] {
        forms.push(form(1, boolean.clone(), &format!("#0.matches(\"{pattern}\")"), from_ref(&text)));
    }
    forms.extend([
        form(1, Ty::Int, "size(#0)", from_ref(&text)),
        form(1, text.clone(), "#0.lowerAscii()", from_ref(&text)),
        form(1, text.clone(), "#0.upperAscii()", from_ref(&text)),
        form(1, text.clone(), "(#0 ? #1 : #2)", &[boolean, text.clone(), text.clone()]),
        form(1, Ty::list(text.clone()), "#0.split(\"@\")", from_ref(&text)),
        form(1, Ty::Int, "#0.indexOf(\"b\")", from_ref(&text)),
        form(1, text.clone(), "#0.substring(0, 1)", from_ref(&text)),
        form(1, text.clone(), "#0.trim()", from_ref(&text)),
        form(1, text, "string(#0)", &[Ty::Int]),
    ]);
    forms
}

fn others() -> Vec<Form> {
    let mut forms = Vec::new();
    for ty in [Ty::Span, Ty::Time, Ty::Date, Ty::Amount] {
        forms.extend(compared(1, &ty, &ty, ORDERED));
    }
    for ty in [Ty::Path, Ty::Url, Ty::Ip] {
        forms.extend(compared(1, &ty, &ty, &["==", "!="]));
    }
    forms.extend([
        form(1, Ty::Time, "(#0 + #1)", &[Ty::Time, Ty::Span]),
        form(1, Ty::Time, "(#0 - #1)", &[Ty::Time, Ty::Span]),
        form(1, Ty::Span, "(#0 - #1)", &[Ty::Time, Ty::Time]),
        form(1, Ty::Span, "(#0 + #1)", &[Ty::Span, Ty::Span]),
        form(1, Ty::Bool, "(#0 == \"2026-03-01\")", &[Ty::Date]),
        form(1, Ty::Bool, "(#0 < \"2026-03-02\")", &[Ty::Date]),
        form(1, Ty::Bool, "#0.within(#1)", &[Ty::Path, Ty::Path]),
        form(1, Ty::Bool, "#0.within(\"/srv\")", &[Ty::Path]),
        form(1, Ty::Bool, "(#0 == \"/srv/a\")", &[Ty::Path]),
        form(1, Ty::Bool, "(#0 in [\"/srv/a\", \"/etc\"])", &[Ty::Path]),
        form(1, Ty::Bool, "(#0 == \"https://a.example/x\")", &[Ty::Url]),
        form(1, Ty::Bool, "string(#0).startsWith(\"https://a.example/\")", &[Ty::Url]),
        form(1, Ty::Bool, "cidr(\"10.0.0.0/8\").containsIP(#0)", &[Ty::Ip]),
        form(1, Ty::Bool, "cidr(\"10.0.0.0/31\").containsIP(#0)", &[Ty::Ip]),
        form(1, Ty::Bool, "(#0 == \"10.0.0.1\")", &[Ty::Ip]),
        form(1, Ty::Int, "#0.getHours()", &[Ty::Time]),
        form(1, Ty::Bool, "(#0 == #1)", &[Ty::Any, Ty::Int]),
        form(1, Ty::Bool, "(#0 == #1)", &[Ty::Any, Ty::Str]),
        form(1, Ty::Bool, "(#0 > #1)", &[Ty::Any, Ty::Int]),
        form(1, Ty::Bool, "(#0 == null)", &[Ty::Any]),
        form(2, Ty::Bool, "(\"n\" in #0)", &[Ty::Any]),
        form(1, Ty::Bool, "(\"n\" in #0 && #0[\"n\"] == #1)", &[Ty::Any, Ty::Int]),
        form(1, Ty::Bool, "(\"s\" in #0 && #0[\"s\"] == #1)", &[Ty::Any, Ty::Str]),
        form(1, Ty::Bool, "(#0[\"s\"] == #1)", &[Ty::Any, Ty::Str]),
    ]);
    forms
}

/// What lists of a type give and are given by.
fn of_lists(of: &Ty) -> Vec<Form> {
    let list = Ty::list(of.clone());
    let own = std::slice::from_ref(of);
    let pair = [list.clone(), list.clone()];
    let (ranged, boolean) = ([list.clone(), Ty::Bool], Ty::Bool);
    let mut forms = vec![
        binding(5, boolean.clone(), "#0.exists($x, #1)", &ranged, own),
        binding(5, boolean.clone(), "#0.all($x, #1)", &ranged, own),
        binding(2, boolean.clone(), "#0.exists_one($x, #1)", &ranged, own),
        binding(1, boolean.clone(), "#0.all($x, $y, #1)", &ranged, &[Ty::Int, of.clone()]),
        binding(1, boolean.clone(), "#0.exists($x, $y, #1)", &ranged, &[Ty::Int, of.clone()]),
        form(2, boolean.clone(), "(#0 == #1)", &pair),
        form(2, Ty::Int, "size(#0)", from_ref(&list)),
        form(2, boolean.clone(), "(size(#0) > 0)", from_ref(&list)),
        form(1, of.clone(), "#0[0]", from_ref(&list)),
        form(1, of.clone(), "#0[1]", from_ref(&list)),
        form(1, of.clone(), "#0[?0].orValue(#1)", &[list.clone(), of.clone()]),
        binding(2, list.clone(), "#0.filter($x, #1)", &ranged, own),
        form(2, list.clone(), "(#0 + #1)", &pair),
        form(1, list.clone(), "(#0 ? #1 : #2)", &[boolean.clone(), list.clone(), list.clone()]),
        form(1, list.clone(), "[#0]", own),
        form(2, list.clone(), "[#0, #1]", &[of.clone(), of.clone()]),
        form(1, list.clone(), "[#0, #1, #2]", &[of.clone(), of.clone(), of.clone()]),
    ];
    for to in [Ty::Int, Ty::Str, Ty::list(Ty::Int)] {
        let kids = [list.clone(), to.clone()];
        let chosen = [list.clone(), Ty::Bool, to.clone()];
        forms.push(binding(1, Ty::list(to.clone()), "#0.map($x, #1)", &kids, own));
        forms.push(binding(1, Ty::list(to), "#0.map($x, #1, #2)", &chosen, own));
    }
    if matches!(of, Ty::Int | Ty::Str | Ty::Num | Ty::Bool) {
        forms.extend([
            form(4, boolean.clone(), "(#0 in #1)", &[of.clone(), list.clone()]),
            form(1, boolean.clone(), "sets.contains(#0, #1)", &pair),
            form(1, boolean.clone(), "sets.intersects(#0, #1)", &pair),
            form(1, boolean, "sets.equivalent(#0, #1)", &pair),
            form(2, list.clone(), "#0.distinct()", from_ref(&list)),
        ]);
    }
    if matches!(of, Ty::Int | Ty::Num) {
        forms.extend([
            form(2, of.clone(), "#0.sum()", from_ref(&list)),
            form(1, of.clone(), "#0.min()", from_ref(&list)),
            form(1, of.clone(), "#0.max()", &[list]),
        ]);
    }
    forms
}

fn of_items() -> Vec<Form> {
    vec![
        form(3, Ty::Str, "#0.k", &[Ty::Item]),
        form(3, Ty::Int, "#0.v", &[Ty::Item]),
        form(3, Ty::list(Ty::Int), "#0.ls", &[Ty::Item]),
        form(1, Ty::Bool, "has(#0.o)", &[Ty::Item]),
        form(1, Ty::Int, "#0.?o.orValue(#1)", &[Ty::Item, Ty::Int]),
        form(1, Ty::Bool, "(has(#0.o) && #0.o == #1)", &[Ty::Item, Ty::Int]),
        form(1, Ty::Bool, "(#0 == #1)", &[Ty::Item, Ty::Item]),
    ]
}

fn of_maps(of: &Ty) -> Vec<Form> {
    let map = Ty::map(of.clone());
    let (ranged, boolean) = ([map.clone(), Ty::Bool], Ty::Bool);
    let (key, both) = ([Ty::Str], [Ty::Str, of.clone()]);
    vec![
        binding(3, boolean.clone(), "#0.exists($x, #1)", &ranged, &key),
        binding(3, boolean.clone(), "#0.all($x, #1)", &ranged, &key),
        binding(3, boolean.clone(), "#0.exists($x, $y, #1)", &ranged, &both),
        binding(3, boolean.clone(), "#0.all($x, $y, #1)", &ranged, &both),
        binding(1, boolean.clone(), "#0.exists_one($x, #1)", &ranged, &key),
        form(3, boolean.clone(), "(#1 in #0)", &[map.clone(), Ty::Str]),
        form(2, boolean.clone(), "(\"a\" in #0)", from_ref(&map)),
        form(2, Ty::Int, "size(#0)", from_ref(&map)),
        form(2, of.clone(), "#0[?\"a\"].orValue(#1)", &[map.clone(), of.clone()]),
        form(1, of.clone(), "#0[?#1].orValue(#2)", &[map.clone(), Ty::Str, of.clone()]),
        form(1, of.clone(), "#0[\"b\"]", from_ref(&map)),
        binding(1, Ty::list(Ty::Str), "#0.filter($x, #1)", &ranged, &key),
        binding(1, Ty::list(of.clone()), "#0.map($x, #0[$x])", from_ref(&map), &key),
        binding(1, Ty::list(Ty::Int), "#0.map($x, #1)", &[map.clone(), Ty::Int], &key),
        form(1, boolean, "(#0 == #1)", &[map.clone(), map]),
    ]
}
