# How long the log stores that run in a cluster keep what they get, by kind and reason: each a list of {facts, path}.
package lib.log_sinks

import data.lib.field
import data.lib.loki
import data.lib.unread

loki_stack := "loki.grafana.com/LokiStack"

ism := "opensearch.opster.io/OpenSearchISMPolicy"

# Kinds that forward or keep logs, and whose far end or settings lie elsewhere.
elsewhere := {
	"elasticsearch.k8s.elastic.co/Elasticsearch",
	"logging.banzaicloud.io/ClusterOutput",
	"logging.banzaicloud.io/Output",
	"observability.openshift.io/ClusterLogForwarder",
}

breaches(body, kind, retention_days) := {
	"loki_kept_too_short": [found | kind == "ConfigMap"; some found in loki.short(body, retention_days)],
	"stack_kept_too_short": [{"facts": {"days": days.value}, "path": days.edit} |
		kind == loki_stack
		some days in stack_days(body)
		is_number(days.value)
		days.value < retention_days
	],
	"index_deleted_early": [{"facts": {"age": age.value}, "path": age.edit} |
		kind == ism
		some age in deletion_ages(body)
		days_of(age.value) < retention_days
	],
}

unknown(body, kind) := {
	"sink_unknown": array.concat(
		[found | kind == "ConfigMap"; some found in loki.unknown(body)],
		[{"facts": {"why": "its retention lies in another system"}, "path": ["spec"]} | kind in elsewhere],
	),
	"stack_unbounded": [{"facts": {}, "path": field.at(root, ["spec"]).edit} |
		kind == loki_stack
		root := field.root(body, [])
		stack_days(body) == []
	],
	"age_unknown": [{"facts": {}, "path": age.edit} |
		kind == ism
		some age in deletion_ages(body)
		not days_of(age.value)
	],
	"field_unknown": [gap |
		some row in object.get(read, kind, [])
		some gap in unread.gaps([field.root(body, [])], [row])
	],
}

read := {
	"ConfigMap": [[["data"], "map"]],
	loki_stack: [[["spec", "limits", "global", "retention", "days"], "number"], [["spec", "limits", "tenants"], "map"]],
	ism: [[["spec", "states"], "list"]],
}

stack_days(body) := [days |
	root := field.root(body, [])
	tenants := field.entries(root, ["spec", "limits", "tenants"])
	some limits in array.concat([field.at(root, ["spec", "limits", "global"])], tenants)
	days := field.at(limits, ["retention", "days"])
	days.value != null
]

# Ages at which an index passes into a state that deletes it.
deletion_ages(body) := [age |
	root := field.root(body, [])
	some state in field.elements(root, ["spec", "states"])
	some transition in field.elements(state, ["transitions"])
	field.at(transition, ["stateName"]).value in deleting(root)
	age := field.at(transition, ["conditions", "minIndexAge"])
]

deleting(root) := {name |
	some state in field.elements(root, ["spec", "states"])
	some action in field.elements(state, ["actions"])
	field.at(action, ["delete"]).value != null
	name := field.text(state, ["name"])
}

days_of(age) := to_number(trim_suffix(age, "d")) if {
	is_string(age)
	regex.match(`^[0-9]{1,6}d$`, age)
}

# A ConfigMap of something else is not asked about.
asked(body, kind) if {
	kind == "ConfigMap"
	loki.texts(body) != []
}

asked(_, kind) if kind in (elsewhere | {loki_stack, ism})
