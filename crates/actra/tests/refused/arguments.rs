#![allow(unused)]

#[actra::admit(skip(amuont))]
fn typo(amount: i64) -> Result<(), actra::Refused> {
    Ok(())
}

#[actra::admit(rename(amount = "type"))]
fn names_the_action(amount: i64) -> Result<(), actra::Refused> {
    Ok(())
}

#[actra::admit]
fn is_the_action(r#type: String) -> Result<(), actra::Refused> {
    Ok(())
}

#[actra::admit(rename(a = "b"))]
fn same_field(a: i64, b: i64) -> Result<(), actra::Refused> {
    Ok(())
}

#[actra::admit(skip(a), rename(a = "c"))]
fn skipped_and_renamed(a: i64) -> Result<(), actra::Refused> {
    Ok(())
}

#[actra::admit(rename(a = "c", a = "d"))]
fn renamed_twice(a: i64) -> Result<(), actra::Refused> {
    Ok(())
}

#[actra::admit]
fn pattern((a, b): (i64, i64)) -> Result<(), actra::Refused> {
    Ok(())
}

#[actra::admit(rename(to = "self"))]
fn names_the_receiver(to: i64) -> Result<(), actra::Refused> {
    Ok(())
}

#[actra::admit(rename(at = "snapshot.now"), unbound(at))]
fn names_a_fact(at: i64) -> Result<(), actra::Refused> {
    Ok(())
}

#[actra::admit(rename(a = "c", b = "c"))]
fn one_field_on_some_targets(#[cfg(unix)] a: i64, #[cfg(unix)] b: i64) -> Result<(), actra::Refused> {
    Ok(())
}

#[actra::admit]
fn always_and_on_some_targets(a: i64, #[cfg(windows)] a: u64) -> Result<(), actra::Refused> {
    Ok(())
}

fn main() {}
