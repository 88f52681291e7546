# One image for web, worker and beat; docker-compose.yml says which. Build: docker build -t framsteg .
FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.12-slim
RUN useradd --system --uid 10001 --create-home framsteg && install -d -o framsteg /var/lib/framsteg
WORKDIR /app
COPY --from=build /venv /venv
COPY --chown=root:root manage.py ./
COPY --chown=root:root config config
COPY --chown=root:root kommun kommun
COPY --chown=root:root initiatives initiatives
COPY --chown=root:root locale locale
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings VAR_DIR=/var/lib/framsteg HOST=0.0.0.0 PORT=8000
# Words and static files lie in the image. The values below are used for this step alone and are no secrets.
RUN python -m config.catalogues compile \
    && STATIC_DIR=/app/static SECRET_KEY=build DATABASE_URL=postgres:///build REDIS_URL=redis:///build \
       EMAIL_URL=dummy:// python manage.py collectstatic --noinput
ENV STATIC_DIR=/app/static
USER framsteg
VOLUME /var/lib/framsteg
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["python", "-m", "config.health"]
CMD ["python", "-m", "config.processes", "web"]
