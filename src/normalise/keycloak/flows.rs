//! Login flows unrolled into the paths they accept, because rules may not recurse.
//!
//! How Keycloak runs a flow (server administration guide, "Authentication flows"): executions run in order of
//! priority. If any execution of a level is REQUIRED or CONDITIONAL, all of those must succeed and ALTERNATIVE ones
//! of that level are passed over; else one ALTERNATIVE is enough. A CONDITIONAL subflow runs only if its conditions
//! hold, and is passed over otherwise. DISABLED ones do not run.
use crate::model::{Map, Value};
use std::collections::BTreeMap;

/// Subflows inside each other: the built-in flows have four levels, and a flow that holds itself would have no end.
const DEPTH_MAX: usize = 16;
/// Accepting paths of one flow: the built-in ones have fewer than 20; the number can double with each subflow.
const PATHS_MAX: usize = 512;

type Paths = Vec<Vec<Value>>;

/// `input.flows` of a realm: for each of `browser`, `direct_grant`, `reset_credentials` the realm's flow, under
/// `clients` those that override the browser or direct grant flow, by client id, and under `brokers` the flow after
/// an identity provider, by its alias.
///
/// A flow is `{flow, path, paths}`: its alias, where the realm names it, and its accepting paths, each a list of
/// steps. A step is `{authenticator, flow, requirement, config, path}`, or `{passed_over, conditions, path}` for a
/// CONDITIONAL subflow whose conditions do not hold. A flow that cannot be unrolled is an unknown.
pub(super) fn unrolled(realm: &Map) -> Value {
    let export = Export::of(realm);
    let mut flows = Map::new();
    for (name, key) in
        [("browser", "browserFlow"), ("direct_grant", "directGrantFlow"), ("reset_credentials", "resetCredentialsFlow")]
    {
        flows.put(name, export.flow(realm.get(key), vec!["spec".into(), key.into()]));
    }
    flows.put("clients", export.overrides(realm));
    flows.put("brokers", export.brokers(realm));
    Value::Map(flows)
}

/// The flows of an export by alias and by id, and the settings of executions by alias.
struct Export<'a> {
    flows: BTreeMap<&'a str, (usize, &'a Map)>,
    aliases: BTreeMap<&'a str, &'a str>,
    settings: BTreeMap<&'a str, &'a Value>,
}

/// One execution of a flow.
struct Execution<'a> {
    map: &'a Map,
    requirement: &'a str,
    path: Value,
}

impl Execution<'_> {
    fn is_condition(&self) -> bool {
        text(self.map, "authenticator").is_some_and(|name| name.starts_with(CONDITION))
    }
}

impl<'a> Export<'a> {
    fn of(realm: &'a Map) -> Self {
        let mut export = Self { flows: BTreeMap::new(), aliases: BTreeMap::new(), settings: BTreeMap::new() };
        for (index, flow) in maps(realm.get("authenticationFlows")) {
            if let Some(alias) = text(flow, "alias") {
                export.flows.insert(alias, (index, flow));
                export.aliases.insert(text(flow, "id").unwrap_or(alias), alias);
            }
        }
        for (_, config) in maps(realm.get("authenticatorConfig")) {
            if let (Some(alias), Some(settings)) = (text(config, "alias"), config.get("config")) {
                export.settings.insert(alias, settings);
            }
        }
        export
    }

    /// The flow that a value names by alias or id.
    fn flow(&self, name: Option<&Value>, path: Vec<Value>) -> Value {
        let alias = match name {
            Some(Value::Text(name)) => self.aliases.get(name.as_ref()).copied().unwrap_or(name),
            Some(_) => return Value::unknown("the flow's name is not text"),
            None => return Value::unknown("the realm does not name this flow"),
        };
        match self.paths(alias, 0) {
            Ok(paths) => {
                let paths: Vec<Value> = paths.into_iter().map(Value::from).collect();
                let pairs = [("flow", Value::from(alias)), ("path", Value::from(path)), ("paths", Value::from(paths))];
                Value::Map(pairs.into_iter().collect())
            }
            Err(why) => Value::unknown(why),
        }
    }

