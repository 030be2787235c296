#!/usr/bin/env bash
# The steps of `shipway run` as a plain script would take them: the same tools, one after the other.
# scripts/bench.py compares the two. The argument is a folder with values-<environment>.yaml.
set -euo pipefail
values=$1
cd "$(dirname "${BASH_SOURCE[0]}")/.."

state="$PWD/.shipway"
export PATH="$state/tools:$PWD/.venv/bin:$PATH" KUBECONFIG="$state/embedded/kubeconfig"
export HELM_CACHE_HOME="$state/helm/cache" HELM_CONFIG_HOME="$state/helm/config" HELM_DATA_HOME="$state/helm/data"
export HELM_REGISTRY_CONFIG="$state/helm/registry.json" DOCKER_CONFIG="$state/helm/docker"

shipway setup embedded
registry=localhost:$(python -c 'import json, sys; print(json.load(sys.stdin)["registry"])' <"$state/embedded/status.json")

(cd app && ruff check .)
(cd app && python -m pytest -q)
for file in environments/*.yaml; do
  helm lint helm/sample-app --strict --values "$file"
done

shipway build # the image: what `docker build` and `docker push` would be here
version="0.1.0-bash.$(date +%s)"
packages=$(mktemp -d)
trap 'rm -rf "$packages"' EXIT
helm package helm/sample-app --version "$version" --destination "$packages"
helm push "$packages/sample-app-$version.tgz" "oci://$registry/bash" --plain-http

for environment in dev staging prod; do
  helm upgrade "sample-app-$environment" "oci://$registry/bash/sample-app" --install --version "$version" --plain-http \
    --namespace "$environment" --create-namespace --values "$values/values-$environment.yaml" --wait --timeout 120s
  kubectl rollout status deployment/sample-app --namespace "$environment" --timeout 120s
  helm test "sample-app-$environment" --namespace "$environment" --timeout 120s
done
