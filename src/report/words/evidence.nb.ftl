# Dokumentasjon for en periode: siden og regnearkene. Setninger i metoden og varslene slutter med punktum.
evidence-title = Dokumentasjon, { $from } til { $to }
evidence-lead = Dette viser loggen for { $environment } om perioden: hva som ble overvåket og hva som ikke ble det, hva som var oppfylt og hva som ikke var det, og hva ingen vet.
evidence-contents = Innhold
evidence-none = ingen
evidence-no = nei
evidence-no-time = ingen tid
evidence-empty = Ingenting.
evidence-foot = Alle tidspunkter er i UTC. Sluttidspunktet hører ikke med til perioden. Prosenter er rundet ned.
evidence-more = { $count ->
    [one] Én rad til står i regnearket.
   *[other] { $count } rader til står i regnearket.
}
evidence-unit-day = { $count } d
evidence-unit-hour = { $count } t
evidence-unit-minute = { $count } min
evidence-unit-second = { $count } s
evidence-unit-percent = %
evidence-unit-resource-hours = ressurstimer
evidence-unit-seconds = sekunder
evidence-unit-days = dager

evidence-table-summary = Sammendrag
evidence-table-criteria = Kriterier
evidence-table-deviations = Avvik
evidence-table-gaps = Hull
evidence-table-items = Planen
evidence-table-runs = Kjøringer
evidence-table-waivers = Unntak
evidence-table-method = Metode
evidence-table-source = Hvor tallene kommer fra
evidence-not-checked = Ikke kontrollert

evidence-caption-criteria = { $count ->
    [one] Ett kriterium. Hvor stor del av tiden noe var oppfylt, sier lite uten dekningen.
   *[other] { $count } kriterier. Hvor stor del av tiden noe var oppfylt, sier lite uten dekningen.
}
evidence-caption-deviations = { $count ->
    [one] Ett avvik var åpent i løpet av perioden.
   *[other] { $count } avvik var åpne i løpet av perioden.
}
evidence-caption-gaps = { $count ->
    [one] Ett tidsrom der et punkt i planen ikke ble fulgt.
   *[other] { $count } tidsrom der et punkt i planen ikke ble fulgt.
}
evidence-caption-items = { $count ->
    [one] Ett punkt i planen gjaldt i perioden.
   *[other] { $count } punkter i planen gjaldt i perioden.
}
evidence-caption-runs = { $count ->
    [one] Én kjøring, eller en som aldri ble avsluttet.
   *[other] { $count } kjøringer, medregnet dem som aldri ble avsluttet.
}
evidence-caption-waivers = { $count ->
    [one] Ett unntak berører perioden.
   *[other] { $count } unntak berører perioden.
}

evidence-notice-undeclared = { $count ->
    [one] Ett hull har ingen meldt fra om.
   *[other] { $count } hull har ingen meldt fra om.
}
evidence-notice-declared = { $count ->
    [one] Ett hull er det meldt fra om; hva som gjaldt imens, er ukjent.
   *[other] { $count } hull er det meldt fra om; hva som gjaldt imens, er ukjent.
}
evidence-notice-no-gap = Planen ble fulgt hele den tiden loggen dekker.
evidence-notice-no-plan = I { $length } gjaldt ingen plan: ingenting sier hva som skulle ha vært overvåket, så ingenting kan være et hull, og ingenting sier hvor lenge en observasjon gjelder.
evidence-notice-not-covered = Perioden er dekket fram til { $from }; de siste { $length } er ikke dekket.
evidence-notice-below = { $count ->
    [one] Ett kriterium har lavere dekning enn de { $least } prosentene planen krever.
   *[other] { $count } kriterier har lavere dekning enn de { $least } prosentene planen krever.
}
evidence-notice-waivers = { $count ->
    [one] Ett unntak er ikke godkjent av en annen enn den som ba om det.
   *[other] { $count } unntak er ikke godkjent av en annen enn den som ba om dem.
}
evidence-notice-unfinished = { $count ->
    [one] Én kjøring begynte, men ble aldri avsluttet.
   *[other] { $count } kjøringer begynte, men ble aldri avsluttet.
}

