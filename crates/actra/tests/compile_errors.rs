//! What `#[actra::admit]` says about mistakes.
//!
//! Only its own words are here; those of the compiler change with it, so that examples in the documentation say no more
//! than that something does not compile.

#[test]
fn mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/refused/*.rs");
}
