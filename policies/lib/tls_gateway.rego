# Whether a Gateway takes plain http only to send it on to https: each a list of {facts, path}.
package lib.tls_gateway

import data.lib.field
import data.lib.unread

breaches(gateway, address, environment) := {"plain_listener": [{"facts": facts, "path": protocol.edit} |
	some listener in listeners(gateway)
	protocol := field.at(listener, ["protocol"])
	protocol.value == "HTTP"
	name := field.text(listener, ["name"])
	facts := {"listener": name}
	not only_redirects(attached(address, name, environment))
]}

listeners(gateway) := field.elements(field.root(gateway, []), ["spec", "listeners"])

# Routes that may serve a listener: those that name the gateway, and no other listener of it.
attached(address, listener, environment) := [route |
	some namespace, named in object.get(environment, "gateway.networking.k8s.io/HTTPRoute", {})
	some body in named
	route := field.root(body, [])
	some parent in field.elements(route, ["spec", "parentRefs"])
	field.at(parent, ["name"]).value == address[2]
	field.at(parent, ["namespace"]).value in [address[1], own(namespace, address)]
	field.at(parent, ["sectionName"]).value in [null, listener]
]

# Without a namespace a route means a gateway of its own.
own(namespace, address) := null if namespace == address[1]

own(namespace, address) := address[1] if namespace != address[1]

only_redirects(routes) if {
	routes != []
	every route in routes { redirects(route) }
}

redirects(route) if {
	rules := field.elements(route, ["spec", "rules"])
	rules != []
	every rule in rules {
		field.at(rule, ["backendRefs"]).value in [null, []]
		to_https(rule)
	}
}

to_https(rule) if {
	some filter in field.elements(rule, ["filters"])
	field.at(filter, ["type"]).value == "RequestRedirect"
	field.at(filter, ["requestRedirect", "scheme"]).value == "https"
}

gaps(gateway) := array.concat(
	unread.gaps([field.root(gateway, [])], [[["spec", "listeners"], "list"]]),
	unread.gaps(listeners(gateway), [[[], "map"], [["protocol"], "text"], [["name"], "text"]]),
)
