//! Gradual rollout: first everything runs and events say what would not have, then decisions are enforced. A rule in
//! `mode: shadow` is only reported in both.

use actra::{Builder, Effect, Event, Mode, PolicyError, Refused, Runtime, write_event};

#[actra::admit(runtime = runtime, skip(runtime))]
fn refund(runtime: &Runtime, order: &str, amount: u32, card: &str) -> Result<(), Refused> {
    println!("  refunded {amount} for order {order} to a card of {} digits", card.len());
    Ok(())
}

fn builder() -> Result<Builder, PolicyError> {
    actra::open(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/rollout"))
}

/// What a dashboard would show of an event.
fn report(event: &Event) {
    let decision = &event.decision;
    if decision.effect != Effect::Allow {
        let rule = decision.matched_rule.as_deref().unwrap_or("default");
        println!("  {}: {} by `{rule}`", event.mode.as_str(), decision.effect);
    }
    for shadow in &decision.shadow {
        println!("  {}: `{}` would say {}", event.mode.as_str(), shadow.rule, shadow.effect);
    }
    // What goes to a file or a collector; sensitive fields are not in it.
    let mut line = Vec::new();
    write_event(event, &mut line);
    assert!(!String::from_utf8_lossy(&line).contains("4111"));
}

fn main() -> Result<(), PolicyError> {
    for mode in [Mode::Audit, Mode::Enforce] {
        println!("{}:", mode.as_str());
        let runtime = builder()?.mode(mode).on_event(report).build()?;
        for amount in [40, 700, 4000] {
            if let Err(refused) = refund(&runtime, "A-7", amount, "4111111111111111") {
                println!("  {refused}");
            }
        }
    }
    Ok(())
}
