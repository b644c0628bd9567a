//! A disk in memory that forgets what was not synced, stops at a chosen step, and lets another run in between.
use speguard::record::disk::Disk;
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

type Inode = usize;

/// A change that is not durable yet.
#[derive(Clone, Debug)]
enum Pending {
    Content(Inode, Vec<u8>),
    Name(PathBuf, Inode),
    Gone(PathBuf),
    Renamed(PathBuf, PathBuf),
}

#[derive(Clone, Debug, Default)]
struct State {
    contents: BTreeMap<Inode, Vec<u8>>,
    names: BTreeMap<PathBuf, Inode>,
    durable_contents: BTreeMap<Inode, Vec<u8>>,
    durable_names: BTreeMap<PathBuf, Inode>,
    pending: Vec<Pending>,
    steps: usize,
    kill_at: Option<usize>,
    killed: bool,
    syncs_fail: bool,
    pretends: bool,
}

/// What runs at a step.
pub(crate) struct Hook(Box<dyn FnOnce() + Send>);

impl Hook {
    pub(crate) fn new(run: impl FnOnce() + Send + 'static) -> Self {
        Self(Box::new(run))
    }
}

#[derive(Clone, Default)]
pub(crate) struct FaultDisk {
    state: Arc<Mutex<State>>,
    hook: Arc<Mutex<Option<(usize, Hook)>>>,
}

/// More unsynced changes than this are not tried in every subset.
const SUBSETS_OF_MAX: usize = 9;

impl FaultDisk {
    pub(crate) fn kill_at(&self, step: usize) {
        self.state.lock().unwrap().kill_at = Some(step);
    }

    pub(crate) fn was_killed(&self) -> bool {
        self.state.lock().unwrap().killed
    }

    pub(crate) fn fail_syncs(&self, fail: bool) {
        self.state.lock().unwrap().syncs_fail = fail;
    }

    /// Answers every sync, and does none.
    pub(crate) fn pretend_to_sync(&self) {
        self.state.lock().unwrap().pretends = true;
    }

    pub(crate) fn after_losing_all(&self) -> Self {
        let state = self.state.lock().unwrap().after(0);
        Self { state: Arc::new(Mutex::new(state)), ..Self::default() }
    }

    /// Runs something at a step counted from now.
    pub(crate) fn at_step(&self, step: usize, hook: Hook) {
        let now = self.state.lock().unwrap().steps;
        *self.hook.lock().unwrap() = Some((now + step, hook));
    }

    /// The disk as a restart may find it: every subset of the changes that were not synced.
    pub(crate) fn after_loss(&self) -> Vec<Self> {
        let state = self.state.lock().unwrap();
        let count = state.pending.len();
        assert!(count <= SUBSETS_OF_MAX, "{count} changes are unsynced at once: {:?}", state.pending);
        (0..1_usize << count)
            .map(|subset| Self { state: Arc::new(Mutex::new(state.after(subset))), ..Self::default() })
            .collect()
    }

    /// Whether no size was signed with two roots, before and after a loss.
    pub(crate) fn one_root_for_each_size(&self, after: &Self) -> bool {
        let (before, after) = (self.state.lock().unwrap(), after.state.lock().unwrap());
        before.names.iter().filter(|(path, _)| path.to_string_lossy().contains("checkpoints/")).all(|(path, inode)| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with(".tmp")
                || after.names.get(path).is_none_or(|other| after.contents.get(other) == before.contents.get(inode))
        })
    }

    /// Counts a step; fails where the process is dead.
    fn step(&self) -> io::Result<()> {
        let hook = {
            let mut state = self.state.lock().unwrap();
            if state.killed || state.kill_at == Some(state.steps) {
                state.killed = true;
                return Err(io::Error::other("the process was killed"));
            }
            state.steps += 1;
            let mut hook = self.hook.lock().unwrap();
            if hook.as_ref().is_some_and(|(at, _)| *at < state.steps) { hook.take() } else { None }
        };
        if let Some((_, Hook(run))) = hook {
            run();
        }
        Ok(())
    }
}

