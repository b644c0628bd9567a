//! Objects that bring more objects from somewhere else: Argo CD and Flux. What is not in the scan is told, so that
//! nobody takes silence for a pass.
use crate::model::{Document, Hidden, Platform, Problem, Resource, Value};

/// A problem for every source that is not among the documents.
///
/// A path counts as inside where the scan holds files below it: nothing in a repository says what its own address is.
pub(super) fn problems(resources: &[Resource], documents: &[Document]) -> Vec<Problem> {
    let paths: Vec<&str> = documents.iter().map(|document| document.origin.path().as_ref()).collect();
    let is_inside = |path: &str| {
        let path = path.trim_start_matches("./").trim_matches('/');
        !path.is_empty() && path != "." && {
            let (start, middle) = (format!("{path}/"), format!("/{path}/"));
            paths.iter().any(|known| known.starts_with(&start) || known.contains(&middle))
        }
    };
    resources.iter().flat_map(|resource| outside(resource, &is_inside)).collect()
}

fn outside(resource: &Resource, is_inside: &dyn Fn(&str) -> bool) -> Vec<Problem> {
    let body = &resource.body;
    let problem = |what: String, namespace: Option<&Value>| {
        let cause = format!("{what} is outside the scan and not read");
        let namespace = namespace.and_then(Value::as_text).filter(|name| !name.contains("{{"));
        let hides = Hidden {
            platform: Some(Platform::Kubernetes),
            root: None,
            namespace: namespace.map(Into::into),
            ..Hidden::default()
        };
        Problem { origin: resource.origin.clone(), cause, hides: Some(hides) }
    };
    match resource.id.kind.as_ref() {
        kind @ ("argoproj.io/Application" | "argoproj.io/ApplicationSet") => {
            let spec: &[&str] = if kind.ends_with("Set") { &["spec", "template", "spec"] } else { &["spec"] };
            let Some(spec) = body.find(spec) else { return Vec::new() };
            let namespace = spec.find(&["destination", "namespace"]);
            let sources = sources(spec).into_iter().filter_map(|source| argo(source, is_inside));
            sources.map(|what| problem(format!("what this {} installs from {what}", short(kind)), namespace)).collect()
        }
        "helm.toolkit.fluxcd.io/HelmRelease" => {
            let chart = body.find(&["spec", "chart", "spec", "chart"]).and_then(Value::as_text).unwrap_or_default();
            if chart.starts_with('.') && is_inside(chart) {
                return Vec::new();
            }
            let what = if chart.is_empty() {
                "what this HelmRelease installs".to_owned()
            } else {
                format!("the chart `{chart}` that this HelmRelease installs")
            };
            let namespace = body.find(&["spec", "targetNamespace"]).or_else(|| body.find(&["metadata", "namespace"]));
            vec![problem(what, namespace)]
        }
        "kustomize.toolkit.fluxcd.io/Kustomization" => {
            let path = body.find(&["spec", "path"]).and_then(Value::as_text).unwrap_or_default();
            let of_git = body.find(&["spec", "sourceRef", "kind"]).and_then(Value::as_text) == Some("GitRepository");
            if of_git && is_inside(path) {
                return Vec::new();
            }
            let source = body.find(&["spec", "sourceRef", "name"]).and_then(Value::as_text).unwrap_or("its source");
            let what = format!("what this Kustomization applies from `{path}` of `{source}`");
            vec![problem(what, body.find(&["spec", "targetNamespace"]))]
        }
        _ => Vec::new(),
    }
}

fn sources(spec: &Value) -> Vec<&Value> {
    let many = spec.get("sources").and_then(Value::as_list).unwrap_or_default();
    spec.get("source").into_iter().chain(many.iter().map(|item| &item.value)).collect()
}

/// Where one source of Argo CD lies; `None` where that is inside, or it brings values only.
fn argo(source: &Value, is_inside: &dyn Fn(&str) -> bool) -> Option<String> {
    let field = |key: &str| source.get(key).and_then(Value::as_text);
    let from = field("repoURL").map_or("an unknown repository".to_owned(), |url| format!("`{}`", without_user(url)));
    match (field("chart"), field("path")) {
        (Some(chart), _) => Some(format!("{from} (chart `{chart}`)")),
        (None, Some(path)) if path.contains("{{") || !is_inside(path) => Some(format!("{from} (`{path}`)")),
        (None, Some(_)) => None,
        (None, None) => source.get("ref").is_none().then_some(from),
    }
}

fn short(kind: &str) -> &str {
    kind.rsplit('/').next().unwrap_or(kind)
}

/// An address without the user and password that some people write into it.
fn without_user(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.split('/').next().unwrap_or_default();
            match host.rsplit_once('@') {
                Some((user, _)) => format!("{scheme}://{}", rest.get(user.len() + 1..).unwrap_or_default()),
                None => url.to_owned(),
            }
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_taken_out_of_addresses() {
        assert_eq!(without_user("https://me:token@example.org/a@b"), "https://example.org/a@b");
        assert_eq!(without_user("https://example.org/a@b"), "https://example.org/a@b");
        assert_eq!(without_user("git@example.org:a/b"), "git@example.org:a/b");
    }
}
