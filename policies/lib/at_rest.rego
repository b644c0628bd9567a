# What lies unencrypted, or may, whatever the kind: each a list of {facts, path}.
package lib.at_rest

import data.lib.claim
import data.lib.claim_places
import data.lib.field
import data.lib.storage_class
import data.lib.volume

class_kind := "storage.k8s.io/StorageClass"

volume_kind := "PersistentVolume"

# By reason, about a StorageClass or a PersistentVolume.
breaches(body, address, parameters) := {
	"class_not_encrypted": [{"facts": {}, "path": ["provisioner"]} |
		address[0] == class_kind
		storage_class.open(address[2], body, parameters.encrypted_storage_classes)
	],
	"class_without_own_key": [{"facts": {}, "path": field.at(field.root(body, []), ["parameters"]).edit} |
		address[0] == class_kind
		parameters.require_customer_keys == true
		storage_class.keyless(body)
	],
	"volume_not_encrypted": [found |
		address[0] == volume_kind
		some found in volume.open(body, parameters.encrypted_storage_classes)
	],
}

unknown(body, address, parameters) := {
	"class_unknown": [{"facts": {"provisioner": field.text(root, ["provisioner"])}, "path": ["provisioner"]} |
		address[0] == class_kind
		root := field.root(body, [])
		attested := parameters.encrypted_storage_classes
		not storage_class.open(address[2], body, attested)
		not storage_class.encrypted(address[2], body, attested)
	],
	"volume_unknown": [{"facts": {}, "path": ["spec"]} |
		address[0] == volume_kind
		volume.undecided(body, parameters.encrypted_storage_classes)
	],
	"field_unknown": [gap |
		address[0] == class_kind
		some gap in storage_class.gaps(body)
	],
}

# Claims of a body.
claims_open(body, kind, environment, attested) := [found |
	some spec in claim_places.specs(body, kind)
	some found in claim.open(spec, environment, attested)
]

claims_unknown(body, kind, environment, attested) := [found |
	some spec in claim_places.specs(body, kind)
	some found in claim.unknown(spec, environment, attested)
]

# Claims and scratch space of a pod.
pod_claims_open(pod, environment, attested) := [found |
	some spec in claim_places.ephemeral(pod)
	some found in claim.open(spec, environment, attested)
]

pod_claims_unknown(pod, environment, attested) := [found |
	some spec in claim_places.ephemeral(pod)
	some found in claim.unknown(spec, environment, attested)
]

# What the description says of the nodes' own disks: true, false, or nothing.
nodes_encrypted(environment) := {stated |
	some description in object.get(environment, ["speguard/Environment", ""], {})
	stated := field.value(description, ["spec", "nodes_encrypted"])
	is_boolean(stated)
}
