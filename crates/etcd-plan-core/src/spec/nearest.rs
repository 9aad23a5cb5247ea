/// Gives the known name that an unknown one was most likely meant to be: at most one letter in
/// three is other.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = name.chars().count().max(3) / 3;
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min()
        .filter(|(distance, _)| *distance <= limit)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_slips_of_the_pen_and_nothing_else() {
        let known = [
            "etcd_data",
            "etcd_seq",
            "etcd_safeguard",
            "cors",
            "max-txn-ops",
        ];
        for (name, wanted) in [
            ("etcd_sec", Some("etcd_seq")),
            ("etcd_saveguard", Some("etcd_safeguard")),
            ("etcd_data_dir", Some("etcd_data")),
            ("max_txn_ops", Some("max-txn-ops")),
            ("colour", None),
            ("etcd_memory_limit", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), wanted, "{name}");
        }
    }
}
