use std::io::{Write as _, stderr, stdout};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::time::Instant;

use etcd_plan_testkit::lab::{HostStatus, Lab, LabError, LabHost};

const USAGE: &str = "\
usage: cargo xtask lab [--name NAME] COMMAND

  up [N]              bring up N hosts for etcd (1 to 7; 3 where there are none) and `infra`
  down                take all of it away; the image stays
  status              show the hosts
  exec CMD...         run a command inside the lab's network
  ssh HOST [CMD...]   a shell, or a command, as root on a host
  cut HOST            take a host off the network
  heal HOST           put it back
  kill HOST           stop a host as a power cut does; its disk stays
  start HOST          start it again
  reset HOST...       stop hosts and start them with fresh disks
  full HOST SIZE      mount a small file system on its /data, such as 4m

HOST is a number, `infra`, a name or an address. NAME is that of the network namespace:
ETCD_PLAN_LAB, or `etcdlab`.
";

/// Runs `cargo xtask lab` with what stands after it.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match lab(&arguments) {
        Ok(code) => code,
        Err(Failure::Usage) => {
            let _ = write!(stderr(), "{USAGE}");
            ExitCode::from(2)
        }
        Err(Failure::Lab(error)) => {
            let _ = writeln!(stderr(), "error: {error}\nhint: {}", error.hint);
            ExitCode::FAILURE
        }
    }
}

/// Why a command was not carried out.
enum Failure {
    Usage,
    Lab(LabError),
}

impl From<LabError> for Failure {
    fn from(error: LabError) -> Self {
        Self::Lab(error)
    }
}

fn lab(arguments: &[&str]) -> Result<ExitCode, Failure> {
    let (name, arguments) = match arguments {
        ["--name", name, rest @ ..] => ((*name).to_owned(), rest),
        _ => {
            let set = std::env::var("ETCD_PLAN_LAB")
                .ok()
                .filter(|name| !name.is_empty());
            (
                set.unwrap_or_else(|| Lab::DEFAULT_NAME.to_owned()),
                arguments,
            )
        }
    };
    let lab = Lab::named(&name)?;
    match arguments {
        ["up"] => up(&lab, None)?,
        ["up", nodes] => up(&lab, Some(number_of_nodes(nodes)?))?,
        ["down"] => lab.down()?,
        ["status"] => show(&lab, &lab.status()?),
        ["exec", program, rest @ ..] => return Ok(become_it(lab.command(program)?.args(rest))),
        ["ssh", host, rest @ ..] => {
            return Ok(become_it(lab.ssh(host.parse()?, "root")?.args(rest)));
        }
        ["cut", host] => lab.cut(host.parse()?)?,
        ["heal", host] => lab.heal(host.parse()?)?,
        ["kill", host] => lab.kill(host.parse()?)?,
        ["start", host] => lab.start(host.parse()?)?,
        ["reset", hosts @ ..] if !hosts.is_empty() => {
            let hosts: Result<Vec<LabHost>, LabError> =
                hosts.iter().map(|host| host.parse()).collect();
            lab.reset(&hosts?)?;
        }
        ["full", host, size] => lab.limit_data(host.parse()?, size)?,
        _ => return Err(Failure::Usage),
    }
    Ok(ExitCode::SUCCESS)
}

fn up(lab: &Lab, nodes: Option<u8>) -> Result<(), LabError> {
    let begun = Instant::now();
    let hosts = lab.up(nodes, &mut say)?;
    let _ = writeln!(
        stderr(),
        "lab: up in {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    show(lab, &hosts);
    Ok(())
}

pub(crate) fn say(what: &str) {
    let _ = writeln!(stderr(), "lab: {what}");
}

fn number_of_nodes(text: &str) -> Result<u8, Failure> {
    let number = text.parse().map_err(|_| Failure::Usage)?;
    match number {
        1..=LabHost::MOST_NODES => Ok(number),
        _ => Err(Failure::Usage),
    }
}

fn show(lab: &Lab, hosts: &[HostStatus]) {
    let _ = writeln!(stdout(), "lab {} in {}", lab.name(), lab.folder().display());
    if hosts.is_empty() {
        let _ = writeln!(stdout(), "  no hosts; `cargo xtask lab up` makes some");
    }
    for status in hosts {
        let state = match (status.running, status.cut) {
            (true, false) => "running",
            (true, true) => "running, cut off",
            (false, _) => "stopped",
        };
        let name = status.host.to_string();
        let _ = writeln!(
            stdout(),
            "  {name:<8} {:<12} {state}",
            status.host.address()
        );
    }
}

/// Becomes the program, so that its exit code and its terminal are ours.
fn become_it(command: &mut Command) -> ExitCode {
    let error = command.exec();
    let program = command.get_program().display();
    let _ = writeln!(stderr(), "error: {program} cannot be started: {error}");
    ExitCode::from(127)
}
