use crate::shell::{cargo, watch};
use crate::test::outcome::Outcome;

/// Does all that publishing does but the last step: the crates are packed, built from their
/// packages, and held against the registry.
pub(super) fn run() -> Outcome {
    // What is not committed yet is packed too, so that the stage can be used while one works.
    let arguments = ["publish", "--workspace", "--dry-run", "--allow-dirty"];
    match watch(&mut cargo(&arguments)) {
        Err(why) => Outcome::failed(why),
        Ok(ran) if ran.status.success() => Outcome::passed(),
        Ok(ran) if ran.lines.iter().any(|line| is_about_network(line)) => {
            Outcome::skipped("crates.io cannot be reached, and `cargo publish` asks it")
        }
        Ok(ran) => Outcome::failed(format!(
            "`cargo publish --dry-run` ended with {}",
            ran.status
        )),
    }
}

fn is_about_network(line: &str) -> bool {
    [
        "failed to query replaced source registry",
        "Could not resolve host",
        "Couldn't connect to server",
        "download of config.json failed",
        "attempting to make an HTTP request, but --offline was specified",
    ]
    .iter()
    .any(|words| line.contains(words))
}
