# Where tools that deploy by themselves take charts and manifests from (Flux, Argo CD), by reason: each a list of
# {facts, path}.
package lib.deployed_sources

import data.lib.field
import data.lib.image_names as names
import data.lib.revisions
import data.lib.unread

application := "argoproj.io/Application"

project := "argoproj.io/AppProject"

repositories := {
	"source.toolkit.fluxcd.io/GitRepository",
	"source.toolkit.fluxcd.io/HelmRepository",
	"source.toolkit.fluxcd.io/OCIRepository",
}

kinds := (repositories | {application, project}) | {"helm.toolkit.fluxcd.io/HelmRelease"}

breaches(object, kind, parameters) := {
	"source_not_approved": [{"facts": {"source": names.address(url.value)}, "path": url.edit} |
		parameters.approved_registries != []
		some url in addresses(object, kind)
		is_string(url.value)
		not names.approved(names.address(url.value), parameters.approved_registries)
	],
	"source_moves": [{"facts": {}, "path": place.edit} | some place in revisions.moving(object, kind)],
	"every_source_allowed": [{"facts": {"field": field.name(given.path)}, "path": given.path} |
		kind == project
		some given in allowed(object)
		given.value == "*"
	],
}

# Places of the addresses that are read from.
addresses(object, kind) := array.concat(
	[field.at(field.root(object, []), ["spec", "url"]) | kind in repositories],
	[field.at(source, ["repoURL"]) | kind == application; some source in revisions.sources(object)],
)

# What a project of Argo CD lets its applications take, and deploy to.
allowed(object) := array.concat(
	field.elements(field.root(object, []), ["spec", "sourceRepos"]),
	[field.at(destination, [key]) |
		some destination in field.elements(field.root(object, []), ["spec", "destinations"])
		some key in ["namespace", "server", "name"]
	],
)

gaps(object, kind) := [gap |
	some list in [
		[gap | some url in addresses(object, kind); some gap in unread.of(url, "text")],
		[gap | kind == project; some given in allowed(object); some gap in unread.of(given, "text")],
		revisions.gaps(object, kind),
	]
	some gap in list
]
