use etcd_plan_core::cert::{AuthorityFacts, KeyAlgorithm, San};
use etcd_plan_core::names::{Address, Days};

use super::openssl::Openssl;
use super::{CA_CRT, CA_KEY, Expecting as _, MEMBER_CRT, MEMBER_KEY, ca, wanted};
use crate::pki::{KeyMaterial as _, MemberMaterial, PkiMemory, now};

const ROOT: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign";

/// Has openssl refuse what RFC 5280 does not allow, harmless or not.
const STRICT: &str = "-x509_strict";

const RSA: &str = "genrsa -out ca.key 2048";

/// A CA as somebody else makes it.
struct Kind {
    name: &'static str,
    /// What makes `ca.key`.
    key: &'static str,
    /// How the key's file begins.
    begins: &'static str,
    subject: &'static str,
    extensions: &'static str,
    options: &'static str,
    /// What openssl is told when it verifies.
    strictness: &'static str,
}

const PLAIN: Kind = Kind {
    name: "RSA, PKCS#8",
    key: RSA,
    begins: "-----BEGIN PRIVATE KEY-----",
    subject: "/CN=pigsty-ca",
    extensions: ROOT,
    options: "",
    strictness: STRICT,
};

const KINDS: [Kind; 14] = [
    PLAIN,
    Kind {
        name: "RSA, PKCS#1, as the original module makes it",
        key: "genrsa -traditional -out ca.key 2048",
        begins: "-----BEGIN RSA PRIVATE KEY-----",
        ..PLAIN
    },
    Kind {
        name: "P-256, SEC1, with a block of parameters before it",
        key: "ecparam -name prime256v1 -genkey -out ca.key",
        begins: "-----BEGIN EC PARAMETERS-----",
        ..PLAIN
    },
    Kind {
        name: "P-256, PKCS#8",
        key: "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key",
        ..PLAIN
    },
    Kind {
        name: "P-384, SEC1",
        key: "ecparam -name secp384r1 -genkey -noout -out ca.key",
        begins: "-----BEGIN EC PRIVATE KEY-----",
        ..PLAIN
    },
    Kind {
        name: "P-384, PKCS#8",
        key: "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out ca.key",
        ..PLAIN
    },
    Kind {
        name: "Ed25519",
        key: "genpkey -algorithm ed25519 -out ca.key",
        ..PLAIN
    },
    Kind {
        name: "RSA 4096, SHA-512",
        key: "genrsa -out ca.key 4096",
        options: "-sha512",
        ..PLAIN
    },
    Kind {
        name: "RSA, signed with PSS",
        options: "-sigopt rsa_padding_mode:pss",
        ..PLAIN
    },
    Kind {
        name: "a name as Active Directory has it",
        subject: "/DC=org/DC=example/CN=corp-ca",
        ..PLAIN
    },
    Kind {
        name: "two attributes in one part of the name",
        subject: "/O=example/CN=ca+OU=infra",
        options: "-multivalue-rdn",
        ..PLAIN
    },
    Kind {
        name: "a name in another alphabet",
        subject: "/C=CN/O=磐石/CN=ca",
        options: "-utf8",
        ..PLAIN
    },
    Kind {
        name: "no identifier of its key",
        extensions: "basicConstraints=CA:TRUE\nsubjectKeyIdentifier=none",
        strictness: "",
        ..PLAIN
    },
    Kind {
        name: "restricted to TLS",
        extensions: "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=keyCertSign\n\
                     extendedKeyUsage=serverAuth,clientAuth",
        ..PLAIN
    },
];

#[test]
fn a_ca_that_exists_is_used_whatever_made_it() {
    let Some(openssl) = Openssl::or_skip() else {
        return;
    };
    for kind in KINDS {
        openssl.run(kind.key);
        let key = openssl.read("ca.key");
        assert!(key.starts_with(kind.begins), "{}: {key:.40}", kind.name);
        openssl.self_sign(kind.subject, kind.extensions, kind.options);
        let pki = PkiMemory::new();
        pki.files().put(CA_CRT, openssl.read("ca.crt"));
        pki.files().put(CA_KEY, key);

        let material = pki.issued(&wanted(), now());
        assert_eq!(pki.reasons(&wanted(), now()), [""; 0], "{}", kind.name);
        assert_eq!(material.ca_pem, openssl.read("ca.crt"), "{}", kind.name);
        assert_verifies_as(&openssl, &material, &material.ca_pem, kind.strictness);
    }
}

