# Listeners of an application gateway.
package lib.azure_gateway

import data.lib.azure
import data.lib.known

# Places of listeners that take unencrypted requests and send nobody on to an encrypted one.
broken(gateway) := [{"reason": "listener_in_plaintext", "attribute": "protocol", "path": path} |
	some listener in listeners(gateway)
	listener.value.protocol == "Http"
	not redirected(gateway.values, listener.value)
	count(unread(gateway, listener.value)) == 0
	path := array.concat(listener.path, ["protocol"])
]

doubts(gateway) := [{"attribute": "http_listener", "why": why, "path": listener.path} |
	some listener in listeners(gateway)
	listener.value.protocol != "Https"
	not redirected(gateway.values, listener.value)
	some why in unread(gateway, listener.value)
]

listeners(gateway) := [] if gateway.type != "azurerm_application_gateway"

listeners(gateway) := azure.blocks(gateway.values, "http_listener") if gateway.type == "azurerm_application_gateway"

redirected(values, listener) if {
	some rule in values.request_routing_rule
	is_string(listener.name)
	rule.http_listener_name == listener.name
	leads_to_https(values, rule)
}

leads_to_https(values, rule) if encrypts(values, rule.redirect_configuration_name)

# By path: what no path names is sent on, and so is every path but the one that certificates are issued by.
leads_to_https(values, rule) if {
	some map in values.url_path_map
	map.name == rule.url_path_map_name
	encrypts(values, map.default_redirect_configuration_name)
	every path_rule in object.get(map, "path_rule", []) { harmless(values, path_rule) }
}

harmless(values, path_rule) if encrypts(values, path_rule.redirect_configuration_name)

harmless(_, path_rule) if {
	every path in path_rule.paths { startswith(path, "/.well-known/acme-challenge/") }
}

encrypts(values, name) if {
	some redirect in values.redirect_configuration
	redirect.name == name
	encrypted(values, redirect)
}

encrypted(values, redirect) if {
	some target in values.http_listener
	target.name == redirect.target_listener_name
	target.protocol == "Https"
}

encrypted(_, redirect) if {
	is_string(redirect.target_url)
	startswith(redirect.target_url, "https://")
}

# Why it cannot be told whether a listener's requests are sent on.
unread(gateway, listener) := {known.why(value) |
	some value in array.concat([read(listener, "name"), read(listener, "protocol")], joined(gateway.values))
	known.is_unknown(value)
}

joined(values) := [read(block.value, attribute) |
	some name, attributes in {
		"request_routing_rule": ["http_listener_name", "redirect_configuration_name", "url_path_map_name"],
		"url_path_map": ["name", "default_redirect_configuration_name"],
		"redirect_configuration": ["name", "target_listener_name", "target_url"],
	}
	some block in azure.blocks(values, name)
	some attribute in attributes
]

read(block, attribute) := azure.reading(block, attribute, []).value
