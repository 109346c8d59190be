use actra::Refused;

#[actra::admit(unbound(self))]
fn without_receiver(amount: i64) -> Result<i64, Refused> {
    Ok(amount)
}

#[actra::admit(unbound(at))]
fn without_argument(amount: i64) -> Result<i64, Refused> {
    Ok(amount)
}

#[actra::admit(skip(at), unbound(at))]
fn skipped(amount: i64, at: u64) -> Result<i64, Refused> {
    let _ = at;
    Ok(amount)
}

#[actra::admit(unbound("actor.id"))]
fn no_fact(amount: i64) -> Result<i64, Refused> {
    Ok(amount)
}

struct Till;

impl Till {
    #[actra::admit(rename(amount = "self"))]
    fn renamed(&self, amount: i64) -> Result<i64, Refused> {
        Ok(amount)
    }
}

fn main() {}
