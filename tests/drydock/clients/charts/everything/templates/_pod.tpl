{{- define "pod" -}}
serviceAccountName: {{ .Release.Name }}
terminationGracePeriodSeconds: 2
containers:
  - name: web
    image: {{ required "an image" .Values.image }}
    ports:
      - {name: http, containerPort: 8080}
    env:
      - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
      - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
      - {name: COLOUR, valueFrom: {configMapKeyRef: {name: {{ .Release.Name }}, key: colour}}}
      - {name: SECRET, valueFrom: {secretKeyRef: {name: {{ .Release.Name }}, key: password}}}
    resources:
      requests: {cpu: 10m, memory: 16Mi}
    readinessProbe:
      httpGet: {path: /health, port: http}
      periodSeconds: 1
{{- end }}
