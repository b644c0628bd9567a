package access.least_privilege.kubernetes

import data.lib.bindings
import data.lib.bound_roles
import data.lib.rights

deny contains {"reason": reason, "facts": found.facts, "at": found.at, "path": found.path} if {
	binding
	breaches := bound_roles.breaches(input.address, input.resource, data.environment, input.parameters)
	some reason, places in breaches
	some found in places
}

undetermined contains {"reason": reason, "facts": found.facts, "at": found.at, "path": found.path} if {
	binding
	unknowns := bound_roles.unknowns(input.address, input.resource, data.environment, input.parameters)
	some reason, places in unknowns
	some found in places
}

# What a role gives is judged where it is bound.
undetermined contains {"reason": "role_unbound", "facts": {}, "path": found.path} if {
	some found in excess
	not input.address[2] in input.parameters.platform_roles
	not bindings.is_bound(input.address, data.environment)
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	role
	some gap in rights.gaps(input.resource)
}

undetermined contains {"reason": "scope_unknown", "facts": {}, "path": ["metadata"]} if input.scope == "unknown"

applies if binding

applies if {
	role
	excess == []
}

binding if {
	input.scope == "project"
	input.address[0] in bindings.kinds
}

role if {
	input.scope == "project"
	input.address[0] in {bindings.role_kind, bindings.cluster_role_kind}
}

excess := [found | role; some places in rights.excess(input.resource); some found in places]
