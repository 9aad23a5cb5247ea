use std::collections::BTreeMap;
use std::future::pending;
use std::process::Stdio;
use std::sync::Arc;

use russh::keys::HashAlg;
use russh::server::{
    self, Auth, ChannelOpenHandle, Msg, PublicKeyOffer, Response, Session, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, MethodKind, MethodSet};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, Command};

use super::server::{Events, SshSetup, Trouble};

/// The server's side of one connection.
pub(super) struct Handler {
    setup: Arc<SshSetup>,
    events: Events,
    commands: BTreeMap<ChannelId, Running>,
}

/// A command that runs.
struct Running {
    stdin: ChildStdin,
    /// How many bytes it has got.
    received: usize,
}

impl Handler {
    pub(super) fn new(setup: Arc<SshSetup>, events: Events) -> Self {
        Self {
            setup,
            events,
            commands: BTreeMap::new(),
        }
    }

    fn methods(&self) -> MethodSet {
        let mut methods = vec![MethodKind::PublicKey];
        match (&self.setup.password, self.setup.is_interactive) {
            (Some(_), true) => methods.push(MethodKind::KeyboardInteractive),
            (Some(_), false) => methods.push(MethodKind::Password),
            (None, _) => {}
        }
        MethodSet::from(methods.as_slice())
    }

    fn judge(&self, is_right: bool) -> Auth {
        if is_right {
            return Auth::Accept;
        }
        Auth::Reject {
            proceed_with_methods: Some(self.methods()),
            partial_success: false,
        }
    }

    fn start(&self, command: &str) -> std::io::Result<Child> {
        let (shell, arguments) = self.setup.login_shell.split_first().expect("a login shell");
        let mut process = Command::new(shell);
        process
            .args(arguments)
            .arg(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(path) = &self.setup.path {
            process.env("PATH", path);
        }
        process.spawn()
    }
}

impl server::Handler for Handler {
    type Error = russh::Error;

    async fn auth_none(&mut self, _user: &str) -> Result<Auth, Self::Error> {
        if self.setup.trouble == Some(Trouble::SlowLogin) {
            pending::<()>().await;
        }
        Ok(self.judge(false))
    }

    async fn auth_publickey_offered(
        &mut self,
        _user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        let shown = offer.public_key.fingerprint(HashAlg::Sha256);
        self.events.push(format!("key {shown}"));
        let line = offer.public_key.to_openssh().unwrap_or_default();
        Ok(self.judge(self.setup.authorized.contains(&without_comment(&line))))
    }

    async fn auth_publickey(
        &mut self,
        _user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        let line = key.public_key.to_openssh().unwrap_or_default();
        Ok(self.judge(self.setup.authorized.contains(&without_comment(&line))))
    }

    async fn auth_password(&mut self, _user: &str, password: &str) -> Result<Auth, Self::Error> {
        self.events.push("password");
        Ok(self.judge(self.setup.password.as_deref() == Some(password)))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let Some(mut response) = response else {
            return Ok(Auth::Partial {
                name: "".into(),
                instructions: "".into(),
                prompts: vec![("Password: ".into(), false)].into(),
            });
        };
        self.events.push("interactive");
        let answer = response.next().unwrap_or_default();
        let wanted = self.setup.password.as_ref().map(String::as_bytes);
        Ok(self.judge(wanted == Some(&answer[..])))
    }

    async fn channel_open_session(
        &mut self,
        _channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _originator: &str,
        _originator_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.events.push("forward");
        let port = u16::try_from(port).unwrap_or_default();
        // Loopback and nothing else, whatever a test asks for.
        if host != "127.0.0.1" {
            return Ok(());
        }
        if let Ok(mut stream) = TcpStream::connect((host, port)).await {
            reply.accept().await;
            tokio::spawn(async move {
                let mut channel = channel.into_stream();
                let _ = tokio::io::copy_bidirectional(&mut channel, &mut stream).await;
            });
        }
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let command = String::from_utf8_lossy(data).into_owned();
        self.events.push(format!("exec {command}"));
        let started = (self.setup.trouble != Some(Trouble::NoCommands))
            .then(|| self.start(&command).ok())
            .flatten();
        let Some(mut child) = started else {
            return session.channel_failure(channel);
        };
        session.channel_success(channel)?;
        let stdin = child.stdin.take().expect("a pipe");
        self.commands
            .insert(channel, Running { stdin, received: 0 });
        tokio::spawn(report(child, channel, session.handle()));
        Ok(())
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some(running) = self.commands.get_mut(&channel) else {
            return Ok(());
        };
        running.received += data.len();
        let received = running.received;
        match self.setup.trouble {
            Some(Trouble::Drop(limit)) if received > limit => return Err(russh::Error::Disconnect),
            Some(Trouble::Freeze(limit)) if received > limit => pending().await,
            Some(Trouble::CloseChannel(limit)) if received > limit => {
                self.commands.remove(&channel);
                return session.close(channel);
            }
            _ => {}
        }
        // A command that has ended takes nothing more.
        let _ = running.stdin.write_all(data).await;
        Ok(())
    }

    async fn channel_eof(
        &mut self,
        channel: ChannelId,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.commands.remove(&channel);
        Ok(())
    }

    async fn channel_close(
        &mut self,
        channel: ChannelId,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.commands.remove(&channel);
        Ok(())
    }
}

/// Passes on what a command prints and says, and how it ends.
async fn report(mut child: Child, channel: ChannelId, session: server::Handle) {
    let stdout = child.stdout.take().expect("a pipe");
    let stderr = child.stderr.take().expect("a pipe");
    tokio::join!(
        pass_on(stdout, channel, None, &session),
        pass_on(stderr, channel, Some(1), &session),
    );
    let status = child.wait().await.ok().and_then(|status| status.code());
    let status = u32::try_from(status.unwrap_or(255)).unwrap_or(255);
    let _ = session.exit_status_request(channel, status).await;
    let _ = session.eof(channel).await;
    let _ = session.close(channel).await;
}

async fn pass_on(
    mut from: impl AsyncRead + Unpin,
    channel: ChannelId,
    stream: Option<u32>,
    session: &server::Handle,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let bytes = buffer[..count].to_vec();
        let sent = match stream {
            None => session.data(channel, bytes).await,
            Some(stream) => session.extended_data(channel, stream, bytes).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

/// Gives `TYPE BASE64` of a line.
fn without_comment(line: &str) -> String {
    let mut words = line.split(' ');
    [words.next(), words.next()]
        .map(Option::unwrap_or_default)
        .join(" ")
}
