# Conditional-access policies of Entra ID, read block by block. Each block may stand once in a policy.
package lib.azure_conditional_access

import data.lib.azure

kind := "azuread_conditional_access_policy"

is_policy(resource) if resource.type == kind

# What an attribute says at a chain of at most two blocks: {value, path}; null = not set.
read(policy, blocks, attribute) := azure.reading(holder.value, attribute, holder.path) if {
	holder := descend(policy, blocks)
}

descend(policy, blocks) := {"value": policy.values, "path": ["values"]} if count(blocks) == 0

descend(policy, blocks) := first(policy.values, blocks[0], ["values"]) if count(blocks) == 1

descend(policy, blocks) := first(holder.value, blocks[1], holder.path) if {
	count(blocks) == 2
	holder := first(policy.values, blocks[0], ["values"])
}

# The first block of a name; an empty one at its holder where there is none.
first(values, name, path) := {
	"value": block.value,
	"path": array.concat(path, array.slice(block.path, 1, count(block.path))),
} if {
	block := azure.blocks(values, name)[0]
}

first(values, name, path) := {"value": {}, "path": path} if count(azure.blocks(values, name)) == 0

# The elements of a list; what is no list stands as one element.
list(policy, blocks, attribute) := elements(read(policy, blocks, attribute).value)

elements(value) := value if is_array(value)

elements(value) := [] if value == null

elements(value) := [value] if {
	not is_array(value)
	value != null
}

strength(policy) := read(policy, ["grant_controls"], "authentication_strength_policy_id")

controls(policy) := list(policy, ["grant_controls"], "built_in_controls")

# Whether it is about a second factor at all: others block, or limit sessions.
demands_second_factor(policy) if "mfa" in controls(policy)

demands_second_factor(policy) if strength(policy).value != null

enforced(policy) if read(policy, [], "state").value == "enabled"

blocks_legacy_clients(policy) if {
	enforced(policy)
	"block" in controls(policy)
	{"exchangeActiveSync", "other"} - {type | some type in list(policy, ["conditions"], "client_app_types")} == set()
	"All" in list(policy, ["conditions", "users"], "included_users")
}
