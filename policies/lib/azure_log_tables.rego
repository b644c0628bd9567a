# Tables of a Log Analytics workspace (Azure Monitor's reference of tables by category).
package lib.azure_log_tables

table(category) := tables[category]

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
