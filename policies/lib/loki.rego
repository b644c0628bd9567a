# What a ConfigMap with Loki's configuration says of retention and deletion. Its text is searched, not parsed.
package lib.loki

import data.lib.field

# Texts of a ConfigMap that configure Loki.
texts(map) := [text |
	some text in field.entries(field.root(map, []), ["data"])
	is_string(text.value)
	regex.match(`(?m)^[ \t]*schema_config:`, text.value)
	regex.match(`(?m)^[ \t]*(limits_config|compactor|ingester|storage_config|table_manager):`, text.value)
]

hours_in := {"h": 1, "d": 24, "w": 168, "y": 8760}

stated(text) := {period |
	some line in regex.find_n(`(?m)^[ \t]*retention_period:[ \t]*"?[^ \t\r\n"#]+`, text, -1)
	period := regex.replace(line, `^[ \t]*retention_period:[ \t]*"?`, "")
}

hours(period) := to_number(trim_right(period, "hdwy")) * hours_in[substring(period, count(period) - 1, 1)] if {
	regex.match(`^[0-9]{1,6}[hdwy]$`, period)
}

deletes(text) if regex.match(`(?m)^[ \t]*(retention_enabled|retention_deletes_enabled):[ \t]*true([^a-z]|$)`, text)

short(map, retention_days) := [{"facts": {"period": period}, "path": text.path} |
	some text in texts(map)
	deletes(text.value)
	some period in stated(text.value)
	hours(period) > 0
	hours(period) < retention_days * 24
]

unknown(map) := [{"facts": {"why": why}, "path": text.path} |
	some text in texts(map)
	some why in doubts(text.value)
]

doubts(text) := array.concat(
	array.concat(
		["Loki deletes nothing itself, and the bucket's own lifecycle is not read" | not deletes(text)],
		["it states no retention_period" | deletes(text); stated(text) == set()],
	),
	array.concat(
		["its retention_period is not a plain duration" | some period in stated(text); not hours(period)],
		["it keeps some streams or tenants for another time" |
			regex.match(`(?m)^[ \t]*(-[ \t]*)?(retention_stream|per_tenant_override_config):`, text)
		],
	),
)

# Settings by which tenants may delete what is logged.
deletion := [`(?m)^[ \t]*deletion_mode:[ \t]*"?filter-and-delete`, `(?m)^[ \t]*delete_request_store:[ \t]*"?[a-z]`]

deletable(map) := [{"facts": {"setting": setting}, "path": text.path} |
	some text in texts(map)
	some pattern in deletion
	regex.match(pattern, text.value)
	setting := trim_suffix(regex.find_n(`[a-z_]+:`, regex.find_n(pattern, text.value, 1)[0], 1)[0], ":")
]
