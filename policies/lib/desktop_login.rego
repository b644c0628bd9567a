# Ways into a desktop by a local password, past the identity provider, by reason: each a list of {facts, path}.
package lib.desktop_login

import data.lib.field
import data.lib.pod as pods
import data.lib.unread

breaches(resource, kind, pod) := {
	"local_password": array.concat(guacamole(pod), code_server(pod)),
	"local_authenticator": authenticators(resource, kind),
}

variables(container) := {name.value: variable |
	some variable in field.elements(container, ["env"])
	name := field.at(variable, ["name"])
	is_string(name.value)
}

runs(container, image) if {
	stated := container.value.image
	is_string(stated)
	regex.match(concat("", [`(^|/)`, image, `([:@]|$)`]), stated)
}

# Guacamole with a database checks its own passwords unless an extension for a second step is switched on.
guacamole(pod) := [pods.about(container, container, {"gateway": "Guacamole"}) |
	some container in pods.containers(pod)
	runs(container, "guacamole/guacamole")
	names := object.keys(variables(container))
	any_starts(names, ["MYSQL_", "POSTGRES_", "POSTGRESQL_"])
	not any_starts(names, ["TOTP_", "OPENID_", "SAML_", "DUO_"])
]

any_starts(names, prefixes) if {
	some name in names
	strings.any_prefix_match(name, prefixes)
}

code_server(pod) := [pods.about(container, variable, {"gateway": "code-server"}) |
	some container in pods.containers(pod)
	runs(container, "code-server")
	some name in ["PASSWORD", "HASHED_PASSWORD"]
	variable := variables(container)[name]
]

gateways := ["guacamole/guacamole", "code-server"]

asked(_, _, pod) if {
	some container in pods.containers(pod)
	some image in gateways
	runs(container, image)
}

asked(resource, kind, _) if texts(resource, kind) != []

# Variables that come from elsewhere as a whole may switch the second step on, or bring a password.
gaps(pod) := [gap |
	some container in pods.containers(pod)
	some image in gateways
	runs(container, image)
	some gap in array.concat(unread.gaps([container], [[["env"], "list"]]), taken(container))
]

taken(container) := [{"facts": {"field": "envFrom", "why": "it is taken from elsewhere"}, "path": given.path} |
	given := field.at(container, ["envFrom"])
	not given.value in [null, []]
]

# JupyterHub's own choice of who checks passwords, in a ConfigMap's text.
texts(resource, kind) := [text |
	kind == "ConfigMap"
	some text in field.entries(field.root(resource, []), ["data"])
	is_string(text.value)
	regex.match(`authenticator_class[ \t]*[=:]`, text.value)
]

authenticators(resource, kind) := [{"facts": {"authenticator": name}, "path": text.path} |
	some text in texts(resource, kind)
	some line in regex.find_n(`authenticator_class[ \t]*[=:][ \t]*['"]?[A-Za-z_.]+`, text.value, -1)
	name := regex.replace(line, `authenticator_class[ \t]*[=:][ \t]*['"]?`, "")
	regex.match(`(^|\.)(dummy|native|pam|local|firstuse)(authenticator)?$`, lower(name))
]
