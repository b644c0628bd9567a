# How an Ingress lets the outside in, by reason: each a list of {facts, path}.
package lib.exposure_ingress

import data.lib.field
import data.lib.front_door
import data.lib.unread

breaches(ingress, address, parameters) := {
	"host_no_front_door": [{"facts": {"host": host.value}, "path": host.edit} |
		not front_door.named(address, parameters.front_doors)
		some rule in field.elements(field.root(ingress, []), ["spec", "rules"])
		host := field.at(rule, ["host"])
		is_string(host.value)
		host.value != ""
		not front_door.host(host.value, parameters.front_doors)
	],
	"every_host": [{"facts": {}, "path": host.edit} |
		not front_door.named(address, parameters.front_doors)
		some rule in field.elements(field.root(ingress, []), ["spec", "rules"])
		field.is_map(rule.value)
		host := field.at(rule, ["host"])
		host.value in [null, ""]
	],
	"default_backend": [{"facts": {}, "path": backend.edit} |
		not front_door.named(address, parameters.front_doors)
		some key in ["defaultBackend", "backend"]
		backend := field.at(field.root(ingress, []), ["spec", key])
		field.is_map(backend.value)
	],
}

gaps(ingress) := array.concat(
	unread.gaps([field.root(ingress, [])], [
		[["spec", "rules"], "list"], [["spec", "defaultBackend"], "map"], [["spec", "backend"], "map"],
	]),
	unread.gaps(field.elements(field.root(ingress, []), ["spec", "rules"]), [[[], "map"], [["host"], "text"]]),
)
