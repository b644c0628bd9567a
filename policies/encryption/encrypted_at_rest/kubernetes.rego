package encryption.encrypted_at_rest.kubernetes

import data.lib.at_rest
import data.lib.claim_places

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	some reason, places in at_rest.breaches(input.resource, input.address, input.parameters)
	some found in places
}

deny contains {"reason": "claim_not_encrypted", "facts": found.facts, "path": found.path} if {
	input.scope != "exempt"
	some found in array.concat(
		at_rest.claims_open(input.resource, input.address[0], data.environment, attested),
		at_rest.pod_claims_open(pod, data.environment, attested),
	)
}

deny contains {"reason": "node_disk_not_encrypted", "facts": found.facts, "path": found.path} if {
	input.scope != "exempt"
	false in at_rest.nodes_encrypted(data.environment)
	some found in claim_places.on_disk(pod)
}

undetermined contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	some reason, places in at_rest.unknown(input.resource, input.address, input.parameters)
	some found in places
}

undetermined contains {"reason": "claim_unknown", "facts": found.facts, "path": found.path} if {
	input.scope != "exempt"
	some found in array.concat(
		at_rest.claims_unknown(input.resource, input.address[0], data.environment, attested),
		at_rest.pod_claims_unknown(pod, data.environment, attested),
	)
}

undetermined contains {"reason": "node_disk_unknown", "facts": found.facts, "path": found.path} if {
	input.scope != "exempt"
	at_rest.nodes_encrypted(data.environment) == set()
	some found in claim_places.on_disk(pod)
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	input.scope != "exempt"
	some gap in array.concat(claim_places.gaps(input.resource, input.address[0]), claim_places.gaps_of_pod(pod))
}

applies if input.address[0] in {at_rest.class_kind, at_rest.volume_kind}

applies if {
	input.scope != "exempt"
	asked := array.concat(claim_places.specs(input.resource, input.address[0]), claim_places.ephemeral(pod))
	array.concat(asked, claim_places.on_disk(pod)) != []
}

attested := input.parameters.encrypted_storage_classes

# A claim of its own has no pod.
pod := object.get(input, "pod", {"spec": {}, "path": []})
