use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use etcd_plan::core::names::{Address, EtcdId, HostName, HostPath, Port};
use etcd_plan::core::op::{Alarm, Listener, ServiceState};

use crate::etcd::Instance;
use crate::files::{FileTree, Node};
use crate::host::{Host, HostSpec};
use crate::services::Ended;

/// Simulated hosts and the etcd clusters on them, shared by sessions on several threads.
///
/// A clone is another handle to the same world. Time is logical: every operation takes one
/// millisecond, and nothing waits for real but [`ReadOp::AwaitHealthy`], and that briefly (see
/// [`SimWorld::set_patience`]).
///
/// [`ReadOp::AwaitHealthy`]: etcd_plan::core::op::ReadOp::AwaitHealthy
#[derive(Clone)]
pub struct SimWorld {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    state: Mutex<State>,
    /// Told of whatever may change the answer of someone who waits.
    pub(crate) changed: Condvar,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where an etcd process runs: host and unit name.
pub(crate) type ProcessKey = (HostName, String);

/// Everything that a world holds.
pub(crate) struct State {
    pub(crate) hosts: BTreeMap<HostName, Host>,
    pub(crate) etcds: BTreeMap<ProcessKey, Instance>,
    pub(crate) now_ms: u64,
    pub(crate) next_pid: u32,
    pub(crate) next_session: u64,
    /// Sessions that are open, each with its host.
    pub(crate) open: BTreeMap<u64, HostName>,
    /// Those of them that wait for somebody else to do something.
    pub(crate) waiting: BTreeSet<u64>,
    pub(crate) corruptions: Vec<String>,
    /// Who took over the lead of a cluster when it was moved, for as long as it runs.
    pub(crate) moved_leads: BTreeMap<EtcdId, EtcdId>,
    /// The alarms that are raised, by cluster.
    pub(crate) alarms: BTreeMap<EtcdId, Vec<Alarm>>,
    /// The clusters that ask their clients who they are.
    pub(crate) with_users: BTreeSet<EtcdId>,
    pub(crate) patience: Duration,
}

impl State {
    pub(crate) fn host(&self, name: &HostName) -> &Host {
        self.hosts
            .get(name)
            .expect("sessions and processes are of hosts that exist, and none is removed")
    }

    pub(crate) fn host_mut(&mut self, name: &HostName) -> &mut Host {
        self.hosts
            .get_mut(name)
            .expect("sessions and processes are of hosts that exist, and none is removed")
    }

    pub(crate) fn new_pid(&mut self) -> u32 {
        self.next_pid += 1;
        self.next_pid
    }

    /// Finds the host that an address leads to, seen from `from`, through networks that work.
    pub(crate) fn route(&self, from: &HostName, address: &Address) -> Option<&Host> {
        let own = self.host(from);
        if address.is_loopback() || own.has(address) {
            return own.powered.then_some(own);
        }
        if !own.is_reachable() {
            return None;
        }
        self.hosts
            .values()
            .find(|host| host.has(address) && host.is_reachable())
    }

    /// Ends a session and frees what it held on its host; does nothing when it has ended.
    pub(crate) fn end_session(&mut self, session: u64) {
        if let Some(host) = self.open.remove(&session) {
            let locks = &mut self.host_mut(&host).locks;
            locks.retain(|_, lock| lock.session != session);
        }
    }

    fn end_sessions_of(&mut self, host: &HostName) {
        let sessions = self.open.iter().filter(|(_, of)| *of == host);
        for session in sessions.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.end_session(session);
        }
    }

    fn named(&self, host: &str) -> HostName {
        let name: HostName = host.parse().expect("a host name");
        assert!(self.hosts.contains_key(&name), "there is no host {host}");
        name
    }
}

