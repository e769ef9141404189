// Preloaded into a Node client: requests to PagerDuty over HTTPS are sent to the simulator.
"use strict";
const http = require("http");
const https = require("https");

const base = new URL(process.env.SIMULATOR);
https.request = (first, second, third) => {
  const url = typeof first === "string" || first instanceof URL;
  const callback = url ? third : second;
  const requested = url ? { path: new URL(first).pathname + new URL(first).search, ...second } : first;
  const options = {
    method: requested.method,
    path: requested.path,
    headers: { ...requested.headers, host: base.host },
    protocol: "http:",
    hostname: base.hostname,
    port: base.port,
  };
  return http.request(options, callback);
};
https.get = (...parameters) => {
  const request = https.request(...parameters);
  request.end();
  return request;
};
