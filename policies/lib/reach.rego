# Facts that the reach room derived: ways, each {answer, at, path} and the facts beside them. A subject without facts
# has one way, and it is unknown: no facts is not the same as no way.
package lib.reach

internet(address) := ways(data.reach.internet, address)

internet(address) := [unread(address)] if not data.reach.internet

# Directions in which a workload is not closed by default; fact `direction`.
isolation(address) := ways(data.reach.isolation, address)

isolation(address) := [unread(address)] if not data.reach.isolation

# What a workload, a volume or a binding opens to other projects; fact `by` where it is no connection.
projects(address) := ways(data.reach.projects, address)

projects(address) := [unread(address)] if not data.reach.projects

# What encrypts a claim, a disk, or what a workload keeps.
storage(address) := ways(data.reach.storage, address)

storage(address) := [unread(address)] if not data.reach.storage

ways(facts, address) := object.get(facts, address, [unread(address)])

unread(address) := {"answer": "unknown", "why": "it was not derived", "at": address, "path": []}

open(ways) := [way | some way in ways; way.answer == "open"]

unknown(ways) := [way | some way in ways; way.answer == "unknown"]
