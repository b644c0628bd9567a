package network.no_public_exposure.kubernetes

import data.lib.exposure
import data.lib.exposure_pod as pod
import data.lib.exposure_route as route
import data.lib.exposure_service as service

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	some reason, places in exposure.breaches(input.resource, input.address, input.parameters)
	some found in places
}

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	some reason, places in pod.breaches(input.pod, input.address, input.parameters)
	some found in places
}

deny contains {"reason": "route_at_public_gateway", "facts": found.facts, "path": found.path} if {
	projects_route
	some found in route.published(input.resource, input.address, data.environment, input.parameters)
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	some gap in exposure.gaps(input.resource, input.address)
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	some gap in pod.gaps(input.pod)
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	projects_route
	some gap in route.gaps(input.resource)
}

undetermined contains {"reason": "gateway_unknown", "facts": found.facts, "path": found.path} if {
	projects_route
	some found in route.absent(input.resource, input.address, data.environment, input.parameters.front_doors)
}

undetermined contains {"reason": "kind_unread", "facts": {}, "path": ["spec"]} if input.address[0] in exposure.unread

undetermined contains {"reason": "scope_unknown", "facts": {}, "path": ["metadata"]} if {
	input.address[0] in exposure.routes
	input.scope == "unknown"
}

applies if service.reachable(input.resource)

applies if input.address[0] in (exposure.judged - {"Service"})

applies if input.pod

applies if projects_route

projects_route if {
	input.address[0] in exposure.routes
	input.scope == "project"
}
