use super::{Guard, GuardContext, Refusal};
use crate::quorum::{Membership, simulate};

/// Refuses a plan of which a step, done, half done or failed, would leave a cluster that lives without
/// a quorum. Where no cluster lives, or all of it is to be taken away, there is none to be kept.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    let (run, cluster) = (context.run, context.cluster);
    if run.purges(cluster) || run.builds(cluster) {
        return Vec::new();
    }
    let Some(before) = Membership::of(run, cluster) else {
        return Vec::new();
    };
    let Some(loss) = simulate(run, cluster, &before) else {
        return Vec::new();
    };
    let step = context.plan().step(loss.step);
    let evidence = format!(
        "the cluster would lose its quorum with {}: {}",
        step.id(),
        loss.then
    );
    let hint = "bring back the members that are down first, or change fewer members at once";
    vec![context.refuse(Guard::Members, None, evidence, hint)]
}
