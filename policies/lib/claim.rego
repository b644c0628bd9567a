# The class of a claim, and whether what it gives is encrypted.
package lib.claim

import data.lib.field
import data.lib.storage_class

classes(environment) := object.get(environment, ["storage.k8s.io/StorageClass", ""], {})

default_marks := [
	"storageclass.kubernetes.io/is-default-class",
	"storageclass.beta.kubernetes.io/is-default-class",
]

defaults(environment) := {name |
	some name, class in classes(environment)
	some mark in default_marks
	field.value(class, ["metadata", "annotations", mark]) == "true"
}

# Names of the classes that a claim's spec leads to: its own, else the default ones.
leads_to(spec, _) := {own} if {
	own := field.at(spec, ["storageClassName"]).value
	is_string(own)
	own != ""
}

leads_to(spec, environment) := defaults(environment) if field.at(spec, ["storageClassName"]).value == null

leads_to(spec, _) := set() if {
	own := field.at(spec, ["storageClassName"]).value
	own != null
	not named(own)
}

named(own) if {
	is_string(own)
	own != ""
}

# About the spec of a claim: the class that does not encrypt, with its place.
open(spec, environment, attested) := [{"facts": {"class": name}, "path": place.edit} |
	place := field.at(spec, ["storageClassName"])
	found := leads_to(spec, environment)
	count(found) == 1
	some name in found
	storage_class.open(name, classes(environment)[name], attested)
]

# What cannot be told of the spec of a claim: {facts, path}.
unknown(spec, environment, attested) := [{"facts": {"why": why}, "path": place.edit} |
	place := field.at(spec, ["storageClassName"])
	some why in doubts(spec, environment, attested)
]

doubts(spec, environment, attested) := {why |
	found := leads_to(spec, environment)
	some why in array.concat(
		array.concat(
			["no class is stated, and no default class is in sight" | silent(spec); found == set()],
			["no class is stated, and more than one is the default" | count(found) > 1],
		),
		array.concat(
			[concat(" ", ["the class", name, "is not in sight"]) | some name in unseen(found, environment, attested)],
			[concat(" ", ["it is not read how the class", name, "encrypts"]) |
				some name in undecided(found, environment, attested)
			],
		),
	)
} | static(spec, environment)

# A claim with the empty class takes a volume that was made by hand; one in sight is judged itself.
static(spec, environment) := {why |
	field.at(spec, ["storageClassName"]).value == ""
	name := field.text(spec, ["volumeName"])
	not object.get(environment, ["PersistentVolume", ""], {})[name]
	why := "it takes a volume made by hand that is not in sight"
}

silent(spec) if field.at(spec, ["storageClassName"]).value == null

unseen(found, environment, attested) := {name |
	some name in found
	not name in attested
	not classes(environment)[name]
}

undecided(found, environment, attested) := {name |
	some name in found
	count(found) == 1
	class := classes(environment)[name]
	not storage_class.encrypted(name, class, attested)
	not storage_class.open(name, class, attested)
}
