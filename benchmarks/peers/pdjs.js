// The vendor's JavaScript client: every page of a month of incidents.
"use strict";
const { api } = require("@pagerduty/pdjs");

const [since, until] = [Date.now() - 30 * 864e5, Date.now()].map((at) => new Date(at).toISOString());
const pd = api({ token: process.env.SIMULATOR_KEY });
pd.all("/incidents", { data: { since, until, limit: 100, offset: 0 } })
  .then(({ resource }) => console.log(JSON.stringify({ items: resource.filter(Boolean).length })))
  .catch((error) => {
    const status = error.response && error.response.status;
    console.log(JSON.stringify({ items: 0, error: status ? `HTTP ${status}` : String(error) }));
  });
