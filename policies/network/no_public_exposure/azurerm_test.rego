package network.no_public_exposure.azurerm_test

import data.network.no_public_exposure.azurerm as criterion

test_meets_when_every_switch_is_closed if {
	every values in [{"public_network_access_enabled": false, "allow_nested_items_to_be_public": false}] {
		criterion.deny | criterion.undetermined == set() with input as of("azurerm_storage_account", values)
			with data.environment as {}
	}
}

test_breaks_when_the_switch_is_on_or_left_out if {
	expected := {public_endpoint("public_network_access_enabled", ["values"])}
	criterion.deny == expected with input as of("azurerm_mssql_server", {}) with data.environment as {}
	stated := {public_endpoint("public_network_access_enabled", ["values", "public_network_access_enabled"])}
	on := of("azurerm_mssql_server", {"public_network_access_enabled": true})
	criterion.deny == stated with input as on with data.environment as {}
}

test_breaks_when_the_switch_is_on_in_text if {
	expected := {public_endpoint("public_network_access_enabled", ["values", "public_network_access_enabled"])}
	on := of("azurerm_mssql_server", {"public_network_access_enabled": "true"})
	criterion.deny == expected with input as on with data.environment as {}
}

test_breaks_when_a_cluster_is_not_private if {
	expected := {public_endpoint("private_cluster_enabled", ["values"])}
	criterion.deny == expected with input as of("azurerm_kubernetes_cluster", {}) with data.environment as {}
}

test_undetermined_when_the_switch_is_unknown_or_of_another_type if {
	every value, why in {{"$unknown": "u"}: "u", 1: "not of the expected type"} {
		expected := {unknown("public_network_access_enabled", why, ["values", "public_network_access_enabled"])}
		subject := of("azurerm_mssql_server", {"public_network_access_enabled": value})
		criterion.undetermined == expected with input as subject with data.environment as {}
		criterion.deny == set() with input as subject with data.environment as {}
	}
}

test_undetermined_when_the_providers_version_decides if {
	why := "it is not set, and the provider's default depends on its version"
	expected := {unknown("allow_nested_items_to_be_public", why, ["values"])}
	closed := of("azurerm_storage_account", {"public_network_access_enabled": false})
	criterion.undetermined == expected with input as closed with data.environment as {}
}

test_breaks_when_containers_can_be_opened if {
	path := ["values", "allow_nested_items_to_be_public"]
	expected := {finding("containers_can_be_opened", {"attribute": "allow_nested_items_to_be_public"}, path)}
	values := {"public_network_access_enabled": false, "allow_nested_items_to_be_public": true}
	criterion.deny == expected with input as of("azurerm_storage_account", values) with data.environment as {}
}

test_breaks_when_a_container_is_open if {
	path := ["values", "container_access_type"]
	expected := {finding("readable_by_everyone", {"attribute": "container_access_type"}, path)}
	open := of("azurerm_storage_container", {"container_access_type": "blob"})
	criterion.deny == expected with input as open with data.environment as {}
	criterion.deny == set() with input as of("azurerm_storage_container", {}) with data.environment as {}
}

test_breaks_when_nodes_have_public_addresses if {
	path := ["values", "custom_parameters", 0, "no_public_ip"]
	expected := {finding("nodes_public", {"attribute": "no_public_ip"}, path)}
	values := {"public_network_access_enabled": false, "custom_parameters": [{"no_public_ip": false}]}
	criterion.deny == expected with input as of("azurerm_databricks_workspace", values) with data.environment as {}
}

test_meets_when_a_database_lies_in_a_subnet_of_its_own if {
	values := {"delegated_subnet_id": {"$unknown": "known after apply", "$refers": ["azurerm_subnet.db"]}}
	inside := of("azurerm_postgresql_flexible_server", values)
	criterion.deny | criterion.undetermined == set() with input as inside with data.environment as {}
}

test_undetermined_when_the_subnet_of_a_database_is_unknown if {
	expected := {finding("networks_unknown", {"why": "var.subnet has no value"}, ["values", "delegated_subnet_id"])}
	perhaps := of("azurerm_postgresql_flexible_server", {"delegated_subnet_id": {"$unknown": "var.subnet has no value"}})
	criterion.undetermined == expected with input as perhaps with data.environment as {}
	criterion.deny == set() with input as perhaps with data.environment as {}
}

test_breaks_when_a_store_answers_every_network if {
	expected := {
		public_endpoint("public_network_access_enabled", ["values"]),
		finding("open_to_all_networks", {}, ["values"]),
	}
	criterion.deny == expected with input as of("azurerm_key_vault", {}) with data.environment as {}
}

