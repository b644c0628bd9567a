//! A small assessment to be rendered: every standing, a finding elsewhere than in its subject, a hostile name.
use speguard::{
    model::*,
    report::{Format, Language, Page, render},
};
use std::collections::BTreeMap;

pub(super) const MANIFEST: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: notebook, namespace: research}
spec:
  template:
    spec:
      hostNetwork: true
      containers:
      - name: web
        image: a
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: open, namespace: research}
spec:
  egress:
  - {}
";

/// What a page borrows from.
pub(super) struct Stage {
    pub assessment: Assessment,
    pub environment: Environment,
    pub criteria: Vec<Criterion>,
    pub waivers: Vec<Waiver>,
    pub sources: BTreeMap<String, String>,
    pub tools: BTreeMap<String, String>,
    pub language: Language,
    pub all: bool,
    pub colour: bool,
    pub exit: u8,
    pub recording: Option<speguard::model::Recording>,
}

impl Stage {
    pub(super) fn empty() -> Self {
        let mut environment = Environment::default();
        environment.description.stated = true;
        Self {
            assessment: Assessment {
                at: Timestamp(1_795_500_000),
                bundle: Digest([1; 32]),
                environment: Digest([2; 32]),
                profile: Digest([3; 32]),
                judgements: Vec::new(),
                problems: Vec::new(),
                not_looked_at: Vec::new(),
                kinds_not_judged: Vec::new(),
                exempt_namespaces: Vec::new(),
                waivers: Vec::new(),
            },
            environment,
            criteria: vec![egress(), logs()],
            waivers: Vec::new(),
            sources: BTreeMap::from([("app.yaml".to_owned(), MANIFEST.to_owned())]),
            tools: BTreeMap::from([("helm".to_owned(), "v4.1.0".to_owned())]),
            language: Language::English,
            all: false,
            colour: false,
            exit: 3,
            recording: None,
        }
    }

    /// One of everything.
    pub(super) fn full() -> Self {
        let mut stage = Self::empty();
        stage.add(notebook());
        stage.add(policy());
        stage.judge("SPE-NET-02", &workload("notebook"), open_and_unknown(), Enforcement::Deny);
        for name in ["a", "b", "c", "d"] {
            stage.add(resource(workload(name), "app.yaml", 1));
            stage.judge("SPE-NET-02", &workload(name), breach("host_network", &["spec"]), Enforcement::Deny);
        }
        stage.judge("SPE-NET-02", &workload("met"), Verdict::Met, Enforcement::Deny);
        stage.judge("SPE-NET-02", &workload("none"), Verdict::NotApplicable, Enforcement::Deny);
        let account =
            id(Platform::Azurerm, "terraform/core", "azurerm_log_analytics_workspace", "", "module.logs.this");
        stage.add(resource(account.clone(), "terraform/core/logs.tf", 7));
        let unknown = Finding::bare("retention_unknown").with("why", "var.retention has no value");
        stage.judge("SPE-LOG-01", &account, Verdict::Undetermined { unknown: vec![unknown] }, Enforcement::Warn);
        let short = Finding::bare("kept_too_short").with("days", 30).with("retention_days", 365);
        let short = Verdict::NotMet { findings: vec![short], unknown: Vec::new() };
        stage.judge("SPE-LOG-01", &account, short.clone(), Enforcement::Observe);
        stage.judge("SPE-LOG-01", &account, short, Enforcement::Deny);
        stage.assessment.judgements.last_mut().unwrap().waiver = Some(WaiverId("short-logs".to_owned()));
        let spe = id(Platform::Speguard, ".", ENVIRONMENT_KIND, "", "tre");
        stage.judge("SPE-LOG-01", &spe, undetermined(Finding::bare(Finding::NOT_STATED)), Enforcement::Deny);
        stage.judge("SPE-LOG-01", &spe, Verdict::Met, Enforcement::Deny);
        stage.assessment.judgements.last_mut().unwrap().attestation = Some(AttestationId("logs-2026".to_owned()));
        stage.surroundings();
        stage.exit = 1;
        stage
    }