    fn overrides(&self, realm: &Map) -> Value {
        let mut clients = Map::new();
        for (index, client) in maps(realm.get("clients")) {
            let Some(bindings) = client.get("authenticationFlowBindingOverrides").and_then(Value::as_map) else {
                continue;
            };
            let mut flows = Map::new();
            for (name, key) in [("browser", "browser"), ("direct_grant", "direct_grant")] {
                if let Some(flow) = bindings.get(key).filter(|flow| flow.as_text() != Some("")) {
                    let place = ["spec".into(), "clients".into(), int(index), OVERRIDES.into(), key.into()];
                    flows.put(name, self.flow(Some(flow), place.to_vec()));
                }
            }
            if let (Some(id), false) = (text(client, "clientId"), flows.is_empty()) {
                clients.put(id, flows);
            }
        }
        Value::Map(clients)
    }

    fn brokers(&self, realm: &Map) -> Value {
        let mut brokers = Map::new();
        for (index, broker) in maps(realm.get("identityProviders")) {
            let named = broker.get("postBrokerLoginFlowAlias").filter(|flow| flow.as_text() != Some(""));
            if let (Some(alias), Some(flow)) = (text(broker, "alias"), named) {
                let place = ["spec".into(), "identityProviders".into(), int(index), "postBrokerLoginFlowAlias".into()];
                brokers.put(alias, self.flow(Some(flow), place.to_vec()));
            }
        }
        Value::Map(brokers)
    }

    /// The accepting paths of a flow, in order.
    fn paths(&self, alias: &str, depth: usize) -> Result<Paths, String> {
        if depth > DEPTH_MAX {
            return Err(format!("flow `{alias}` is nested more than {DEPTH_MAX} levels deep"));
        }
        let (index, flow) = self.flows.get(alias).ok_or_else(|| format!("flow `{alias}` is not in what was read"))?;
        let executions = executions(*index, flow, alias)?;
        // What has been passed so far, and whether something of this level has run.
        let mut paths: Vec<(Vec<Value>, bool)> = vec![(Vec::new(), false)];
        for execution in executions.iter().filter(|it| it.requirement != "ALTERNATIVE" && !it.is_condition()) {
            let passed_over = self.passed_over(execution)?.map(|step| (vec![step], false));
            let steps = self.steps(execution, alias, depth)?.into_iter().map(|steps| (steps, true));
            paths = product(&paths, &passed_over.into_iter().chain(steps).collect::<Vec<_>>(), alias)?;
        }
        let mut alternatives = Vec::new();
        for execution in executions.iter().filter(|it| it.requirement == "ALTERNATIVE" && !it.is_condition()) {
            alternatives.extend(self.steps(execution, alias, depth)?.into_iter().map(|steps| (steps, true)));
        }
        let (ran, rest): (Vec<_>, Vec<_>) = paths.into_iter().partition(|(_, ran)| *ran);
        let rest = product(&rest, &alternatives, alias)?;
        Ok(ran.into_iter().chain(rest).map(|(path, _)| path).collect())
    }

    /// What passing one execution can consist of.
    fn steps(&self, execution: &Execution<'_>, flow: &str, depth: usize) -> Result<Paths, String> {
        let Some(subflow) = text(execution.map, "flowAlias") else {
            return Ok(vec![vec![self.step(execution, flow)]]);
        };
        if execution.requirement == "CONDITIONAL" && self.conditions(subflow)?.is_empty() {
            return Ok(Paths::new());
        }
        self.paths(subflow, depth + 1)
    }

    /// The step that a CONDITIONAL subflow leaves when it does not run.
    fn passed_over(&self, execution: &Execution<'_>) -> Result<Option<Value>, String> {
        match text(execution.map, "flowAlias") {
            Some(subflow) if execution.requirement == "CONDITIONAL" => {
                let mut step = Map::new();
                step.put("passed_over", subflow);
                step.put("conditions", self.conditions(subflow)?);
                step.put("path", execution.path.clone());
                Ok(Some(Value::Map(step)))
            }
            _ => Ok(None),
        }
    }

