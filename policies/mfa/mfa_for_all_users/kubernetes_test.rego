package mfa.mfa_for_all_users.kubernetes_test

import data.mfa.mfa_for_all_users.kubernetes as criterion

issuer := "https://login.example/realms/spe"

test_meets_when_every_issuer_must_show_a_second_factor if {
	by_claim := [{"claim": "acr", "requiredValue": "loa-high"}]
	by_text := [{"expression": "claims.amr.exists(m, m in ['mfa', \"otp\"])", "message": "no second factor"}]
	guarded := [{"expression": "has(claims.acr) && claims.acr in ['loa-high']"}]
	criterion.deny | criterion.undetermined == set() with input as tokens(by_claim) with data.environment as realm
	criterion.deny | criterion.undetermined == set() with input as tokens(by_text) with data.environment as realm
	criterion.deny | criterion.undetermined == set() with input as tokens(guarded) with data.environment as realm
	criterion.applies with input as tokens(guarded) with data.environment as realm
}

test_breaks_when_no_second_factor_is_required if {
	missing := {breach("second_factor_not_required", {"issuer": issuer}, ["jwt", 0])}
	weak := {breach("second_factor_not_required", {"issuer": issuer}, ["jwt", 0, "claimValidationRules"])}
	criterion.deny == missing with input as tokens(null) with data.environment as realm
	criterion.deny == weak with input as tokens([]) with data.environment as realm
	criterion.deny == weak with input as tokens([{"claim": "acr", "requiredValue": "loa-low"}])
		with data.environment as realm
	criterion.deny == weak with input as tokens([{"claim": "hd", "requiredValue": "mfa"}]) with data.environment as realm
	criterion.deny == weak with input as tokens([{"expression": "claims.amr.exists(m, m in ['otp', 'pwd'])"}])
		with data.environment as realm
}

test_breaks_when_the_description_takes_a_value_away if {
	expected := {breach("second_factor_not_required", {"issuer": issuer}, ["jwt", 0, "claimValidationRules"])}
	rules := [{"claim": "acr", "requiredValue": "loa-high"}]
	narrowed := object.union(tokens(rules), {"parameters": {"assurance_values": []}})
	criterion.deny == expected with input as narrowed with data.environment as realm
}

test_undetermined_when_the_expression_is_not_a_plain_one if {
	expected := {breach("rule_unread", {"issuer": issuer}, ["jwt", 0, "claimValidationRules", 0])}
	either := [{"expression": "claims.acr == 'loa-high' || claims.sub == 'root'"}]
	negated := [{"expression": "claims.acr != 'loa-low'"}]
	criterion.undetermined == expected with input as tokens(either) with data.environment as realm
	criterion.undetermined == expected with input as tokens(negated) with data.environment as realm
	criterion.deny == set() with input as tokens(either) with data.environment as realm
}

test_undetermined_when_the_realm_of_the_issuer_is_not_in_sight if {
	expected := {breach("issuer_out_of_sight", {"issuer": issuer}, ["jwt", 0, "issuer", "url"])}
	rules := [{"claim": "acr", "requiredValue": "loa-high"}]
	other := {"keycloak/Realm": {"": {"pe": {}}}}
	criterion.undetermined == expected with input as tokens(rules) with data.environment as {}
	criterion.undetermined == expected with input as tokens(rules) with data.environment as other
}

test_does_not_ask_issuers_of_programs if {
	jwt := {"issuer": {"url": "https://token.actions.githubusercontent.com"}}
	asked := subject(authentication, {"jwt": [jwt]})
	criterion.deny | criterion.undetermined == set() with input as asked with data.environment as {}
}

test_breaks_when_anyone_may_ask_unnamed if {
	expected := {breach("anonymous_open", {}, ["anonymous", "enabled"])}
	open := subject(authentication, {"anonymous": {"enabled": true}})
	health := subject(authentication, {"anonymous": {"enabled": true, "conditions": [{"path": "/livez"}]}})
	criterion.deny == expected with input as open with data.environment as {}
	criterion.deny == set() with input as health with data.environment as {}
}

test_reads_the_flags_of_the_api_server if {
	flag := concat("", ["--oidc-issuer-url=", issuer])
	expected := {breach("claim_not_required", {"issuer": issuer}, ["spec", "containers", 0, "command", 1])}
	criterion.deny == expected with input as server([flag]) with data.environment as realm
	criterion.deny == expected with input as server([flag, "--oidc-required-claim=amr=mfa"]) with data.environment as realm
	criterion.deny | criterion.undetermined == set() with data.environment as realm
		with input as server([flag, "--oidc-required-claim", "acr=loa-high"])
	criterion.applies with input as server([flag]) with data.environment as realm
}

test_breaks_when_tokens_lie_in_a_file if {
	expected := {breach("static_tokens", {}, ["spec", "containers", 0, "command", 1])}
	criterion.deny == expected with input as server(["--token-auth-file=/tokens.csv"]) with data.environment as realm
}

test_undetermined_when_nothing_shows_how_people_sign_in if {
	bare := {breach("sign_in_unknown", {}, ["spec", "containers", 0])}
	elsewhere := {breach("authentication_out_of_sight", {}, ["spec", "containers", 0, "command", 1])}
	flags := ["--authentication-config=/etc/authentication.yaml"]
	seen := {authentication: {"": {"": {}}}}
	criterion.undetermined == bare with input as server([]) with data.environment as {}
	criterion.undetermined == elsewhere with input as server(flags) with data.environment as {}
	criterion.undetermined == set() with input as server(flags) with data.environment as seen
}

