use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use etcd_plan_core::names::HostPath;

use super::quote::quote;
use super::settings::Settings;

/// The call of one function of the prelude, which is written into a script word by word.
///
/// What cannot be written makes the call one that fails with the reason, so that a chain ends there
/// as it does at any other failure.
pub(super) struct Call<'a> {
    script: &'a mut String,
    settings: &'a Settings,
    begin: usize,
    number: usize,
    refusal: Option<String>,
}

impl<'a> Call<'a> {
    /// Begins the call for the operation with this number of the batch.
    pub(super) fn begin(script: &'a mut String, settings: &'a Settings, number: usize) -> Self {
        Self {
            begin: script.len(),
            script,
            settings,
            number,
            refusal: None,
        }
    }

    /// Calls a function in a subshell of its own.
    pub(super) fn function(self, name: &str) -> Self {
        self.start("op", name)
    }

    /// Calls a function in a subshell of its own that asks for bytes on its stdin.
    pub(super) fn function_taking(self, name: &str) -> Self {
        self.start("op_taking", name)
    }

    /// Calls a function in the shell itself, for what must outlive the operation.
    pub(super) fn function_here(self, name: &str) -> Self {
        self.start("op_here", name)
    }

    /// Adds a word.
    pub(super) fn word(self, text: &str) -> Self {
        self.script.push(' ');
        if let Err(error) = quote(text, self.script) {
            let shown: String = text.chars().take(80).collect();
            return self.refuse(format!("{shown:?} {error}"));
        }
        self
    }

    /// Adds the place of a path.
    pub(super) fn path(self, path: &HostPath) -> Self {
        let place = self.settings.place(path);
        self.word(&place)
    }

    /// Adds bytes in base64. They are written into the script directly: they can be secret.
    pub(super) fn bytes(self, bytes: &[u8]) -> Self {
        self.script.push_str(" '");
        BASE64.encode_string(bytes, self.script);
        self.script.push('\'');
        self
    }

    /// Makes the call fail with a reason when it is run; the first reason stands.
    pub(super) fn refuse(mut self, reason: impl Into<String>) -> Self {
        self.refusal.get_or_insert_with(|| reason.into());
        self
    }

    /// Ends the call.
    pub(super) fn end(self) {
        if let Some(reason) = &self.refusal {
            self.script.truncate(self.begin);
            write!(self.script, "op {} fail ", self.number).expect("a String takes everything");
            quote(&reason.replace('\0', "\\0"), self.script)
                .expect("zero bytes were replaced just now");
        }
    }

    fn start(self, runner: &str, name: &str) -> Self {
        write!(self.script, "{runner} {} {name}", self.number).expect("a String takes everything");
        self
    }
}
