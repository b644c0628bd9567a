# Whether a PersistentVolume is encrypted, by its source.
package lib.volume

import data.lib.field
import data.lib.storage_class

# Sources that hold data as it comes.
never := ["nfs", "hostPath", "iscsi", "local"]

# Sources whose platform encrypts every disk.
by_platform := ["azureDisk", "azureFile", "gcePersistentDisk"]

source(volume, name) := field.at(field.root(volume, []), ["spec", name])

open(volume, attested) := [{"facts": {"source": name}, "path": place.edit} |
	not attests(volume, attested)
	some name in never
	place := source(volume, name)
	field.is_map(place.value)
]

attests(volume, attested) if field.value(volume, ["spec", "storageClassName"]) in attested

encrypted(volume, attested) if attests(volume, attested)

encrypted(volume, _) if {
	some name in by_platform
	field.is_map(source(volume, name).value)
}

encrypted(volume, _) if field.value(volume, ["spec", "csi", "driver"]) in storage_class.by_platform

undecided(volume, attested) if {
	open(volume, attested) == []
	not encrypted(volume, attested)
}