    fn step(&self, execution: &Execution<'_>, flow: &str) -> Value {
        let mut step = Map::new();
        step.put("authenticator", text(execution.map, "authenticator").unwrap_or("?"));
        step.put("flow", flow);
        step.put("requirement", execution.requirement);
        step.put("path", execution.path.clone());
        let settings = text(execution.map, "authenticatorConfig").and_then(|alias| self.settings.get(alias));
        step.put("config", settings.map_or_else(|| Value::Map(Map::new()), |settings| (*settings).clone()));
        Value::Map(step)
    }

    /// The conditions of a CONDITIONAL subflow, by their authenticators' names.
    fn conditions(&self, alias: &str) -> Result<Vec<Value>, String> {
        let (index, flow) = self.flows.get(alias).ok_or_else(|| format!("flow `{alias}` is not in what was read"))?;
        let executions = executions(*index, flow, alias)?;
        let names = executions.iter().filter_map(|execution| text(execution.map, "authenticator"));
        Ok(names.filter(|name| name.starts_with(CONDITION)).map(Value::from).collect())
    }
}

/// Authenticators that are conditions, not steps: they say whether their subflow runs.
const CONDITION: &str = "conditional-";
const OVERRIDES: &str = "authenticationFlowBindingOverrides";

/// The executions of a flow that run, by priority. Conditions are left out of what must be passed, but kept here.
fn executions<'a>(index: usize, flow: &'a Map, alias: &str) -> Result<Vec<Execution<'a>>, String> {
    let mut found = Vec::new();
    for (at, map) in maps(flow.get("authenticationExecutions")) {
        let requirement = text(map, "requirement")
            .ok_or_else(|| format!("an execution of flow `{alias}` has no requirement that can be read"))?;
        if !["REQUIRED", "ALTERNATIVE", "CONDITIONAL", "DISABLED"].contains(&requirement) {
            return Err(format!("requirement `{requirement}` in flow `{alias}` is not known"));
        }
        let steps =
            ["spec".into(), "authenticationFlows".into(), int(index), "authenticationExecutions".into(), int(at)];
        let priority = map.get("priority").and_then(Value::as_int).unwrap_or(0);
        let path = Value::from(steps.to_vec());
        if requirement != "DISABLED" {
            found.push((priority, Execution { map, requirement, path }));
        }
    }
    found.sort_by_key(|(priority, _)| *priority);
    Ok(found.into_iter().map(|(_, execution)| execution).collect())
}

/// Every path continued by every further one.
fn product(
    paths: &[(Vec<Value>, bool)],
    further: &[(Vec<Value>, bool)],
    alias: &str,
) -> Result<Vec<(Vec<Value>, bool)>, String> {
    if paths.len() * further.len() > PATHS_MAX {
        return Err(format!("flow `{alias}` has more than {PATHS_MAX} accepting paths"));
    }
    let longer = paths.iter().flat_map(|(path, ran)| {
        further.iter().map(move |(more, runs)| (path.iter().chain(more).cloned().collect(), *ran || *runs))
    });
    Ok(longer.collect())
}

fn maps(list: Option<&Value>) -> impl Iterator<Item = (usize, &Map)> {
    let items = list.and_then(Value::as_list).unwrap_or_default();
    items.iter().enumerate().filter_map(|(index, item)| Some((index, item.value.as_map()?)))
}

fn text<'a>(map: &'a Map, key: &str) -> Option<&'a str> {
    map.get(key).and_then(Value::as_text)
}

