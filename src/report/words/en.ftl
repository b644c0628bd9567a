# The people's words of reports, English. Every message has its twin in nb.ftl; a test compares the two.
# One-line messages: lower case, no full stop.

severity-low = low
severity-medium = medium
severity-high = high
severity-critical = critical

level-minimum = minimum
level-recommended = recommended

verification-automated = decided from configuration
verification-partly = decided from configuration in part, the rest is stated by a person
verification-attestation = stated by a person

verdict-met = met
verdict-not_met = not met
verdict-not_applicable = not applicable
verdict-undetermined = undetermined

standing-short-warned = warns only
standing-short-observed = observed only
standing-short-waived = waived
standing-waived = waived by { $id }
standing-waived-until = waived by { $id } until { $until }: { $reason } (owner { $owner }, approved by { $approver })
standing-attested = as stated in { $id }

# Reasons that no criterion declares.
reason-not_evaluated = could not be evaluated: { $why }
reason-may_be_unread = { $claim }, as far as was read; what is missing may stand in what was not read ({ $unread }: { $cause })
reason-not_listed = it needs every { $kind } of the cluster, and they could not be listed: { $cause }
reason-leaves_projects = takes the namespace, and all that runs in it, out of its project and so out of the criteria for projects
reason-would_open = would open { $to } on { $ports }, through
reason-might_open = may open a way, and it cannot be told: { $why }
reason-stated_not_met = { $owner } states that it is not met: { $statement }
reason-not_stated = nobody has stated it yet
reason-statement_expired = the latest statement expired on { $expires }
fact-none = none
fact-unknown = not known ({ $why })
fact-cut = { $text } … ({ $count } characters in all)

beside = not known beside that: { $sentence }
place = in { $address }
same-for = { $count ->
    [one] the same for one more:
   *[other] the same for { $count } more:
}
more-findings = { $count ->
    [one] and one more finding here; `--all` shows it
   *[other] and { $count } more findings here; `--all` shows them
}
more-judgements = { $count ->
    [one] and one more; `--all` lists it
   *[other] and { $count } more; `--all` lists them
}
more-lines = { $count ->
    [one] and one more; `--all` lists it
   *[other] and { $count } more; `--all` lists them
}

label-why = why
label-requirement = requirement
label-sources = sources
label-remedy = remedy
label-remedy-on = remedy, { $platform }
label-level = level
label-severity = severity
label-verification = how
label-parameters = parameters
label-platforms = platforms
label-reasons = reasons
label-stated = stated by a person
label-evidence = evidence
label-note = note

parameter-default = default { $value }
parameter-environment = from spe.yaml
parameter-minimum = at least { $value }
parameter-maximum = at most { $value }
parameter-items = at most { $value } entries
parameter-one_of = one of { $value }
platform-judged = judged
platform-no-rule = no rule yet
platforms-none = none: only a person can say

hint-variables = hint: values that are not known come from variables or from the cloud; pass the plan (`terraform show -json`) or the variables (`--var-file`) to establish them
hint-namespace = hint: a ? in an address stands for a namespace that no source names; spe.yaml can (`clusters`, `sources`, `namespace`)

# What no criterion is told, and why.
heading-not-looked-at = { $count ->
    [one] not looked at: one criterion on one platform
   *[other] not looked at: { $count } (criterion and platform)
}
not-looked-at-why = there is no rule for these yet, or only a person can say it (`speguard attest`)
not-looked-at-person = only a person
not-looked-at-nowhere = no platform
heading-unseen = { $count ->
    [one] one kind is not read from a live cluster
   *[other] { $count } kinds are not read from a live cluster
}
heading-kinds = { $count ->
    [one] one kind was read that no criterion judges
   *[other] { $count } kinds were read that no criterion judges
}
heading-exempt = { $count ->
    [one] one namespace is exempt from the criteria for projects
   *[other] { $count } namespaces are exempt from the criteria for projects
}
heading-unread = { $count ->
    [one] one problem: something was not read, or cannot be relied on
   *[other] { $count } problems: something was not read, or cannot be relied on
}
heading-waivers = { $count ->
    [one] one waiver has no effect
   *[other] { $count } waivers have no effect
}
waiver-expired = { $id } has expired
waiver-expired-on = { $id } expired on { $until }: its judgements count again
waiver-unmatched = { $id } matches no judgement that needs it: remove it, or correct its criterion and resources
heading-expired = { $count ->
    [one] one permission of spe.yaml has expired and counts as absent
   *[other] { $count } permissions of spe.yaml have expired and count as absent
}
permission-expired = { $entry } ended { $until }: renew or remove it
no-description = there is no spe.yaml: every namespace that is not exempt is taken for a project, no destination outside is allowed, and what only a person can say is not looked at; `speguard init` writes one
two-clusters = { $count } separate clusters, because several sources define the same object; spe.yaml can say which sources belong together:

