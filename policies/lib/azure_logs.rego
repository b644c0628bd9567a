# Which log categories show access to each kind of Azure resource, and what the sinks of its logs keep.
#
# Ways come from data.reach.logs: {answer, to, sink, categories, unread?, days | for_ever | days_unknown, tables?, at,
# path}; src/reach/logs gives their shape.
package lib.azure_logs

import data.lib.azure_log_tables as log_tables

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

groups := {"allLogs", "audit"}

# The ways of a resource's logs that take one of the wanted categories, or may; any way where none is named.
taking(ways, wanted) := [way | some way in ways; way.answer == "open"; may_take(way, wanted)]

may_take(way, wanted) if takes(way, wanted)

may_take(way, _) if way.unread

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
	kept := way.tables[log_tables.table(category)]
	is_number(kept)
]

enough(ways, wanted, least) if {
	some way in taking(ways, wanted)
	takes(way, wanted)
	days(way, wanted) >= least
}

# Why it cannot be told whether some way keeps the wanted categories long enough: {why, at, path}. What a way may
# take is no doubt where it keeps too little anyway.
doubts(ways, wanted, least) := [{"why": why, "at": way.at, "path": way.path} |
	some way in ways
	some why in doubt(way, wanted, least)
]

doubt(way, _, _) := {way.why} if way.answer == "unknown"

doubt(way, wanted, least) := days_doubt(way, wanted) | category_doubt(way, wanted, least) if way.answer == "open"

days_doubt(way, wanted) := {way.days_unknown | may_take(way, wanted)}

category_doubt(way, wanted, least) := {way.unread |
	not takes(way, wanted)
	days(way, wanted) >= least
}
