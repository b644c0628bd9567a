# What an AuthenticationConfiguration asks of tokens. Source: the API of apiserver.config.k8s.io, and RFC 8176 for amr.
package lib.token_rules

import data.lib.field
import data.lib.unread

# Issuers whose tokens are of programs, not of people.
of_programs := {"https://token.actions.githubusercontent.com", "https://kubernetes.default.svc"}

issuers(configuration) := [jwt |
	some jwt in field.elements(field.root(configuration, []), ["jwt"])
	field.is_map(jwt.value)
	not url(jwt) in of_programs
]

url(jwt) := field.text(jwt, ["issuer", "url"])

rules(jwt) := field.elements(jwt, ["claimValidationRules"])

# Whether a token without one of the accepted values of acr or amr is refused.
requires(jwt, accepted) if {
	some rule in rules(jwt)
	field.at(rule, ["claim"]).value in {"acr", "amr"}
	field.at(rule, ["requiredValue"]).value in accepted
}

requires(jwt, accepted) if {
	some rule in rules(jwt)
	found := values(rule)
	found != set()
	every value in found { value in accepted }
}

# The texts that an expression compares acr or amr with; none where it is not one of the plain forms.
values(rule) := {trim(text, `'"`) |
	expression := field.at(rule, ["expression"]).value
	asks_for_factor(expression)
	not regex.match(`\|\||!|\?`, expression)
	some text in regex.find_n(`'[^']*'|"[^"]*"`, expression, -1)
}

asks_for_factor(expression) if {
	is_string(expression)
	regex.match(`(^|[^A-Za-z0-9_.])claims\.(acr|amr)([^A-Za-z0-9_]|$)`, expression)
}

# Rules on acr or amr that are not one of the plain forms.
unreadable(jwt) := [rule |
	some rule in rules(jwt)
	asks_for_factor(field.at(rule, ["expression"]).value)
	values(rule) == set()
]

gaps(configuration) := [gap |
	root := field.root(configuration, [])
	some list in [
		unread.gaps([root], [[["jwt"], "list"], [["anonymous", "enabled"], "boolean"]]),
		unread.gaps(field.elements(root, ["jwt"]), [[[], "map"], [["issuer", "url"], "text"]]),
		unread.gaps(field.elements(root, ["jwt"]), [[["claimValidationRules"], "list"]]),
		unread.gaps([rule | some jwt in field.elements(root, ["jwt"]); some rule in rules(jwt)], [
			[[], "map"], [["claim"], "text"], [["requiredValue"], "text"], [["expression"], "text"],
		]),
	]
	some gap in list
]
