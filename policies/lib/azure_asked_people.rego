# Groups and guests among those whom a conditional-access policy asks.
package lib.azure_asked_people

import data.lib.azure
import data.lib.azure_access_places as places
import data.lib.azure_conditional_access as access
import data.lib.known

groups(policy) := access.list(policy, places.users, "included_groups")

# Blocks that leave out guests: {value, path}.
guests(policy) := [{"value": block.value, "path": path} |
	holder := access.descend(policy, places.users)
	some block in azure.blocks(holder.value, "excluded_guests_or_external_users")
	path := array.concat(holder.path, array.slice(block.path, 1, count(block.path)))
]

# What keeps from telling whom it asks: {why, path}.
gaps(policy) := (places.gaps(policy) | {{"why": why, "path": reading.path} |
	reading := access.read(policy, places.users, "included_groups")
	groups(policy) != []
	not "All" in access.list(policy, places.users, "included_users")
	why := "it asks groups, and nothing shows that everybody is in them"
}) | {{"why": known.why(place.value), "path": place.path} | some place in guests(policy); known.is_unknown(place.value)}
