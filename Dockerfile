# One image for web, worker and scheduler; docker-compose.yml says what each runs.
# Pin the base by its digest as well where your registry shows you one.

FROM python:3.11.14-slim-bookworm AS packages
COPY requirements/prod.txt /tmp/prod.txt
RUN python -m venv /opt/afterword \
    && /opt/afterword/bin/pip install --no-cache-dir --require-hashes -r /tmp/prod.txt

FROM python:3.11.14-slim-bookworm
ENV AFTERWORD_ENV=production \
    AFTERWORD_VAR=/tmp/afterword \
    STATIC_ROOT=/srv/static \
    MEDIA_ROOT=/srv/media \
    UVICORN_HOST=0.0.0.0 \
    UVICORN_PORT=8000 \
    PATH=/opt/afterword/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN groupadd --gid 10001 afterword \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin afterword \
    && install --directory --owner=10001 --group=10001 --mode=0700 /srv/media
COPY --from=packages /opt/afterword /opt/afterword
WORKDIR /srv/afterword
COPY . .
# Settings fail closed, so the build names values that no server ever uses.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    ENCRYPTION_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    PUBLIC_URL=https://build.invalid \
    ALLOWED_HOSTS=build.invalid \
    DATABASE_URL=postgresql://build:nowhere-and-never@build.invalid/build \
    python manage.py collectstatic --no-input \
    && python -m compileall -q .
# Nothing is written but below /tmp and /srv/media, where a volume belongs: the root file
# system may be read-only.
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "deploy/probe.py", "web"]
CMD ["uvicorn", "config.asgi:application", "--lifespan", "on", "--no-access-log", "--no-proxy-headers", "--no-server-header", "--timeout-graceful-shutdown", "20", "--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--ws-max-size", "1048576"]
