# Fields of bodies that may hold unknowns. A place is {value, path, edit}: what stands there (null = nothing), where
# it stands, and the narrowest part of that path that exists: what a finding points to.
package lib.field

import data.lib.known

# The body a path starts from.
root(value, path) := {"value": value, "path": path, "edit": path}

# The place under keys. Where something on the way cannot be read, what hides it is the value.
at(from, keys) := {
	"value": value(from.value, keys),
	"path": array.concat(from.path, keys),
	"edit": array.concat(from.path, array.slice(keys, 0, depth(from.value, keys))),
}

value(body, keys) := body if keys == []

value(body, keys) := object.get(body, keys, null) if {
	keys != []
	is_object(body)
	hidden(body, keys) == []
}

value(body, keys) := null if {
	keys != []
	not is_object(body)
	hidden(body, keys) == []
}

value(body, keys) := hidden(body, keys)[0] if hidden(body, keys) != []

# What hides the value under keys: parts on the way to it that are not maps.
hidden(body, keys) := [obscured(part) |
	some part in parts(body, keys)
	part != null
	not is_map(part)
]

parts(body, keys) := array.concat([body | keys != []], [part |
	is_object(body)
	some i, _ in keys
	i > 0
	part := object.get(body, array.slice(keys, 0, i), null)
])

is_map(part) if {
	is_object(part)
	not known.is_unknown(part)
}

obscured(part) := part if known.is_unknown(part)

obscured(part) := {"$unknown": "not of the expected type"} if not known.is_unknown(part)

# How many of the keys lead to something.
depth(body, keys) := max(array.concat([0], [end |
	is_object(body)
	some i, _ in keys
	end := i + 1
	object.get(body, array.slice(keys, 0, end), null) != null
]))

# The places of a list's elements; none where there is no list.
elements(from, keys) := [root(element, array.concat(place.path, [i])) |
	place := at(from, keys)
	is_array(place.value)
	some i, element in place.value
]

# The places of a map's values; none where there is no map.
entries(from, keys) := [root(entry, array.concat(place.path, [key])) |
	place := at(from, keys)
	is_map(place.value)
	some key, entry in place.value
]

# A text under keys, for the words of a finding. Total.
text(from, keys) := found if {
	found := at(from, keys).value
	is_string(found)
}

text(from, keys) := "without a name" if not is_string(at(from, keys).value)

# The last key of a path, as words name it.
name(path) := concat("", array.slice(keys, count(keys) - 1, count(keys))) if {
	keys := [key | some key in path; is_string(key)]
	count(keys) > 0
}

name(path) := "the resource" if {
	every key in path { not is_string(key) }
}
