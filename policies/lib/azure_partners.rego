# Which of Azure's Terraform resources point at which.
package lib.azure_partners

import data.lib.azure
import data.lib.known

# Every resource of a kind in sight.
of(kind) := [resource | some resource in data.environment[kind][""]]

# Whether a pointer is for certain, or only perhaps, the resource: by reference, or by the id of a plan.
points(value, resource) if {
	known.refers(value, resource.address)
	not value["$any"]
}

points(value, resource) if {
	is_string(value)
	is_string(resource.values.id)
	lower(value) == lower(resource.values.id)
}

may_point(value, resource) if {
	known.refers(value, resource.address)
	value["$any"]
}

may_point(value, _) if {
	known.is_unknown(value)
	count(object.get(value, "$refers", [])) == 0
}

# Partners of a kind whose attribute points at the resource, and those of which that cannot be told.
pointing(kind, attribute, resource) := [partner |
	some partner in of(kind)
	points(read(partner, attribute), resource)
]

perhaps(kind, attribute, resource) := [partner |
	some partner in of(kind)
	may_point(read(partner, attribute), resource)
]

# A top attribute of a whole resource; an unknown where the body is one (defined twice).
read(resource, attribute) := azure.reading(object.get(resource, "values", resource), attribute, []).value

# Whether an attribute holds something: a text, or a value taken from some resource.
holds(value) if {
	is_string(value)
	value != ""
}

holds(value) if {
	is_object(value)
	count(object.get(value, "$refers", [])) > 0
	not value["$any"]
}

# The partner by its address, where it is in sight.
named(kind, value) := [partner | some partner in of(kind); points(value, partner)]
