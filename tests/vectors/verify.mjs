// Reads the signature vectors with the published npm package, headers renamed for submissions.
import assert from "node:assert/strict";
import { hkdfSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.REFEREES}/package.json`);
const { Webhook } = require("standardwebhooks");
const vectors = JSON.parse(readFileSync(new URL("signatures.json", import.meta.url), "utf8"));

/** The package refuses what is older than five minutes: the vectors are read at the time they were signed. */
function atTime(seconds, work) {
  const real = Date.now;
  Date.now = () => seconds * 1000;
  try {
    return work();
  } finally {
    Date.now = real;
  }
}

function check(secret, { id, timestamp, body, signature }) {
  const headers = { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": signature };
  const webhook = new Webhook(secret);
  const verify = (text) => atTime(timestamp, () => webhook.verify(text, headers, { jsonParse: false }));
  assert.equal(webhook.sign(id, new Date(timestamp * 1000), body), signature);
  verify(body);
  assert.throws(() => verify(`${body} `), /No matching signature/);
}

function judge(name, work) {
  try {
    work();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`wrong ${name}: ${error.message}`);
  }
}

for (const vector of vectors.events) {
  judge(`event ${vector.id} at ${vector.timestamp}`, () => check(vector.secret, vector));
}
for (const vector of vectors.submissions) {
  judge(`submission ${vector.id}`, () => {
    const ticketKey = Buffer.from(vector.ticket_key, "base64");
    const derived = hkdfSync("sha256", ticketKey, Buffer.from(vector.id), "unticked submission v1", 32);
    assert.equal(Buffer.from(derived).toString("base64"), vector.submission_key);
    check(`whsec_${vector.submission_key}`, vector);
  });
}
