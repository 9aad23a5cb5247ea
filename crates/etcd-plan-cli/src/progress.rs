//! What is happening, as it happens: on a terminal a line a host, else plain lines with time stamps.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use etcd_plan::Event;
use etcd_plan::action::summary;
use etcd_plan::engine::{Flow, Observer};
use etcd_plan::names::HostName;
use etcd_plan::pki::now;
use etcd_plan::plan::{Plan, StepId};
use etcd_plan::report::Outcome;
use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::interrupt::Interrupt;
use crate::output::Output;

/// How many hosts have a line of their own on a terminal; the others are counted in the bar.
const LINES: usize = 16;

/// Shows events, and stops the run when somebody interrupts.
pub(crate) struct Progress {
    output: Output,
    interrupt: Interrupt,
    verbose: u8,
    /// What each step does, in a sentence.
    sentences: BTreeMap<StepId, String>,
    /// How many quarters of a large file each host had when that was said last.
    quarters: BTreeMap<HostName, u64>,
    screen: Option<Screen>,
    is_stop_told: bool,
}

/// The lines of a terminal.
struct Screen {
    all: MultiProgress,
    bar: ProgressBar,
    hosts: BTreeMap<HostName, (ProgressBar, StepId)>,
}

impl Progress {
    /// Begins to show a run of a plan.
    pub(crate) fn new(plan: &Plan, output: Output, interrupt: &Interrupt, verbose: u8) -> Self {
        let is_terminal = stderr().is_terminal();
        Self {
            output,
            interrupt: interrupt.clone(),
            verbose,
            sentences: plan
                .steps()
                .map(|step| (step.id(), summary(step)))
                .collect(),
            quarters: BTreeMap::new(),
            screen: is_terminal.then(Screen::new),
            is_stop_told: false,
        }
    }

    /// Begins to show the steps.
    pub(crate) fn begin_steps(&mut self) {
        if let Some(screen) = &mut self.screen {
            screen.begin("steps", self.sentences.len());
        }
    }

    /// Takes the lines off the terminal, so that something else can be written.
    pub(crate) fn clear(&mut self) {
        if let Some(screen) = &mut self.screen {
            screen.clear();
        }
    }

    /// Shows how far a large file has come: by a bar, or by a line for each quarter.
    fn show_transfer(&mut self, host: &HostName, sent: u64, total: u64) {
        if let Some(screen) = &self.screen {
            screen.show_transfer(host, sent, total);
            return;
        }
        let quarter = sent * 4 / total.max(1);
        if self.quarters.insert(host.clone(), quarter) != Some(quarter) {
            let (sent, total) = (HumanBytes(sent), HumanBytes(total));
            self.say(&format!("sending to {host}: {sent} of {total}"));
        }
    }

    fn say(&self, line: &str) {
        match &self.screen {
            Some(screen) => screen.all.suspend(|| self.output.message(line)),
            None => self.output.message(&format!("{} {line}", now())),
        }
    }
}

impl Observer for Progress {
    fn on_event(&mut self, event: &Event) -> Flow {
        match event {
            Event::Started { hosts, .. } => {
                if let Some(screen) = &mut self.screen {
                    screen.begin("reading hosts", *hosts);
                } else {
                    let s = if *hosts == 1 { "" } else { "s" };
                    self.say(&format!("reading {hosts} host{s}"));
                }
            }
            Event::HostRead { host, .. } => {
                if let Some(screen) = &self.screen {
                    screen.bar.inc(1);
                } else {
                    self.say(&format!("read {host}"));
                }
            }
            Event::HostFailed { host, why, .. } => {
                let first = why.lines().next().unwrap_or_default();
                self.say(&format!("could not read {host}: {first}"));
            }
            Event::Judged { refusals, .. } => {
                if let Some(screen) = &mut self.screen {
                    screen.clear();
                } else {
                    self.say(&match refusals.len() {
                        0 => "every guard has agreed".to_owned(),
                        1 => "1 refusal".to_owned(),
                        some => format!("{some} refusals"),
                    });
                }
            }
            Event::StepStarted { step, host, .. } => {
                let sentence = self.sentences.get(step).cloned().unwrap_or_default();
                if let (Some(screen), Some(host)) = (&mut self.screen, host) {
                    screen.start(host, step, &sentence);
                } else if self.verbose > 0 {
                    self.say(&format!("begin {step}: {sentence}"));
                }
            }
            Event::Sending {
                host, sent, total, ..
            } => self.show_transfer(host, *sent, *total),
            Event::StepEnded {
                step,
                host,
                outcome,
                lines,
                ..
            } => {
                if let Some(screen) = &mut self.screen {
                    screen.end(host.as_ref(), step);
                }
                let is_told = match outcome {
                    Outcome::Changed | Outcome::Failed => true,
                    _ => self.verbose > 0,
                };
                if is_told {
                    let first = lines.iter().flat_map(|line| line.lines()).next();
                    let words = first.map_or_else(String::new, |line| format!(": {line}"));
                    self.say(&format!("{outcome} {step}{words}"));
                }
            }
            Event::Ended { .. } => self.clear(),
        }
        self.poll()
    }

