# What a cluster says of its logs, whatever the kind, by reason: each a list of {facts, path}.
package lib.kept_logs

import data.lib.audit_flags
import data.lib.audit_policy
import data.lib.control_plane
import data.lib.log_classes
import data.lib.log_sinks

policy := "audit.k8s.io/Policy"

description := "speguard/Environment"

breaches(subject, environment, parameters) := object.union_n([
	audit_flags.breaches(subject.servers, environment, parameters.retention_days),
	log_sinks.breaches(subject.resource, subject.address[0], parameters.retention_days),
	object.union_n([audit_policy.breaches(subject.resource) | subject.address[0] == policy]),
	{
		"class_kept_too_short": [found |
			subject.address[0] == description
			some found in log_classes.short(subject.resource, "kubernetes", parameters)
		],
		"control_plane_missing": [{"facts": {}, "path": ["spec"]} |
			control_plane_missing(subject, environment)
			complete(subject.resource)
		],
	},
])

unknown(subject, environment, parameters) := [
	audit_flags.unknown(subject.servers, environment, parameters.retention_days),
	log_sinks.unknown(subject.resource, subject.address[0]),
	{
		"field_unknown": [gap | subject.address[0] == policy; some gap in audit_policy.gaps(subject.resource)],
		"class_unknown": [found |
			subject.address[0] == description
			some found in log_classes.unknown(subject.resource, "kubernetes", parameters)
		],
		"control_plane_unknown": [{"facts": {}, "path": ["spec"]} |
			control_plane_missing(subject, environment)
			not complete(subject.resource)
		],
	},
]

# The description keeps this class on Kubernetes, and no control plane is in sight.
control_plane_missing(subject, environment) if {
	subject.address[0] == description
	log_classes.assigned(subject.resource, "admin_control_plane", "kubernetes")
	not control_plane.in_sight(environment)
}

complete(resource) if "kubernetes" in object.get(resource, ["spec", "complete"], [])

asked(subject) if subject.servers != []

asked(subject) if log_sinks.asked(subject.resource, subject.address[0])

asked(subject) if subject.address[0] in {policy, description}
