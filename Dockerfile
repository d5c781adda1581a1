# pgwake in a small image: built in one stage, run in another.

FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
	gcc libc6-dev make pkg-config \
	libpq-dev librdkafka-dev libjson-c-dev libconfig-dev libpcre2-dev \
	libssl-dev \
	&& rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN make && make install PREFIX=/usr DESTDIR=/out

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
	ca-certificates libpq5 librdkafka1 libjson-c5 libconfig9 libpcre2-8-0 \
	libssl3 \
	&& rm -rf /var/lib/apt/lists/* \
	&& useradd --system --home-dir /var/lib/pgwake --create-home pgwake
COPY --from=build /out/usr/bin/pgwake /usr/bin/pgwake
COPY deploy/pgwake.container.conf /etc/pgwake/pgwake.conf
USER pgwake
WORKDIR /var/lib/pgwake
# Unhealthy: PostgreSQL cannot be asked, the slot is missing or lost, or more
# than MAX_LAG is not confirmed.
ENV MAX_LAG=1GB
HEALTHCHECK --interval=30s --timeout=20s --start-period=30s --retries=3 \
	CMD pgwake -c /etc/pgwake/pgwake.conf --lag --max-lag "$MAX_LAG"
STOPSIGNAL SIGTERM
ENTRYPOINT ["pgwake"]
CMD ["-c", "/etc/pgwake/pgwake.conf"]
