# Log classes and the stores that the description gives them, for one platform.
package lib.log_classes

import data.lib.field

stores(description) := field.elements(field.root(description, []), ["spec", "log_stores"])

holding(description, class) := [store |
	some store in stores(description)
	some name in field.elements(store, ["classes"])
	name.value == class
]

on_platform(description, class, platform) := [store |
	some store in holding(description, class)
	field.at(store, ["platform"]).value == platform
]

days(stores) := [stated |
	some store in stores
	stated := field.at(store, ["retention_days"]).value
	is_number(stated)
]

# Classes of the platform whose longest stated retention is too short.
short(description, platform, parameters) := [{"facts": facts, "path": ["spec", "log_stores"]} |
	some class in parameters.log_classes
	stated := days(on_platform(description, class, platform))
	stated != []
	longest := max(stated)
	longest < parameters.retention_days
	facts := {"class": class, "days": longest, "retention_days": parameters.retention_days}
]

unknown(description, platform, parameters) := [{"facts": {"class": class, "why": why}, "path": ["spec"]} |
	some class in parameters.log_classes
	some why in doubts(description, class, platform)
]

doubts(description, class, platform) := array.concat(
	["spe.yaml names no store for it" | holding(description, class) == []],
	["spe.yaml states no retention for its store" |
		on_platform(description, class, platform) != []
		days(on_platform(description, class, platform)) == []
	],
)

# Whether a store that the description names keeps a class long enough, on whatever platform.
kept(environment, class, retention_days) if {
	some description in object.get(environment, ["speguard/Environment", ""], {})
	some stated in days(holding(description, class))
	stated >= retention_days
}

assigned(description, class, platform) if on_platform(description, class, platform) != []
