//! Conditions that say several things of one list, so that its elements have to be counted.

use super::field::Ty;
use super::grow::Grower;
use super::tree::{Scope, Tree};

/// Numbers that sizes and sums are compared with: small ones, and some beyond small bounds.
const COUNTS: [&str; 14] = ["0", "1", "1", "2", "2", "3", "3", "4", "5", "7", "9", "10", "20", "55"];
const ORDERS: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];
/// How two elements of one list of numbers relate.
const PAIRS: [&str; 10] = [
    "(y > x)",
    "(y < x)",
    "(y == (x + 1))",
    "(x == (y + 1))",
    "(x != y)",
    "(x == y)",
    "((x + y) == 3)",
    "(x >= 5 || y > x)",
    "(x > 8 || y == (x + 1))",
    "(x == 12 || y == (x + 1))",
];

/// Two to four things about one range, in a conjunction; `None` where no list is there.
pub fn conjunction(grower: &mut Grower<'_>, lists: &[Ty]) -> Option<Tree> {
    if lists.is_empty() {
        return None;
    }
    let of = lists[grower.rng.below(lists.len())].clone();
    let range = range(grower, &of);
    let count = 2 + grower.rng.below(3);
    // Bodies that are alike over different ranges are different conditions.
    let alike = grower.rng.one_in(3).then(|| predicate(grower, &of));
    let fresh = if alike.is_some() { 2 } else { 4 };
    let mut all = Vec::new();
    for _ in 0..count {
        let own = if grower.rng.one_in(fresh) { self::range(grower, &of) } else { range.clone() };
        all.push(atom(grower, &own, &of, alike.as_ref()));
    }
    Some(Tree::and(all))
}

/// Conditions that several different elements of one range have to meet, and something beside them.
pub fn spread(grower: &mut Grower<'_>, lists: &[Ty]) -> Option<Tree> {
    let of = [Ty::Int, Ty::Str].into_iter().find(|of| lists.contains(of))?;
    let of = if lists.contains(&Ty::Str) && grower.rng.one_in(3) { Ty::Str } else { of };
    let range = range(grower, &of);
    let mut values = match of {
        Ty::Int => vec!["0", "1", "2", "3", "5", "7"],
        _ => vec!["\"a\"", "\"b\"", "\"ab\"", "\"B\"", "\"zz\""],
    };
    let mut all = Vec::new();
    for _ in 0..2 + grower.rng.below(3) {
        let value = values.remove(grower.rng.below(values.len()));
        let own = if grower.rng.one_in(5) { self::range(grower, &of) } else { range.clone() };
        all.push(needs(grower, own, value, &of));
    }
    if grower.rng.one_in(2) {
        let beside = match grower.rng.below(3) {
            0 => grower.grow(&Ty::Bool, 1, &Scope::new()),
            _ => atom(grower, &range, &of, None),
        };
        all.push(beside);
    }
    Some(Tree::and(all))
}

/// What is gone through says of each element that another list has to have something: as many as there are.
pub fn cover(grower: &mut Grower<'_>, lists: &[Ty]) -> Option<Tree> {
    let known: Vec<Ty> = [Ty::Int, Ty::Str].into_iter().filter(|of| lists.contains(of)).collect();
    if known.is_empty() {
        return None;
    }
    let of = known[grower.rng.below(known.len())].clone();
    let covering = grower.grow(&Ty::list(of.clone()), 0, &Scope::new());
    let mut all: Vec<Tree> = (0..1 + grower.rng.below(2)).map(|_| covered(grower, &covering, &of)).collect();
    for _ in 0..grower.rng.below(3) {
        let beside = match grower.rng.below(3) {
            0 => grower.grow(&Ty::Bool, 1, &Scope::new()),
            _ => atom(grower, &covering, &of, None),
        };
        all.push(beside);
    }
    Some(Tree::and(all))
}

