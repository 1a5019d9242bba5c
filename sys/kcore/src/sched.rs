//! The scheduler: per-CPU run queues, fair by weighted virtual run time.
//!
//! A thread is *running*, *ready* (in one queue), *about to sleep*, *asleep*, or ended. Who wakes one that is about to sleep
//! keeps it awake; who wakes a sleeping one puts it into a queue. The processor whose turn it is takes the thread that has run
//! least; an idle one also takes from others. Time slices exist only where somebody waits for the processor.
//!
//! Locks: a run queue is the innermost lock but for the frames.

mod deferred;
mod park;
mod queue;

use crate::process::Thread;
use crate::time;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use hal::MAX_CPUS;
use hal::cpu::PerCpu;
use hal::sync::IrqLock;
use queue::Queue;

pub(crate) use deferred::{defer, run as run_deferred};
pub(crate) use park::{park, unpark};

/// ns that a thread may run while others wait.
const SLICE: u64 = 4_000_000;
/// Head start in ns of virtual time that a thread gets when it wakes, at most.
const BONUS: u64 = 2_000_000;
/// Most ns of virtual time that a thread may be behind on a processor that is new to it: virtual times of two
/// processors have nothing to do with each other.
const LAG: u64 = 8_000_000;
/// Weight of nice 0.
const NORMAL_WEIGHT: u64 = 1024;

/// What the scheduler keeps with each thread.
pub(crate) struct Entity {
    state: AtomicU8,
    /// Weighted ns that it has run.
    virtual_time: AtomicU64,
    weight: AtomicU64,
    /// Where it ran last.
    cpu: AtomicUsize,
    /// ns that it has run.
    run_time: AtomicU64,
    kernel: IrqLock<Option<Arc<hal::thread::Thread>>>,
}

const RUNNING: u8 = 0;
const ABOUT_TO_SLEEP: u8 = 1;
const ASLEEP: u8 = 2;

/// What a processor is doing.
struct Cpu {
    queue: IrqLock<Queue>,
    /// Ready threads in the queue; read without the lock.
    ready: AtomicUsize,
    idle: AtomicBool,
    /// Give the processor away at the next chance.
    reschedule: AtomicBool,
    /// When the running thread was switched to, ns.
    since: AtomicU64,
    /// End of its slice, ns; `u64::MAX`: nobody waits.
    slice_end: AtomicU64,
    /// Since when somebody waits for it, ns; `u64::MAX`: nobody. Time that nobody else wanted costs no virtual time.
    contended: AtomicU64,
    idle_thread: IrqLock<Option<Arc<Thread>>>,
    idle_ns: AtomicU64,
}

static CPUS: PerCpu<Cpu> = PerCpu::new(
    [const {
        Cpu {
            queue: IrqLock::new(Queue::new()),
            ready: AtomicUsize::new(0),
            idle: AtomicBool::new(false),
            reschedule: AtomicBool::new(false),
            since: AtomicU64::new(0),
            slice_end: AtomicU64::new(u64::MAX),
            contended: AtomicU64::new(u64::MAX),
            idle_thread: IrqLock::new(None),
            idle_ns: AtomicU64::new(0),
        }
    }; MAX_CPUS],
);

impl Entity {
    pub(crate) fn new(nice: i32) -> Entity {
        Entity {
            state: AtomicU8::new(ASLEEP),
            virtual_time: AtomicU64::new(0),
            weight: AtomicU64::new(weight(nice)),
            cpu: AtomicUsize::new(0),
            run_time: AtomicU64::new(0),
            kernel: IrqLock::new(None),
        }
    }

    pub(crate) fn set_kernel(&self, kernel: Arc<hal::thread::Thread>) {
        *self.kernel.lock() = Some(kernel);
    }

    /// Takes it away again: the two hold each other, so one that never ran would stay for ever.
    pub(crate) fn forget_kernel(&self) {
        let kernel = self.kernel.lock().take();
        drop(kernel);
    }

    /// Whether a processor runs it or is still leaving it.
    fn is_on_cpu(&self) -> bool {
        self.kernel
            .lock()
            .as_ref()
            .is_some_and(|kernel| kernel.is_on_cpu())
    }

    pub(crate) fn set_nice(&self, nice: i32) {
        self.weight.store(weight(nice), Ordering::Relaxed);
    }

    /// ns of processor time used.
    pub(crate) fn run_time(&self) -> u64 {
        self.run_time.load(Ordering::Relaxed)
    }

    pub(crate) fn is_asleep(&self) -> bool {
        self.state.load(Ordering::Relaxed) == ASLEEP
    }
}

