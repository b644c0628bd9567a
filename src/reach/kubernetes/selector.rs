//! Label selectors, as `k8s.io/apimachinery` evaluates them.
use crate::model::{Step, Text, Value};
use crate::reach::doubt::{Doubt, field, index, key, list};
use std::collections::BTreeMap;

/// The labels of a pod or namespace, as far as they can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Labels {
    /// `None` = there is such a label, and its value is not known.
    pairs: BTreeMap<Text, Option<Text>>,
    /// Why there may be more of them.
    unread: Option<String>,
}

impl Labels {
    /// Absent and `null` are no labels at all.
    pub(super) fn read(value: Option<&Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::default(),
            Some(Value::Map(map)) => {
                let text = |value: &Value| value.as_text().map(Text::from);
                let pairs = map.iter().map(|entry| (entry.key.clone(), text(&entry.value))).collect();
                Self { pairs, unread: None }
            }
            Some(Value::Unknown(unknown)) => Self::unread(format!("its labels are not known: {}", unknown.why)),
            Some(_) => Self::unread("its labels are not readable"),
        }
    }

    pub(super) fn unread(why: impl Into<String>) -> Self {
        Self { pairs: BTreeMap::new(), unread: Some(why.into()) }
    }

    /// With one label that is certain.
    pub(super) fn with(mut self, key: &str, value: &Text) -> Self {
        self.pairs.insert(key.into(), Some(value.clone()));
        self
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&Text, Option<&Text>)> {
        self.pairs.iter().map(|(key, value)| (key, value.as_ref()))
    }

    /// Whether there may be labels beyond those that are known.
    pub(super) const fn may_be_more(&self) -> bool {
        self.unread.is_some()
    }

    /// With the labels that the controller of a kind puts on its pods.
    pub(super) fn with_added(mut self, kind: &str, name: &Text) -> Self {
        for (of, key, value) in ADDED {
            if *of == kind {
                let value = (*value == Added::Name && !name.is_empty()).then(|| name.clone());
                self.pairs.insert((*key).into(), value);
            }
        }
        self
    }
}

/// The value of a label that a controller adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Added {
    /// The workload's own name.
    Name,
    /// Made when the pod is.
    Made,
}

/// Labels that controllers put on pods: kind, key, value. Policies may select by them, though no template says so.
/// Sources: "Well-Known Labels, Annotations and Taints" of the Kubernetes documentation; Argo Rollouts; OpenShift.
const ADDED: &[(&str, &str, Added)] = &[
    ("apps/Deployment", "pod-template-hash", Added::Made),
    ("apps/DaemonSet", "controller-revision-hash", Added::Made),
    ("apps/DaemonSet", "pod-template-generation", Added::Made),
    ("apps/StatefulSet", "controller-revision-hash", Added::Made),
    ("apps/StatefulSet", "statefulset.kubernetes.io/pod-name", Added::Made),
    ("apps/StatefulSet", "apps.kubernetes.io/pod-index", Added::Made),
    ("batch/Job", "job-name", Added::Name),
    ("batch/Job", "batch.kubernetes.io/job-name", Added::Name),
    ("batch/Job", "controller-uid", Added::Made),
    ("batch/Job", "batch.kubernetes.io/controller-uid", Added::Made),
    ("batch/Job", "batch.kubernetes.io/job-completion-index", Added::Made),
    ("batch/CronJob", "job-name", Added::Made),
    ("batch/CronJob", "batch.kubernetes.io/job-name", Added::Made),
    ("batch/CronJob", "controller-uid", Added::Made),
    ("batch/CronJob", "batch.kubernetes.io/controller-uid", Added::Made),
    ("batch/CronJob", "batch.kubernetes.io/job-completion-index", Added::Made),
    ("argoproj.io/Rollout", "rollouts-pod-template-hash", Added::Made),
    ("apps.openshift.io/DeploymentConfig", "deployment", Added::Made),
    ("apps.openshift.io/DeploymentConfig", "deploymentconfig", Added::Name),
    ("serving.knative.dev/Service", "serving.knative.dev/configuration", Added::Name),
    ("serving.knative.dev/Service", "serving.knative.dev/service", Added::Name),
    ("serving.knative.dev/Service", "serving.knative.dev/revision", Added::Made),
];

/// Whether a selector selects something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Match {
    No,
    Yes,
    Maybe(Doubt),
}

/// A label selector: everything that meets all needs. Without needs it selects everything.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    needs: Vec<Need>,
    /// A part that could not be read and may narrow the selection further.
    doubt: Option<Doubt>,
}

#[derive(Clone, Debug)]
struct Need {
    key: Text,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    In(Vec<Text>),
    NotIn(Vec<Text>),
    Exists,
    DoesNotExist,
}

impl Selector {
    /// Reads `{matchLabels, matchExpressions}`; absent = empty, which selects everything.
    pub(super) fn read(value: Option<&Value>, path: &[Step]) -> Self {
        let mut selector = Self::default();
        match value {
            None | Some(Value::Null) => {}
            Some(value @ Value::Map(_)) => {
                selector.read_labels(field(value, "matchLabels"), &key(path, "matchLabels"));
                let path = key(path, "matchExpressions");
                match list(field(value, "matchExpressions"), &path) {
                    Ok(items) => {
                        for (at, item) in items.iter().enumerate() {
                            selector.read_expression(&item.value, &index(&path, at));
                        }
                    }
                    Err(doubt) => selector.doubt = Some(doubt),
                }
            }
            Some(other) => selector.doubt = Some(Doubt::of(other, path, "a selector")),
        }
        selector
    }

