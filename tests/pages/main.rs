//! Writes pages of all kinds into a folder, for the tests in a browser and for screenshots: what
//! happened on simulated hosts, with times as real ones have them.

mod runs;
mod statuses;
mod times;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

/// A page: the name of its file without the ending, and its text.
type Page = (&'static str, String);

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return failed("give the folder to write into");
    };
    if let Err(error) = fs::create_dir_all(&folder) {
        return failed(&format!("{} cannot be made: {error}", folder.display()));
    }
    for (name, page) in runs::pages().into_iter().chain(statuses::pages()) {
        let file = folder.join(format!("{name}.html"));
        if let Err(error) = fs::write(&file, page) {
            return failed(&format!("{} cannot be written: {error}", file.display()));
        }
    }
    ExitCode::SUCCESS
}

fn failed(why: &str) -> ExitCode {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{why}");
    ExitCode::from(2)
}
