# Whether a network security group denies by default, in each direction.
package lib.azure_default_deny

import data.lib.azure_security_rules as rules

directions := ["Inbound", "Outbound"]

# The peer that must be any address for a rule to concern everybody.
peer := {"Inbound": "source", "Outbound": "destination"}

# Directions without a rule that denies everything, and nothing unread that could be one.
open(group) := [direction |
	some direction in directions
	count(denials(group, direction)) == 0
	count(doubts(group)) == 0
]

denials(group, direction) := [rule |
	some rule in rules.of(group)
	rules.says(rule, "direction", direction)
	rules.says(rule, "access", "Deny")
	rules.says(rule, "protocol", "*")
	rules.any_peer(rule, "source")
	rules.any_peer(rule, "destination")
	rules.all_ports(rule)
	is_number(rule.value.priority)
]

# Rules that let everybody in or out before a denial is reached: {rule, direction}.
cancelling(group) := [{"rule": rule, "direction": direction} |
	some direction in directions
	least := min([denial.value.priority | some denial in denials(group, direction)])
	some rule in rules.of(group)
	lets_everybody(rule, direction)
	rule.value.priority < least
]

lets_everybody(rule, direction) if {
	rules.says(rule, "direction", direction)
	rules.says(rule, "access", "Allow")
	rules.any_peer(rule, peer[direction])
}

# A rule that may not be there weighs only if it could deny everything, or let everybody in or out.
could_decide(rule) if not rules.says(rule, "access", "Allow")

could_decide(rule) if count(rules.unread(rule)) > 0

could_decide(rule) if {
	some direction in directions
	lets_everybody(rule, direction)
}

# Why it cannot be told: {why, path, at?}.
doubts(group) := array.concat(
	[{"why": "its rules stand partly in the group and partly beside it", "path": ["values"]} | rules.is_split(group)],
	array.concat(
		[object.union(place, {"why": why}) |
			some rule in rules.of(group)
			some why in rules.unread(rule)
			place := object.remove(rule, ["value"])
		],
		[{"why": "a rule in sight may belong to it", "path": ["values"]} |
			some rule in rules.perhaps(group)
			could_decide({"value": object.get(rule, "values", rule)})
		],
	),
)
