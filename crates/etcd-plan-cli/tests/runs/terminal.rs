//! A terminal of 100 columns, with a command on it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::site::Site;

/// How long something is waited for that must come; a machine may be loaded.
const PATIENCE: Duration = Duration::from_secs(90);

/// What Ctrl-C sends to a terminal.
pub(crate) const CTRL_C: &str = "\x03";

pub(crate) struct Terminal {
    keyboard: File,
    screen: Arc<Mutex<String>>,
    child: Child,
    seen: usize,
}

impl Terminal {
    /// Starts `etcd-plan` on a terminal of its own, as the leader of a session: Ctrl-C reaches it as
    /// it does in a shell.
    pub(crate) fn run(site: &Site, words: &str) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("ours");
        unlockpt(&master).expect("unlocked");
        let size = Winsize {
            ws_row: 40,
            ws_col: 100,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&master, size).expect("a size");
        let name = ptsname(&master, Vec::new()).expect("a name");
        let slave = || -> OwnedFd {
            open(&*name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("the other side")
        };
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait", env!("CARGO_BIN_EXE_etcd-plan")]);
        command.args(words.split_whitespace());
        site.prepare(&mut command);
        command
            .env("TERM", "xterm")
            .stdin(slave())
            .stdout(slave())
            .stderr(slave());
        let child = command.spawn().expect("setsid of util-linux");
        drop(command);
        let keyboard = File::from(master);
        let mut output = keyboard.try_clone().expect("a second handle");
        let screen = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&screen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // The read fails once nobody has the other side open.
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
                shown
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push_str(&text);
            }
        });
        Self {
            keyboard,
            screen,
            child,
            seen: 0,
        }
    }

    /// Waits until a text is shown, behind what was waited for before.
    #[track_caller]
    pub(crate) fn expect(&mut self, text: &str) {
        let begun = Instant::now();
        loop {
            let shown = self.shown();
            if let Some(at) = shown[self.seen..].find(text) {
                self.seen += at + text.len();
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{text:?} is not shown: {shown}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard
            .write_all(keys.as_bytes())
            .expect("somebody reads");
    }

    /// Gives all that was shown until now.
    pub(crate) fn shown(&self) -> String {
        self.screen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until the command ends, and asserts how.
    #[track_caller]
    pub(crate) fn ends_with(&mut self, code: i32) {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("our child") {
                assert_eq!(status.code(), Some(code), "{}", self.shown());
                return;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "it does not end: {}",
                self.shown()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
