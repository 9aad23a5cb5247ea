use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind};

use super::value::Value;
use super::yaml::DEPTH_LIMIT;

/// How many values may go to and from templates for one variable that is read; long texts count
/// for several. Each of them may stand for a template that is rendered.
const VALUE_LIMIT: usize = 100_000;

/// How many bytes of a text count as one value more.
const BYTES_PER_VALUE: usize = 64;

/// How many bytes one template may give.
const TEXT_LIMIT: usize = 1024 * 1024;

/// Carries values to templates and back, not more of them than it has left.
pub(super) struct Budget(AtomicUsize);

impl Budget {
    pub(super) fn new() -> Self {
        Self(AtomicUsize::new(VALUE_LIMIT))
    }

    /// Turns a value of ours into one for templates. Plain numbers and booleans become such, so
    /// that templates can reckon with them, unless printing them would not give the text again.
    pub(super) fn hand_over(&self, value: &Value) -> Result<minijinja::Value, Error> {
        self.spend(value.as_text().map_or(0, str::len))?;
        Ok(match value {
            Value::Null => ().into(),
            Value::Scalar { text, quoted, .. } => {
                let words = ["yes", "no", "true", "false", "on", "off"];
                let is_word = words.iter().any(|word| text.eq_ignore_ascii_case(word));
                let same = |number: &dyn fmt::Display| number.to_string() == **text;
                if *quoted {
                    minijinja::Value::from(&**text)
                } else if let Some(truth) = value.as_bool().filter(|_| is_word) {
                    truth.into()
                } else if let Some(number) = text.parse::<i64>().ok().filter(|n| same(n)) {
                    number.into()
                } else if let Some(number) = text.parse::<f64>().ok().filter(|n| same(n)) {
                    number.into()
                } else {
                    minijinja::Value::from(&**text)
                }
            }
            Value::List(items) => {
                let items = items.iter().map(|item| self.hand_over(&item.value));
                items.collect::<Result<Vec<_>, _>>()?.into()
            }
            Value::Map(map) => {
                let entries = map.iter().map(|entry| {
                    let value = self.hand_over(&entry.node.value)?;
                    Ok((minijinja::Value::from(&*entry.key), value))
                });
                minijinja::Value::from_pairs(entries.collect::<Result<Vec<_>, Error>>()?)
            }
            Value::Vault => return Err(Error::new(ErrorKind::InvalidOperation, "encrypted")),
        })
    }

    /// Turns the result of a template into a value of ours.
    pub(super) fn take_over(&self, value: &minijinja::Value) -> Result<Value, Error> {
        self.take_over_within(value, DEPTH_LIMIT)
    }

    fn take_over_within(&self, value: &minijinja::Value, levels: usize) -> Result<Value, Error> {
        let Some(below) = levels.checked_sub(1) else {
            let what = format!("it gives lists or mappings more than {DEPTH_LIMIT} levels deep");
            return Err(Error::new(ErrorKind::InvalidOperation, what));
        };
        self.spend(value.as_str().map_or(0, str::len))?;
        let plain = |text: String| Value::Scalar {
            text: text.into(),
            quoted: false,
            verbatim: true,
        };
        Ok(match value.kind() {
            ValueKind::Undefined => return Err(ErrorKind::UndefinedError.into()),
            ValueKind::None => Value::Null,
            ValueKind::Bool | ValueKind::Number => plain(value.to_string()),
            ValueKind::Seq | ValueKind::Iterable => {
                let items = value.try_iter()?;
                let items = items.map(|item| self.take_over_within(&item, below));
                let items: Vec<Value> = items.collect::<Result<_, _>>()?;
                items.into()
            }
            ValueKind::Map => {
                let keys = value.try_iter()?;
                let entries = keys.map(|key| {
                    let item = self.take_over_within(&value.get_item(&key)?, below)?;
                    Ok((key.to_string(), item))
                });
                entries
                    .collect::<Result<Vec<_>, Error>>()?
                    .into_iter()
                    .collect()
            }
            _ => match value.as_str() {
                Some(text) if text.len() <= TEXT_LIMIT => Value::verbatim(text),
                Some(_) => {
                    let what = format!("it gives more than {TEXT_LIMIT} bytes");
                    return Err(Error::new(ErrorKind::InvalidOperation, what));
                }
                None => return Err(Error::new(ErrorKind::InvalidOperation, "it gives no value")),
            },
        })
    }

    /// Pays for one value, of so many bytes if it is a text.
    fn spend(&self, bytes: usize) -> Result<(), Error> {
        let price = 1 + bytes / BYTES_PER_VALUE;
        let pay = |left: usize| left.checked_sub(price);
        let paid = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay);
        paid.map(|_| ()).map_err(|_| {
            let what = "it takes or gives too many values";
            Error::new(ErrorKind::InvalidOperation, what)
        })
    }
}
