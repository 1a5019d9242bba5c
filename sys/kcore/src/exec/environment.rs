//! Entering another ABI's world: its files, the working directory there, its variables, and how a path of the caller's
//! world is spelt in it.

use super::View;
use crate::Result;
use crate::vfs::{Base, File, FsContext, NodeKind};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The files as a program of this view sees them, entered from `old`: same umask, the working directory of the same path, or the
/// nearest one above it that is there.
pub(super) fn enter(view: &View, old: &FsContext) -> Result<Arc<FsContext>> {
    let new = FsContext::new(view.namespace.clone(), view.root.clone());
    new.set_umask(old.umask());
    let mut path = old
        .name_of(&old.working_directory())
        .unwrap_or_else(|_| b"/".to_vec());
    loop {
        if let Ok(place) = new.resolve(&Base::WorkingDirectory, &path, true)
            && place.metadata().kind == NodeKind::Directory
            && new.set_working_directory(place).is_ok()
        {
            return Ok(new);
        }
        match path.iter().rposition(|&byte| byte == b'/') {
            Some(slash) if slash > 0 => path.truncate(slash),
            // A new view starts in its root.
            _ => return Ok(new),
        }
    }
}

/// How a program of `new` names `file`, which the caller found as `given` in `old`: the same path if that leads to the same
/// contents there; else, without one leading directory after another, the first that does (a layer of the view is its
/// root); else any node of the same path; else as given.
pub(super) fn translate(old: &FsContext, new: &FsContext, file: &File, given: &[u8]) -> Vec<u8> {
    let Ok(path) = old.name_of(file.path()) else {
        return given.to_vec();
    };
    let wanted = file.pages().map(|pages| pages.identity());
    let same = |candidate: &[u8]| {
        let place = new.resolve(&Base::WorkingDirectory, candidate, true).ok()?;
        let pages = place.inode().pages()?;
        (Some(pages.identity()) == wanted).then_some(())
    };
    let starts = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    for (start, _) in starts {
        if same(&path[start..]).is_some() {
            return path[start..].to_vec();
        }
    }
    path
}

/// The caller's variables with the view's put in their place.
pub(super) fn variables(mut env: Vec<Vec<u8>>, set: &[Vec<u8>]) -> Vec<Vec<u8>> {
    fn name(variable: &[u8]) -> &[u8] {
        let end = variable.iter().position(|&byte| byte == b'=');
        &variable[..end.unwrap_or(variable.len())]
    }
    for variable in set {
        match env.iter_mut().find(|old| name(old) == name(variable)) {
            Some(old) => old.clone_from(variable),
            None => env.push(variable.clone()),
        }
    }
    env
}

#[cfg(test)]
mod tests {
    use super::variables;
    use alloc::vec::Vec;

    #[test]
    fn variables_are_replaced_by_name() {
        let list = |items: &[&str]| -> Vec<Vec<u8>> {
            items.iter().map(|item| item.as_bytes().to_vec()).collect()
        };
        let env = list(&["PATH=/x", "TERM=vt100", "PATHS=keep"]);
        let set = list(&["PATH=/bin:/sbin", "HOME=/root"]);
        let expected = list(&["PATH=/bin:/sbin", "TERM=vt100", "PATHS=keep", "HOME=/root"]);
        assert_eq!(variables(env, &set), expected);
    }
}
