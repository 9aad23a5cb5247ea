//! What clap makes of the arguments: completions and the manual page.

use std::io::{Write as _, stdout};

use clap::CommandFactory as _;

use crate::arguments::Arguments;
use crate::exit::SUCCESS;

pub(super) fn completions(shell: clap_complete::Shell) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "etcd-plan", &mut text);
    write(&text)
}

pub(super) fn man() -> u8 {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(Arguments::command()).render(&mut page);
    rendered.expect("a Vec takes everything");
    write(&page)
}

/// Writes what was made before: clap's own writing takes a reader that has gone away for a failure.
fn write(text: &[u8]) -> u8 {
    let _ = stdout().write_all(text);
    SUCCESS
}
