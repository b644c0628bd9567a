# Who administers through a Keycloak realm, and how they log in.
package lib.administrators

import data.lib.field
import data.lib.known
import data.lib.login
import data.lib.unread

# Clients of tools that open the whole platform: Keycloak's own console and those that the catalogue names.
tools := {"argo-cd", "argocd", "grafana", "security-admin-console", "vault"}

clients(realm) := {found.client.clientId |
	some found in login.enabled_clients(realm)
	lower(found.client.clientId) in tools
} | {"the master realm" | is_master(realm)}

is_master(realm) if realm.realm == "master"

# The policies of both kinds of security key (realm settings, "WebAuthn policy").
verification_fields := {
	"webAuthnPolicyPasswordlessUserVerificationRequirement",
	"webAuthnPolicyUserVerificationRequirement",
}

# An enabled account whose credentials are a password and nothing else.
password_only(account) if {
	object.get(account, "enabled", false) == true
	types := {credential.type | some credential in login.list(account, "credentials")}
	types - {"password", "password-history"} == set()
	"password" in types
}

leads_to_brokers(flow) if {
	some path in login.accepting(flow)
	some step in path
	step.authenticator == "identity-provider-redirector"
}

gaps(realm, flow) := [gap |
	some list in [
		unread.told(unread.gaps([field.root(realm, ["spec"])], tables)),
		unread.told(unread.gaps(field.elements(field.root(realm, ["spec"]), ["clients"]), [[[], "map"], [["enabled"], "boolean"]])),
		[{"facts": {"why": known.why(flow)}, "path": ["spec"]} | known.is_unknown(flow)],
		[unfamiliar(step) | some step in login.extensions(flow, login.phishing_resistant)],
	]
	some gap in list
]

tables := array.concat(
	[[["clients"], "list"], [["identityProviders"], "list"]],
	[[[name], "text"] | some name in verification_fields],
)

unfamiliar(step) := {"facts": {"why": why}, "path": step.path} if {
	why := concat("", ["execution ", step.authenticator, " is not one of Keycloak's own"])
}
