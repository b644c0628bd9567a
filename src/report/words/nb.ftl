# Rapportenes ord på bokmål. Hver melding har sin tvilling i en.ftl; en test sammenligner de to.
# Meldinger på én linje: liten forbokstav, uten punktum.

severity-low = lav
severity-medium = middels
severity-high = høy
severity-critical = kritisk

level-minimum = minimum
level-recommended = anbefalt

verification-automated = avgjøres ut fra konfigurasjonen
verification-partly = avgjøres delvis ut fra konfigurasjonen, resten må en person gå god for
verification-attestation = en person må gå god for det

verdict-met = oppfylt
verdict-not_met = ikke oppfylt
verdict-not_applicable = ikke aktuelt
verdict-undetermined = uavklart

standing-short-warned = bare advarsel
standing-short-observed = bare observert
standing-short-waived = unntatt
standing-waived = unntatt ved { $id }
standing-waived-until = unntatt ved { $id } til { $until }: { $reason } (eier { $owner }, godkjent av { $approver })
standing-attested = ifølge erklæringen { $id }

# Grunner som ikke står i noe kriterium.
reason-not_evaluated = kunne ikke vurderes: { $why }
reason-may_be_unread = { $claim }, etter det som er lest; det som mangler, kan stå i det som ikke er lest ({ $unread }: { $cause })
reason-not_listed = kriteriet trenger hver { $kind } i klyngen, og de kunne ikke listes: { $cause }
reason-leaves_projects = tar navnerommet, og alt som kjører der, ut av prosjektet og dermed ut av kriteriene for prosjekter
reason-would_open = ville åpne { $to } på { $ports }, gjennom
reason-might_open = kan åpne en vei, og det lar seg ikke avgjøre: { $why }
reason-stated_not_met = { $owner } erklærer at det ikke er oppfylt: { $statement }
reason-not_stated = ingen har avgitt erklæring om dette ennå
reason-statement_expired = den siste erklæringen gikk ut { $expires }
fact-none = ingen
fact-unknown = ukjent ({ $why })
fact-cut = { $text } … ({ $count } tegn i alt)

beside = i tillegg uavklart: { $sentence }
place = i { $address }
same-for = { $count ->
    [one] det samme gjelder én til:
   *[other] det samme gjelder { $count } til:
}
more-findings = { $count ->
    [one] og ett funn til her; `--all` viser det
   *[other] og { $count } funn til her; `--all` viser dem
}
more-judgements = { $count ->
    [one] og én til; `--all` viser den
   *[other] og { $count } til; `--all` viser dem
}
more-lines = { $count ->
    [one] og én til; `--all` viser den
   *[other] og { $count } til; `--all` viser dem
}

label-why = hvorfor
label-requirement = krav
label-sources = kilder
label-remedy = tiltak
label-remedy-on = tiltak, { $platform }
label-level = nivå
label-severity = alvorlighet
label-verification = hvordan
label-parameters = parametre
label-platforms = plattformer
label-reasons = grunner
label-stated = erklæres av en person
label-evidence = dokumentasjon
label-note = merknad

parameter-default = standard { $value }
parameter-environment = fra spe.yaml
parameter-minimum = minst { $value }
parameter-maximum = høyst { $value }
parameter-items = høyst { $value } oppføringer
parameter-one_of = en av { $value }
platform-judged = vurderes
platform-no-rule = ingen regel ennå
platforms-none = ingen: bare en person kan svare

hint-variables = tips: ukjente verdier kommer fra variabler eller fra skyen; oppgi planen (`terraform show -json`) eller variablene (`--var-file`), så lar de seg fastslå
hint-namespace = tips: et ? i en adresse står for et navnerom som ingen kilde nevner; det kan oppgis i spe.yaml (`clusters`, `sources`, `namespace`)