    fn poll(&mut self) -> Flow {
        if !self.interrupt.is_set() {
            return Flow::Continue;
        }
        if !self.is_stop_told {
            self.is_stop_told = true;
            self.say("interrupted: nothing new is begun, and what is under way ends; once more stops at once");
        }
        Flow::Stop
    }
}

impl Screen {
    fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let bar = ProgressBar::hidden();
        Self {
            all,
            bar,
            hosts: BTreeMap::new(),
        }
    }

    fn begin(&mut self, what: &'static str, length: usize) {
        self.clear();
        let style = ProgressStyle::with_template("{elapsed:>4} [{bar:24}] {pos}/{len} {msg}")
            .expect("the template is well-formed")
            .progress_chars("=> ");
        self.bar = self.all.add(ProgressBar::new(length as u64));
        self.bar.set_style(style);
        self.bar.set_message(what);
        self.bar.enable_steady_tick(Duration::from_millis(200));
    }

    fn start(&mut self, host: &HostName, step: &StepId, sentence: &str) {
        let text = format!("{host}: {sentence}");
        if let Some((line, of)) = self.hosts.get_mut(host) {
            line.set_style(Self::step_style());
            line.reset_elapsed();
            line.set_message(text);
            *of = step.clone();
        } else if self.hosts.len() < LINES {
            let line = self.all.add(ProgressBar::new_spinner());
            line.set_style(Self::step_style());
            line.set_message(text);
            line.enable_steady_tick(Duration::from_millis(200));
            self.hosts.insert(host.clone(), (line, step.clone()));
        }
    }

    /// Gives the line of a host a bar.
    fn show_transfer(&self, host: &HostName, sent: u64, total: u64) {
        let Some((line, _)) = self.hosts.get(host) else {
            return;
        };
        let template = "  {spinner} {elapsed:>4} [{bar:16}] {bytes}/{total_bytes} {wide_msg}";
        let style = ProgressStyle::with_template(template)
            .expect("the template is well-formed")
            .progress_chars("=> ");
        line.set_style(style);
        line.set_length(total);
        line.set_position(sent);
    }

    fn step_style() -> ProgressStyle {
        ProgressStyle::with_template("  {spinner} {elapsed:>4} {wide_msg}")
            .expect("the template is well-formed")
    }

    fn end(&mut self, host: Option<&HostName>, step: &StepId) {
        self.bar.inc(1);
        let Some(host) = host else { return };
        if self.hosts.get(host).is_some_and(|(_, of)| of == step)
            && let Some((line, _)) = self.hosts.remove(host)
        {
            line.finish_and_clear();
            self.all.remove(&line);
        }
    }

    fn clear(&mut self) {
        for (_, (line, _)) in std::mem::take(&mut self.hosts) {
            line.finish_and_clear();
            self.all.remove(&line);
        }
        self.bar.finish_and_clear();
        self.all.remove(&self.bar);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_a_bar_while_something_large_is_sent_to_it() {
        let host: HostName = "10.10.10.10".parse().expect("a host");
        let inventory = "etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }";
        let inventory = etcd_plan::Inventory::parse(inventory, "inventory").expect("an inventory");
        let plan = Plan::from_inventory(&inventory).expect("a plan");
        let step = plan.steps().next().expect("a step").id();

        let mut screen = Screen::new();
        screen.begin("steps", plan.len());
        screen.show_transfer(&host, 1, 2); // a host without a line has no bar
        screen.start(&host, &step, "install etcd");
        screen.show_transfer(&host, 5 << 20, 20 << 20);
        let (line, _) = &screen.hosts[&host];
        assert_eq!((line.position(), line.length()), (5 << 20, Some(20 << 20)));
        assert_eq!(line.message(), "10.10.10.10: install etcd");
        screen.start(&host, &step, "start etcd");
        screen.end(Some(&host), &step);
        assert!(screen.hosts.is_empty());
    }
}
