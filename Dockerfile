# lbbench and the nginx that it may start:
#
#     docker build -t lbbench .
#     docker run --rm -v "$PWD:/work" lbbench run scenario.yaml
#
# Docker's default profile refuses io_uring; lbbench then uses epoll and says so.
FROM node:22-slim AS build
WORKDIR /lbbench
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm pack --ignore-scripts --pack-destination /

FROM node:22-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends nginx-light \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /lbbench-*.tgz /tmp/
RUN npm install --global --no-audit --no-fund /tmp/lbbench-*.tgz && rm -r /tmp/lbbench-*.tgz ~/.npm
USER node
WORKDIR /work
ENTRYPOINT ["lbbench"]
CMD ["--help"]
