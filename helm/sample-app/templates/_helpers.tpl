{{- define "sample-app.fullname" -}}
{{- .Values.fullnameOverride | default .Chart.Name -}}
{{- end }}

{{- define "sample-app.port" -}}
3000
{{- end }}

{{- /* What a Deployment selects by can never change, so it holds no version. */ -}}
{{- define "sample-app.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* Another name than the service's pods have: the Service must not send requests to the test. */ -}}
{{- define "sample-app.testLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sample-app.commonLabels" -}}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "sample-app.labels" -}}
{{ include "sample-app.selectorLabels" . }}
{{ include "sample-app.commonLabels" . }}
{{- end }}

{{- define "sample-app.image" -}}
{{- $image := .Values.image -}}
{{- if contains "${" $image.repository -}}
{{- fail (printf "image.repository is %s: put the registry's address in its place" $image.repository) -}}
{{- end -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else if $image.tag -}}
{{ $image.repository }}:{{ $image.tag }}
{{- else -}}
{{- fail "image.digest is empty: say which image to run, for example --set image.digest=sha256:..." -}}
{{- end -}}
{{- end }}

{{- /* The fewest pods that serve at any time. */ -}}
{{- define "sample-app.floor" -}}
{{- .Values.autoscaling.enabled | ternary .Values.autoscaling.minReplicas .Values.replicas -}}
{{- end }}

{{- define "sample-app.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "sample-app.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop:
    - ALL
{{- end }}
