# Who may write, delete or scale in a namespace where logs are kept: {facts, path}.
package lib.log_writers

import data.lib.field
import data.lib.unread

kind := "rbac.authorization.k8s.io/RoleBinding"

# Namespaces of the log stores that the description names by their address, as `apps/StatefulSet/logging/loki`.
namespaces(environment) := {parts[count(parts) - 2] |
	some description in object.get(environment, ["speguard/Environment", ""], {})
	some store in field.elements(field.root(description, []), ["spec", "log_stores"])
	field.at(store, ["platform"]).value == "kubernetes"
	resource := field.at(store, ["resource"]).value
	is_string(resource)
	parts := split(resource, "/")
	count(parts) > 2
}

asked(address, environment) if {
	address[0] == kind
	address[1] in namespaces(environment)
}

writers(binding, address, environment) := [{"facts": {"subject": field.text(subject, ["name"])}, "path": subject.path} |
	asked(address, environment)
	writes(binding, address, environment)
	some subject in field.elements(field.root(binding, []), ["subjects"])
	not at_home(subject, address)
]

# What runs in the namespace itself is the store.
at_home(subject, address) if {
	field.at(subject, ["kind"]).value == "ServiceAccount"
	field.at(subject, ["namespace"]).value in [address[1], "kube-system"]
}

built_in := {"admin", "cluster-admin", "edit"}

harmless := {"get", "list", "watch"}

writes(binding, _, _) if {
	field.value(binding, ["roleRef", "kind"]) == "ClusterRole"
	field.value(binding, ["roleRef", "name"]) in built_in
}

writes(binding, address, environment) if {
	some role in roles(binding, address, environment)
	some rule in field.elements(field.root(role, []), ["rules"])
	some verb in field.elements(rule, ["verbs"])
	not verb.value in harmless
}

roles(binding, address, environment) := [role |
	name := field.value(binding, ["roleRef", "name"])
	some row in [["Role", address[1]], ["ClusterRole", ""]]
	field.value(binding, ["roleRef", "kind"]) == row[0]
	named := object.get(environment, [concat("/", ["rbac.authorization.k8s.io", row[0]]), row[1]], {})
	role := named[name]
]

# Roles out of sight may write; `view` may not.
unknown(binding, address, environment) := [{"facts": {"role": name}, "path": ["roleRef"]} |
	asked(address, environment)
	name := field.text(field.root(binding, []), ["roleRef", "name"])
	not name in (built_in | {"view"})
	roles(binding, address, environment) == []
]

gaps(binding, address, environment) := [gap |
	asked(address, environment)
	some gap in unread.gaps([field.root(binding, [])], [
		[["roleRef", "name"], "text"], [["roleRef", "kind"], "text"], [["subjects"], "list"],
	])
]
