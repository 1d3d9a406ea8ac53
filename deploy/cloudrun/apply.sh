#!/bin/sh
# Bring a release to Cloud Run: migrations first, then the workers, then web (docs/deploy.md, Cloud Run).
# Usage: PROJECT=… REGION=… HOST=api.example.com IMAGE=region-docker.pkg.dev/…/lifestring:v1 deploy/cloudrun/apply.sh
set -eu
: "${PROJECT:?}" "${REGION:?}" "${HOST:?}" "${IMAGE:?}"

folder=$(dirname "$0")
filled=$(mktemp -d)
trap 'rm -rf "$filled"' EXIT
for name in migrate worker web; do
    sed -e "s|PROJECT\\.iam|$PROJECT.iam|" -e "s|IMAGE\$|$IMAGE|" -e "s|\\bHOST\$|$HOST|" \
        "$folder/$name.yaml" > "$filled/$name.yaml"
done

run() { gcloud run "$@" --project "$PROJECT" --region "$REGION" --quiet; }

run jobs replace "$filled/migrate.yaml"
# Nothing moves unless this ends well.
run jobs execute lifestring-migrate --wait
run services replace "$filled/worker.yaml"
run services replace "$filled/web.yaml"
