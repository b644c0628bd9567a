# Who is bound to which role, beyond the platform's own.
package lib.bindings

import data.lib.field
import data.lib.unread

role_kind := "rbac.authorization.k8s.io/Role"

cluster_role_kind := "rbac.authorization.k8s.io/ClusterRole"

kinds := {"rbac.authorization.k8s.io/ClusterRoleBinding", "rbac.authorization.k8s.io/RoleBinding"}

# Roles of the API server, which need not be in sight: all rights; much of a namespace; nothing that matters here.
everything := {"cluster-admin"}

much := {"admin", "edit"}

harmless := {
	"system:auth-delegator", "system:basic-user", "system:discovery", "system:image-puller",
	"system:public-info-viewer", "system:service-account-issuer-discovery", "view",
}

of_the_api_server := (everything | much) | harmless

# Everybody who is bound and is not named as the platform's: places of subjects.
outsiders(binding, namespace, parameters) := [subject |
	not role_name(binding) in parameters.platform_roles
	some subject in field.elements(field.root(binding, []), ["subjects"])
	field.is_map(subject.value)
	count(names(subject.value, namespace) & {name | some name in parameters.platform_roles}) == 0
	not of_the_cluster(subject.value, namespace, parameters)
]

# What a subject may be called in the description; a service account by both of its names.
names(subject, _) := {object.get(subject, "name", "")} if not subject.kind == "ServiceAccount"

names(subject, namespace) := {concat("/", parts), concat(":", array.concat(["system:serviceaccount"], parts))} if {
	subject.kind == "ServiceAccount"
	parts := [part |
		some part in [object.get(subject, "namespace", namespace), object.get(subject, "name", "")]
		is_string(part)
	]
}

# Components of the cluster, and accounts of exempt namespaces.
of_the_cluster(subject, namespace, parameters) if {
	subject.kind == "ServiceAccount"
	object.get(subject, "namespace", namespace) in parameters.exempt_namespaces
}

of_the_cluster(subject, _, _) if {
	subject.kind in {"Group", "User"}
	is_string(subject.name)
	startswith(subject.name, "system:")
	not regex.match(`^system:(serviceaccounts?(:|$)|authenticated$|unauthenticated$|anonymous$)`, subject.name)
}

of_the_cluster(subject, _, parameters) if {
	some exempt in parameters.exempt_namespaces
	subject.name == concat("", ["system:serviceaccounts:", exempt])
}

shown(subjects) := concat(", ", sort([field.text(subject, ["name"]) | some subject in subjects]))

role_name(binding) := field.text(field.root(binding, []), ["roleRef", "name"])

# The address of the role that a binding names.
role_address(binding, namespace) := [role_kind, namespace, role_name(binding)] if {
	field.value(binding, ["roleRef", "kind"]) == "Role"
}

role_address(binding, _) := [cluster_role_kind, "", role_name(binding)] if {
	field.value(binding, ["roleRef", "kind"]) != "Role"
}

# Whether a binding in sight names a role.
is_bound(address, environment) if {
	some kind in kinds
	some namespace, bindings in object.get(environment, kind, {})
	some binding in bindings
	role_address(binding, namespace) == address
}

gaps(binding) := array.concat(
	unread.gaps([field.root(binding, [])], [
		[["subjects"], "list"], [["roleRef", "name"], "text"], [["roleRef", "kind"], "text"],
	]),
	[gap |
		some subject in field.elements(field.root(binding, []), ["subjects"])
		some gap in unread.gaps([subject], [[[], "map"], [["kind"], "text"], [["name"], "text"], [["namespace"], "text"]])
	],
)