    /// Reads the plain map of labels that a Service or the description selects by.
    pub(super) fn of_map(value: &Value) -> Self {
        let mut selector = Self::default();
        selector.read_labels(Some(value), &[]);
        selector
    }

    pub(super) fn of_labels(labels: &[(Text, Text)]) -> Self {
        let need = |(key, value): &(Text, Text)| Need { key: key.clone(), test: Test::In(vec![value.clone()]) };
        Self { needs: labels.iter().map(need).collect(), doubt: None }
    }

    fn read_labels(&mut self, value: Option<&Value>, path: &[Step]) {
        match value {
            None => {}
            Some(Value::Map(map)) => {
                for entry in map {
                    match entry.value.as_text() {
                        Some(text) => {
                            let test = Test::In(vec![text.into()]);
                            self.needs.push(Need { key: entry.key.clone(), test });
                        }
                        None => self.doubt = Some(Doubt::of(&entry.value, &key(path, &entry.key), "a text")),
                    }
                }
            }
            Some(other) => self.doubt = Some(Doubt::of(other, path, "a map of labels")),
        }
    }

    /// Operators and their values are checked as the API server does: what it would refuse is in doubt.
    fn read_expression(&mut self, value: &Value, path: &[Step]) {
        let text = |name: &str| match field(value, name) {
            Some(Value::Text(text)) => Ok(text.clone()),
            Some(other) => Err(Doubt::of(other, &key(path, name), "a text")),
            None => Err(Doubt::at(path, format!("a selector's expression has no `{name}`"))),
        };
        let values = || -> Result<Vec<Text>, Doubt> {
            let path = key(path, "values");
            let items = list(field(value, "values"), &path)?;
            let text = |(at, item): (usize, &crate::model::Item)| match &item.value {
                Value::Text(text) => Ok(text.clone()),
                other => Err(Doubt::of(other, &index(&path, at), "a text")),
            };
            items.iter().enumerate().map(text).collect()
        };
        let need = || -> Result<Need, Doubt> {
            let (label, operator, values) = (text("key")?, text("operator")?, values()?);
            let test = match (operator.as_ref(), values.is_empty()) {
                ("In", false) => Test::In(values),
                ("NotIn", false) => Test::NotIn(values),
                ("Exists", true) => Test::Exists,
                ("DoesNotExist", true) => Test::DoesNotExist,
                (other, _) => {
                    return Err(Doubt::at(path, format!("`{other}` with these values is not a valid expression")));
                }
            };
            Ok(Need { key: label, test })
        };
        match need() {
            Ok(need) => self.needs.push(need),
            Err(doubt) => self.doubt = Some(doubt),
        }
    }

    /// Renames keys: Cilium writes `k8s:app` and `any:app` for the pod label `app`.
    pub(super) fn rename(mut self, rename: impl Fn(&str) -> Text) -> Self {
        for need in &mut self.needs {
            need.key = rename(&need.key);
        }
        self
    }

    /// Whether any need names a label whose key meets a condition.
    pub(super) fn names(&self, condition: impl Fn(&str) -> bool) -> bool {
        self.needs.iter().any(|need| condition(&need.key))
    }

    /// Whether it certainly selects whatever there is.
    pub(super) fn selects_everything(&self) -> Match {
        match (self.needs.is_empty(), &self.doubt) {
            (true, None) => Match::Yes,
            (true, Some(doubt)) => Match::Maybe(doubt.clone()),
            (false, _) => Match::No,
        }
    }

    /// A label and value without which it selects nothing; `None` where there is none such.
    pub(super) fn anchor(&self) -> Option<(&Text, &Text)> {
        self.needs.iter().find_map(|need| match &need.test {
            Test::In(values) => match values.as_slice() {
                [value] => Some((&need.key, value)),
                _ => None,
            },
            Test::NotIn(_) | Test::Exists | Test::DoesNotExist => None,
        })
    }

    pub(super) fn selects(&self, labels: &Labels) -> Match {
        let mut answer = self.doubt.clone().map_or(Match::Yes, Match::Maybe);
        for need in &self.needs {
            match need.holds(labels) {
                Ok(true) => {}
                Ok(false) => return Match::No,
                Err(why) => answer = Match::Maybe(Doubt { why, path: None }),
            }
        }
        answer
    }
}

impl Need {
    fn holds(&self, labels: &Labels) -> Result<bool, String> {
        let value = labels.pairs.get(&self.key);
        if let (None, Some(why)) = (value, &labels.unread) {
            return Err(why.clone());
        }
        let among = |values: &[Text]| match value {
            None => Ok(false),
            Some(Some(value)) => Ok(values.contains(value)),
            Some(None) => Err(format!("its label `{}` is not known", self.key)),
        };
        match &self.test {
            Test::In(values) => among(values),
            Test::NotIn(values) => among(values).map(|found| !found),
            Test::Exists => Ok(value.is_some()),
            Test::DoesNotExist => Ok(value.is_none()),
        }
    }
}
