//! Whole expansions, and the errors that users see.

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
    const _: () = {
        ::actra::__private::inventory::submit! {
            ::actra::__private::Site { action : "refund", arguments : & ["amount", "to"],
            unbound : & [], file : ::core::file!(), line : ::core::line!() }
        }
    };
    if let ::core::result::Result::Err(refused) = {
        #[allow(unused_imports, reason = "only arguments that can change need it")]
        use ::actra::__private::MayChange as _;
        ::actra::__private::Guarded::new(
                "refund",
                [
                    (
                        "amount",
                        ::actra::__private::argument(&amount),
                        {
                            let again = ::actra::__private::RecheckedArgument(&amount);
                            again.actra_kind()
                        },
                    ),
                    (
                        "to",
                        ::actra::__private::argument(&to),
                        {
                            let again = ::actra::__private::RecheckedArgument(&to);
                            again.actra_kind()
                        },
                    ),
                ],
                &[],
                (),
            )
            .admit()
            .and_then(|seen| {
                seen
                    .check_unchanged(
                        [
                            ::actra::__private::RecheckedArgument(&amount).actra_now(),
                            ::actra::__private::RecheckedArgument(&to).actra_now(),
                        ],
                        (),
                    )
            })
    } {
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
    if let ::core::result::Result::Err(refused) = {
        #[allow(unused_imports, reason = "only arguments that can change need it")]
        use ::actra::__private::MayChange as _;
        match (&(self.runtime), &(self.session)) {
            (runtime, context) => {
                ::actra::__private::Guarded::new(
                        "pay",
                        [
                            (
                                "total",
                                ::actra::__private::argument(&amount),
                                {
                                    let again = ::actra::__private::RecheckedArgument(&amount);
                                    again.actra_kind()
                                },
                            ),
                        ],
                        &[],
                        ::actra::__private::ReceiverAndTypes(|| {
                            #[allow(
                                unused_imports,
                                reason = "only receivers that have no value need it"
                            )]
                            use ::actra::__private::WithoutValue as _;
                            let receiver: &Self = &*self;
                            let receiver = ::actra::__private::Receiver(receiver);
                            (
                                ::core::option::Option::Some((
                                    receiver.actra_class(),
                                    receiver.actra_value(),
                                )),
                                [],
                            )
                        }),
                    )
                    .admit_by_async(runtime, context)
                    .await
                    .and_then(|seen| {
                        seen
                            .check_unchanged(
                                [
                                    ::actra::__private::RecheckedArgument(&amount).actra_now(),
                                ],
                                ::actra::__private::ReceiverAndTypes(|| {
                                    #[allow(
                                        unused_imports,
                                        reason = "only receivers that have no value need it"
                                    )]
                                    use ::actra::__private::WithoutValue as _;
                                    let receiver: &Self = &*self;
                                    let receiver = ::actra::__private::Receiver(receiver);
                                    (
                                        ::core::option::Option::Some((
                                            receiver.actra_class(),
                                            receiver.actra_value(),
                                        )),
                                        [],
                                    )
                                }),
                            )
                    })
            }
        }
    } {
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
    if let ::core::result::Result::Err(refused) = {
        #[allow(unused_imports, reason = "only arguments that can change need it")]
        use ::actra::__private::MayChange as _;
        match (&(RUNTIME), &()) {
            (runtime, context) => {
                ::actra::__private::Guarded::new("move", [], &[], ())
                    .admit_by(runtime, context)
                    .and_then(|seen| seen.check_unchanged([], ()))
            }
        }
    } {
        return ::core::result::Result::Err(::core::convert::From::from(refused));
    }
    Ok(())
}
    "#);
}

