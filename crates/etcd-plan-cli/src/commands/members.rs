//! Who is a member: `join`, `remove`, `replace` and `destroy`, which are `apply` with their goals.

use etcd_plan::Goal;

use super::apply;
use crate::arguments::{
    ApplyArguments, DestroyArguments, JoinArguments, RemoveArguments, ReplaceArguments, Selection,
};
use crate::exit::Failure;
use crate::output::Output;

/// Makes hosts members of a cluster that lives.
pub(super) fn join(arguments: JoinArguments, verbose: u8, output: Output) -> Result<u8, Failure> {
    let selection = Selection {
        goal: Goal::Join,
        limit: Some(arguments.hosts.join(",")),
        ..Selection::default()
    };
    let arguments =
        ApplyArguments::of(arguments.inventory, selection, arguments.yes, arguments.run);
    apply::run(&arguments, verbose, output)
}

/// Takes members out of a cluster that lives.
pub(super) fn remove(
    arguments: RemoveArguments,
    verbose: u8,
    output: Output,
) -> Result<u8, Failure> {
    let selection = Selection {
        goal: Goal::Remove,
        depart: arguments.members,
        dead: arguments.dead,
        ..Selection::default()
    };
    let arguments =
        ApplyArguments::of(arguments.inventory, selection, arguments.yes, arguments.run);
    apply::run(&arguments, verbose, output)
}

/// Puts a new host in the place of a member.
pub(super) fn replace(
    arguments: ReplaceArguments,
    verbose: u8,
    output: Output,
) -> Result<u8, Failure> {
    let selection = Selection {
        goal: Goal::Replace,
        limit: Some(arguments.new),
        depart: vec![arguments.old],
        dead: arguments.dead,
        ..Selection::default()
    };
    let arguments =
        ApplyArguments::of(arguments.inventory, selection, arguments.yes, arguments.run);
    apply::run(&arguments, verbose, output)
}

/// Takes clusters away, once whoever asks for it has typed their names.
pub(super) fn destroy(
    arguments: DestroyArguments,
    verbose: u8,
    output: Output,
) -> Result<u8, Failure> {
    let selection = Selection {
        goal: Goal::Destroy,
        limit: arguments.limit,
        snapshots: arguments.snapshots,
        ..Selection::default()
    };
    let arguments = ApplyArguments {
        destroy: arguments.destroy,
        ..ApplyArguments::of(arguments.inventory, selection, false, arguments.run)
    };
    apply::run(&arguments, verbose, output)
}
