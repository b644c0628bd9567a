# Where the resources that ask for volumes keep the specs of their claims, and what lies on the node's own disk.
package lib.claim_places

import data.lib.field
import data.lib.pod as pods
import data.lib.unread

# Kinds whose body is, or holds, the spec of one claim.
of_kind := {
	"PersistentVolumeClaim": [["spec"]],
	"cdi.kubevirt.io/DataVolume": [["spec", "pvc"], ["spec", "storage"]],
}

# Specs of claims in a body, as places.
specs(body, kind) := array.concat(
	[spec |
		some keys in object.get(of_kind, kind, [])
		spec := field.at(field.root(body, []), keys)
		field.is_map(spec.value)
	],
	[spec |
		kind == "apps/StatefulSet"
		some template in field.elements(field.root(body, []), ["spec", "volumeClaimTemplates"])
		spec := field.at(template, ["spec"])
		spec.value != null
	],
)

# Specs of claims that live with the pod.
ephemeral(pod) := [spec |
	some volume in volumes(pod)
	spec := field.at(volume, ["ephemeral", "volumeClaimTemplate", "spec"])
	spec.value != null
]

volumes(pod) := field.elements(pods.whole(pod), ["volumes"])

# Volumes on the node's disk: without medium Memory.
on_disk(pod) := [{"facts": {"volume": field.text(volume, ["name"])}, "path": empty.edit} |
	some volume in volumes(pod)
	empty := field.at(volume, ["emptyDir"])
	field.is_map(empty.value)
	field.at(empty, ["medium"]).value in [null, ""]
]

gaps(body, kind) := [gap |
	some list in [
		unread.gaps([field.root(body, []) | some _ in object.get(of_kind, kind, [])], [[["spec"], "map"]]),
		unread.gaps([field.root(body, []) | kind == "apps/StatefulSet"], [[["spec", "volumeClaimTemplates"], "list"]]),
		unread.gaps(specs(body, kind), [[["storageClassName"], "text"], [["volumeName"], "text"]]),
	]
	some gap in list
]

gaps_of_pod(pod) := [gap |
	some list in [
		unread.gaps([pods.whole(pod)], [[["volumes"], "list"]]),
		unread.gaps(volumes(pod), [[[], "map"], [["emptyDir"], "map"], [["emptyDir", "medium"], "text"]]),
		unread.gaps(ephemeral(pod), [[["storageClassName"], "text"]]),
	]
	some gap in list
]
