use etcd_plan::Goal;

use super::apply;
use crate::arguments::{ApplyArguments, RecoverArguments, Selection, SnapshotArguments};
use crate::exit::Failure;
use crate::output::Output;

/// Makes a new cluster of what survivors hold: `apply --goal recover`.
pub(super) fn run(arguments: RecoverArguments, verbose: u8, output: Output) -> Result<u8, Failure> {
    let RecoverArguments {
        dead,
        inventory,
        limit,
        output: folder,
        yes,
        destroy,
        run,
    } = arguments;
    let selection = Selection {
        goal: Goal::Recover,
        limit,
        dead: !dead.is_empty(),
        depart: dead,
        snapshots: SnapshotArguments {
            to: folder,
            ..SnapshotArguments::default()
        },
        ..Selection::default()
    };
    let arguments = ApplyArguments {
        destroy,
        ..ApplyArguments::of(inventory, selection, yes, run)
    };
    apply::run(&arguments, verbose, output)
}