impl SimWorld {
    /// Makes a world of hosts.
    pub fn new(hosts: impl IntoIterator<Item = HostSpec>) -> Self {
        let hosts = hosts
            .into_iter()
            .map(|spec| (spec.name.clone(), Host::new(spec)))
            .collect();
        let state = State {
            hosts,
            etcds: BTreeMap::new(),
            now_ms: 0,
            next_pid: 1000,
            next_session: 0,
            open: BTreeMap::new(),
            waiting: BTreeSet::new(),
            corruptions: Vec::new(),
            moved_leads: BTreeMap::new(),
            alarms: BTreeMap::new(),
            with_users: BTreeSet::new(),
            patience: Duration::from_millis(500),
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                changed: Condvar::new(),
            }),
        }
    }

    /// Makes a world of plain hosts with these names.
    pub fn of(names: &[&str]) -> Self {
        Self::new(names.iter().map(|name| HostSpec::new(name)))
    }

    /// Adds a host, unless there is one of that name.
    pub fn add_host(&self, spec: HostSpec) {
        let mut state = self.shared.lock();
        let name = spec.name.clone();
        state.hosts.entry(name).or_insert_with(|| Host::new(spec));
    }

    /// Sets how long, in real time, an unhealthy etcd is awaited while other sessions are open and
    /// idle; default 500 ms. It is not waited at all when no other session could change anything.
    pub fn set_patience(&self, patience: Duration) {
        self.shared.lock().patience = patience;
    }

    /// Gives the names of all hosts.
    pub fn hosts(&self) -> Vec<HostName> {
        self.shared.lock().hosts.keys().cloned().collect()
    }

    /// Gives a copy of a host's files.
    pub fn files(&self, host: &str) -> FileTree {
        self.with_host(host, |host| host.files.clone())
    }

    /// Gives the bytes of a file on a host; none when it is not there.
    pub fn read_file(&self, host: &str, path: &str) -> Option<Vec<u8>> {
        self.with_host(host, |host| {
            host.files.bytes(&HostPath::fixed(path)).map(<[u8]>::to_vec)
        })
    }

    /// Puts a file on a host, as somebody else would.
    ///
    /// # Panics
    ///
    /// When something else is in the way.
    pub fn put_file(&self, host: &str, path: &str, file: Node) {
        let (path, now) = (HostPath::fixed(path), self.shared.lock().now_ms);
        let put = |host: &mut Host| {
            host.changed.insert(path.clone(), now);
            host.files.put(&path, file)
        };
        self.with_host(host, put).expect("nothing is in the way");
    }

    /// Puts a file on a host that keeps the time of the one that was there.
    ///
    /// # Panics
    ///
    /// When something else is in the way.
    pub fn put_file_unnoticed(&self, host: &str, path: &str, file: Node) {
        self.with_host(host, |host| host.files.put(&HostPath::fixed(path), file))
            .expect("nothing is in the way");
    }

    /// Lets time pass in which nobody does anything, in milliseconds.
    pub fn pass_time(&self, milliseconds: u64) {
        self.shared.lock().now_ms += milliseconds;
    }

    /// Removes a file or folder with all that it holds: a wipe, when it is a data directory.
    pub fn wipe(&self, host: &str, path: &str) {
        self.with_host(host, |host| host.files.remove_all(&HostPath::fixed(path)));
    }

    /// Renames a file or folder on a host, as somebody else would.
    ///
    /// # Panics
    ///
    /// When it is not there, or something is at the new place.
    pub fn rename(&self, host: &str, from: &str, to: &str) {
        let (from, to) = (HostPath::fixed(from), HostPath::fixed(to));
        self.with_host(host, |host| host.files.rename(&from, &to))
            .expect("it is there, and the new place is free");
    }

    /// Lets a process that is not etcd listen on a port, on all addresses of a host.
    pub fn install_foreign(&self, host: &str, program: &str, port: u16) {
        let mut state = self.shared.lock();
        let pid = state.new_pid();
        let name = state.named(host);
        state.host_mut(&name).foreign.push(Listener {
            address: "0.0.0.0".parse().expect("an address"),
            port: Port::new(port),
            pid: Some(pid),
            program: Some(program.to_owned()),
        });
    }

    /// Sets how far a host's clock is ahead (or, negative, behind), in milliseconds.
    pub fn set_clock_skew(&self, host: &str, skew_ms: i64) {
        self.with_host(host, |host| host.skew_ms = skew_ms);
    }

    /// Sets the free bytes of a host's file system.
    pub fn set_free_bytes(&self, host: &str, bytes: u64) {
        self.with_host(host, |host| host.free_bytes = bytes);
    }

    /// Cuts a host off the network: its sessions end, nothing reaches it, its etcd is alone.
    pub fn cut_network(&self, host: &str) {
        let mut state = self.shared.lock();
        let name = state.named(host);
        state.host_mut(&name).cut = true;
        state.end_sessions_of(&name);
        state.settle();
        self.shared.changed.notify_all();
    }

    /// Joins a host to the network again.
    pub fn join_network(&self, host: &str) {
        self.with_host(host, |host| host.cut = false);
    }

    /// Takes the power from a host: sessions and processes end, files stay.
    pub fn power_off(&self, host: &str) {
        let mut state = self.shared.lock();
        let name = state.named(host);
        let ended: Vec<ProcessKey> = state.processes_of(&name);
        for key in ended {
            state.end_process(&key, &Ended::stopped("the power went off"));
        }
        state.host_mut(&name).powered = false;
        state.end_sessions_of(&name);
        state.settle();
        self.shared.changed.notify_all();
    }

    /// Starts a host that was off: another boot id, and every enabled unit is started.
    pub fn power_on(&self, host: &str) {
        let mut state = self.shared.lock();
        let name = state.named(host);
        let host = state.host_mut(&name);
        host.powered = true;
        host.boot += 1;
        host.foreign.clear();
        host.reload_units();
        for unit in host.units.enabled.clone() {
            state.launch(&name, &unit);
        }
        state.settle();
        self.shared.changed.notify_all();
    }

    /// Sets the version of etcd that a host's package source has.
    ///
    /// # Panics
    ///
    /// When the text is no version.
    pub fn offer_package(&self, host: &str, version: &str) {
        let version = version.parse().expect("a version");
        self.with_host(host, |host| host.packages.available = Some(version));
    }

    /// Kills the process of a unit with SIGKILL; systemd is taken not to restart it.
    pub fn kill_service(&self, host: &str, unit: &str) {
        let mut state = self.shared.lock();
        let key = (state.named(host), unit.to_owned());
        let words = "Main process exited, code=killed, status=9/KILL";
        state.end_process(&key, &Ended::failed(words));
        state.settle();
        self.shared.changed.notify_all();
    }

    /// Stops a unit, as somebody with `systemctl` would.
    pub fn stop_service(&self, host: &str, unit: &str) {
        let mut state = self.shared.lock();
        let key = (state.named(host), unit.to_owned());
        state.end_process(&key, &Ended::stopped("stopped"));
        state.settle();
        self.shared.changed.notify_all();
    }

    /// Starts a unit, as somebody with `systemctl --no-block` would.
    ///
    /// # Errors
    ///
    /// When the host does not know the unit.
    pub fn start_service(&self, host: &str, unit: &str) -> Result<(), String> {
        let mut state = self.shared.lock();
        let name = state.named(host);
        let started = state.start_unit(&name, unit);
        self.shared.changed.notify_all();
        started
    }

    /// Gives the state of a unit.
    pub fn service_state(&self, host: &str, unit: &str) -> ServiceState {
        let state = self.shared.lock();
        let name = state.named(host);
        state.service(&name, unit).state
    }

    /// Gives what a unit has logged since its last start.
    pub fn service_log(&self, host: &str, unit: &str) -> String {
        let state = self.shared.lock();
        let name = state.named(host);
        state.service_log(&name, unit)
    }

    /// Gives one sentence for every time that a member's log contradicted its cluster's: data of
    /// an old cluster got into a new one (facts.md S5). A good plan leaves this empty.
    pub fn corruptions(&self) -> Vec<String> {
        self.shared.lock().corruptions.clone()
    }

    fn with_host<T>(&self, host: &str, act: impl FnOnce(&mut Host) -> T) -> T {
        let mut state = self.shared.lock();
        let name = state.named(host);
        let result = act(state.host_mut(&name));
        state.settle();
        self.shared.changed.notify_all();
        result
    }
}
