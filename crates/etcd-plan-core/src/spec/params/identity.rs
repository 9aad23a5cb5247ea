use super::table::ParameterValue;
use crate::spec::{Level, Parameter};

/// The parameters that say who a member is. They are read one by one for each host, before there
/// is a cluster to resolve the others for.
pub const IDENTITY: &[Parameter] = &[
    Parameter {
        name: "etcd_seq",
        type_name: "int >= 0",
        default: "",
        levels: &[Level::Instance],
        in_seeds: true,
        doc: &[
            "The number of the member in its cluster, required and unique there.",
            "A host that carries it is an etcd member; its name is `<etcd_cluster>-<etcd_seq>`, or `etcd_name`.",
        ],
    },
    Parameter {
        name: "etcd_cluster",
        type_name: <String as ParameterValue>::TYPE,
        default: "etcd",
        levels: &[Level::Cluster],
        in_seeds: true,
        doc: &[
            "The name of the cluster.",
            "It stands in member names, certificates and file names.",
        ],
    },
    Parameter {
        name: "etcd_name",
        type_name: <String as ParameterValue>::TYPE,
        default: "",
        levels: &[Level::Instance],
        in_seeds: false,
        doc: &[
            "The name of the member, where it is not `<etcd_cluster>-<etcd_seq>`.",
            "That is so in clusters that another tool has built: etcd does not let a member take another",
            "name. It stands in its certificate and in file names.",
        ],
    },
    Parameter {
        name: "etcd_learner",
        type_name: <bool as ParameterValue>::TYPE,
        default: "false",
        levels: &[Level::Instance],
        in_seeds: false,
        doc: &[
            "Whether the member has no vote.",
            "A learner joins a cluster that lives; it cannot take part in making a new one.",
        ],
    },
];
