#!/bin/sh
# What a container of the image does: web (default), worker, scheduler, migrate, or any manage.py command.
# `exec` gives the program this process's id, so that a stop signal reaches it.
set -eu

case "${1:-web}" in
web | worker)
    # Where the processes of this container keep what they count, for each other (docs/operations.md, Metrics).
    PROMETHEUS_MULTIPROC_DIR=$(mktemp -d)
    export PROMETHEUS_MULTIPROC_DIR
    ;;
esac

case "${1:-web}" in
web)
    # Connections stay open longer than any balancer keeps idle ones (Google's: 600 s), which would else send a request
    # upon one that is being closed. uvicorn reads the number of processes from WEB_CONCURRENCY.
    exec python -m lifestring.web_server lifestring.asgi:application --host 0.0.0.0 --port "${PORT:-8000}" --lifespan on \
        --ws websockets-sansio --ws-max-size 1048576 --ws-per-message-deflate false \
        --no-access-log --no-server-header --timeout-keep-alive 620 --timeout-graceful-shutdown "${GRACE_SECONDS:-8}"
    ;;
worker)
    shift
    exec python -m dramatiq lifestring.worker --processes "${WORKER_PROCESSES:-1}" --threads "${WORKER_THREADS:-8}" \
        --worker-shutdown-timeout 7000 "$@"
    ;;
scheduler)
    exec python manage.py crontab
    ;;
migrate)
    exec python manage.py migrate --no-input
    ;;
*)
    exec python manage.py "$@"
    ;;
esac
