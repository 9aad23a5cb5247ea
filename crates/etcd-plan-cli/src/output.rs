//! What is written: data to standard output, messages to standard error.

use std::fmt::Write as _;
use std::fs;
use std::io::{IsTerminal as _, Write as _, stderr, stdout};
use std::path::Path;

use clap::ValueEnum;
use etcd_plan::diagnostic::Style;

use crate::exit::{FAILED, Failure};

/// The width when nobody says another, and the least that is taken.
const WIDTH: usize = 80;
const LEAST_WIDTH: usize = 40;

/// Whether there is colour. It carries no meaning alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Writes a file in place of the one that is there, if there is: who reads it meanwhile reads the
/// one or the other. `option` is what it was named with.
pub(crate) fn replace_file(path: &Path, text: &str, option: &str) -> Result<(), Failure> {
    let failure = |error: std::io::Error| {
        let message = format!("{} cannot be written: {error}", path.display());
        Failure::new(
            FAILED,
            message,
            &format!("name another place with `{option}`"),
        )
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = fs::write(&new, text).and_then(|()| fs::rename(&new, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&new);
        failure(error)
    })
}

/// Writes a page into a file; or to standard output, if it is `-`.
pub(crate) fn write_page(path: &Path, page: &str) -> Result<(), Failure> {
    if path.as_os_str() == "-" {
        Output::document(page.trim_end());
        return Ok(());
    }
    replace_file(path, page, "--html")
}

/// Where a command writes, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    color: Color,
}

impl Output {
    pub(crate) fn new(color: Color) -> Self {
        Self { color }
    }

    /// Writes data. A reader that has gone away is no failure.
    pub(crate) fn data(self, text: &str) {
        let painted = self.paint(text, stdout().is_terminal());
        let mut stdout = stdout().lock();
        let _ = stdout.write_all(painted.as_bytes());
        if !painted.ends_with('\n') {
            let _ = stdout.write_all(b"\n");
        }
        let _ = stdout.flush();
    }

    /// Writes data for a machine, as it is.
    pub(crate) fn document(text: &str) {
        let _ = writeln!(stdout(), "{text}");
    }

    /// Writes a message.
    pub(crate) fn message(self, text: &str) {
        let painted = self.paint(text, stderr().is_terminal());
        let _ = writeln!(stderr(), "{}", painted.trim_end_matches('\n'));
    }

    /// Writes why the command ends.
    pub(crate) fn error(self, text: &str) {
        // Findings begin with the word already.
        let is_told = text.starts_with("error") || text.starts_with("warning");
        self.message(&if is_told {
            text.to_owned()
        } else {
            format!("error: {text}")
        });
    }

    /// Gives the style in which findings are drawn on standard error.
    pub(crate) fn style(self) -> Style {
        if self.is_coloured(stderr().is_terminal()) {
            Style::Coloured
        } else {
            Style::Plain
        }
    }

    /// Gives the width of the terminal; where there is none, `COLUMNS`, or 80.
    pub(crate) fn width() -> usize {
        let of_terminal = rustix::termios::tcgetwinsize(stdout())
            .ok()
            .map(|size| usize::from(size.ws_col));
        let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
        let width = of_terminal.filter(|width| *width > 0).or_else(columns);
        width.unwrap_or(WIDTH).max(LEAST_WIDTH)
    }

    fn is_coloured(self, is_terminal: bool) -> bool {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !no_color,
        }
    }

    /// Colours lines by the mark that they begin with: the mark says the same without.
    fn paint(self, text: &str, is_terminal: bool) -> String {
        if !self.is_coloured(is_terminal) || text.contains('\x1b') {
            return text.to_owned();
        }
        let mut painted = String::new();
        for line in text.lines() {
            let bare = line.trim_start();
            let code = match bare.split(' ').next().unwrap_or_default() {
                "!" | "error:" | "FAILED" | "refused," => "31",
                _ if bare.starts_with('+') => "32",
                "~" => "33",
                _ if bare.starts_with("- ")
                    || bare.starts_with('-') && line.starts_with("      ") =>
                {
                    "31"
                }
                "Cluster" | "Plan:" => "1",
                _ => "",
            };
            let _ = match code {
                "" => writeln!(painted, "{line}"),
                code => writeln!(painted, "\x1b[{code}m{line}\x1b[0m"),
            };
        }
        painted
    }
}
