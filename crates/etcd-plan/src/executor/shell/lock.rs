use etcd_plan_core::names::HostPath;

use super::call::Call;

/// The shell itself takes the lock, since the kernel lets go of it when its process ends.
pub(super) fn lock<'a>(call: Call<'a>, path: &HostPath, holder: &str) -> Call<'a> {
    call.function_here("take_lock").path(path).word(holder)
}
