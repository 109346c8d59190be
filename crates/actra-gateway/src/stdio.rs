//! A session over pipes: the client's are standard input and output, the server is a program that is started here.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use actra_host::{LineRead, LineReader};

use crate::frame::FRAME_BYTES;
use crate::outbox::Outbox;
use crate::session::{Delivery, Session};

/// How long a server may take to end once its client is gone.
const GRACE: Duration = Duration::from_secs(5);

/// How it ended.
#[derive(Debug)]
pub enum Ended {
    /// The client closed its pipe, or takes no more messages.
    Client,
    /// The server ended while the client was there.
    Server(ExitStatus),
}

/// Starts a server and relays until the client or the server is gone.
///
/// `note` is told what whoever runs the gateway should know. A thread that reads from the client may outlast this, if
/// the server has ended first: end the process then.
pub fn run(
    session: Session,
    mut server: Command,
    client: impl BufRead + Send + 'static,
    to_client: impl Write + Send + 'static,
    note: impl Fn(&str) + Send + Sync + 'static,
) -> io::Result<Ended> {
    let mut child = server.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::Error::other("the server has no pipes"));
    };
    let relay = Arc::new(Relay {
        session: Mutex::new(session),
        to_client: Mutex::new(Box::new(to_client)),
        to_server: Outbox::default(),
        note: Box::new(note),
    });
    let (gone, either) = channel();
    let writing = Arc::clone(&relay);
    // Once it is closed, so is the pipe, which asks the server to end.
    let writer = move || {
        let _ = writing.to_server.write_to(input);
    };
    thread::Builder::new().name("actra-to-server".to_owned()).spawn(writer)?;
    spawn("actra-client", &relay, gone.clone(), Side::Client, |relay| relay.relay_client(client))?;
    let from_server = spawn("actra-server", &relay, gone, Side::Server, |relay| {
        relay.relay_server(BufReader::new(output))
    })?;
    let ended = match either.recv() {
        Ok(Side::Server) => Ended::Server(end(&mut child)?),
        Ok(Side::Client) | Err(_) => {
            relay.to_server.close();
            end(&mut child)?;
            Ended::Client
        }
    };
    // What the server has started may hold its output open for ever.
    let until = Instant::now() + GRACE;
    while !from_server.is_finished() && Instant::now() < until {
        thread::sleep(Duration::from_millis(5));
    }
    let last = relay.session().and_then(|mut session| relay.deliver(session.server_is_gone()));
    match ended {
        // Nobody hears the last words of a server whose client is gone.
        Ended::Client => Ok(ended),
        Ended::Server(_) => last.map(|()| ended),
    }
}

#[derive(Clone, Copy)]
enum Side {
    Client,
    Server,
}

/// Relays in a thread of its own, and says when it has ended.
fn spawn(
    name: &str,
    relay: &Arc<Relay>,
    gone: Sender<Side>,
    side: Side,
    work: impl FnOnce(&Relay) -> io::Result<()> + Send + 'static,
) -> io::Result<thread::JoinHandle<()>> {
    let relay = Arc::clone(relay);
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        let _gone = Gone(gone, side);
        if let Err(error) = work(&relay) {
            (relay.note)(&format!("a pipe failed: {error}"));
        }
    })
}

/// Says that a side has ended, however it does.
struct Gone(Sender<Side>, Side);

impl Drop for Gone {
    fn drop(&mut self) {
        // Nobody waits any more if the other side has ended, too.
        let _ = self.0.send(self.1);
    }
}

struct Relay {
    session: Mutex<Session>,
    to_client: Mutex<Box<dyn Write + Send>>,
    to_server: Outbox,
    note: Box<dyn Fn(&str) + Send + Sync>,
}

impl Relay {
    fn relay_client(&self, client: impl BufRead) -> io::Result<()> {
        let mut lines = LineReader::new(client, FRAME_BYTES);
        loop {
            let mut frame = Vec::new();
            if lines.read(&mut frame)? == LineRead::End {
                self.wait_for_tools();
                return Ok(());
            }
            let delivery = self.session()?.take_from_client(frame);
            self.deliver(delivery)?;
            if !self.to_server.wait_for_room() {
                return Ok(());
            }
        }
    }

    /// A client that has closed its pipe may still wait for calls, which wait for the server's tools.
    fn wait_for_tools(&self) {
        let until = Instant::now() + GRACE;
        while self.session().is_ok_and(|session| session.waits_for_tools()) && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn relay_server(&self, server: impl BufRead) -> io::Result<()> {
        let mut lines = LineReader::new(server, FRAME_BYTES);
        loop {
            let mut frame = Vec::new();
            if lines.read(&mut frame)? == LineRead::End {
                return Ok(());
            }
            let delivery = self.session()?.take_from_server(frame);
            self.deliver(delivery)?;
        }
    }

    /// Sends what goes to each side, and tells whoever runs the gateway.
    fn deliver(&self, delivery: Delivery) -> io::Result<()> {
        for note in &delivery.notes {
            (self.note)(note);
        }
        self.to_server.push(delivery.to_server);
        if delivery.to_client.is_empty() {
            return Ok(());
        }
        let mut client = self.to_client.lock().unwrap_or_else(PoisonError::into_inner);
        for mut frame in delivery.to_client {
            frame.push(b'\n');
            client.write_all(&frame)?;
        }
        client.flush()
    }

    /// The session; an error if a panic has left it in the middle of something, and then nothing goes on any more.
    fn session(&self) -> io::Result<MutexGuard<'_, Session>> {
        self.session
            .lock()
            .map_err(|_| io::Error::other("a message could not be handled, which ends the session"))
    }
}

/// Waits for a server to end by itself, and ends it if it does not.
pub(crate) fn end(child: &mut Child) -> io::Result<ExitStatus> {
    let until = Instant::now() + GRACE;
    while Instant::now() < until {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.kill()?;
    child.wait()
}
