# What of a pod's containers reaches the host, by reason: each a list of {facts, path}.
package lib.host_containers

import data.lib.field
import data.lib.pod as pods

breaches(pod) := {
	"host_port": host_ports(pod),
	"privileged": containers_with(pod, ["securityContext", "privileged"], true),
	"proc_unmasked": containers_with(pod, ["securityContext", "procMount"], "Unmasked"),
	"raw_device": raw_devices(pod),
	"host_device": host_devices(pod),
}

host_ports(pod) := [pods.about(container, place, {"port": place.value}) |
	some container in pods.containers(pod)
	some port in field.elements(container, ["ports"])
	place := field.at(port, ["hostPort"])
	is_number(place.value)
	place.value != 0
]

containers_with(pod, keys, value) := [pods.about(container, place, {}) |
	some container in pods.containers(pod)
	place := field.at(container, keys)
	place.value == value
]

raw_devices(pod) := [pods.about(container, device, {}) |
	some container in pods.containers(pod)
	some device in field.elements(container, ["volumeDevices"])
]

host_devices(pod) := [pods.about(container, amount, {"device": field.name(amount.path)}) |
	some container in pods.containers(pod)
	some amount in field.entries(container, ["resources", "limits"])
	gives_host_device(field.name(amount.path))
]

# Extended resources of device plugins that hand a device of the host to the container.
gives_host_device(resource) if {
	contains(resource, "/")
	regex.match(`(^|[/_.-])(fuse|kvm|tun|vhost-net)($|[_.-])`, resource)
}
