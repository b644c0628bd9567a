# Server parameters of PostgreSQL and MySQL flexible servers that decide on encrypted connections: each is a
# resource of its own, named by `name`.
package lib.azure_server_parameters

import data.lib.known

kinds := {
	"azurerm_postgresql_flexible_server_configuration": {"require_secure_transport", "ssl_min_protocol_version"},
	"azurerm_mysql_flexible_server_configuration": {"require_secure_transport", "tls_version"},
}

# Whether the parameter is one of those, or may be.
decides(resource) if resource.values.name in kinds[resource.type]

decides(resource) if {
	kinds[resource.type]
	known.is_unknown(resource.values.name)
}

broken(resource) := [place |
	place := {"reason": "plaintext_allowed", "attribute": "require_secure_transport", "path": ["values", "value"]}
	decides(resource)
	resource.values.name == "require_secure_transport"
	is_string(resource.values.value)
	lower(resource.values.value) in {"off", "0", "false"}
]

# {value, path, attribute, absent} of every version that is let in.
stated(resource) := [reading |
	decides(resource)
	resource.values.name in {"ssl_min_protocol_version", "tls_version"}
	some value in listed(resource.values.value)
	reading := {"value": value, "path": ["values", "value"], "attribute": resource.values.name, "absent": "good"}
]

listed(value) := [trim_space(version) | some version in split(value, ",")] if is_string(value)

listed(value) := [value] if not is_string(value)

doubts(resource) := [{"attribute": attribute, "why": known.why(value), "path": ["values", attribute]} |
	kinds[resource.type]
	some attribute in ["name", "value"]
	value := resource.values[attribute]
	not is_string(value)
	decides(resource)
	not resource.values.name in {"ssl_min_protocol_version", "tls_version"}
]
