# Which volumes of a node's own disk a claim takes, or may take: names of PersistentVolumes.
package lib.node_volumes

import data.lib.field

# A volume and a claim are tied by either one's name for the other.
bound(address, claim, environment) := {name |
	some name in on_node(environment)
	tied(address, claim, name, volumes(environment)[name])
}

# A claim of a node volume's class takes it where nothing else is said; a volume out of sight may be anything.
possible(address, claim, environment) := ({name |
	some name in on_node(environment)
	not tied(address, claim, name, volumes(environment)[name])
	field.value(claim, ["spec", "volumeName"]) == null
	field.value(volumes(environment)[name], ["spec", "claimRef"]) == null
	class := field.value(claim, ["spec", "storageClassName"])
	is_string(class)
	class == field.value(volumes(environment)[name], ["spec", "storageClassName"])
} | {name |
	some name in [field.value(claim, ["spec", "volumeName"])]
	is_string(name)
	not volumes(environment)[name]
}) | {name |
	some name, volume in volumes(environment)
	tied(address, claim, name, volume)
	some source in ["hostPath", "local"]
	stated := field.value(volume, ["spec", source])
	stated != null
	not field.is_map(stated)
}

volumes(environment) := object.get(environment, ["PersistentVolume", ""], {})

on_node(environment) := {name |
	some name, volume in volumes(environment)
	some source in ["hostPath", "local"]
	field.is_map(field.value(volume, ["spec", source]))
}

tied(_, claim, name, _) if field.value(claim, ["spec", "volumeName"]) == name

tied(address, _, _, volume) if {
	field.value(volume, ["spec", "claimRef", "namespace"]) == address[1]
	field.value(volume, ["spec", "claimRef", "name"]) == address[2]
}
