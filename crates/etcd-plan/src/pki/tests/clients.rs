use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use etcd_plan_core::cert::CertificateFacts;
use etcd_plan_core::inventory::{ExtraVars, Inventory};
use etcd_plan_core::names::Days;
use etcd_plan_core::spec::ClusterSpec;

use super::openssl::Openssl;
use super::{CA_CRT, CA_KEY, Expecting as _, MEMBER_CRT, MEMBER_KEY, NOW, wanted};
use crate::pki::{ClientWanted, Issued, Pki, PkiFolder, PkiMemory, Store};

const CLIENT_CRT: &str = "files/pki/clients/patroni.crt";
const CLIENT_KEY: &str = "files/pki/clients/patroni.key";

fn spec(vars: &str) -> ClusterSpec {
    let text =
        format!("etcd: {{ hosts: {{ 10.10.10.10: {{ etcd_seq: 1 }} }}, vars: {{ {vars} }} }}");
    let inventory = Inventory::parse(&text, "inventory.yml").expect("an inventory");
    let resolved = etcd_plan_core::spec::resolve(&inventory, &ExtraVars::default());
    resolved.expect("a cluster").clusters.remove(0)
}

fn patroni() -> ClientWanted {
    ClientWanted::new("patroni".parse().expect("a name"))
}

fn issued<S: Store>(pki: &Pki<S>, wanted: &ClientWanted) -> Issued {
    let issued = pki.issue_client(&spec(""), wanted, NOW);
    issued.expect("a certificate can be issued")
}

#[test]
fn a_client_gets_one_certificate_and_keeps_it() {
    let base = tempfile::tempdir().expect("a temporary folder");
    let pki = PkiFolder::new(base.path());
    pki.make_ca(NOW);
    let first = issued(&pki, &patroni());
    assert_eq!(first.reasons, ["is not there"]);
    assert_eq!(first.certificate.to_str(), Some(CLIENT_CRT));
    for (file, expected) in [
        (CLIENT_CRT, 0o644),
        (CLIENT_KEY, 0o600),
        ("files/pki/clients/ca.crt", 0o644),
    ] {
        let mode = fs::metadata(base.path().join(file))
            .expect("it is there")
            .permissions();
        assert_eq!(mode.mode() & 0o7777, expected, "{file}");
    }
    let read = |file: &str| fs::read(base.path().join(file)).expect("it is there");
    assert_eq!(read("files/pki/clients/ca.crt"), read(CA_CRT));
    let (certificate, key) = (read(CLIENT_CRT), read(CLIENT_KEY));
    assert!(issued(&pki, &patroni()).reasons.is_empty());
    assert_eq!(
        (certificate.clone(), key),
        (read(CLIENT_CRT), read(CLIENT_KEY))
    );

    let renewed = issued(
        &pki,
        &ClientWanted {
            renew: true,
            ..patroni()
        },
    );
    assert_eq!(renewed.reasons, ["is to be renewed"]);
    assert_ne!(certificate, read(CLIENT_CRT));
    let san = "10.10.10.20".parse::<etcd_plan_core::names::Address>();
    let sans = [(&san.expect("an address")).into()].into();
    let named = issued(&pki, &ClientWanted { sans, ..patroni() });
    assert_eq!(named.reasons, ["lacks the name IP 10.10.10.20"]);
    let facts = CertificateFacts::parse(&read(CLIENT_CRT)).expect("a certificate");
    assert_eq!(facts.sans.len(), 1);
}

#[test]
fn nobody_can_pass_for_a_member_with_it() {
    let Some(openssl) = Openssl::or_skip() else {
        return;
    };
    let base = tempfile::tempdir().expect("a temporary folder");
    let pki = PkiFolder::new(base.path());
    pki.make_ca(NOW);
    let short = ClientWanted {
        validity: Some(Days(30)),
        ..patroni()
    };
    let until = issued(&pki, &short).not_after;
    assert_eq!(until, "2025-01-31T00:00:00Z");
    let certificate = fs::read(base.path().join(CLIENT_CRT)).expect("it is there");
    openssl.write("client.crt", certificate);
    let ca = fs::read(base.path().join(CA_CRT)).expect("it is there");
    openssl.write("ca.crt", ca);
    let extensions = openssl.run("x509 -in client.crt -noout -ext extendedKeyUsage");
    assert!(
        extensions.contains("TLS Web Client Authentication"),
        "{extensions}"
    );
    assert!(!extensions.contains("Server"), "{extensions}");
    openssl.run("verify -no_check_time -CAfile ca.crt -purpose sslclient client.crt");

    // A member's certificate in its place is not taken for a client's.
    let member = PkiMemory::new();
    member.make_ca(NOW);
    member.issued(&wanted(), NOW);
    for (from, to) in [(MEMBER_CRT, CLIENT_CRT), (MEMBER_KEY, CLIENT_KEY)] {
        let content = member.files().read(from.as_ref()).expect("readable");
        member
            .files()
            .put(to, content.expect("it is there").expose().to_vec());
    }
    let reasons = issued(&member, &patroni()).reasons;
    assert!(
        reasons.contains(&"also has the usage serverAuth".to_owned()),
        "{reasons:?}"
    );
    assert!(
        reasons.contains(&"is that of CN=etcd-1, O=pigsty, OU=etcd".to_owned()),
        "{reasons:?}"
    );
}

#[test]
fn a_folder_of_ones_own_is_kept_as_well() {
    let base = tempfile::tempdir().expect("a temporary folder");
    let pki = PkiFolder::new(base.path());
    pki.make_ca(NOW);
    let folder = base.path().join("for-patroni");
    let wanted = ClientWanted {
        folder: Some(folder.clone()),
        ..patroni()
    };
    assert_eq!(
        issued(&pki, &wanted).certificate,
        folder.join("patroni.crt")
    );
    assert!(issued(&pki, &wanted).reasons.is_empty());
    assert!(!base.path().join("files/pki/clients").exists());
}

#[test]
fn what_cannot_be_issued_is_refused_and_nothing_is_made() {
    let refused = |pki: &PkiMemory, vars: &str, name: &str| {
        let wanted = ClientWanted::new(name.parse().expect("a name"));
        let error = pki.issue_client(&spec(vars), &wanted, NOW);
        error.expect_err("it is refused").to_string()
    };
    let pki = PkiMemory::new();
    let none = refused(&pki, "", "patroni");
    assert!(none.contains("there is no CA yet"), "{none}");
    let made = pki.files().read(CA_KEY.as_ref()).expect("readable");
    assert!(made.is_none(), "a CA that no member knows lets nobody in");
    pki.make_ca(NOW);
    let ca = refused(&pki, "", "ca");
    assert!(ca.contains("is where the CA's certificate lies"), "{ca}");
    let external = refused(&pki, "etcd_external: true", "patroni");
    assert!(external.contains("is of an external cluster"), "{external}");
}
