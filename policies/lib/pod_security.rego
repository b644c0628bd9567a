# The Pod Security level that a Namespace enforces: by its labels, else by the API server's AdmissionConfiguration.
package lib.pod_security

import data.lib.field
import data.lib.pod_security_defaults as defaults
import data.lib.unread

prefix := "pod-security.kubernetes.io/"

label(namespace, key) := field.at(field.root(namespace, []), ["metadata", "labels", concat("", [prefix, key])])

breaches(namespace, environment, required) := {
	"level_too_low": [{"facts": {"level": level.value}, "path": level.edit} |
		level := label(namespace, "enforce")
		is_string(level.value)
		level.value != required
	],
	"level_missing": [{"facts": {}, "path": level.edit} |
		level := label(namespace, "enforce")
		level.value == null
		not required in defaults.levels(environment)
		defaults.gaps(environment) == []
	],
	"level_exempted": [{"facts": {}, "path": ["metadata", "name"]} |
		some name in defaults.exempt_namespaces(environment)
		name == namespace.metadata.name
	],
	"version_old": [{"facts": {"version": version.value, "cluster": cluster}, "path": version.edit} |
		version := label(namespace, "enforce-version")
		some cluster in clusters(environment)
		minor(version.value) < cluster - 3
	],
}

gaps(namespace, environment) := [gap |
	some list in [
		unread.of(label(namespace, "enforce"), "text"),
		unread.of(label(namespace, "enforce-version"), "text"),
		unread.of(field.at(field.root(namespace, []), ["metadata", "name"]), "text"),
		[{"facts": gap.facts, "path": level.edit} |
			level := label(namespace, "enforce")
			level.value == null
			some gap in defaults.gaps(environment)
		],
	]
	some gap in list
]

# A pinned version that cannot be compared with the cluster's.
ageless(namespace, environment) := [{"facts": {"version": version.value}, "path": version.edit} |
	version := label(namespace, "enforce-version")
	is_string(version.value)
	version.value != "latest"
	not comparable(version.value, environment)
]

comparable(version, environment) if {
	minor(version) >= 0
	clusters(environment) != set()
}

# The cluster's minor versions, as its nodes or its kubeadm configuration state them.
clusters(environment) := {minor(version) |
	some row in [
		["Node", ["status", "nodeInfo", "kubeletVersion"]],
		["kubeadm.k8s.io/ClusterConfiguration", ["kubernetesVersion"]],
	]
	some bodies in object.get(environment, row[0], {})
	some body in bodies
	version := field.value(body, row[1])
	minor(version) >= 0
}

minor(version) := to_number(split(version, ".")[1]) if {
	is_string(version)
	regex.match(`^v?1\.[0-9]{1,4}($|[.+-])`, version)
	regex.match(`^[0-9]+$`, split(version, ".")[1])
}
