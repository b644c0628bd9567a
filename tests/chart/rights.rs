//! What the account of the chart may do: what the commands print, and no more.
use super::*;

#[test]
fn its_role_is_the_one_that_speguard_prints() {
    let printed = text(&speguard(&["rbac", "--watch", "--name", "speguard"]).stdout);
    fresh(&format!("{CHART}/files/role.yaml"), &printed);
    if !is_here("the role of the chart") {
        return;
    }
    let of_chart = |values: &[&str]| of_kind(&objects(&rendered(values)), "ClusterRole")["rules"].clone();
    let only_watching: Json = serde_saphyr::from_str(&printed).unwrap();
    assert_eq!(of_chart(&["--set", "webhook.enabled=false"]), only_watching["rules"]);
    let verbs = only_watching["rules"].as_array().unwrap().iter().flat_map(|rule| rule["verbs"].as_array().unwrap());
    assert!(verbs.clone().all(|verb| ["get", "list", "watch"].contains(&verb.as_str().unwrap())));
    assert!(verbs.clone().any(|verb| verb == "watch"));
    let entering_words = ["rbac", "--watch", "--name", "speguard", "--webhook-configuration", "speguard"];
    let entering: Json = serde_saphyr::from_str(&text(&speguard(&entering_words).stdout)).unwrap();
    assert_eq!(of_chart(&[]), entering["rules"]);
    // One object, by name; and never Secrets.
    let rules = entering["rules"].as_array().unwrap();
    let writes: Vec<&Json> =
        rules.iter().filter(|rule| !only_watching["rules"].as_array().unwrap().contains(rule)).collect();
    assert_eq!(writes.len(), 1);
    assert_eq!(writes[0]["resourceNames"], Json::from(vec!["speguard"]));
    assert!(!entering.to_string().contains("secrets"));
    // With a Lease, that of `--lease`, bound to the account.
    let words = ["--lease", "speguard/speguard", "--service-account", "speguard/speguard"];
    let printed = text(&speguard(&[&entering_words[..], &words].concat()).stdout);
    let printed = self::objects(&printed);
    let shared = self::objects(&rendered(&["--values", &format!("{CHART}/ci/values-bucket.yaml")]));
    for (kind, field) in [("Role", "rules"), ("RoleBinding", "roleRef"), ("RoleBinding", "subjects"), ("Lease", "spec")]
    {
        assert_eq!(of_kind(&shared, kind)[field], of_kind(&printed, kind)[field], "{kind}");
        assert_eq!(of_kind(&shared, kind)["metadata"]["name"], of_kind(&printed, kind)["metadata"]["name"]);
    }
    // With reports, that of `--open-reports`.
    let printed = text(&speguard(&[&entering_words[..], &["--open-reports"]].concat()).stdout);
    let printed: Json = serde_saphyr::from_str(&printed).unwrap();
    let objects = self::objects(&rendered(&["--set", "openReports=true"]));
    let sorted = |rules: &Json| {
        let mut rules: Vec<String> = rules.as_array().unwrap().iter().map(ToString::to_string).collect();
        rules.sort();
        rules
    };
    assert_eq!(sorted(&of_kind(&objects, "ClusterRole")["rules"]), sorted(&printed["rules"]));
    assert!(of_kind(&objects, "StatefulSet").to_string().contains("\"--open-reports\""));
}
