package encryption.external_connections_encrypted.azurerm_test

import data.encryption.external_connections_encrypted.azurerm as criterion

test_meets_at_the_providers_defaults if {
criterion.deny |
	criterion.undetermined == set() with input as of("azurerm_storage_account", {})
	criterion.deny | criterion.undetermined == set() with input as of("azurerm_mssql_server", {})
	criterion.applies with input as of("azurerm_mssql_server", {})
}

test_breaks_when_unencrypted_connections_are_let_in if {
	attribute := "https_traffic_only_enabled"
	expected := {finding("plaintext_allowed", {"attribute": attribute}, ["values", attribute])}
	criterion.deny == expected with input as of("azurerm_storage_account", {attribute: false})
	left_out := {finding("plaintext_allowed", {"attribute": "https_only"}, ["values"])}
	criterion.deny == left_out with input as of("azurerm_linux_web_app", {})
}

test_breaks_when_files_can_be_sent_in_plaintext if {
	place := ["values", "site_config", 0, "ftps_state"]
	expected := {finding("plaintext_allowed", {"attribute": "ftps_state"}, place)}
	site := {"https_only": true, "site_config": [{"ftps_state": "AllAllowed"}]}
	criterion.deny == expected with input as of("azurerm_linux_web_app", site)
}

test_breaks_below_the_lowest_version if {
	every value in ["1.0", "1.1", "Disabled"] {
		attribute := "minimum_tls_version"
		expected := {too_old(attribute, value, "1.2", ["values", attribute])}
		criterion.deny == expected with input as of("azurerm_mssql_server", {attribute: value})
	}
	other := {too_old("min_tls_version", "TLS1_1", "1.2", ["values", "min_tls_version"])}
	criterion.deny == other with input as of("azurerm_storage_account", {"min_tls_version": "TLS1_1"})
}

test_a_stricter_profile_breaks_what_the_default_meets if {
	expected := {too_old("minimum_tls_version", "1.2", "1.3", ["values", "minimum_tls_version"])}
	subject := of("azurerm_mssql_server", {"minimum_tls_version": "1.2"})
	criterion.deny == set() with input as subject
	criterion.deny == expected with input as object.union(subject, {"parameters": {"min_tls": "1.3"}})
}

test_undetermined_when_a_setting_or_version_is_unknown_or_of_another_type if {
	every attribute in ["https_traffic_only_enabled", "min_tls_version"] {
		every value, why in {{"$unknown": "var.x has no value"}: "var.x has no value", 7: "not of the expected type"} {
			expected := {unknown(attribute, why, ["values", attribute])}
			subject := of("azurerm_storage_account", {attribute: value})
			criterion.undetermined == expected with input as subject
			criterion.deny == set() with input as subject
		}
	}
}

test_undetermined_when_the_providers_version_decides if {
	why := "it is not set, and the provider's default depends on its version"
	expected := {unknown("minimum_tls_version", why, ["values"])}
	criterion.undetermined == expected with input as of("azurerm_redis_cache", {})
}

test_breaks_when_an_old_protocol_is_turned_on if {
	place := ["values", "security", 0, "frontend_tls10_enabled"]
	expected := {finding("old_protocol_on", {"attribute": "frontend_tls10_enabled"}, place)}
	gateway := of("azurerm_api_management", {"security": [{"frontend_tls10_enabled": true}]})
	criterion.deny == expected with input as gateway
}

test_breaks_when_a_database_server_turns_encryption_off if {
	expected := {finding("plaintext_allowed", {"attribute": "require_secure_transport"}, ["values", "value"])}
	criterion.deny == expected with input as parameter("require_secure_transport", "OFF")
	criterion.deny | criterion.undetermined == set() with input as parameter("require_secure_transport", "on")
}

test_breaks_when_a_database_server_lets_an_old_version_in if {
	expected := {too_old("ssl_min_protocol_version", "TLSv1.1", "1.2", ["values", "value"])}
	criterion.deny == expected with input as parameter("ssl_min_protocol_version", "TLSv1.1")
	unclear := {unknown("ssl_min_protocol_version", "u", ["values", "value"])}
	criterion.undetermined == unclear with input as parameter("ssl_min_protocol_version", {"$unknown": "u"})
}

test_does_not_apply_to_other_server_parameters if {
criterion.deny |
	criterion.undetermined == set() with input as parameter("max_connections", "100")
	not criterion.applies with input as parameter("max_connections", "100")
	expected := {unknown("name", "u", ["values", "name"])}
	criterion.undetermined == expected with input as parameter({"$unknown": "u"}, "100")
}

