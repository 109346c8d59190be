//! How long an admission takes where what resolvers tell is constant: `cargo run --release -p actra --example admit`.

use std::hint::black_box;
use std::time::{Instant, SystemTime};

use actra::{Builder, Context, RawMap, RawValue, Refused, Runtime};

const SCHEMA: &str = "version: 1
actions: { refund: { fields: { amount: number, currency: string } } }
actor: { fields: { role: string } }
snapshot: { fields: { fraud_flag: boolean } }
";

/// Actor and snapshot are read, so that both resolvers are asked.
const RULES: &str = "version: 1
default: allow
rules:
  - { id: fraud, scope: { action: refund }, when: snapshot.fraud_flag, effect: block }
  - { id: large, scope: { action: refund }, when: 'action.amount > 1000 && actor.role == \"support\"', effect: require_approval }
";

const CALLS: u32 = 1_000;
const ROUNDS: usize = 2_001;

#[actra::admit]
fn refund(amount: u32, currency: &str) -> Result<u32, Refused> {
    Ok(black_box(amount))
}

/// What a host knows about a call, its records among it.
struct Session {
    actor: RawMap,
    facts: RawMap,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let build =
        |builder: fn(actra::Policy) -> Builder<Context>| -> Result<Runtime<Context>, actra::PolicyError> {
            Ok(builder(actra::parse(SCHEMA, RULES)?)
                .actor(|_| Ok(RawMap::from([member("role", "support".into())])))
                .snapshot(|_| Ok(RawMap::from([member("fraud_flag", false.into())])))
                .build()?)
        };
    let runtime = build(Runtime::builder)?;
    let session = Session {
        actor: RawMap::from([member("role", "support".into())]),
        facts: RawMap::from([member("fraud_flag", false.into())]),
    };
    let borrowing = Runtime::<Session>::builder(actra::parse(SCHEMA, RULES)?)
        .actor_ref(|call| Ok(&call.context.actor))
        .snapshot_ref(|call| Ok(&call.context.facts))
        .build()?;
    let timed = build(actra::builder)?;
    actra::configure(build(Runtime::builder)?)?;
    let arguments =
        || RawMap::from([member("amount", black_box(150).into()), member("currency", "EUR".into())]);

    measure("runtime.admit, two constant resolvers", || {
        runtime.admit(&Context::default(), "refund", arguments()).map(drop)
    })?;
    measure("the same where the records are borrowed", || {
        borrowing.admit(&session, "refund", arguments()).map(drop)
    })?;
    measure("two constant resolvers with a deadline, which reads the clock four times", || {
        timed.admit(&Context::default(), "refund", arguments()).map(drop)
    })?;
    measure("a function with #[actra::admit], two constant resolvers", || {
        refund(black_box(150), "EUR").map(drop)
    })?;
    let alone: Runtime = actra::builder(actra::parse(SCHEMA, ALONE)?).build()?;
    measure("runtime.admit, no resolver", || alone.admit(&(), "refund", arguments()).map(drop))?;
    for pending in [0, 1_000, 90_000] {
        let runtime = build(Runtime::builder)?;
        let call = |amount: i64| {
            let arguments = RawMap::from([member("amount", amount.into()), member("currency", "EUR".into())]);
            runtime.admit(&Context::default(), "refund", arguments)
        };
        (0..pending).for_each(|number| drop(call(10_000 + number)));
        let waiting = runtime.approvals().list(SystemTime::now())?.len();
        // The same call again: it is found, not opened anew.
        let asked = || match call(5_000) {
            Err(Refused { approval: Some(_), .. }) => Ok(()),
            other => other.map(drop),
        };
        measure(&format!("a call that waits for approval, beside {waiting} others"), asked)?;
    }
    measure("making the arguments alone", || {
        black_box(arguments());
        Ok(())
    })?;
    Ok(())
}

/// Rules that need nothing but the arguments.
const ALONE: &str = "version: 1
default: allow
rules: [{ id: large, scope: { action: refund }, when: action.amount > 1000, effect: block }]
";

fn member(name: &str, value: RawValue) -> (String, RawValue) {
    (name.to_owned(), value)
}

/// Prints the median over rounds, and the tenth and ninetieth percentile.
fn measure(what: &str, call: impl Fn() -> Result<(), Refused>) -> Result<(), Refused> {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        for _ in 0..CALLS {
            black_box(call())?;
        }
        rounds.push(started.elapsed() / CALLS);
    }
    rounds.sort_unstable();
    let at = |percent: usize| rounds.get(ROUNDS * percent / 100).copied().unwrap_or_default().as_nanos();
    println!("{what}: {} ns (10 %: {}, 90 %: {})", at(50), at(10), at(90));
    Ok(())
}
