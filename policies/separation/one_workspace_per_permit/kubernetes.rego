package separation.one_workspace_per_permit.kubernetes

import data.lib.permit

# Kinds by the bare names that the profile uses.
kinds := {
	"LimitRange": "LimitRange",
	"NetworkPolicy": "networking.k8s.io/NetworkPolicy",
	"ResourceQuota": "ResourceQuota",
	"RoleBinding": "rbac.authorization.k8s.io/RoleBinding",
}

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	project_namespace
	breaches := permit.breaches(input.resource, input.address[2], data.environment, input.parameters)
	some reason, places in breaches
	some found in places
}

deny contains {"reason": "object_missing", "facts": {"kind": name}, "path": ["metadata", "name"]} if {
	project_namespace
	some name in input.parameters.required_objects
	object.get(data.environment, [kinds[name], input.address[2]], {}) == {}
}

deny contains {"reason": "in_default", "facts": {}, "path": ["metadata"]} if {
	input.scope == "project"
	input.pod
	input.address[1] == "default"
}

undetermined contains {"reason": "object_unknown", "facts": {"kind": name}, "path": ["metadata", "name"]} if {
	project_namespace
	some name in input.parameters.required_objects
	not kinds[name]
}

undetermined contains {"reason": "project_unknown", "facts": {"label": label}, "path": ["metadata"]} if {
	project_namespace
	label := input.parameters.project_label
	not permit.of_project(input.resource, input.address[2], data.environment, input.parameters)
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	project_namespace
	some gap in permit.gaps(input.resource, input.parameters)
}

undetermined contains {"reason": "namespace_unknown", "facts": {}, "path": ["metadata"]} if input.scope == "unknown"

applies if input.scope == "project"

project_namespace if {
	input.scope == "project"
	input.address[0] == "Namespace"
}
