# What of a pod the restricted Pod Security Standard refuses, by reason: each a list of {facts, path}.
# Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
package lib.restricted

import data.lib.field
import data.lib.pod as pods
import data.lib.restricted_labels

breaches(pod) := object.union(restricted_labels.breaches(pod), {
	"may_run_as_root": roots(pod),
	"root_user": root_users(pod),
	"may_escalate": escalations(pod),
	"capabilities_kept": kept_capabilities(pod),
	"capability_added": added_capabilities(pod),
	"seccomp_off": unfiltered(pod),
	"volume_type": volumes(pod),
})

roots(pod) := [pods.about(container, place, {}) |
	some container in pods.containers(pod)
	place := pods.inherited(pod, container, ["securityContext", "runAsNonRoot"])
	place.value in [null, false]
]

root_users(pod) := [{"facts": {}, "path": place.edit} |
	some part in array.concat([pods.whole(pod)], pods.containers(pod))
	place := field.at(part, ["securityContext", "runAsUser"])
	place.value == 0
]

escalations(pod) := [pods.about(container, place, {}) |
	some container in linux(pod)
	place := field.at(container, ["securityContext", "allowPrivilegeEscalation"])
	place.value in [null, true]
]

kept_capabilities(pod) := [pods.about(container, place, {}) |
	some container in linux(pod)
	place := field.at(container, ["securityContext", "capabilities", "drop"])
	drops_not_all(place.value)
]

drops_not_all(list) if list == null

# Unknown elements may be ALL.
drops_not_all(list) if {
	is_array(list)
	not "ALL" in list
	every name in list { is_string(name) }
}

added_capabilities(pod) := [pods.about(container, name, {"capability": name.value}) |
	some container in linux(pod)
	some name in field.elements(container, ["securityContext", "capabilities", "add"])
	is_string(name.value)
	name.value != "NET_BIND_SERVICE"
]

unfiltered(pod) := [pods.about(container, place, {}) |
	some container in linux(pod)
	place := pods.inherited(pod, container, ["securityContext", "seccompProfile", "type"])
	lets_all_calls(place.value)
]

lets_all_calls(type) if type == null

lets_all_calls(type) if {
	is_string(type)
	not type in {"RuntimeDefault", "Localhost"}
}

# Fields that Windows does not know are not asked of its pods.
linux(pod) := [container | pods.windows(pod) == false; some container in pods.containers(pod)]

volume_types := {
	"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
}

volumes(pod) := [{"facts": {"volume": field.text(volume, ["name"]), "type": type}, "path": source.path} |
	some volume in field.elements(pods.whole(pod), ["volumes"])
	some source in field.entries(volume, [])
	source.value != null
	type := field.name(source.path)
	not type in (volume_types | {"name"})
]