/// A range of which each element, or one, asks something of a list.
fn covered(grower: &mut Grower<'_>, covering: &Tree, of: &Ty) -> Tree {
    let x = || Tree::leaf(of.clone(), "x");
    let inner = ("y", of.clone());
    let body = match grower.rng.below(5) {
        0 | 1 => Tree::new(Ty::Bool, "(#0 in #1)", vec![x(), covering.clone()]),
        2 => Tree::over(Ty::Bool, "#0.exists(y, y == #1)", vec![covering.clone(), x()], inner),
        3 => Tree::over(Ty::Bool, "(size(#0.filter(y, y == #1)) > 1)", vec![covering.clone(), x()], inner),
        _ => Tree::over(Ty::Bool, "#0.exists_one(y, y == #1)", vec![covering.clone(), x()], inner),
    };
    let text = ["#0.all(x, #1)", "#0.all(x, #1)", "#0.exists(x, #1)", "(size(#0.filter(x, #1)) > 2)"];
    let text = text[grower.rng.below(4)];
    if *of == Ty::Int && grower.rng.one_in(6) {
        let nested = grower.grow(&Ty::list(Ty::list(Ty::Int)), 1, &Scope::new());
        let inside =
            Tree::over(Ty::Bool, text, vec![Tree::leaf(Ty::list(Ty::Int), "v"), body], ("x", Ty::Int));
        return Tree::over(Ty::Bool, "#0.all(v, #1)", vec![nested, inside], ("v", Ty::list(Ty::Int)));
    }
    let fuel = 1 + grower.rng.below(2);
    let range = match grower.rng.below(3) {
        0 => self::range(grower, of),
        _ => grower.grow(&Ty::list(of.clone()), fuel, &Scope::new()),
    };
    Tree::over(Ty::Bool, text, vec![range, body], ("x", of.clone()))
}

/// All elements lie between bounds, so that a sum or a count needs many of them.
pub fn bounded(grower: &mut Grower<'_>, lists: &[Ty]) -> Option<Tree> {
    if !lists.contains(&Ty::Int) {
        return None;
    }
    let range = range(grower, &Ty::Int);
    let last = [1, 2, 3, 5, 9, 12][grower.rng.below(6)];
    let bounds = format!("#0.all(x, x >= 0 && x <= {last})");
    let all = Tree::new(Ty::Bool, &bounds, vec![range.clone()]);
    let most = last * (last + 1) / 2;
    let amount = [most, most - 1, most + 1, last, last + 1, 2 * last, most / 2][grower.rng.below(7)];
    let measures =
        ["#0.distinct().sum()", "#0.sum()", "size(#0.distinct())", "size(#0)", "#0.map(x, x * 2).sum()"];
    let measure = measures[grower.rng.below(5)];
    let order = ORDERS[grower.rng.below(ORDERS.len())];
    let measured = Tree::new(Ty::Bool, &format!("({measure} {order} {amount})"), vec![range.clone()]);
    let mut members = vec![all, measured];
    if grower.rng.one_in(2) {
        members.push(atom(grower, &range, &Ty::Int, None));
    }
    Some(Tree::and(members))
}

/// An element of a list has to be a value, in one of many spellings.
fn needs(grower: &mut Grower<'_>, range: Tree, value: &str, of: &Ty) -> Tree {
    let value = Tree::leaf(of.clone(), value);
    let text = match grower.rng.below(9) {
        0 | 1 => "#0.exists(x, x == #1)",
        2 => "!(#0.all(x, x != #1))",
        3 => "(#1 in #0)",
        4 => "sets.contains(#0, [#1])",
        5 => "(size(#0.filter(x, x == #1)) > 0)",
        6 => "#0.exists_one(x, x == #1)",
        7 => "#0.map(x, x).exists(x, x == #1)",
        _ => "(size(#0.filter(x, x == #1)) >= 2)",
    };
    Tree::over(Ty::Bool, text, vec![range, value], ("x", of.clone()))
}

/// A list in which each element asks for the next one, up to a number.
pub fn chain(grower: &mut Grower<'_>, lists: &[Ty]) -> Option<Tree> {
    if !lists.contains(&Ty::Int) {
        return None;
    }
    let range = range(grower, &Ty::Int);
    let last = 1 + grower.rng.below(13);
    let step = ["y == (x + 1)", "y == (x + 1)", "y > x", "y == (x + 2)"][grower.rng.below(4)];
    let all =
        nested(&range, "#0.all(x, #1)", "#0.exists(y, #1)", &format!("(x >= {last} || {step})"), &Ty::Int);
    let first = Tree::new(
        Ty::Bool,
        ["(0 in #0)", "#0.exists(x, x <= 0)", "(size(#0) > 2)"][grower.rng.below(3)],
        vec![range.clone()],
    );
    let mut members = vec![all, first];
    if grower.rng.one_in(2) {
        members.push(atom(grower, &range, &Ty::Int, None));
    }
    Some(Tree::and(members))
}

