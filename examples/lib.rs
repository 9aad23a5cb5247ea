//! Examples of etcd-plan; see the files beside this one.
