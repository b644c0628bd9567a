//! Whether a store's create-only puts are atomic: many writers race for the same names, and each name must have exactly
//! one winner. A store that fails here cannot hold a log; one that passes was merely not caught.
use super::{
    files::TEMPORARY,
    store::{Put, Store, StoreError},
};
use std::{sync::Barrier, thread};

/// So many writers put each object at the same moment.
pub const WRITERS: u8 = 16;
/// So many objects are put.
pub const KEYS: usize = 64;

/// Why a store cannot hold a log.
#[derive(Debug, thiserror::Error)]
pub enum RaceError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the storage cannot hold a log: of {WRITERS} writers that created one object at the same moment, {winners} were told that it is theirs; create-only puts (If-None-Match) must have exactly one winner"
    )]
    Winners { winners: usize },
    #[error(
        "the storage cannot hold a log: the object that one of {WRITERS} writers created at the same moment is not the one that is kept"
    )]
    Lost,
}

/// Races [`WRITERS`] for [`KEYS`] objects with temporary names, and takes them away again; gives how many of them could
/// not be removed. `name` is one that nobody else has.
///
/// # Errors
/// [`RaceError`].
pub fn race(store: &dyn Store, name: &str) -> Result<usize, RaceError> {
    let paths: Vec<String> = (0..KEYS).map(|key| format!("{TEMPORARY}race-{name}-{key}")).collect();
    let mut raced = 0;
    let held = paths.iter().try_for_each(|path| {
        raced += 1;
        contest(store, path)
    });
    let left = paths.iter().take(raced).filter(|path| store.delete(path).is_err()).count();
    held.map(|()| left)
}

fn contest(store: &dyn Store, path: &str) -> Result<(), RaceError> {
    let start = Barrier::new(usize::from(WRITERS));
    let put = |writer: u8| {
        start.wait();
        store.create(path, &[writer])
    };
    let puts = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS).map(|writer| scope.spawn(move || put(writer))).collect();
        writers.into_iter().map(|writer| writer.join().unwrap_or_else(|_| Err(stopped(path)))).collect::<Vec<_>>()
    });
    let puts = puts.into_iter().collect::<Result<Vec<Put>, StoreError>>()?;
    let winners: Vec<u8> =
        (0..WRITERS).zip(&puts).filter(|(_, put)| **put == Put::Created).map(|(one, _)| one).collect();
    match winners.as_slice() {
        [winner] if store.get(path)?.as_deref() == Some(&[*winner]) => Ok(()),
        [_] => Err(RaceError::Lost),
        _ => Err(RaceError::Winners { winners: winners.len() }),
    }
}

fn stopped(path: &str) -> StoreError {
    StoreError::Io { did: "written", path: path.to_owned(), cause: "a writer stopped".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{disk::RealDisk, store::Directory};
    use std::{
        collections::BTreeMap,
        sync::{Mutex, MutexGuard},
        time::Duration,
    };

    /// Objects in memory; an unsound one looks first and writes later.
    #[derive(Default)]
    struct Memory {
        objects: Mutex<BTreeMap<String, Vec<u8>>>,
        unsound: bool,
    }

    impl Memory {
        fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
            self.objects.lock().unwrap()
        }
    }

    impl Store for Memory {
        fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
            Ok(self.objects().get(path).cloned())
        }

        fn create(&self, path: &str, bytes: &[u8]) -> Result<Put, StoreError> {
            if self.unsound {
                let there = self.objects().contains_key(path);
                thread::sleep(Duration::from_millis(20));
                self.objects().insert(path.to_owned(), bytes.to_owned());
                return Ok(if there { Put::Exists } else { Put::Created });
            }
            let mut objects = self.objects();
            if objects.contains_key(path) {
                return Ok(Put::Exists);
            }
            objects.insert(path.to_owned(), bytes.to_owned());
            Ok(Put::Created)
        }

        fn replace(&self, _: &str, _: &[u8]) -> Result<(), StoreError> {
            Err(StoreError::Unsynced)
        }

        fn list(&self, _: &str) -> Result<Vec<String>, StoreError> {
            Ok(self.objects().keys().cloned().collect())
        }

        fn delete(&self, path: &str) -> Result<(), StoreError> {
            self.objects().remove(path);
            Ok(())
        }
    }

    #[test]
    fn a_sound_store_has_one_winner_for_each_name_and_nothing_is_left() {
        let store = Memory::default();
        assert_eq!(race(&store, "x").unwrap(), 0);
        assert!(store.objects().is_empty());
        let folder = tempfile::tempdir().unwrap();
        let store = Directory::new(folder.path(), RealDisk, "x").unwrap();
        assert_eq!(race(&store, "x").unwrap(), 0);
        assert_eq!(store.everything("").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_store_that_looks_and_then_writes_is_refused_and_nothing_is_left() {
        let store = Memory { unsound: true, ..Memory::default() };
        let refused = race(&store, "x").unwrap_err();
        assert!(matches!(refused, RaceError::Winners { winners } if winners > 1), "{refused}");
        assert!(store.objects().is_empty());
    }
}
