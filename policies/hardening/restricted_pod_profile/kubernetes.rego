package hardening.restricted_pod_profile.kubernetes

import data.lib.pod_security
import data.lib.pod_security_defaults as defaults
import data.lib.restricted_workload as workload

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	input.scope == "project"
	some reason, places in workload.breaches(input.resource, input.pod, ranges, input.parameters)
	some found in places
}

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	input.scope == "project"
	kind == "Namespace"
	required := input.parameters.pod_security_level
	some reason, places in pod_security.breaches(input.resource, data.environment, required)
	some found in places
}

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	kind == "apiserver.config.k8s.io/AdmissionConfiguration"
	some reason, places in defaults.breaches(input.resource)
	some found in places
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	input.scope == "project"
	some gap in workload.gaps(input.resource, input.pod, ranges, input.parameters)
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	input.scope == "project"
	kind == "Namespace"
	some gap in pod_security.gaps(input.resource, data.environment)
}

undetermined contains {"reason": "version_age_unknown", "facts": gap.facts, "path": gap.path} if {
	input.scope == "project"
	kind == "Namespace"
	some gap in pod_security.ageless(input.resource, data.environment)
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	kind == "apiserver.config.k8s.io/AdmissionConfiguration"
	some gap in defaults.gaps_of(input.resource)
}

undetermined contains {"reason": "scope_unknown", "facts": {}, "path": ["metadata"]} if input.scope == "unknown"

applies if {
	input.scope == "project"
	kind != "apiserver.config.k8s.io/AdmissionConfiguration"
}

applies if defaults.plugins(input.resource) != []

kind := input.address[0]

ranges := [range | some range in object.get(data.environment, ["LimitRange", input.address[1]], {})]
