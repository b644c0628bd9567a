{{- define "speguard.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "speguard.account" -}}
{{- .Values.serviceAccount.name | default (include "speguard.name" .) }}
{{- end }}

{{- define "speguard.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "speguard.labels" -}}
{{ include "speguard.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "speguard.image" -}}
{{- with .Values.image }}{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}{{ end }}
{{- end }}

{{- define "speguard.host" -}}
{{ include "speguard.name" . }}.{{ .Release.Namespace }}.svc
{{- end }}

{{- define "speguard.hasLog" -}}
{{- if ne .Values.evidence.volume "none" }}yes{{ end }}
{{- end }}

{{- /* Whether the log lies on volumes, where each pod makes its shard itself. */ -}}
{{- define "speguard.hasVolume" -}}
{{- if has .Values.evidence.volume (list "claim" "existingClaim") }}yes{{ end }}
{{- end }}

{{- /* Whether several replicas have one log: then one of them leads, and records as the emitter `lead`. */ -}}
{{- define "speguard.sharesLog" -}}
{{- if or (eq .Values.evidence.volume "bucket") (and (eq .Values.evidence.volume "existingClaim") (gt (int .Values.replicas) 1)) }}yes{{ end }}
{{- end }}

{{- /* Whether replicas agree who leads. */ -}}
{{- define "speguard.hasLease" -}}
{{- if or (include "speguard.sharesLog" .) (and (eq .Values.evidence.volume "none") (gt (int .Values.replicas) 1)) }}yes{{ end }}
{{- end }}

{{- define "speguard.log" -}}
{{- if eq .Values.evidence.volume "bucket" }}{{ .Values.evidence.bucket.url }}{{ else }}/evidence/log{{ end }}
{{- end }}

{{- define "speguard.domain" -}}
{{- .Values.evidence.domain | default (printf "%s.svc.cluster.local" .Release.Namespace) }}
{{- end }}

{{- define "speguard.spe" -}}
{{- .Values.evidence.spe | default .Release.Name }}
{{- end }}

{{- /* A statement as text: a map or a list of maps as YAML, text as it is. */ -}}
{{- define "speguard.text" -}}
{{- if kindIs "string" . }}{{ . }}{{ else if kindIs "slice" . }}{{ range . }}---
{{ toYaml . }}
{{ end }}{{ else }}{{ toYaml . }}{{ end }}
{{- end }}

{{- /* The folder that the description gives for waivers or attestations: outside of it they do not count. */ -}}
{{- define "speguard.folder" -}}
{{- $description := .root.Values.description }}
{{- if kindIs "string" $description }}{{ $description = fromYaml $description }}{{ end }}
{{- $folder := dig "spec" .key .key ($description | default dict) }}
{{- if contains ".." $folder }}{{ fail (printf "the description's folder of %s must lie below it: %s" .key $folder) }}{{ end }}
{{- $folder | trimPrefix "./" | trimSuffix "/" }}
{{- end }}
