use super::findings::Findings;
use super::{Map, Value, text, yaml};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use std::sync::Arc;

/// Reads a mapping that is no inventory: a configuration file as YAML or JSON. One without anything
/// in it is empty.
///
/// # Errors
///
/// When it is none.
pub(crate) fn mapping(bytes: &[u8], name: &str) -> Result<Map, Diagnostics> {
    let source = text::from_bytes(bytes, name)?;
    let mut findings = Findings::about(Some(Arc::clone(&source)));
    let tree = yaml::read(&source, &mut findings);
    let map = match tree.map(|node| node.value) {
        Some(Value::Map(map)) => map,
        Some(Value::Null) | None => Map::default(),
        Some(other) => {
            let message = format!("{name} is {}, not a mapping", other.kind());
            let hint = "see whether it is the file that you mean";
            findings.push(Diagnostic::new(Code::WrongType, message, hint));
            Map::default()
        }
    };
    findings.finish().into_result()?;
    Ok(map)
}
