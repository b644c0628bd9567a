# What Keycloak's login flows accept. A flow is {flow, path, paths} as normalise unrolled it; a path is a list of steps.
package lib.login

# Executions that ask for something beside the password (Keycloak server administration guide, "OTP", "WebAuthn").
second_factors := {
	"auth-otp-form", "auth-recovery-authn-code-form", "direct-grant-validate-otp", "reset-otp",
	"webauthn-authenticator", "webauthn-authenticator-passwordless",
}

phishing_resistant := {"webauthn-authenticator", "webauthn-authenticator-passwordless"}

# Executions of Keycloak itself that are no second factor: what else stands in a flow is an extension, and unknown.
first_steps := {
	"auth-cookie", "auth-password-form", "auth-spnego", "auth-username-form", "auth-username-password-form",
	"direct-grant-validate-password", "direct-grant-validate-username", "identity-provider-redirector",
	"idp-confirm-link", "idp-create-user-if-unique", "idp-email-verification", "idp-review-profile",
	"idp-username-password-form", "organization", "reset-credential-email", "reset-credentials-choose-user",
	"reset-password",
}

# Paths of a flow on which none of the factors is asked for. A session that exists was opened on another path, and a
# broker is judged by itself.
weak(flow, factors) := [path |
	some path in accepting(flow)
	every step in path { not covered(step, factors) }
]

covered(step, factors) if step.authenticator in (factors | {"auth-cookie", "identity-provider-redirector"})

covered(step, _) if extension(step)

accepting(flow) := flow.paths if is_array(flow.paths)

accepting(flow) := [] if not is_array(flow.paths)

# Executions that Keycloak does not bring, on paths without a known factor: whether they ask for one is not known.
extensions(flow, factors) := [step |
	some path in accepting(flow)
	every step in path { not asks(step, factors) }
	some step in path
	extension(step)
]

asks(step, factors) if step.authenticator in factors

extension(step) if {
	step.authenticator
	not step.authenticator in (first_steps | second_factors)
}

# Whether a path is open only to who has not enrolled a factor: its subflow asks those who have.
unenrolled(path) if {
	some step in path
	step.passed_over
	"conditional-user-configured" in step.conditions
}

open_to_all(flow) := [path | some path in weak(flow, second_factors); not unenrolled(path)]

open_to_unenrolled(flow) := [path | some path in weak(flow, second_factors); unenrolled(path)]

# Whether new users must enrol a factor at their first login, for all that is known.
enrolment_forced(realm) if {
	some action in list(realm, "requiredActions")
	every switch in [action.enabled, action.defaultAction] { switch != false }
	action.alias in {"CONFIGURE_TOTP", "webauthn-register", "webauthn-register-passwordless"}
}

# A path that nobody new can take, because enrolment is forced; older accounts may.
only_older(realm, path) if {
	unenrolled(path)
	enrolment_forced(realm)
}

# What a path asks for, for the words of a finding.
steps(path) := concat(", ", [step.authenticator | some step in path; step.authenticator])

# The place that opens a path: its last step, or the subflow that may be passed over.
opened_at(flow, path) := array.concat(
	[step.path | some step in path; step.passed_over],
	array.concat([path[count(path) - 1].path | count(path) > 0], [flow.path]),
)[0]

# The flow of a name for a client: its own, else the realm's. Total: what is not there is an unknown.
of_client(flows, name, client) := object.get(flows, ["clients", client, name], of_realm(flows, name))

of_realm(flows, name) := object.get(flows, [name], {"$unknown": "the login flows were not read"})

enabled_clients(realm) := [{"client": client, "path": ["spec", "clients", i]} |
	some i, client in list(realm, "clients")
	object.get(client, "enabled", true) == true
	is_string(client.clientId)
]

list(realm, key) := realm[key] if is_array(realm[key])

list(realm, key) := [] if not is_array(object.get(realm, key, null))