evidence-figure-coverage = Dekning
evidence-figure-strict = Oppfylt, av all tid
evidence-figure-of-observed = Oppfylt, av observert tid
evidence-figure-gaps = Hull
evidence-figure-deviations = Åpne avvik
evidence-figure-repair = Median tid til retting
evidence-figure-runs = Kjøringer
evidence-figure-anchors = Tidsstempler
evidence-beside-total = av { $hours } ressurstimer
evidence-beside-coverage = dekning { $coverage }
evidence-beside-no-gap = ingen funnet
evidence-beside-longest-gap = lengste { $length }
evidence-beside-silence = lengste tid uten kjøring { $length }
evidence-beside-ageing = { $overdue } over fristen; etter alder i dager: 0–7: { $week }, 8–30: { $month }, 31–90: { $quarter }, over 90: { $older }
evidence-beside-repair = gjennomsnitt { $mean }, 90-persentil { $ninetieth }; rettet { $closed }, fortsatt åpne og ikke medregnet { $open }
evidence-beside-no-repair = ingenting ble rettet; fortsatt åpne { $open }
evidence-beside-anchors = { $length } i tidsrom på over to timer uten tidsstempel

evidence-head-table = tabell
evidence-head-table-rows = rader i denne tabellen
evidence-head-notice = varsel
evidence-head-environment = miljø
evidence-head-from = periode fra
evidence-head-to = periode til, ikke medregnet
evidence-head-as-of = sett fra
evidence-head-origin = loggens opphav
evidence-head-size = loggens størrelse i oppføringer
evidence-head-root = loggens rot
evidence-head-log-time = nyeste oppføring i loggen
evidence-head-entries = oppføringer i perioden
evidence-head-runs = kjøringer i perioden
evidence-head-rows = vurderinger i disse kjøringene
evidence-head-bundle = kriterier og regler
evidence-head-profile = profil
evidence-head-plan = plan
evidence-head-filters = utelatt etter ønske
evidence-head-tool = laget med

evidence-column-criterion = Kriterium
evidence-column-title = Tittel
evidence-column-severity = Alvorlighet
evidence-column-level = Nivå
evidence-column-coverage = Dekning
evidence-column-strict = Oppfylt, av all tid
evidence-column-of-observed = Oppfylt, av observert tid
evidence-column-waived-share = Unntatt, av all tid
evidence-column-total = All tid
evidence-column-observed-time = Observert
evidence-column-met-time = Oppfylt
evidence-column-waived-time = Ikke oppfylt, unntatt
evidence-column-not-met-time = Ikke oppfylt, ikke unntatt
evidence-column-unknown-time = Ukjent
evidence-column-without-plan-time = Ukjent fordi plan mangler
evidence-column-not-applicable-time = Ikke aktuelt
evidence-column-open = Åpne avvik
evidence-column-bar = Deler av all tid
evidence-column-state = Status
evidence-column-resource = Ressurs eller punkt i planen
evidence-column-kind = Ressurstype
evidence-column-effect = Regnes som
evidence-column-opened-earliest = Åpnet etter
evidence-column-opened = Først sett
evidence-column-closed-earliest = Lukket etter
evidence-column-closed = Sett lukket
evidence-column-age = Alder
evidence-column-due = Frist
evidence-column-overdue = Over fristen
evidence-column-reopened = Ganger gjenåpnet
evidence-column-id = Id
evidence-column-declared = Meldt
evidence-column-item = Punkt i planen
evidence-column-scope = Omfang
evidence-column-emitter = Avsender
evidence-column-from = Fra
evidence-column-to = Til
evidence-column-length = Varighet
evidence-column-owner = Eier
evidence-column-observations = Observasjoner
evidence-column-planned = Planlagt tid
evidence-column-covered = Dekket tid
evidence-column-item-coverage = Andel dekket
evidence-column-run-state = Resultat
evidence-column-observed = Observert
evidence-column-trigger = Utløst av
evidence-column-started = Startet
evidence-column-ended = Avsluttet
evidence-column-exit = Avslutningskode
evidence-column-problems = Ulest
evidence-column-met = Oppfylt
evidence-column-not-met = Ikke oppfylt
evidence-column-undetermined = Uavklart
evidence-column-not-applicable = Ikke aktuelt
evidence-column-waived = Unntatt
evidence-column-rows = Vurderinger
evidence-column-index = Oppføring
evidence-column-waiver-state = Status
evidence-column-waiver = Unntak
evidence-column-granted = Gitt
evidence-column-expires = Utløper
evidence-column-approval = Godkjenning

