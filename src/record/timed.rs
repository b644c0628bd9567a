//! A store that is waited for only so long, whatever it is: a disk that hangs gives no error to wait for.
use super::store::{Put, Store, StoreError};
use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        mpsc::{Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

type Job = Box<dyn FnOnce(&dyn Store) + Send>;

/// Hands each request to one thread that has the store, and gives up on it when the time is over. What the thread hangs in
/// ends with the program.
pub struct Timed {
    jobs: Mutex<Sender<Job>>,
    limit: Duration,
    until: Mutex<Instant>,
}

impl fmt::Debug for Timed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timed").field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// What became of a request.
enum Asked<T> {
    Answered(Result<T, StoreError>),
    /// The time was over before it was handed to the store.
    NotSent,
    /// It was handed to the store, and no answer came.
    Unanswered,
}

impl Timed {
    /// A store to which all requests until the next [`Self::start_again`] have this much time together, from now.
    #[must_use]
    pub fn new(store: Box<dyn Store>, limit: Duration) -> Self {
        let (jobs, waiting) = channel::<Job>();
        thread::spawn(move || waiting.into_iter().for_each(|job| job(&*store)));
        Self { jobs: Mutex::new(jobs), limit, until: Mutex::new(Instant::now() + limit) }
    }

    /// Gives what follows the whole time.
    pub fn start_again(&self) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + self.limit;
    }

    fn ask<T: Send + 'static>(
        &self,
        request: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Asked<T> {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Asked::NotSent;
        }
        let (answer, answered) = channel();
        let job: Job = Box::new(move |store| {
            // Who has given up does not hear it.
            drop(answer.send(request(store)));
        });
        if self.jobs.lock().unwrap_or_else(PoisonError::into_inner).send(job).is_err() {
            return Asked::NotSent;
        }
        answered.recv_timeout(left).map_or(Asked::Unanswered, Asked::Answered)
    }

    fn late(&self) -> String {
        format!("no answer within {} s (--log-timeout)", self.limit.as_secs())
    }

    /// For requests of which it does not matter whether they were done.
    fn harmless<T>(&self, did: &'static str, path: &str, asked: Asked<T>) -> Result<T, StoreError> {
        match asked {
            Asked::Answered(answer) => answer,
            Asked::NotSent | Asked::Unanswered => {
                Err(StoreError::Io { did, path: path.to_owned(), cause: self.late() })
            }
        }
    }
}

impl Store for Timed {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let of = path.to_owned();
        self.harmless("read", path, self.ask(move |store| store.get(&of)))
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<Put, StoreError> {
        let (of, bytes) = (path.to_owned(), bytes.to_owned());
        match self.ask(move |store| store.create(&of, &bytes)) {
            Asked::Unanswered => Err(StoreError::Unclear { path: path.to_owned(), cause: self.late() }),
            asked => self.harmless("written", path, asked),
        }
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let (of, bytes) = (path.to_owned(), bytes.to_owned());
        self.harmless("written", path, self.ask(move |store| store.replace(&of, &bytes)))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let of = folder.to_owned();
        self.harmless("read", folder, self.ask(move |store| store.list(&of)))
    }

    fn everything(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let of = folder.to_owned();
        self.harmless("read", folder, self.ask(move |store| store.everything(&of)))
    }

    fn settle(&self, folder: &str) -> Result<(), StoreError> {
        let of = folder.to_owned();
        self.harmless("synced", folder, self.ask(move |store| store.settle(&of)))
    }

    fn delete(&self, path: &str) -> Result<(), StoreError> {
        let of = path.to_owned();
        self.harmless("deleted", path, self.ask(move |store| store.delete(&of)))
    }
}
