use insta::assert_snapshot;

use super::*;

/// The expansion as formatted text.
fn expansion(settings: &str, function: &str) -> String {
    let expanded = expand(settings.parse().unwrap(), function.parse().unwrap());
    prettyplease::unparse(&syn::parse2(expanded).unwrap())
}

#[test]
fn one_statement_stands_in_front_of_the_body() {
    let function = "pub fn refund(amount: i64, mut to: String) -> Result<(), Error> { to.push('.'); Ok(()) }";
    assert_snapshot!(expansion("", function), @r#"
    pub fn refund(amount: i64, mut to: String) -> Result<(), Error> {
        if let ::core::result::Result::Err(refused) = ::actra::__private::admit(
            "refund",
            [
                ("amount", ::actra::__private::value(&amount)),
                ("to", ::actra::__private::value(&to)),
            ],
        ) {
            return ::core::result::Result::Err(::core::convert::From::from(refused));
        }
        to.push('.');
        Ok(())
    }
    "#);
}

#[test]
fn settings_say_what_is_asked_of_whom() {
    let function =
        "async fn refund(&self, amount: i64, secret: &str) -> Result<(), Error> { self.pay(amount).await }";
    let settings = "action = \"pay\", skip(secret), rename(amount = \"total\"), runtime = self.runtime, context = self.session";
    assert_snapshot!(expansion(settings, function), @r#"
    async fn refund(&self, amount: i64, secret: &str) -> Result<(), Error> {
        if let ::core::result::Result::Err(refused) = ::actra::__private::admit_by_async(
                &(self.runtime),
                &(self.session),
                "pay",
                [("total", ::actra::__private::value(&amount))],
            )
            .await
        {
            return ::core::result::Result::Err(::core::convert::From::from(refused));
        }
        self.pay(amount).await
    }
    "#);
    let function = "/// Moves.\nfn r#move() -> Result<(), Error> { #![allow(unused)] Ok(()) }";
    assert_snapshot!(expansion("runtime = RUNTIME", function), @r#"
    /// Moves.
    fn r#move() -> Result<(), Error> {
        #![allow(unused)]
        if let ::core::result::Result::Err(refused) = ::actra::__private::admit_by(
            &(RUNTIME),
            &(),
            "move",
            [],
        ) {
            return ::core::result::Result::Err(::core::convert::From::from(refused));
        }
        Ok(())
    }
    "#);
}
