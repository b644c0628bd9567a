# TLS versions as Azure's resources write them.
package lib.azure_tls

# As numbers that compare. Ten times the version; none at all is 0.
numbers := {
	"1.0": 10, "1.1": 11, "1.2": 12, "1.3": 13,
	"TLS10": 10, "TLS11": 11, "TLS12": 12, "TLS13": 13,
	"DISABLED": 0, "TLSENFORCEMENTDISABLED": 0,
}

number(text) := numbers[upper(text)]

number(text) := numbers[short] if {
	not numbers[upper(text)]
	short := regex.replace(upper(text), "[V_.]", "")
}

# Whether a reading {value, absent} tells a version, or leaves it to a good default.
understood(reading) if {
	reading.value == null
	reading.absent == "good"
}

understood(reading) if {
	is_string(reading.value)
	number(reading.value)
}
