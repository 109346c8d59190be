//! The tables of section 5: `&&`, `||`, `!` and `?:`.

use super::build::{and, check, cond, eq, not, num, or, snap, truth};
use actra_ir::Expr;

/// True, false, and two undetermined conditions.
fn sample(name: char) -> Expr {
    match name {
        't' => truth(true),
        'f' => truth(false),
        'u' => eq(snap("bad"), num("1")),
        _ => eq(snap("missing"), num("1")),
    }
}

fn shown(name: char) -> &'static str {
    match name {
        't' => "true",
        'f' => "false",
        'u' => "snapshot.bad wrong_type",
        _ => "snapshot.missing missing",
    }
}

#[test]
fn conjunction_and_disjunction() {
    for (operands, conjunction, disjunction) in [
        ("tt", 't', 't'),
        ("tf", 'f', 't'),
        ("ft", 'f', 't'),
        ("ff", 'f', 'f'),
        ("tu", 'u', 't'),
        ("ut", 'u', 't'),
        ("fu", 'f', 'u'),
        ("uf", 'f', 'u'),
        ("uv", 'u', 'u'),
        ("vu", 'v', 'v'),
        ("tuv", 'u', 't'),
        ("vuf", 'f', 'v'),
        ("uvt", 'u', 't'),
    ] {
        check(and(operands.chars().map(sample).collect()), shown(conjunction));
        check(or(operands.chars().map(sample).collect()), shown(disjunction));
    }
}

#[test]
fn negation() {
    check(not(sample('t')), "false");
    check(not(sample('f')), "true");
    check(not(sample('u')), shown('u'));
}

#[test]
fn a_choice_is_undetermined_where_its_condition_or_the_chosen_branch_is() {
    check(cond(sample('t'), sample('f'), sample('u')), "false");
    check(cond(sample('f'), sample('u'), sample('t')), "true");
    check(cond(sample('t'), sample('u'), sample('t')), shown('u'));
    check(cond(sample('v'), sample('t'), sample('t')), shown('v'));
    check(eq(cond(sample('t'), num("1"), snap("bad")), num("1")), "true");
}

#[test]
fn a_condition_is_a_value() {
    check(eq(sample('t'), sample('f')), "false");
    check(eq(and(vec![sample('u'), sample('f')]), sample('f')), "true");
    check(eq(sample('f'), sample('u')), shown('u'));
}
