#![allow(unused)]

#[actra::admit]
struct Order;

trait Shop {
    #[actra::admit]
    fn refund(&self, amount: i64) -> Result<(), actra::Refused>;
}

#[actra::admit]
const fn constant() -> Result<(), actra::Refused> {
    Ok(())
}

fn main() {}
