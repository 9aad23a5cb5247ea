use super::{Guard, GuardContext, Refusal};
use crate::plan::{Action, Goal};

/// Refuses to restore what is no snapshot, is damaged, or is not what its manifest says.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    let is_named = context.plan().goal() == Goal::Restore;
    if !is_named || !context.plans(|action| action == Action::BuildStore) {
        return Vec::new();
    }
    let options = context.plan().options().restore.as_ref();
    let file = options.map_or("", |options| &options.snapshot);
    let refuse = |evidence: String, hint: &str| {
        vec![context.refuse(Guard::Prerequisites, None, evidence, hint)]
    };
    let another = "name another snapshot: `backup` writes those that are whole";
    let snapshot = match &context.run.observation.snapshot {
        Some(Ok(snapshot)) => snapshot,
        Some(Err(why)) => return refuse(why.clone(), "name the file that `backup` has made"),
        None => return refuse("the snapshot was not read".to_owned(), another),
    };
    match snapshot.sealed {
        Some(true) => {}
        Some(false) => {
            let evidence =
                format!("{file} is damaged: it does not end with the digest of what it holds");
            return refuse(evidence, another);
        }
        None => {
            let evidence = format!("{file} does not end with a digest, as snapshots do");
            let hint = "a copied database may lack what its log had, and nobody could tell whether it is \
                        whole: `etcd-plan recover` is for those";
            return refuse(evidence, hint);
        }
    }
    match &snapshot.manifest {
        None => Vec::new(),
        Some(Err(why)) => refuse(format!("the manifest of {file}: {why}"), another),
        Some(Ok(manifest)) => {
            if (manifest.size, &manifest.sha256) != (snapshot.size, &snapshot.sha256) {
                let evidence = format!("{file} is not the file that its manifest tells of");
                return refuse(evidence, another);
            }
            if manifest.cluster == context.spec().name {
                return Vec::new();
            }
            let evidence = format!("{file} is of the cluster {}", manifest.cluster);
            let hint = "name a snapshot of this one; where that is meant, move its manifest away";
            refuse(evidence, hint)
        }
    }
}
