# Whether an Azure resource names a key of one's own, in itself or in a resource beside it.
package lib.azure_keys

import data.lib.azure
import data.lib.azure_encryption as encryption
import data.lib.azure_partners as partners

# {reason, attribute, path} of every place that could name a key and does not.
missing(resource) := [{"reason": reason(resource), "attribute": key.attribute, "path": reading.path} |
	some key in object.get(encryption.keys, resource.type, [])
	some reading in azure.readings(resource.values, key)
	none(reading.value)
	count(beside(resource)) == 0
	count(perhaps_beside(resource)) == 0
]

reason(resource) := "no_key_beside" if encryption.beside[resource.type]

reason(resource) := "provider_key" if not encryption.beside[resource.type]

# {attribute, path, why} of every place where that cannot be told.
doubts(resource) := [{"attribute": key.attribute, "path": reading.path, "why": why} |
	some key in object.get(encryption.keys, resource.type, [])
	some reading in azure.readings(resource.values, key)
	why := doubt(resource, reading.value)
]

doubt(_, value) := azure.why(value) if {
	value != true
	not none(value)
	not partners.holds(value)
}

doubt(resource, value) := "a key for something unknown may be for this" if {
	none(value)
	count(beside(resource)) == 0
	count(perhaps_beside(resource)) > 0
}

none(value) if value in {null, false, ""}

beside(resource) := [partner |
	table := encryption.beside[resource.type]
	some partner in partners.pointing(table.kind, table.attribute, resource)
]

perhaps_beside(resource) := [partner |
	table := encryption.beside[resource.type]
	some partner in partners.perhaps(table.kind, table.attribute, resource)
]
