use crate::cert::KeyAlgorithm;
use crate::diagnostic::Code;
use crate::inventory::Value;
use crate::names::{Days, EtcdVersion, HostPath, Millis, Port};
use crate::spec::types::{
    Bytes, ExtraConfig, InitialState, PackageFile, PurgeRetention, Retention, Sha256,
};
use crate::spec::{Parameter, Resolved};

/// A type that a parameter can have.
pub(crate) trait ParameterValue: Sized + Clone + PartialEq {
    /// The type's name on the reference page.
    const TYPE: &'static str;

    /// What is to be written, with its article.
    const FORM: &'static str;

    /// Reads a value of the inventory, or says with a code and a clause why it is none: the clause
    /// goes on from the parameter's name, as in "is `x`, which is not a port".
    fn read(value: &Value) -> Result<Self, (Code, String)>;

    /// Reads a value from the text that [`ParameterValue::show`] gives: of a default in the table,
    /// or of a plan file.
    fn parse(text: &str) -> Result<Self, String>;

    /// Reads the default from the table.
    fn parse_default(text: &str) -> Self {
        Self::parse(text).expect("the table's defaults are good values: a test reads them")
    }

    /// Gives the value as it would be written.
    fn show(&self) -> String;
}

/// Finds the value of a parameter for a cluster; the tables of this folder call it.
pub(crate) trait Resolver {
    /// Gives the value and where it came from; findings are kept by the resolver, and a default
    /// stands in for a value that is not good.
    fn resolve<T: ParameterValue>(&mut self, parameter: &'static Parameter) -> Resolved<T>;
}

/// Defines a group of parameters: a struct with a field for each, and the table behind it.
macro_rules! parameter_group {
    ($(#[$meta:meta])* $group:ident {
        $($(#[doc = $doc:literal])+ $field:ident: $type:ty = $name:literal, $default:literal,
          [$($level:ident),+], $seeds:ident;)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $group {
            $($(#[doc = $doc])+ pub $field: crate::spec::Resolved<$type>,)+
        }

        impl $group {
            /// The parameters of this group.
            pub const PARAMETERS: &'static [crate::spec::Parameter] = &[$(
                crate::spec::Parameter {
                    name: $name,
                    type_name: <$type as crate::spec::params::ParameterValue>::TYPE,
                    default: $default,
                    levels: &[$(crate::spec::Level::$level),+],
                    in_seeds: crate::spec::params::table::parameter_group!(@ $seeds),
                    doc: &[$($doc),+],
                },
            )+];

            pub(crate) fn resolve(resolver: &mut impl crate::spec::params::Resolver) -> Self {
                let mut parameters = Self::PARAMETERS.iter();
                let mut next = || parameters.next().expect("the table has an entry for each field");
                Self { $($field: resolver.resolve(next()),)+ }
            }

            pub(crate) fn show(&self) -> Vec<(&'static str, String, &crate::spec::ValueOrigin)> {
                use crate::spec::params::ParameterValue as _;
                vec![$(($name, self.$field.value.show(), &self.$field.origin),)+]
            }
        }

        impl Default for $group {
            fn default() -> Self {
                Self {
                    $($field: crate::spec::Resolved::default_of(
                        <$type as crate::spec::params::ParameterValue>::parse_default($default),
                    ),)+
                }
            }
        }
    };
    (@ seeds) => { true };
    (@ addition) => { false };
}
pub(crate) use parameter_group;

/// Joins the groups into [`super::Settings`].
macro_rules! settings {
    ($($field:ident: $group:ident,)+) => {
        /// All parameters of one cluster that its members share, in groups.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Settings {
            $(
                #[doc = concat!("See [`", stringify!($group), "`].")]
                pub $field: $group,
            )+
        }

        impl Settings {
            /// The tables of the groups, in the order of the reference page.
            pub fn groups() -> Vec<&'static [Parameter]> {
                vec![$($group::PARAMETERS,)+]
            }

            pub(crate) fn resolve(resolver: &mut impl Resolver) -> Self {
                Self { $($field: $group::resolve(resolver),)+ }
            }

            /// Gives every parameter's name, its value as it would be written, and its origin.
            pub fn show(&self) -> Vec<(&'static str, String, &crate::spec::ValueOrigin)> {
                let mut rows = Vec::new();
                $(rows.extend(self.$field.show());)+
                rows
            }
        }
    };
}
pub(super) use settings;

/// A type that is written as a text and has one `FromStr`.
macro_rules! text_values {
    ($($type:ty: $name:literal, $form:literal;)+) => { $(
        impl ParameterValue for $type {
            const TYPE: &'static str = $name;
            const FORM: &'static str = $form;

            fn read(value: &Value) -> Result<Self, (Code, String)> {
                let text = value.as_text().ok_or_else(|| not_a(value, $form))?;
                text.parse().map_err(|why| not_good(value, why))
            }

            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map_err(|why| format!("`{text}` {why}"))
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+ };
}

text_values! {
    Bytes: "bytes", "a number of bytes, such as `8GiB`";
    Days: "days", "a number of days, such as `7300d`";
    HostPath: "path", "an absolute path";
    InitialState: "`new` or `existing`", "`new` or `existing`";
    Millis: "ms", "a whole number of milliseconds";
    Port: "port", "a port (1 to 65535)";
    PurgeRetention: "`last`, `0` or days", "`last`, `0`, or a number of days such as `7d`";
    Retention: "duration", "a duration such as `24h`, or `0`";
    String: "string", "a text";
}

impl ParameterValue for bool {
    const TYPE: &'static str = "bool";
    const FORM: &'static str = "`true` or `false`";

    fn read(value: &Value) -> Result<Self, (Code, String)> {
        value.as_bool().ok_or_else(|| not_a(value, Self::FORM))
    }

    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| format!("`{text}` is neither `true` nor `false`"))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// An optional value: the empty text, or null, is none.
macro_rules! optional_values {
    ($($type:ty: $name:literal, $form:literal;)+) => { $(
        impl ParameterValue for Option<$type> {
            const TYPE: &'static str = $name;
            const FORM: &'static str = $form;

            fn read(value: &Value) -> Result<Self, (Code, String)> {
                if value.is_null() || value.as_text() == Some("") {
                    return Ok(None);
                }
                let text = value.as_text().ok_or_else(|| not_a(value, $form))?;
                text.parse().map(Some).map_err(|why| not_good(value, why))
            }

            fn parse(text: &str) -> Result<Self, String> {
                let read = |text: &str| text.parse().map_err(|why| format!("`{text}` {why}"));
                (!text.is_empty()).then(|| read(text)).transpose()
            }

            fn show(&self) -> String {
                self.as_ref().map(ToString::to_string).unwrap_or_default()
            }
        }
    )+ };
}

optional_values! {
    EtcdVersion: "version", "a version, such as `3.5.16` or `3.5`";
    KeyAlgorithm: "key type", "`ecdsa-p256`, `rsa-2048`, `rsa-3072` or `rsa-4096`";
    PackageFile: "path", "the path of a `.deb`, `.rpm` or `.tar.gz` on this machine";
    Sha256: "SHA-256", "64 hexadecimal digits";
    SnapshotCount: "int > 0", "a whole number above 0, such as `10000`";
}

/// After how many writes etcd takes a snapshot of its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotCount(pub u64);

impl std::fmt::Display for SnapshotCount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for SnapshotCount {
    type Err = crate::names::NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let count = text.parse().ok().filter(|count| *count > 0).map(Self);
        count.ok_or_else(|| crate::names::NameError::new("is not a whole number above 0"))
    }
}

impl ParameterValue for ExtraConfig {
    const TYPE: &'static str = "mapping";
    const FORM: &'static str = "a mapping, such as `{ max-txn-ops: 1024 }`";

    fn read(value: &Value) -> Result<Self, (Code, String)> {
        if value.is_null() {
            return Ok(Self::default());
        }
        let map = value.as_map().ok_or_else(|| not_a(value, "a mapping"))?;
        let entries = map
            .iter()
            .map(|entry| (entry.key.to_string(), to_json(&entry.node.value)));
        Ok(Self(entries.collect()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text)
            .map(Self)
            .map_err(|error| format!("`{text}`: {error}"))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// Gives a value as JSON has it: `yes` is a boolean, as YAML has it for Ansible. Numbers that JSON would change (`3.10`) stay texts.
pub(crate) fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null | Value::Vault => serde_json::Value::Null,
        Value::Scalar { quoted: false, .. } if value.as_int().is_some() => value.as_int().into(),
        Value::Scalar {
            quoted: false,
            text,
            ..
        } if text.starts_with(|c: char| c.is_ascii_alphabetic()) && value.as_bool().is_some() => {
            value.as_bool().into()
        }
        Value::Scalar { text, .. } => text.to_string().into(),
        Value::List(items) => items.iter().map(|item| to_json(&item.value)).collect(),
        Value::Map(map) => map
            .iter()
            .map(|entry| (entry.key.to_string(), to_json(&entry.node.value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

/// Says that a value has another type.
pub(crate) fn not_a(value: &Value, form: &str) -> (Code, String) {
    (
        Code::WrongType,
        format!("is {}, not {form}", value.in_message()),
    )
}

/// Says why a value of the right type is not good.
fn not_good(value: &Value, why: impl std::fmt::Display) -> (Code, String) {
    let clause = match value.as_text() {
        Some("") => "is empty".to_owned(),
        _ => format!("is {}, which {why}", value.in_message()),
    };
    (Code::BadValue, clause)
}

#[cfg(test)]
mod tests {
    use super::{ParameterValue, SnapshotCount};
    use crate::diagnostic::Code;
    use crate::inventory::Value;
    use crate::names::{EtcdVersion, HostPath, Port};
    use crate::spec::ExtraConfig;

    /// What a value is read as, as it would be written again; or the code and the clause.
    fn read<T: ParameterValue>(value: impl Into<Value>) -> Result<String, (Code, String)> {
        T::read(&value.into()).map(|value| value.show())
    }

    fn wrong<T>(code: Code, clause: &str) -> Result<T, (Code, String)> {
        Err((code, clause.to_owned()))
    }

    #[test]
    fn values_are_read_as_ansible_takes_them() {
        assert_eq!(read::<Port>(2379), Ok("2379".to_owned()));
        assert_eq!(read::<Port>("2379"), Ok("2379".to_owned()));
        assert_eq!(read::<bool>("yes"), Ok("true".to_owned()));
        assert_eq!(read::<bool>("False"), Ok("false".to_owned()));
        assert_eq!(
            read::<HostPath>("//data//etcd/"),
            Ok("/data/etcd".to_owned())
        );
        assert_eq!(read::<Option<EtcdVersion>>("3.10"), Ok("3.10".to_owned()));
        assert_eq!(read::<Option<EtcdVersion>>(""), Ok(String::new()));
        assert_eq!(
            read::<Option<SnapshotCount>>(Value::Null),
            Ok(String::new())
        );
    }

    #[test]
    fn what_is_wrong_with_a_value_goes_on_from_its_name() {
        let too_large = "is `65536`, which is not a port (1 to 65535)";
        assert_eq!(read::<Port>("65536"), wrong(Code::BadValue, too_large));
        assert_eq!(read::<Port>(""), wrong(Code::BadValue, "is empty"));
        let list = Value::from(vec![Value::from(1)]);
        let a_list = "is a list, not a port (1 to 65535)";
        assert_eq!(read::<Port>(list), wrong(Code::WrongType, a_list));
        let neither = "is `maybe`, not `true` or `false`";
        assert_eq!(read::<bool>("maybe"), wrong(Code::WrongType, neither));
        let nothing = "is nothing, not an absolute path";
        assert_eq!(
            read::<HostPath>(Value::Null),
            wrong(Code::WrongType, nothing)
        );
    }

    #[test]
    fn further_keys_keep_their_types() {
        let value: Value = [
            ("max-txn-ops", Value::from(1024)),
            ("enable-pprof", true.into()),
            ("log-level", "info".into()),
            ("quoted", "1024".into()),
            ("log-outputs", vec![Value::from("stderr")].into()),
        ]
        .into_iter()
        .collect();
        let shown = r#"{"enable-pprof":true,"log-level":"info","log-outputs":["stderr"],"max-txn-ops":1024,"quoted":"1024"}"#;
        assert_eq!(read::<ExtraConfig>(value), Ok(shown.to_owned()));
        let parsed = <ExtraConfig as ParameterValue>::parse(shown);
        assert_eq!(parsed.map(|extra| extra.show()), Ok(shown.to_owned()));
    }
}
