# The lowest TLS version that an application gateway lets in.
package lib.azure_gateway_tls

import data.lib.azure

# The lowest version of each predefined policy (Azure's documentation, "Application Gateway TLS policy overview").
policies := {
	"AppGwSslPolicy20150501": "1.0",
	"AppGwSslPolicy20170401": "1.1",
	"AppGwSslPolicy20170401S": "1.2",
	"AppGwSslPolicy20220101": "1.2",
	"AppGwSslPolicy20220101S": "1.2",
}

# {value, path, attribute, absent} of every policy's lowest version.
stated(gateway, majors) := [object.union(lowest(policy), {"absent": default_of(majors)}) |
	gateway.type == "azurerm_application_gateway"
	some policy in all_policies(gateway.values)
]

all_policies(values) := array.concat(array.concat(own(values), of_profiles(values)), by_default(values))

own(values) := azure.blocks(values, "ssl_policy")

of_profiles(values) := [{"value": policy, "path": array.concat(profile.path, ["ssl_policy", i])} |
	some profile in azure.blocks(values, "ssl_profile")
	some i, policy in profile.value.ssl_policy
]

# Without a policy the provider's default holds, and it only weighs where something is encrypted at all.
by_default(values) := [{"value": {}, "path": ["values"]} |
	count(own(values)) == 0
	count([1 | some listener in values.http_listener; listener.protocol != "Http"]) > 0
]

# Since version 2023-02-01 of Azure's interface the default policy is AppGwSslPolicy20220101; provider 4 is beyond it.
default_of(majors) := "good" if count(older(majors)) == 0

default_of(majors) := "unknown" if count(older(majors)) > 0

older(majors) := [major | some major in majors; major < 4]

lowest(policy) := stated_in(policy, "policy_name", policies) if read(policy, "policy_name") != null

lowest(policy) := stated_in(policy, "min_protocol_version", {}) if {
	read(policy, "policy_name") == null
	read(policy, "min_protocol_version") != null
}

lowest(policy) := {"value": by_disabled(policy), "path": policy.path, "attribute": "ssl_policy"} if {
	read(policy, "policy_name") == null
	read(policy, "min_protocol_version") == null
}

stated_in(policy, attribute, table) := object.union(reading, {"attribute": attribute, "value": value}) if {
	reading := azure.reading(policy.value, attribute, policy.path)
	value := object.get(table, reading.value, reading.value)
}

# An older policy lists what it turns off instead of naming the lowest version.
by_disabled(policy) := disabled if {
	disabled := read(policy, "disabled_protocols")
	not is_array(disabled)
}

by_disabled(policy) := "1.2" if count(left_on(policy)) == 0

by_disabled(policy) := "1.0" if count(left_on(policy)) > 0

left_on(policy) := {"TLSv1_0", "TLSv1_1"} - {protocol | some protocol in disabled} if {
	disabled := read(policy, "disabled_protocols")
	is_array(disabled)
}

read(policy, attribute) := azure.reading(policy.value, attribute, []).value
