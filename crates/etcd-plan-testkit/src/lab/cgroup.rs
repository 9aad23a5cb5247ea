use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::error::LabError;

/// How long killed processes may take to be gone.
const KILL_BUDGET: Duration = Duration::from_secs(10);

/// The cgroups of one host, which hold its processes and no others.
///
/// A host must have its own: systemd counts and kills by cgroup, and hosts in one cgroup would take
/// each other's processes for their own. They also tell, whoever started a host and however that
/// ended, which processes are the host's, as no file with a process id could.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cgroups(Vec<PathBuf>);

impl Cgroups {
    /// Names the cgroups of a host of a lab, in every hierarchy that systemd uses.
    pub(super) fn of(lab: &str, host: &str) -> Result<Self, LabError> {
        let doing = || "finding the cgroups of the machine".to_owned();
        let mounts = fs::read_to_string("/proc/self/mountinfo").map_err(LabError::io(doing()))?;
        let hierarchies = hierarchies(&mounts);
        if hierarchies.is_empty() {
            let hint = "mount one: mount -t cgroup2 cgroup2 /sys/fs/cgroup";
            return Err(LabError::new(doing(), "there is none for systemd", hint));
        }
        let ours = |hierarchy: PathBuf| hierarchy.join("etcd-plan-lab").join(lab).join(host);
        Ok(Self(hierarchies.into_iter().map(ours).collect()))
    }

    /// Gives their folders.
    pub(super) fn folders(&self) -> &[PathBuf] {
        &self.0
    }

    /// Makes them.
    pub(super) fn create(&self) -> Result<(), LabError> {
        for folder in &self.0 {
            let doing = format!("making the cgroup {}", folder.display());
            fs::create_dir_all(folder).map_err(LabError::io(doing))?;
        }
        Ok(())
    }

    /// Says whether any process is in them.
    pub(super) fn is_populated(&self) -> bool {
        self.0.iter().any(|folder| !processes(folder).is_empty())
    }

    /// Gives the process that is the host's process 1.
    pub(super) fn init(&self) -> Option<i32> {
        let all = self.0.iter().flat_map(|folder| processes(folder));
        all.into_iter().find(|pid| {
            let status = fs::read_to_string(format!("/proc/{pid}/status"));
            status.is_ok_and(|status| is_init(&status))
        })
    }

    /// Kills every process in them, and takes them away.
    pub(super) fn kill(&self) -> Result<(), LabError> {
        let deadline = Instant::now() + KILL_BUDGET;
        while self.is_populated() {
            for folder in &self.0 {
                // All at once where the kernel can, as when a machine loses its power.
                if fs::write(folder.join("cgroup.kill"), "1").is_err() {
                    processes(folder).into_iter().for_each(kill);
                }
            }
            if Instant::now() > deadline {
                let doing = format!("killing the processes in {}", self.0[0].display());
                let hint = "see with `ps` what they wait for";
                return Err(LabError::new(doing, "some do not end", hint));
            }
            thread::sleep(Duration::from_millis(5));
        }
        self.0.iter().for_each(|folder| remove(folder));
        Ok(())
    }
}

/// Finds the mount points of the cgroup hierarchies in which systemd keeps services apart: the
/// second version, the first one's named `systemd`, or both.
fn hierarchies(mountinfo: &str) -> Vec<PathBuf> {
    mountinfo
        .lines()
        .filter_map(|line| {
            let (mount, kind) = line.split_once(" - ")?;
            let place = PathBuf::from(mount.split(' ').nth(4)?);
            let mut kind = kind.split(' ');
            let systemd = match kind.next()? {
                "cgroup2" => true,
                "cgroup" => kind
                    .nth(1)?
                    .split(',')
                    .any(|option| option == "name=systemd"),
                _ => false,
            };
            systemd.then_some(place)
        })
        .collect()
}

/// Lists the processes in a cgroup and all below; none where there is no such cgroup.
fn processes(folder: &Path) -> Vec<i32> {
    let own = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    let own = own.lines().filter_map(|line| line.parse().ok());
    own.chain(below(folder).iter().flat_map(|child| processes(child)))
        .collect()
}

/// Says whether a process has the number 1 in a namespace of its own, by its `/proc/PID/status`.
fn is_init(status: &str) -> bool {
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    let mut numbers = numbers.unwrap_or_default().split_whitespace().skip(1);
    numbers.next() == Some("1") && numbers.next().is_none()
}

/// Takes away a cgroup and all below, which have no processes.
fn remove(folder: &Path) {
    for child in below(folder) {
        remove(&child);
    }
    // One that is left is empty, and is used again.
    let _ = fs::remove_dir(folder);
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.flatten().map(|entry| entry.path());
    paths.filter(|path| path.is_dir()).collect()
}

fn kill(pid: i32) {
    if let Some(pid) = Pid::from_raw(pid) {
        // One that has ended by itself meanwhile is as good.
        let _ = kill_process(pid, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{hierarchies, is_init};

    #[test]
    fn tells_process_1_of_a_host_from_its_others() {
        assert!(is_init("Name:\tsystemd\nNSpid:\t1820\t1\n"));
        for other in ["1", "1820", "1885\t17", "900\t1\t5", "1820\t1\t1"] {
            assert!(!is_init(&format!("NSpid:\t{other}\n")), "{other}");
        }
        assert!(!is_init(""));
    }

    #[test]
    fn finds_the_hierarchies_of_systemd() {
        let mixed = "\
            10 31 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n\
            11 32 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n\
            19 40 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd\n\
            20 41 0:38 / /sys/fs/cgroup/unified rw,relatime shared:4 - cgroup2 cgroup2 rw\n";
        let places = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"];
        assert_eq!(hierarchies(mixed), places.map(PathBuf::from));
        let second = "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
        assert_eq!(hierarchies(second), [PathBuf::from("/sys/fs/cgroup")]);
        assert!(hierarchies("30 23 0:26 / / rw - ext4 /dev/vda rw\n").is_empty());
    }
}
