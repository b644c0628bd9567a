# Evidence of a period: the page and the spreadsheets. Sentences of the method and the notices end in a full stop.
evidence-title = Evidence, { $from } to { $to }
evidence-lead = What the evidence log of { $environment } shows of this period: what was watched and what was not, what was met and what was not, and what nobody knows.
evidence-contents = Contents
evidence-none = none
evidence-no = no
evidence-no-time = no time
evidence-empty = Nothing.
evidence-foot = Times are UTC. The end of a period is not part of it. Percentages are rounded down.
evidence-more = { $count ->
    [one] One more row stands in the spreadsheet.
   *[other] { $count } more rows stand in the spreadsheet.
}
evidence-unit-day = { $count } d
evidence-unit-hour = { $count } h
evidence-unit-minute = { $count } min
evidence-unit-second = { $count } s
evidence-unit-percent = %
evidence-unit-resource-hours = resource-hours
evidence-unit-seconds = seconds
evidence-unit-days = days

evidence-table-summary = Summary
evidence-table-criteria = Criteria
evidence-table-deviations = Deviations
evidence-table-gaps = Gaps
evidence-table-items = The plan
evidence-table-runs = Runs
evidence-table-waivers = Waivers
evidence-table-method = Method
evidence-table-source = Source of the numbers
evidence-not-checked = Not checked

evidence-caption-criteria = { $count ->
    [one] One criterion. A share of time in compliance means little without its coverage.
   *[other] { $count } criteria. A share of time in compliance means little without its coverage.
}
evidence-caption-deviations = { $count ->
    [one] One deviation was open at some time of the period.
   *[other] { $count } deviations were open at some time of the period.
}
evidence-caption-gaps = { $count ->
    [one] One stretch in which an item of the plan was not fulfilled.
   *[other] { $count } stretches in which an item of the plan was not fulfilled.
}
evidence-caption-items = { $count ->
    [one] One item of the plan was in force in the period.
   *[other] { $count } items of the plan were in force in the period.
}
evidence-caption-runs = { $count ->
    [one] One run, or one that never ended.
   *[other] { $count } runs, those that never ended among them.
}
evidence-caption-waivers = { $count ->
    [one] One waiver touches the period.
   *[other] { $count } waivers touch the period.
}

evidence-notice-undeclared = { $count ->
    [one] One gap was declared by nobody.
   *[other] { $count } gaps were declared by nobody.
}
evidence-notice-declared = { $count ->
    [one] One gap was declared; what was so meanwhile is unknown.
   *[other] { $count } gaps were declared; what was so meanwhile is unknown.
}
evidence-notice-no-gap = The plan was fulfilled at all times that the log covers.
evidence-notice-no-plan = No plan was in force for { $length }: nothing says what should have been watched, so nothing can be a gap, and nothing says how long an observation holds.
evidence-notice-not-covered = The period is covered up to { $from }; the remaining { $length } are not.
evidence-notice-below = { $count ->
    [one] One criterion has less coverage than the { $least }% that the plan demands.
   *[other] { $count } criteria have less coverage than the { $least }% that the plan demands.
}
evidence-notice-waivers = { $count ->
    [one] One waiver was not approved by a second person.
   *[other] { $count } waivers were not approved by a second person.
}
evidence-notice-unfinished = { $count ->
    [one] One run began and never ended.
   *[other] { $count } runs began and never ended.
}

evidence-figure-coverage = Coverage
evidence-figure-strict = In compliance, of all time
evidence-figure-of-observed = In compliance, of observed time
evidence-figure-gaps = Gaps
evidence-figure-deviations = Open deviations
evidence-figure-repair = Median time to repair
evidence-figure-runs = Runs
evidence-figure-anchors = Time stamps
evidence-beside-total = of { $hours } resource-hours
evidence-beside-coverage = coverage { $coverage }
evidence-beside-no-gap = none was found
evidence-beside-longest-gap = longest { $length }
evidence-beside-silence = longest time without one { $length }
evidence-beside-ageing = { $overdue } overdue; by age in days: 0–7: { $week }, 8–30: { $month }, 31–90: { $quarter }, over 90: { $older }
evidence-beside-repair = mean { $mean }, 90th percentile { $ninetieth }; repaired { $closed }, still open and not included { $open }
evidence-beside-no-repair = nothing was repaired; still open { $open }
evidence-beside-anchors = { $length } in stretches of more than two hours without one

evidence-head-table = table
evidence-head-table-rows = rows of this table
evidence-head-notice = notice
evidence-head-environment = environment
evidence-head-from = period from
evidence-head-to = period to, not included
evidence-head-as-of = as of
evidence-head-origin = origin of the log
evidence-head-size = size of the log in entries
evidence-head-root = root of the log
evidence-head-log-time = newest entry of the log
evidence-head-entries = entries in the period
evidence-head-runs = runs in the period
evidence-head-rows = judgements in these runs
evidence-head-bundle = criteria and rules
evidence-head-profile = profile
evidence-head-plan = plan
evidence-head-filters = left out on request
evidence-head-tool = made by

