# Which accesses an audit Policy leaves out. The first rule that matches a request decides; none = not recorded.
# Source: https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
package lib.audit_policy

import data.lib.field
import data.lib.unread

# What must be recorded: group, resource, and the verbs that are an access or a change.
watched := [
	{"group": "", "resource": "secrets", "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"]},
	{"group": "", "resource": "pods/exec", "verbs": ["get", "create"]},
	{"group": "authentication.k8s.io", "resource": "tokenreviews", "verbs": ["create"]},
	{
		"group": "rbac.authorization.k8s.io", "resource": "rolebindings",
		"verbs": ["create", "update", "patch", "delete"],
	},
]

rules(policy) := field.elements(field.root(policy, []), ["rules"])

breaches(policy) := {
	"audit_drops": [{"facts": {"resource": access.resource, "verb": verb}, "path": rules(policy)[first].path} |
		some access in watched
		some verb in access.verbs
		first := min(deciding(policy, access, verb))
		field.at(rules(policy)[first], ["level"]).value == "None"
	],
	"audit_leaves_out": [{"facts": {"resource": access.resource, "verb": verb}, "path": list.edit} |
		list := field.at(field.root(policy, []), ["rules"])
		gaps(policy) == []
		some access in watched
		some verb in access.verbs
		deciding(policy, access, verb) == set()
	],
}

# Rules that match an access of any person, by index.
deciding(policy, access, verb) := {i |
	some i, rule in rules(policy)
	for_persons(rule)
	holds_or_absent(rule, "verbs", [verb, "*"])
	field.at(rule, ["namespaces"]).value in [null, []]
	covers(rule, access)
}

# A rule for named system components says nothing of persons.
for_persons(rule) if {
	field.at(rule, ["users"]).value in [null, []]
	field.at(rule, ["userGroups"]).value in [null, []]
}

for_persons(rule) if {
	some group in field.elements(rule, ["userGroups"])
	group.value in {"system:authenticated", "system:masters", "system:unauthenticated"}
}

holds_or_absent(rule, key, _) if field.at(rule, [key]).value in [null, []]

holds_or_absent(rule, key, wanted) if {
	some element in field.elements(rule, [key])
	element.value in wanted
}

covers(rule, _) if {
	field.at(rule, ["resources"]).value in [null, []]
	field.at(rule, ["nonResourceURLs"]).value in [null, []]
}

covers(rule, access) if {
	some entry in field.elements(rule, ["resources"])
	object.get(entry.value, "group", "") in [access.group, "*"]
	field.at(entry, ["resourceNames"]).value in [null, []]
	parts := split(access.resource, "/")
	wildcards := {"*", concat("/", [parts[0], "*"]), concat("/", ["*", parts[count(parts) - 1]])}
	holds_or_absent(entry, "resources", {access.resource} | wildcards)
}

gaps(policy) := [gap |
	some list in [
		unread.gaps([field.root(policy, [])], [[["rules"], "list"]]),
		unread.gaps(rules(policy), [
			[[], "map"], [["level"], "text"], [["users"], "list"], [["userGroups"], "list"], [["verbs"], "list"],
			[["resources"], "list"], [["namespaces"], "list"], [["nonResourceURLs"], "list"],
		]),
		unread.gaps([entry | some rule in rules(policy); some entry in field.elements(rule, ["resources"])], [
			[[], "map"], [["group"], "text"], [["resources"], "list"],
		]),
	]
	some gap in list
]
