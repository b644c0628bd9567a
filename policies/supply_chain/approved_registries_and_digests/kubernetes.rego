package supply_chain.approved_registries_and_digests.kubernetes

import data.lib.deployed_sources
import data.lib.images

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	judged
	some reason, places in images.breaches(input.pod, input.parameters)
	some found in places
}

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	deployed
	some reason, places in deployed_sources.breaches(input.resource, kind, input.parameters)
	some found in places
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	judged
	some gap in images.gaps(input.pod)
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	deployed
	some gap in deployed_sources.gaps(input.resource, kind)
}

undetermined contains {"reason": "registries_not_stated", "facts": {}, "path": input.pod.path} if {
	judged
	input.pod
	input.parameters.approved_registries == []
}

undetermined contains {"reason": "registries_not_stated", "facts": {}, "path": ["spec"]} if {
	deployed
	input.parameters.approved_registries == []
	deployed_sources.addresses(input.resource, kind) != []
}

applies if judged

# What runs in exempt namespaces is not a part of the environment.
judged if input.scope != "exempt"

deployed if {
	judged
	kind in deployed_sources.kinds
}

kind := input.address[0]
