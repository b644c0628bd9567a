# Whether a pod gets a token of the Kubernetes API, by reason: each a list of {facts, path}.
package lib.tokens

import data.lib.field
import data.lib.pod as pods
import data.lib.unread

account_kind := "ServiceAccount"

breaches(unread_pod, namespace, environment) := {
	"token_mounted": [{"facts": {"account": account(pod)}, "path": stated.edit} |
		stated := field.at(pods.whole(pod), ["automountServiceAccountToken"])
		mounts(stated, known_account(pod, namespace, environment))
	],
	"token_mounted_by_default": [{"facts": {"account": account(pod)}, "path": stated.edit} |
		stated := field.at(pods.whole(pod), ["automountServiceAccountToken"])
		stated.value == null
		account(pod) == "default"
		known_account(pod, namespace, environment) == []
	],
	"token_projected": [{"facts": {"volume": field.text(volume, ["name"])}, "path": token.edit} |
		some volume in field.elements(pods.whole(pod), ["volumes"])
		some source in field.elements(volume, ["projected", "sources"])
		token := field.at(source, ["serviceAccountToken"])
		field.is_map(token.value)
	],
} if {
	pod := pods.read(unread_pod)
}

# The pod decides; where it says nothing, its account does; where that says nothing, a token is mounted.
mounts(stated, _) if stated.value == true

mounts(stated, accounts) if {
	stated.value == null
	some body in accounts
	field.value(body, ["automountServiceAccountToken"]) in [null, true]
}

# `serviceAccount` is the older name of the field, and is read where the other is silent.
account(pod) := name if {
	stated := [value |
		some key in ["serviceAccountName", "serviceAccount"]
		value := field.at(pods.whole(pod), [key]).value
		not value in [null, ""]
	]
	name := array.concat(stated, ["default"])[0]
}

# The account that a pod runs as, where it is in sight.
known_account(pod, namespace, environment) := [body |
	body := object.get(environment, [account_kind, namespace, account(pod)], null)
	body != null
]

# An account that is named and not in sight may or may not mount tokens.
absent_accounts(unread_pod, namespace, environment) := [{"facts": {"account": account(pod)}, "path": stated.edit} |
	pod := pods.read(unread_pod)
	field.at(pods.whole(pod), ["automountServiceAccountToken"]).value == null
	account(pod) != "default"
	is_string(account(pod))
	known_account(pod, namespace, environment) == []
	stated := field.at(pods.whole(pod), ["serviceAccountName"])
]

gaps(unread_pod, namespace, environment) := [gap |
	pod := pods.read(unread_pod)
	whole := pods.whole(pod)
	some list in [
		unread.of(whole, "map"),
		unread.gaps([whole], [[["automountServiceAccountToken"], "boolean"], [["volumes"], "list"]]),
		unread.gaps([whole], [[["serviceAccountName"], "text"], [["serviceAccount"], "text"]]),
		unread.gaps(field.elements(whole, ["volumes"]), [[[], "map"], [["projected", "sources"], "list"]]),
		[gap |
			some volume in field.elements(whole, ["volumes"])
			some source in field.elements(volume, ["projected", "sources"])
			some gap in unread.gaps([source], [[[], "map"], [["serviceAccountToken"], "map"]])
		],
		[{"facts": gap.facts, "path": field.at(whole, ["serviceAccountName"]).edit} |
			field.at(whole, ["automountServiceAccountToken"]).value == null
			some body in known_account(pod, namespace, environment)
			places := array.concat([field.root(body, [])], [field.at(field.root(body, []), ["automountServiceAccountToken"])])
			some gap in array.concat(unread.of(places[0], "map"), unread.of(places[1], "boolean"))
		],
	]
	some gap in list
]
