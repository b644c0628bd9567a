package network.default_deny.azurerm_test

import data.network.default_deny.azurerm as criterion

test_meets_when_both_directions_are_denied if {
	subject := group([deny("Inbound"), deny("Outbound"), allow("Inbound", "10.0.0.0/24", 100)])
	criterion.deny | criterion.undetermined == set() with input as subject with data.environment as {}
	criterion.applies with input as subject with data.environment as {}
}

test_breaks_when_a_direction_is_not_denied if {
	expected := {finding("group_does_not_deny", {"direction": "Outbound"}, ["values"])}
	criterion.deny == expected with input as group([deny("Inbound")]) with data.environment as {}
	none := {
		finding("group_does_not_deny", {"direction": "Outbound"}, ["values"]),
		finding("group_does_not_deny", {"direction": "Inbound"}, ["values"]),
	}
	criterion.deny == none with input as group([]) with data.environment as {}
	narrow := object.union(deny("Outbound"), {"destination_port_range": "443"})
	criterion.deny == expected with input as group([deny("Inbound"), narrow]) with data.environment as {}
}

test_breaks_when_a_rule_lets_everybody_in_first if {
	place := ["values", "security_rule", 2]
	expected := {finding("everybody_allowed", {"direction": "Inbound"}, place)}
	subject := group([deny("Inbound"), deny("Outbound"), allow("Inbound", "*", 100)])
	criterion.deny == expected with input as subject with data.environment as {}
	later := group([deny("Inbound"), deny("Outbound"), allow("Inbound", "*", 4001)])
	criterion.deny == set() with input as later with data.environment as {}
}

test_rules_beside_the_group_count_like_blocks if {
	seen := {rule_kind: {"": {
		"i": beside(deny("Inbound")), "o": beside(deny("Outbound")), "a": beside(allow("Inbound", "*", 100)),
	}}}
	found := finding("everybody_allowed", {"direction": "Inbound"}, ["values"])
	expected := {object.union(found, {"at": [rule_kind, "", "a"]})}
	criterion.deny == expected with input as group([]) with data.environment as seen
}

test_undetermined_when_rules_stand_in_both_places if {
	why := "its rules stand partly in the group and partly beside it"
	expected := {finding("isolation_unknown", {"why": why}, ["values"])}
	seen := {rule_kind: {"": {"o": beside(deny("Outbound"))}}}
	criterion.undetermined == expected with input as group([deny("Inbound")]) with data.environment as seen
	criterion.deny == set() with input as group([deny("Inbound")]) with data.environment as seen
}

test_undetermined_when_a_rule_is_unknown if {
	expected := {finding("isolation_unknown", {"why": "u"}, ["values", "security_rule", 0])}
	unknown := object.union(deny("Inbound"), {"access": {"$unknown": "u"}})
	criterion.undetermined == expected with input as group([unknown]) with data.environment as {}
	criterion.deny == set() with input as group([unknown]) with data.environment as {}
	why := "a rule in sight may belong to it"
	perhaps := {finding("isolation_unknown", {"why": why}, ["values"])}
	stray := {rule_kind: {"": {"r": {"address": "r", "values": {"network_security_group_name": {"$unknown": "u"}}}}}}
	criterion.undetermined == perhaps with input as group([]) with data.environment as stray
	narrow := object.union(allow("Inbound", "10.0.0.0/24", 100), {"network_security_group_name": {"$unknown": "u"}})
	harmless := {rule_kind: {"": {"r": {"address": "r", "values": narrow}}}}
	both := group([deny("Inbound"), deny("Outbound")])
	criterion.deny | criterion.undetermined == set() with input as both with data.environment as harmless
}

test_a_rule_is_judged_alone_where_its_group_is_not_in_sight if {
	expected := {finding("everybody_allowed", {"direction": "Inbound"}, ["values"])}
	alone := of(rule_kind, beside(allow("Inbound", "*", 100)).values)
	criterion.deny == expected with input as alone with data.environment as {}
	criterion.applies with input as alone with data.environment as {}
	seen := {"azurerm_network_security_group": {"": {"x": group([]).resource}}}
	criterion.deny == set() with input as alone with data.environment as seen
	not criterion.applies with input as alone with data.environment as seen
}

