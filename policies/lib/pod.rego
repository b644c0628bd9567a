# The pod of a workload: its containers of all three lists, with their places.
package lib.pod

import data.lib.field
import data.lib.unread

lists := ["containers", "initContainers", "ephemeralContainers"]

# The same pod with what every check asks of it, found once: a rule of many checks starts from this.
read(pod) := object.union(pod, {
	"whole": whole(pod),
	"containers": containers(pod),
	"windows": windows(pod),
})

whole(pod) := pod.whole if pod.whole

else := field.root(pod.spec, pod.path)

# Every container that can be read.
containers(pod) := pod.containers if pod.containers

else := found(pod, lists)

# The containers that run for as long as the pod may: all but the ephemeral ones, which have no resources.
lasting(pod) := found(pod, ["containers", "initContainers"])

found(pod, among) := [container |
	some list in among
	some container in field.elements(whole(pod), [list])
	field.is_map(container.value)
]

# A container's name for the words of a finding.
name(container) := field.text(container, ["name"])

# A container's value, or the pod's where the container says nothing.
inherited(pod, container, keys) := own if {
	own := field.at(container, keys)
	own.value != null
} else := shared if {
	shared := field.at(whole(pod), keys)
	shared.value != null
} else := field.at(container, keys)

windows(pod) := pod.windows if is_boolean(pod.windows)

else := field.at(whole(pod), ["os", "name"]).value == "windows"

# What keeps the containers from being seen: {facts, path}.
gaps(pod) := array.concat(unread_lists(pod), array.concat(unread_containers(pod), nothing_inside(pod)))

unread_lists(pod) := [gap | some list in lists; some gap in unread.of(field.at(whole(pod), [list]), "list")]

unread_containers(pod) := [gap |
	some list in lists
	some element in field.elements(whole(pod), [list])
	some gap in unread.of(element, "map")
]

nothing_inside(pod) := [{"facts": {"field": "containers", "why": "no container is stated"}, "path": place.edit} |
	place := field.at(whole(pod), ["containers"])
	place.value in [null, []]
]

# One finding's facts and path about a container.
about(container, place, more) := {
	"facts": object.union({"container": name(container)}, more),
	"path": place.edit,
}
