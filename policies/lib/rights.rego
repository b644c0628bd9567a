# What the rules of a role give beyond what a project needs, by reason: each a list of {facts, path} in the role.
package lib.rights

import data.lib.field
import data.lib.unread

# A rule gives one of these where it has one of the verbs on one of the resources of one of the groups.
# Sources: Kubernetes, "RBAC good practices", and the API reference for the verbs of subresources.
kinds := {
	"adds_containers": {"verbs": writes, "groups": {""}, "resources": {"pods/ephemeralcontainers"}},
	"approves_certificates": {
		"verbs": {"approve", "patch", "update"},
		"groups": {"certificates.k8s.io"},
		"resources": {"certificatesigningrequests/approval", "signers"},
	},
	"changes_admission": {
		"verbs": writes,
		"groups": {"admissionregistration.k8s.io", "apiextensions.k8s.io"},
		"resources": {
			"customresourcedefinitions", "mutatingadmissionpolicies", "mutatingwebhookconfigurations",
			"validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
		},
	},
	"enters_pods": {
		"verbs": {"create", "get"},
		"groups": {""},
		"resources": {"pods/attach", "pods/exec", "pods/portforward"},
	},
	"makes_tokens": {"verbs": {"create"}, "groups": {""}, "resources": {"serviceaccounts/token"}},
	"makes_volumes": {"verbs": writes, "groups": {""}, "resources": {"persistentvolumes"}},
	"passes_to_nodes": {"verbs": (writes | {"get"}), "groups": {""}, "resources": {"nodes/proxy"}},
	"reads_secrets": {"verbs": {"get", "list", "watch"}, "groups": {""}, "resources": {"secrets"}},
}

writes := {"create", "delete", "deletecollection", "patch", "update"}

excess(role) := object.union(
	{
		"wildcard": [{"facts": {"field": key}, "path": element.path} |
			some rule in rules(role)
			some key in ["verbs", "resources", "apiGroups"]
			some element in field.elements(rule, [key])
			is_string(element.value)
			contains(element.value, "*")
		],
		"every_url": [{"facts": {}, "path": url.path} |
			some rule in rules(role)
			some url in field.elements(rule, ["nonResourceURLs"])
			url.value == "*"
			listed(rule, "verbs") - {"get", "head", "options"} != set()
		],
		"may_escalate": [{"facts": {}, "path": verb.path} |
			some rule in rules(role)
			some verb in field.elements(rule, ["verbs"])
			verb.value in {"bind", "escalate", "impersonate"}
		],
	},
	{reason: [{"facts": {}, "path": resource.path} |
		some rule in rules(role)
		meets(listed(rule, "verbs"), kind.verbs)
		meets(listed(rule, "apiGroups"), kind.groups)
		some resource in field.elements(rule, ["resources"])
		resource.value in kind.resources
		not one_by_name(rule, reason)
	] |
		some reason, kind in kinds
	},
)

rules(role) := field.elements(field.root(role, []), ["rules"])

listed(rule, key) := {element.value | some element in field.elements(rule, [key])}

meets(given, wanted) if given & wanted != set()

meets(given, _) if "*" in given

# Secrets that a rule names one by one are those that are needed.
one_by_name(rule, reason) if {
	reason == "reads_secrets"
	listed(rule, "resourceNames") != set()
}

gaps(role) := [gap |
	some list in [
		unread.of(field.root(role, []), "map"),
		unread.gaps([field.root(role, [])], [[["rules"], "list"]]),
		unread.gaps(rules(role), [[[], "map"], [["verbs"], "list"], [["resources"], "list"], [["apiGroups"], "list"]]),
		[gap |
			some rule in rules(role)
			some key in ["verbs", "resources", "apiGroups"]
			some element in field.elements(rule, [key])
			some gap in unread.of(element, "text")
		],
	]
	some gap in list
]
