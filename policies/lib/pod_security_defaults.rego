# What the API server's AdmissionConfiguration says of Pod Security: defaults for namespaces that say nothing.
package lib.pod_security_defaults

import data.lib.field
import data.lib.unread

# The PodSecurity plugins of one AdmissionConfiguration, as places.
plugins(configuration) := [plugin |
	some plugin in field.elements(field.root(configuration, []), ["plugins"])
	field.at(plugin, ["name"]).value == "PodSecurity"
]

configurations(environment) := [configuration |
	some named in object.get(environment, "apiserver.config.k8s.io/AdmissionConfiguration", {})
	some configuration in named
]

levels(environment) := {level |
	some configuration in configurations(environment)
	some plugin in plugins(configuration)
	level := field.at(plugin, ["configuration", "defaults", "enforce"]).value
	is_string(level)
}

gaps(environment) := [gap | some configuration in configurations(environment); some gap in gaps_of(configuration)]

gaps_of(configuration) := [gap |
	some list in [
		unread.gaps([field.root(configuration, [])], [[["plugins"], "list"]]),
		unread.gaps(field.elements(field.root(configuration, []), ["plugins"]), [[["name"], "text"]]),
		unread.gaps(plugins(configuration), [
			[["configuration", "defaults", "enforce"], "text"],
			[["configuration", "exemptions", "usernames"], "list"],
			[["configuration", "exemptions", "runtimeClasses"], "list"],
			[["configuration", "exemptions", "namespaces"], "list"],
		]),
		elsewhere(configuration),
	]
	some gap in list
]

elsewhere(configuration) := [{"facts": facts, "path": path.edit} |
	facts := {"field": "configuration", "why": "it is in another file"}
	some plugin in plugins(configuration)
	path := field.at(plugin, ["path"])
	not path.value in [null, ""]
]

# Who is let past the standard, with the place that lets.
exempt(configuration, list) := [{"facts": {"name": name.value}, "path": name.path} |
	some plugin in plugins(configuration)
	some name in field.elements(plugin, ["configuration", "exemptions", list])
	is_string(name.value)
]

exempt_namespaces(environment) := {entry.facts.name |
	some configuration in configurations(environment)
	some entry in exempt(configuration, "namespaces")
}

# Users and runtime classes are exempt in every namespace, projects included.
breaches(configuration) := {
	"user_exempted": exempt(configuration, "usernames"),
	"runtime_exempted": exempt(configuration, "runtimeClasses"),
}
