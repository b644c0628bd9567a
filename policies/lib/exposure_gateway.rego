# How Gateways and the routes behind them let the outside in, by reason: each a list of {facts, path}.
package lib.exposure_gateway

import data.lib.field
import data.lib.front_door
import data.lib.unread

breaches(gateway, address, parameters) := {
	"gateway_no_front_door": [{"facts": {}, "path": ["spec"]} |
		public(gateway, parameters)
		not front_door.named(address, parameters.front_doors)
		not every_host_declared(field.elements(listeners(gateway), ["spec", "listeners"]), parameters.front_doors)
	],
	"routes_from_everywhere": [{"facts": {"listener": field.text(listener, ["name"])}, "path": from.edit} |
		public(gateway, parameters)
		some listener in field.elements(listeners(gateway), ["spec", "listeners"])
		from := field.at(listener, ["allowedRoutes", "namespaces", "from"])
		from.value == "All"
	],
}

listeners(gateway) := field.root(gateway, [])

every_host_declared(list, doors) if {
	list != []
	every listener in list { front_door.host(field.at(listener, ["hostname"]).value, doors) }
}

# A Gateway is public unless a mark says that its load balancer is internal.
public(gateway, parameters) if {
	marks := parameters.internal_lb_annotations
	not front_door.marked_internal(front_door.annotations(gateway, ["metadata", "annotations"]), marks)
	not front_door.marked_internal(front_door.annotations(gateway, ["spec", "infrastructure", "annotations"]), marks)
}

gaps(gateway) := array.concat(
	unread.gaps([listeners(gateway)], [
		[["spec", "listeners"], "list"], [["metadata", "annotations"], "map"],
		[["spec", "infrastructure", "annotations"], "map"],
	]),
	unread.gaps(field.elements(listeners(gateway), ["spec", "listeners"]), [
		[["hostname"], "text"], [["allowedRoutes", "namespaces", "from"], "text"],
	]),
)
