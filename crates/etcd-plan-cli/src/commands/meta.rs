//! What clap makes of the arguments: completions and the manual page.

use std::io::stdout;

use clap::CommandFactory as _;

use crate::arguments::Arguments;
use crate::exit::{FAILED, Failure, SUCCESS};

pub(super) fn completions(shell: clap_complete::Shell) -> u8 {
    clap_complete::generate(shell, &mut Arguments::command(), "etcd-plan", &mut stdout());
    SUCCESS
}

pub(super) fn man() -> Result<u8, Failure> {
    let page = clap_mangen::Man::new(Arguments::command());
    page.render(&mut stdout()).map_err(|error| {
        let message = format!("the manual page cannot be written: {error}");
        Failure::new(FAILED, message, "see where it goes")
    })?;
    Ok(SUCCESS)
}
