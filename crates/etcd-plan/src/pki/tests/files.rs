use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{CA_CRT, CA_KEY, Expecting as _, MEMBER_CRT, MEMBER_KEY, NOW, ca, wanted};
use crate::permit::Permit;
use crate::pki::{KeyMaterial as _, PkiFolder};

fn mode(path: &Path) -> u32 {
    fs::metadata(path)
        .expect("it is there")
        .permissions()
        .mode()
        & 0o7777
}

#[test]
fn keys_are_for_their_owner_only_and_nothing_else_is_left() {
    let base = tempfile::tempdir().expect("a temporary folder");
    let pki = PkiFolder::new(base.path());
    assert_eq!(pki.authority(&ca(), NOW).expect("none is no error"), None);
    assert_eq!(pki.reasons(&wanted(), NOW), ["is not there"]);
    assert!(!base.path().join("files").exists(), "reading makes nothing");

    pki.make_ca(NOW);
    let made = pki.issued(&wanted(), NOW);
    pki.issued(&wanted(), NOW);
    for (file, expected) in [
        ("files/pki/ca", 0o700),
        (CA_CRT, 0o644),
        (CA_KEY, 0o600),
        ("files/pki/etcd", 0o700),
        (MEMBER_CRT, 0o644),
        (MEMBER_KEY, 0o600),
    ] {
        let found = mode(&base.path().join(file));
        assert_eq!(found, expected, "{file}: {found:o}");
    }
    for folder in ["files/pki/ca", "files/pki/etcd"] {
        let files = fs::read_dir(base.path().join(folder)).expect("a folder");
        assert_eq!(files.count(), 2, "no temporary file is left in {folder}");
    }
    let material = pki.material(&ca(), &wanted()).expect("all is there");
    assert_eq!(material.ca_pem, made.ca_pem);
    assert_ne!(material, made, "the second issue is there, not the first");
}

#[test]
fn a_key_that_was_readable_for_all_is_not_any_more_after_it_is_replaced() {
    let base = tempfile::tempdir().expect("a temporary folder");
    let pki = PkiFolder::new(base.path());
    pki.make_ca(NOW);
    let key = base.path().join(MEMBER_KEY);
    pki.issued(&wanted(), NOW);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o666)).expect("ours to change");
    pki.issued(&wanted(), NOW);
    assert_eq!(mode(&key), 0o600);
}

#[test]
fn the_members_lie_beside_the_ca_wherever_that_is() {
    let base = tempfile::tempdir().expect("a temporary folder");
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let absolute = elsewhere.path().join("x/ca").display().to_string();
    for (ca_dir, member) in [
        ("ca", base.path().join("etcd/etcd-1.key")),
        ("pki/ca/", base.path().join("pki/etcd/etcd-1.key")),
        (&absolute, elsewhere.path().join("x/etcd/etcd-1.key")),
    ] {
        let mut ca = ca();
        ca.ca_dir = ca_dir.to_owned();
        let (pki, permit) = (PkiFolder::new(base.path()), Permit::granted());
        pki.create_authority(&ca, NOW, &permit).expect("a CA");
        pki.issue(&ca, &wanted(), NOW, &permit).expect("issued");
        assert!(member.is_file(), "{}", member.display());
    }
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_not_a_missing_one() {
    let base = tempfile::tempdir().expect("a temporary folder");
    let pki = PkiFolder::new(base.path());
    pki.make_ca(NOW);
    fs::create_dir_all(base.path().join(MEMBER_KEY)).expect("a folder in its place");
    let error = pki.member(&ca(), &wanted(), NOW).expect_err("a folder");
    let place = base.path().join(MEMBER_KEY);
    let start = format!("{}: cannot be read: ", place.display());
    assert!(error.to_string().starts_with(&start), "{error}");

    let error = pki
        .issue(&ca(), &wanted(), NOW, &Permit::granted())
        .expect_err("a folder cannot be replaced by a file");
    let start = format!("{}: cannot be written: ", place.display());
    assert!(error.to_string().starts_with(&start), "{error}");
}
