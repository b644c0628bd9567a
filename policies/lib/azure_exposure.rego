# The switch that gives each kind of Azure resource a public endpoint, and what closes it. Left out, Azure opens it.
# Source: the azurerm provider's documentation of each kind (4.x and 5.x).
package lib.azure_exposure

settings := object.union(object.union(by_public_access, by_public_network), others)

# `public_network_access_enabled`, true where it is not set.
by_public_access := {kind: [off("public_network_access_enabled")] | some kind in [
	"azurerm_automation_account", "azurerm_cognitive_account", "azurerm_container_registry",
	"azurerm_cosmosdb_account", "azurerm_eventgrid_domain", "azurerm_eventgrid_topic", "azurerm_eventhub_namespace",
	"azurerm_key_vault", "azurerm_key_vault_managed_hardware_security_module", "azurerm_kusto_cluster",
	"azurerm_linux_function_app", "azurerm_linux_function_app_slot", "azurerm_linux_web_app",
	"azurerm_linux_web_app_slot", "azurerm_machine_learning_workspace", "azurerm_mariadb_server",
	"azurerm_mssql_server", "azurerm_mysql_server", "azurerm_postgresql_server", "azurerm_recovery_services_vault",
	"azurerm_redis_cache", "azurerm_search_service", "azurerm_servicebus_namespace", "azurerm_synapse_workspace",
	"azurerm_windows_function_app", "azurerm_windows_function_app_slot", "azurerm_windows_web_app",
	"azurerm_windows_web_app_slot",
]}

by_public_network := {
	"azurerm_app_configuration": [says("public_network_access", ["Disabled"], "bad")],
	"azurerm_data_factory": [off("public_network_enabled")],
	"azurerm_logic_app_standard": [says("public_network_access", ["Disabled"], "bad")],
	"azurerm_mysql_flexible_server": [says("public_network_access", ["Disabled"], "bad")],
	"azurerm_postgresql_flexible_server": [off("public_network_access_enabled")],
	"azurerm_storage_sync": [says("incoming_traffic_policy", ["AllowVirtualNetworksOnly"], "bad")],
}

others := {
	"azurerm_kubernetes_cluster": [says("private_cluster_enabled", [true], "bad")],
	"azurerm_databricks_workspace": [off("public_network_access_enabled"), {
		"reason": "nodes_public",
		"block": "custom_parameters",
		"attribute": "no_public_ip",
		"good": [true],
		"absent": "unknown",
	}],
	# Public items are on where not set up to provider 4, and off from 5 (azurerm 5.0 upgrade guide).
	"azurerm_storage_account": [off("public_network_access_enabled"), {
		"reason": "containers_can_be_opened",
		"attribute": "allow_nested_items_to_be_public",
		"good": [false],
		"absent": "unknown",
	}],
	"azurerm_storage_container": [{
		"reason": "readable_by_everyone",
		"attribute": "container_access_type",
		"good": ["private"],
		"absent": "good",
	}],
}

off(attribute) := says(attribute, [false], "bad")

says(attribute, good, absent) := {
	"reason": "public_endpoint",
	"attribute": attribute,
	"good": good,
	"absent": absent,
}
