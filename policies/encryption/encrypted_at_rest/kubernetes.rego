package encryption.encrypted_at_rest.kubernetes

import data.lib.node_disk
import data.lib.reach

deny contains {"reason": "storage_open", "facts": {"why": way.why}, "at": way.at, "path": way.path} if {
	some way in reach.open(ways)
}

deny contains {"reason": "own_key_missing", "facts": {}, "at": way.at, "path": way.path} if {
	some way in keyed_by_others
	way.customer_key == false
}

deny contains {"reason": "node_disk_open", "facts": found.facts, "path": found.path} if {
	false in node_disk.encrypted(data.environment)
	some found in scratch
}

undetermined contains {"reason": "storage_unknown", "facts": {"why": way.why}, "at": way.at, "path": way.path} if {
	some way in reach.unknown(ways)
}

undetermined contains {"reason": "own_key_unknown", "facts": {}, "at": way.at, "path": way.path} if {
	some way in keyed_by_others
	not is_boolean(way.customer_key)
}

undetermined contains {"reason": "node_disk_unknown", "facts": found.facts, "path": found.path} if {
	node_disk.encrypted(data.environment) == set()
	some found in scratch
}

undetermined contains {"reason": "field_unknown", "facts": gap.facts, "path": gap.path} if {
	input.scope != "exempt"
	some gap in node_disk.gaps(input.pod)
}

applies if ways != []

applies if scratch != []

# Exempt namespaces hold no health data.
ways := [way | input.scope != "exempt"; some way in reach.storage(input.address)]

scratch := [found | input.scope != "exempt"; some found in node_disk.scratch(input.pod)]

# What the provider encrypts with a key of its own or of the customer, where the profile wants the latter.
keyed_by_others := [way |
	input.parameters.require_customer_keys == true
	some way in ways
	way.answer == "closed"
	way.by != "attested"
]
