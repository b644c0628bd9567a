use super::*;
use crate::{
    model::{Document, Origin},
    normalise,
};

const CONTEXT: Bearing = Bearing::Context { opens: true };

fn bytes(name: &str, (uid, version): (&str, &str), label: &str) -> Vec<u8> {
    let text = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "a", "uid": uid, "resourceVersion": version, "labels": {"app": label},
                     "creationTimestamp": version},
        "spec": {"containers": [{"name": "c", "image": "i"}]}, "status": {"phase": version}
    });
    serde_json::to_vec(&text).unwrap()
}

fn read(bytes: &[u8]) -> Resource {
    let origin = Origin::Object { path: "/api/v1/pods".into() };
    normalise::object(&Document { origin, bytes: bytes.into(), render: None }).unwrap()
}

/// A change of an object from a version on; `None` of a label = deleted.
fn admission(name: &str, began: (&str, &str), label: Option<&str>, bearing: Bearing) -> Admission {
    let was = read(&bytes(name, began, "old"));
    let after = label.map(|label| read(&bytes(name, began, label)));
    Admission { id: was.id, after, bearing, version: Version::read(&bytes(name, began, "old")) }
}

fn holding(one: Admission) -> Overlay {
    let mut overlay = Overlay::default();
    assert!(overlay.hold(one, None, Instant::now()).is_some());
    overlay
}

fn put(overlay: &mut Overlay, name: &str, version: (&str, &str), label: &str) {
    let bytes = bytes(name, version, label);
    overlay.put(&read(&bytes), &bytes);
}

fn gone(overlay: &mut Overlay, name: &str, version: (&str, &str)) {
    let bytes = bytes(name, version, "old");
    overlay.gone(&read(&bytes).id, &bytes);
}

#[test]
fn what_is_new_is_held_until_it_is_shown() {
    let new = || holding(admission("p", ("u", ""), Some("new"), Bearing::Workload));
    let mut overlay = new();
    // Another object, and one of the same name from before.
    put(&mut overlay, "q", ("w", "5"), "new");
    put(&mut overlay, "p", ("before", "5"), "new");
    gone(&mut overlay, "p", ("before", "6"));
    assert_eq!(overlay.held.len(), 1);
    put(&mut overlay, "p", ("u", "7"), "new");
    assert!(overlay.held.is_empty());
    // By its uid, whatever was made of it; and where it came and went between two looks.
    let mut overlay = new();
    put(&mut overlay, "p", ("u", "7"), "changed");
    assert!(overlay.held.is_empty());
    let mut overlay = new();
    gone(&mut overlay, "p", ("u", "8"));
    assert!(overlay.held.is_empty());
    // An API server that says no uid is known by what it shows.
    let mut overlay = holding(admission("p", ("", ""), Some("new"), Bearing::Workload));
    put(&mut overlay, "p", ("u", "7"), "other");
    assert_eq!(overlay.held.len(), 1);
    put(&mut overlay, "p", ("u", "8"), "new");
    assert!(overlay.held.is_empty());
}

#[test]
fn what_is_changed_is_held_until_something_later_is_shown() {
    let mut overlay = holding(admission("p", ("u", "9"), Some("new"), CONTEXT));
    // Late news of before, also where it looked like what is to come.
    put(&mut overlay, "p", ("u", "8"), "new");
    put(&mut overlay, "p", ("u", "9"), "old");
    assert_eq!(overlay.held.len(), 1);
    // Ten comes after nine: versions are numbers. Whoever wrote it, ours is stored before it or never.
    put(&mut overlay, "p", ("u", "10"), "somebody else's");
    assert!(overlay.held.is_empty());
    // Versions that are no numbers say nothing; what is shown does.
    let mut overlay = holding(admission("p", ("u", "x"), Some("new"), CONTEXT));
    put(&mut overlay, "p", ("u", "y"), "old");
    assert_eq!(overlay.held.len(), 1);
    put(&mut overlay, "p", ("u", "z"), "new");
    assert!(overlay.held.is_empty());
}

#[test]
fn what_is_deleted_is_held_until_it_is_gone() {
    let deleted = || holding(admission("p", ("u", "9"), None, CONTEXT));
    let mut overlay = deleted();
    put(&mut overlay, "p", ("u", "10"), "old");
    gone(&mut overlay, "p", ("before", "8"));
    assert_eq!(overlay.held.len(), 1);
    gone(&mut overlay, "p", ("u", "11"));
    assert!(overlay.held.is_empty());
    // Another of its name stands where it was.
    let mut overlay = deleted();
    put(&mut overlay, "p", ("after", "12"), "old");
    assert!(overlay.held.is_empty());
}

