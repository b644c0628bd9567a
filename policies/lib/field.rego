# Fields of bodies that may hold unknowns. A place is {value, path, edit}: what stands there (null = nothing), where
# it stands, and the narrowest part of that path that exists: what a finding points to.
package lib.field

import data.lib.known

# The body a path starts from.
root(value, path) := {"value": value, "path": path, "edit": path}

# The place under keys. Where something on the way cannot be read, what hides it is the value. The answers that nearly
# every question has come first, because a workload is asked hundreds: it stands there; the first key does not; the first
# does and the second does not.
at(from, keys) := {"value": found, "path": path, "edit": path} if {
	is_object(from.value)
	found := object.get(from.value, keys, null)
	found != null
	path := array.concat(from.path, keys)
} else := {"value": null, "path": array.concat(from.path, keys), "edit": from.path} if {
	is_object(from.value)
	not from.value["$unknown"]
	object.get(from.value, keys[0], null) == null
} else := {
	"value": null,
	"path": array.concat(from.path, keys),
	"edit": array.concat(from.path, [keys[0]]),
} if {
	is_object(from.value)
	first := from.value[keys[0]]
	is_object(first)
	not first["$unknown"]
	object.get(first, keys[1], null) == null
} else := {"value": from.value, "path": from.path, "edit": from.path} if {
	keys == []
} else := {
	"value": hidden(array.concat([from.value], way)),
	"path": array.concat(from.path, keys),
	"edit": array.concat(from.path, array.slice(keys, 0, count(way))),
} if {
	way := [part |
		is_object(from.value)
		some i, _ in keys
		part := object.get(from.value, array.slice(keys, 0, i + 1), null)
		part != null
	]
}

value(body, keys) := at(root(body, []), keys).value

# What hides a value: the first part on the way to it that is not a map; null where all are.
hidden(way) := found[0] if {
	found := [obscured(part) | some part in way; part != null; not is_map(part)]
	found != []
} else := null

is_map(part) if {
	is_object(part)
	not part["$unknown"]
}

obscured(part) := part if known.is_unknown(part)

obscured(part) := {"$unknown": "not of the expected type"} if not known.is_unknown(part)

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