test_breaks_when_an_account_has_no_network_rules if {
	expected := {
		public_endpoint("public_network_access_enabled", ["values"]),
		finding("no_network_rules", {}, ["values"]),
	}
	criterion.deny == expected with input as account with data.environment as {}
}

test_breaks_when_the_block_allows_every_network if {
	expected := {
		public_endpoint("public_network_access_enabled", ["values"]),
		finding("open_to_all_networks", {}, ["values", "network_acls", 0, "default_action"]),
	}
	vault := of("azurerm_key_vault", {"network_acls": [{"default_action": "Allow"}]})
	criterion.deny == expected with input as vault with data.environment as {}
}

test_breaks_at_the_network_rules_beside_the_account if {
	path := ["values", "default_action"]
	expected := {
		public_endpoint("public_network_access_enabled", ["values"]),
		object.union(finding("open_to_all_networks", {}, path), {"at": [beside, "", "r"]}),
	}
	criterion.deny == expected with input as account with data.environment as rules("Allow", {"$refers": ["x"]})
	closed := {public_endpoint("public_network_access_enabled", ["values"])}
	criterion.deny == closed with input as account with data.environment as rules("Deny", {"$refers": ["x"]})
}

test_undetermined_when_the_rules_beside_the_account_are_unknown if {
	at := [beside, "", "r"]
	expected := {object.union(finding("networks_unknown", {"why": "u"}, ["values", "default_action"]), {"at": at})}
	unknown := rules({"$unknown": "u"}, {"$refers": ["x"]})
	criterion.undetermined == expected with input as account with data.environment as unknown
}

test_undetermined_when_network_rules_point_at_something_unknown if {
	why := "network rules that may be those of this account point at something unknown"
	expected := {finding("networks_unknown", {"why": why}, ["values"])}
	criterion.undetermined == expected with input as account with data.environment as rules("Deny", {})
	several := rules("Deny", {"$refers": ["x", "y"], "$any": true})
	criterion.undetermined == expected with input as account with data.environment as several
}

test_network_rules_are_judged_with_their_account_where_it_is_in_sight if {
	values := {"default_action": "Allow", "storage_account_id": {"$unknown": "u", "$refers": ["x"]}}
	subject := of(beside, values)
	seen := {"azurerm_storage_account": {"": {"x": account.resource}}}
	criterion.deny == set() with input as subject with data.environment as seen
	not criterion.applies with input as subject with data.environment as seen
	expected := {finding("open_to_all_networks", {}, ["values", "default_action"])}
	criterion.deny == expected with input as subject with data.environment as {}
}

test_breaks_at_a_public_address_that_is_no_front_door if {
	expected := {finding("public_address", {}, ["values"])}
	criterion.deny == expected with input as of("azurerm_public_ip", {"name": "pip"}) with data.environment as {}
	door := object.union(of("azurerm_public_ip", {"name": "pip"}), {"parameters": {"front_doors": [{"name": "pip"}]}})
	criterion.deny == set() with input as door with data.environment as {}
}

test_breaks_when_an_interface_has_a_public_address if {
	path := ["values", "ip_configuration", 0, "public_ip_address_id"]
	expected := {finding("interface_has_public_address", {}, path)}
	criterion.deny == expected with input as interface({"$unknown": "u", "$refers": ["x"]}) with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as interface(null) with data.environment as {}
}

test_undetermined_when_the_public_address_of_an_interface_is_unknown if {
	path := ["values", "ip_configuration", 0, "public_ip_address_id"]
	expected := {unknown("public_ip_address_id", "u", path)}
	criterion.undetermined == expected with input as interface({"$unknown": "u"}) with data.environment as {}
}

beside := "azurerm_storage_account_network_rules"

account := of("azurerm_storage_account", {"allow_nested_items_to_be_public": false})

rules(action, pointer) := {beside: {"": {"r": {"type": beside, "address": "r", "values": {
	"default_action": action,
	"storage_account_id": object.union({"$unknown": "known after apply"}, pointer),
}}}}}

interface(pointer) := of("azurerm_network_interface", {"ip_configuration": [{"public_ip_address_id": pointer}]})

of(type, values) := {
	"resource": {"type": type, "address": "x", "values": values},
	"parameters": {"front_doors": []},
}

public_endpoint(attribute, path) := finding("public_endpoint", {"attribute": attribute}, path)

unknown(attribute, why, path) := finding("setting_unknown", {"attribute": attribute, "why": why}, path)

finding(reason, facts, path) := {"reason": reason, "facts": facts, "path": path}
