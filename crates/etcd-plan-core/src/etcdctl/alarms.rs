use serde::Deserialize;

use super::number::{id, number};
use super::{Unreadable, json};
use crate::names::EtcdId;
use crate::op::Alarm;

/// Reads what `etcdctl alarm list -w json` prints.
///
/// # Errors
///
/// When it is not such a list.
pub fn alarm_list(printed: &[u8]) -> Result<Vec<Alarm>, Unreadable> {
    let list: List = json("alarm list", printed)?;
    Ok(list.alarms.into_iter().map(Into::into).collect())
}

/// `AlarmResponse` of etcd's `rpc.proto`; without alarms etcd leaves the list out.
#[derive(Deserialize)]
struct List {
    #[serde(default)]
    alarms: Vec<AlarmMember>,
}

#[derive(Deserialize)]
struct AlarmMember {
    #[serde(rename = "memberID", deserialize_with = "id")]
    member_id: EtcdId,
    #[serde(default, deserialize_with = "number")]
    alarm: u64,
}

impl From<AlarmMember> for Alarm {
    fn from(raised: AlarmMember) -> Self {
        // `AlarmType` of rpc.proto. An unknown number is an alarm all the same.
        let kind = match raised.alarm {
            1 => "NOSPACE".to_owned(),
            2 => "CORRUPT".to_owned(),
            other => format!("UNKNOWN-{other}"),
        };
        Self {
            member_id: raised.member_id,
            kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::alarm_list;

    #[test]
    fn reads_each_minor_release() {
        let read = |printed| alarm_list(printed).expect("a recorded list");
        assert_eq!(read(include_bytes!("fixtures/3.4.23/alarms-none.json")), []);
        assert_eq!(read(include_bytes!("fixtures/3.5.1/alarms-none.json")), []);
        assert_eq!(read(include_bytes!("fixtures/3.6/alarms-none.json")), []);
        for (printed, id) in [
            (
                &include_bytes!("fixtures/3.4.23/alarms-nospace.json")[..],
                14_610_702_515_457_854_901,
            ),
            (
                &include_bytes!("fixtures/3.5.1/alarms-nospace.json")[..],
                12_835_455_885_772_931_892,
            ),
            (
                &include_bytes!("fixtures/3.6/alarms-nospace.json")[..],
                2_327_436_372_731_510_947,
            ),
        ] {
            let alarms = read(printed);
            assert_eq!(alarms.len(), 1);
            assert_eq!(alarms[0].member_id.0, id);
            assert_eq!(alarms[0].kind, "NOSPACE");
        }
    }

    #[test]
    fn an_unknown_alarm_is_an_alarm() {
        let alarms = alarm_list(br#"{"alarms":[{"memberID":7,"alarm":9}]}"#).expect("a list");
        assert_eq!(alarms[0].kind, "UNKNOWN-9");
        assert!(alarm_list(b"").is_err());
    }
}
