# Which log categories show access to each kind of Azure resource, and what the sinks of its logs keep.
#
# Ways come from data.reach.logs: {answer, to, sink, categories, unread?, days | for_ever | days_unknown, tables?, at,
# path}; src/reach/logs gives their shape.
package lib.azure_logs

# Every list must be covered by one of its categories. A category group stands for all of them.
# Source: Azure Monitor's list of log categories by resource type.
required := {
	"azurerm_bastion_host": [["BastionAuditLogs"]],
	"azurerm_cosmosdb_account": [["DataPlaneRequests"]],
	"azurerm_firewall": [
		["AZFWNetworkRule", "AzureFirewallNetworkRule"],
		["AZFWApplicationRule", "AzureFirewallApplicationRule"],
	],
	"azurerm_key_vault": [["AuditEvent"]],
	"azurerm_key_vault_managed_hardware_security_module": [["AuditEvent"]],
	"azurerm_kubernetes_cluster": [["kube-audit", "kube-audit-admin"], ["guard"], ["kube-apiserver"]],
	"azurerm_monitor_aad_diagnostic_setting": [
		["SignInLogs"], ["NonInteractiveUserSignInLogs"],
		["ServicePrincipalSignInLogs"], ["AuditLogs"],
	],
	"azurerm_mssql_database": [["SQLSecurityAuditEvents"]],
	"azurerm_mssql_server": [["SQLSecurityAuditEvents"]],
	"azurerm_mysql_flexible_server": [["MySqlAuditLogs"]],
	"azurerm_postgresql_flexible_server": [["PostgreSQLLogs"]],
	"azurerm_storage_account": [["StorageRead"], ["StorageWrite"], ["StorageDelete"]],
	"azurerm_virtual_desktop_host_pool": [["Connection"]],
	"azurerm_virtual_desktop_workspace": [["Management"]],
}

# The workspace table that a category is kept in, where it has one of its own.
tables := {
	"AZFWApplicationRule": "AZFWApplicationRule", "AZFWNetworkRule": "AZFWNetworkRule",
	"AuditEvent": "AZKVAuditLogs", "AuditLogs": "AuditLogs", "BastionAuditLogs": "MicrosoftAzureBastionAuditLogs",
	"Connection": "WVDConnections", "DataPlaneRequests": "CDBDataPlaneRequests", "Management": "WVDManagement",
	"MySqlAuditLogs": "AzureDiagnostics", "NonInteractiveUserSignInLogs": "AADNonInteractiveUserSignInLogs",
	"PostgreSQLLogs": "PGSQLServerLogs", "SQLSecurityAuditEvents": "AzureDiagnostics",
	"ServicePrincipalSignInLogs": "AADServicePrincipalSignInLogs", "SignInLogs": "SigninLogs",
	"StorageDelete": "StorageBlobLogs", "StorageRead": "StorageBlobLogs", "StorageWrite": "StorageBlobLogs",
	"guard": "AKSControlPlane", "kube-apiserver": "AKSControlPlane", "kube-audit": "AKSAudit",
	"kube-audit-admin": "AKSAuditAdmin",
}

groups := {"allLogs", "audit"}

# The ways of a resource's logs that take one of the wanted categories; any way where none is named.
taking(ways, wanted) := [way | some way in ways; way.answer == "open"; takes(way, wanted)]

takes(way, wanted) if {
	some category in way.categories
	category in groups
	count(wanted) > 0
}

takes(way, wanted) if {
	some category in way.categories
	category in wanted
}

takes(_, wanted) if count(wanted) == 0

# How many days a way keeps the wanted categories; kept for ever is more than any number.
days(way, _) := 1000000 if way.for_ever

days(way, wanted) := kept if {
	not way.for_ever
	overriding(way, wanted)
	kept := min(overriding_days(way, wanted))
}

days(way, wanted) := way.days if {
	not way.for_ever
	not overriding(way, wanted)
}

overriding(way, wanted) if count(overriding_days(way, wanted)) > 0

overriding_days(way, wanted) := [kept |
	some category in wanted
	kept := way.tables[tables[category]]
	is_number(kept)
]

enough(ways, wanted, least) if {
	some way in taking(ways, wanted)
	days(way, wanted) >= least
}

# Why it cannot be told whether some way keeps the wanted categories long enough: {why, at, path}.
doubts(ways, wanted) := array.concat(
	[object.union(place(way), {"why": why}) | some way in taking(ways, wanted); why := way.days_unknown],
	array.concat(
		[object.union(place(way), {"why": way.unread}) | some way in ways; way.unread],
		[object.union(place(way), {"why": way.why}) | some way in ways; way.answer == "unknown"],
	),
)

place(way) := {"at": way.at, "path": way.path}
