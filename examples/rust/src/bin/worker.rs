//! A worker that takes jobs from a queue. What is blocked is put aside, and what needs approval waits for it.

use std::collections::VecDeque;
use std::time::SystemTime;

use actra::approval::ApprovalAnswer;
use actra::{Refused, Runtime};
use serde::Deserialize;

/// A line of the queue.
#[derive(Debug, Clone, Deserialize)]
struct Job {
    id: u32,
    /// Who put it there.
    by: User,
    action: String,
    arguments: serde_json::Value,
}

#[derive(Debug, Clone, Deserialize, serde::Serialize)]
struct User {
    name: String,
    role: String,
}

const QUEUE: &str = r#"
{"id":1,"by":{"name":"bo","role":"support"},"action":"refund","arguments":{"order":"A-7","amount":20}}
{"id":2,"by":{"name":"bo","role":"support"},"action":"refund","arguments":{"order":"A-7","amount":60}}
{"id":3,"by":{"name":"fi","role":"finance"},"action":"refund","arguments":{"order":"A-7","amount":100}}
{"id":4,"by":{"name":"fi","role":"finance"},"action":"refund","arguments":{"order":"B-1","amount":60}}
{"id":5,"by":{"name":"bo","role":"support"},"action":"cancel_order","arguments":{"order":"A-7"}}
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime: Runtime<User> = actra::open(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/orders"))?
        .actor(|call| Ok(actra::record(call.context)?))
        .snapshot_field("paid", |call| match call.arguments.get("order") {
            // Stands for a database.
            Some(order) if *order == "A-7".into() => Ok(80.into()),
            _ => Err("the database does not answer".into()),
        })
        .build()?;

    let lines = QUEUE.lines().filter(|line| !line.is_empty());
    let mut queue = lines.map(serde_json::from_str).collect::<Result<VecDeque<Job>, _>>()?;
    let mut waiting = Vec::new();
    while let Some(job) = queue.pop_front() {
        match runtime.admit(&job.by, &job.action, actra::record(&job.arguments)?) {
            Ok(admitted) => {
                let by = admitted.approved_by.map(|by| format!(", approved by {by}")).unwrap_or_default();
                println!("{}: done{by}", job.id);
            }
            Err(Refused { approval: Some(approval), .. }) => {
                println!("{}: waits, since {}", job.id, approval.reasons.join(", "));
                waiting.push((job, approval));
            }
            Err(refused) => println!("{}: {refused}", job.id),
        }
        // Stands for a person who looks at what waits when there is nothing else to do.
        if queue.is_empty() {
            for (job, approval) in waiting.drain(..) {
                let granted = ApprovalAnswer::Granted { by: "ana".to_owned() };
                runtime.approvals().answer(&approval.id, &granted, SystemTime::now())?;
                queue.push_back(job);
            }
        }
    }
    Ok(())
}
