use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use minijinja::value::{Enumerator, Object, ObjectExt};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use super::jinja_value::Budget;
use super::value::{Entry, Map, Node, Value};
use super::{ExtraVars, HostVars, Inventory, Var};
use crate::diagnostic::{Code, Diagnostic};
use crate::names::HostName;

/// How many variables may refer to each other in a row.
const DEPTH_LIMIT: usize = 16;

/// How many steps one template may take: loops of some thousand turns.
const STEP_LIMIT: u64 = 20_000;

/// How many bytes a template may have. Each `{% set x = [x] %}` in it nests lists one level deeper,
/// and minijinja prints nested lists by recursion.
const SOURCE_LIMIT: usize = 8 * 1024;

/// Renders the templates in the value of a variable.
pub(super) fn render<'a>(vars: &HostVars<'a>, var: &Var<'a>) -> Result<Cow<'a, Value>, Diagnostic> {
    if is_final(var.value) {
        return Ok(Cow::Borrowed(var.value));
    }
    let scope = Scope {
        shared: Arc::new(Shared {
            inventory: vars.inventory.clone(),
            extra: vars.extra.clone(),
            budget: Budget::new(),
        }),
        host: vars.host.clone(),
        trail: None,
    };
    let inner = scope.inside(var.name);
    inner.render(var, var.value).map(Cow::Owned)
}

/// Says whether a value can be used as it is.
fn is_final(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Scalar { .. } => !value.is_template(),
        Value::List(items) => items.iter().all(|item| is_final(&item.value)),
        Value::Map(map) => map.iter().all(|entry| is_final(&entry.node.value)),
        Value::Vault => false,
    }
}

/// The variables of a host as a template sees them; a name is looked up, and its value rendered,
/// when the template asks for it.
#[derive(Clone)]
struct Scope {
    shared: Arc<Shared>,
    host: HostName,
    /// The variables whose values are being rendered, the innermost first.
    trail: Option<Arc<Trail>>,
}

struct Shared {
    inventory: Inventory,
    extra: ExtraVars,
    budget: Budget,
}

struct Trail {
    host: HostName,
    name: String,
    length: usize,
    outer: Option<Arc<Trail>>,
}

/// All hosts with their variables, as Ansible's `hostvars`.
struct AllHosts(Scope);

impl Scope {
    /// Gives the scope in which the value of a variable is rendered.
    fn inside(&self, name: &str) -> Self {
        let length = self.trail.as_ref().map_or(0, |trail| trail.length);
        let trail = Trail {
            host: self.host.clone(),
            name: name.to_owned(),
            length: length + 1,
            outer: self.trail.clone(),
        };
        Self {
            trail: Some(Arc::new(trail)),
            ..self.clone()
        }
    }

    /// Renders a value, or a part of one, of a variable.
    fn render(&self, var: &Var<'_>, value: &Value) -> Result<Value, Diagnostic> {
        match value {
            Value::Vault => Err(self.vault(var)),
            Value::List(items) if !is_final(value) => items
                .iter()
                .map(|item| self.render_node(var, item))
                .collect::<Result<_, _>>()
                .map(Value::List),
            Value::Map(map) if !is_final(value) => {
                let entry = |entry: &Entry| {
                    Ok(Entry {
                        node: self.render_node(var, &entry.node)?,
                        ..entry.clone()
                    })
                };
                let entries = map.iter().map(entry).collect::<Result<_, Diagnostic>>()?;
                Ok(Value::Map(Map::new(entries)))
            }
            Value::Scalar { text, .. } if value.is_template() => {
                let result =
                    evaluate(text, self).and_then(|value| self.shared.budget.take_over(&value));
                result.map_err(|error| self.explain(var, text, &error))
            }
            other => Ok(other.clone()),
        }
    }

    fn render_node(&self, var: &Var<'_>, node: &Node) -> Result<Node, Diagnostic> {
        let var = Var {
            span: node.span,
            ..*var
        };
        let value = self.render(&var, &node.value)?;
        Ok(Node {
            value,
            span: node.span,
        })
    }

