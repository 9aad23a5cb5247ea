//! What consumers get of a cluster that lives, and what is said when that is out of date.

use std::fs;

use crate::site::Site;

const APPLY: &str = "apply -c sandbox=hosts";
const STATUS: &str = "status -c sandbox=hosts";
const OUT_OF_DATE: &str = "note: consumers' files are out of date:\n  ";

/// The cluster as those see it who only use it.
const EXTERNAL: &str = "theirs:
  hosts: { 127.0.71.1: { etcd_seq: 1 } }
  vars:
    etcd_cluster: theirs
    etcd_port: 24379
    etcd_external: true
    etcd_external_ca: files/pki/clients/ca.crt
    etcd_external_cert: files/pki/clients/us.crt
    etcd_external_key: files/pki/clients/us.key
";

#[test]
fn consumers_get_files_and_certificates_and_are_told_of() {
    let Some(site) = Site::with_etcd("127.0.71.", 1) else {
        return;
    };
    let early = site.ends_with(1, "issue --cn us");
    assert!(early.stderr.contains("make the CA first"), "{early:#?}");
    site.ends_with(0, APPLY);

    let issued = site.ends_with(0, "issue --cn us");
    assert!(
        issued
            .stderr
            .contains("issued the certificate of us (is not there)"),
        "{issued:#?}"
    );
    let files = "files/pki/clients/us.crt\nfiles/pki/clients/us.key\nfiles/pki/clients/ca.crt\n";
    assert_eq!(issued.stdout, files);
    let kept = site.ends_with(0, "issue --cn us");
    assert!(
        kept.stderr.contains("kept the certificate of us"),
        "{kept:#?}"
    );
    let elsewhere = site.ends_with(0, "issue --cn us -o for-us --san 10.1.1.1 --validity 90d");
    assert_eq!(
        elsewhere.stdout,
        files.replace("files/pki/clients", "for-us")
    );

    // With nothing but these files.
    fs::write(site.path("theirs.yml"), EXTERNAL).expect("an inventory");
    let theirs = site.ends_with(0, "status -i theirs.yml");
    assert!(
        theirs
            .stdout
            .contains("Cluster theirs: healthy; 1 of 1 voter"),
        "{theirs:#?}"
    );
    let used = site.shell("eval \"$($ETCD_PLAN env -i theirs.yml)\" && etcdctl put a 10");
    assert_eq!(used.stdout, "OK\n", "{used:#?}");
    let planned = site.ends_with(2, "plan -i theirs.yml");
    assert!(
        planned.stderr.contains("somebody else runs theirs"),
        "{planned:#?}"
    );
    let issued = site.ends_with(1, "issue -i theirs.yml --cn us");
    assert!(
        issued.stderr.contains("is of an external cluster"),
        "{issued:#?}"
    );

    site.ends_with(
        0,
        "outputs --for patroni --scope pg-test -o patroni/etcd.yml",
    );
    let good = site.ends_with(0, STATUS);
    assert!(!good.stderr.contains("note:"), "{good:#?}");
    let file = site.path("patroni/etcd.yml");
    fs::write(&file, "by hand\n").expect("written");
    let told = format!("{OUT_OF_DATE}patroni/etcd.yml (patroni, says something else)");
    let status = site.ends_with(0, STATUS);
    assert!(status.stderr.contains(&told), "{status:#?}");
    fs::remove_file(site.path("hosts/127.0.71.1/etc/profile.d/etcdctl.sh")).expect("it was there");
    let run = site.ends_with(0, APPLY);
    assert!(run.stderr.contains(&told), "{run:#?}");
    let mended = site.ends_with(0, "outputs --refresh");
    assert_eq!(mended.stdout, "~ patroni/etcd.yml\n");
    let text = fs::read_to_string(&file).expect("it is there");
    assert!(text.contains("127.0.71.1:24379"), "{text}");
    let good = site.ends_with(0, STATUS);
    assert!(!good.stderr.contains("note:"), "{good:#?}");
}
