use etcd_plan::Event;
use etcd_plan::engine::{Flow, Observer};

/// Writes down every event.
#[derive(Debug, Default)]
pub struct Recorder {
    /// The events, in order.
    pub events: Vec<Event>,
}

impl Observer for Recorder {
    fn on_event(&mut self, event: &Event) -> Flow {
        self.events.push(event.clone());
        Flow::Continue
    }
}

/// Asks the run to stop at one event, and writes down those before and after.
#[derive(Debug)]
pub struct StopAt {
    at: usize,
    /// The events up to that one, it included.
    pub before: Vec<Event>,
    /// Those after it.
    pub after: Vec<Event>,
}

impl StopAt {
    /// Stops at the event with this number, from 1.
    pub fn event(at: usize) -> Self {
        Self {
            at,
            before: Vec::new(),
            after: Vec::new(),
        }
    }
}

impl Observer for StopAt {
    fn on_event(&mut self, event: &Event) -> Flow {
        if self.before.len() < self.at {
            self.before.push(event.clone());
        } else {
            self.after.push(event.clone());
        }
        if self.before.len() == self.at && self.after.is_empty() {
            Flow::Stop
        } else {
            Flow::Continue
        }
    }
}
