# Whether an Ingress is reached only under TLS, by reason: each a list of {facts, path}.
package lib.tls_ingress

import data.lib.field
import data.lib.unread

# Annotations by which a controller is told to serve plain http too, and the value that tells it.
redirects := {
	"kubernetes.io/ingress.allow-http": "true",
	"nginx.ingress.kubernetes.io/force-ssl-redirect": "false",
	"nginx.ingress.kubernetes.io/ssl-redirect": "false",
}

# Annotations that put the certificate on the cloud's load balancer, where spec.tls stays empty.
elsewhere := [
	"alb.ingress.kubernetes.io/certificate-arn",
	"ingress.gcp.kubernetes.io/pre-shared-cert",
	"networking.gke.io/managed-certificates",
]

root(ingress) := field.root(ingress, [])

annotation(ingress, key) := field.at(root(ingress), ["metadata", "annotations", key])

breaches(ingress) := {
	"tls_missing": [{"facts": {}, "path": tls.edit} |
		tls := field.at(root(ingress), ["spec", "tls"])
		tls.value in [null, []]
		certificates(ingress) == []
	],
	"host_without_tls": [{"facts": {"host": host.value}, "path": host.edit} |
		field.elements(root(ingress), ["spec", "tls"]) != []
		gaps(ingress) == []
		some rule in field.elements(root(ingress), ["spec", "rules"])
		host := field.at(rule, ["host"])
		is_string(host.value)
		not covered(ingress, host.value)
	],
	"redirect_off": [{"facts": {"annotation": key}, "path": off.edit} |
		some key, value in redirects
		off := annotation(ingress, key)
		off.value == value
	],
}

certificates(ingress) := [{"facts": {"annotation": key}, "path": given.edit} |
	some key in elsewhere
	given := annotation(ingress, key)
	given.value != null
]

# An entry without hosts is for every host.
covered(ingress, _) if {
	some entry in field.elements(root(ingress), ["spec", "tls"])
	field.at(entry, ["hosts"]).value in [null, []]
}

covered(ingress, host) if {
	some entry in field.elements(root(ingress), ["spec", "tls"])
	some name in field.elements(entry, ["hosts"])
	matches(lower(host), lower(name.value))
}

matches(host, name) if host == name

# A wildcard stands for one label.
matches(host, name) if {
	startswith(name, "*.")
	trim_prefix(host, split(host, ".")[0]) == trim_prefix(name, "*")
}

unknown(ingress) := {
	"tls_elsewhere": [found |
		field.at(root(ingress), ["spec", "tls"]).value in [null, []]
		some found in certificates(ingress)
	],
	"field_unknown": gaps(ingress),
}

gaps(ingress) := [gap |
	some list in [
		unread.gaps([root(ingress)], [
			[["spec", "tls"], "list"], [["spec", "rules"], "list"], [["metadata", "annotations"], "map"],
		]),
		[gap | some key, _ in redirects; some gap in unread.of(annotation(ingress, key), "text")],
		unread.gaps(field.elements(root(ingress), ["spec", "tls"]), [[[], "map"], [["hosts"], "list"]]),
		unread.gaps(field.elements(root(ingress), ["spec", "rules"]), [[[], "map"], [["host"], "text"]]),
		unread.gaps(
			[name |
				some entry in field.elements(root(ingress), ["spec", "tls"])
				some name in field.elements(entry, ["hosts"])
			],
			[[[], "text"]],
		),
	]
	some gap in list
]