impl State {
    fn after(&self, subset: usize) -> Self {
        let mut contents = self.durable_contents.clone();
        let mut names = self.durable_names.clone();
        for (bit, pending) in self.pending.iter().enumerate() {
            if subset >> bit & 1 == 1 {
                apply(pending, &mut contents, &mut names);
            }
        }
        // A name whose content never reached the disk shows an empty file.
        for inode in names.values() {
            contents.entry(*inode).or_default();
        }
        let (durable_contents, durable_names) = (contents.clone(), names.clone());
        Self { contents, names, durable_contents, durable_names, ..Self::default() }
    }
}

fn apply(pending: &Pending, contents: &mut BTreeMap<Inode, Vec<u8>>, names: &mut BTreeMap<PathBuf, Inode>) {
    match pending {
        Pending::Content(inode, bytes) => drop(contents.insert(*inode, bytes.clone())),
        Pending::Name(path, inode) => drop(names.insert(path.clone(), *inode)),
        Pending::Gone(path) => drop(names.remove(path)),
        Pending::Renamed(from, to) => {
            if let Some(inode) = names.remove(from) {
                names.insert(to.clone(), inode);
            }
        }
    }
}

fn missing() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

impl Disk for FaultDisk {
    fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step()?;
        let mut state = self.state.lock().unwrap();
        if state.names.contains_key(path) {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        let inode = state.contents.keys().chain(state.durable_contents.keys()).max().map_or(0, |last| last + 1);
        state.contents.insert(inode, bytes.to_vec());
        state.names.insert(path.to_owned(), inode);
        state.pending.extend([Pending::Name(path.to_owned(), inode), Pending::Content(inode, bytes.to_vec())]);
        Ok(())
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        let mut state = self.state.lock().unwrap();
        if state.syncs_fail {
            return Err(io::Error::other("the disk is broken"));
        }
        if state.pretends {
            return Ok(());
        }
        let inode = *state.names.get(path).ok_or_else(missing)?;
        let bytes = state.contents[&inode].clone();
        state.durable_contents.insert(inode, bytes);
        state.pending.retain(|pending| !matches!(pending, Pending::Content(of, _) if *of == inode));
        Ok(())
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        let mut state = self.state.lock().unwrap();
        if state.names.contains_key(to) {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        let inode = *state.names.get(from).ok_or_else(missing)?;
        state.names.insert(to.to_owned(), inode);
        state.pending.push(Pending::Name(to.to_owned(), inode));
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        let mut state = self.state.lock().unwrap();
        let inode = state.names.remove(from).ok_or_else(missing)?;
        state.names.insert(to.to_owned(), inode);
        state.pending.push(Pending::Renamed(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        let mut guard = self.state.lock().unwrap();
        let state = &mut *guard;
        if state.syncs_fail {
            return Err(io::Error::other("the disk is broken"));
        }
        if state.pretends {
            return Ok(());
        }
        let inside = |name: &Path| name.parent() == Some(path);
        let (synced, kept): (Vec<_>, Vec<_>) = state.pending.drain(..).partition(|pending| match pending {
            Pending::Content(..) => false,
            Pending::Name(name, _) | Pending::Gone(name) | Pending::Renamed(name, _) => inside(name),
        });
        state.pending = kept;
        for pending in synced {
            apply(&pending, &mut state.durable_contents, &mut state.durable_names);
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        let mut state = self.state.lock().unwrap();
        state.names.remove(path).ok_or_else(missing)?;
        state.pending.push(Pending::Gone(path.to_owned()));
        Ok(())
    }

    // Folders are taken to be there: a name in them can only be read where they are.
    fn make_folder(&self, _: &Path) -> io::Result<()> {
        self.step()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let state = self.state.lock().unwrap();
        if state.killed {
            return Err(io::Error::other("the process was killed"));
        }
        state.names.get(path).map(|inode| state.contents[inode].clone()).ok_or_else(missing)
    }

    fn files(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let state = self.state.lock().unwrap();
        Ok(state.names.keys().filter(|name| name.starts_with(path)).cloned().collect())
    }
}
