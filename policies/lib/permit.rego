# Which project and permit a Namespace is marked with, and what a project's namespace must hold.
package lib.permit

import data.lib.field
import data.lib.unread

# A mark is a label, or an annotation where there is no such label.
mark(namespace, key) := label if {
	label := stated(namespace, "labels", key)
	label.value != null
}

mark(namespace, key) := stated(namespace, "annotations", key) if {
	stated(namespace, "labels", key).value == null
	stated(namespace, "annotations", key).value != null
}

mark(namespace, key) := stated(namespace, "labels", key) if {
	stated(namespace, "labels", key).value == null
	stated(namespace, "annotations", key).value == null
}

stated(namespace, side, key) := field.at(field.root(namespace, []), ["metadata", side, key])

# By reason, about a Namespace: each a list of {facts, path}.
breaches(namespace, name, environment, keys) := {
	"mark_missing": [{"facts": {"label": key}, "path": place.edit} |
		some key in missing(namespace, name, environment, keys)
		place := mark(namespace, key)
	],
	"expiry_is_no_date": [{"facts": {"value": expires.value}, "path": expires.edit} |
		expires := mark(namespace, keys.permit_expires_label)
		is_string(expires.value)
		not date(expires.value)
	],
	"permits_share_a_project": [{"facts": {"namespace": other}, "path": permit.edit} |
		permit := mark(namespace, keys.permit_label)
		some other in sharing(namespace, environment, keys)
	],
	"serves_two_projects": [{"facts": {"projects": concat(", ", projects)}, "path": ["metadata", "name"]} |
		projects := projects_of(name, environment)
		count(projects) > 1
	],
}

# A namespace that the description does not name is a project's only if it says so.
missing(namespace, name, environment, keys) := {key |
	some key in [keys.project_label, keys.permit_label, keys.permit_expires_label]
	mark(namespace, key).value == null
	of_project(namespace, name, environment, keys)
}

of_project(_, name, environment, _) if projects_of(name, environment) != []

of_project(namespace, _, _, keys) if mark(namespace, keys.project_label).value != null

# Projects that the description gives the namespace to.
projects_of(name, environment) := [field.text(project, ["name"]) |
	some description in object.get(environment, ["speguard/Environment", ""], {})
	some project in field.elements(field.root(description, []), ["spec", "projects"])
	some given in field.elements(project, ["namespaces"])
	given.value == name
]

# Namespaces of the same project with another permit.
sharing(namespace, environment, keys) := {other |
	project := mark(namespace, keys.project_label).value
	is_string(project)
	own := mark(namespace, keys.permit_label).value
	is_string(own)
	others := object.get(environment, ["Namespace", ""], {})
	some other in saying(others, keys.project_label, project)
	mark(others[other], keys.project_label).value == project
	permit := mark(others[other], keys.permit_label).value
	is_string(permit)
	permit != own
}

# Those that say so at all, by a label or an annotation: every Namespace is held against all others.
saying(namespaces, key, value) := {name |
	some name, namespace in namespaces
	namespace.metadata.labels[key] == value
} | {name |
	some name, namespace in namespaces
	namespace.metadata.annotations[key] == value
}

# A calendar date, maybe with a time (ISO 8601).
date(text) if {
	regex.match(`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T[0-9:.]+(Z|[+-][0-9:]+)?)?$`, text)
}

gaps(namespace, keys) := [gap |
	some key in [keys.project_label, keys.permit_label, keys.permit_expires_label]
	some gap in unread.of(mark(namespace, key), "text")
]
