# Which security labels of a pod the Pod Security Standards refuse (SELinux, AppArmor), by reason.
package lib.restricted_labels

import data.lib.field
import data.lib.pod as pods

breaches(pod) := {
	"selinux_option": selinux_options(pod),
	"apparmor_off": unconfined(pod),
}

# Types of Kubernetes 1.31 and later; the standard allows no own user or role.
selinux_types := {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}

selinux_options(pod) := [{"facts": {"option": key}, "path": place.edit} |
	some part in array.concat([pods.whole(pod)], pods.containers(pod))
	some key in ["type", "user", "role"]
	place := field.at(part, ["securityContext", "seLinuxOptions", key])
	is_string(place.value)
	not allowed(key, place.value)
]

allowed(key, value) if {
	key == "type"
	value in selinux_types
}

allowed(key, value) if {
	key in {"user", "role"}
	value == ""
}

unconfined(pod) := [{"facts": {}, "path": place.edit} |
	some part in array.concat([pods.whole(pod)], pods.containers(pod))
	place := field.at(part, ["securityContext", "appArmorProfile", "type"])
	is_string(place.value)
	not place.value in {"RuntimeDefault", "Localhost"}
]

# The annotation by which older versions choose a profile: one for each container, on the pod's own metadata.
annotated_unconfined(body, path) := [{"facts": {}, "path": annotation.path} |
	some annotation in field.entries(field.root(body, []), annotations(path))
	startswith(field.name(annotation.path), "container.apparmor.security.beta.kubernetes.io/")
	is_string(annotation.value)
	not profiled(annotation.value)
]

# They stand beside the pod's spec.
annotations(path) := array.concat(array.slice(path, 0, count(path) - 1), ["metadata", "annotations"])

profiled(value) if value in {"", "runtime/default"}

profiled(value) if startswith(value, "localhost/")
