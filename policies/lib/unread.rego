# What keeps a rule from telling: values that cannot be read as what they should be.
package lib.unread

import data.lib.field
import data.lib.known

# What keeps a place from being read as a type: at most one of {facts, path}.
of(place, type) := [{"facts": {"field": field.name(place.edit), "why": known.why(place.value)}, "path": place.edit} |
	place.value != null
	not fits(place.value, type)
]

# The same for a table of [keys, type] at each of some places.
gaps(places, table) := [gap |
	some from in places
	some row in rows(from.value, table)
	place := field.at(from, row[0])
	place.value != null
	some gap in of(place, row[1])
]

# The rows of which anything stands in a value: what has none of a row's keys cannot hide it. Most have few.
rows(value, table) := [row |
	some row in table
	object.get(value, array.slice(row[0], 0, 1), null) != null
] if field.is_map(value)

else := table

# The same in one fact, for words that have a place for `why` only.
told(found) := [{"facts": {"why": why}, "path": gap.path} |
	some gap in found
	why := concat(": ", [gap.facts.field, gap.facts.why])
]

fits(value, "boolean") if is_boolean(value)

fits(value, "number") if is_number(value)

fits(value, "text") if is_string(value)

fits(value, "list") if is_array(value)

fits(value, "map") if field.is_map(value)