/// Each step of nice is a quarter more or less.
fn weight(nice: i32) -> u64 {
    let mut weight = NORMAL_WEIGHT;
    for _ in 0..nice.unsigned_abs().min(20) {
        weight = if nice > 0 {
            weight * 4 / 5
        } else {
            weight * 5 / 4
        };
    }
    weight.max(1)
}

/// The thread says that it will sleep unless it is woken from now on.
pub(crate) fn about_to_sleep(thread: &Thread) {
    thread.entity.state.store(ABOUT_TO_SLEEP, Ordering::SeqCst);
}

/// The thread goes on without having slept, or after.
pub(crate) fn stay_awake(thread: &Thread) {
    thread.entity.state.store(RUNNING, Ordering::SeqCst);
}

/// Sleeps, unless it was woken since [`about_to_sleep`].
pub(crate) fn sleep(thread: &Arc<Thread>) {
    let entity = &thread.entity;
    let slept =
        entity
            .state
            .compare_exchange(ABOUT_TO_SLEEP, ASLEEP, Ordering::SeqCst, Ordering::SeqCst);
    if slept.is_ok() {
        let next = next_or_idle();
        switch_to(thread, &next);
    }
}

/// Wakes a thread; false when it was not asleep or about to be.
pub(crate) fn wake(thread: &Arc<Thread>) -> bool {
    let entity = &thread.entity;
    loop {
        match entity.state.load(Ordering::SeqCst) {
            ABOUT_TO_SLEEP => {
                let kept = entity.state.compare_exchange(
                    ABOUT_TO_SLEEP,
                    RUNNING,
                    Ordering::SeqCst,
                    Ordering::SeqCst,
                );
                if kept.is_ok() {
                    return true;
                }
            }
            ASLEEP => {
                let woken = entity.state.compare_exchange(
                    ASLEEP,
                    RUNNING,
                    Ordering::SeqCst,
                    Ordering::SeqCst,
                );
                if woken.is_ok() {
                    place(thread);
                    return true;
                }
            }
            _ => return false,
        }
    }
}

/// Puts a woken thread where it is served soonest: its last processor if that is idle, else an idle one, else its last.
/// One that its last processor is still leaving stays there: only that one can tell when it has left.
fn place(thread: &Arc<Thread>) {
    let entity = &thread.entity;
    let last = entity.cpu.load(Ordering::Relaxed);
    let count = hal::cpu::count();
    let is_idle = |cpu: usize| CPUS.of(cpu).idle.load(Ordering::Relaxed);
    let target = if is_idle(last) || entity.is_on_cpu() {
        last
    } else {
        (0..count).find(|&cpu| is_idle(cpu)).unwrap_or(last)
    };
    let cpu = CPUS.of(target);
    let mut queue = cpu.queue.lock();
    let floor = queue.least().saturating_sub(BONUS);
    let mut virtual_time = entity.virtual_time.load(Ordering::Relaxed).max(floor);
    if target != last {
        virtual_time = virtual_time.min(queue.least() + LAG);
    }
    entity.virtual_time.store(virtual_time, Ordering::Relaxed);
    queue.push(virtual_time, thread.clone());
    cpu.ready.store(queue.len(), Ordering::SeqCst);
    drop(queue);
    if cpu.contended.load(Ordering::Relaxed) == u64::MAX {
        cpu.contended.store(time::now(), Ordering::Relaxed);
    }
    notice(target);
}

/// Somebody waits for this processor now: wakes it, or gives its running thread a slice.
fn notice(target: usize) {
    let cpu = CPUS.of(target);
    if target == hal::cpu::id() {
        if cpu.slice_end.load(Ordering::Relaxed) == u64::MAX {
            cpu.slice_end.store(time::now() + SLICE, Ordering::Relaxed);
            time::program();
        }
    } else if cpu.idle.load(Ordering::SeqCst) || cpu.slice_end.load(Ordering::Relaxed) == u64::MAX {
        hal::cpu::kick(target);
    }
}

/// When this processor's timer must interrupt for the running thread's slice, ns.
pub(crate) fn slice_end() -> u64 {
    CPUS.get().slice_end.load(Ordering::Relaxed)
}

/// From the timer interrupt.
pub(crate) fn tick(now: u64) {
    let cpu = CPUS.get();
    if now >= cpu.slice_end.load(Ordering::Relaxed) {
        cpu.slice_end.store(u64::MAX, Ordering::Relaxed);
        cpu.reschedule.store(true, Ordering::Relaxed);
    }
}

