# One image for web, worker, beat and the one-shot migration; docker-compose.yml says which runs what.
# It has neither Node nor the embedded services: stages that end before it bring the packages and the static files.

FROM node:22-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error

FROM python:3.13-slim AS packages
WORKDIR /app
RUN pip install --no-cache-dir uv
COPY pyproject.toml uv.lock ./
# Without the extra "embedded": PostgreSQL and Redis run elsewhere.
RUN UV_PYTHON_DOWNLOADS=never uv sync --frozen --no-dev --compile-bytecode

FROM packages AS static-files
COPY --from=front-end /app/node_modules node_modules
COPY . .
# Addresses that are never called: collecting needs settings, not services.
RUN SECRET_KEY=build DATABASE_URL=postgresql://none REDIS_URL=redis://none STATIC_ROOT=/collected \
    .venv/bin/python manage.py collectstatic --noinput

FROM python:3.13-slim
# Pango makes the PDFs' text. PostgreSQL's client programs, as new as the server of docker-compose.yml, make backups.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates postgresql-common \
    && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
    && apt-get install -y --no-install-recommends postgresql-client-18 \
    && apt-get install -y --no-install-recommends fonts-dejavu-core fonts-unifont libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home headworks \
    && install -d -o headworks /data
WORKDIR /app
COPY --from=packages /app/.venv .venv
COPY --from=static-files /collected collected
COPY . .
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    LOCAL_DIR=/data STATIC_ROOT=/app/collected LOG_JSON=true XDG_CACHE_HOME=/tmp
USER headworks
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--config", "python:config.gunicorn"]