evidence-column-criterion = Criterion
evidence-column-title = Title
evidence-column-severity = Severity
evidence-column-level = Level
evidence-column-coverage = Coverage
evidence-column-strict = Met, of all time
evidence-column-of-observed = Met, of observed time
evidence-column-waived-share = Waived, of all time
evidence-column-total = All time
evidence-column-observed-time = Observed
evidence-column-met-time = Met
evidence-column-waived-time = Not met, waived
evidence-column-not-met-time = Not met, not waived
evidence-column-unknown-time = Unknown
evidence-column-without-plan-time = Unknown for lack of a plan
evidence-column-not-applicable-time = Not applicable
evidence-column-open = Open deviations
evidence-column-bar = Parts of all time
evidence-column-state = State
evidence-column-resource = Resource or plan item
evidence-column-kind = Kind
evidence-column-effect = Counts as
evidence-column-opened-earliest = Opened after
evidence-column-opened = First seen
evidence-column-closed-earliest = Closed after
evidence-column-closed = Seen closed
evidence-column-age = Age
evidence-column-due = Due
evidence-column-overdue = Overdue
evidence-column-reopened = Times reopened
evidence-column-id = Id
evidence-column-declared = Declared
evidence-column-item = Plan item
evidence-column-scope = Scope
evidence-column-emitter = Emitter
evidence-column-from = From
evidence-column-to = To
evidence-column-length = Length
evidence-column-owner = Owner
evidence-column-observations = Observations
evidence-column-planned = Time planned
evidence-column-covered = Time covered
evidence-column-item-coverage = Share covered
evidence-column-run-state = Result
evidence-column-observed = Observed
evidence-column-trigger = Trigger
evidence-column-started = Started
evidence-column-ended = Ended
evidence-column-exit = Exit code
evidence-column-problems = Unread
evidence-column-met = Met
evidence-column-not-met = Not met
evidence-column-undetermined = Undetermined
evidence-column-not-applicable = Not applicable
evidence-column-waived = Waived
evidence-column-rows = Judgements
evidence-column-index = Entry
evidence-column-waiver-state = State
evidence-column-waiver = Waiver
evidence-column-granted = Granted
evidence-column-expires = Expires
evidence-column-approval = Approval

evidence-bar-met = met
evidence-bar-waived = not met, waived
evidence-bar-not_met = not met
evidence-bar-none = unknown
evidence-state-open = open
evidence-state-met = repaired
evidence-state-ended = ended
evidence-state-deleted = resource deleted
evidence-state-not_applicable = no longer applies
evidence-counted = counts
evidence-overdue = overdue
evidence-gap = gap
evidence-webhooks = webhooks changed
evidence-undeclared = by nobody
evidence-declared = declared: { $cause }
evidence-run-met = all that counts is met
evidence-run-not-met = something is not met
evidence-run-undetermined = not established
evidence-run-failed = could not be finished
evidence-run-late = late, changes nothing
evidence-run-unfinished = never ended
evidence-waiver-active = active
evidence-waiver-expiring = ends within 30 days
evidence-waiver-expired = expired
evidence-approval-other = by a second person
evidence-approval-missing = missing
evidence-approval-self = by the one who asked

evidence-method-time = All time is the time in which a resource existed and a criterion applied to it, in resource-hours: one resource for one hour, or two for half an hour each. Time in which a criterion did not apply is counted apart.
evidence-method-shares = Coverage is the part of all time for which a valid observation says met or not met; the rest is unknown. Time in compliance is given twice: of all time, where the unknown counts against it, and of observed time, which says nothing without the coverage. Sums are made of resource-time, never of percentages.
evidence-method-holds = An observation holds for the interval that the plan sets and its grace. Where several plan items ask for a criterion, the shortest interval decides. After that everything is unknown until the next run. Where no plan is in force, nothing says how long an observation holds, and all time is unknown.
evidence-method-gaps = A gap is time in which a plan was in force and no observation held. It counts as declared where somebody entered it in the log with a cause; the declaration may miss one minute at an edge. What it leaves beyond that is declared by nobody. Every gap is a deviation from SPE-AUD-03.
evidence-method-runs = Runs that were late, that could not be finished, that an event started for some resources only, or that judged only some of the criteria asked for close no gap. Nothing after the moment of the view is judged.
evidence-method-deviations = A deviation opens when a run first sees that a criterion is not met and closes when a run first sees that it is met. The change itself lies between that run and the one before. What returns within 30 days is the same deviation. A deleted resource, or a criterion that no longer applies, is not a repair.
evidence-method-repair = Time to repair covers deviations that were repaired in the period. Those still open are not in it, so that it may look shorter than it is.
evidence-method-attested = Criteria that a person answers for are counted like the others.
evidence-method-limits = The log shows what was judged and when, and that it was not changed since. That the sources which were read describe the environment as it is, it cannot show.
evidence-unchecked-reality = whether the sources that were read describe the environment as it was
evidence-unchecked-median = time to repair with open deviations included (Kaplan-Meier): not computed
evidence-unchecked-log = whether the log is what was written, and when it existed: `speguard evidence verify` says that
evidence-unchecked-others = whether the entries of other shards stood in the log when this one had this size: they are taken by their own time
evidence-left-out = runs of { $names }
