# The clusters as the description states them: what enforces policies in them, and what closes their nodes' way out.
package lib.clusters

import data.lib.field

# Every stated cluster: {name, value, path}; the whole scan as one where none is stated.
stated(description) := array.concat(listed(description), [whole | listed(description) == []])

whole := {"name": "of this scan", "value": {}, "path": ["spec"], "edit": ["spec"]}

listed(description) := [object.union(cluster, {"name": field.text(cluster, ["name"])}) |
	some cluster in field.elements(field.root(description, []), ["spec", "clusters"])
]

route_closed(cluster) if {
	closed_by := field.value(cluster.value, ["node_route", "closed_by"])
	is_string(closed_by)
	closed_by != ""
}

# Plugins of a cluster by the description: its own, else the environment's.
plugins(cluster, description) := {plugin |
	own := field.value(cluster.value, ["network_plugin"])
	shared := [field.value(description, ["spec", "network_plugin"]) | own == null]
	some plugin in array.concat([own], shared)
	is_string(plugin)
}

# Plugins by the DaemonSet that runs them.
daemons := {
	"antrea-agent": "antrea",
	"azure-npm": "azure-npm",
	"calico-node": "calico",
	"cilium": "cilium",
	"kube-flannel": "flannel",
	"kube-flannel-ds": "flannel",
	"kube-router": "kube-router",
	"ovnkube-node": "ovn-kubernetes",
	"weave-net": "weave",
}

# What runs in sight. Names may carry their root (`root:name`).
running(environment) := {plugin |
	some named in object.get(environment, "apps/DaemonSet", {})
	some name, _ in named
	parts := split(name, ":")
	plugin := daemons[parts[count(parts) - 1]]
}

# By reason, about the plugins of all clusters: each a list of {facts, path}.
not_enforcing(description, environment, enforcing) := [{"facts": {"plugin": plugin}, "path": cluster.path} |
	some cluster in stated(description)
	found := plugins(cluster, description) | running(environment)
	found & to_set(enforcing) == set()
	some plugin in found
]

unknown_plugins(description, environment) := [{"facts": {"cluster": cluster.name}, "path": cluster.path} |
	some cluster in stated(description)
	plugins(cluster, description) | running(environment) == set()
]

to_set(list) := {element | some element in list}
