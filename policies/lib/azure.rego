# What the attributes of Azure's Terraform resources say.
#
# A reading is {value, path}; null = not set. Blocks are lists of objects, and an unknown stands anywhere.
package lib.azure

import data.lib.known

# What a setting {attribute, block?} says, once for every block that can hold it.
readings(values, setting) := [reading(values, setting.attribute, ["values"])] if not setting.block

readings(values, setting) := found if {
	there := blocks(values, setting.block)
	count(there) > 0
	found := [reading(b.value, setting.attribute, b.path) | some b in there]
}

readings(values, setting) := [{"value": null, "path": ["values"]}] if {
	setting.block
	count(blocks(values, setting.block)) == 0
}

# The blocks of a name. One that cannot be read stands there as an unknown.
blocks(values, name) := [{"value": b, "path": ["values", name, i]} | some i, b in values[name]] if {
	is_array(values[name])
}

blocks(values, name) := [] if {
	not known.is_unknown(values)
	object.get(values, name, null) == null
}

blocks(values, name) := [{"value": known_or_why(values, name), "path": ["values", name]}] if {
	not is_array(object.get(values, name, []))
	object.get(values, name, null) != null
}

blocks(values, _) := [{"value": values, "path": ["values"]}] if known.is_unknown(values)

known_or_why(values, name) := values[name] if known.is_unknown(values[name])

known_or_why(values, name) := {"$unknown": "not a list of blocks"} if not known.is_unknown(values[name])

reading(block, _, path) := {"value": block, "path": path} if known.is_unknown(block)

reading(block, attribute, path) := {"value": null, "path": path} if {
	not known.is_unknown(block)
	object.get(block, attribute, null) == null
}

reading(block, attribute, path) := {"value": plain(block[attribute]), "path": array.concat(path, [attribute])} if {
	not known.is_unknown(block)
	object.get(block, attribute, null) != null
}

# Terraform takes "true" for true.
plain(value) := lower(value) == "true" if value in {"true", "false", "True", "False"}

plain(value) := value if not value in {"true", "false", "True", "False"}

# Whether a value is not what a setting {good, absent} asks for, and is known not to be.
bad(value, setting) if {
	value == null
	setting.absent == "bad"
}

bad(value, setting) if {
	value != null
	not unsure(value, setting)
	not value in setting.good
}

# Whether it cannot be told: unknown, of another type, or left to a default that versions disagree on.
unsure(value, setting) if {
	value == null
	setting.absent == "unknown"
}

unsure(value, setting) if {
	value != null
	type_name(value) != type_name(setting.good[0])
}

why(value) := "it is not set, and the provider's default depends on its version" if value == null

why(value) := known.why(value) if value != null
