package mfa.strong_mfa_for_administrators.azurerm_test

import data.mfa.strong_mfa_for_administrators.azurerm as criterion

test_meets_when_administrators_need_a_factor_that_cannot_be_phished if {
	built_in := policy({})
	criterion.deny | criterion.undetermined == set() with input as built_in with data.environment as seen(built_in, [])
	custom := policy(strength(of("azuread_authentication_strength_policy.s")))
	held := seen(custom, ["fido2"])
	criterion.deny | criterion.undetermined == set() with input as custom with data.environment as held
	criterion.deny | criterion.undetermined == set() with input as environment([]) with data.environment as held
	criterion.applies with input as custom with data.environment as held
}

test_breaks_when_any_second_factor_will_do if {
	path := ["values", "grant_controls", 0]
	expected := {finding("not_phishing_resistant", {}, path)}
	plain := policy({"grant_controls": [{"operator": "OR", "built_in_controls": ["mfa"]}]})
	criterion.deny == expected with input as plain with data.environment as seen(plain, [])
	stated := {finding("not_phishing_resistant", {}, array.concat(path, ["authentication_strength_policy_id"]))}
	weaker := policy(strength("00000000-0000-0000-0000-000000000002"))
	criterion.deny == stated with input as weaker with data.environment as seen(weaker, [])
}

test_breaks_at_the_combination_that_can_be_phished if {
	subject := strength_policy(["fido2", "password,sms"])
	custom := policy(strength(of("azuread_authentication_strength_policy.s")))
	expected := {finding("can_be_phished", {"combination": "password,sms"}, ["values", "allowed_combinations"])}
	criterion.deny == expected with input as subject with data.environment as seen(custom, ["fido2", "password,sms"])
	not criterion.applies with input as subject with data.environment as seen(policy({}), ["password,sms"])
	criterion.deny == set() with input as subject with data.environment as seen(policy({}), ["password,sms"])
}

test_breaks_when_the_policy_is_off_or_leaves_administrators_out if {
	off := policy({"state": "disabled"})
	expected := {finding("policy_not_enforced", {"state": "disabled"}, ["values", "state"])}
	criterion.deny == expected with input as off with data.environment as seen(off, [])
	path := ["values", "conditions", 0, "users", 0, "included_roles"]
	left_out := {finding("administrators_left_out", {}, path)}
	helpdesk := policy({"conditions": [{"users": [{"included_roles": ["729827e3-9c14-49f7-bb1b-9608f156bbb8"]}]}]})
	criterion.deny == left_out with input as helpdesk with data.environment as seen(helpdesk, [])
}

test_undetermined_when_the_strength_or_a_role_is_not_in_sight if {
	why := "the strength it names is not in the code that was read, or not known"
	path := ["values", "grant_controls", 0, "authentication_strength_policy_id"]
	expected := {finding("policy_unknown", {"why": why}, path)}
	every pointer in [{"$unknown": "u"}, "10000000-0000-0000-0000-000000000009"] {
		subject := policy(strength(pointer))
		criterion.undetermined == expected with input as subject with data.environment as seen(subject, [])
		criterion.deny == set() with input as subject with data.environment as seen(subject, [])
	}
}

test_undetermined_when_a_role_is_unknown if {
	unclear := policy({"conditions": [{"users": [{"included_roles": [{"$unknown": "u"}]}]}]})
	path := ["values", "conditions", 0, "users", 0, "included_roles"]
	expected := {finding("policy_unknown", {"why": "u"}, path)}
	criterion.undetermined == expected with input as unclear with data.environment as seen(unclear, [])
}

test_the_environment_breaks_only_where_everything_was_read if {
	expected := {finding("administrators_not_asked", {}, ["spec"])}
	criterion.deny == expected with input as environment(["azurerm"]) with data.environment as {}
	gap := {finding("no_policy_in_sight", {}, ["spec"])}
	criterion.undetermined == gap with input as environment([]) with data.environment as {}
}

test_a_policy_without_roles_is_not_asked if {
	everybody := policy({"conditions": [{"users": [{"included_users": ["All"]}]}]})
	not criterion.applies with input as everybody with data.environment as {}
	criterion.deny | criterion.undetermined == set() with input as everybody with data.environment as {}
}

kind := "azuread_conditional_access_policy"

strength_kind := "azuread_authentication_strength_policy"

of(address) := {"$unknown": "known after apply", "$refers": [address]}

strength(pointer) := {"grant_controls": [{"operator": "OR", "authentication_strength_policy_id": pointer}]}

policy(values) := {"resource": {"type": kind, "address": "p", "values": object.union(
	object.union(
		{"state": "enabled", "conditions": [{"users": [{"included_roles": ["62e90394-69f5-4237-9190-012177145e10"]}]}]},
		strength("/policies/authenticationStrengthPolicies/00000000-0000-0000-0000-000000000004"),
	),
	values,
)}}

strength_policy(combinations) := {"resource": {
	"type": strength_kind,
	"address": "azuread_authentication_strength_policy.s",
	"values": {"allowed_combinations": combinations},
}}

seen(subject, combinations) := {
	kind: {"": {"p": subject.resource}},
	strength_kind: {"": {"azuread_authentication_strength_policy.s": strength_policy(combinations).resource}},
}

environment(complete) := {"resource": {"kind": "SecureProcessingEnvironment", "spec": {"complete": complete}}}

finding(reason, facts, path) := {"reason": reason, "facts": facts, "path": path}
