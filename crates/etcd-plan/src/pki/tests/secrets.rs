use base64::Engine as _;
use etcd_plan_core::secret::Secret;

use super::{CA_KEY, Expecting as _, MEMBER_KEY, NOW, ca, wanted};
use crate::permit::Permit;
use crate::pki::{KeyMaterial as _, PkiMemory, Store as _};

#[test]
fn nothing_public_shows_a_key() {
    let pki = PkiMemory::new();
    let authority = pki.create_authority(&ca(), NOW, &Permit::granted());
    let material = pki.issued(&wanted(), NOW);
    let found = pki.found(&wanted(), NOW);
    let key = |file: &str| -> Secret {
        let read = pki.files().read(file.as_ref()).expect("readable");
        read.expect("it is there")
    };
    let keys = [key(CA_KEY), key(MEMBER_KEY)];
    // A file that is a key and not one that can be used: an error about a secret.
    let mut broken = keys[0].expose().to_vec();
    let middle = broken.len() / 2;
    broken[middle] = b'!';
    pki.files().put(CA_KEY, broken.clone());
    let error = pki.authority(&ca(), NOW).expect_err("the key is broken");
    pki.files().put(MEMBER_KEY, broken);

    let shown = format!("{pki:?} {authority:?} {material:?} {found:?} {error:?} {error}");
    assert!(shown.contains("Secret(…)"), "the material was printed");
    for key in keys {
        let text = String::from_utf8(key.expose().to_vec()).expect("PEM is text");
        // The rest of a P-256 key is its public part, which certificates show.
        let private = text.lines().filter(|line| !line.starts_with('-')).take(2);
        for line in private {
            assert!(!shown.contains(line), "a line of a key is shown");
            let bytes = base64::prelude::BASE64_STANDARD.decode(line);
            let bytes = format!("{:?}", bytes.expect("whole groups of four"));
            assert!(
                !shown.contains(bytes.trim_matches(['[', ']'])),
                "its bytes are"
            );
        }
    }
}
