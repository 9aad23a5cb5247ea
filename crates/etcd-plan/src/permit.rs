//! The right to write, which only a run that has passed its guards can give.

/// The right to change a host.
///
/// It has no public constructor: only the engine makes one, after every guard of a run was judged
/// and none refused. (Besides, certificates of clients are issued without guards, through
/// [`Pki::issue_client`](crate::pki::Pki::issue_client), which keeps its permit to itself and reaches
/// no host.) A session's [`write`](crate::executor::Session::write) asks for it, so code
/// that has not gone through the guards cannot change a host:
///
/// ```compile_fail,E0423
/// let permit = etcd_plan::permit::Permit(());
/// ```
#[derive(Debug)]
pub struct Permit(());

impl Permit {
    /// Makes the permit of a run, or of what reaches no host and hands it to nobody.
    pub(crate) fn granted() -> Self {
        Self(())
    }
}