    /// Looks a name up for a template. Errors become values that fail where they are used.
    fn look_up(&self, name: &str) -> Option<minijinja::Value> {
        if let Some(value) = self.magic(name) {
            return Some(value);
        }
        let vars = self.shared.inventory.vars(&self.host, &self.shared.extra);
        let var = vars.get(name)?;
        let result = self.refuse_circle(&var).and_then(|()| {
            let inner = self.inside(name);
            let value = inner.render(&var, var.value)?;
            self.shared
                .budget
                .hand_over(&value)
                .map_err(|error| self.explain(&var, "", &error))
        });
        Some(result.unwrap_or_else(|finding| Failed(Box::new(finding)).into_value()))
    }

    /// The names that Ansible itself defines and that follow from the inventory.
    fn magic(&self, name: &str) -> Option<minijinja::Value> {
        let inventory = &self.shared.inventory;
        let host = self.host.as_str();
        match name {
            "inventory_hostname" => Some(host.into()),
            "inventory_hostname_short" => host.split('.').next().map(Into::into),
            "group_names" => {
                let names = inventory.groups_of(host).map(|group| group.as_str().into());
                Some(names.collect::<Vec<minijinja::Value>>().into())
            }
            "groups" => {
                let names = inventory.0.group_ids.keys();
                let groups = names.map(|group| {
                    let hosts = inventory.hosts_of(group.as_str()).unwrap_or_default();
                    let hosts = hosts.iter().map(|host| host.as_str().into());
                    (group.as_str(), hosts.collect::<Vec<minijinja::Value>>())
                });
                Some(minijinja::Value::from_pairs(groups))
            }
            "hostvars" => Some(minijinja::Value::from_object(AllHosts(self.clone()))),
            _ => None,
        }
    }

    fn refuse_circle(&self, var: &Var<'_>) -> Result<(), Diagnostic> {
        let mut outer = self.trail.as_deref();
        let length = outer.map_or(0, |trail| trail.length);
        while let Some(trail) = outer {
            if trail.name == var.name && trail.host == self.host {
                let reason = "it refers to itself";
                return Err(self.failure(
                    var,
                    reason,
                    "give one of the variables its value itself",
                ));
            }
            outer = trail.outer.as_deref();
        }
        if length < DEPTH_LIMIT {
            return Ok(());
        }
        let reason = format!("more than {DEPTH_LIMIT} variables refer to each other in a row");
        Err(self.failure(var, &reason, "give one of the variables its value itself"))
    }

    /// Says why a template failed: with the finding of the variable that failed, where it was one.
    fn explain(&self, var: &Var<'_>, template: &str, error: &Error) -> Diagnostic {
        let mut source = std::error::Error::source(error);
        while let Some(inner) = source {
            if let Some(Failed(finding)) = inner.downcast_ref() {
                let label = format!("needed for `{}`", var.name);
                return finding.as_ref().clone().see(var.place(), label);
            }
            source = inner.source();
        }
        let (reason, hint) = match error.kind() {
            ErrorKind::UndefinedError => {
                let source = error.template_source();
                let range = error.range();
                let part = source.zip(range).and_then(|(text, range)| text.get(range));
                let what = part.or(single_expression(template)).unwrap_or(template);
                (
                    format!("`{}` is not defined", what.trim()),
                    "define it in the inventory, or give a default: `{{ name | default('value') }}`",
                )
            }
            ErrorKind::UnknownFilter
            | ErrorKind::UnknownFunction
            | ErrorKind::UnknownTest
            | ErrorKind::UnknownMethod => (
                detail(error),
                "give the value itself: filters, lookups and facts that only Ansible has cannot be used here",
            ),
            ErrorKind::SyntaxError => (
                detail(error),
                "correct the template; a text with braces that is none can be tagged `!unsafe`",
            ),
            ErrorKind::OutOfFuel => (
                "it takes too many steps".to_owned(),
                "give the value itself",
            ),
            _ => (
                detail(error),
                "correct the template, or give the value itself",
            ),
        };
        self.failure(var, &reason, hint)
    }

