# The front doors that the description names, among Azure's public addresses.
package lib.azure_front_door

import data.lib.azure_partners as partners

# Whether one of the doors names the address, by its resource, its name, its number or its host name.
declared(public_ip, doors) if {
	some door in doors
	some key in ["resource", "name", "address", "host"]
	door[key] in names(public_ip)
}

# Whether a pointer leads to a declared address.
leads_to(pointer, doors) if {
	some public_ip in partners.named("azurerm_public_ip", pointer)
	declared(public_ip, doors)
}

names(public_ip) := {public_ip.address} | {name |
	some key in ["name", "ip_address", "fqdn", "id"]
	name := public_ip.values[key]
	is_string(name)
}
