//! Everything known at one moment, and who may see whom.
use super::{Description, ENVIRONMENT_KIND, Platform, Problem, Resource, ResourceId, Text};
use std::collections::{BTreeMap, BTreeSet};

/// Everything known at one moment. Ordered, so that two runs over it are byte-identical.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// More than one under an id: defined twice, which is also a problem.
    pub resources: BTreeMap<ResourceId, Vec<Resource>>,
    pub description: Description,
    /// The Kubernetes clusters that the roots make up, in order of name. Every Kubernetes root is in exactly one.
    pub clusters: Vec<Cluster>,
    pub problems: Vec<Problem>,
    /// Kubernetes kinds that a live scan does not look at, each with why (one clause in English): that none was read says
    /// nothing about whether there are any.
    pub unseen: BTreeMap<Text, Text>,
    /// SHA-256 over the canonical bytes of the resources and the description; set by `normalise`.
    pub digest: super::Digest,
}

/// Kubernetes roots that are one cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// The description's name for it; `.` for the one cluster of a scan; else the root.
    pub name: Text,
    pub roots: BTreeSet<Text>,
}

/// What resources see each other: one cluster, one Terraform root, all realms. Key of `data.environment`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// A cluster, by name.
    Cluster(Text),
    /// A Terraform root (or any other root that sees itself only).
    Root(Platform, Text),
    /// An Environment resource: its platform whole.
    Whole(Platform),
}

impl Environment {
    /// The view of a resource: the key of what it may see.
    #[must_use]
    pub fn view(&self, id: &ResourceId) -> View {
        if id.kind.as_ref() == ENVIRONMENT_KIND {
            return View::Whole(id.platform);
        }
        match id.platform {
            Platform::Kubernetes => View::Cluster(self.cluster(&id.root).clone()),
            Platform::Keycloak => View::Whole(Platform::Keycloak),
            platform => View::Root(platform, id.root.clone()),
        }
    }

    /// The name of the cluster that a Kubernetes root belongs to.
    #[must_use]
    pub fn cluster<'a>(&'a self, root: &'a Text) -> &'a Text {
        self.clusters.iter().find(|cluster| cluster.roots.contains(root)).map_or(root, |cluster| &cluster.name)
    }

    /// Problems whose unread part may hold resources of a Kubernetes cluster. A root of no cluster may be of any.
    pub fn hidden_in<'a>(&'a self, cluster: &'a Text) -> impl Iterator<Item = &'a Problem> {
        let of = |root: &Text| self.clusters.iter().find(|cluster| cluster.roots.contains(root));
        self.problems.iter().filter(move |problem| {
            problem.hides.as_ref().is_some_and(|hidden| {
                hidden.platform.is_none_or(|platform| platform == Platform::Kubernetes)
                    && hidden.root.as_ref().and_then(of).is_none_or(|of| of.name == *cluster)
            })
        })
    }

    /// Whether what stands under an id can be seen from a view. Realms and the Environment are seen by all.
    #[must_use]
    pub fn sees(&self, view: &View, id: &ResourceId) -> bool {
        if id.kind.as_ref() == ENVIRONMENT_KIND || id.platform == Platform::Keycloak {
            return true;
        }
        match view {
            View::Cluster(name) => id.platform == Platform::Kubernetes && self.cluster(&id.root) == name,
            View::Root(platform, root) => id.platform == *platform && id.root == *root,
            View::Whole(platform) => id.platform == *platform,
        }
    }

    /// Every resource that can be seen from a view, in order of id.
    pub fn seen_from<'a>(&'a self, view: &'a View) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(|(id, _)| self.sees(view, id)).flat_map(|(_, resources)| resources)
    }

    /// Every resource, in order of id.
    pub fn all(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values().flatten()
    }

    /// The platforms of which something was read, without the Environment's own resources.
    #[must_use]
    pub fn platforms(&self) -> BTreeSet<Platform> {
        self.resources.keys().filter(|id| id.kind.as_ref() != ENVIRONMENT_KIND).map(|id| id.platform).collect()
    }

    /// Problems whose unread part may hold resources of a root of a platform.
    pub fn hidden<'a>(&'a self, platform: Platform, root: &'a Text) -> impl Iterator<Item = &'a Problem> {
        self.problems.iter().filter(move |problem| {
            problem.hides.as_ref().is_some_and(|hidden| {
                hidden.platform.is_none_or(|of| of == platform) && hidden.root.as_ref().is_none_or(|of| of == root)
            })
        })
    }
}
