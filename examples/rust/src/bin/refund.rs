//! The refund in twenty seconds: the policy in the directory `actra` decides before the body runs.

#[actra::admit]
fn refund(order: &str, amount: u32) -> Result<(), actra::Refused> {
    println!("refunded {amount} for order {order}");
    Ok(())
}

fn main() {
    for amount in [40, 4000] {
        if let Err(refused) = refund("A-7", amount) {
            println!("{refused}");
        }
    }
}