# Det ingen har spurt om, og hvorfor.
heading-not-looked-at = { $count ->
    [one] ikke sett på: ett kriterium på én plattform
   *[other] ikke sett på: { $count } (kriterium og plattform)
}
not-looked-at-why = det finnes ingen regel for disse ennå, eller bare en person kan svare (`speguard attest`)
not-looked-at-person = bare en person
not-looked-at-nowhere = ingen plattform
heading-unseen = { $count ->
    [one] én ressurstype blir ikke lest fra en kjørende klynge
   *[other] { $count } ressurstyper blir ikke lest fra en kjørende klynge
}
heading-kinds = { $count ->
    [one] én ressurstype ble lest uten at noe kriterium vurderer den
   *[other] { $count } ressurstyper ble lest uten at noe kriterium vurderer dem
}
heading-exempt = { $count ->
    [one] ett navnerom er unntatt fra kriteriene for prosjekter
   *[other] { $count } navnerom er unntatt fra kriteriene for prosjekter
}
heading-unread = { $count ->
    [one] ett problem: noe ble ikke lest, eller er ikke til å stole på
   *[other] { $count } problemer: noe ble ikke lest, eller er ikke til å stole på
}
heading-waivers = { $count ->
    [one] ett unntak er uten virkning
   *[other] { $count } unntak er uten virkning
}
waiver-expired = { $id } har gått ut
waiver-expired-on = { $id } gikk ut { $until }: det som var unntatt, teller igjen
waiver-unmatched = { $id } treffer ingenting som trenger det: fjern det, eller rett kriterium og ressurser
heading-expired = { $count ->
    [one] én tillatelse i spe.yaml har gått ut og regnes ikke med
   *[other] { $count } tillatelser i spe.yaml har gått ut og regnes ikke med
}
permission-expired = { $entry } tok slutt { $until }: forny eller fjern den
no-description = spe.yaml mangler: alle navnerom som ikke er unntatt, regnes som prosjekter, ingen mål utenfor miljøet er tillatt, og det bare en person kan svare på, er ikke sett på; `speguard init` skriver en
two-clusters = { $count } adskilte klynger, fordi flere kilder definerer det samme objektet; spe.yaml kan si hvilke kilder som hører sammen:

heading-statuses = slik er kildene lest
status-verbatim = ordlyden er lest i Den europeiske unions tidende; kriteriet er vår tolkning av den, ikke et sitat
status-verified-draft = ordlyden er lest i utkastet av 12. september 2025; den endelige teksten kan avvike
status-verified = ordlyden er lest i kilden
status-verified-chapter = kapittelet er bekreftet, men teksten er ikke lest i sin helhet
status-verified-existence = dokumentet er bekreftet, men teksten er ikke lest i sin helhet
status-secondary = bare nummer og tittel, fra sekundærkilder
status-known = allmenn kunnskap, ikke lest på nytt
status-practice = slik en navngitt tilbyder gjør det; ikke en norm
status-unverified = ikke bekreftet: bygg ikke på den

tally-not_met = { $count ->
    [one] { $count } ikke oppfylt
   *[other] { $count } ikke oppfylte
}
tally-undetermined = { $count ->
    [one] { $count } uavklart
   *[other] { $count } uavklarte
}
tally-met = { $count ->
    [one] { $count } oppfylt
   *[other] { $count } oppfylte
}
tally-waived = { $count ->
    [one] { $count } unntatt
   *[other] { $count } unntatte
}
tally-warned = { $count } med advarsel
tally-observed = { $count } bare observert
tally-not_applicable = { $count ->
    [one] { $count } ikke aktuell
   *[other] { $count } ikke aktuelle
}
tally-not_looked_at = { $count } ikke sett på
tally-unread = { $count ->
    [one] { $count } ulest
   *[other] { $count } uleste
}

set-aside = { $count ->
    [one] `--fail-on { $severity }` holdt én vurdering utenfor: den påvirker ikke avslutningskoden
   *[other] `--fail-on { $severity }` holdt { $count } vurderinger utenfor: de påvirker ikke avslutningskoden
}
recorded = loggført: post { $index } i { $shard }, blad { $leaf }
not-recorded = ikke loggført: { $cause }; denne kjøringen er ikke bevis
recording-unknown = uvisst om den er loggført: { $cause }; denne kjøringen er ikke bevis
profile = profil { $profile }, vurdert { $at }
exit-0 = avslutningskode 0: alt som er vurdert og teller, er oppfylt, unntatt eller ikke aktuelt
exit-1 = avslutningskode 1: noe som teller, er ikke oppfylt
exit-2 = avslutningskode 2: kjøringen lot seg ikke fullføre
exit-3 = avslutningskode 3: ingen brudd er funnet, men det er ikke fastslått at det ikke finnes noen
exit-3-nothing = avslutningskode 3: ingenting er vurdert, så ingenting er fastslått
exit-other = avslutningskode { $code }

