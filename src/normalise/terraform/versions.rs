//! Which major versions of a provider may read a configuration.
use super::{module::Module, syntax::Body};
use std::collections::BTreeMap;

/// Versions that a lock file fixes, by provider name without its registry: `azurerm`.
pub(super) type Locked = BTreeMap<String, String>;

/// Reads `.terraform.lock.hcl`.
pub(super) fn locked(body: &Body) -> Locked {
    let providers = body.blocks.iter().filter(|block| block.kind.as_ref() == "provider");
    providers
        .filter_map(|block| {
            Some((last_part(block.labels.first()?).to_owned(), block.body.literal_text("version")?.to_string()))
        })
        .collect()
}

fn last_part(source: &str) -> &str {
    source.rsplit('/').next().unwrap_or(source)
}

/// The majors of a provider that a root with these modules may run with: the lock file's, else those of the known
/// ones that every constraint allows, else the one that a constraint names.
pub(super) fn majors<'m>(
    provider: &str,
    locked: Option<&Locked>,
    modules: impl Iterator<Item = &'m Module>,
    known: &[u32],
) -> Vec<u32> {
    if let Some(major) = locked.and_then(|locked| locked.get(provider)).and_then(|version| Version::read(version)) {
        return vec![major.part(0)];
    }
    let constraints = modules
        .flat_map(|module| module.requirements.iter())
        .filter(|(name, requirement)| requirement.source.as_deref().map_or(name.as_ref(), last_part) == provider)
        .filter_map(|(_, requirement)| requirement.version.as_deref());
    allowed(constraints, known)
}

/// The known majors that every constraint allows, else the one that a constraint names.
pub(super) fn allowed<'c>(constraints: impl Iterator<Item = &'c str>, known: &[u32]) -> Vec<u32> {
    let constraints: Vec<Constraint> =
        constraints.flat_map(|version| version.split(',').filter_map(Constraint::read)).collect();
    let allowed: Vec<u32> =
        known.iter().copied().filter(|major| constraints.iter().all(|constraint| constraint.allows(*major))).collect();
    if !allowed.is_empty() {
        return allowed;
    }
    let named =
        constraints.iter().filter(|constraint| constraint.sign != "!=").map(|constraint| constraint.version.part(0));
    named.max().map_or_else(|| known.to_vec(), |major| vec![major])
}

/// The numbers of a version; a pre-release is read as its release.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Version(Vec<u32>);

#[derive(Clone, Debug)]
struct Constraint {
    sign: &'static str,
    version: Version,
}

impl Version {
    fn read(text: &str) -> Option<Self> {
        let release = text.trim().trim_start_matches('v').split(['-', '+']).next()?;
        release.split('.').map(|part| part.trim().parse().ok()).collect::<Option<Vec<u32>>>().map(Self)
    }

    fn part(&self, at: usize) -> u32 {
        self.0.get(at).copied().unwrap_or(0)
    }

    /// Whether nothing stands after the major but zeros.
    fn is_whole(&self) -> bool {
        self.0.iter().skip(1).all(|part| *part == 0)
    }
}

impl Constraint {
    /// Terraform, "Version Constraints".
    fn read(text: &str) -> Option<Self> {
        const SIGNS: [&str; 7] = [">=", "<=", "!=", "~>", "=", ">", "<"];
        let text = text.trim();
        let sign = SIGNS.into_iter().find(|sign| text.starts_with(sign));
        let version = Version::read(text.get(sign.map_or(0, str::len)..)?)?;
        Some(Self { sign: sign.unwrap_or("="), version })
    }

    /// Whether some version with this major satisfies it.
    fn allows(&self, major: u32) -> bool {
        let named = self.version.part(0);
        match self.sign {
            ">=" | ">" => major >= named,
            "<" => major < named || (major == named && !self.version.is_whole()),
            "<=" => major <= named,
            "!=" => true,
            // `~> 3` allows 4; `~> 3.0` and `~> 3.1.2` do not.
            "~>" if self.version.0.len() == 1 => major >= named,
            _ => major == named,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise::terraform::module::Requirement;

    fn possible(constraint: &str) -> Vec<u32> {
        let requirement = Requirement { source: Some("hashicorp/azurerm".into()), version: Some(constraint.into()) };
        let module = Module { requirements: [("azurerm".into(), requirement)].into(), ..Module::default() };
        majors("azurerm", None, [&module].into_iter(), &[3, 4, 5])
    }

    #[test]
    fn a_constraint_leaves_the_majors_that_some_version_of_satisfies_it() {
        assert_eq!(possible("~> 3.0"), [3]);
        assert_eq!(possible("~> 4"), [4, 5]);
        assert_eq!(possible(">= 3.8, < 5"), [3, 4]);
        assert_eq!(possible("< 5.1.0"), [3, 4, 5]);
        assert_eq!(possible("=3.117.0"), [3]);
        assert_eq!(possible("!= 4.2.0"), [3, 4, 5]);
        assert_eq!(possible("nonsense"), [3, 4, 5]);
        assert_eq!(possible("~> 2.99"), [2]);
    }

    #[test]
    fn the_lock_file_outranks_the_constraint() {
        let locked = Locked::from([("azurerm".to_owned(), "4.1.0".to_owned())]);
        assert_eq!(majors("azurerm", Some(&locked), std::iter::empty(), &[3, 4, 5]), [4]);
    }
}
