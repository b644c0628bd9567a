# Whom a load balancer of a Service answers.
package lib.source_ranges

import data.lib.field

# Annotations that limit whom a load balancer answers, where the field is not set.
limits := {
	"service.beta.kubernetes.io/azure-allowed-ip-ranges",
	"service.beta.kubernetes.io/load-balancer-source-ranges",
}

# Whom a load balancer answers; nothing where nothing says so.
ranges(service) := found if {
	whole := field.at(field.root(service, []), ["spec", "loadBalancerSourceRanges"])
	stated := array.concat(field.elements(field.root(service, []), ["spec", "loadBalancerSourceRanges"]), annotated(service))
	found := array.concat(stated, [whole | whole.value in [null, []]; stated == []])
}

annotated(service) := [object.union(given, {"value": range}) |
	some given in limiting(service)
	some range in listed(given.value)
]

limiting(service) := [given |
	some key in limits
	given := field.at(field.root(service, []), ["metadata", "annotations", key])
	given.value != null
]

listed(value) := split(value, ",") if is_string(value)

listed(value) := [value] if not is_string(value)

everybody(range) if range in [null, []]

everybody(range) if {
	is_string(range)
	endswith(trim_space(range), "/0")
}
