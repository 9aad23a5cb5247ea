use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use etcd_plan_core::op::FileContent;
use etcd_plan_core::secret::Secret;

use super::{CA_CRT, CA_KEY, Expecting as _, MEMBER_CRT, MEMBER_KEY, NOW, ca, wanted};
use crate::permit::Permit;
use crate::pki::{KeyMaterial as _, Memory, Pki, PkiError, PkiFolder, PkiMemory, Store};

/// A store in which every write after the first few fails.
struct Cut<'a> {
    files: &'a Memory,
    writes_left: AtomicUsize,
}

impl Cut<'_> {
    fn write(&self) -> io::Result<()> {
        self.writes_left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .map(|_| ())
            .map_err(|_| io::Error::other("cut off"))
    }
}

impl Store for Cut<'_> {
    fn place(&self, file: &Path) -> String {
        self.files.place(file)
    }

    fn read(&self, file: &Path) -> io::Result<Option<Secret>> {
        self.files.read(file)
    }

    fn create(&self, file: &Path, content: &FileContent, permit: &Permit) -> io::Result<()> {
        self.write()?;
        self.files.create(file, content, permit)
    }

    fn replace(&self, file: &Path, content: &FileContent, permit: &Permit) -> io::Result<()> {
        self.write()?;
        self.files.replace(file, content, permit)
    }
}

/// Makes the CA and issues the member's certificate where the verdict asks for it.
fn run<S: Store>(pki: &Pki<S>) -> Result<(), PkiError> {
    let permit = Permit::granted();
    pki.create_authority(&ca(), NOW, &permit)?;
    if !pki.member(&ca(), &wanted(), NOW)?.verdict.keeps() {
        pki.issue(&ca(), &wanted(), NOW, &permit)?;
    }
    Ok(())
}

#[test]
fn a_run_that_was_cut_off_at_any_write_is_mended_by_the_next() {
    for writes in 0..4 {
        // An old pair lies there, so that a cut between key and certificate leaves a mismatch.
        let pki = PkiMemory::new();
        pki.make_ca(NOW);
        pki.issued(&wanted(), NOW);
        pki.files().remove(CA_CRT);
        pki.files().remove(CA_KEY);

        let writes_left = AtomicUsize::new(writes);
        let files = pki.files();
        let store = Cut { files, writes_left };
        run(&Pki { store }).expect_err("it is cut off");
        run(&pki).expect("the next run has nothing in its way");
        assert_eq!(pki.reasons(&wanted(), NOW), [""; 0], "cut after {writes}");
    }
}

#[test]
fn a_second_run_writes_nothing() {
    let pki = PkiMemory::new();
    run(&pki).expect("a first run");
    let store = Cut {
        files: pki.files(),
        writes_left: AtomicUsize::new(0),
    };
    run(&Pki { store }).expect("a second run that may not write");
}

#[test]
fn a_key_without_its_certificate_is_never_replaced() {
    let pki = PkiMemory::new();
    pki.make_ca(NOW);
    let key = |pki: &PkiMemory| pki.files().read(Path::new(CA_KEY)).expect("readable");
    let before = key(&pki);
    pki.files().remove(CA_CRT);
    pki.make_ca(NOW);
    assert_eq!(key(&pki), before);
}

#[test]
fn a_key_and_a_certificate_of_two_issues_do_not_pass() {
    let pki = PkiMemory::new();
    pki.make_ca(NOW);
    let first = pki.issued(&wanted(), NOW);
    let second = pki.issued(&wanted(), NOW);
    assert_ne!(first.key, second.key, "every issue has a new key");
    pki.files().put(MEMBER_CRT, first.certificate_pem);
    let reason = "does not belong to the key beside it";
    assert_eq!(pki.reasons(&wanted(), NOW), [reason]);
    pki.files().put(MEMBER_KEY, first.key.expose());
    assert_eq!(pki.reasons(&wanted(), NOW), [""; 0]);
}

#[test]
fn two_who_make_the_ca_at_once_end_with_one() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let make = || {
            let pki = PkiFolder::new(folder.path());
            pki.make_ca(NOW);
            pki.issued(&wanted(), NOW);
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(make);
            }
        });
        let found = PkiFolder::new(folder.path()).authority(&ca(), NOW);
        let found = found.expect("key and certificate belong together");
        assert!(found.expect("a CA").can_issue);
    }
}
