#![allow(unused)]

#[actra::admit]
fn refund(amount: i64) {}

fn main() {}