#[test]
fn what_else_tells_calls_apart_is_bound() {
    let function =
        "fn wipe<T, const N: usize>(self: Box<Self>, table: impl Table) -> Result<(), Error> { Ok(()) }";
    assert_snapshot!(expansion("runtime = RUNTIME", function), @r#"
fn wipe<T, const N: usize>(self: Box<Self>, table: impl Table) -> Result<(), Error> {
    if let ::core::result::Result::Err(refused) = {
        #[allow(unused_imports, reason = "only arguments that can change need it")]
        use ::actra::__private::MayChange as _;
        match (&(RUNTIME), &()) {
            (runtime, context) => {
                ::actra::__private::Guarded::new(
                        "wipe",
                        [
                            (
                                "table",
                                ::actra::__private::argument(&table),
                                {
                                    let again = ::actra::__private::RecheckedArgument(&table);
                                    again.actra_kind()
                                },
                            ),
                        ],
                        &[],
                        ::actra::__private::ReceiverAndTypes(|| {
                            #[allow(
                                unused_imports,
                                reason = "only receivers that have no value need it"
                            )]
                            use ::actra::__private::WithoutValue as _;
                            let receiver: &Self = &self;
                            let receiver = ::actra::__private::Receiver(receiver);
                            (
                                ::core::option::Option::Some((
                                    receiver.actra_class(),
                                    receiver.actra_value(),
                                )),
                                [
                                    (
                                        "T",
                                        ::std::borrow::ToOwned::to_owned(
                                            ::core::any::type_name::<T>(),
                                        ),
                                    ),
                                    ("N", ::std::format!("{:?}", N)),
                                    (
                                        "table",
                                        ::std::borrow::ToOwned::to_owned(
                                            ::core::any::type_name_of_val(&table),
                                        ),
                                    ),
                                ],
                            )
                        }),
                    )
                    .admit_by(runtime, context)
                    .and_then(|seen| {
                        seen
                            .check_unchanged(
                                [::actra::__private::RecheckedArgument(&table).actra_now()],
                                ::actra::__private::ReceiverAndTypes(|| {
                                    #[allow(
                                        unused_imports,
                                        reason = "only receivers that have no value need it"
                                    )]
                                    use ::actra::__private::WithoutValue as _;
                                    let receiver: &Self = &self;
                                    let receiver = ::actra::__private::Receiver(receiver);
                                    (
                                        ::core::option::Option::Some((
                                            receiver.actra_class(),
                                            receiver.actra_value(),
                                        )),
                                        [
                                            (
                                                "T",
                                                ::std::borrow::ToOwned::to_owned(
                                                    ::core::any::type_name::<T>(),
                                                ),
                                            ),
                                            ("N", ::std::format!("{:?}", N)),
                                            (
                                                "table",
                                                ::std::borrow::ToOwned::to_owned(
                                                    ::core::any::type_name_of_val(&table),
                                                ),
                                            ),
                                        ],
                                    )
                                }),
                            )
                    })
            }
        }
    } {
        return ::core::result::Result::Err(::core::convert::From::from(refused));
    }
    Ok(())
}
    "#);
    assert_snapshot!(expansion("runtime = RUNTIME, unbound(self, table, \"snapshot.now\")", function), @r#"
fn wipe<T, const N: usize>(self: Box<Self>, table: impl Table) -> Result<(), Error> {
    if let ::core::result::Result::Err(refused) = {
        #[allow(unused_imports, reason = "only arguments that can change need it")]
        use ::actra::__private::MayChange as _;
        match (&(RUNTIME), &()) {
            (runtime, context) => {
                ::actra::__private::Guarded::new(
                        "wipe",
                        [
                            (
                                "table",
                                ::actra::__private::argument(&table),
                                {
                                    let again = ::actra::__private::RecheckedArgument(&table);
                                    again.actra_kind()
                                },
                            ),
                        ],
                        &["self", "table", "snapshot.now"],
                        ::actra::__private::ReceiverAndTypes(|| (
                            ::core::option::Option::None,
                            [
                                (
                                    "T",
                                    ::std::borrow::ToOwned::to_owned(
                                        ::core::any::type_name::<T>(),
                                    ),
                                ),
                                ("N", ::std::format!("{:?}", N)),
                            ],
                        )),
                    )
                    .admit_by(runtime, context)
                    .and_then(|seen| {
                        seen
                            .check_unchanged(
                                [::actra::__private::RecheckedArgument(&table).actra_now()],
                                ::actra::__private::ReceiverAndTypes(|| (
                                    ::core::option::Option::None,
                                    [
                                        (
                                            "T",
                                            ::std::borrow::ToOwned::to_owned(
                                                ::core::any::type_name::<T>(),
                                            ),
                                        ),
                                        ("N", ::std::format!("{:?}", N)),
                                    ],
                                )),
                            )
                    })
            }
        }
    } {
        return ::core::result::Result::Err(::core::convert::From::from(refused));
    }
    Ok(())
}
    "#);
}
