use std::fmt::Write as _;

use etcd_plan_core::cert::{AuthorityWanted, UnixTime};

use super::openssl::Openssl;
use super::{CA_CRT, CA_KEY, Expecting as _, MEMBER_CRT, MEMBER_KEY, NOW, ca, wanted};
use crate::permit::Permit;
use crate::pki::{KeyMaterial as _, PkiError, PkiMemory, now};

/// Prints an error as a person is shown it.
fn shown(error: &PkiError) -> String {
    format!("{error}\n  hint: {}\n", error.hint)
}

/// Tries to issue, and prints the refusal.
fn refusal(pki: &PkiMemory, ca: &AuthorityWanted, at: UnixTime) -> String {
    let refused = pki.issue(ca, &wanted(), at, &Permit::granted());
    shown(&refused.expect_err("it is refused"))
}

#[test]
fn each_refusal_says_where_why_and_what_to_do() {
    let mut text = String::new();
    let mut add = |name: &str, refusal: String| {
        writeln!(text, "{name}\n{refusal}").expect("a String takes everything");
    };
    let good = PkiMemory::new();
    good.make_ca(NOW);
    let other = PkiMemory::new();
    other.make_ca(NOW);
    let never = AuthorityWanted {
        create: false,
        ..ca()
    };

    add("no CA", refusal(&PkiMemory::new(), &ca(), NOW));
    add(
        "no CA, none to be made",
        refusal(&PkiMemory::new(), &never, NOW),
    );
    let nothing = good.material(&ca(), &wanted());
    add(
        "nothing issued",
        shown(&nothing.expect_err("nothing there")),
    );
    add(
        "expired",
        refusal(&good, &ca(), UnixTime(NOW.0 + 7301 * 86_400)),
    );
    add(
        "not yet valid",
        refusal(&good, &ca(), UnixTime(NOW.0 - 7200)),
    );

    let key = |pki: &PkiMemory| {
        let key = crate::pki::Store::read(pki.files(), CA_KEY.as_ref());
        key.expect("readable").expect("a key")
    };
    good.files().put(CA_KEY, key(&other).expose());
    add("another key", refusal(&good, &ca(), NOW));
    good.files().put(CA_KEY, "-----BEGIN CERTIFICATE-----\n");
    add("no key in the file", refusal(&good, &ca(), NOW));
    let junk = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    good.files().put(CA_KEY, junk);
    add("a broken key", refusal(&good, &ca(), NOW));
    good.files().remove(CA_KEY);
    add("no key", refusal(&good, &ca(), NOW));
    good.files().put(CA_CRT, "# empty\n");
    add("no certificate in the file", refusal(&good, &ca(), NOW));
    insta::assert_snapshot!(text);
}

#[test]
fn authorities_that_cannot_sign_for_members_are_refused() {
    let Some(openssl) = Openssl::or_skip() else {
        return;
    };
    const ROOT: &str = "basicConstraints=critical,CA:TRUE";
    let mut text = String::new();
    for (name, key, extensions) in [
        (
            "not a CA",
            "genrsa -out ca.key 2048",
            "basicConstraints=CA:FALSE",
        ),
        (
            "keyUsage",
            "genrsa -out ca.key 2048",
            "basicConstraints=CA:TRUE\nkeyUsage=digitalSignature",
        ),
        (
            "servers only",
            "genrsa -out ca.key 2048",
            "basicConstraints=CA:TRUE\nextendedKeyUsage=serverAuth",
        ),
        ("a short key", "genrsa -out ca.key 1024", ROOT),
        ("P-521", "ecparam -name secp521r1 -genkey -out ca.key", ROOT),
    ] {
        openssl.run(key);
        openssl.self_sign("/CN=a-ca", extensions, "");
        let pki = PkiMemory::new();
        pki.files().put(CA_CRT, openssl.read("ca.crt"));
        pki.files().put(CA_KEY, openssl.read("ca.key"));
        let refusal = refusal(&pki, &ca(), now());
        writeln!(text, "{name}\n{refusal}").expect("a String takes everything");
    }
    for (name, key) in [
        (
            "encrypted, PKCS#8",
            "genrsa -aes128 -passout pass:x -out ca.key 2048",
        ),
        (
            "encrypted, PKCS#1",
            "genrsa -traditional -aes128 -passout pass:x -out ca.key 2048",
        ),
    ] {
        openssl.run(key);
        let pki = PkiMemory::new();
        pki.make_ca(now());
        pki.files().put(CA_KEY, openssl.read("ca.key"));
        let refusal = refusal(&pki, &ca(), now());
        writeln!(text, "{name}\n{refusal}").expect("a String takes everything");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn files_of_a_member_that_make_no_sense_are_reasons_not_errors() {
    let pki = PkiMemory::new();
    pki.make_ca(NOW);
    pki.issued(&wanted(), NOW);
    pki.files().put(MEMBER_KEY, "");
    let reason = "has a key file that holds no private key in PEM form";
    assert_eq!(pki.reasons(&wanted(), NOW), [reason]);
    pki.files().put(MEMBER_CRT, "");
    let reason = "holds no certificate in PEM form";
    assert_eq!(pki.reasons(&wanted(), NOW), [reason]);
    pki.issued(&wanted(), NOW);
    assert_eq!(pki.reasons(&wanted(), NOW), [""; 0]);
}

#[test]
fn a_new_ca_of_the_same_name_makes_every_certificate_due() {
    let pki = PkiMemory::new();
    pki.make_ca(NOW);
    pki.issued(&wanted(), NOW);
    pki.files().remove(CA_CRT);
    assert_eq!(pki.reasons(&wanted(), NOW), ["is of no CA that is there"]);
    pki.files().remove(CA_KEY);
    pki.make_ca(NOW);
    let reason = "was issued with another key of the CA";
    assert_eq!(pki.reasons(&wanted(), NOW), [reason]);
}
