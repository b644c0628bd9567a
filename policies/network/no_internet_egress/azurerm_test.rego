package network.no_internet_egress.azurerm_test

import data.network.no_internet_egress.azurerm as criterion

test_meets_when_no_way_leads_out if {
criterion.deny |
	criterion.undetermined == set() with input as subnet("snet-app") with data.reach as facts([])
	criterion.applies with input as subnet("snet-app") with data.reach as facts([])
}

test_breaks_at_the_place_that_opens_the_way if {
	place := ["azurerm_network_security_group", "", "nsg"]
	expected := {{
		"reason": "way_open",
		"facts": {"to": "0.0.0.0/0", "ports": "tcp/443"},
		"at": place,
		"path": ["values", "security_rule", 0],
	}}
	open := {"answer": "open", "to": "0.0.0.0/0", "ports": "tcp/443", "at": place, "path": ["values", "security_rule", 0]}
	criterion.deny == expected with input as subnet("snet-app") with data.reach as facts([open])
}

test_undetermined_when_a_firewall_decides if {
	expected := {unestablished("the firewall's rules decide")}
	unknown := {"answer": "unknown", "why": "the firewall's rules decide", "at": address, "path": []}
	criterion.undetermined == expected with input as subnet("snet-app") with data.reach as facts([unknown])
	criterion.deny == set() with input as subnet("snet-app") with data.reach as facts([unknown])
}

test_undetermined_when_nothing_was_derived if {
	expected := {unestablished("it was not derived")}
	criterion.undetermined == expected with input as subnet("snet-app") with data.reach as {"internet": {}}
}

test_a_reserved_subnet_is_not_asked if {
	not criterion.applies with input as subnet("GatewaySubnet") with data.reach as facts([])
}

test_a_network_is_asked_for_the_subnets_that_stand_in_it if {
	bare := {"address": address, "resource": {"type": "azurerm_virtual_network", "values": {}}}
	not criterion.applies with input as bare with data.reach as facts([])
	with_one := {"address": address, "resource": {
		"type": "azurerm_virtual_network",
		"values": {"subnet": [{"name": "snet-app"}]},
	}}
	criterion.applies with input as with_one with data.reach as facts([])
}

address := ["azurerm_subnet", "", "s"]

subnet(name) := {"address": address, "resource": {"type": "azurerm_subnet", "values": {"name": name}}}

unestablished(why) := {"reason": "way_unknown", "facts": {"why": why}, "at": address, "path": []}

facts(ways) := {"internet": {"azurerm_subnet": {"": {"s": ways}}}}
