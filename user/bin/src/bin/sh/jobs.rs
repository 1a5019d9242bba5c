//! Jobs: which processes run together, who has the terminal, what became of them.

use crate::state::Shell;
use alloc::vec::Vec;
use programs::Bytes;
use scarlet::process::{self, Change, News};
use scarlet::{Error, eprintln, term};

/// A pipeline that was started.
pub(crate) struct Job {
    pub(crate) number: u32,
    /// Its processes that have not ended.
    pub(crate) running: Vec<u32>,
    /// The process whose status counts.
    last: u32,
    pub(crate) group: u32,
    pub(crate) text: Vec<u8>,
    pub(crate) stopped: bool,
    status: i32,
}

/// All jobs that have not been reported as done.
#[derive(Default)]
pub(crate) struct Jobs {
    pub(crate) list: Vec<Job>,
}

impl Jobs {
    pub(crate) fn add(&mut self, ids: Vec<u32>, text: Vec<u8>) -> u32 {
        let number = self.list.iter().map(|job| job.number).max().unwrap_or(0) + 1;
        let (group, last) = (
            ids.first().copied().unwrap_or(0),
            ids.last().copied().unwrap_or(0),
        );
        self.list.push(Job {
            number,
            running: ids,
            last,
            group,
            text,
            stopped: false,
            status: 0,
        });
        number
    }

    pub(crate) fn forget(&mut self) {
        self.list.clear();
    }

    /// The job that `%N`, `N` (a process) or nothing (the latest) names.
    pub(crate) fn position(&self, name: Option<&[u8]>) -> Option<usize> {
        match name {
            None => self.list.len().checked_sub(1),
            Some(name) => {
                let (digits, by_job) = match name.strip_prefix(b"%") {
                    Some(digits) => (digits, true),
                    None => (name, false),
                };
                let number = programs::number(digits)? as u32;
                self.list.iter().position(|job| {
                    if by_job {
                        job.number == number
                    } else {
                        job.running.contains(&number) || job.last == number
                    }
                })
            }
        }
    }

    /// Notes what a child did.
    fn note(&mut self, news: News) {
        for job in &mut self.list {
            if !job.running.contains(&news.id) {
                continue;
            }
            match news.change {
                Change::Stopped(_) => {
                    job.stopped = true;
                    job.status = news.change.status();
                }
                Change::Continued => job.stopped = false,
                Change::Exited(_) | Change::Killed(_) => {
                    job.running.retain(|&id| id != news.id);
                    if news.id == job.last {
                        job.status = news.change.status();
                    }
                }
            }
        }
    }
}

impl Shell {
    /// Waits for processes that have the terminal; gives the status of the last.
    pub(crate) fn foreground(&mut self, ids: Vec<u32>, group: u32, text: &[u8]) -> i32 {
        let number = self.jobs.add(ids, text.to_vec());
        self.wait_for_job(number, group)
    }

    pub(crate) fn wait_for_job(&mut self, number: u32, group: u32) -> i32 {
        let mut told = None;
        loop {
            let Some(index) = self.jobs.list.iter().position(|job| job.number == number) else {
                return 0;
            };
            let job = &self.jobs.list[index];
            if job.running.is_empty() || job.stopped {
                break self.finish(index, told);
            }
            match process::wait(-1, self.interactive, false) {
                Ok(Some(news)) => {
                    if job.running.contains(&news.id) && news.id == job.last {
                        told = Some(news.change);
                    }
                    self.jobs.note(news);
                }
                Err(Error::Interrupted) | Ok(None) => {}
                Err(_) => {
                    // Somebody else's children only: nothing of this job is left.
                    self.jobs.list[index].running.clear();
                }
            }
            let _ = group;
        }
    }

    /// Takes the terminal back and tells how a job ended.
    fn finish(&mut self, index: usize, told: Option<Change>) -> i32 {
        if self.interactive {
            let _ = term::set_foreground(0, process::info(0).map_or(0, |own| own.group));
        }
        let job = &self.jobs.list[index];
        let status = job.status;
        if job.stopped {
            eprintln!("\n[{}] stopped  {}", job.number, Bytes(&job.text));
            return status;
        }
        match told {
            Some(Change::Killed(process::event::INTERRUPT)) if self.interactive => eprintln!(""),
            Some(Change::Killed(process::event::INTERRUPT | process::event::BROKEN_PIPE)) => {}
            Some(Change::Killed(event)) => {
                eprintln!("sh: {}: {}", Bytes(&job.text), process::event::text(event))
            }
            _ => {}
        }
        self.jobs.list.remove(index);
        status
    }

    /// Waits for one process and no other.
    pub(crate) fn wait_for(&mut self, id: u32) -> i32 {
        loop {
            match process::wait(i64::from(id), false, false) {
                Ok(Some(news)) => return news.change.status(),
                Err(Error::Interrupted) | Ok(None) => {}
                Err(_) => return 0,
            }
        }
    }

    /// Waits until every background job is done.
    pub(crate) fn wait_for_all(&mut self) -> i32 {
        while self
            .jobs
            .list
            .iter()
            .any(|job| !job.running.is_empty() && !job.stopped)
        {
            match process::wait(-1, self.interactive, false) {
                Ok(Some(news)) => self.jobs.note(news),
                Err(Error::Interrupted) | Ok(None) => {}
                Err(_) => break,
            }
        }
        self.jobs.list.retain(|job| job.stopped);
        0
    }

    /// Before a prompt: collects what ended meanwhile and tells of it.
    pub(crate) fn report_jobs(&mut self) {
        while let Ok(Some(news)) = process::wait(-1, true, true) {
            self.jobs.note(news);
        }
        for job in self.jobs.list.iter().filter(|job| job.running.is_empty()) {
            eprintln!(
                "[{}] done ({})  {}",
                job.number,
                job.status,
                Bytes(&job.text)
            );
        }
        self.jobs.list.retain(|job| !job.running.is_empty());
    }

    /// Lets a job go on, with the terminal or without.
    pub(crate) fn resume(&mut self, index: usize, foreground: bool) -> i32 {
        let job = &mut self.jobs.list[index];
        job.stopped = false;
        let (number, group) = (job.number, job.group);
        eprintln!("{}", Bytes(&job.text));
        if foreground {
            let _ = term::set_foreground(0, group);
        }
        if let Err(error) = process::post(-i64::from(group), process::event::CONTINUE) {
            programs::complain(b"job", error);
            return 1;
        }
        if foreground {
            self.wait_for_job(number, group)
        } else {
            0
        }
    }

    /// In a fresh copy: into its group, as the parent also does, so that neither depends on who is first.
    pub(crate) fn enter_group(&self, group: u32, foreground: bool) {
        if self.interactive {
            let _ = process::set_group(0, group);
            if foreground && group == 0 {
                let _ = term::set_foreground(0, process::id());
            }
        }
    }

    pub(crate) fn put_in_group(&self, id: u32, group: u32) {
        if self.interactive {
            let _ = process::set_group(id, group);
        }
    }
}
