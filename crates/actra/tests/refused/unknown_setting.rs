#![allow(unused)]

#[actra::admit(name = "pay")]
fn refund(amount: i64) -> Result<(), actra::Refused> {
    let _ = amount;
    Ok(())
}

fn main() {}
