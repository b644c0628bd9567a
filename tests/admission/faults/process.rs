//! Faults of the service itself: its certificate, its disk, its end in the middle of everything.
use super::*;
use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

/// Writes an authority, and a certificate of it that ends at a time, seconds from now.
fn certify(folder: &Path, issuer: &rcgen::Issuer<'_, rcgen::KeyPair>, ends: i64) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut leaf = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let now = time::OffsetDateTime::now_utc();
    leaf.not_before = now - time::Duration::days(2);
    leaf.not_after = now + time::Duration::seconds(ends);
    leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    fs::write(folder.join("tls.key"), key.serialize_pem()).unwrap();
    fs::write(folder.join("tls.crt"), leaf.signed_by(&key, issuer).unwrap().pem()).unwrap();
}

#[test]
fn an_expired_certificate_lets_nothing_pass_until_it_is_renewed() {
    let Some(plane) = environment("a certificate that has expired", false) else { return };
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    fs::write(folder.path().join("authority.pem"), authority.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = rcgen::Issuer::new(authority, key);
    certify(folder.path(), &issuer, 3600);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let files = ["--tls-certificate", &path("tls.crt"), "--tls-key", &path("tls.key")];
    let mut lab = Lab::guard(plane, &files);
    assert!(lab.try_out(&pod(GOOD)).status.success());
    // The API server keeps a connection that it has: a new process has new ones.
    certify(folder.path(), &issuer, -3600);
    lab.service.end();
    lab.service.begin();
    let refused = lab.try_out(&pod(GOOD));
    assert!(!refused.status.success() && error(&refused).contains("expired"), "{}", error(&refused));
    // Files that change are taken within seconds, without a new start.
    certify(folder.path(), &issuer, 3600);
    lab.wait_until("the new certificate is shown", |lab| lab.try_out(&pod(GOOD)).status.success());
}

/// Nothing is allowed that is not recorded; with `best-effort` it is, and the gap says how many there were.
#[test]
fn a_full_disk_is_told_and_recovered_from_in_both_modes() {
    let Some(mut lab) = Lab::start("a full disk", false) else { return };
    lab.plane.apply(&pod(GOOD));
    full(&lab, false);
    lab.service.end();
    lab.service.add(&["--evidence", "best-effort"]);
    lab.service.begin();
    lab.plane.apply(&lab.service.webhooks());
    lab.wait_until("it answers", |lab| lab.try_out(&pod(GOOD)).status.success());
    full(&lab, true);
    lab.service.end();
    lab.service.speguard(&["evidence", "verify", "--log", "log", "--trust", "trust.policy"]);
}

fn full(lab: &Lab, allows: bool) {
    let holes = gaps(lab).len();
    lab.service.limit_files("0");
    for nth in 0..3 {
        let label = lab.plane.kubectl(
            &["annotate", "pod", "p", "-n", "project-hjerte", &format!("n={nth}-{allows}"), "--overwrite"],
            "",
        );
        assert_eq!(label.status.success(), allows, "{}", error(&label));
        assert!(allows || error(&label).contains("evidence-log-unavailable"), "{}", error(&label));
    }
    lab.service.limit_files("unlimited");
    lab.wait_until("changes are allowed and recorded", |lab| {
        lab.plane
            .kubectl(&["annotate", "pod", "p", "-n", "project-hjerte", "n=last", "--overwrite"], "")
            .status
            .success()
            && gaps(lab).len() > holes
    });
    let gap = gaps(lab).pop().unwrap();
    assert!(gap["decisions_lost"].as_u64() >= Some(3) && gap["cause"] == "store", "{gap}");
}

/// Killed while many ask: who got no answer is refused, and who was allowed is in the log.
#[test]
fn a_process_that_is_killed_in_the_middle_loses_no_decision() {
    let Some(mut lab) = Lab::start("a kill in the middle", false) else { return };
    let from = reconcile::now();
    let is_over = AtomicBool::new(false);
    let (made, refused) = thread::scope(|scope| {
        let makers: Vec<_> = (0..4)
            .map(|maker| {
                let (lab, is_over) = (&lab.plane, &is_over);
                scope.spawn(move || {
                    let (mut made, mut refused) = (0, 0);
                    for nth in 0.. {
                        if is_over.load(Ordering::Relaxed) && refused > 0 {
                            break;
                        }
                        let named = pod(GOOD).replace("name: p,", &format!("name: p-{maker}-{nth},"));
                        let output = lab.kubectl(&["create", "--validate=ignore", "-f", "-"], &named);
                        *(if output.status.success() { &mut made } else { &mut refused }) += 1;
                    }
                    (made, refused)
                })
            })
            .collect();
        thread::sleep(Duration::from_secs(3));
        lab.service.signal("KILL");
        is_over.store(true, Ordering::Relaxed);
        makers.into_iter().map(|one| one.join().unwrap()).fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
    });
    assert!(made > 0 && refused >= 4, "{made} made, {refused} refused");
    lab.service.kill();
    lab.service.begin();
    lab.plane.apply(&lab.service.webhooks());
    lab.wait_until("it answers again", |lab| lab.try_out(&pod(GOOD)).status.success());
    let to = lab.end();
    let audit = lab.plane.state().join("audit.log");
    let (exit, report) = lab.reconcile(audit.to_str().unwrap(), (&from, &to), &[]);
    // An answer that was recorded and never arrived has no event that names it: that is not a breach.
    assert_ne!(exit, 1, "{report:#}");
    assert!(reconcile::count(&report, "matched") >= made, "{report:#}");
}
