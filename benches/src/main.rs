//! Measures, and prints the tables.

fn main() {}