    fn failure(&self, var: &Var<'_>, reason: &str, hint: &str) -> Diagnostic {
        let message = format!(
            "`{}` of host `{}` cannot be rendered: {reason}",
            var.name, self.host
        );
        Diagnostic::new(Code::Template, message, hint).at(var.place(), "")
    }

    fn vault(&self, var: &Var<'_>) -> Diagnostic {
        let message = format!(
            "`{}` of host `{}` is encrypted, and there is no vault password here",
            var.name, self.host
        );
        let hint = format!(
            "write the value in the clear, or hand it over: `-e {}=…`",
            var.name
        );
        Diagnostic::new(Code::VaultValue, message, hint).at(var.place(), "encrypted")
    }
}

/// Gives what minijinja says, without saying "unknown" twice.
fn detail(error: &Error) -> String {
    use ErrorKind::{InvalidOperation, UnknownFilter, UnknownFunction, UnknownTest};
    match (error.kind(), error.detail()) {
        (InvalidOperation | UnknownFilter | UnknownTest, Some(detail)) => detail.to_owned(),
        (UnknownFunction, Some(detail)) => format!("function {detail}"),
        (UnknownTest, None) => "a test in it is unknown".to_owned(),
        (UnknownFilter, None) => "a filter in it is unknown".to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    }
}

/// Evaluates a template. One that is a single expression keeps its type.
fn evaluate(text: &str, scope: &Scope) -> Result<minijinja::Value, Error> {
    if text.len() > SOURCE_LIMIT {
        let what = format!("the template has more than {SOURCE_LIMIT} bytes");
        return Err(Error::new(ErrorKind::InvalidOperation, what));
    }
    let context = minijinja::Value::from_object(scope.clone());
    match single_expression(text) {
        Some(expression) => environment()
            .compile_expression_owned(expression.to_owned())?
            .eval(context),
        None => environment().render_str(text, context).map(Into::into),
    }
}

/// Gives the expression of a template that is nothing but one: `{{ expression }}`.
fn single_expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let nested = ["{{", "}}", "{%", "{#"]
        .iter()
        .any(|mark| inner.contains(mark));
    if nested {
        return None;
    }
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    Some(inner.strip_suffix(['-', '+']).unwrap_or(inner))
}

fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_debug(true); // errors say which part of the template failed
        environment.set_fuel(Some(STEP_LIMIT));
        // With it a loop could nest lists deeper than the stack can print.
        environment.remove_global("namespace");
        environment
    })
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({})", self.host)
    }
}

impl fmt::Debug for AllHosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AllHosts")
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &minijinja::Value) -> Option<minijinja::Value> {
        self.look_up(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<minijinja::Value> {
        self.look_up(key)
    }
}

impl Object for AllHosts {
    fn get_value(self: &Arc<Self>, key: &minijinja::Value) -> Option<minijinja::Value> {
        let Self(scope) = &**self;
        let (host, _) = scope
            .shared
            .inventory
            .0
            .host_ids
            .get_key_value(key.as_str()?)?;
        let scope = Scope {
            host: host.clone(),
            ..scope.clone()
        };
        Some(minijinja::Value::from_object(scope))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.mapped_enumerator(|Self(scope)| {
            let hosts = scope.shared.inventory.0.host_ids.keys();
            Box::new(hosts.map(|host| host.as_str().into()))
        })
    }
}

/// The failure of a variable on its way through a template that refers to it.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.message)]
struct Failed(Box<Diagnostic>);

impl Failed {
    fn into_value(self) -> minijinja::Value {
        Error::new(ErrorKind::InvalidOperation, "a variable failed")
            .with_source(self)
            .into()
    }
}
