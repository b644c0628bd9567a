//! Rights of one project's accounts in another's namespaces.
use super::{crossing, hop, open, unknown};
use crate::{
    model::{Environment, Path, Platform, Resource, ResourceId, Step, Text, Value, Way},
    reach::{
        doubt::{Doubt, field, index, key},
        owners::{Owner, Owners},
    },
};

/// What a ClusterRoleBinding gives.
pub(super) const CLUSTER_ROLE: &str = "rbac.authorization.k8s.io/ClusterRole";

/// Groups that hold the service accounts of every namespace.
const EVERYBODY: [&str; 3] = ["system:serviceaccounts", "system:authenticated", "system:unauthenticated"];

/// Roles of the API server that reach into namespaces, though they stand in no code.
const BUILT_IN: [&str; 4] = ["cluster-admin", "admin", "edit", "view"];

/// Roles of the API server that everybody has, and that reach into no namespace ("Default roles and role bindings").
const HARMLESS: [&str; 5] = [
    "system:auth-delegator",
    "system:basic-user",
    "system:discovery",
    "system:public-info-viewer",
    "system:service-account-issuer-discovery",
];

/// Resources that lie in no namespace: rights to them alone reach into none.
const CLUSTER_SCOPED: &[&str] = &[
    "nodes",
    "nodes/metrics",
    "nodes/stats",
    "namespaces",
    "persistentvolumes",
    "storageclasses",
    "csinodes",
    "csidrivers",
    "volumeattachments",
    "customresourcedefinitions",
    "clusterroles",
    "clusterrolebindings",
    "ingressclasses",
    "priorityclasses",
    "runtimeclasses",
    "tokenreviews",
    "subjectaccessreviews",
    "selfsubjectaccessreviews",
    "selfsubjectrulesreviews",
    "selfsubjectreviews",
];

/// Who a subject of a binding is, as far as namespaces go.
enum Account {
    /// Accounts of one namespace.
    Of(Text),
    /// Accounts of every namespace.
    Everybody,
    /// Somebody that no namespace holds.
    Person,
}

/// What a RoleBinding gives to accounts of other projects in its own.
pub(super) fn of_namespace(binding: &Resource, environment: &Environment, owners: &Owners<'_>) -> Vec<Way> {
    let own = owners.of_resource(&binding.id);
    if own == Owner::NoProject {
        return Vec::new();
    }
    let cluster = environment.cluster(&binding.id.root);
    let way = |account: Result<Account, Doubt>, path: Path| {
        let witness = vec![hop(&binding.id, path)];
        match account {
            Err(doubt) => Some(unknown("rights", &doubt.why, witness)),
            Ok(Account::Person) => None,
            Ok(Account::Everybody) => Some(open("rights_of_all", None, witness)),
            Ok(Account::Of(name)) if name == binding.id.namespace => None,
            Ok(Account::Of(name)) => crossing(&own, &owners.owner(cluster, &name), ("rights", &name), witness),
        }
    };
    accounts(binding).into_iter().filter_map(|(account, path)| way(account, path)).collect()
}

/// What a ClusterRoleBinding gives to accounts of a project in the namespaces of all others.
pub(super) fn of_cluster(binding: &Resource, environment: &Environment, owners: &Owners<'_>) -> Vec<Way> {
    let cluster = environment.cluster(&binding.id.root);
    let way = |(account, path): (Result<Account, Doubt>, Path)| {
        let witness = vec![hop(&binding.id, path)];
        let account = match account {
            Err(doubt) => return Some(unknown("rights", &doubt.why, witness)),
            Ok(account) => account,
        };
        let owner = match &account {
            Account::Person => return None,
            Account::Everybody => None,
            Account::Of(name) => Some(owners.owner(cluster, name)),
        };
        match (owner, reaches_namespaces(binding, cluster, environment)) {
            (Some(Owner::NoProject), _) | (_, Ok(false)) => None,
            (_, Err(why)) => Some(unknown("rights", &why, witness)),
            (None, Ok(true)) => Some(open("rights_of_all", None, witness)),
            (Some(Owner::Project(project)), Ok(true)) => Some(open("rights_everywhere", Some(&project), witness)),
            (Some(Owner::Untold), Ok(true)) => {
                Some(unknown("rights", "it is not known whether a project owns the account", witness))
            }
        }
    };
    accounts(binding).into_iter().filter_map(way).collect()
}

