# What a pod writes to the disk of its node, and what the description says of those disks.
package lib.node_disk

import data.lib.field
import data.lib.pod as pods
import data.lib.unread

volumes(pod) := field.elements(pods.whole(pod), ["volumes"])

# Scratch volumes that do not live in memory.
scratch(pod) := [{"facts": {"volume": field.text(volume, ["name"])}, "path": empty.edit} |
	some volume in volumes(pod)
	empty := field.at(volume, ["emptyDir"])
	field.is_map(empty.value)
	field.at(empty, ["medium"]).value in [null, ""]
]

gaps(pod) := array.concat(
	unread.gaps([pods.whole(pod)], [[["volumes"], "list"]]),
	unread.gaps(volumes(pod), [[[], "map"], [["emptyDir"], "map"], [["emptyDir", "medium"], "text"]]),
)

# Whether the nodes' own disks are encrypted, as the description states it: true, false, or nothing.
encrypted(environment) := {stated |
	some description in object.get(environment, ["speguard/Environment", ""], {})
	stated := field.value(description, ["spec", "nodes_encrypted"])
	is_boolean(stated)
}
