use etcd_plan_core::names::HostPath;

use super::call::Call;

/// The shell itself takes the lock, since the kernel lets go of it when its process ends.
pub(super) fn lock<'a>(
    call: Call<'a>,
    path: &HostPath,
    holder: &str,
    journal: &HostPath,
) -> Call<'a> {
    let call = call.function_here("take_lock");
    call.path(path).word(holder).path(journal)
}
