//! Certificates that the service makes itself: believed by the API server from the first request on, renewed without one
//! that fails, and a configuration that is otherwise left as it is.
use super::{
    table::{GOOD, pod},
    *,
};
use serde_json::Value as Json;
use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

const NAME: &str = "speguard";

/// The service with an authority of its own, in a configuration without any; not started.
fn prepared(plane: &ControlPlane, emitter: &str, further: &[&str]) -> Service {
    let arguments = ["--webhook-configuration", NAME, "--audit-every", "0", "--look-every", "3600"];
    Service::prepare(plane, &compliant().join("spe.yaml"), emitter, &[&arguments[..], further].concat())
}

impl Lab {
    fn entering(test: &str, further: &[&str]) -> Option<Self> {
        let plane = super::environment(test, false)?;
        let mut service = prepared(&plane, "admission-0", further);
        plane.apply(&service.webhooks());
        service.begin();
        Some(Self { plane, service })
    }

    /// The webhooks of the configuration; `None` where there is none.
    fn webhooks(&self) -> Option<Vec<Json>> {
        let output = self.plane.kubectl(&["get", "validatingwebhookconfiguration", NAME, "-o", "json"], "");
        let read: Json = serde_json::from_slice(&output.stdout).ok()?;
        Some(read["webhooks"].as_array().cloned().unwrap_or_default())
    }

    /// The bundle, which must be the same in every webhook, and how many authorities it holds.
    fn bundle(&self) -> (String, usize) {
        let webhooks = self.webhooks().unwrap();
        let bundles: Vec<&Json> = webhooks.iter().map(|webhook| &webhook["clientConfig"]["caBundle"]).collect();
        assert!(bundles.iter().all(|bundle| *bundle == bundles[0]), "{bundles:?}");
        let bundle = bundles[0].as_str().map(decoded).unwrap_or_default();
        let count = bundle.matches("BEGIN CERTIFICATE").count();
        (bundle, count)
    }

    /// Whether a service is believed by who has the bundle and nothing else.
    fn believes(&self, service: &Service) -> bool {
        let path = service.folder.path().join("bundle.pem");
        std::fs::write(&path, self.bundle().0).unwrap();
        let url = format!("{}/healthz", service.url());
        let mut command = std::process::Command::new("curl");
        command.args(["-sf", "--max-time", "5", "--cacert", path.to_str().unwrap(), &url]);
        command.output().unwrap().status.success()
    }

    fn patch(&self, kind: &str, patch: &str) {
        self.plane.must(&["patch", "validatingwebhookconfiguration", NAME, &format!("--type={kind}"), "-p", patch], "");
    }

    /// What a sign of life says of the webhooks, one after the other, each once.
    fn told(&self) -> Vec<Option<String>> {
        let beats = self.service.entries("heartbeat");
        let mut told: Vec<_> = beats.iter().map(|beat| beat["webhooks"].as_str().map(str::to_owned)).collect();
        told.dedup();
        told
    }

    fn metric(&self, name: &str) -> Option<u64> {
        let text = self.service.get("/metrics")?;
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("speguard_{name} ")))?;
        Some(line.parse().unwrap())
    }

    fn says(&self, words: &str) {
        self.wait_until(words, |lab| lab.service.output().contains(words));
    }
}

fn decoded(value: &str) -> String {
    use base64::Engine as _;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(value).unwrap()).unwrap()
}

