# Service accounts: what clouds give them, who is bound beside the account that is meant, tokens that are kept.
package lib.accounts

import data.lib.field
import data.lib.unread

account_kind := "ServiceAccount"

secret_kind := "Secret"

bindings := {"rbac.authorization.k8s.io/ClusterRoleBinding", "rbac.authorization.k8s.io/RoleBinding"}

# Annotations by which a cloud gives the account's pods a role.
cloud_annotations := {
	"azure.workload.identity/client-id",
	"eks.amazonaws.com/role-arn",
	"iam.gke.io/gcp-service-account",
}

# Roles that a cluster binds to all its accounts by itself, and that give nothing of a project.
of_the_cluster := {"system:image-puller", "system:service-account-issuer-discovery"}

breaches(body, address, parameters) := {
	"default_account_bound": [{"facts": {"namespace": namespace}, "path": subject.path} |
		some subject in subjects(body, address[0])
		field.at(subject, ["kind"]).value == "ServiceAccount"
		field.at(subject, ["name"]).value == "default"
		namespace := object.get(subject.value, "namespace", address[1])
		is_string(namespace)
		not namespace in parameters.exempt_namespaces
	],
	"all_accounts_bound": [{"facts": {"group": group.value}, "path": subject.path} |
		some subject in subjects(body, address[0])
		field.at(subject, ["kind"]).value == "Group"
		group := field.at(subject, ["name"])
		is_string(group.value)
		of_accounts(group.value, parameters)
		not field.value(body, ["roleRef", "name"]) in of_the_cluster
	],
	"token_kept": [{"facts": {}, "path": type.edit} |
		address[0] == secret_kind
		type := field.at(field.root(body, []), ["type"])
		type.value == "kubernetes.io/service-account-token"
	],
}

of_accounts(group, _) if group == "system:serviceaccounts"

of_accounts(group, parameters) if {
	startswith(group, "system:serviceaccounts:")
	not trim_prefix(group, "system:serviceaccounts:") in parameters.exempt_namespaces
}

subjects(body, kind) := [subject |
	kind in bindings
	some subject in field.elements(field.root(body, []), ["subjects"])
	field.is_map(subject.value)
]

# Roles of a cloud that the account's pods can take: what they give is not in the cluster.
cloud_roles(body, kind) := [{"facts": {"annotation": key}, "path": role.edit} |
	kind == account_kind
	some key in cloud_annotations
	field.is_map(field.at(field.root(body, []), ["metadata", "annotations"]).value)
	role := field.at(field.root(body, []), ["metadata", "annotations", key])
	not role.value in [null, ""]
]

gaps(body, kind) := array.concat(
	unread.gaps([field.root(body, [])], object.get(asked, kind, [])),
	[gap |
		kind in bindings
		some subject in field.elements(field.root(body, []), ["subjects"])
		some gap in unread.gaps([subject], [[[], "map"], [["kind"], "text"], [["name"], "text"], [["namespace"], "text"]])
	],
)

asked := {
	account_kind: [[["metadata", "annotations"], "map"]],
	secret_kind: [[["type"], "text"]],
	"rbac.authorization.k8s.io/RoleBinding": [[["subjects"], "list"]],
	"rbac.authorization.k8s.io/ClusterRoleBinding": [[["subjects"], "list"]],
}
