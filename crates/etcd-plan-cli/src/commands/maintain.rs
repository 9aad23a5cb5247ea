use etcd_plan::Goal;

use super::apply;
use crate::arguments::{ApplyArguments, MaintainArguments, Selection};
use crate::exit::Failure;
use crate::output::Output;

/// Lets stores give back what they do not need: `apply --goal maintain`.
pub(super) fn run(
    arguments: MaintainArguments,
    verbose: u8,
    output: Output,
) -> Result<u8, Failure> {
    let MaintainArguments {
        inventory,
        limit,
        options,
        yes,
        run,
    } = arguments;
    let selection = Selection {
        goal: Goal::Maintain,
        limit,
        maintain: options,
        ..Selection::default()
    };
    let arguments = ApplyArguments::of(inventory, selection, yes, run);
    apply::run(&arguments, verbose, output)
}
