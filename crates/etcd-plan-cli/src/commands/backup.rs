use etcd_plan::Goal;

use super::apply;
use crate::arguments::{ApplyArguments, BackupArguments, Selection, SnapshotArguments};
use crate::exit::Failure;
use crate::output::Output;

/// Saves what the clusters hold: `apply --goal backup`.
pub(super) fn run(arguments: BackupArguments, verbose: u8, output: Output) -> Result<u8, Failure> {
    let BackupArguments {
        inventory,
        limit,
        output: folder,
        on_host,
        keep,
        yes,
        run,
    } = arguments;
    let selection = Selection {
        goal: Goal::Backup,
        limit,
        snapshots: SnapshotArguments {
            to: folder,
            on_host,
            keep,
            no_snapshot: false,
        },
        ..Selection::default()
    };
    let arguments = ApplyArguments::of(inventory, selection, yes, run);
    apply::run(&arguments, verbose, output)
}
