use std::net::IpAddr;

use etcd_plan_core::cert::{CertificateWanted, San, UnixTime};
use etcd_plan_core::names::{Address, Days, MemberName};
use proptest::prelude::*;

use super::{Expecting as _, ca};
use crate::permit::Permit;
use crate::pki::{KeyMaterial as _, PkiMemory};

fn addresses() -> impl Strategy<Value = Address> {
    prop_oneof![
        any::<IpAddr>().prop_map(Address::Ip),
        "[a-z][a-z0-9]{0,20}(\\.[a-z][a-z0-9]{1,20}){0,3}"
            .prop_map(|name| name.parse().expect("a DNS name")),
    ]
}

fn wanted() -> impl Strategy<Value = CertificateWanted> {
    let member = "[A-Za-z0-9][A-Za-z0-9._-]{0,150}-[0-9]{1,3}"
        .prop_map(|name| name.parse::<MemberName>().expect("a member's name"));
    let extra = prop::collection::btree_set(addresses(), 0..4);
    (member, addresses(), 1u32..=36_500, extra).prop_map(|(member, address, days, extra)| {
        let mut wanted = CertificateWanted::for_member(&member, &address, Days(days));
        wanted.sans.extend(extra.iter().map(San::from));
        wanted
    })
}

/// From 1960, before X.509 had its dates, to 2200, when they are written in another form.
fn times() -> impl Strategy<Value = UnixTime> {
    (-315_619_200i64..7_258_118_400).prop_map(UnixTime)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_issued_is_kept_until_it_is_due(
        wanted in wanted(),
        now in times(),
        ca_days in 1u32..=36_500,
        part in 0.0f64..1.0,
    ) {
        let pki = PkiMemory::new();
        let mut ca = ca();
        ca.validity = Days(ca_days);
        pki.create_authority(&ca, now, &Permit::granted()).expect("a CA");
        pki.issue(&ca, &wanted, now, &Permit::granted()).expect("issued");
        prop_assert_eq!(pki.reasons(&wanted, now), [""; 0]);

        let end = pki.found(&wanted, now).certificate.expect("it is there").not_after;
        let life = end.seconds_since(now);
        let due = life - wanted.renewal_margin();
        #[expect(clippy::cast_possible_truncation, reason = "any time between will do")]
        #[expect(clippy::cast_precision_loss, reason = "any time between will do")]
        let later = UnixTime(now.0 + (life as f64 * part) as i64);
        // Where the CA ends first, a new certificate would not last longer than this one.
        let capped = wanted.validity >= ca.validity;
        let kept = capped || later.seconds_since(now) <= due;
        prop_assert_eq!(pki.reasons(&wanted, later).is_empty(), kept);
        if !capped {
            let reasons = pki.reasons(&wanted, UnixTime(end.0 + 1));
            prop_assert_eq!(reasons, ["expired less than a minute ago"]);
        }
    }
}
