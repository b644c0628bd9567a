# The images that a pod runs or mounts, by reason: each a list of {facts, path}.
package lib.images

import data.lib.field
import data.lib.image_names as names
import data.lib.pod as pods
import data.lib.unread

breaches(unread_pod, parameters) := {
	"image_not_approved": [about(image) |
		parameters.approved_registries != []
		some image in images
		not names.approved(names.location(image.value), parameters.approved_registries)
	],
	"image_not_pinned": [about(image) |
		parameters.require_digest == true
		some image in images
		not names.pinned(image.value)
	],
	"image_newest": [about(image) |
		not parameters.require_digest == true
		some image in images
		names.newest(image.value)
	],
	"image_cached": [about(image) |
		not parameters.require_digest == true
		some container in pods.containers(pod)
		field.at(container, ["imagePullPolicy"]).value in {"IfNotPresent", "Never"}
		image := field.at(container, ["image"])
		is_string(image.value)
		not names.pinned(image.value)
	],
} if {
	pod := pods.read(unread_pod)
	images := [image | some image in stated(pod); is_string(image.value); image.value != ""]
}

about(image) := {"facts": {"image": image.value}, "path": image.edit}

# Of every container, and of volumes that are images.
stated(pod) := array.concat(
	[field.at(container, ["image"]) | some container in pods.containers(pod)],
	[field.at(volume, ["image", "reference"]) |
		some volume in field.elements(pods.whole(pod), ["volumes"])
		field.is_map(field.at(volume, ["image"]).value)
	],
)

gaps(unread_pod) := [gap |
	pod := pods.read(unread_pod)
	some list in [
		pods.gaps(pod),
		unread.gaps([pods.whole(pod)], [[["volumes"], "list"]]),
		unread.gaps(field.elements(pods.whole(pod), ["volumes"]), [[[], "map"], [["image"], "map"]]),
		[gap | some image in stated(pod); some gap in unread.of(image, "text")],
		[{"facts": {"field": "image", "why": "it is not stated"}, "path": image.edit} |
			some image in stated(pod)
			image.value in [null, ""]
		],
	]
	some gap in list
]
