//! Waiting for children.

use super::{ExitStatus, Times, current, tree};
use crate::event::EventKind;
use crate::wait::WaitOptions;
use crate::{Error, Result};

/// Which children to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildFilter {
    /// All.
    Any,
    /// This one.
    Process(u32),
    /// Those of a group.
    Group(u32),
}

/// What to wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChildWait {
    /// Stops count.
    pub stopped: bool,
    /// Going on counts.
    pub continued: bool,
    /// Ends count.
    pub exited: bool,
    /// Only look.
    pub no_wait: bool,
    /// Leave the news where it is.
    pub keep: bool,
}

/// What a child did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildChange {
    /// It ended.
    Ended(ExitStatus),
    /// It was stopped by this.
    Stopped(EventKind),
    /// It goes on.
    Continued,
}

/// A child's news: its id, what it did, the CPU time it used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildNews {
    /// Which child.
    pub id: u32,
    /// Its real user.
    pub uid: u32,
    /// What it did.
    pub change: ChildChange,
    /// What it used.
    pub times: Times,
}

/// Waits for a child of the caller. `Ok(None)`: nothing yet and told not to wait. [`Error::NoChild`]: none can come.
pub fn wait_child(filter: ChildFilter, what: ChildWait) -> Result<Option<ChildNews>> {
    let thread = current();
    let process = thread.process();
    let fits = |id: u32, group: u32| match filter {
        ChildFilter::Any => true,
        ChildFilter::Process(wanted) => id == wanted,
        ChildFilter::Group(wanted) => group == wanted,
    };
    let look = || match tree::look(process.id(), fits, what) {
        None => Some(Err(Error::NoChild)),
        Some(None) if what.no_wait => Some(Ok(None)),
        Some(None) => None,
        Some(Some((child, change))) => {
            let times = child.times();
            if matches!(change, ChildChange::Ended(_))
                && !what.keep
                && !tree::reap(process.id(), &child)
            {
                return None;
            }
            Some(Ok(Some(ChildNews {
                id: child.id(),
                uid: child.credentials().uid,
                change,
                times,
            })))
        }
    };
    process.news.wait(WaitOptions::default(), look)?
}
