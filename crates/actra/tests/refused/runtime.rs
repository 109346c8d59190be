#![allow(unused)]

struct Session;

#[actra::admit(context = session, skip(session))]
fn context_alone(session: &Session) -> Result<(), actra::Refused> {
    Ok(())
}


#[actra::admit(action = "")]
fn no_name() -> Result<(), actra::Refused> {
    Ok(())
}

fn main() {}
