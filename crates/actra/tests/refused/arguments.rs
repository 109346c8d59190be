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

fn main() {}
