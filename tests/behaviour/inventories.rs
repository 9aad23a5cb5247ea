//! Every inventory that the strategies make is good, and says what it was made to say.

use etcd_plan::Inventory;
use etcd_plan::inventory::ExtraVars;
use etcd_plan::spec::resolve;
use etcd_plan_testkit::strategies;
use etcd_plan_tests::cases;
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn random_inventories_are_read_without_an_error(case in strategies::inventory()) {
        let inventory = Inventory::parse(&case.text, "random.yml");
        let inventory = inventory.map_err(|found| TestCaseError::fail(found.to_string()))?;
        let resolved = resolve(&inventory, &ExtraVars::new());
        let resolved = resolved.map_err(|found| TestCaseError::fail(found.to_string()))?;
        prop_assert_eq!(resolved.clusters.len(), case.clusters.len());
        for wanted in &case.clusters {
            let name = wanted.name.as_deref().unwrap_or("etcd");
            let found = resolved.clusters.iter().find(|spec| spec.name.as_str() == name);
            let found = found.ok_or_else(|| TestCaseError::fail(format!("no cluster {name}")))?;
            let mut members: Vec<(u32, &str)> =
                wanted.members.iter().map(|m| (m.seq, m.host.as_str())).collect();
            members.sort_unstable();
            let read: Vec<(u32, &str)> =
                found.members.iter().map(|m| (m.seq, m.host.name.as_str())).collect();
            prop_assert_eq!(members, read);
            let infra: Vec<&str> = found.infra.iter().map(|host| host.name.as_str()).collect();
            let mut wanted_infra: Vec<&str> = case.infra.iter().map(String::as_str).collect();
            wanted_infra.sort_unstable();
            let mut sorted = infra.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, wanted_infra);
            prop_assert_eq!(*found.settings.guards.safeguard, wanted.safeguard.unwrap_or(false));
            prop_assert_eq!(*found.settings.guards.clean, wanted.clean.unwrap_or(true));
            if let Some(data) = &wanted.data {
                prop_assert_eq!(found.settings.storage.data.as_str(), data);
            }
            if let Some((client, peer)) = wanted.ports {
                let network = &found.settings.network;
                prop_assert_eq!((network.port.get(), network.peer_port.get()), (client, peer));
            }
        }
    }
}