    /// What stands around the judgements.
    fn surroundings(&mut self) {
        self.waivers = vec![waiver("short-logs"), waiver("old")];
        let expired = WaiverStanding { id: WaiverId("old".to_owned()), state: WaiverState::Expired };
        let unmatched = WaiverStanding { id: WaiverId("stray".to_owned()), state: WaiverState::Unmatched };
        self.assessment.waivers = vec![expired, unmatched];
        self.assessment.problems =
            vec![Problem::new(Origin::at("b r/ø#.yaml", 3, 1), "tab in indentation: use spaces")];
        self.assessment.not_looked_at = vec![
            NotLookedAt { criterion: CriterionId("SPE-LOG-01".into()), platform: Some(Platform::Kubernetes) },
            NotLookedAt { criterion: CriterionId("SPE-NET-02".into()), platform: Some(Platform::Azurerm) },
            NotLookedAt { criterion: CriterionId("SPE-NET-02".into()), platform: Some(Platform::Keycloak) },
        ];
        self.assessment.kinds_not_judged = vec!["ConfigMap".into(), "example.org/Widget".into()];
        self.assessment.exempt_namespaces = vec!["kube-system".into()];
        self.environment.description.stated = false;
    }

    pub(super) fn add(&mut self, resource: Resource) {
        self.environment.resources.entry(resource.id.clone()).or_default().push(resource);
    }

    pub(super) fn judge(&mut self, criterion: &str, on: &ResourceId, verdict: Verdict, enforcement: Enforcement) {
        self.assessment.judgements.push(Judgement {
            criterion: CriterionId(criterion.into()),
            platform: on.platform,
            resource: on.clone(),
            verdict,
            enforcement,
            waiver: None,
            attestation: None,
        });
    }

    pub(super) fn render(&self, format: Format) -> String {
        render(format, &self.page())
    }

    pub(super) fn page(&self) -> Page<'_> {
        Page {
            assessment: &self.assessment,
            environment: &self.environment,
            criteria: &self.criteria,
            waivers: &self.waivers,
            sources: &self.sources,
            link_base: None,
            language: self.language,
            all: self.all,
            profile: "minimum",
            tools: &self.tools,
            exit: self.exit,
            recording: self.recording.as_ref(),
            fail_on: None,
            set_aside: 0,
            colour: self.colour,
        }
    }
}

pub(super) fn id(platform: Platform, root: &str, kind: &str, namespace: &str, name: &str) -> ResourceId {
    ResourceId { platform, root: root.into(), kind: kind.into(), namespace: namespace.into(), name: name.into() }
}

pub(super) fn workload(name: &str) -> ResourceId {
    id(Platform::Kubernetes, ".", "apps/Deployment", "research", name)
}

pub(super) fn resource(id: ResourceId, file: &str, line: u32) -> Resource {
    Resource {
        id,
        origin: Origin::at(file, line, 1),
        body: Value::Null,
        pod: None,
        provider: None,
        flows: None,
        scope: Scope::Project,
    }
}

fn entry(key: &str, line: u32, column: u32, value: Value) -> Value {
    let mut map = Map::new();
    map.insert(Entry { key: key.into(), at: Mark { line, column }, value });
    map.into()
}

fn notebook() -> Resource {
    let pod = entry("hostNetwork", 7, 7, true.into());
    let body = entry("spec", 4, 1, entry("template", 5, 3, entry("spec", 6, 5, pod)));
    Resource { body, ..resource(workload("notebook"), "app.yaml", 1) }
}

fn policy() -> Resource {
    let rules = Value::List(vec![Item { at: Mark { line: 17, column: 5 }, value: Map::new().into() }]);
    let body = entry("spec", 15, 1, entry("egress", 16, 3, rules));
    Resource { body, ..resource(policy_id(), "app.yaml", 12) }
}

fn policy_id() -> ResourceId {
    id(Platform::Kubernetes, ".", "networking.k8s.io/NetworkPolicy", "research", "open")
}

pub(super) fn path(keys: &[&str]) -> Path {
    keys.iter().map(|key| key.parse().map_or_else(|_| Step::Key((*key).to_owned()), Step::Index)).collect()
}

pub(super) fn breach(reason: &str, at: &[&str]) -> Verdict {
    let finding = Finding { path: path(at), ..Finding::bare(reason) };
    Verdict::NotMet { findings: vec![finding], unknown: Vec::new() }
}

pub(super) fn undetermined(finding: Finding) -> Verdict {
    Verdict::Undetermined { unknown: vec![finding] }
}

fn open_and_unknown() -> Verdict {
    let host = Finding { path: path(&["spec", "template", "spec", "hostNetwork"]), ..Finding::bare("host_network") };
    let way = Finding { at: Some(policy_id()), path: path(&["spec", "egress", "0"]), ..Finding::bare("way_open") };
    let way = way.with("to", vec!["0.0.0.0/0", "::/0"]).with("ports", "tcp/443");
    let unknown = Finding::bare("way_unknown").with("why", "CiliumNetworkPolicy is not read yet");
    Verdict::NotMet { findings: vec![host, way], unknown: vec![unknown] }
}