/// SHA-256 of what `jq -cjS '[.webhooks[] | del(.clientConfig.caBundle)]'` prints of the configuration, as docs/evidence.md
/// has an auditor compute it.
fn digest(webhooks: &[Json]) -> String {
    use sha2::Digest as _;
    let mut webhooks = Json::Array(webhooks.to_vec());
    for webhook in webhooks.as_array_mut().unwrap() {
        webhook["clientConfig"].as_object_mut().unwrap().remove("caBundle");
    }
    let digest = sha2::Sha256::digest(webhooks.to_string());
    format!("sha256:{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// Requests that are sent while certificates change. `SPEGUARD_TEST_REQUESTS=10000` sends as many as one likes.
const REQUESTS: usize = 300;

/// How many send at once.
const SENDERS: usize = 6;

/// What came of many requests.
#[derive(Default)]
struct Load {
    sent: AtomicUsize,
    is_over: AtomicBool,
    failed: Mutex<Vec<String>>,
}

impl Load {
    /// Sends server-side dry runs of a pod that is good, and each fifth time of one that is not, until told to end. What is
    /// not answered by the service in its own words has failed.
    fn send(&self, plane: &ControlPlane) {
        let address = std::fs::read_to_string(plane.state().join("port")).unwrap();
        let token = std::fs::read_to_string(plane.state().join("token")).unwrap();
        let namespace = "api/v1/namespaces/project-hjerte/pods?dryRun=All";
        let url = format!("https://127.0.0.1:{}/{namespace}", address.trim());
        let tls = ureq::tls::TlsConfig::builder()
            .provider(ureq::tls::TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .disable_verification(true)
            .build();
        let agent = ureq::Agent::config_builder().tls_config(tls).http_status_as_error(false).build().new_agent();
        let (good, bad) = (pod(GOOD), HOST_NETWORK);
        while !self.is_over.load(Ordering::Relaxed) {
            let number = self.sent.fetch_add(1, Ordering::Relaxed);
            let (body, status, words) = if number.is_multiple_of(5) {
                (bad, 403, "SPE-HRD-02")
            } else {
                (good.as_str(), 201, "\"kind\":\"Pod\"")
            };
            let request = agent.post(&url).header("Authorization", format!("Bearer {}", token.trim()));
            let answer = request.content_type("application/yaml").send(body);
            let came =
                answer.and_then(|mut answer| Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?)));
            match came {
                Ok((came, text)) if came == status && text.contains(words) => {}
                other => self.failed.lock().unwrap().push(format!("request {number}: {other:?}")),
            }
        }
    }
}

/// The API server is asked while the service takes a new certificate every four seconds: every request is answered.
#[test]
fn requests_are_answered_while_certificates_come_and_go() {
    let wanted = std::env::var("SPEGUARD_TEST_REQUESTS").map_or(REQUESTS, |number| number.parse().unwrap());
    let further = ["--certificate-validity", "6", "--bundle-wait", "1"];
    let Some(lab) = Lab::entering("certificates that come and go", &further) else { return };
    // Ready means that the API server believes it: nothing is waited for here.
    assert!(lab.try_out(&pod(GOOD)).status.success());
    let denied = String::from_utf8(lab.try_out(HOST_NETWORK).stderr).unwrap();
    assert!(denied.contains("SPE-HRD-02") && denied.contains("spec.hostNetwork"), "{denied}");

    let load = Load::default();
    let (before, begun) = (lab.metric("certificate_rotations_total").unwrap(), Instant::now());
    thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| load.send(&lab.plane));
        }
        let is_enough = || {
            let rotations = lab.metric("certificate_rotations_total").unwrap_or_default();
            load.sent.load(Ordering::Relaxed) >= wanted && rotations >= before + 3
        };
        while !is_enough() && begun.elapsed() < Duration::from_secs(1_200) {
            thread::sleep(Duration::from_millis(500));
        }
        load.is_over.store(true, Ordering::Relaxed);
    });
    let (sent, failed) = (load.sent.into_inner(), load.failed.into_inner().unwrap());
    let rotations = lab.metric("certificate_rotations_total").unwrap() - before;
    #[expect(clippy::print_stderr, reason = "the numbers are what the test is for")]
    {
        eprintln!("{sent} requests, {rotations} rotations, {:?}, {} failed", begun.elapsed(), failed.len());
    }
    assert!(failed.is_empty(), "{} of {sent} failed: {:#?}", failed.len(), &failed[..failed.len().min(5)]);
    assert!(sent >= wanted && rotations >= 3, "{sent} requests, {rotations} rotations");
    // What is over is taken out: never more than the old one, the new one and one before.
    assert!(lab.bundle().1 <= 2, "{}", lab.bundle().0);
    // Of all that, nobody but us has changed anything.
    assert_eq!(lab.metric("webhook_configuration_changes_total"), Some(0));
}

