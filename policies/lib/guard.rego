# What lets something past speguard's own admission webhooks, by reason: each a list of {facts, path}.
package lib.guard

import data.lib.field
import data.lib.unread

# The webhooks that must refuse when they cannot be asked; the one for other namespaces may let through.
must_refuse := {"project", "namespace", "cluster"}

breaches(configuration) := {
	"guard_lets_through": [about(webhook, policy) |
		some webhook in webhooks(configuration)
		policy := field.at(webhook, ["failurePolicy"])
		is_string(policy.value)
		policy.value != "Fail"
	],
	"guard_exempts": [about(webhook, part) |
		some webhook in webhooks(configuration)
		some part in exemptions(webhook)
	],
}

webhooks(configuration) := [webhook |
	some webhook in field.elements(field.root(configuration, []), ["webhooks"])
	name := field.at(webhook, ["name"]).value
	is_string(name)
	split(name, ".")[0] in must_refuse
]

exemptions(webhook) := array.concat(
	[selector |
		some keys in [["objectSelector"], ["namespaceSelector", "matchLabels"]]
		selector := field.at(webhook, keys)
		field.is_map(selector.value)
		selector.value != {}
	],
	[expression |
		some expression in field.elements(webhook, ["namespaceSelector", "matchExpressions"])
		not keeps_projects(expression.value)
	],
)

# Exempt namespaces are named by the label that nobody can set by hand.
keeps_projects(expression) if expression.key == "kubernetes.io/metadata.name"

keeps_projects(expression) if expression.operator == "Exists"

about(webhook, part) := {"facts": {"webhook": field.text(webhook, ["name"])}, "path": part.edit}

# Conditions are CEL, which is not read: they may let a project's objects past.
gaps(configuration) := [gap |
	body := field.root(configuration, [])
	some list in [
		unread.gaps([body], [[["webhooks"], "list"]]),
		unread.gaps(field.elements(body, ["webhooks"]), [[["name"], "text"]]),
		unread.gaps(webhooks(configuration), of_webhook),
		[conditional | some webhook in webhooks(configuration); some conditional in conditions(webhook)],
	]
	some gap in list
]

of_webhook := [
	[["failurePolicy"], "text"], [["objectSelector"], "map"],
	[["namespaceSelector", "matchLabels"], "map"], [["namespaceSelector", "matchExpressions"], "list"],
]

conditions(webhook) := [{"facts": {"field": "matchConditions", "why": "CEL is not read"}, "path": place.path} |
	place := field.at(webhook, ["matchConditions"])
	not place.value in [null, []]
]
