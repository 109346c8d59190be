//! An agent with three tools. Its policy knows what the agent has read, and a person is asked where it says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actra::approval::{ApprovalAnswer, ApprovalRequest};
use actra::{Refused, Runtime};

/// What resolvers are told about a call.
struct Session {
    user: String,
    read_the_web: AtomicBool,
}

struct Tools {
    runtime: Runtime<Arc<Session>>,
    session: Arc<Session>,
}

impl Tools {
    #[actra::admit(runtime = self.runtime, context = self.session)]
    async fn search(&self, query: &str) -> Result<String, Refused> {
        self.session.read_the_web.store(true, Ordering::Relaxed);
        Ok(format!("three pages about {query}"))
    }

    #[actra::admit(runtime = self.runtime, context = self.session)]
    async fn write_file(&self, path: &str, text: &str) -> Result<String, Refused> {
        Ok(format!("wrote {} bytes to {path}", text.len()))
    }

    #[actra::admit(unbound(self), runtime = self.runtime, context = self.session)]
    async fn send_email(&self, to: &str, text: &str) -> Result<String, Refused> {
        Ok(format!("sent {} bytes to {to}", text.len()))
    }
}

/// Stands for a person with a dialog: says yes to colleagues, whoever wants to write to them.
async fn ask(request: &ApprovalRequest) -> Result<ApprovalAnswer, String> {
    println!("  asked: {}", request.reasons.join(", "));
    let by = "ana".to_owned();
    Ok(match request.reasons.iter().all(|reason| reason.ends_with("@example.com")) {
        true => ApprovalAnswer::Granted { by },
        false => ApprovalAnswer::Denied { by, reason: "I do not know them".to_owned() },
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), actra::PolicyError> {
    let runtime = actra::open::<Arc<Session>>(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/agent"))?
        .actor_field("user", |call| Ok(actra::value(&call.context.user)?))
        .snapshot_field_async("read_the_web", |call| {
            Box::pin(async { Ok(call.context.read_the_web.load(Ordering::Relaxed).into()) })
        })
        .on_approval_async(|request| Box::pin(ask(request)))
        .build()?;
    let session = Session { user: "Ana".to_owned(), read_the_web: AtomicBool::new(false) };
    let tools = Tools { runtime, session: Arc::new(session) };

    say("write_file", tools.write_file("/workspace/notes.md", "# Notes").await);
    say("write_file", tools.write_file("/workspace/../etc/passwd", "root").await);
    say("send_email", tools.send_email("shop@example.net", "an order").await);
    say("search", tools.search("refunds").await);
    say("send_email", tools.send_email("bo@example.com", "the pages").await);
    say("send_email", tools.send_email("shop@example.net", "the pages").await);
    Ok(())
}

/// What a model is told.
fn say(tool: &str, done: Result<String, Refused>) {
    match done {
        Ok(answer) => println!("{tool}: {answer}"),
        Err(refused) => println!("{tool}: {}", refused.for_model()),
    }
}
