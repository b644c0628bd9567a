package encryption.encrypted_at_rest.azurerm_test

import data.encryption.encrypted_at_rest.azurerm as criterion

test_meets_when_the_host_encrypts if {
	subject := of("azurerm_linux_virtual_machine", {"encryption_at_host_enabled": true})
	criterion.deny | criterion.undetermined == set() with input as subject
}

test_breaks_when_the_host_does_not_encrypt if {
	expected := {finding("host_not_encrypted", {"attribute": "encryption_at_host_enabled"}, ["values"])}
	every kind in ["linux_virtual_machine", "windows_virtual_machine", "linux_virtual_machine_scale_set"] {
		criterion.deny == expected with input as of(concat("", ["azurerm_", kind]), {})
	}
	stated := {finding("host_not_encrypted", {"attribute": "host_encryption_enabled"}, path("host_encryption_enabled"))}
	criterion.deny == stated with input as of("azurerm_kubernetes_cluster_node_pool", {"host_encryption_enabled": false})
}

test_breaks_in_the_block_of_the_node_pool if {
	place := ["values", "default_node_pool", 0, "host_encryption_enabled"]
	expected := {finding("host_not_encrypted", {"attribute": "host_encryption_enabled"}, place)}
	subject := of("azurerm_kubernetes_cluster", {"default_node_pool": [{"host_encryption_enabled": false}]})
	criterion.deny == expected with input as subject
}

test_breaks_when_a_database_is_not_encrypted if {
	attribute := "transparent_data_encryption_enabled"
	expected := {finding("not_encrypted", {"attribute": attribute}, path(attribute))}
	criterion.deny == expected with input as of("azurerm_mssql_database", {attribute: false})
	criterion.deny | criterion.undetermined == set() with input as of("azurerm_mssql_database", {})
}

test_meets_by_the_platforms_own_encryption if {
	every kind in ["azurerm_storage_account", "azurerm_managed_disk", "azurerm_postgresql_flexible_server"] {
		criterion.deny | criterion.undetermined == set() with input as of(kind, {})
	}
}

test_undetermined_when_a_setting_is_unknown_or_of_another_type if {
	attribute := "encryption_at_host_enabled"
	every value, why in {{"$unknown": "u"}: "u", "yes": "not of the expected type"} {
		expected := {finding("setting_unknown", {"attribute": attribute, "why": why}, path(attribute))}
		subject := of("azurerm_linux_virtual_machine", {attribute: value})
		criterion.undetermined == expected with input as subject
		criterion.deny == set() with input as subject
	}
}

test_breaks_when_keys_of_ones_own_are_asked_for_and_none_is_named if {
	expected := {finding("provider_key", {"attribute": "disk_encryption_set_id"}, ["values"])}
	criterion.deny == expected with input as strict("azurerm_managed_disk", {}) with data.environment as {}
	named := strict("azurerm_managed_disk", {"disk_encryption_set_id": {"$unknown": "u", "$refers": ["des"]}})
	criterion.deny | criterion.undetermined == set() with input as named with data.environment as {}
}

test_breaks_when_neither_an_account_nor_anything_beside_it_names_a_key if {
	values := {"infrastructure_encryption_enabled": true}
	expected := {finding("no_key_beside", {"attribute": "key_vault_key_id"}, ["values"])}
	criterion.deny == expected with input as strict("azurerm_storage_account", values) with data.environment as {}
}

test_breaks_when_a_second_layer_is_asked_for_and_there_is_none if {
	expected := {finding("not_encrypted_twice", {"attribute": "infrastructure_encryption_enabled"}, ["values"])}
	named := key({"$refers": ["x"]})
	criterion.deny == expected with input as strict("azurerm_storage_account", {}) with data.environment as named
}

test_undetermined_when_a_key_beside_points_at_something_unknown if {
	facts := {"attribute": "key_vault_key_id", "why": "a key for something unknown may be for this"}
	expected := {finding("setting_unknown", facts, ["values"])}
	subject := strict("azurerm_storage_account", {"infrastructure_encryption_enabled": true})
	criterion.undetermined == expected with input as subject with data.environment as key({})
	criterion.deny == set() with input as subject with data.environment as key({})
}

test_undetermined_when_the_key_is_unknown if {
	facts := {"attribute": "disk_encryption_set_id", "why": "u"}
	expected := {finding("setting_unknown", facts, path("disk_encryption_set_id"))}
	subject := strict("azurerm_managed_disk", {"disk_encryption_set_id": {"$unknown": "u"}})
	criterion.undetermined == expected with input as subject with data.environment as {}
}

key(pointer) := {"azurerm_storage_account_customer_managed_key": {"": {"k": {
	"type": "azurerm_storage_account_customer_managed_key",
	"address": "k",
	"values": {"storage_account_id": object.union({"$unknown": "u"}, pointer)},
}}}}

of(type, values) := {
	"resource": {"type": type, "address": "x", "values": values},
	"parameters": {"require_customer_keys": false},
}

strict(type, values) := object.union(of(type, values), {"parameters": {"require_customer_keys": true}})

path(attribute) := ["values", attribute]

finding(reason, facts, place) := {"reason": reason, "facts": facts, "path": place}
