package hardening.workload_tokens_restricted.kubernetes

import data.lib.accounts
import data.lib.tokens

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	input.scope == "project"
	some reason, places in tokens.breaches(input.pod, input.address[1], data.environment)
	some found in places
}

deny contains {"reason": reason, "facts": found.facts, "path": found.path} if {
	input.scope == "project"
	some reason, places in accounts.breaches(input.resource, input.address, input.parameters)
	some found in places
}

undetermined contains {"reason": "account_absent", "facts": found.facts, "path": found.path} if {
	input.scope == "project"
	some found in tokens.absent_accounts(input.pod, input.address[1], data.environment)
}

undetermined contains {"reason": "cloud_role_unread", "facts": found.facts, "path": found.path} if {
	input.scope == "project"
	some found in accounts.cloud_roles(input.resource, input.address[0])
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	input.scope == "project"
	some gap in tokens.gaps(input.pod, input.address[1], data.environment)
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	input.scope == "project"
	some gap in accounts.gaps(input.resource, input.address[0])
}

undetermined contains {"reason": "scope_unknown", "facts": {}, "path": ["metadata"]} if input.scope == "unknown"

applies if input.scope == "project"
