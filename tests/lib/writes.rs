//! A client that puts one key after the other while something is done to its cluster.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long the client waits after a put that was acknowledged: whoever starts a program for each put
/// without end takes a core from the cluster that it measures.
const PAUSE: Duration = Duration::from_millis(50);

/// What the client saw.
pub struct Writes {
    /// The numbers of the puts that were acknowledged.
    pub acknowledged: Vec<u32>,
    /// The longest time between two of them, with the pause that the client makes.
    pub longest_gap: Duration,
}

impl Writes {
    /// Does something while a client puts: `put` puts the key of a number, and says whether that was
    /// acknowledged.
    ///
    /// # Panics
    ///
    /// When `put` does.
    pub fn during<T>(put: impl Fn(u32) -> bool + Sync, work: impl FnOnce() -> T) -> (T, Self) {
        let end = AtomicBool::new(false);
        thread::scope(|scope| {
            let client = scope.spawn(|| Self::until(&end, &put));
            let done = work();
            end.store(true, Ordering::Relaxed);
            (done, client.join().expect("the client does not panic"))
        })
    }

    fn until(end: &AtomicBool, put: impl Fn(u32) -> bool) -> Self {
        let mut seen = Self {
            acknowledged: Vec::new(),
            longest_gap: Duration::ZERO,
        };
        let mut last = Instant::now();
        for number in 0.. {
            if end.load(Ordering::Relaxed) {
                break;
            }
            if put(number) {
                seen.acknowledged.push(number);
                seen.longest_gap = seen.longest_gap.max(last.elapsed());
                last = Instant::now();
                thread::sleep(PAUSE);
            }
        }
        seen
    }

    /// Asserts that no acknowledged write was lost: `keys` are those that are there, by white space,
    /// each `prefix` and a number.
    ///
    /// # Panics
    ///
    /// When one was, or none was ever acknowledged.
    #[track_caller]
    pub fn assert_kept(&self, prefix: &str, keys: &str) {
        assert!(!self.acknowledged.is_empty());
        let keys: Vec<&str> = keys.split_whitespace().collect();
        let lost = self
            .acknowledged
            .iter()
            .filter(|number| !keys.contains(&format!("{prefix}{number}").as_str()));
        assert_eq!(lost.count(), 0, "acknowledged writes were lost");
    }
}
