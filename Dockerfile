# One image for web, worker, beat and the one-shot migration; docker-compose.yml says which runs what.

FROM node:22-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim AS packages
WORKDIR /app
RUN pip install --no-cache-dir uv
COPY pyproject.toml uv.lock ./
# Without the extra "embedded": PostgreSQL and Redis run elsewhere.
RUN UV_PYTHON_DOWNLOADS=never uv sync --frozen --no-dev --compile-bytecode

FROM python:3.13-slim
# Pango makes the PDFs' text.
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-dejavu-core fonts-unifont libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home headworks \
    && install -d -o headworks /data
WORKDIR /app
COPY --from=packages /app/.venv .venv
COPY --from=front-end /app/node_modules node_modules
COPY . .
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    LOCAL_DIR=/data STATIC_ROOT=/app/collected LOG_JSON=true XDG_CACHE_HOME=/tmp
# Addresses that are never called: collecting needs settings, not services.
RUN SECRET_KEY=build DATABASE_URL=postgresql://none REDIS_URL=redis://none python manage.py collectstatic --noinput \
    && rm -rf node_modules
USER headworks
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-"]
