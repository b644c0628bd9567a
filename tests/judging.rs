//! What persons write and what it comes to: descriptions, profiles, waivers, attestations, exit codes.
use speguard::{
    evaluate::Bundle,
    judge::profile,
    model::{Description, Enforcement, Level, Map, Origin, Timestamp, Value},
    normalise::spe,
};
use std::collections::{BTreeMap, BTreeSet};

/// What an empty spe.yaml says: the default of every fact.
fn nothing_stated() -> Description {
    let metadata: Map = [("name", "tre")].into_iter().collect();
    let whole: Map = [
        ("apiVersion", Value::from("speguard.io/v1alpha1")),
        ("kind", "SecureProcessingEnvironment".into()),
        ("metadata", metadata.into()),
        ("spec", Map::new().into()),
    ]
    .into_iter()
    .collect();
    let (description, problems) = spe::description(&Origin::file("spe.yaml"), &whole.into(), Timestamp(0));
    assert_eq!(problems, []);
    description
}

#[test]
fn every_fact_that_a_criterion_takes_is_a_key_of_the_description_and_the_other_way_round() {
    let stated: BTreeMap<_, _> =
        nothing_stated().spec.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
    let mut taken = BTreeMap::new();
    for criterion in Bundle::standard().unwrap().criteria {
        for (name, parameter) in criterion.parameters {
            if parameter.from_environment {
                let other = taken.insert(name.clone(), parameter.default.clone());
                let same = other.is_none_or(|default| default == parameter.default);
                assert!(same, "{}: `{name}` has another default than elsewhere", criterion.id);
            }
        }
    }
    assert_eq!(stated, taken);
}

#[test]
fn facts_are_bounded_in_the_description_as_in_the_criteria() {
    let schema = &spe::schemas()[0].1;
    for criterion in Bundle::standard().unwrap().criteria {
        let facts = criterion.parameters.iter().filter(|(_, parameter)| parameter.from_environment);
        for (name, bound) in facts.filter_map(|(name, parameter)| Some((name, parameter.bound.as_ref()?))) {
            let fact = &schema["properties"]["spec"]["properties"][name.as_ref()];
            let most = fact["maxItems"].as_u64().and_then(|most| usize::try_from(most).ok());
            assert_eq!(most, bound.items_max, "{}: `{name}`", criterion.id);
            assert!(bound.minimum.is_none() && bound.maximum.is_none() && bound.one_of.is_none(), "{name}");
        }
    }
}

#[test]
fn the_built_in_profiles_weigh_every_criterion_by_its_level() {
    let criteria = Bundle::standard().unwrap().criteria;
    for (name, of_recommended) in [("minimum", Enforcement::Warn), ("recommended", Enforcement::Deny)] {
        let text = profile::built_in(name).unwrap();
        let read = profile::check(text, name, &criteria, &nothing_stated()).unwrap();
        assert_eq!(read.name, name);
        for criterion in &criteria {
            let expected = match criterion.level {
                Level::Minimum => Enforcement::Deny,
                Level::Recommended => of_recommended,
            };
            assert_eq!(read.enforcement.get(&criterion.id), Some(&expected), "{name} {}", criterion.id);
            let given: BTreeSet<_> = read.parameters[&criterion.id].iter().map(|entry| entry.key.clone()).collect();
            let declared: BTreeSet<_> = criterion.parameters.keys().cloned().collect();
            assert_eq!(given, declared, "{name} {}", criterion.id);
        }
    }
}
