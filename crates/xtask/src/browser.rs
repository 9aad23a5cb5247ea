//! A browser, and pages to look at in it: for the tests and for screenshots.

use std::fs;
use std::io::{Write as _, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::OnceLock;
use std::thread;

use crate::shell::{self, cargo, watch};
use crate::test::prepare::install_with_apt;
use crate::venv::{NoVenv, Venv};

/// The programs that will do, the first that is there.
const PROGRAMS: [&str; 2] = ["chromium-headless-shell", "chromium"];

/// The packages of Debian: the browser, and letters for it.
const PACKAGES: [&str; 3] = [
    "chromium-headless-shell",
    "fonts-inter",
    "fonts-dejavu-core",
];

/// What the environment of Python holds.
const REQUIREMENTS: &str = "tests/browser/requirements.txt";

/// A browser, with what drives it.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    program: PathBuf,
    venv: Venv,
}

impl Browser {
    /// Gives the browser; installs what is missing of it, once.
    pub(crate) fn get() -> Result<Self, NoVenv> {
        static BROWSER: OnceLock<Result<Browser, NoVenv>> = OnceLock::new();
        BROWSER.get_or_init(Self::prepare).clone()
    }

    fn prepare() -> Result<Self, NoVenv> {
        let program = match find() {
            Some(program) => program,
            None => {
                let installed = install_with_apt(&PACKAGES);
                installed.map_err(|why| {
                    let package = PACKAGES[0];
                    NoVenv::Skipped(format!(
                        "there is no browser (`{package}` of Debian): {why}"
                    ))
                })?;
                let program = find();
                program.ok_or_else(|| {
                    NoVenv::Failed("the browser is not where it was installed".to_owned())
                })?
            }
        };
        let venv = Venv::at("browser");
        let wanted = fs::read_to_string(shell::root().join(REQUIREMENTS));
        let wanted = wanted.map_err(|why| NoVenv::Failed(format!("{REQUIREMENTS}: {why}")))?;
        // What was installed is noted when all of it is there.
        let note = venv.file("installed.txt");
        if !fs::read_to_string(&note).is_ok_and(|found| found == wanted) {
            venv.make()?;
            venv.pip(&["--requirement", REQUIREMENTS])?;
            let written = fs::write(&note, wanted);
            written.map_err(|why| NoVenv::Failed(format!("{}: {why}", note.display())))?;
        }
        Ok(Self { program, venv })
    }

    /// Makes the command that runs the tests on the pages of a folder.
    pub(crate) fn tests(&self, pages: &Path) -> Command {
        let mut pytest = self.venv.program("python");
        pytest
            .args([
                "-m",
                "pytest",
                "-rfEs",
                "--durations=5",
                "--numprocesses",
                "2",
            ])
            .args(["-p", "no:cacheprovider", "--rootdir", "tests/browser"])
            .arg("--browser")
            .arg(&self.program)
            .arg("--pages")
            .arg(pages)
            .arg("tests/browser")
            .env("PYTHONDONTWRITEBYTECODE", "1");
        pytest
    }

    fn screenshots(&self, pages: &Path, folder: &Path) -> Command {
        let mut python = self.venv.program("python");
        python
            .arg("tests/browser/screenshots.py")
            .args([&self.program, pages, folder])
            .env("PYTHONDONTWRITEBYTECODE", "1");
        python
    }
}

/// Begins to install the browser, which mostly waits for packages. What is wrong with it is told
/// when it is needed.
pub(crate) fn prepare_meanwhile() {
    thread::spawn(|| drop(Browser::get()));
}

/// Gives the folder of the pages.
pub(crate) fn pages() -> PathBuf {
    shell::target().join("pages")
}

/// Writes pages of all kinds.
pub(crate) fn write_pages() -> Result<(), String> {
    let folder = pages();
    // A page that is written no more must not be tested.
    let _ = fs::remove_dir_all(&folder);
    // All of the workspace, as the stage `tests` has compiled its dependencies.
    let build = ["build", "--quiet", "--workspace", "--bins"];
    let program = shell::target().join("debug/pages");
    for command in [&mut cargo(&build), Command::new(program).arg(&folder)] {
        let ran = watch(command)?;
        if !ran.status.success() {
            return Err(format!("{command:?} ended with {}", ran.status));
        }
    }
    Ok(())
}

/// Takes pictures of the pages, into a folder that is named or `target/screenshots`.
pub(crate) fn take_screenshots(arguments: &[String]) -> ExitCode {
    let named = arguments
        .first()
        .map(std::path::absolute)
        .and_then(Result::ok);
    let folder = named.unwrap_or_else(|| shell::target().join("screenshots"));
    let taken = Browser::get()
        .map_err(|why| why.to_string())
        .and_then(|browser| {
            write_pages()?;
            let ran = watch(&mut browser.screenshots(&pages(), &folder))?;
            let ended = format!("python ended with {}", ran.status);
            ran.status.success().then_some(()).ok_or(ended)
        });
    match taken {
        Ok(()) => {
            let _ = writeln!(stdout(), "the screenshots are in {}", folder.display());
            ExitCode::SUCCESS
        }
        Err(why) => {
            let _ = writeln!(stderr(), "there are no screenshots: {why}");
            ExitCode::FAILURE
        }
    }
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places = PROGRAMS
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}
