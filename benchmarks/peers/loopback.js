// Loaded before a Node client: what it would send to PagerDuty over HTTPS goes to the simulator.
"use strict";
const http = require("http");
const https = require("https");

const base = new URL(process.env.SIMULATOR);
https.request = (first, second, third) => {
  const url = typeof first === "string" || first instanceof URL;
  const callback = url ? third : second;
  const asked = url ? { path: new URL(first).pathname + new URL(first).search, ...second } : first;
  const options = {
    method: asked.method,
    path: asked.path,
    headers: { ...asked.headers, host: base.host },
    protocol: "http:",
    hostname: base.hostname,
    port: base.port,
  };
  return http.request(options, callback);
};
https.get = (...asked) => {
  const request = https.request(...asked);
  request.end();
  return request;
};
