# Whether what lies in an Azure storage account cannot be changed or deleted before its time.
#
# Either the account is locked as a whole, or each container that Azure Monitor writes logs to is
# (they are called insights-logs-<category>).
package lib.azure_immutability

import data.lib.azure
import data.lib.azure_partners as partners

policies := "azurerm_storage_container_immutability_policy"

state := {"block": "immutability_policy", "attribute": "state", "good": ["Locked"], "absent": "bad"}

period := {"block": "immutability_policy", "attribute": "period_since_creation_in_days", "good": [0], "absent": "bad"}

locked(account, least) if {
	some reading in azure.readings(account.values, state)
	reading.value == "Locked"
	some days in account_days(account)
	days >= least
}

locked(account, least) if {
	containers := log_containers(account)
	count(containers) > 0
	every container in containers { some policy in of_container(container); locks(policy, least)}
}

locks(policy, least) if {
	azure.plain(policy.values.locked) == true
	is_number(policy.values.immutability_period_in_days)
	policy.values.immutability_period_in_days >= least
}

# How long the account is locked as a whole.
account_days(account) := [reading.value |
	some reading in azure.readings(account.values, period)
	is_number(reading.value)
]

too_short(account, least) := [days |
	some reading in azure.readings(account.values, state)
	reading.value == "Locked"
	some days in account_days(account)
	days < least
]

# {path, why} of what keeps from telling.
doubts(account) := array.concat(
	[{"path": reading.path, "why": azure.why(reading.value)} |
		some setting in [state, period]
		some reading in azure.readings(account.values, setting)
		azure.unsure(reading.value, setting)
	],
	[{"path": ["values"], "why": why} | some why in container_doubts(account)],
)

container_doubts(account) := {azure.why(value) |
	some container in log_containers(account)
	some policy in array.concat(of_container(container), perhaps_of_container(container))
	some value in [partners.read(policy, "locked"), partners.read(policy, "immutability_period_in_days")]
	value != null
	not is_boolean(value)
	not is_number(value)
} | {"an immutability policy in sight points at something unknown" |
	some container in log_containers(account)
	count(perhaps_of_container(container)) > 0
}

log_containers(account) := [container |
	some attribute in ["storage_account_id", "storage_account_name"]
	some container in partners.pointing("azurerm_storage_container", attribute, account)
	startswith(text(partners.read(container, "name")), "insights-logs-")
]

text(value) := value if is_string(value)

text(value) := "" if not is_string(value)

of_container(container) := partners.pointing(policies, "storage_container_resource_manager_id", container)

perhaps_of_container(container) := partners.perhaps(policies, "storage_container_resource_manager_id", container)