pub(super) fn waiver(id: &str) -> Waiver {
    Waiver {
        id: WaiverId(id.to_owned()),
        criterion: CriterionId("SPE-LOG-01".into()),
        resources: vec!["*".to_owned()],
        reasons: Vec::new(),
        reason: "moves to the archive in January".to_owned(),
        owner: "kari@example.org".to_owned(),
        approver: "ola@example.org".to_owned(),
        granted: Timestamp(1_795_000_000),
        expires: Timestamp(1_798_761_600),
        origin: Origin::at("waivers/logs.yaml", 4, 1),
    }
}

fn words(en: &str, nb: &str) -> Words {
    Words { en: en.to_owned(), nb: nb.to_owned() }
}

fn reasons(reasons: &[(&str, &str, &str)]) -> BTreeMap<Text, Reason> {
    reasons
        .iter()
        .map(|(name, en, nb)| {
            let (words, at_admission) = (words(en, nb), AtAdmission::Standing);
            ((*name).into(), Reason { words, at_admission, absence: None })
        })
        .collect()
}

fn rule(subject: &str, remedy: Words) -> PlatformRule {
    PlatformRule { subjects: vec![subject.into()], joins: Vec::new(), rule: Some("ways".into()), remedy: Some(remedy) }
}

fn egress() -> Criterion {
    Criterion {
        id: CriterionId("SPE-NET-02".into()),
        domain: "network".into(),
        name: "no_internet_egress".into(),
        title: words("No direct outbound access to the internet", "Ingen direkte utgående tilgang til internett"),
        requirement: words("Workloads cannot open connections.", "Arbeidslaster kan ikke åpne forbindelser."),
        why: words(
            "One open connection is enough to carry data past the export control.",
            "Én åpen forbindelse er nok til å føre data forbi utførselskontrollen.",
        ),
        level: Level::Minimum,
        severity: Severity::Critical,
        verification: Verification::Automated,
        sources: vec![
            Source { reference: "EHDS Art. 73(1)(b)".to_owned(), status: "verbatim".to_owned(), note: None },
            Source { reference: "SATRE v2.0.1 2.2.11".to_owned(), status: "verified".to_owned(), note: None },
        ],
        parameters: BTreeMap::new(),
        reasons: reasons(&[
            ("host_network", "uses the network of its node", "bruker nettverket til noden"),
            ("way_open", "can open connections to {to} on {ports}", "kan åpne forbindelser til {to} på {ports}"),
            ("way_unknown", "its egress is not established: {why}", "utgående trafikk er ikke fastslått: {why}"),
        ]),
        platforms: BTreeMap::from([(
            Platform::Kubernetes,
            rule(
                "apps/Deployment",
                words("Select the pods with a NetworkPolicy.", "Velg podene med en NetworkPolicy."),
            ),
        )]),
        derived: Vec::new(),
        attest: Vec::new(),
        evidence: Vec::new(),
        refresh: "admission".to_owned(),
        note: None,
    }
}

fn logs() -> Criterion {
    Criterion {
        id: CriterionId("SPE-LOG-01".into()),
        domain: "logging".into(),
        name: "access_logs_kept_one_year".into(),
        title: words("Access logs are kept at least one year", "Tilgangslogger oppbevares i minst ett år"),
        why: words("Article 73 says one year.", "Artikkel 73 sier ett år."),
        severity: Severity::High,
        verification: Verification::Partly,
        sources: vec![Source { reference: "EHDS Art. 73(1)(e)".to_owned(), status: "verbatim".to_owned(), note: None }],
        reasons: reasons(&[
            (
                "kept_too_short",
                "keeps logs {days} days of {retention_days}",
                "oppbevarer logger i {days} av {retention_days} dager",
            ),
            ("retention_unknown", "retention is not known: {why}", "oppbevaringstiden er ikke kjent: {why}"),
        ]),
        platforms: BTreeMap::from([
            (
                Platform::Azurerm,
                rule("azurerm_log_analytics_workspace", words("Set retention_in_days.", "Sett retention_in_days.")),
            ),
            (Platform::Kubernetes, PlatformRule::default()),
        ]),
        ..egress()
    }
}
