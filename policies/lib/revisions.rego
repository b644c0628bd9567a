# Which content of a source is deployed (Flux, Argo CD), and whether it can change without a change of the code.
package lib.revisions

import data.lib.field
import data.lib.unread

git := "source.toolkit.fluxcd.io/GitRepository"

oci := "source.toolkit.fluxcd.io/OCIRepository"

release := "helm.toolkit.fluxcd.io/HelmRelease"

application := "argoproj.io/Application"

# Fields that decide, by kind: keys and type.
fields := {
	git: [[["spec", "ref"], "map"], [["spec", "ref", "commit"], "text"], [["spec", "ref", "tag"], "text"]],
	oci: [[["spec", "ref"], "map"], [["spec", "ref", "digest"], "text"]],
	release: [[["spec", "chart", "spec"], "map"], [["spec", "chart", "spec", "version"], "text"]],
	application: [[["spec", "source"], "map"], [["spec", "sources"], "list"]],
}

# The sources of an application: one or several.
sources(object) := array.concat(
	[source | source := field.at(field.root(object, []), ["spec", "source"]); field.is_map(source.value)],
	field.elements(field.root(object, []), ["spec", "sources"]),
)

# Places that name a branch, a range or nothing, and so whatever is newest.
moving(object, kind) := [place |
	some list in [
		[ref | kind == git; some ref in without(object, ["commit", "tag"])],
		[ref | kind == oci; some ref in without(object, ["digest"])],
		[place | kind == release; some chart in charts(object); some place in inexact(chart, "version")],
		[place | kind == application; some source in sources(object); some place in inexact(source, "targetRevision")],
	]
	some place in list
]

# A reference that names none of these.
without(object, keys) := [ref |
	ref := field.at(field.root(object, []), ["spec", "ref"])
	every key in keys { field.at(ref, [key]).value == null }
]

charts(object) := [chart |
	chart := field.at(field.root(object, []), ["spec", "chart", "spec"])
	field.is_map(chart.value)
]

inexact(from, key) := [place |
	place := field.at(from, [key])
	unread.of(place, "text") == []
	not exact(place.value)
]

# A commit, or a version with all its numbers.
exact(revision) if {
	is_string(revision)
	regex.match(`^([0-9a-f]{40}|[0-9a-f]{64}|v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?)$`, revision)
}

gaps(object, kind) := array.concat(
	unread.gaps([field.root(object, [])], asked(kind)),
	[gap |
		kind == application
		some gap in unread.gaps(sources(object), [[[], "map"], [["targetRevision"], "text"]])
	],
)

asked(kind) := fields[kind] if kind in {git, oci, release, application}

asked(kind) := [] if not kind in {git, oci, release, application}