#[test]
fn replicas_keep_each_others_authorities_and_take_out_their_own() {
    let Some(mut lab) = Lab::entering("two replicas", &["--bundle-wait", "1"]) else { return };
    let foreign = include_str!("../../src/serve/tls/foreign.pem");
    let mut second = prepared(&lab.plane, "admission-1", &["--bundle-wait", "1"]);
    second.begin();
    let (bundle, count) = lab.bundle();
    assert_eq!(count, 2);
    assert!(lab.believes(&lab.service) && lab.believes(&second));
    // Somebody adds one more by hand.
    let joined = encoded(&format!("# ours\n{foreign}{bundle}"));
    let at = |index: usize| {
        format!(r#"{{"op": "replace", "path": "/webhooks/{index}/clientConfig/caBundle", "value": "{joined}"}}"#)
    };
    lab.patch("json", &format!("[{}]", (0..4).map(at).collect::<Vec<_>>().join(",")));

    let before = lab.bundle().0;
    second.kill();
    second.begin();
    let after = lab.bundle().0;
    assert_ne!(before, after);
    assert_eq!(lab.bundle().1, 3, "{after}");
    assert!(after.contains(&format!("# ours\n{foreign}")), "{after}");
    assert!(lab.believes(&lab.service) && lab.believes(&second));
    // The one that was there all the time was never out of it.
    lab.service.end();
}

fn encoded(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn what_others_change_is_told_and_left_and_the_bundle_is_entered_again() {
    let Some(mut lab) = Lab::entering("changes of the configuration", &["--bundle-wait", "1"]) else { return };
    let first = digest(&lab.webhooks().unwrap());
    let (bundle, count) = lab.bundle();
    assert_eq!(count, 1);

    // Emptied in one webhook, and overwritten in another: in again within seconds.
    let foreign = encoded(include_str!("../../src/serve/tls/foreign.pem"));
    let emptied = r#"{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}"#;
    let overwritten =
        format!(r#"{{"op": "replace", "path": "/webhooks/1/clientConfig/caBundle", "value": "{foreign}"}}"#);
    let begun = Instant::now();
    lab.patch("json", &format!("[{emptied}, {overwritten}]"));
    let of = |lab: &Lab, index: usize| {
        lab.webhooks().unwrap()[index]["clientConfig"]["caBundle"].as_str().map(decoded).unwrap_or_default()
    };
    lab.wait_until("the bundle is entered again", |lab| of(lab, 0) == bundle && of(lab, 1).starts_with(&bundle));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(of(&lab, 1).len() > bundle.len(), "what somebody else entered is gone");
    lab.wait_until("it is asked again", |lab| lab.try_out(&pod(GOOD)).status.success());
    assert_eq!(lab.metric("webhook_configuration_changes_total"), Some(0));

    // Everything else is theirs.
    lab.patch("json", r#"[{"op": "replace", "path": "/webhooks/2/failurePolicy", "value": "Ignore"}]"#);
    lab.says("`failurePolicy` of webhook `cluster.speguard.io` is Ignore, and was Fail");
    lab.patch("json", r#"[{"op": "remove", "path": "/webhooks/3"}]"#);
    lab.says("webhook `outside.speguard.io` is gone");
    let left = lab.webhooks().unwrap();
    assert_eq!((left.len(), &left[2]["failurePolicy"]), (3, &"Ignore".into()));
    assert_eq!(lab.service.get("/readyz").as_deref(), Some("ready\n"));

    // And so is taking it away.
    lab.plane.must(&["delete", "validatingwebhookconfiguration", NAME], "");
    lab.says("it is gone");
    lab.says("speguard never makes one");
    assert_eq!(lab.service.get("/readyz"), None);
    lab.wait_until("the log says that there is none", |lab| lab.told().last() == Some(&None));
    assert_eq!(lab.webhooks(), None);
    assert_eq!(lab.metric("webhook_configuration_changes_total"), Some(3));
    assert_eq!(lab.metric("webhook_configuration_present"), Some(0));

    // Somebody brings it back: entered at once.
    lab.plane.apply(&lab.service.webhooks());
    lab.wait_until("it is asked again", |lab| lab.try_out(&pod(GOOD)).status.success());
    assert_eq!(lab.service.get("/readyz").as_deref(), Some("ready\n"));
    lab.wait_until("the log says so", |lab| lab.told().last() == Some(&Some(first.clone())));
    let told = lab.told();
    assert_eq!(told.iter().filter(|one| **one == Some(first.clone())).count(), 2, "{told:?}");
    assert!(told.len() >= 4, "{told:?}");
    lab.service.end();
    lab.service.speguard(&["evidence", "verify", "--log", "log", "--trust", "trust.policy"]);
}

/// What it may not do it says, with the rule; it is ready when it may.
#[test]
fn without_the_right_it_is_not_ready_and_names_the_rule() {
    let Some(plane) = super::environment("a right that is missing", false) else { return };
    let mut service = prepared(&plane, "admission-0", &["--bundle-wait", "1"]);
    plane.apply(&service.webhooks());
    let role = |further: &[&str]| {
        let printed = service.speguard(&[&["rbac", "--watch", "--name", "replica"], further].concat());
        String::from_utf8(printed.stdout).unwrap()
    };
    let (without, with) = (role(&[]), role(&["--webhook-configuration", NAME]));
    assert!(!with.contains("secrets") && !without.contains("patch"), "{with}");
    service.kubeconfig = plane.account("replica", &without);
    service.spawn();
    let mut lab = Lab { plane, service };
    lab.says("resourceNames: [speguard], verbs: [get, patch]");
    lab.wait_until("it answers why", |lab| {
        let mut command = std::process::Command::new("curl");
        let output = command.args(["-sk", &format!("{}/readyz", lab.service.url())]).output().unwrap();
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("every webhook: may not get the ValidatingWebhookConfiguration")
    });
    lab.plane.apply(&with);
    lab.wait_until("it is ready", |lab| lab.service.get("/readyz").as_deref() == Some("ready\n"));
    assert!(lab.try_out(&pod(GOOD)).status.success());
    lab.service.end();
}

/// A certificate from files: the configuration is only looked at.
#[test]
fn with_a_certificate_from_files_nothing_is_entered() {
    let Some(plane) = super::environment("a certificate from files", false) else { return };
    let files = ["--tls-certificate", "certificate.pem", "--tls-key", "key.pem"];
    let arguments = [&["--webhook-configuration", NAME, "--audit-every", "0"][..], &files].concat();
    let mut service = Service::prepare(&plane, &compliant().join("spe.yaml"), "admission-0", &arguments);
    service.without_name();
    let mut openssl = std::process::Command::new("openssl");
    openssl.args(["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "9"]);
    openssl.args(["-subj", "/CN=own", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out"]);
    assert!(openssl.arg("certificate.pem").current_dir(service.folder.path()).output().unwrap().status.success());
    let authority = service.speguard(&["webhooks", "--url", &service.url(), "--authority", "certificate.pem"]);
    plane.apply(&String::from_utf8(authority.stdout).unwrap());
    service.begin();
    let lab = Lab { plane, service };
    let certificate = std::fs::read_to_string(lab.service.folder.path().join("certificate.pem")).unwrap();
    lab.wait_until("the log tells of the webhooks", |lab| {
        // The first sign of life may come before the configuration was read.
        lab.told().last() == Some(&Some(digest(&lab.webhooks().unwrap())))
    });
    assert_eq!(lab.bundle(), (certificate, 1));
    assert_eq!(lab.metric("webhook_bundle_patches_total"), Some(0));
    assert!(lab.try_out(&pod(GOOD)).status.success());
}
