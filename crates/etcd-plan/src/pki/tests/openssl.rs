use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::skipped::skipped;

/// The `openssl` command, in a folder of its own.
pub(super) struct Openssl {
    folder: TempDir,
}

impl Openssl {
    /// Finds the command, or says that a test was skipped for want of it.
    pub(super) fn or_skip() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            skipped("there is no `openssl` command");
            return None;
        }
        let folder = TempDir::new().expect("a temporary folder can be made");
        Some(Self { folder })
    }

    /// Runs `openssl` with the words of `line` as arguments; gives what it printed.
    pub(super) fn run(&self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let output = Command::new("openssl")
            .args(&words)
            .current_dir(self.folder.path())
            .output()
            .expect("openssl can be started");
        assert!(
            output.status.success(),
            "openssl {line}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub(super) fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(file), content).expect("a file can be written");
    }

    pub(super) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).expect("a file can be read")
    }

    /// Makes `ca.crt` for `ca.key`: a root with this subject and these lines of extensions.
    pub(super) fn self_sign(&self, subject: &str, extensions: &str, options: &str) {
        self.write(
            "root.cnf",
            format!("[req]\ndistinguished_name=dn\nx509_extensions=x\n[dn]\n[x]\n{extensions}\n"),
        );
        self.run(&format!(
            "req -x509 -new -key ca.key -config root.cnf -subj {subject} -days 7300 \
             -out ca.crt {options}"
        ));
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }
}
