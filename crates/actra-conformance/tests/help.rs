//! What help offers: guards that cannot make an outcome more permissive, fixes that keep or give meaning, and words
//! of this language for words of others.

#![expect(clippy::panic, clippy::expect_used, reason = "a test fails by panicking")]

mod help {
    mod aliases;
    mod constants;
    mod fixes;
    mod guards;
}