/// Another processor kicked this one: there is work in the queue, or a thread must look at its events.
pub(crate) fn kicked() {
    let cpu = CPUS.get();
    if cpu.ready.load(Ordering::SeqCst) > 0 && cpu.slice_end.load(Ordering::Relaxed) == u64::MAX {
        cpu.slice_end.store(time::now() + SLICE, Ordering::Relaxed);
        time::program();
    }
}

/// Has a thread notice its events if it runs on another processor now.
pub(crate) fn poke(thread: &Thread) {
    let cpu = thread.entity.cpu.load(Ordering::Relaxed);
    if cpu != hal::cpu::id() && thread.entity.state.load(Ordering::Relaxed) == RUNNING {
        hal::cpu::kick(cpu);
    }
}

/// The ready thread that has run least, of this processor or, if it has none, of another.
fn next() -> Option<Arc<Thread>> {
    let own = hal::cpu::id();
    let count = hal::cpu::count();
    (0..count).map(|step| (own + step) % count).find_map(|id| {
        let cpu = CPUS.of(id);
        if cpu.ready.load(Ordering::SeqCst) == 0 {
            return None;
        }
        let mut queue = cpu.queue.lock();
        let thread = queue.pop();
        let stolen = thread.filter(|thread| {
            let free = id == own || !thread.entity.is_on_cpu();
            if !free {
                let virtual_time = thread.entity.virtual_time.load(Ordering::Relaxed);
                queue.push(virtual_time, thread.clone());
            }
            free
        });
        cpu.ready.store(queue.len(), Ordering::SeqCst);
        drop(queue);
        if id != own
            && let Some(thread) = &stolen
        {
            settle(thread);
        }
        stolen
    })
}

/// Gives a thread that was taken from another processor a place among those here.
fn settle(thread: &Thread) {
    let least = CPUS.get().queue.lock().least();
    let time = &thread.entity.virtual_time;
    let settled = time
        .load(Ordering::Relaxed)
        .clamp(least.saturating_sub(BONUS), least + LAG);
    time.store(settled, Ordering::Relaxed);
}

fn next_or_idle() -> Arc<Thread> {
    next().unwrap_or_else(|| {
        CPUS.get()
            .idle_thread
            .lock()
            .clone()
            .expect("every processor has its idle thread")
    })
}

/// Leaves `from`, which is in the right state, for `to`.
fn switch_to(from: &Arc<Thread>, to: &Arc<Thread>) {
    if Arc::ptr_eq(from, to) {
        return;
    }
    let kernel = prepare(from, to);
    hal::thread::switch_to(&kernel);
}

/// Accounts for `from` and makes everything ready for `to`; gives its kernel thread.
fn prepare(from: &Thread, to: &Arc<Thread>) -> Arc<hal::thread::Thread> {
    charge(from);
    let cpu = CPUS.get();
    to.entity.cpu.store(hal::cpu::id(), Ordering::Relaxed);
    cpu.reschedule
        .store(deferred::is_pending(), Ordering::Relaxed);
    begin_slice(cpu);
    to.activate();
    to.entity
        .kernel
        .lock()
        .clone()
        .expect("a thread that can run has its stack")
}

/// A thread begins to run, or to run on: for a slice if somebody waits, else for as long as it likes.
fn begin_slice(cpu: &Cpu) {
    let (now, end) = match cpu.ready.load(Ordering::SeqCst) {
        0 => (u64::MAX, u64::MAX),
        _ => {
            let now = time::now();
            (now, now + SLICE)
        }
    };
    cpu.contended.store(now, Ordering::Relaxed);
    if cpu.slice_end.swap(end, Ordering::Relaxed) != end {
        time::program();
    }
}

/// Accounts for the calling thread up to now.
pub(crate) fn charge_current() {
    charge(&crate::process::current());
}

/// Adds the time since the last switch to the running thread.
fn charge(thread: &Thread) {
    let cpu = CPUS.get();
    let now = time::now();
    let since = cpu.since.swap(now, Ordering::Relaxed);
    let ran = now.saturating_sub(since);
    if thread.is_idle() {
        cpu.idle_ns.fetch_add(ran, Ordering::Relaxed);
        return;
    }
    let entity = &thread.entity;
    entity.run_time.fetch_add(ran, Ordering::Relaxed);
    let wanted = now.saturating_sub(since.max(cpu.contended.load(Ordering::Relaxed)));
    let weighted = wanted * NORMAL_WEIGHT / entity.weight.load(Ordering::Relaxed);
    entity.virtual_time.fetch_add(weighted, Ordering::Relaxed);
}

