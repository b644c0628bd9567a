# Whether those who administer a cluster sign in with a factor that stands up to phishing.
package lib.admin_sign_in

import data.lib.field
import data.lib.token_rules
import data.lib.unread

kind := "apiserver.config.k8s.io/AuthenticationConfiguration"

binding_kind := "rbac.authorization.k8s.io/ClusterRoleBinding"

# Values of acr or amr that only a key bound to the site gives (RFC 8176: hwk, sc; fido is provider practice).
resistant := {"fido", "hwk", "sc"}

# Subjects of a binding that are people: no service accounts, and none of the cluster's own.
people(binding) := [subject |
	some subject in field.elements(field.root(binding, []), ["subjects"])
	field.at(subject, ["kind"]).value in {"Group", "User"}
	not startswith(field.text(subject, ["name"]), "system:")
]

# Whether a binding gives all there is: cluster-admin, or a role of wildcards in sight.
administers(binding, _) if field.value(binding, ["roleRef", "name"]) == "cluster-admin"

administers(binding, environment) if {
	roles := object.get(environment, ["rbac.authorization.k8s.io/ClusterRole", ""], {})
	role := roles[field.value(binding, ["roleRef", "name"])]
	some rule in field.elements(field.root(role, []), ["rules"])
	every key in ["verbs", "resources", "apiGroups"] { "*" in listed(rule, key) }
}

listed(rule, key) := {element.value | some element in field.elements(rule, [key])}

# Names of people who administer, by any binding in sight.
administrators(environment) := {field.text(subject, ["name"]) |
	some binding in object.get(environment, [binding_kind, ""], {})
	administers(binding, environment)
	some subject in people(binding)
}

# Issuers whose people administer: those whose prefix one of the names has, or who have no prefix.
of_administrators(configuration, environment) := [jwt |
	some jwt in token_rules.issuers(configuration)
	some name in administrators(environment)
	some mapping in ["groups", "username"]
	startswith(name, prefix(jwt, mapping))
]

prefix(jwt, mapping) := text if {
	text := field.at(jwt, ["claimMappings", mapping, "prefix"]).value
	is_string(text)
}

prefix(jwt, mapping) := "" if not is_string(field.at(jwt, ["claimMappings", mapping, "prefix"]).value)

breaches(configuration, environment) := [{"facts": {"issuer": token_rules.url(jwt)}, "path": rules.edit} |
	token_rules.gaps(configuration) == []
	some jwt in of_administrators(configuration, environment)
	not token_rules.requires(jwt, resistant)
	token_rules.unreadable(jwt) == []
	rules := field.at(jwt, ["claimValidationRules"])
]

undecided(configuration, environment) := [{"facts": {"issuer": token_rules.url(jwt)}, "path": rule.path} |
	some jwt in of_administrators(configuration, environment)
	some rule in token_rules.unreadable(jwt)
]

gaps(binding) := array.concat(
	unread.gaps([field.root(binding, [])], [[["subjects"], "list"], [["roleRef", "name"], "text"]]),
	unread.gaps(field.elements(field.root(binding, []), ["subjects"]), [[["kind"], "text"], [["name"], "text"]]),
)
