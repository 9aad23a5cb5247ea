use etcd_plan::explain::{all, explain, nearest_word};

use crate::arguments::{ExplainArguments, Format};
use crate::exit::{BAD_INPUT, Failure, SUCCESS};
use crate::output::Output;

/// Explains a code or a guard; without a name, lists what can be explained.
pub(super) fn run(arguments: &ExplainArguments) -> Result<u8, Failure> {
    let found = match &arguments.name {
        None => all().collect(),
        Some(name) => {
            let near = nearest_word(name).map(|near| format!("did you mean `{near}`?"));
            let hint = near.unwrap_or("`etcd-plan explain` lists what can be explained".to_owned());
            let message = format!("`{name}` is neither a code nor a guard");
            vec![explain(name).ok_or_else(|| Failure::new(BAD_INPUT, message, &hint))?]
        }
    };
    let text = match (arguments.format, &arguments.name) {
        (Format::Json, Some(_)) => {
            serde_json::to_string_pretty(&found[0]).expect("an explanation is texts")
        }
        (Format::Json, None) => {
            serde_json::to_string_pretty(&found).expect("explanations are texts")
        }
        (Format::Text, Some(_)) => {
            let explained = found
                .iter()
                .map(|e| format!("{} ({})\n\n{}", e.name, e.kind, e.text));
            explained.collect()
        }
        (Format::Text, None) => {
            let width = found.iter().map(|e| e.name.len()).max().unwrap_or_default();
            let lines = found
                .iter()
                .map(|e| format!("{:width$}  {}", e.name, e.kind));
            lines.collect::<Vec<_>>().join("\n")
        }
    };
    Output::document(&text);
    Ok(SUCCESS)
}