#[test]
fn a_list_shows_what_is_as_it_says() {
    let listed = |label: &str| {
        let one = read(&bytes("p", ("u", "9"), label));
        BTreeMap::from([(one.id.clone(), one)])
    };
    let mut overlay = holding(admission("p", ("u", "9"), Some("new"), CONTEXT));
    overlay.listed("Pod", &listed("old"));
    overlay.listed("Pod", &BTreeMap::new());
    overlay.listed("Namespace", &BTreeMap::new());
    assert_eq!(overlay.held.len(), 1);
    overlay.listed("Pod", &listed("new"));
    assert!(overlay.held.is_empty());
    let mut overlay = holding(admission("p", ("u", "9"), None, CONTEXT));
    overlay.listed("Pod", &listed("old"));
    assert_eq!(overlay.held.len(), 1);
    overlay.listed("Pod", &BTreeMap::new());
    assert!(overlay.held.is_empty());
}

#[test]
fn what_is_never_stored_is_let_go_after_ten_seconds() {
    let mut overlay = Overlay::default();
    let begun = Instant::now();
    let other = read(&bytes("q", ("w", "1"), "x")).id;
    overlay.hold(admission("p", ("u", ""), Some("new"), CONTEXT), None, begun);
    let at = |overlay: &mut Overlay, seconds| {
        overlay.outstanding(&other, CONTEXT, begun + Duration::from_millis(seconds)).others.len()
    };
    assert_eq!((at(&mut overlay, 9_999), at(&mut overlay, 10_000)), (1, 0));
    assert!(overlay.held.is_empty());
}

#[test]
fn a_workload_sees_what_can_open_ways_and_a_change_of_context_sees_all() {
    let mut overlay = Overlay::default();
    let now = Instant::now();
    let closes = Bearing::Context { opens: false };
    for (name, bearing) in [("opens", CONTEXT), ("closes", closes), ("runs", Bearing::Workload)] {
        overlay.hold(admission(name, (name, ""), Some("new"), bearing), None, now);
    }
    let mut seen = |name: &str, bearing| {
        let id = read(&bytes(name, ("w", "1"), "x")).id;
        let others = overlay.outstanding(&id, bearing, now).others;
        others.iter().map(|one| one.admission.id.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(seen("q", Bearing::Workload), ["opens"]);
    assert_eq!(seen("q", closes), ["opens", "closes", "runs"]);
    // Of the object itself the request says how it was.
    assert_eq!(seen("opens", CONTEXT), ["closes", "runs"]);
}

/// Two that were judged at the same moment are not both held as they were judged.
#[test]
fn who_is_second_is_told_to_be_judged_anew() {
    let now = Instant::now();
    let of = |name: &str, bearing| admission(name, (name, ""), Some("new"), bearing);
    for (first, second, is_late) in [
        (CONTEXT, Bearing::Workload, true),
        (Bearing::Workload, CONTEXT, true),
        (CONTEXT, CONTEXT, true),
        (Bearing::Workload, Bearing::Workload, false),
    ] {
        let mut overlay = Overlay::default();
        let (one, other) = (of("one", first), of("other", second));
        let seen_by_one = overlay.outstanding(&one.id, first, now);
        let seen_by_other = overlay.outstanding(&other.id, second, now);
        assert!(overlay.hold(one, Some(&seen_by_one), now).is_some());
        // Also when it was shown before the second comes to be held.
        put(&mut overlay, "one", ("one", "1"), "new");
        assert_eq!(overlay.hold(other, Some(&seen_by_other), now).is_none(), is_late, "{first:?} {second:?}");
    }
}

#[test]
fn no_more_are_held_than_there_is_room_for() {
    let mut overlay = Overlay::default();
    let now = Instant::now();
    overlay.hold(admission("policy", ("policy", ""), Some("new"), CONTEXT), None, now);
    for nth in 0..WORKLOADS_MAX + 3 {
        overlay.hold(admission(&format!("p{nth}"), ("u", ""), Some("new"), Bearing::Workload), None, now);
    }
    let names: Vec<&str> = overlay.held.iter().map(|one| one.admission.id.name.as_ref()).collect();
    assert_eq!((names.len(), &names[..2]), (WORKLOADS_MAX + 1, &["policy", "p3"][..]));
}

#[test]
fn what_is_denied_after_all_is_held_no_longer() {
    let mut overlay = Overlay::default();
    let ticket = overlay.hold(admission("p", ("u", ""), Some("new"), CONTEXT), None, Instant::now()).unwrap();
    overlay.withdraw(ticket);
    assert!(overlay.held.is_empty());
}
