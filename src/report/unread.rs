//! Problems as people read them: one cause, every place that has it.
use super::place::Place;
use crate::model::Problem;
use std::collections::BTreeMap;

/// The problems of one cause, in order of place.
#[derive(Debug)]
pub(super) struct Cause<'a> {
    pub(super) cause: &'a str,
    pub(super) places: Vec<Place<'a>>,
}

/// Problems by cause, in the order in which the causes first come up.
pub(super) fn by_cause(problems: &[Problem]) -> Vec<Cause<'_>> {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut causes: Vec<Cause<'_>> = Vec::new();
    for problem in problems {
        let at = *known.entry(&problem.cause).or_insert(causes.len());
        if at == causes.len() {
            causes.push(Cause { cause: &problem.cause, places: Vec::new() });
        }
        if let Some(cause) = causes.get_mut(at) {
            cause.places.push(Place { file: problem.origin.path(), mark: problem.origin.mark() });
        }
    }
    causes.iter_mut().for_each(|cause| cause.places.sort());
    causes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;

    #[test]
    fn every_problem_stands_under_its_cause() {
        let problem = |file: &str, cause: &str| Problem::new(Origin::file(file), cause);
        let problems = [problem("b", "x"), problem("a", "y"), problem("a", "x"), problem("a", "x")];
        let causes = by_cause(&problems);
        let shown: Vec<(&str, Vec<&str>)> =
            causes.iter().map(|cause| (cause.cause, cause.places.iter().map(|place| place.file).collect())).collect();
        assert_eq!(shown, [("x", vec!["a", "a", "b"]), ("y", vec!["a"])]);
    }
}
