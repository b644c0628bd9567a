//! A look that was taken once tells of every workload what a look at all of them tells.
use crate::criteria::CASES;
use speguard::{
    model::{Answer, Environment, Platform, Reach, Resource},
    reach,
};

/// The environments of all cases that hold workloads of Kubernetes, and clusters put together by chance.
fn environments() -> Vec<Environment> {
    let cases = CASES.iter().filter_map(|tried| tried.read.as_ref().ok());
    let mut all: Vec<Environment> = cases.map(|read| read.environment().clone()).collect();
    all.extend((0..60).map(|seed| super::environment(&cluster(seed))));
    all.retain(|environment| environment.all().any(is_workload));
    all
}

/// Five namespaces, each with some of these policies, pods and Services. The same seed gives the same cluster.
fn cluster(seed: u64) -> String {
    const POLICIES: [&str; 7] = [
        "{podSelector: {}, policyTypes: [Ingress, Egress]}",
        "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: red}}}]}]}",
        "{podSelector: {matchLabels: {app: a}}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: b}}}]}]}",
        "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {team: blue}}}], ports: [{port: 443}]}]}",
        "{podSelector: {matchLabels: {app: b}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}",
        "{podSelector: {matchExpressions: [{key: pod-template-hash, operator: Exists}]}, policyTypes: [Egress]}",
        "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}, podSelector: {matchLabels: {app: a}}}]}]}",
    ];
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
    let mut chance = move |of: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % of
    };
    let mut text = String::new();
    for space in ["n0", "n1", "n2", "n3", "n4"] {
        let team = ["red", "blue", "green"][chance(3) as usize];
        text += &format!(
            "---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {space}, labels: {{team: {team}, spe/project: {space}}}}}\n"
        );
        for (at, spec) in POLICIES.iter().enumerate() {
            if chance(4) == 0 {
                text += &format!(
                    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{at}, namespace: {space}}}\nspec: {spec}\n"
                );
            }
        }
        if chance(4) == 0 {
            text += &format!(
                "---\napiVersion: v1\nkind: Service\nmetadata: {{name: s, namespace: {space}}}\nspec: {{type: NodePort, selector: {{app: a}}}}\n"
            );
        }
        for pod in 0..2 + chance(3) {
            let (app, host) = (["a", "b", "c"][chance(3) as usize], chance(8) == 0);
            text += &format!(
                "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: q{pod}, namespace: {space}, labels: {{app: {app}}}}}\nspec: {{hostNetwork: {host}, containers: [{{name: c, image: i}}]}}\n"
            );
        }
        if chance(3) == 0 {
            text += &format!(
                "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d, namespace: {space}}}\nspec: {{template: {{metadata: {{labels: {{app: a}}}}, spec: {{containers: [{{name: c, image: i}}]}}}}}}\n"
            );
        }
    }
    text
}

fn is_workload(one: &Resource) -> bool {
    one.id.platform == Platform::Kubernetes && one.pod.is_some() && reach::is_workload(&one.id.kind)
}

/// The environment without its workloads, and those.
fn parted(environment: &Environment) -> (Environment, Vec<Resource>) {
    let mut rest = environment.clone();
    rest.resources.retain(|_, found| !found.iter().any(is_workload));
    (rest, environment.all().filter(|one| is_workload(one)).cloned().collect())
}

/// Of the topics that workloads have, as text.
fn told(reach: &Reach, of: &Resource) -> String {
    let Reach { internet, projects, storage, isolation, missed, .. } = reach;
    let ways = [internet, projects, storage, isolation].map(|ways| ways.get(&of.id));
    format!("{ways:#?} {missed:?}")
}

#[test]
fn a_newcomer_is_told_what_it_is_told_among_the_others() {
    let (mut told_all, mut not_told) = (0, 0);
    for environment in environments() {
        let (rest, workloads) = parted(&environment);
        for (at, workload) in workloads.iter().enumerate() {
            if environment.resources[&workload.id].len() > 1 {
                continue;
            }
            let expected = told(&reach::derive(&environment, &[workload]), workload);
            let mut others = workloads.clone();
            others.remove(at);
            match reach::look(&rest, &others, |outlook| outlook.newcomer(workload)) {
                Some(found) => assert_eq!(told(&found, workload), expected, "{}", workload.id.full()),
                None => not_told += 1,
            }
            told_all += 1;
        }
    }
    assert!(told_all > 200 && not_told * 2 < told_all, "{not_told} of {told_all} were not told");
}

/// What is open by topic, to where and on which ports, and where nothing is, whether something may be. Who came first decides
/// which of several places is shown, and whether what may be open stands beside what is.
fn answers(reach: &Reach, of: &Resource) -> Vec<String> {
    let Reach { internet, projects, storage, isolation, .. } = reach;
    let mut answers = Vec::new();
    for (topic, ways) in [internet, projects, storage, isolation].into_iter().enumerate() {
        let ways = ways.get(&of.id).map(Vec::as_slice).unwrap_or_default();
        let is_open = ways.iter().any(|way| way.answer == Answer::Open);
        for way in ways.iter().filter(|way| !is_open || way.answer == Answer::Open) {
            let facts: Vec<_> = way.facts.iter().map(|fact| fact.value.as_text()).collect();
            answers.push(match way.answer {
                Answer::Unknown => format!("{topic} unknown"),
                _ => format!("{topic} {} {facts:?}", way.answer.name()),
            });
        }
    }
    answers.sort();
    answers.dedup();
    answers
}

#[test]
fn workloads_that_come_and_go_leave_what_a_new_look_finds() {
    let (mut kept, mut anew) = (0, 0);
    for environment in environments() {
        let (rest, workloads) = parted(&environment);
        if workloads.iter().any(|one| environment.resources[&one.id].len() > 1) {
            continue;
        }
        let is_kept = reach::look(&rest, &workloads, |outlook| {
            for (at, workload) in workloads.iter().enumerate() {
                if !outlook.changed(Some(workload), None) {
                    return false;
                }
                let mut others = workloads.clone();
                others.remove(at);
                for asked in &workloads {
                    let now = outlook.newcomer(asked).map(|reach| answers(&reach, asked));
                    let new =
                        reach::look(&rest, &others, |new| new.newcomer(asked).map(|reach| answers(&reach, asked)));
                    assert_eq!(now, new, "{} without {}", asked.id.full(), workload.id.full());
                }
                if !outlook.changed(None, Some(workload)) {
                    return false;
                }
            }
            true
        });
        *(if is_kept { &mut kept } else { &mut anew }) += 1;
    }
    assert!(kept > 20, "{kept} looks were kept, {anew} taken anew");
}

/// Pods with labels of their own, as those of jobs, come and go for ever: what is kept of them does not grow for ever.
#[test]
fn parties_that_never_come_back_are_not_kept_for_ever() {
    let (rest, workloads) = parted(&super::environment(&cluster(1)));
    let stays = workloads.iter().find(|one| one.id.kind.as_ref() == "Pod").unwrap().clone();
    let anew = reach::look(&rest, &workloads, |outlook| {
        (0..5_000).position(|nth| {
            let mut text = format!(
                "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: j{nth}, namespace: {}, ",
                stays.id.namespace
            );
            text += &format!("labels: {{job: j{nth}}}}}\nspec: {{containers: [{{name: c, image: i}}]}}\n");
            let passing = super::environment(&text).all().find(|one| is_workload(one)).unwrap().clone();
            assert!(outlook.changed(None, Some(&passing)));
            !outlook.changed(Some(&passing), None)
        })
    });
    assert!(anew.is_some_and(|nth| nth > 500), "{anew:?}");
}
