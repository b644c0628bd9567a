//! The pod that an object will run, out of where its kind hides it.
use crate::model::{Map, POD_TEMPLATES, Path, PodView, Step, Value};

/// The pod that an object of a kind will run; `None` for kinds that run none.
pub(super) fn pod(kind: &str, body: &Value) -> Option<PodView> {
    let (_, template) = POD_TEMPLATES.iter().find(|(of, _)| *of == kind)?;
    let mut path: Path = template.iter().map(|key| Step::Key((*key).to_owned())).collect();
    let labels = labels(body, template);
    path.push(Step::Key("spec".to_owned()));
    let spec = match readable(body, &path) {
        Ok(Some(spec @ Value::Map(_))) => spec.clone(),
        Ok(_) => Value::unknown(format!("{} holds no pod", crate::model::shown(&path))),
        Err(unknown) => unknown.clone(),
    };
    Some(PodView { spec, path, labels })
}

fn labels(body: &Value, template: &[&str]) -> Value {
    let path: Path = template.iter().chain(&["metadata", "labels"]).map(|key| Step::Key((*key).to_owned())).collect();
    match readable(body, &path) {
        Ok(Some(labels @ Value::Map(_))) => labels.clone(),
        Ok(None) => Value::Map(Map::new()),
        Ok(Some(_)) => Value::unknown("the pod's labels are not a map"),
        Err(unknown) => unknown.clone(),
    }
}

/// What stands at a path; `Err` with the unknown that is in the way.
fn readable<'a>(body: &'a Value, path: &[Step]) -> Result<Option<&'a Value>, &'a Value> {
    let mut value = body;
    for step in path {
        let next = match (value, step) {
            (Value::Unknown(_), _) => return Err(value),
            (_, Step::Key(key)) => value.get(key),
            (_, Step::Index(index)) => value.as_list().and_then(|list| list.get(*index)).map(|item| &item.value),
        };
        let Some(next) = next else { return Ok(None) };
        value = next;
    }
    if value.as_unknown().is_some() { Err(value) } else { Ok(Some(value)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Value {
        super::super::parse::parse(text.as_bytes(), false).documents.remove(0).value
    }

    #[test]
    fn every_kind_gives_its_pod_and_its_path() {
        for (kind, template) in POD_TEMPLATES {
            let text =
                template.iter().rev().fold("{metadata: {labels: {a: b}}, spec: {x: 1}}".to_owned(), |inner, key| {
                    format!("{{{key}: {inner}}}")
                });
            let pod = pod(kind, &body(&text)).unwrap();
            assert_eq!((&pod.spec, &pod.labels), (&body("x: 1"), &body("a: b")), "{kind}");
            assert_eq!(body(&text).at(&pod.path), Some(&pod.spec), "{kind}");
        }
        assert!(pod("Service", &body("spec: {}")).is_none());
    }

    #[test]
    fn a_body_without_a_pod_gives_an_unknown() {
        let pod = pod("apps/Deployment", &body("spec: {replicas: 1}")).unwrap();
        assert_eq!(pod.spec, Value::unknown("spec.template.spec holds no pod"));
        assert_eq!(pod.labels, Value::Map(Map::new()));
    }
}
