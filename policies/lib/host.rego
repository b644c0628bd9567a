# What of a pod reaches the host, by reason: each a list of {facts, path}.
package lib.host

import data.lib.field
import data.lib.host_containers
import data.lib.pod as pods
import data.lib.unread

breaches(unread_pod, parameters) := object.union(host_containers.breaches(pod), {
	"host_namespace": host_namespaces(pod),
	"host_path": host_paths(pod),
	"host_process": host_processes(pod),
	"unsafe_sysctl": unsafe_sysctls(pod),
	"node_chosen": chosen_nodes(pod),
	"control_plane_tolerated": tolerations(pod),
	"not_sandboxed": unsandboxed(pod, parameters),
}) if {
	pod := pods.read(unread_pod)
}

host_namespaces(pod) := [{"facts": {"field": name}, "path": place.edit} |
	some name in ["hostNetwork", "hostPID", "hostIPC"]
	place := field.at(pods.whole(pod), [name])
	place.value == true
]

host_paths(pod) := [{"facts": {"volume": field.text(volume, ["name"])}, "path": place.edit} |
	some volume in field.elements(pods.whole(pod), ["volumes"])
	place := field.at(volume, ["hostPath"])
	field.is_map(place.value)
]

host_processes(pod) := [{"facts": {}, "path": place.edit} |
	some part in array.concat([pods.whole(pod)], pods.containers(pod))
	place := field.at(part, ["securityContext", "windowsOptions", "hostProcess"])
	place.value == true
]

# Sysctls that touch only the pod: the safe set of the Pod Security Standard, level baseline.
safe_sysctls := {
	"kernel.shm_rmid_forced",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.ip_local_reserved_ports",
	"net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.ping_group_range",
	"net.ipv4.tcp_fin_timeout",
	"net.ipv4.tcp_keepalive_intvl",
	"net.ipv4.tcp_keepalive_probes",
	"net.ipv4.tcp_keepalive_time",
	"net.ipv4.tcp_rmem",
	"net.ipv4.tcp_syncookies",
	"net.ipv4.tcp_wmem",
}

unsafe_sysctls(pod) := [{"facts": {"sysctl": place.value}, "path": place.edit} |
	some sysctl in field.elements(pods.whole(pod), ["securityContext", "sysctls"])
	place := field.at(sysctl, ["name"])
	is_string(place.value)
	not place.value in safe_sysctls
]

chosen_nodes(pod) := [{"facts": {"node": place.value}, "path": place.edit} |
	place := field.at(pods.whole(pod), ["nodeName"])
	is_string(place.value)
	place.value != ""
]

tolerations(pod) := [{"facts": {}, "path": toleration.path} |
	some toleration in field.elements(pods.whole(pod), ["tolerations"])
	tolerates_control_plane(toleration)
]

tolerates_control_plane(toleration) if {
	field.at(toleration, ["key"]).value in {"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"}
}

# No key and Exists tolerates every taint.
tolerates_control_plane(toleration) if {
	field.at(toleration, ["key"]).value in [null, ""]
	field.at(toleration, ["operator"]).value == "Exists"
}

unsandboxed(pod, parameters) := [{"facts": {}, "path": runtime.edit} |
	parameters.require_sandbox == true
	runtime := field.at(pods.whole(pod), ["runtimeClassName"])
	not runtime.value in parameters.sandbox_runtimes
	unread.of(runtime, "text") == []
]
