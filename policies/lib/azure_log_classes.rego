# Log classes that the description keeps on Azure. Only the Environment is asked about them.
package lib.azure_log_classes

import data.lib.azure_partners as partners

directory := "azurerm_monitor_aad_diagnostic_setting"

breaches(environment, parameters) := array.concat(short(environment, parameters), missing(environment, parameters))

doubts(environment, parameters) := array.concat(
	[finding |
		some class in assigned(environment, parameters)
		count(stated(environment, class)) == 0
		finding := unknown(class, "spe.yaml states no retention for its store")
	],
	array.concat(
		[finding |
			environment.kind
			some class in parameters.log_classes
			count(stores(environment, class)) == 0
			finding := unknown(class, "spe.yaml names no store for it")
		],
		[finding |
			"authentication" in assigned(environment, parameters)
			count(partners.of(directory)) == 0
			not complete(environment)
			finding := unknown("authentication", "no setting of the directory's logs is in the code that was read")
		],
	),
)

short(environment, parameters) := [finding |
	some class in assigned(environment, parameters)
	count(stated(environment, class)) > 0
	longest := max(stated(environment, class))
	longest < parameters.retention_days
	finding := {
		"reason": "class_kept_too_short",
		"facts": {"class": class, "days": longest, "retention_days": parameters.retention_days},
		"path": ["spec", "log_stores"],
	}
]

# Without a setting the directory keeps its logs for 7 or 30 days, depending on the licence.
missing(environment, parameters) := [{"reason": "directory_logs_not_sent", "facts": {}, "path": ["spec"]} |
	"authentication" in assigned(environment, parameters)
	count(partners.of(directory)) == 0
	complete(environment)
]

complete(environment) if "azurerm" in object.get(environment.spec, "complete", [])

complete(environment) if "azurerm" in object.get(environment, "complete", [])

stores(environment, class) := [store |
	some store in object.get(environment.spec, "log_stores", [])
	class in object.get(store, "classes", [])
]

assigned(environment, parameters) := {class |
	environment.kind
	some class in parameters.log_classes
	some store in stores(environment, class)
	store.platform == "azurerm"
}

stated(environment, class) := [store.retention_days |
	some store in stores(environment, class)
	store.platform == "azurerm"
	is_number(store.retention_days)
]

unknown(class, why) := {
	"reason": "class_unknown",
	"facts": {"class": class, "why": why},
	"path": ["spec", "log_stores"],
}
