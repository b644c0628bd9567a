# How a pod lets the outside in past every Service, by reason: each a list of {facts, path}.
package lib.exposure_pod

import data.lib.field
import data.lib.front_door
import data.lib.host_containers
import data.lib.pod as pods
import data.lib.unread

breaches(pod, address, parameters) := {
	"host_port": [found |
		not front_door.named(address, parameters.front_doors)
		some found in host_containers.host_ports(pod)
	],
	"tunnel": [pods.about(container, image, {"image": image.value}) |
		some container in pods.containers(pod)
		image := field.at(container, ["image"])
		is_string(image.value)
		regex.match(tunnels, lower(image.value))
	],
}

# Programs that carry a port of the pod to the outside. Whole words of the image's path, before tag and digest.
tunnels := `(^|[/_-])(cloudflared|ngrok|frp|frpc|frps|chisel|tailscale|inlets)($|[/_:@-])`

gaps(unread_pod) := [gap |
	pod := pods.read(unread_pod)
	some list in [
		pods.gaps(pod),
		unread.gaps(pods.containers(pod), [[["image"], "text"], [["ports"], "list"]]),
		unread.gaps([port | some container in pods.containers(pod); some port in field.elements(container, ["ports"])], [
			[[], "map"], [["hostPort"], "number"],
		]),
	]
	some gap in list
]
