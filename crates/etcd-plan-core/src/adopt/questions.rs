use super::member::effective;
use crate::facts::HostFacts;
use crate::names::{Address, HostPath};
use crate::op::{EtcdAccess, ReadOp};
use crate::plan::MemberFile;
use crate::spec::HostSpec;

/// Where the original module, and etcd-plan, have a member's private key.
pub const STANDARD_KEY: MemberFile = MemberFile::PrivateKey;

/// Gives what a host must be asked so that its member can be adopted, and was not asked yet.
///
/// The first questions are about the places that the original module has, so that its clusters are read
/// in one round trip. What a host answers can name other places, which are asked about next: it is to
/// be called until it gives nothing. Private keys are not among the questions.
pub fn questions(host: &HostSpec, root: &str, facts: &HostFacts) -> Vec<ReadOp> {
    let mut questions = first(host);
    if let Ok(found) = effective(facts, root) {
        questions.extend(found.config.clone().map(|path| ReadOp::ReadFile { path }));
        let data = found.path("data-dir");
        questions.extend(data.map(|path| ReadOp::DataDir { path }));
        let files = [found.tls("cert-file"), found.tls("trusted-ca-file")];
        let files = files.into_iter().flatten();
        questions.extend(files.map(|path| ReadOp::ReadFile { path }));
        questions.extend(found.access().map(|access| ReadOp::Etcd { access }));
    }
    questions.retain(|question| !facts.iter().any(|(asked, _)| asked == question));
    questions.sort();
    questions.dedup();
    questions
}

/// Gives where the private key of the member lies, by what its host has answered; none where that is not
/// known.
pub fn key_file(facts: &HostFacts, root: &str) -> Option<HostPath> {
    effective(facts, root).ok()?.tls("key-file")
}

/// What is asked before anything is known.
fn first(host: &HostSpec) -> Vec<ReadOp> {
    let path = |file: MemberFile| file.wanted().path;
    let read = |file: MemberFile| ReadOp::ReadFile { path: path(file) };
    let mut questions = vec![
        ReadOp::System,
        ReadOp::Package,
        ReadOp::Processes,
        read(MemberFile::EtcdConf),
        read(MemberFile::CaCertificate),
        read(MemberFile::Certificate),
        ReadOp::DataDir {
            path: HostPath::fixed("/data/etcd"),
        },
    ];
    // A host is mostly named by the address that its member advertises.
    if let Ok(address) = host.name.as_str().parse::<Address>()
        && address.ip().is_some()
    {
        questions.push(ReadOp::Etcd {
            access: EtcdAccess {
                endpoint: format!("https://{}:2379", address.in_url()),
                cacert: path(MemberFile::CaCertificate),
                cert: path(MemberFile::Certificate),
                key: path(MemberFile::PrivateKey),
            },
        });
    }
    questions
}
