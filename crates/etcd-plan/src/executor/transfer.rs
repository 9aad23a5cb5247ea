use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How far a session has come with something large that it sends, shared between the thread that
/// sends and whoever wants to know meanwhile.
#[derive(Debug, Clone, Default)]
pub struct Transfer(Arc<Bytes>);

#[derive(Debug, Default)]
struct Bytes {
    sent: AtomicU64,
    /// 0 while nothing is sent.
    total: AtomicU64,
}

impl Transfer {
    /// Begins to send so many bytes.
    pub fn begin(&self, total: u64) {
        self.0.sent.store(0, Ordering::Relaxed);
        self.0.total.store(total, Ordering::Relaxed);
    }

    /// Takes note of bytes that were sent.
    pub fn advance(&self, bytes: u64) {
        self.0.sent.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Takes note that nothing is sent any more, whether all was sent or not.
    pub fn end(&self) {
        self.0.total.store(0, Ordering::Relaxed);
    }

    /// Gives how many bytes were sent, and how many there are; none while nothing is sent.
    pub fn now(&self) -> Option<(u64, u64)> {
        let total = self.0.total.load(Ordering::Relaxed);
        let sent = self.0.sent.load(Ordering::Relaxed);
        (total > 0).then_some((sent.min(total), total))
    }
}
