# How a project's own route publishes it at a Gateway: {facts, path}.
package lib.exposure_route

import data.lib.exposure_gateway
import data.lib.field
import data.lib.front_door
import data.lib.unread

published(route, address, environment, parameters) := [{"facts": facts, "path": parent.path} |
	not declared(route, address, parameters.front_doors)
	some parent in parents(route)
	gateway := gateways(environment)[key(parent, address)]
	exposure_gateway.public(gateway, parameters)
	facts := {"gateway": key(parent, address)}
]

# A route that the description names, or all of whose hosts are doors.
declared(_, address, doors) if front_door.named(address, doors)

declared(route, _, doors) if {
	hosts := field.elements(field.root(route, []), ["spec", "hostnames"])
	hosts != []
	every host in hosts { front_door.host(host.value, doors) }
}

# Only Gateways let the outside in; a mesh's Service does not.
parents(route) := [parent |
	some parent in field.elements(field.root(route, []), ["spec", "parentRefs"])
	field.is_map(parent.value)
	field.at(parent, ["kind"]).value in [null, "Gateway"]
]

key(parent, address) := concat("/", [namespace(parent, address), field.text(parent, ["name"])])

namespace(parent, address) := address[1] if field.at(parent, ["namespace"]).value == null

namespace(parent, _) := field.text(parent, ["namespace"]) if field.at(parent, ["namespace"]).value != null

gateways(environment) := {concat("/", [space, name]): gateway |
	some space, named in object.get(environment, "gateway.networking.k8s.io/Gateway", {})
	some name, gateway in named
}

# Gateways that the route names and that are not in sight.
absent(route, address, environment, doors) := [{"facts": {"gateway": key(parent, address)}, "path": parent.path} |
	not declared(route, address, doors)
	some parent in parents(route)
	not gateways(environment)[key(parent, address)]
]

gaps(route) := array.concat(
	unread.gaps([field.root(route, [])], [[["spec", "parentRefs"], "list"], [["spec", "hostnames"], "list"]]),
	unread.gaps(field.elements(field.root(route, []), ["spec", "parentRefs"]), [
		[["name"], "text"], [["namespace"], "text"], [["kind"], "text"],
	]),
)
