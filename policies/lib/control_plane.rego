# A kube-apiserver as rules see it: its flags, where a finding about a missing one points, and what cannot be read.
package lib.control_plane

import data.lib.apiserver
import data.lib.field
import data.lib.pod as pods

# What is asked about, with its servers, found once for all that is asked of them.
subject(question) := {
	"address": question.address,
	"resource": question.resource,
	"pod": pod,
	"servers": of(question.resource, question.address, pod),
} if {
	pod := pods.read(object.get(question, "pod", {"spec": {}, "path": []}))
}

# The servers of a Pod or a ClusterConfiguration: each {flags, edit, gaps}; none for anything else.
of(resource, address, pod) := array.concat(
	[{"flags": apiserver.of_pod(pod), "edit": server.path, "gaps": apiserver.gaps_of_pod(pod)} |
		address[0] == "Pod"
		some server in apiserver.servers(pod)
	],
	[{"flags": apiserver.of_kubeadm(resource), "edit": place.edit, "gaps": apiserver.gaps_of_kubeadm(resource)} |
		address[0] == "kubeadm.k8s.io/ClusterConfiguration"
		place := field.at(field.root(resource, []), ["apiServer", "extraArgs"])
	],
)

# Whether a control plane is in sight at all: a pod that runs the API server, or kubeadm's configuration of it.
in_sight(environment) if object.get(environment, "kubeadm.k8s.io/ClusterConfiguration", {}) != {}

in_sight(environment) if {
	some named in object.get(environment, "Pod", {})
	some body in named
	pod := {"spec": object.get(body, "spec", {}), "path": ["spec"]}
	apiserver.servers(pod) != []
}
