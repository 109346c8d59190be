#![allow(unused)]

#[actra::admit(skip(a), skip(b))]
fn refund(a: i64, b: i64) -> Result<(), actra::Refused> {
    Ok(())
}

#[actra::admit(action = pay)]
fn pay(a: i64) -> Result<(), actra::Refused> {
    Ok(())
}

fn main() {}
