# How a Service lets the outside in, by reason: each a list of {facts, path}.
package lib.exposure_service

import data.lib.field
import data.lib.front_door
import data.lib.source_ranges
import data.lib.unread

breaches(service, address, parameters) := {
	"load_balancer_public": [{"facts": {}, "path": type.edit} |
		some type in of_type(service, "LoadBalancer")
		not front_door.named(address, parameters.front_doors)
		not balanced_inside(service, parameters)
	],
	"node_port": [{"facts": {}, "path": type.edit} |
		some type in of_type(service, "NodePort")
		not front_door.named(address, parameters.front_doors)
	],
	"node_ports_beside": [{"facts": {}, "path": ports.edit} |
		of_type(service, "LoadBalancer") != []
		front_door.named(address, parameters.front_doors)
		ports := field.at(field.root(service, []), ["spec", "allocateLoadBalancerNodePorts"])
		ports.value in [null, true]
	],
	"open_beyond_its_networks": [{"facts": {"networks": concat(", ", sort(networks))}, "path": range.edit} |
		of_type(service, "LoadBalancer") != []
		not balanced_inside(service, parameters)
		networks := front_door.networks(address, parameters.front_doors)
		networks != set()
		some range in source_ranges.ranges(service)
		source_ranges.everybody(range.value)
	],
	"external_address": [{"facts": {"address": given.value}, "path": given.path} |
		some given in field.elements(field.root(service, []), ["spec", "externalIPs"])
		is_string(given.value)
	],
}

of_type(service, name) := [type |
	type := field.at(field.root(service, []), ["spec", "type"])
	type.value == name
]

balanced_inside(service, parameters) if {
	given := front_door.annotations(service, ["metadata", "annotations"])
	front_door.marked_internal(given, parameters.internal_lb_annotations)
}

gaps(service) := array.concat(
	unread.gaps([field.root(service, [])], [
		[["spec", "type"], "text"], [["spec", "externalIPs"], "list"],
		[["spec", "allocateLoadBalancerNodePorts"], "boolean"], [["metadata", "annotations"], "map"],
		[["spec", "loadBalancerSourceRanges"], "list"],
	]),
	array.concat(
		[gap | some given in source_ranges.limiting(service); some gap in unread.of(given, "text")],
		[gap |
			some list in ["externalIPs", "loadBalancerSourceRanges"]
			some gap in unread.gaps(field.elements(field.root(service, []), ["spec", list]), [[[], "text"]])
		],
	),
)

# Services that only the cluster can reach are not asked about.
reachable(service) if field.value(service, ["spec", "type"]) in {"LoadBalancer", "NodePort"}

reachable(service) if field.elements(field.root(service, []), ["spec", "externalIPs"]) != []