fn accounts(binding: &Resource) -> Vec<(Result<Account, Doubt>, Path)> {
    let path = vec![Step::Key("subjects".to_owned())];
    match field(&binding.body, "subjects") {
        None => Vec::new(),
        Some(Value::List(items)) => {
            let of = |(at, item): (usize, &crate::model::Item)| {
                let path = index(&path, at);
                (account(&item.value, &path, &binding.id), path)
            };
            items.iter().enumerate().map(of).collect()
        }
        Some(other) => vec![(Err(Doubt::of(other, &path, "a list of subjects")), path)],
    }
}

fn account(subject: &Value, path: &Path, binding: &ResourceId) -> Result<Account, Doubt> {
    let text = |name: &str| match field(subject, name) {
        None => Ok(None),
        Some(value) => value.as_text().map(Some).ok_or_else(|| Doubt::of(value, &key(path, name), "a text")),
    };
    let name = text("name")?.unwrap_or_default();
    match text("kind")? {
        Some("ServiceAccount") => match text("namespace")? {
            Some(namespace) => Ok(Account::Of(namespace.into())),
            None => Ok(Account::Of(binding.namespace.clone())),
        },
        Some("Group") if EVERYBODY.contains(&name) => Ok(Account::Everybody),
        Some("Group") => {
            Ok(name.strip_prefix("system:serviceaccounts:").map_or(Account::Person, |it| Account::Of(it.into())))
        }
        Some("User") => {
            let account = name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
            Ok(account.map_or(Account::Person, |(namespace, _)| Account::Of(namespace.into())))
        }
        _ => Err(Doubt::at(path, "what kind of subject it is is not known")),
    }
}

/// Whether the role of a binding gives rights to objects of namespaces.
fn reaches_namespaces(binding: &Resource, cluster: &Text, environment: &Environment) -> Result<bool, String> {
    let Some(name) = binding.body.find(&["roleRef", "name"]).and_then(Value::as_text) else {
        return Err("its role is not known".to_owned());
    };
    if BUILT_IN.contains(&name) {
        return Ok(true);
    }
    if HARMLESS.contains(&name) {
        return Ok(false);
    }
    let id = |root: &Text| ResourceId {
        platform: Platform::Kubernetes,
        root: root.clone(),
        kind: CLUSTER_ROLE.into(),
        namespace: "".into(),
        name: name.into(),
    };
    let mut roots = environment.clusters.iter().filter(|it| it.name == *cluster).flat_map(|it| &it.roots);
    let Some(role) = roots.find_map(|root| environment.resources.get(&id(root))?.first()) else {
        return Err(format!("its role `{name}` was not read"));
    };
    if field(&role.body, "aggregationRule").is_some() {
        return Err(format!("the rules of its role `{name}` are gathered from others"));
    }
    let Some(rules) = field(&role.body, "rules") else { return Ok(false) };
    let Some(rules) = rules.as_list() else { return Err(format!("the rules of its role `{name}` are not known")) };
    let mut reaches = false;
    for rule in rules {
        match field(&rule.value, "resources") {
            None => {}
            Some(Value::List(resources)) => {
                reaches |=
                    resources.iter().any(|it| !it.value.as_text().is_some_and(|it| CLUSTER_SCOPED.contains(&it)));
            }
            Some(_) => return Err(format!("the rules of its role `{name}` are not known")),
        }
    }
    Ok(reaches)
}
