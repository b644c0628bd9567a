# Whether a pod's containers have an upper bound of memory and processor time.
package lib.limits

import data.lib.field
import data.lib.pod as pods
import data.lib.unread

bounded := ["cpu", "memory"]

# Containers without a limit of their own, of the pod, or of a LimitRange of the namespace.
unlimited(pod, ranges) := [pods.about(container, place, {"resource": resource}) |
	some container in pods.lasting(pod)
	some resource in bounded
	place := field.at(container, ["resources", "limits", resource])
	place.value == null
	field.at(pods.whole(pod), ["resources", "limits", resource]).value == null
	not given(ranges, resource)
	unread_ranges(ranges) == []
]

given(ranges, resource) if {
	some range in ranges
	some item in field.elements(field.root(range, []), ["spec", "limits"])
	field.at(item, ["type"]).value == "Container"

	# A maximum is also the default where none is stated.
	some key in ["default", "max"]
	field.at(item, [key, resource]).value != null
}

# What keeps a LimitRange from being read, as a finding of the pod that lacks a limit.
gaps(pod, ranges) := [{"facts": gap.facts, "path": pod.path} |
	some gap in unread_ranges(ranges)
	unlimited(pod, []) != []
]

unread_ranges(ranges) := [gap |
	some range in ranges
	body := field.root(range, [])
	some gap in array.concat(
		unread.gaps([body], [[["spec", "limits"], "list"]]),
		unread.gaps(field.elements(body, ["spec", "limits"]), [[["type"], "text"], [["default"], "map"], [["max"], "map"]]),
	)
]
