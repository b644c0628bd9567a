# What a binding gives to those whom the platform does not name, by reason: each a list of {facts, at, path}.
package lib.bound_roles

import data.lib.bindings
import data.lib.rights

breaches(address, binding, environment, parameters) := object.union(
	{
		"administrator": [{"facts": {"subjects": who}, "at": address, "path": ["roleRef"]} |
			some who in given_to(address, binding, parameters)
			bindings.role_name(binding) in bindings.everything
		],
		"wide_role": [{"facts": {"subjects": who, "role": role}, "at": address, "path": ["roleRef"]} |
			some who in given_to(address, binding, parameters)
			role := bindings.role_name(binding)
			role in bindings.much
		],
	},
	{reason: [{"facts": object.union(found.facts, {"subjects": who}), "at": at, "path": found.path} |
		some who in given_to(address, binding, parameters)
		some found in places
	] |
		at := bindings.role_address(binding, address[1])
		some body in in_sight(address, binding, environment)
		some reason, places in rights.excess(body)
	},
)

unknowns(address, binding, environment, parameters) := {
	"role_absent": [{"facts": {"role": role}, "at": address, "path": ["roleRef"]} |
		given_to(address, binding, parameters) != []
		role := bindings.role_name(binding)
		not role in bindings.of_the_api_server
		in_sight(address, binding, environment) == []
	],
	"role_gathered": [{"facts": {"role": bindings.role_name(binding)}, "at": address, "path": ["roleRef"]} |
		given_to(address, binding, parameters) != []
		some body in in_sight(address, binding, environment)
		body.aggregationRule
	],
	"field_unknown": array.concat(
		[object.union(gap, {"at": address}) | some gap in bindings.gaps(binding)],
		[object.union(gap, {"at": bindings.role_address(binding, address[1])}) |
			given_to(address, binding, parameters) != []
			some body in in_sight(address, binding, environment)
			some gap in rights.gaps(body)
		],
	),
}

# The names of those who get the role, in one text; none where all of them are the platform's.
given_to(address, binding, parameters) := [bindings.shown(outsiders) |
	outsiders := bindings.outsiders(binding, address[1], parameters)
	outsiders != []
]

# The role's body, where it is in sight and the API server has not made it.
in_sight(address, binding, environment) := [body |
	not bindings.role_name(binding) in bindings.of_the_api_server
	body := object.get(environment, bindings.role_address(binding, address[1]), null)
	body != null
]