test_breaks_when_a_listener_sends_nobody_on if {
	place := ["values", "http_listener", 0, "protocol"]
	expected := {finding("listener_in_plaintext", {"attribute": "protocol"}, place)}
	criterion.deny == expected with input as gateway({})
	criterion.deny == expected with input as gateway({"request_routing_rule": [{"http_listener_name": "http"}]})
}

test_meets_when_a_listener_sends_everybody_on if {
criterion.deny |
	criterion.undetermined == set() with input as gateway(redirect("https://portal.example/"))
	within := object.union(redirect(""), {
		"redirect_configuration": [{"name": "r", "target_listener_name": "https"}],
		"http_listener": [{"name": "http", "protocol": "Http"}, {"name": "https", "protocol": "Https"}],
	})
	criterion.deny | criterion.undetermined == set() with input as gateway(within)
}

test_a_redirect_may_stand_in_a_map_of_paths if {
criterion.deny |
	criterion.undetermined == set() with input as gateway(by_path(["/.well-known/acme-challenge/*"]))
	place := ["values", "http_listener", 0, "protocol"]
	expected := {finding("listener_in_plaintext", {"attribute": "protocol"}, place)}
	criterion.deny == expected with input as gateway(by_path(["/api/*"]))
}

test_undetermined_when_a_redirect_is_unknown if {
	expected := {unknown("http_listener", "u", ["values", "http_listener", 0])}
	criterion.undetermined == expected with input as gateway(redirect({"$unknown": "u"}))
	criterion.deny == set() with input as gateway(redirect({"$unknown": "u"}))
}

test_breaks_when_a_gateways_policy_is_too_old if {
	place := ["values", "ssl_policy", 0, "policy_name"]
	expected := {too_old("policy_name", "1.0", "1.2", place)}
	criterion.deny == expected with input as encrypted({"ssl_policy": [{"policy_name": "AppGwSslPolicy20150501"}]})
	custom := {too_old("min_protocol_version", "TLSv1_1", "1.2", ["values", "ssl_policy", 0, "min_protocol_version"])}
	criterion.deny == custom with input as encrypted({"ssl_policy": [{"min_protocol_version": "TLSv1_1"}]})
	of_a_profile := {too_old("policy_name", "1.1", "1.2", ["values", "ssl_profile", 0, "ssl_policy", 0, "policy_name"])}
	profile := {"ssl_profile": [{"ssl_policy": [{"policy_name": "AppGwSslPolicy20170401"}]}]}
	criterion.deny == of_a_profile with input as encrypted(profile)
}

test_a_gateway_without_a_policy_depends_on_the_provider if {
	why := "it is not set, and the provider's default depends on its version"
	expected := {unknown("ssl_policy", why, ["values"])}
	criterion.deny | criterion.undetermined == set() with input as encrypted({})
	older := object.union(encrypted({}), {"provider": {"majors": [3, 4]}})
	criterion.undetermined == expected with input as older
}

gateway(values) := of(
	"azurerm_application_gateway",
	object.union({"http_listener": [{"name": "http", "protocol": "Http"}]}, values),
)

encrypted(values) := gateway(object.union({"http_listener": [{"name": "https", "protocol": "Https"}]}, values))

redirect(target) := {
	"request_routing_rule": [{"http_listener_name": "http", "redirect_configuration_name": "r"}],
	"redirect_configuration": [{"name": "r", "target_url": target}],
}

by_path(paths) := {
	"request_routing_rule": [{"http_listener_name": "http", "url_path_map_name": "m"}],
	"url_path_map": [{
		"name": "m",
		"default_redirect_configuration_name": "r",
		"path_rule": [{"paths": paths, "backend_address_pool_name": "b"}],
	}],
	"redirect_configuration": [{"name": "r", "target_url": "https://portal.example/"}],
}

parameter(name, value) := of("azurerm_postgresql_flexible_server_configuration", {"name": name, "value": value})

of(type, values) := {
	"resource": {"type": type, "address": "x", "values": values},
	"provider": {"name": "azurerm", "majors": [4]},
	"parameters": {"min_tls": "1.2"},
}

too_old(attribute, version, min, place) := finding(
	"tls_too_old",
	{"attribute": attribute, "version": version, "min_tls": min},
	place,
)

unknown(attribute, why, place) := finding("setting_unknown", {"attribute": attribute, "why": why}, place)

finding(reason, facts, place) := {"reason": reason, "facts": facts, "path": place}
