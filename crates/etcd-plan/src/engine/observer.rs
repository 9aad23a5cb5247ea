use etcd_plan_core::event::Event;

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It goes on.
    Continue,
    /// No step is begun any more; those under way end, and the report says what was not begun.
    Stop,
}

/// Is told what happens in a run, on the thread that runs it, in order.
pub trait Observer {
    /// Takes an event, and says whether the run goes on.
    fn on_event(&mut self, event: &Event) -> Flow;

    /// Is called about ten times a second while the run waits for hosts, so that a request to stop
    /// is seen without an event.
    fn poll(&mut self) -> Flow {
        Flow::Continue
    }
}

/// Takes no notice.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn on_event(&mut self, _event: &Event) -> Flow {
        Flow::Continue
    }
}

/// Tells several observers, in their order; one that wants the run to stop is enough.
pub struct Together<'a>(pub Vec<&'a mut dyn Observer>);

impl Together<'_> {
    fn ask(&mut self, ask: impl Fn(&mut dyn Observer) -> Flow) -> Flow {
        let mut flow = Flow::Continue;
        for observer in &mut self.0 {
            if ask(&mut **observer) == Flow::Stop {
                flow = Flow::Stop;
            }
        }
        flow
    }
}

impl Observer for Together<'_> {
    fn on_event(&mut self, event: &Event) -> Flow {
        self.ask(|observer| observer.on_event(event))
    }

    fn poll(&mut self) -> Flow {
        self.ask(|observer| observer.poll())
    }
}

impl<F: FnMut(&Event) -> Flow> Observer for F {
    fn on_event(&mut self, event: &Event) -> Flow {
        self(event)
    }
}
