# syntax=docker/dockerfile:1
# One image for web, worker, scheduler and migrations: deploy/entrypoint.sh says which words start what.

FROM python:3.13-slim-bookworm AS wheels
COPY requirements.txt /build/
# Every package has a ready-made build, so no compiler is needed; one without would stop the build here.
RUN pip wheel --no-cache-dir --only-binary :all: --wheel-dir /wheels --requirement /build/requirements.txt


FROM python:3.13-slim-bookworm
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=lifestring.settings \
    PORT=8000

RUN groupadd --gid 10001 lifestring \
    && useradd --uid 10001 --gid lifestring --home-dir /app --no-create-home --shell /usr/sbin/nologin lifestring

WORKDIR /app
COPY requirements.txt ./
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-compile --no-index --find-links /wheels --requirement requirements.txt

COPY . .
# The settings want every variable; nothing is connected to, and none of these values stays in the image.
RUN SECRET_KEY=only-for-collectstatic-0123456789-abcdef ALLOWED_HOSTS=build.invalid \
    DATABASE_URL=postgresql://build@build.invalid/build REDIS_URL=redis://build.invalid \
    SUPABASE_URL=https://build.invalid SUPABASE_ANON_KEY=sb_publishable_build \
    python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q /app

USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "deploy/healthcheck.py"]
ENTRYPOINT ["/bin/sh", "/app/deploy/entrypoint.sh"]
CMD ["web"]