# Markdown.
title = Sikkert analyserom: speguard
outcome-0 = Alt som er vurdert og teller, er oppfylt, unntatt eller ikke aktuelt (avslutningskode 0).
outcome-1 = Noe som teller, er ikke oppfylt (avslutningskode 1).
outcome-2 = Kjøringen lot seg ikke fullføre (avslutningskode 2).
outcome-3 = Ingen brudd er funnet, men det er ikke fastslått at det ikke finnes noen (avslutningskode 3).
outcome-3-nothing = Ingenting er vurdert, så ingenting er fastslått (avslutningskode 3).
outcome-other = Avslutningskode { $code }.
column-resource = Ressurs
column-finding = Funn
column-place = Sted
column-verdict = Vurdering
column-not_met = Ikke oppfylt
column-undetermined = Uavklart
column-met = Oppfylt
column-waived = Unntatt
column-warned = Advarsel
column-observed = Bare observert
column-not_applicable = Ikke aktuelt
column-not_looked_at = Ikke sett på
column-unread = Ulest
heading-findings = Ikke oppfylt og uavklart
heading-details = Hvorfor, tiltak og kilder
heading-rest = Ikke sett på, ikke lest eller holdt utenfor
nothing-found = Ingenting er uoppfylt, og ingenting er uavklart.
more-elsewhere = { $count ->
    [one] Én til står i rapportene i tekst, JSON og SARIF.
   *[other] { $count } til står i rapportene i tekst, JSON og SARIF.
}
cut = { $count ->
    [one] Ett kriterium er utelatt her: et stegsammendrag kan ha høyst { $limit } byte. Rapportene i tekst, JSON og SARIF har alt.
   *[other] { $count } kriterier er utelatt her: et stegsammendrag kan ha høyst { $limit } byte. Rapportene i tekst, JSON og SARIF har alt.
}

# Svar til en API-tjener.
admission-denied = { $count ->
    [one] speguard avviser { $address } etter ett kriterium.
   *[other] speguard avviser { $address } etter { $count } kriterier.
}
admission-waiver = unntak: en Waiver av { $id } for «{ $resource }», godkjent av en annen person, slipper det gjennom til den utløper
admission-fault = speguard kan ikke vurdere { $address } nå, og det kunne åpne veier: { $why }. Det avvises til dette er over; prøv igjen.
admission-unreadable = speguard kan ikke lese objektet: { $why }. Det avvises, for det ingen kan lese, kan ingen vurdere.
admission-log = speguard får ikke ført svaret sitt ({ $why }), og her tillates ingenting som evidensloggen ikke har (evidence-log-unavailable). Prøv igjen.
admission-beside = Det avvises sammen med { $objects }: sluppet gjennom for et øyeblikk siden, og ennå ikke sett i klyngen. Ble den endringen avvist et annet sted, slipper denne gjennom ti sekunder senere.
admission-busy = speguard svarer på så mange forespørsler det kan; prøv igjen om ett sekund.
admission-late = speguard rakk ikke å svare i den tiden API-serveren gir; prøv igjen om ett sekund.

# Hva adgangskontrollen ville avvist av det som står i en klynge.
would-deny-made = Pods som den lager
would-deny-refused = avvises: { $who }
would-deny-further = { $count ->
    [one] 1 til
   *[other] { $count } til
}
would-deny-fault = kan ikke vurderes nå, og ville blitt avvist: { $why }
would-deny-none = Ingenting av det som står her, ville blitt avvist.
would-deny-nothing = Her er det ingenting som adgangskontrollen blir spurt om.
would-deny-total = { $objects } objekter og Pods etter { $templates } maler som om de ble opprettet nå: { $denied } ville blitt avvist, { $unknown } kan ikke vurderes, { $waived } slipper gjennom med en Waiver, { $warned } med en advarsel, { $clean } uten videre.
would-deny-unread = ikke lest { $place }: { $cause }
