package hardening.no_host_access.kubernetes

import data.lib.guard
import data.lib.host
import data.lib.host_unread
import data.lib.node_volumes

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	input.scope == "project"
	some reason, places in host.breaches(input.pod, input.parameters)
	some found in places
}

deny contains {"reason": "volume_of_the_node", "facts": {"volume": volume}, "path": ["spec"]} if {
	input.scope == "project"
	claims
	some volume in node_volumes.bound(input.address, input.resource, data.environment)
}

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	guards
	some reason, places in guard.breaches(input.resource)
	some found in places
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	input.scope == "project"
	some gap in host_unread.gaps(input.pod, input.parameters)
}

undetermined contains {"reason": "volume_may_be_of_the_node", "facts": {"volume": volume}, "path": ["spec"]} if {
	input.scope == "project"
	claims
	some volume in node_volumes.possible(input.address, input.resource, data.environment)
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	guards
	some gap in guard.gaps(input.resource)
}

undetermined contains {"reason": "scope_unknown", "facts": {}, "path": ["metadata"]} if input.scope == "unknown"

applies if {
	input.scope == "project"
	not webhooks
}

applies if guards

claims if input.address[0] == "PersistentVolumeClaim"

webhooks if input.address[0] == "admissionregistration.k8s.io/ValidatingWebhookConfiguration"

guards if {
	webhooks
	startswith(input.address[2], "speguard")
}
