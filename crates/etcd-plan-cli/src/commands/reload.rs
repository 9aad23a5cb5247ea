use etcd_plan::Goal;

use super::apply;
use crate::arguments::{ApplyArguments, ReloadArguments, Selection};
use crate::exit::Failure;
use crate::output::Output;

/// Lets members take on what an inventory says: `apply --goal reload`.
pub(super) fn run(arguments: ReloadArguments, verbose: u8, output: Output) -> Result<u8, Failure> {
    let ReloadArguments {
        inventory,
        limit,
        yes,
        run,
    } = arguments;
    let selection = Selection {
        goal: Goal::Reload,
        limit,
        ..Selection::default()
    };
    let arguments = ApplyArguments::of(inventory, selection, yes, run);
    apply::run(&arguments, verbose, output)
}
