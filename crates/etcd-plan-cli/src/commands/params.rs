use etcd_plan::spec::{Parameter, params};

use crate::arguments::{Format, ParamsArguments};
use crate::exit::{BAD_INPUT, Failure, SUCCESS};
use crate::output::Output;

/// Shows the reference of the parameters.
pub(super) fn run(arguments: &ParamsArguments, output: Output) -> Result<u8, Failure> {
    let found: Vec<&Parameter> = match &arguments.name {
        None => params::all().collect(),
        Some(name) => {
            let near = params::nearest(name).map(|near| format!("did you mean `{near}`?"));
            let hint = near.unwrap_or("`etcd-plan params` lists them all".to_owned());
            let missing =
                || Failure::new(BAD_INPUT, format!("there is no parameter `{name}`"), &hint);
            vec![params::find(name).ok_or_else(missing)?]
        }
    };
    match (arguments.format, &arguments.name) {
        (Format::Json, None) => document(&found),
        (Format::Json, Some(_)) => document(&found[0]),
        (Format::Text, None) => output.data(&list(&found)),
        (Format::Text, Some(_)) => output.data(&at_length(found[0])),
    }
    Ok(SUCCESS)
}

fn document(value: &impl serde::Serialize) {
    let text = serde_json::to_string_pretty(value).expect("parameters are texts");
    Output::document(&text);
}

fn list(parameters: &[&Parameter]) -> String {
    let width = parameters
        .iter()
        .map(|p| p.name.len())
        .max()
        .unwrap_or_default();
    let lines: Vec<String> = parameters
        .iter()
        .map(|p| {
            format!(
                "{:width$}  {}\n{:width$}  {}",
                p.name,
                facts(p),
                "",
                p.summary()
            )
        })
        .collect();
    lines.join("\n")
}

fn at_length(parameter: &Parameter) -> String {
    let addition = if parameter.in_seeds {
        ""
    } else {
        "\n\nAn addition to the parameters of the original module."
    };
    let (name, facts, text) = (parameter.name, facts(parameter), parameter.text());
    format!("{name}\n{facts}\n\n{text}{addition}")
}

/// Says type, default and level in a line.
fn facts(parameter: &Parameter) -> String {
    let default = match parameter.default {
        "" if parameter.name == "etcd_seq" => "none, required",
        "" => "none",
        default => default,
    };
    let levels = parameter.level_letters();
    format!(
        "{}, default: {default}, level: {levels}",
        parameter.type_name
    )
}
