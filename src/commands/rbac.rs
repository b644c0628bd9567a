//! `speguard rbac`: the least that a live scan must be allowed.
use super::{namespaced, policies, print};
use crate::{
    cli::Rbac,
    evaluate::Bundle,
    model::{Platform, Text},
    normalise, reach,
};
use std::collections::{BTreeMap, BTreeSet};

/// Prints the ClusterRole, and its binding where an account is given.
///
/// # Errors
/// Criteria that cannot be loaded; an account that is not `namespace/name`.
pub fn run(arguments: &Rbac) -> anyhow::Result<u8> {
    let bundle = match &arguments.policies {
        Some(folder) => Bundle::extended(policies::read(folder)?)?,
        None => Bundle::standard()?,
    };
    let account = arguments.service_account.as_deref().map(|stated| namespaced("an account", stated)).transpose()?;
    let lease = arguments.lease.as_deref().map(|stated| namespaced("a Lease", stated)).transpose()?;
    let mut printed = text(arguments, &rules(&kinds(&bundle)), account);
    if let Some(lease) = lease {
        printed.push_str(&of_lease(&arguments.name, lease, account));
    }
    print(printed.as_bytes())?;
    Ok(0)
}

/// Kinds that a live scan lists, where the cluster serves them.
fn kinds(bundle: &Bundle) -> BTreeSet<Text> {
    let mut kinds = bundle.kinds(Platform::Kubernetes);
    kinds.extend(reach::kinds().map(Text::from));
    kinds.extend(normalise::spe::KINDS.map(Text::from));
    // No API holds configuration files, the Environment is ours, and Secrets are never read.
    kinds.retain(|kind| {
        !normalise::is_configuration(kind) && !kind.starts_with("speguard/") && kind.as_ref() != "Secret"
    });
    kinds
}

/// Resources by API group.
fn rules(kinds: &BTreeSet<Text>) -> BTreeMap<&str, BTreeSet<String>> {
    let mut rules: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for kind in kinds {
        let (group, name) = kind.split_once('/').unwrap_or(("", kind));
        rules.entry(group).or_default().insert(plural(name));
    }
    rules
}

/// The name in paths and rules of RBAC, as Kubernetes and the usual generators of custom resources make it of a kind.
fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    let last_is = |ends: &[&str]| ends.iter().any(|end| kind.ends_with(end));
    match kind.strip_suffix('y') {
        _ if kind == "endpoints" || kind == "securitycontextconstraints" => kind,
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if last_is(&["s", "x", "z", "ch", "sh"]) => format!("{kind}es"),
        _ => format!("{kind}s"),
    }
}

/// By its own name only; what is made has no name yet that a rule could hold (Kubernetes documentation, RBAC).
const OPEN_REPORTS: &str = "  - apiGroups: [openreports.io]\n    resources: [clusterreports, reports]\n    \
    resourceNames: [speguard]\n    verbs: [get, patch]\n  - apiGroups: [openreports.io]\n    resources: [clusterreports, reports]\n    \
    verbs: [create]\n";

fn text(arguments: &Rbac, rules: &BTreeMap<&str, BTreeSet<String>>, account: Option<(&str, &str)>) -> String {
    let name = &arguments.name;
    let (verbs, what) = if arguments.watch {
        ("list, watch", "speguard serve` lists and watches")
    } else {
        ("list", "speguard scan --cluster` lists")
    };
    let webhooks = arguments.webhook_configuration.as_ref().map(|name| format!("the webhooks of `{name}`"));
    let reports = arguments.open_reports.then(|| "its reports".to_owned());
    let lease = arguments.lease.as_ref().map(|name| format!("the Lease `{name}`"));
    let written = match webhooks.into_iter().chain(reports).chain(lease).collect::<Vec<_>>().as_slice() {
        [] => "nothing".to_owned(),
        some => format!("nothing but {}", some.join(" and ")),
    };
    let mut text = format!(
        "# What `{what}. It reads nothing else, writes {written}, and never sees Secrets.\n\
         # A group that the cluster does not serve costs nothing here.\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {name}\nrules:\n"
    );
    for (group, resources) in rules {
        let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
        text.push_str(&format!(
            "  - apiGroups: [{group:?}]\n    resources: [{}]\n    verbs: [{verbs}]\n",
            resources.join(", ")
        ));
    }
    if let Some(configuration) = &arguments.webhook_configuration {
        // A patch may change all of the object: RBAC knows no fields. speguard changes the CA bundles.
        text.push_str(&format!(
            "  - apiGroups: [\"admissionregistration.k8s.io\"]\n    resources: [validatingwebhookconfigurations]\n    \
             resourceNames: [{configuration:?}]\n    verbs: [get, patch]\n"
        ));
    }
    if arguments.open_reports {
        text.push_str(OPEN_REPORTS);
    }
    text.push_str("  - nonResourceURLs: [/api, /apis, /version]\n    verbs: [get]\n");
    if let Some((namespace, account)) = account {
        text.push_str(&format!(
            "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: {name}\n\
             roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: {name}\n\
             subjects:\n  - kind: ServiceAccount\n    name: {account}\n    namespace: {namespace}\n"
        ));
    }
    text
}

/// A Role of the Lease's namespace, bound to the account; and the Lease, which nobody holds: whoever may make one may make
/// any (Kubernetes documentation, RBAC: `create` cannot be restricted by name).
fn of_lease(name: &str, (namespace, lease): (&str, &str), account: Option<(&str, &str)>) -> String {
    let mut text = format!(
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: {name}\n  namespace: {namespace}\n\
         rules:\n  - apiGroups: [coordination.k8s.io]\n    resources: [leases]\n    resourceNames: [{lease}]\n    \
         verbs: [get, update]\n"
    );
    if let Some((of, account)) = account {
        text.push_str(&format!(
            "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: {name}\n  \
             namespace: {namespace}\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: {name}\n\
             subjects:\n  - kind: ServiceAccount\n    name: {account}\n    namespace: {of}\n"
        ));
    }
    text.push_str(&format!(
        "---\n# Whoever leads writes its name here.\napiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata:\n  \
         name: {lease}\n  namespace: {namespace}\nspec: {{}}\n"
    ));
    text
}