test_breaks_when_a_desktop_gateway_checks_its_own_passwords if {
	guacamole := {breach("local_password", {"container": "main", "gateway": "Guacamole"}, ["spec", "containers", 0])}
	path := ["spec", "containers", 0, "env", 0]
	code := {breach("local_password", {"container": "main", "gateway": "code-server"}, path)}
	database := {"name": "POSTGRESQL_HOSTNAME", "value": "db"}
	second := [database, {"name": "TOTP_ENABLED", "value": "true"}]
	criterion.deny == guacamole with input as desktop("guacamole/guacamole:1.6", [database]) with data.environment as {}
	criterion.deny == set() with input as desktop("guacamole/guacamole:1.6", second) with data.environment as {}
	criterion.deny == code with input as desktop("codercom/code-server", [{"name": "PASSWORD", "value": "x"}])
		with data.environment as {}
	criterion.applies with input as desktop("guacamole/guacamole:1.6", second) with data.environment as {}
}

test_breaks_when_jupyterhub_checks_its_own_passwords if {
	name := "nativeauthenticator.NativeAuthenticator"
	expected := {breach("local_authenticator", {"authenticator": name}, ["data", "hub.py"])}
	line := "c.JupyterHub.authenticator_class = \"nativeauthenticator.NativeAuthenticator\""
	oauth := "c.JupyterHub.authenticator_class = 'generic-oauth'"
	criterion.deny == expected with input as config(line) with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as config(oauth) with data.environment as {}
	criterion.applies with input as config(oauth) with data.environment as {}
}

test_breaks_at_credentials_that_go_past_the_issuer if {
	certificate := {breach("person_certificate", {}, ["spec", "signerName"])}
	kubeconfig := {breach("kubeconfig_with_credentials", {"key": "admin.conf"}, ["data", "admin.conf"])}
	request := {"spec": {"signerName": "kubernetes.io/kube-apiserver-client"}}
	secret := {"data": {"admin.conf": "YQ=="}}
	criterion.deny == certificate with input as subject("certificates.k8s.io/CertificateSigningRequest", request)
		with data.environment as {}
	criterion.deny == kubeconfig with input as subject("Secret", secret) with data.environment as {}
}

test_undetermined_when_a_kubeconfig_is_encoded if {
	expected := {breach("kubeconfig_unread", {"key": "kubeconfig"}, ["data", "kubeconfig"])}
	criterion.undetermined == expected with input as subject("Secret", {"data": {"kubeconfig": "YQ=="}})
		with data.environment as {}
}

test_asks_the_environment_how_people_sign_in if {
	unknown := {breach("sign_in_out_of_sight", {}, ["spec"])}
	missing := {breach("sign_in_missing", {}, ["spec"])}
	complete := subject("speguard/Environment", {"spec": {"complete": ["kubernetes"]}})
	seen := {authentication: {"": {"": {}}}}
	criterion.undetermined == unknown with input as subject("speguard/Environment", {"spec": {}})
		with data.environment as {}
	criterion.deny == missing with input as complete with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as complete with data.environment as seen
}

test_undetermined_when_values_are_unknown_or_of_another_type if {
	unknown := {breach("field_unknown", {"field": "jwt", "why": "a template"}, ["jwt"])}
	path := ["jwt", 0, "claimValidationRules"]
	no_list := breach("field_unknown", {"field": "claimValidationRules", "why": "not of the expected type"}, path)
	criterion.undetermined == unknown with input as subject(authentication, {"jwt": {"$unknown": "a template"}})
		with data.environment as {}
	criterion.undetermined == {no_list} with input as tokens("mfa") with data.environment as realm
	criterion.deny == set() with input as tokens("mfa") with data.environment as realm
}

test_does_not_apply_to_other_pods_maps_and_secrets if {
criterion.deny |
	criterion.undetermined == set() with input as desktop("nginx", []) with data.environment as {}
	not criterion.applies with input as desktop("nginx", []) with data.environment as {}
	not criterion.applies with input as config("motd: hei") with data.environment as {}
	not criterion.applies with input as subject("Secret", {"data": {"password": "YQ=="}}) with data.environment as {}
}

authentication := "apiserver.config.k8s.io/AuthenticationConfiguration"

realm := {"keycloak/Realm": {"": {"spe": {}}}}

subject(kind, body) := {
	"address": [kind, "a", "b"],
	"resource": body,
	"parameters": {"assurance_values": ["loa-high"], "amr_values": ["mfa", "otp"]},
}

tokens(rules) := subject(authentication, {"jwt": [{"issuer": {"url": issuer}, "claimValidationRules": rules}]})

server(flags) := pod({"name": "api", "command": array.concat(["kube-apiserver"], flags)})

desktop(image, env) := pod({"name": "main", "image": image, "env": env})

pod(container) := object.union(subject("Pod", {}), {"pod": {"spec": {"containers": [container]}, "path": ["spec"]}})

config(text) := subject("ConfigMap", {"data": {"hub.py": text}})

breach(reason, facts, path) := {"reason": reason, "facts": facts, "path": path}
