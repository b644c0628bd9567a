# What encrypts Azure resources at rest beyond the platform's own encryption, and where a key of one's own is named.
#
# Storage accounts, managed disks, PostgreSQL and Cosmos DB are always encrypted with keys of the service; a
# machine's temporary disk and cache are not unless its host encrypts.
# Sources: the azurerm provider's documentation of each kind; Azure Storage and Azure managed disks documentation.
package lib.azure_encryption

# Settings that must hold for everyone.
settings := {
	"azurerm_kubernetes_cluster": [{
		"reason": "host_not_encrypted",
		"block": "default_node_pool",
		"attribute": "host_encryption_enabled",
		"good": [true],
		"absent": "bad",
	}],
	"azurerm_kubernetes_cluster_node_pool": [host("host_encryption_enabled")],
	"azurerm_linux_virtual_machine": [host("encryption_at_host_enabled")],
	"azurerm_linux_virtual_machine_scale_set": [host("encryption_at_host_enabled")],
	"azurerm_mssql_database": [{
		"reason": "not_encrypted",
		"attribute": "transparent_data_encryption_enabled",
		"good": [true],
		"absent": "good",
	}],
	"azurerm_orchestrated_virtual_machine_scale_set": [host("encryption_at_host_enabled")],
	"azurerm_windows_virtual_machine": [host("encryption_at_host_enabled")],
	"azurerm_windows_virtual_machine_scale_set": [host("encryption_at_host_enabled")],
}

host(attribute) := {"reason": "host_not_encrypted", "attribute": attribute, "good": [true], "absent": "bad"}

# Where a key of one's own is named: an attribute that must hold something, or a block that must be there.
keys := {
	"azurerm_databricks_workspace": [{"attribute": "customer_managed_key_enabled"}],
	"azurerm_kubernetes_cluster": [{"attribute": "disk_encryption_set_id"}],
	"azurerm_linux_virtual_machine": [{"block": "os_disk", "attribute": "disk_encryption_set_id"}],
	"azurerm_linux_virtual_machine_scale_set": [{"block": "os_disk", "attribute": "disk_encryption_set_id"}],
	"azurerm_managed_disk": [{"attribute": "disk_encryption_set_id"}],
	"azurerm_postgresql_flexible_server": [{"block": "customer_managed_key", "attribute": "key_vault_key_id"}],
	"azurerm_storage_account": [{"block": "customer_managed_key", "attribute": "key_vault_key_id"}],
	"azurerm_windows_virtual_machine": [{"block": "os_disk", "attribute": "disk_encryption_set_id"}],
	"azurerm_windows_virtual_machine_scale_set": [{"block": "os_disk", "attribute": "disk_encryption_set_id"}],
}

# A key that a resource of its own names for the kind.
beside := {"azurerm_storage_account": {
	"kind": "azurerm_storage_account_customer_managed_key",
	"attribute": "storage_account_id",
}}

# The second layer of encryption, asked for together with keys of one's own.
strict := {"azurerm_storage_account": [{
	"reason": "not_encrypted_twice",
	"attribute": "infrastructure_encryption_enabled",
	"good": [true],
	"absent": "bad",
}]}
