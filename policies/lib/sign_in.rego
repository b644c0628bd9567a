# Whether the API server lets people in without a second factor, by reason: each a list of {facts, path}.
package lib.sign_in

import data.lib.apiserver
import data.lib.field
import data.lib.token_rules

kind := "apiserver.config.k8s.io/AuthenticationConfiguration"

breaches(subject, parameters) := {
	"second_factor_not_required": [{"facts": {"issuer": token_rules.url(jwt)}, "path": rules.edit} |
		subject.address[0] == kind
		token_rules.gaps(subject.resource) == []
		some jwt in token_rules.issuers(subject.resource)
		not token_rules.requires(jwt, accepted(parameters))
		token_rules.unreadable(jwt) == []
		rules := field.at(jwt, ["claimValidationRules"])
	],
	"anonymous_open": [{"facts": {}, "path": enabled.edit} |
		subject.address[0] == kind
		enabled := field.at(field.root(subject.resource, []), ["anonymous", "enabled"])
		enabled.value == true
		field.value(subject.resource, ["anonymous", "conditions"]) in [null, []]
	],
	"claim_not_required": [{"facts": {"issuer": issuer.value}, "path": issuer.path} |
		some server in subject.servers
		some issuer in apiserver.named(server.flags, "oidc-issuer-url")
		not claim_required(server, parameters)
	],
	"static_tokens": [{"facts": {}, "path": file.path} |
		some server in subject.servers
		some file in apiserver.named(server.flags, "token-auth-file")
	],
}

accepted(parameters) := {value | some value in array.concat(parameters.assurance_values, parameters.amr_values)}

# A flag can only require one text, so amr, which is a list, cannot be required so.
claim_required(server, parameters) if {
	some claim in apiserver.values(server.flags, "oidc-required-claim")
	startswith(claim, "acr=")
	trim_prefix(claim, "acr=") in parameters.assurance_values
}

unknown(subject, environment) := {
	"rule_unread": [{"facts": {"issuer": token_rules.url(jwt)}, "path": rule.path} |
		subject.address[0] == kind
		some jwt in token_rules.issuers(subject.resource)
		some rule in token_rules.unreadable(jwt)
	],
	"issuer_out_of_sight": [{"facts": {"issuer": issuer.value}, "path": issuer.path} |
		some issuer in named_issuers(subject)
		not traced(issuer.value, environment)
	],
	"authentication_out_of_sight": [{"facts": {}, "path": file.path} |
		some server in subject.servers
		some file in apiserver.named(server.flags, "authentication-config")
		object.get(environment, kind, {}) == {}
	],
	"sign_in_unknown": [{"facts": {}, "path": server.edit} |
		some server in subject.servers
		server.gaps == []
		apiserver.named(server.flags, "authentication-config") == []
		apiserver.named(server.flags, "oidc-issuer-url") == []
	],
	"field_unknown": array.concat(
		[gap | subject.address[0] == kind; some gap in token_rules.gaps(subject.resource)],
		[gap | some server in subject.servers; some gap in server.gaps],
	),
}

named_issuers(subject) := array.concat(
	[issuer |
		subject.address[0] == kind
		some jwt in token_rules.issuers(subject.resource)
		issuer := field.at(jwt, ["issuer", "url"])
		is_string(issuer.value)
	],
	[issuer |
		some server in subject.servers
		some issuer in apiserver.named(server.flags, "oidc-issuer-url")
	],
)

# A realm in sight is judged itself; its name ends the issuer of its tokens.
traced(issuer, environment) if {
	some named in object.get(environment, "keycloak/Realm", {})
	some realm, _ in named
	endswith(trim_suffix(issuer, "/"), concat("", ["/realms/", realm]))
}
