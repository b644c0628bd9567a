# What keeps connections to each kind of Azure resource encrypted, and from which TLS version on.
# Source: the azurerm provider's documentation of each kind (3.x to 5.x).
package lib.azure_transport

import data.lib.azure

# Settings that let unencrypted connections in. `absent`: what leaving it out means.
settings := object.union(object.union(by_kind, web_apps), old_protocols)

by_kind := {
	"azurerm_app_service": [only("https_only", [true], "bad"), ftp("bad")],
	"azurerm_app_service_slot": [only("https_only", [true], "bad"), ftp("bad")],
	"azurerm_function_app": [only("https_only", [true], "bad"), ftp("bad")],
	"azurerm_logic_app_standard": [only("https_only", [true], "bad")],
	"azurerm_mariadb_server": [only("ssl_enforcement_enabled", [true], "bad")],
	"azurerm_mysql_server": [only("ssl_enforcement_enabled", [true], "bad")],
	"azurerm_postgresql_server": [only("ssl_enforcement_enabled", [true], "bad")],
	"azurerm_redis_cache": [only("non_ssl_port_enabled", [false], "good")],
	"azurerm_storage_account": [only("https_traffic_only_enabled", [true], "good")],
}

web_apps := {kind: [only("https_only", [true], "bad"), ftp("good")] | some kind in web_app_kinds}

# Old versions that an API gateway can be told to speak.
old_protocols := {"azurerm_api_management": [setting |
	some side in ["frontend", "backend"]
	some protocol in ["ssl30", "tls10", "tls11"]
	setting := {
		"block": "security",
		"attribute": concat("_", [side, protocol, "enabled"]),
		"good": [false],
		"absent": "good",
		"reason": "old_protocol_on",
	}
]}

web_app_kinds := [
	"azurerm_linux_function_app", "azurerm_linux_function_app_slot",
	"azurerm_linux_web_app", "azurerm_linux_web_app_slot",
	"azurerm_windows_function_app", "azurerm_windows_function_app_slot",
	"azurerm_windows_web_app", "azurerm_windows_web_app_slot",
]

only(attribute, good, absent) := {
	"attribute": attribute,
	"good": good,
	"absent": absent,
	"reason": "plaintext_allowed",
}

ftp(absent) := {
	"block": "site_config",
	"attribute": "ftps_state",
	"good": ["FtpsOnly", "Disabled"],
	"absent": absent,
	"reason": "plaintext_allowed",
}

# Where the lowest TLS version stands. Left out, it is 1.2 unless `absent` says otherwise.
versions := object.union(version_by_kind, {kind: [app_version("minimum_tls_version")] | some kind in web_app_kinds})

version_by_kind := {
	"azurerm_app_service": [app_version("min_tls_version")],
	"azurerm_app_service_slot": [app_version("min_tls_version")],
	"azurerm_cosmosdb_account": [version("minimal_tls_version", "unknown")],
	"azurerm_eventhub_namespace": [version("minimum_tls_version", "good")],
	"azurerm_function_app": [app_version("min_tls_version")],
	"azurerm_logic_app_standard": [app_version("min_tls_version")],
	"azurerm_mariadb_server": [version("ssl_minimal_tls_version_enforced", "good")],
	"azurerm_mssql_server": [version("minimum_tls_version", "good")],
	"azurerm_mysql_server": [version("ssl_minimal_tls_version_enforced", "good")],
	"azurerm_postgresql_server": [version("ssl_minimal_tls_version_enforced", "good")],
	"azurerm_redis_cache": [version("minimum_tls_version", "unknown")],
	"azurerm_servicebus_namespace": [version("minimum_tls_version", "good")],
	"azurerm_storage_account": [version("min_tls_version", "good")],
}

version(attribute, absent) := {"attribute": attribute, "absent": absent}

app_version(attribute) := {"block": "site_config", "attribute": attribute, "absent": "good"}

# {value, path, attribute} of every place that states or implies the lowest version.
stated(resource) := [object.union(reading, {"attribute": setting.attribute, "absent": setting.absent}) |
	some setting in object.get(versions, resource.type, [])
	some reading in azure.readings(resource.values, setting)
]

broken(resource) := [{"attribute": setting.attribute, "path": reading.path, "reason": setting.reason} |
	some setting in object.get(settings, resource.type, [])
	some reading in azure.readings(resource.values, setting)
	azure.bad(reading.value, setting)
]

doubts(resource) := [{"attribute": setting.attribute, "why": azure.why(reading.value), "path": reading.path} |
	some setting in object.get(settings, resource.type, [])
	some reading in azure.readings(resource.values, setting)
	azure.unsure(reading.value, setting)
]
