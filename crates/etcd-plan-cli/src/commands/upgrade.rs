use etcd_plan::Goal;

use super::apply;
use crate::arguments::{ApplyArguments, Selection, UpgradeArguments};
use crate::exit::Failure;
use crate::output::Output;

/// Brings members to another version of etcd: `apply --goal upgrade`.
pub(super) fn run(arguments: UpgradeArguments, verbose: u8, output: Output) -> Result<u8, Failure> {
    let UpgradeArguments {
        inventory,
        to,
        limit,
        snapshots,
        yes,
        run,
    } = arguments;
    let selection = Selection {
        goal: Goal::Upgrade,
        limit,
        to,
        snapshots,
        ..Selection::default()
    };
    let arguments = ApplyArguments::of(inventory, selection, yes, run);
    apply::run(&arguments, verbose, output)
}
