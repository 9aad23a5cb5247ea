use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use etcd_plan_core::cert::RotationStage;
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

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.files.names(folder)
    }

    fn remove(&self, file: &Path, permit: &Permit) -> io::Result<()> {
        self.write()?;
        Store::remove(self.files, file, permit)
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

/// Goes through all stages of a rotation from where it is, and issues what each asks for.
fn rotate<S: Store>(pki: &Pki<S>) -> Result<(), PkiError> {
    let permit = Permit::granted();
    for stage in RotationStage::ALL {
        pki.rotate(&ca(), stage, NOW, &permit)?;
        if !pki.member(&ca(), &wanted(), NOW)?.verdict.keeps() {
            pki.issue(&ca(), &wanted(), NOW, &permit)?;
        }
    }
    pki.end_rotation(&ca(), NOW, &permit)
}

/// Wherever a rotation of the CA is cut off, there is a CA that issues and is trusted, whoever was trusted
/// before is until the end, and it goes on from there.
#[test]
fn a_rotation_that_was_cut_off_at_any_write_goes_on() {
    // A client's CA file follows, which is a write more in the first stage and the last.
    for writes in 0..=13 {
        let pki = PkiMemory::new();
        pki.make_ca(NOW);
        pki.issued(&wanted(), NOW);
        let old = pki
            .authority(&ca(), NOW)
            .expect("a CA")
            .expect("it is there");
        pki.files()
            .put("files/pki/clients/ca.crt", old.trusted_pem());

        let files = pki.files();
        let cut = Pki {
            store: Cut {
                files,
                writes_left: AtomicUsize::new(writes),
            },
        };
        let ended = rotate(&cut);
        let facts = pki
            .rotation(&ca(), NOW)
            .expect("a CA")
            .expect("it is there");
        let now = pki
            .authority(&ca(), NOW)
            .expect("a CA")
            .expect("it is there");
        assert!(now.can_issue, "after {writes} writes");
        assert_eq!(ended.is_ok(), writes == 13, "after {writes} writes");
        let keeps_old = now.trusted.contains(&old.signer);
        let reached = facts.reached;
        assert_eq!(keeps_old, writes < 11, "after {writes} writes: {reached:?}");
        if writes < 13 {
            rotate(&pki).expect("it goes on");
        }
        let end = pki
            .authority(&ca(), NOW)
            .expect("a CA")
            .expect("it is there");
        assert_eq!(end.trusted, std::slice::from_ref(&end.signer));
        assert_ne!(end.signer, old.signer);
        assert_ne!(end.signer.subject, old.signer.subject);
        assert!(pki.found(&wanted(), NOW).verdict.keeps());
        let facts = pki
            .rotation(&ca(), NOW)
            .expect("a CA")
            .expect("it is there");
        assert_eq!((facts.reached, facts.next), (None, None));
        let names = files.names("files/pki/ca".as_ref()).expect("readable");
        assert_eq!(names, ["ca.crt", "ca.key", "ca.old.crt", "ca.old.key"]);
        let of_clients = files.read("files/pki/clients/ca.crt".as_ref());
        let of_clients = of_clients.expect("readable").expect("it is there");
        assert_eq!(of_clients.expose(), end.trusted_pem().as_bytes());
    }
}

/// One that somebody has put there takes over, if it can.
#[test]
fn the_next_authority_may_be_given() {
    let (pki, other) = (PkiMemory::new(), PkiMemory::new());
    pki.make_ca(NOW);
    other.make_ca(NOW);
    let put = |from: &str, to: &str| {
        let bytes = other.files().read(from.as_ref()).expect("readable");
        let to = format!("files/pki/ca/{to}");
        pki.files().put(to, bytes.expect("it is there").expose());
    };
    put(CA_CRT, "ca.next.crt");
    let missing = pki.rotation(&ca(), NOW).expect_err("its key is not there");
    assert!(missing.place.contains("ca.next.key"), "{missing}");
    put(CA_KEY, "ca.next.key");
    rotate(&pki).expect("it takes over");
    let signer = |pki: &PkiMemory| {
        let authority = pki.authority(&ca(), NOW).expect("a CA");
        authority.expect("it is there").signer
    };
    assert_eq!(signer(&pki), signer(&other));
    // The one that signs cannot take over from itself.
    put(CA_CRT, "ca.next.crt");
    put(CA_KEY, "ca.next.key");
    let facts = pki
        .rotation(&ca(), NOW)
        .expect("a CA")
        .expect("it is there");
    assert_eq!(facts.reached, Some(RotationStage::Finish));
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
