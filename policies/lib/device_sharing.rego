# Configurations of the device plugin that let pods use one graphics card at a time without memory of their own.
# Partitions (MIG) are apart, and no sharing. Source: the NVIDIA device plugin's documentation, "Shared access to GPUs".
package lib.device_sharing

import data.lib.field

kind := "ConfigMap"

# Entries of a ConfigMap that say so: places.
shared(object, address) := [entry |
	address[0] == kind
	some entry in field.entries(field.root(object, []), ["data"])
	is_string(entry.value)
	regex.match(`(?m)^\s*(timeSlicing|mps)\s*:`, entry.value)
]
