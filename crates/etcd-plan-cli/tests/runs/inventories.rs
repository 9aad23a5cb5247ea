//! Where the inventory comes from.

use std::fs;

use crate::site::Site;

#[test]
fn the_inventory_is_named_set_usual_or_given() {
    let site = Site::with_sleepers("127.0.57.");
    let text = fs::read_to_string(site.path("pigsty.yml")).expect("an inventory");
    fs::write(
        site.path("other.yml"),
        text.replace("etcd_cluster: etcd", "etcd_cluster: other"),
    )
    .expect("a file");
    let name = |ended: crate::site::Ended| {
        let first = ended.stdout.lines().next().unwrap_or_default().to_owned();
        first.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    assert_eq!(name(site.ends_with(0, "inventory")), "etcd");
    assert_eq!(name(site.ends_with(0, "inventory -i other.yml")), "other");
    let set = site.shell("ETCD_PLAN_INVENTORY=other.yml $ETCD_PLAN inventory");
    assert_eq!(name(set), "other");
    let both = site.shell("ETCD_PLAN_INVENTORY=nowhere $ETCD_PLAN inventory -i other.yml");
    assert_eq!(name(both), "other");
    let given = site.shell("$ETCD_PLAN inventory -i - <other.yml");
    assert_eq!(name(given), "other");
    let ansible = site.shell("$ETCD_PLAN validate -i - </dev/null");
    assert_eq!(ansible.code, Some(2), "{ansible:#?}");
}
