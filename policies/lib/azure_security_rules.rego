# The rules of Azure's network security groups, as blocks of the group or as resources beside it.
#
# A rule is {value, path, at?}: what it says and where it stands.
package lib.azure_security_rules

import data.lib.azure
import data.lib.azure_partners as partners
import data.lib.known

kind := "azurerm_network_security_rule"

of(group) := array.concat(inline(group), beside(group))

inline(group) := azure.blocks(group.values, "security_rule")

beside(group) := [{"value": values, "path": ["values"], "at": [kind, "", rule.address]} |
	some rule in of_the_group(group)
	values := object.get(rule, "values", rule)
]

# A rule names its group by name.
of_the_group(group) := [rule |
	some rule in partners.of(kind)
	names(partners.read(rule, "network_security_group_name"), group)
]

names(value, group) if partners.points(value, group)

names(value, group) if {
	is_string(value)
	value == group.values.name
}

perhaps(group) := partners.perhaps(kind, "network_security_group_name", group)

is_split(group) if {
	count(inline(group)) > 0
	count(beside(group)) > 0
}

says(rule, attribute, wanted) if {
	value := rule.value[attribute]
	is_string(value)
	lower(value) == lower(wanted)
}

# The values of an attribute and of its plural.
listed(rule, one, many) := array.concat(
	[value | value := rule.value[one]; value != ""],
	[value | some value in rule.value[many]],
)

# Whether one end of a rule is any address.
any_peer(rule, end) if {
	some value in listed(rule, concat("", [end, "_address_prefix"]), concat("", [end, "_address_prefixes"]))
	value in {"*", "0.0.0.0/0"}
}

all_ports(rule) if {
	some value in listed(rule, "destination_port_range", "destination_port_ranges")
	value in {"*", "0-65535"}
}

# What of a rule cannot be read far enough. A value that is taken from some network is not "any address".
unread(rule) := {why |
	some attribute in [
		"access", "direction", "priority", "protocol", "source_address_prefix", "source_address_prefixes",
		"destination_address_prefix", "destination_address_prefixes",
	]
	value := azure.reading(rule.value, attribute, []).value
	known.is_unknown(value)
	count(object.get(value, "$refers", [])) == 0
	why := known.why(value)
}

has_group(rule) if count(partners.named("azurerm_network_security_group", group_name(rule))) > 0

has_group(rule) if {
	some group in partners.of("azurerm_network_security_group")
	is_string(group_name(rule))
	group.values.name == group_name(rule)
}

group_name(rule) := object.get(rule.values, "network_security_group_name", null)
