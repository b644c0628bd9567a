//! A rotation on a clock that the test moves, with a bundle that the test keeps.
use super::*;

const NOW: i64 = 1_795_000_000;

/// A process, what stands in the bundle, and seconds since the beginning.
struct Case {
    rotation: Rotation,
    bundle: Vec<u8>,
    begun: Instant,
    seconds: u64,
}

fn terms(emitter: &str, start: &str) -> Terms {
    Terms {
        names: vec!["localhost".to_owned()],
        owner: Owner { emitter: emitter.to_owned(), start: start.to_owned() },
        validity: Duration::from_secs(90),
        wait: Duration::from_secs(5),
    }
}

fn moment(begun: Instant, seconds: u64) -> Moment {
    Moment { wall: Timestamp(NOW + i64::try_from(seconds).unwrap()), steady: begun + Duration::from_secs(seconds) }
}

impl Case {
    fn begin(terms: Terms) -> Self {
        let begun = Instant::now();
        let rotation = Rotation::begin(terms, moment(begun, 0)).unwrap();
        Self { rotation, bundle: Vec::new(), begun, seconds: 0 }
    }

    fn now(&self) -> Moment {
        moment(self.begun, self.seconds)
    }

    /// Lets time pass, and does what is due then. Says whether another certificate is shown.
    fn pass(&mut self, seconds: u64) -> bool {
        self.seconds += seconds;
        self.rotation.advance(self.now()).unwrap()
    }

    /// Enters what is to be entered.
    fn enter(&mut self) {
        self.bundle = self.rotation.entered(&self.bundle, self.now());
        self.rotation.seen(&[&self.bundle, &self.bundle], self.now());
    }

    /// The numbers of the authorities in the bundle, by whose they are.
    fn authorities(&self) -> usize {
        String::from_utf8_lossy(&self.bundle).matches("BEGIN").count()
    }

    /// What is shown must be believed by whoever has this bundle.
    fn believes(&self) -> bool {
        bundle::holds(&self.bundle, &self.rotation.shown.made.authority)
    }
}

#[test]
fn it_is_ready_when_api_servers_have_had_time_to_see_its_authority() {
    let mut case = Case::begin(terms("a", "01K"));
    assert!(case.rotation.obstacle(case.now()).unwrap().contains("every webhook"));
    // A configuration without webhooks asks nobody.
    case.rotation.seen(&[], case.now());
    assert!(case.rotation.obstacle(case.now()).unwrap().contains("every webhook"));
    case.bundle = case.rotation.entered(b"", case.now());
    // In one of two.
    case.rotation.seen(&[&case.bundle, b""], case.now());
    assert!(case.rotation.obstacle(case.now()).unwrap().contains("every webhook"));
    case.enter();
    case.pass(4);
    assert!(case.rotation.obstacle(case.now()).unwrap().contains("time to see"));
    case.pass(1);
    assert_eq!(case.rotation.obstacle(case.now()), None);
    // Somebody takes it out: not ready, until it is in again, and then at once.
    case.rotation.seen(&[b""], case.now());
    assert!(case.rotation.obstacle(case.now()).is_some());
    case.rotation.seen(&[&case.bundle], case.now());
    assert_eq!(case.rotation.obstacle(case.now()), None);
}

#[test]
fn one_takes_the_place_of_another_and_is_believed_all_the_time() {
    let mut case = Case::begin(terms("a", "01K"));
    case.enter();
    let first = case.rotation.until();
    assert_eq!(case.rotation.pause(case.now()), Duration::from_secs(60));
    assert!(!case.pass(59));
    case.enter();
    assert_eq!(case.authorities(), 1);
    // Two thirds: the next one is made, and both are in.
    assert!(!case.pass(1));
    case.enter();
    assert_eq!((case.authorities(), case.rotation.until()), (2, first));
    assert_eq!(case.rotation.pause(case.now()), Duration::from_secs(5));
    assert!(!case.pass(4));
    // It must stand there without a break for as long as is waited.
    let old = case.rotation.shown.made.authority.clone();
    case.rotation.seen(&[old.as_bytes()], case.now());
    assert!(!case.pass(1));
    case.enter();
    assert!(!case.pass(4));
    assert!(case.pass(1) && case.believes());
    assert_eq!(case.rotation.until(), Timestamp(NOW + 60 + 90));
    case.enter();
    assert_eq!(case.authorities(), 2);
    // Connections that were begun before are made by then.
    assert!(!case.pass(5));
    case.enter();
    assert!(case.authorities() == 1 && case.believes());
    assert_eq!(case.rotation.obstacle(case.now()), None);
}

#[test]
fn what_cannot_be_entered_is_shown_only_when_nothing_else_can_be_believed() {
    let mut case = Case::begin(terms("a", "01K"));
    case.enter();
    case.pass(60);
    // The API server cannot be asked until the end.
    assert!(!case.pass(29));
    assert_eq!(case.rotation.obstacle(case.now()), None);
    assert!(case.pass(1));
    assert!(case.rotation.obstacle(case.now()).unwrap().contains("every webhook"));
    case.enter();
    assert_eq!(case.rotation.obstacle(case.now()), None);
}

#[test]
fn a_process_that_starts_anew_takes_out_its_own_and_no_other() {
    let mut first = Case::begin(terms("a", "01J"));
    let mut other = Case::begin(terms("b", "01J"));
    first.enter();
    other.bundle = first.bundle;
    other.enter();
    assert_eq!(other.authorities(), 2);
    let mut second = Case::begin(terms("a", "01K"));
    second.bundle = other.bundle;
    second.enter();
    assert_eq!(second.authorities(), 2);
    assert!(bundle::holds(&second.bundle, &other.rotation.shown.made.authority));
    // The first was not ended at all: both stay, and do not take each other out.
    first.bundle = second.bundle;
    first.enter();
    assert_eq!(first.authorities(), 3);
    second.bundle = first.bundle;
    second.enter();
    assert_eq!(second.authorities(), 3);
}

#[test]
fn what_is_over_goes_whosever_it_was() {
    let mut other = Case::begin(terms("b", "01J"));
    other.enter();
    let mut case = Case::begin(Terms { validity: Duration::from_secs(9_000), ..terms("a", "01K") });
    case.bundle = other.bundle;
    case.enter();
    case.pass(90);
    case.enter();
    assert_eq!(case.authorities(), 2);
    case.pass(1);
    case.enter();
    assert_eq!(case.authorities(), 1);
}
