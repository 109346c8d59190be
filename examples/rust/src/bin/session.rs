//! The runtime of the process knows who is signed in: `using` tells its resolvers about the work that is going on.

use actra::{Context, Refused, json_record};

struct Session {
    name: &'static str,
    role: &'static str,
}

#[actra::admit]
fn refund(order: &str, amount: u32) -> Result<(), Refused> {
    println!("refunded {amount} for order {order}");
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let policies = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/orders");
    let runtime = actra::open::<Context>(policies)?.actor(|call| {
        let session = call.context.get::<Session>().ok_or("nobody is signed in")?;
        Ok([("name", session.name), ("role", session.role)]
            .map(|(field, value)| (field.to_owned(), value.into()))
            .into())
    });
    let runtime = runtime.snapshot(|_| Ok(json_record(r#"{"paid": 80.00}"#)?)).build()?;
    actra::configure(runtime)?;

    let told = |called: Result<(), Refused>| called.unwrap_or_else(|refused| println!("{refused}"));
    for (name, role) in [("ana", "finance"), ("bo", "support")] {
        actra::using(Session { name, role }, || told(refund("A-7", 60)));
    }
    told(refund("A-7", 60));
    Ok(())
}
