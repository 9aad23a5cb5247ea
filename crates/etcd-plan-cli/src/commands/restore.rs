use etcd_plan::Goal;

use super::apply;
use crate::arguments::{ApplyArguments, RestoreArguments, Selection};
use crate::exit::Failure;
use crate::output::Output;

/// Makes a new cluster of a snapshot: `apply --goal restore`.
pub(super) fn run(arguments: RestoreArguments, verbose: u8, output: Output) -> Result<u8, Failure> {
    let RestoreArguments {
        snapshot,
        inventory,
        limit,
        yes,
        destroy,
        run,
    } = arguments;
    let selection = Selection {
        goal: Goal::Restore,
        limit,
        snapshot: Some(snapshot),
        ..Selection::default()
    };
    let arguments = ApplyArguments {
        destroy,
        ..ApplyArguments::of(inventory, selection, yes, run)
    };
    apply::run(&arguments, verbose, output)
}