evidence-bar-met = oppfylt
evidence-bar-waived = ikke oppfylt, unntatt
evidence-bar-not_met = ikke oppfylt
evidence-bar-none = ukjent
evidence-state-open = åpent
evidence-state-met = rettet
evidence-state-ended = over
evidence-state-deleted = ressursen er slettet
evidence-state-not_applicable = ikke lenger aktuelt
evidence-counted = teller
evidence-overdue = over fristen
evidence-gap = hull
evidence-webhooks = webhooks endret
evidence-undeclared = av ingen
evidence-declared = meldt: { $cause }
evidence-run-met = alt som teller, er oppfylt
evidence-run-not-met = noe er ikke oppfylt
evidence-run-undetermined = ikke fastslått
evidence-run-failed = lot seg ikke fullføre
evidence-run-late = for sen, endrer ingenting
evidence-run-unfinished = aldri avsluttet
evidence-waiver-active = gjelder
evidence-waiver-expiring = utløper innen 30 dager
evidence-waiver-expired = har gått ut
evidence-approval-other = av en annen person
evidence-approval-missing = mangler
evidence-approval-self = av den som ba om det

evidence-method-time = All tid er tiden da en ressurs fantes og et kriterium gjaldt for den, målt i ressurstimer: én ressurs i én time, eller to i en halv time hver. Tid da kriteriet ikke var aktuelt, regnes for seg.
evidence-method-shares = Dekning er den delen av all tid der en gyldig observasjon sier oppfylt eller ikke oppfylt; resten er ukjent. Andelen av tiden et krav var oppfylt, oppgis på to måter: av all tid, der det ukjente teller mot, og av observert tid, som ikke sier noe uten dekningen. Summer er summer av ressurstid, aldri av prosenter.
evidence-method-holds = En observasjon gjelder så lenge planen setter som intervall, med slingringsmonn. Der flere punkter i planen gjelder samme kriterium, avgjør det korteste intervallet. Deretter er alt ukjent fram til neste kjøring. Der ingen plan gjelder, sier ingenting hvor lenge en observasjon varer, og all tid er ukjent.
evidence-method-gaps = Et hull er tid da en plan gjaldt uten at noen observasjon var gyldig. Det regnes som meldt når noen har ført det inn i loggen med årsak; meldingen kan bomme med ett minutt i hver ende. Det som står igjen utover det, har ingen meldt fra om. Hvert hull er et avvik fra SPE-AUD-03.
evidence-method-runs = Kjøringer som kom for sent, som ikke lot seg fullføre, som en hendelse startet for bare noen ressurser, eller som vurderte bare noen av kriteriene det var bedt om, tetter ingen hull. Ingenting etter tidspunktet det ses fra, er vurdert.
evidence-method-deviations = Et avvik åpnes når en kjøring først ser at et kriterium ikke er oppfylt, og lukkes når en kjøring først ser at det er oppfylt. Selve endringen ligger mellom denne kjøringen og den forrige. Det som kommer tilbake innen 30 dager, er samme avvik. At en ressurs er slettet, eller at kriteriet ikke lenger er aktuelt, er ingen retting.
evidence-method-repair = Tid til retting omfatter avvik som ble rettet i perioden. De som fortsatt er åpne, er ikke med, så den kan se kortere ut enn den er.
evidence-method-attested = Kriterier som en person går god for, regnes på samme måte som de andre.
evidence-method-limits = Loggen viser hva som er vurdert og når, og at den ikke er endret siden. At kildene som ble lest, beskriver miljøet slik det er, kan den ikke vise.
evidence-unchecked-reality = om kildene som ble lest, beskriver miljøet slik det var
evidence-unchecked-median = tid til retting med åpne avvik medregnet (Kaplan-Meier): ikke beregnet
evidence-unchecked-log = om loggen er slik den ble skrevet, og når den fantes: det viser `speguard evidence verify`
evidence-unchecked-others = om oppføringene i andre deler av loggen fantes da denne delen hadde denne størrelsen: de er tatt med etter sin egen tid
evidence-left-out = kjøringer av { $names }