#[test]
fn members_of_an_intermediate_ca_show_what_leads_to_the_root() {
    let Some(openssl) = Openssl::or_skip() else {
        return;
    };
    let (root, middle, lower) = three_tiers(&openssl);
    for chain in [
        [&lower, &middle, &root],
        [&root, &middle, &lower],
        [&middle, &lower, &root],
    ] {
        let pki = PkiMemory::new();
        pki.files().put(CA_CRT, chain.map(String::as_str).concat());
        pki.files().put(CA_KEY, openssl.read("ca.key"));
        let material = pki.issued(&wanted(), now());
        assert_eq!(pki.reasons(&wanted(), now()), [""; 0]);
        assert!(
            material
                .certificate_pem
                .ends_with(&format!("{lower}{middle}"))
        );
        // Who trusts the whole file, as members do, and who trusts the root alone.
        assert_verifies(&openssl, &material, &material.ca_pem);
        assert_verifies(&openssl, &material, &root);
        // The same without a new certificate, from what lies there.
        assert_eq!(
            pki.material(&ca(), &wanted()).expect("all is there"),
            material
        );
    }
}

#[test]
fn the_chain_follows_the_ca_file_without_a_new_certificate() {
    let Some(openssl) = Openssl::or_skip() else {
        return;
    };
    let (root, middle, lower) = three_tiers(&openssl);
    let pki = PkiMemory::new();
    pki.files().put(CA_CRT, lower.as_str());
    pki.files().put(CA_KEY, openssl.read("ca.key"));
    pki.issued(&wanted(), now());
    pki.files().put(CA_CRT, format!("{lower}{middle}{root}"));
    assert_eq!(pki.reasons(&wanted(), now()), [""; 0]);
    let material = pki.material(&ca(), &wanted()).expect("all is there");
    assert_verifies(&openssl, &material, &root);
}

#[test]
fn what_others_issued_is_kept() {
    let Some(openssl) = Openssl::or_skip() else {
        return;
    };
    openssl.run(RSA);
    openssl.self_sign("/CN=pigsty-ca", ROOT, "");
    openssl.run("genrsa -traditional -out member.key 2048");
    openssl.run("req -new -key member.key -subj /O=pigsty/OU=etcd/CN=etcd-1 -out member.csr");
    openssl.write(
        "member.ext",
        "subjectAltName=IP:127.0.0.1,DNS:localhost,IP:10.10.10.10,DNS:etcd-1\n\
         extendedKeyUsage=serverAuth,clientAuth",
    );
    openssl.run(
        "x509 -req -in member.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 \
         -extfile member.ext -out member.crt",
    );
    let pki = PkiMemory::new();
    for (file, source) in [
        (CA_CRT, "ca.crt"),
        (MEMBER_CRT, "member.crt"),
        (MEMBER_KEY, "member.key"),
    ] {
        pki.files().put(file, openssl.read(source));
    }
    // The CA's key is not here: what is good is used all the same.
    assert_eq!(pki.reasons(&wanted(), now()), [""; 0]);
    let material = pki.material(&ca(), &wanted()).expect("all is there");
    assert_verifies(&openssl, &material, &material.ca_pem);

    let mut rsa = wanted();
    rsa.key = Some(KeyAlgorithm::Rsa2048);
    assert_eq!(pki.reasons(&rsa, now()), [""; 0]);
    rsa.key = Some(KeyAlgorithm::EcdsaP256);
    let reason = "has a key that is RSA 2048, not ecdsa-p256";
    assert_eq!(pki.reasons(&rsa, now()), [reason]);
}