test_breaks_when_a_subnet_has_no_group if {
	expected := {finding("subnet_without_group", {}, ["values"])}
	criterion.deny == expected with input as subnet("snet-app") with data.environment as {}
	criterion.deny == set() with input as subnet("snet-app") with data.environment as association({"$refers": ["x"]})
	not criterion.applies with input as subnet("GatewaySubnet") with data.environment as {}
	criterion.deny == set() with input as subnet("GatewaySubnet") with data.environment as {}
}

test_meets_when_every_interface_has_a_group if {
	inside := {"azurerm_network_interface": {"": {"n": {"address": "n", "values": {"ip_configuration": [{
		"subnet_id": {"$unknown": "u", "$refers": ["x"]},
	}]}}}}}
	guarded := {"azurerm_network_interface_security_group_association": {"": {"a": {
		"address": "a",
		"values": {"network_interface_id": {"$unknown": "u", "$refers": ["n"]}},
	}}}}
	both := object.union(inside, guarded)
	criterion.deny | criterion.undetermined == set() with input as subnet("snet-app") with data.environment as both
	expected := {finding("subnet_without_group", {}, ["values"])}
	criterion.deny == expected with input as subnet("snet-app") with data.environment as inside
}

test_undetermined_when_an_association_points_at_something_unknown if {
	why := "an association in sight points at something unknown"
	expected := {finding("isolation_unknown", {"why": why}, ["values"])}
	seen := association({})
	criterion.undetermined == expected with input as subnet("snet-app") with data.environment as seen
	criterion.deny == set() with input as subnet("snet-app") with data.environment as seen
}

test_blocks_of_a_network_name_their_group_themselves if {
	place := ["values", "subnet", 0]
	expected := {finding("subnet_without_group", {}, place)}
	criterion.deny == expected with input as network(null) with data.environment as {}
	named := network({"$unknown": "u", "$refers": ["g"]})
	criterion.deny | criterion.undetermined == set() with input as named with data.environment as {}
	unclear := {finding("isolation_unknown", {"why": "u"}, place)}
	criterion.undetermined == unclear with input as network({"$unknown": "u"}) with data.environment as {}
}

test_breaks_when_a_cluster_enforces_no_network_policy if {
	expected := {finding("no_network_policy", {}, ["values", "network_profile", 0])}
	criterion.deny == expected with input as cluster({}) with data.environment as {}
	place := ["values", "network_profile", 0, "network_policy"]
	none := {finding("no_network_policy", {}, place)}
	criterion.deny == none with input as cluster({"network_policy": "none"}) with data.environment as {}
	criterion.deny == set() with input as cluster({"network_policy": "cilium"}) with data.environment as {}
	unclear := {finding("isolation_unknown", {"why": "u"}, place)}
	unknown := cluster({"network_policy": {"$unknown": "u"}})
	criterion.undetermined == unclear with input as unknown with data.environment as {}
}

rule_kind := "azurerm_network_security_rule"

rule(direction, access, priority) := {
	"direction": direction, "access": access, "priority": priority, "protocol": "*",
	"source_address_prefix": "*", "destination_address_prefix": "*",
	"source_port_range": "*", "destination_port_range": "*",
}

deny(direction) := rule(direction, "Deny", 4000)

allow(direction, source, priority) := object.union(
	rule(direction, "Allow", priority),
	{"source_address_prefix": source, "destination_port_range": "443"},
)

group(rules) := of("azurerm_network_security_group", {"name": "nsg", "security_rule": rules})

beside(values) := {
	"address": "a",
	"values": object.union(values, {"network_security_group_name": "nsg"}),
}

subnet(name) := of("azurerm_subnet", {"name": name})

network(group_id) := of("azurerm_virtual_network", {"subnet": [{"name": "snet-app", "security_group": group_id}]})

cluster(profile) := of("azurerm_kubernetes_cluster", {"network_profile": [profile]})

association(pointer) := {"azurerm_subnet_network_security_group_association": {"": {"s": {
	"address": "s",
	"values": {"subnet_id": object.union({"$unknown": "u"}, pointer)},
}}}}

of(type, values) := {"resource": {"type": type, "address": "x", "values": values}}

finding(reason, facts, path) := {"reason": reason, "facts": facts, "path": path}
