package lib.known_test

import data.lib.known

test_an_unknown_is_one_whatever_it_refers_to if {
	known.is_unknown({"$unknown": "known after apply"})
	known.is_unknown({"$unknown": "known after apply", "$refers": ["azurerm_subnet.a"], "$any": true})
}

test_values_are_no_unknowns if {
	every value in [null, false, 0, "", "$unknown", [], ["$unknown"], {}, {"unknown": "x"}] {
		not known.is_unknown(value)
	}
}

test_why_is_told_of_every_value if {
	known.why({"$unknown": "var.days has no value"}) == "var.days has no value"
	every value in [null, false, 0, "x", [], {}] {
		known.why(value) == "not of the expected type"
	}
}

test_an_unknown_refers_to_what_it_is_taken_from if {
	value := {"$unknown": "known after apply", "$refers": ["azurerm_subnet.a", "azurerm_subnet.b"]}
	known.refers(value, "azurerm_subnet.b")
	not known.refers(value, "azurerm_subnet.c")
}

test_what_is_no_unknown_refers_to_nothing if {
	every value in [null, "azurerm_subnet.a", ["azurerm_subnet.a"], {}, {"$unknown": "x"}] {
		not known.refers(value, "azurerm_subnet.a")
	}
}
