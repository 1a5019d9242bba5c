//! Clocks, sleeping, timers.
//!
//! Each processor keeps its timers ordered by deadline and has the hardware interrupt for the first of them, or for the end of
//! the running thread's slice; nothing ticks when nothing is due.

use crate::process::Thread;
use crate::wait::{WaitOptions, WaitQueue};
use crate::{Error, Result, sched};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use hal::MAX_CPUS;
use hal::cpu::PerCpu;
use hal::sync::IrqLock;

/// ns since power-on.
#[inline]
pub fn now() -> u64 {
    hal::time::now_ns()
}

/// ns from power-on to 1970-01-01 UTC, negative.
static EPOCH: AtomicI64 = AtomicI64::new(0);

/// ns since 1970-01-01 UTC.
pub fn wall() -> u64 {
    now().wrapping_add_signed(EPOCH.load(Ordering::Relaxed))
}

/// Sets the wall clock.
pub fn set_wall(ns: u64) {
    EPOCH.store(ns.wrapping_sub(now()) as i64, Ordering::Relaxed);
}

/// Sleeps until `deadline` (ns since power-on); ends early with Interrupted.
pub fn sleep_until(deadline: u64) -> Result<()> {
    let options = WaitOptions {
        deadline: Some(deadline),
        uninterruptible: false,
    };
    match WaitQueue::new().wait(options, || None::<()>) {
        Err(Error::TimedOut) | Ok(()) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What to do when a deadline comes.
enum Action {
    Wake(Arc<Thread>),
    Call(Arc<Timer>),
}

/// (deadline, order of arming): unique.
type Key = (u64, u64);

static PENDING: PerCpu<IrqLock<BTreeMap<Key, Action>>> =
    PerCpu::new([const { IrqLock::new(BTreeMap::new()) }; MAX_CPUS]);
static ARMED: AtomicU64 = AtomicU64::new(0);

/// Enters an action on this processor; gives where it stands.
fn enter(deadline: u64, action: Action) -> (usize, Key) {
    let key = (deadline, ARMED.fetch_add(1, Ordering::Relaxed));
    let cpu = hal::cpu::id();
    let mut pending = PENDING.of(cpu).lock();
    pending.insert(key, action);
    let first = pending
        .first_key_value()
        .is_some_and(|(first, _)| *first == key);
    drop(pending);
    if first {
        program();
    }
    (cpu, key)
}

fn remove(cpu: usize, key: Key) {
    // Dropped outside the lock.
    let action = PENDING.of(cpu).lock().remove(&key);
    drop(action);
}

/// Sets this processor's hardware timer to what is due first.
pub(crate) fn program() {
    let first = PENDING
        .get()
        .lock()
        .first_key_value()
        .map_or(u64::MAX, |(key, _)| key.0);
    hal::time::set_deadline(first.min(sched::slice_end()));
}

/// The timer interrupt.
pub(crate) fn interrupt() {
    let now = now();
    sched::tick(now);
    loop {
        let mut pending = PENDING.get().lock();
        let due = pending
            .first_entry()
            .filter(|entry| entry.key().0 <= now)
            .map(|entry| entry.remove());
        drop(pending);
        match due {
            None => break,
            Some(Action::Wake(thread)) => {
                sched::wake(&thread);
            }
            // The callback may take any lock: not here.
            Some(Action::Call(timer)) => sched::defer(move || timer.fire(now)),
        }
    }
    program();
}

/// A wake-up that was ordered.
pub(crate) struct Alarm {
    place: (usize, Key),
}

/// Wakes a thread at `deadline` unless that is cancelled.
pub(crate) fn wake_at(thread: &Arc<Thread>, deadline: u64) -> Alarm {
    Alarm {
        place: enter(deadline, Action::Wake(thread.clone())),
    }
}

impl Alarm {
    /// Takes the order back; nothing happens if it was carried out.
    pub(crate) fn cancel(self) {
        remove(self.place.0, self.place.1);
    }
}

/// A one-shot or periodic timer. It calls back outside interrupt handlers, with no lock held, soon after its deadline.
pub struct Timer {
    callback: Box<dyn Fn() + Send + Sync>,
    setting: IrqLock<Option<Setting>>,
}

struct Setting {
    cpu: usize,
    key: Key,
    period: u64,
}

impl Timer {
    /// A timer that is not armed.
    pub fn new(callback: impl Fn() + Send + Sync + 'static) -> Arc<Timer> {
        Arc::new(Timer {
            callback: Box::new(callback),
            setting: IrqLock::new(None),
        })
    }

    /// Arms it for `deadline`; then every `period` ns if not 0. Replaces an earlier setting.
    pub fn arm(self: &Arc<Self>, deadline: u64, period: u64) {
        self.disarm();
        let mut setting = self.setting.lock();
        let (cpu, key) = enter(deadline, Action::Call(self.clone()));
        *setting = Some(Setting { cpu, key, period });
    }

    /// Stops it.
    pub fn disarm(&self) {
        let setting = self.setting.lock().take();
        if let Some(setting) = setting {
            remove(setting.cpu, setting.key);
        }
    }

    /// The next deadline and the period, when armed.
    pub fn state(&self) -> Option<(u64, u64)> {
        self.setting
            .lock()
            .as_ref()
            .map(|setting| (setting.key.0, setting.period))
    }

    fn fire(self: Arc<Self>, now: u64) {
        let mut setting = self.setting.lock();
        // Disarmed or armed anew on another processor meanwhile?
        let due = setting
            .as_ref()
            .filter(|setting| setting.key.0 <= now)
            .map(|setting| (setting.key.0, setting.period));
        let Some((deadline, period)) = due else {
            return;
        };
        *setting = None;
        if let Some(missed) = (now - deadline).checked_div(period) {
            let next = deadline + (missed + 1) * period;
            let (cpu, key) = enter(next, Action::Call(self.clone()));
            *setting = Some(Setting { cpu, key, period });
        }
        drop(setting);
        (self.callback)();
    }
}

/// Ticks per second of the counter that programs can read themselves, and its value now.
pub fn counter() -> (u64, u64) {
    hal::time::counter()
}