/// A list field, or a list that is made of others.
fn range(grower: &mut Grower<'_>, of: &Ty) -> Tree {
    let fuel = if grower.rng.one_in(2) { 0 } else { 1 + grower.rng.below(2) };
    if fuel > 0 && grower.rng.one_in(3) {
        let scope = Scope::new();
        let pair = vec![grower.grow(of, 1, &scope), grower.grow(of, 1, &scope)];
        return Tree::new(Ty::list(of.clone()), "[#0, #1]", pair);
    }
    grower.grow(&Ty::list(of.clone()), fuel, &Scope::new())
}

/// One thing about a list; what it says of elements may be given.
fn atom(grower: &mut Grower<'_>, range: &Tree, of: &Ty, alike: Option<&Tree>) -> Tree {
    let numeric = matches!(of, Ty::Int | Ty::Num);
    let over = |text: &str, kids: Vec<Tree>| Tree::over(Ty::Bool, text, kids, ("x", of.clone()));
    let order = ORDERS[grower.rng.below(ORDERS.len())];
    let count = COUNTS[grower.rng.below(COUNTS.len())];
    let measured = |text: &str| format!("({text} {order} {count})");
    let own = |text: &str| Tree::new(Ty::Bool, text, vec![range.clone()]);
    let told = |grower: &mut Grower<'_>, text: &str| {
        let body = alike.cloned().unwrap_or_else(|| predicate(grower, of));
        Tree::over(Ty::Bool, text, vec![range.clone(), body], ("x", of.clone()))
    };
    match grower.rng.below(if numeric { 20 } else { 12 }) {
        0 | 1 => told(grower, "#0.exists(x, #1)"),
        2 => told(grower, "#0.exists(x, #1)").not(),
        3 | 4 => told(grower, "#0.all(x, #1)"),
        5 => told(grower, "#0.exists_one(x, #1)"),
        6 => told(grower, &measured("size(#0.filter(x, #1))")),
        7 | 8 => own(&measured("size(#0)")),
        9 if matches!(of, Ty::Int | Ty::Num | Ty::Str | Ty::Bool) => own(&measured("size(#0.distinct())")),
        10 => {
            let element = grower.grow(of, 1, &Scope::new());
            let kids = vec![element, range.clone()];
            if matches!(of, Ty::Int | Ty::Num | Ty::Str | Ty::Bool) {
                Tree::new(Ty::Bool, "(#0 in #1)", kids)
            } else {
                Tree::new(Ty::Bool, "([#0] == #1)", kids)
            }
        }
        12 => own(&measured("#0.sum()")),
        13 => own(&measured("#0.distinct().sum()")),
        14 => own(&measured("#0.map(x, (x + 1)).sum()")),
        15 => told(grower, &measured("#0.filter(x, #1).sum()")),
        16 => own(&measured("#0.distinct().filter(x, x > 0).size()")),
        17 => nested(range, "#0.exists(x, #1)", "#0.all(y, #1)", pair(grower), of),
        18 => {
            let inner = nested(range, "#0.exists(y, #1)", "#0.all(z, #1)", "(z >= x || z <= y)", of);
            over("#0.all(x, #1)", vec![range.clone(), inner])
        }
        _ if numeric => nested(range, "#0.all(x, #1)", "#0.exists(y, #1)", pair(grower), of),
        _ => told(grower, "#0.exists(x, #1)"),
    }
}

fn pair(grower: &mut Grower<'_>) -> &'static str {
    PAIRS[grower.rng.below(PAIRS.len())]
}

/// A list that is gone through inside of itself.
fn nested(range: &Tree, outer: &str, inner: &str, body: &str, of: &Ty) -> Tree {
    let variable = |text: &str| text[text.find('(').expect("a macro") + 1..][..1].to_owned();
    let body = Tree::leaf(Ty::Bool, body);
    let kids = vec![range.clone(), body];
    let inside = Tree::over(Ty::Bool, inner, kids, (&variable(inner), of.clone()));
    Tree::over(Ty::Bool, outer, vec![range.clone(), inside], (&variable(outer), of.clone()))
}

/// A condition about `x`.
fn predicate(grower: &mut Grower<'_>, of: &Ty) -> Tree {
    let scope = vec![("x".to_owned(), of.clone())];
    let fuel = 1 + grower.rng.below(2);
    for _ in 0..6 {
        let grown = grower.grow(&Ty::Bool, fuel, &scope);
        if grown.reads("x") {
            return grown;
        }
    }
    let other = grower.grow(of, 1, &scope);
    Tree::new(Ty::Bool, "(#0 == #1)", vec![Tree::leaf(of.clone(), "x"), other])
}
