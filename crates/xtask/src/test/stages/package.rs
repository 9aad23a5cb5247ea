use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{cargo, root, target, watch};
use crate::test::outcome::Outcome;

/// Does all that publishing does but the last step: the crates are packed and held against the
/// registry, and what was packed compiles.
pub(super) fn run() -> Outcome {
    // Nothing of an earlier run is taken for what is packed now.
    let _ = fs::remove_dir_all(target().join("package"));
    // What is not committed yet is packed too, so that the stage can be used while one works.
    // `--no-verify`, since cargo would compile each package with all of its dependencies anew.
    let arguments = [
        "publish",
        "--workspace",
        "--dry-run",
        "--no-verify",
        "--allow-dirty",
    ];
    match watch(&mut cargo(&arguments)) {
        Err(why) => Outcome::failed(why),
        Ok(ran) if ran.status.success() => match compile_packages() {
            Ok(()) => Outcome::passed(),
            Err(why) => Outcome::failed(why),
        },
        Ok(ran) if ran.lines.iter().any(|line| is_about_network(line)) => {
            Outcome::skipped("crates.io cannot be reached, and `cargo publish` asks it")
        }
        Ok(ran) => Outcome::failed(format!(
            "`cargo publish --dry-run` ended with {}",
            ran.status
        )),
    }
}

/// Unpacks the packages into a workspace of their own, in which they take each other from there, and
/// checks them with the lock file, the profiles and the target folder of this one: so that only they
/// are compiled, and a file that was left out of a package is missed.
fn compile_packages() -> Result<(), String> {
    let folder = target().join("packages");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let names = unpack(&folder)?;
    let manifest = folder.join("Cargo.toml");
    write(&manifest, &workspace_of(&names)?)?;
    let lock = fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"));
    lock.map_err(|why| format!("the lock file cannot be copied: {why}"))?;
    let mut check = cargo(&["check", "--workspace", "--manifest-path"]);
    check.arg(&manifest).env("CARGO_TARGET_DIR", target());
    let ran = watch(&mut check)?;
    if ran.status.success() {
        Ok(())
    } else {
        Err(format!("what was packed does not compile: {}", ran.status))
    }
}

/// Unpacks all packages, and gives the names of their crates with their folders.
fn unpack(folder: &Path) -> Result<Vec<(String, String)>, String> {
    // Where a dry run keeps them.
    let packages = target().join("package").join("tmp-crate");
    let is_package = |path: &PathBuf| path.extension().is_some_and(|end| end == "crate");
    let entries =
        fs::read_dir(&packages).map_err(|why| format!("{}: {why}", packages.display()))?;
    let mut names = Vec::new();
    for path in entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(is_package)
    {
        let ran = watch(
            Command::new("tar")
                .arg("-xzf")
                .arg(&path)
                .arg("-C")
                .arg(folder),
        )?;
        let stem = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Some((name, _version)) = stem.rsplit_once('-').filter(|_| ran.status.success()) else {
            return Err(format!("{} cannot be unpacked", path.display()));
        };
        names.push((name.to_owned(), stem));
    }
    names.sort();
    if names.is_empty() {
        return Err(format!("no package is in {}", packages.display()));
    }
    Ok(names)
}

/// Writes the manifest of a workspace of the packages.
fn workspace_of(names: &[(String, String)]) -> Result<String, String> {
    let ours = root().join("Cargo.toml");
    let ours = fs::read_to_string(&ours).map_err(|why| format!("{}: {why}", ours.display()))?;
    let mut text = String::from("[workspace]\nresolver = \"3\"\nmembers = [\"*-*\"]\n\n");
    // Other profiles would be other artefacts.
    let mut is_profile = false;
    for line in ours.lines() {
        if line.starts_with('[') {
            is_profile = line.starts_with("[profile");
        }
        if is_profile {
            text += line;
            text.push('\n');
        }
    }
    text += "\n[patch.crates-io]\n";
    for (name, folder) in names {
        writeln!(text, "{name} = {{ path = \"{folder}\" }}").expect("a String takes everything");
    }
    Ok(text)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|why| format!("{}: {why}", path.display()))
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
