# The ways in from outside that the description names, among Kubernetes' own.
package lib.front_door

import data.lib.field

# Whether a door is this very object: by its address, its name, or the namespace it is in.
named(address, doors) if {
	some door in doors
	stands_for(door, address)
}

stands_for(door, address) if {
	door.resource in {concat("/", address), concat("/", [part | some part in address; part != ""])}
}

stands_for(door, address) if {
	door.namespace == address[1]
	address[1] != ""
}

stands_for(door, address) if {
	door.name == address[2]
	address[2] != ""
}

# The networks that an object is a door for; none where it is one for everybody.
networks(address, doors) := {network |
	some door in doors
	stands_for(door, address)
	some network in object.get(door, "networks", [])
}

# Whether a host name is a door's, maybe by a wildcard of one label.
host(name, doors) if {
	some door in doors
	is_string(name)
	lower(door.host) == lower(name)
}

host(name, doors) if {
	some door in doors
	is_string(name)
	startswith(door.host, "*.")
	not startswith(name, "*")
	parent(lower(name)) == lower(trim_prefix(door.host, "*."))
}

parent(name) := trim_prefix(name, concat("", [split(name, ".")[0], "."]))

# Whether an annotation makes the load balancer an internal one; given as `key=value`.
marked_internal(annotations, marks) if {
	some mark in marks
	[key, value] := split(mark, "=")
	stated := annotations[key]
	is_string(stated)
	lower(stated) == lower(value)
}

annotations(body, keys) := found if {
	found := field.value(body, keys)
	field.is_map(found)
}

annotations(body, keys) := {} if not field.is_map(field.value(body, keys))
