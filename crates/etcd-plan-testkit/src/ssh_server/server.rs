use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::server::{Config, run_stream};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use super::handler::Handler;
use super::key::{KeyKind, TestKey};

/// What a server is to be like.
#[derive(Debug, Clone)]
pub struct SshSetup {
    /// Its host keys.
    pub host_keys: Vec<TestKey>,
    /// The keys, as `TYPE BASE64`, that let every user in.
    pub authorized: Vec<String>,
    /// The password that lets every user in; none where passwords are not taken.
    pub password: Option<String>,
    /// Whether passwords are asked for by `keyboard-interactive`, and not taken by `password`.
    pub is_interactive: bool,
    /// Program and arguments of the login shell, which the command follows.
    pub login_shell: Vec<String>,
    /// The `PATH` of commands; none for that of this process.
    pub path: Option<String>,
    /// What it does wrong.
    pub trouble: Option<Trouble>,
}

/// What a server does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It drops the connection when a command has got so many bytes.
    Drop(usize),
    /// It reads and says nothing any more when a command has got so many bytes.
    Freeze(usize),
    /// It closes the channel of a command that has got so many bytes.
    CloseChannel(usize),
    /// It never answers a login.
    SlowLogin,
    /// It runs no command.
    NoCommands,
}

impl Default for SshSetup {
    fn default() -> Self {
        Self {
            host_keys: vec![TestKey::new(KeyKind::Ed25519)],
            authorized: Vec::new(),
            password: None,
            is_interactive: false,
            login_shell: vec!["sh".to_owned(), "-c".to_owned()],
            path: None,
            trouble: None,
        }
    }
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct SshServer {
    port: u16,
    setup: Arc<SshSetup>,
    events: Events,
    /// Taken when it is dropped.
    runtime: Option<Runtime>,
}

/// What clients did, in the order in which they did it.
#[derive(Debug, Clone, Default)]
pub(super) struct Events(Arc<Mutex<Vec<String>>>);

impl Events {
    pub(super) fn push(&self, event: impl Into<String>) {
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        events.push(event.into());
    }
}

impl SshServer {
    /// Starts a server on a free port of 127.0.0.1.
    ///
    /// # Panics
    ///
    /// When there is no free port or no thread to be had.
    pub fn start(setup: SshSetup) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("threads");
        let listener = runtime
            .block_on(TcpListener::bind(("127.0.0.1", 0)))
            .expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let config = Arc::new(Config {
            keys: setup.host_keys.iter().map(TestKey::private).collect(),
            auth_rejection_time: Duration::ZERO,
            nodelay: true,
            ..Config::default()
        });
        let setup = Arc::new(setup);
        let events = Events::default();
        runtime.spawn(accept(listener, config, Arc::clone(&setup), events.clone()));
        Self {
            port,
            setup,
            events,
            runtime: Some(runtime),
        }
    }

    /// Gives its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Gives the lines with which `known_hosts` knows it under a name: one for each of its keys.
    pub fn known_hosts(&self, name: &str) -> String {
        let port = self.port;
        let lines = self.setup.host_keys.iter();
        lines
            .map(|key| format!("[{name}]:{port} {}\n", key.public_line()))
            .collect::<Vec<_>>()
            .concat()
    }

    /// Gives what clients did: `connect`, `key FINGERPRINT`, `password`, `exec COMMAND`, `forward`.
    pub fn events(&self) -> Vec<String> {
        let events = self.events.0.lock();
        events.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts the events that begin with a word.
    pub fn count(&self, word: &str) -> usize {
        let events = self.events();
        events
            .iter()
            .filter(|event| event.starts_with(word))
            .count()
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Connections that were told to freeze are not waited for.
            runtime.shutdown_background();
        }
    }
}

async fn accept(listener: TcpListener, config: Arc<Config>, setup: Arc<SshSetup>, events: Events) {
    while let Ok((stream, _)) = listener.accept().await {
        events.push("connect");
        let handler = Handler::new(Arc::clone(&setup), events.clone());
        let config = Arc::clone(&config);
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            if let Ok(session) = run_stream(config, stream, handler).await {
                // How a client ends is its own affair.
                let _ = session.await;
            }
        });
    }
}