heading-statuses = how the sources were read
status-verbatim = the wording was read in the Official Journal; the criterion is our reading of it, not a quotation
status-verified-draft = the wording was read in the draft of 12 September 2025; the final text may differ
status-verified = the wording was read at the source
status-verified-chapter = the chapter was confirmed, its text was not read in full
status-verified-existence = the document was confirmed, its text was not read in full
status-secondary = number and title only, from secondary sources
status-known = general knowledge, not read again
status-practice = what a named provider does; not a norm
status-unverified = not confirmed: do not rely on it

tally-not_met = { $count } not met
tally-undetermined = { $count } undetermined
tally-met = { $count } met
tally-waived = { $count } waived
tally-warned = { $count } warned
tally-observed = { $count } observed
tally-not_applicable = { $count } not applicable
tally-not_looked_at = { $count } not looked at
tally-unread = { $count } unread

set-aside = { $count ->
    [one] `--fail-on { $severity }` set one judgement aside: it does not weigh on the exit code
   *[other] `--fail-on { $severity }` set { $count } judgements aside: they do not weigh on the exit code
}
recorded = recorded: entry { $index } of { $shard }, leaf { $leaf }
not-recorded = not recorded: { $cause }; this run is not evidence
recording-unknown = not known whether it is recorded: { $cause }; this run is not evidence
profile = profile { $profile }, judged at { $at }
exit-0 = exit code 0: everything that was judged and counts is met, waived or not applicable
exit-1 = exit code 1: something that counts is not met
exit-2 = exit code 2: the run could not be finished
exit-3 = exit code 3: no breach was found, but it is not established that there is none
exit-3-nothing = exit code 3: nothing was judged, so nothing is established
exit-other = exit code { $code }

# Markdown.
title = Secure processing environment: speguard
outcome-0 = Everything that was judged and counts is met, waived or not applicable (exit code 0).
outcome-1 = Something that counts is not met (exit code 1).
outcome-2 = The run could not be finished (exit code 2).
outcome-3 = No breach was found, but it is not established that there is none (exit code 3).
outcome-3-nothing = Nothing was judged, so nothing is established (exit code 3).
outcome-other = Exit code { $code }.
column-resource = Resource
column-finding = Finding
column-place = Place
column-verdict = Verdict
column-not_met = Not met
column-undetermined = Undetermined
column-met = Met
column-waived = Waived
column-warned = Warned
column-observed = Observed
column-not_applicable = Not applicable
column-not_looked_at = Not looked at
column-unread = Unread
heading-findings = Not met and undetermined
heading-details = Why, remedy and sources
heading-rest = What was not looked at, not read or left out
nothing-found = Nothing is not met, and nothing is undetermined.
more-elsewhere = { $count ->
    [one] One more stands in the text, JSON and SARIF reports.
   *[other] { $count } more stand in the text, JSON and SARIF reports.
}
cut = { $count ->
    [one] One criterion is left out here: a step summary may hold { $limit } bytes. The text, JSON and SARIF reports hold everything.
   *[other] { $count } criteria are left out here: a step summary may hold { $limit } bytes. The text, JSON and SARIF reports hold everything.
}

# Answers to an API server.
admission-denied = { $count ->
    [one] speguard denies { $address } by one criterion.
   *[other] speguard denies { $address } by { $count } criteria.
}
admission-waiver = exception: a Waiver of { $id } for "{ $resource }", granted by a second person, lets it pass until it expires
admission-fault = speguard cannot judge { $address } at present, and it could open ways: { $why }. It is denied until that is over; try again.
admission-unreadable = speguard cannot read the object: { $why }. It is denied, because what nobody can read nobody can judge.
admission-log = speguard cannot record its answer ({ $why }), and nothing is allowed here that the evidence log does not hold (evidence-log-unavailable). Try again.
admission-beside = It is denied together with { $objects }: admitted moments ago, and not seen in the cluster yet. If that change was refused elsewhere, this one passes ten seconds later.
admission-busy = speguard answers as many requests as it can; try again in a second.
admission-late = speguard could not answer in the time that the API server gives; try again in a second.

# What admission would refuse of what a cluster holds.
would-deny-made = Pods that it makes
would-deny-refused = refused: { $who }
would-deny-further = { $count ->
    [one] 1 more
   *[other] { $count } more
}
would-deny-fault = cannot be judged at present, and would be refused: { $why }
would-deny-none = Nothing of what is here would be refused.
would-deny-nothing = There is nothing here that admission is asked about.
would-deny-total = { $objects } objects and the Pods of { $templates } templates as if created now: { $denied } would be refused, { $unknown } cannot be judged, { $waived } pass by a waiver, { $warned } with a warning, { $clean } without a word.
would-deny-unread = not read { $place }: { $cause }