/// Gives the CPU away if somebody else is due.
pub fn yield_now() {
    let cpu = CPUS.get();
    cpu.reschedule
        .store(deferred::is_pending(), Ordering::Relaxed);
    if cpu.ready.load(Ordering::SeqCst) == 0 {
        return;
    }
    let thread = crate::process::current();
    charge(&thread);
    let mut queue = cpu.queue.lock();
    let virtual_time = thread.entity.virtual_time.load(Ordering::Relaxed);
    queue.push(virtual_time, thread.clone());
    let next = queue.pop();
    cpu.ready.store(queue.len(), Ordering::SeqCst);
    drop(queue);
    match next {
        Some(next) if !Arc::ptr_eq(&thread, &next) => switch_to(&thread, &next),
        // Nobody has run less; the others wait for the end of another slice.
        _ => begin_slice(cpu),
    }
}

/// Whether this CPU should reschedule soon: long kernel loops ask and call [`yield_now`].
#[inline]
pub fn should_yield() -> bool {
    CPUS.get().reschedule.load(Ordering::Relaxed)
}

/// Has this CPU's thread look at what is due before it goes to user mode.
fn ask_to_reschedule() {
    CPUS.get().reschedule.store(true, Ordering::Relaxed);
}

/// Starts a new thread.
pub(crate) fn start(thread: &Arc<Thread>) {
    let entity = &thread.entity;
    let own = crate::process::current();
    let virtual_time = own.entity.virtual_time.load(Ordering::Relaxed);
    entity.virtual_time.store(virtual_time, Ordering::Relaxed);
    entity.cpu.store(hal::cpu::id(), Ordering::Relaxed);
    wake(thread);
}

/// Ends the running thread. All that its stack held must be dropped before.
pub(crate) fn leave(thread: Arc<Thread>) -> ! {
    let next = next_or_idle();
    let kernel = prepare(&thread, &next);
    // The kernel thread keeps this one as its body: together they go when the next thread drops it.
    thread.entity.forget_kernel();
    drop(next);
    drop(thread);
    hal::thread::exit_to(kernel)
}

/// Makes the calling boot flow this processor's idle thread.
pub(crate) fn adopt(thread: Arc<Thread>) {
    stay_awake(&thread);
    let kernel = hal::thread::adopt_boot_flow(thread.clone());
    thread.entity.set_kernel(kernel);
    let cpu = CPUS.get();
    cpu.since.store(time::now(), Ordering::Relaxed);
    *cpu.idle_thread.lock() = Some(thread);
}

/// What an idle processor does for ever: runs what is ready, else waits for an interrupt.
pub fn idle() -> ! {
    let own = crate::process::current();
    let cpu = CPUS.get();
    loop {
        deferred::run();
        if let Some(next) = next() {
            switch_to(&own, &next);
            continue;
        }
        hal::cpu::set_interrupts(false);
        cpu.idle.store(true, Ordering::SeqCst);
        // Whoever queues a thread after this sees `idle` and interrupts; who did before is seen here.
        let work = (0..hal::cpu::count()).any(|id| CPUS.of(id).ready.load(Ordering::SeqCst) > 0);
        if work || deferred::is_pending() {
            cpu.idle.store(false, Ordering::SeqCst);
            hal::cpu::set_interrupts(true);
            continue;
        }
        hal::cpu::wait_for_interrupt();
        cpu.idle.store(false, Ordering::SeqCst);
    }
}

static LOAD: [AtomicU32; 3] = [const { AtomicU32::new(0) }; 3];

/// Load averages over 1, 5, 15 minutes, in 1/65536.
pub fn load_averages() -> [u32; 3] {
    [0, 1, 2].map(|index| LOAD[index].load(Ordering::Relaxed))
}

/// How often the load is looked at, ns.
pub(crate) const LOAD_PERIOD: u64 = 5_000_000_000;
/// exp(-5 s / 1, 5, 15 min) times 65536.
const DECAY: [u64; 3] = [60_297, 64_453, 65_173];

/// Adds a look at the load to the averages.
pub(crate) fn note_load() {
    let active: usize = (0..hal::cpu::count())
        .map(|id| {
            let cpu = CPUS.of(id);
            cpu.ready.load(Ordering::Relaxed) + usize::from(!cpu.idle.load(Ordering::Relaxed))
        })
        .sum();
    // The processor that looks is awake only for that.
    let active = active.saturating_sub(1) as u64;
    for (load, decay) in LOAD.iter().zip(DECAY) {
        let old = u64::from(load.load(Ordering::Relaxed));
        let new = (old * decay + (active << 16) * (65_536 - decay)) >> 16;
        load.store(new as u32, Ordering::Relaxed);
    }
}

/// Idle ns of all CPUs since boot.
pub fn idle_ns() -> u64 {
    CPUS.iter()
        .map(|cpu| cpu.idle_ns.load(Ordering::Relaxed))
        .sum()
}