#[test]
fn every_key_algorithm_and_address_verifies() {
    let Some(openssl) = Openssl::or_skip() else {
        return;
    };
    let pki = PkiMemory::new();
    pki.make_ca(now());
    for (address, key, shown) in [
        (
            "fd00::1",
            KeyAlgorithm::EcdsaP256,
            "IP Address:FD00:0:0:0:0:0:0:1",
        ),
        (
            "db-1.example.org",
            KeyAlgorithm::Rsa2048,
            "DNS:db-1.example.org",
        ),
        ("10.0.0.1", KeyAlgorithm::Rsa3072, "IP Address:10.0.0.1"),
    ] {
        let mut wanted = wanted();
        wanted.key = Some(key);
        wanted.validity = Days(36_500);
        let address: Address = address.parse().expect("an address");
        wanted.sans.extend([San::from(&address)]);
        let material = pki.issued(&wanted, now());
        assert_verifies(&openssl, &material, &material.ca_pem);
        assert!(
            openssl
                .run("x509 -in server.crt -noout -text")
                .contains(shown)
        );
        assert_eq!(pki.reasons(&wanted, now()), [""; 0]);
    }
}

/// Has openssl judge what a member's host gets, against what a peer trusts.
fn assert_verifies(openssl: &Openssl, material: &MemberMaterial, trusted: &str) {
    assert_verifies_as(openssl, material, trusted, STRICT);
}

fn assert_verifies_as(
    openssl: &Openssl,
    material: &MemberMaterial,
    trusted: &str,
    strictness: &str,
) {
    openssl.write("trusted.crt", trusted);
    openssl.write("server.crt", &material.certificate_pem);
    openssl.write("server.key", material.key.expose());
    for purpose in ["sslserver", "sslclient"] {
        let verdict = openssl.run(&format!(
            "verify {strictness} -CAfile trusted.crt -untrusted server.crt -purpose {purpose} \
             -verify_hostname etcd-1 server.crt"
        ));
        assert_eq!(verdict, "server.crt: OK\n");
    }
    let text = openssl.run("x509 -in server.crt -noout -text");
    for part in [
        "IP Address:127.0.0.1",
        "DNS:localhost",
        "IP Address:10.10.10.10",
        "DNS:etcd-1",
        "TLS Web Server Authentication, TLS Web Client Authentication",
        "CN = etcd-1",
        "O = pigsty",
        "OU = etcd",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    openssl.run("pkey -in server.key -check -noout");
    assert_eq!(
        openssl.run("pkey -in server.key -pubout"),
        openssl.run("x509 -in server.crt -noout -pubkey"),
    );
}

/// Makes a root, an intermediate CA below it and another below that, whose key is `ca.key`.
fn three_tiers(openssl: &Openssl) -> (String, String, String) {
    openssl.write(
        "tier.ext",
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n\
         subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid",
    );
    openssl.run(RSA);
    openssl.self_sign("/CN=root", ROOT, "");
    let mut tiers = vec![openssl.read("ca.crt")];
    // Each ends well before the one above it: what it signs must not outlive that one.
    for (name, days, key) in [
        (
            "middle",
            3650,
            "ecparam -name secp384r1 -genkey -noout -out ca.key",
        ),
        ("lower", 1825, "genrsa -traditional -out ca.key 2048"),
    ] {
        openssl.write("above.crt", openssl.read("ca.crt"));
        openssl.write("above.key", openssl.read("ca.key"));
        openssl.run(key);
        openssl.run(&format!(
            "req -new -key ca.key -subj /CN={name} -out tier.csr"
        ));
        openssl.run(&format!(
            "x509 -req -in tier.csr -CA above.crt -CAkey above.key -CAcreateserial -days {days} \
             -extfile tier.ext -out ca.crt",
        ));
        tiers.push(openssl.read("ca.crt"));
    }
    let [root, middle, lower] = tiers.try_into().expect("three tiers");
    (root, middle, lower)
}

#[test]
fn a_bundle_of_two_roots_is_trusted_whole_and_shown_by_nobody() {
    let (old, new) = (PkiMemory::new(), PkiMemory::new());
    old.make_ca(now());
    new.make_ca(now());
    let pem = |pki: &PkiMemory| -> String {
        let found = pki.authority(&ca(), now()).expect("a CA");
        found
            .as_ref()
            .map(AuthorityFacts::trusted_pem)
            .expect("a CA")
    };
    let bundle = pem(&old) + &pem(&new);
    new.files().put(CA_CRT, bundle.as_str());
    let material = new.issued(&wanted(), now());
    assert_eq!(material.ca_pem, bundle);
    assert_eq!(material.certificate_pem.matches("BEGIN").count(), 1);
    assert_eq!(new.reasons(&wanted(), now()), [""; 0]);
}