fn int(index: usize) -> Value {
    Value::from(i64::try_from(index).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_required_second_factor_is_on_every_path() {
        check(
            &[
                ("browser", &["ALTERNATIVE auth-cookie", "ALTERNATIVE >forms"]),
                ("forms", &["REQUIRED auth-username-password-form", "REQUIRED >factor"]),
                ("factor", &["ALTERNATIVE webauthn-authenticator", "ALTERNATIVE auth-otp-form"]),
            ],
            &[
                "auth-cookie",
                "auth-username-password-form, webauthn-authenticator",
                "auth-username-password-form, auth-otp-form",
            ],
        );
    }

    #[test]
    fn a_conditional_subflow_may_be_passed_over() {
        check(
            &[
                ("browser", &["REQUIRED auth-username-password-form", "CONDITIONAL >factor"]),
                ("factor", &["REQUIRED conditional-user-configured", "ALTERNATIVE auth-otp-form"]),
            ],
            &["auth-username-password-form, !factor", "auth-username-password-form, auth-otp-form"],
        );
    }

    #[test]
    fn a_level_of_which_nothing_ran_does_not_accept() {
        check(
            &[
                (
                    "browser",
                    &["ALTERNATIVE >organization", "ALTERNATIVE auth-username-password-form", "DISABLED auth-spnego"],
                ),
                ("organization", &["CONDITIONAL >members"]),
                ("members", &["REQUIRED conditional-user-configured", "ALTERNATIVE organization"]),
            ],
            &["organization", "auth-username-password-form"],
        );
    }

    #[test]
    fn alternatives_beside_a_required_one_are_left_out() {
        check(
            &[("browser", &["ALTERNATIVE auth-cookie", "REQUIRED auth-username-password-form"])],
            &["auth-username-password-form"],
        );
    }

    #[test]
    fn a_flow_that_holds_itself_or_is_missing_is_unknown() {
        let own: &[(&str, &[&str])] = &[("browser", &["REQUIRED >browser"])];
        let gone: &[(&str, &[&str])] = &[("browser", &["REQUIRED >forms"])];
        for flows in [own, gone] {
            let unrolled = unrolled(&realm(flows));
            assert!(unrolled.get("browser").is_some_and(|flow| flow.as_unknown().is_some()), "{unrolled:?}");
        }
    }

    #[test]
    fn a_flow_with_too_many_paths_is_unknown() {
        let twenty = ["REQUIRED >either"; 20];
        let flows: &[(&str, &[&str])] = &[("browser", &twenty), ("either", &["ALTERNATIVE a", "ALTERNATIVE b"])];
        assert!(unrolled(&realm(flows)).get("browser").is_some_and(|flow| flow.as_unknown().is_some()));
    }

    fn check(flows: &[(&str, &[&str])], expected: &[&str]) {
        let unrolled = unrolled(&realm(flows));
        let paths = unrolled.find(&["browser", "paths"]).and_then(Value::as_list).unwrap();
        let shown: Vec<String> = paths.iter().map(|path| shown(path.value.as_list().unwrap())).collect();
        assert_eq!(shown, expected);
    }

    fn shown(path: &[crate::model::Item]) -> String {
        let step = |step: &Value| match step.get("passed_over").and_then(Value::as_text) {
            Some(flow) => format!("!{flow}"),
            None => step.get("authenticator").and_then(Value::as_text).unwrap().to_owned(),
        };
        path.iter().map(|item| step(&item.value)).collect::<Vec<_>>().join(", ")
    }

    /// A realm whose flows are written as `REQUIREMENT authenticator` or `REQUIREMENT >subflow`.
    fn realm(flows: &[(&str, &[&str])]) -> Map {
        let execution = |(at, written): (usize, &&str)| -> Map {
            let (requirement, what) = written.split_once(' ').unwrap();
            let what = what.strip_prefix('>').map_or(("authenticator", what), |flow| ("flowAlias", flow));
            let pairs = [("requirement", Value::from(requirement)), (what.0, what.1.into()), ("priority", int(at))];
            pairs.into_iter().collect()
        };
        let flow = |(alias, executions): &(&str, &[&str])| -> Map {
            let executions: Vec<Map> = executions.iter().enumerate().map(execution).collect();
            [("alias", Value::from(*alias)), ("authenticationExecutions", executions.into())].into_iter().collect()
        };
        let flows: Vec<Map> = flows.iter().map(flow).collect();
        [("browserFlow", Value::from("browser")), ("authenticationFlows", flows.into())].into_iter().collect()
    }
}
