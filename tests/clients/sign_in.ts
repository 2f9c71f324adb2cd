// Signs in with the generated TypeScript types, and out again.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "./schema";

const address = "typescript@example.org";
const client = createClient<paths>({ baseUrl: process.env.BASE! });

async function newestLetter() {
  const { data } = await client.GET("/api/mailbox", { params: { query: { to: address, wait: 10 } } });
  return data!.letters[0]!;
}

async function main() {
  const first = await client.POST("/api/sign-in", { body: { email: address } });
  const code = (await newestLetter()).code!;
  const confirmed = await client.POST("/api/code", { body: { request: first.data!.request, code } });
  assert.equal(confirmed.data!.outcome, "confirmed");
  assert.equal(confirmed.data!.account.pending_email, null);

  const second = await client.POST("/api/sign-in", { body: { email: address } });
  const token = (await newestLetter()).link!.split("/").pop()!;
  const signedIn = await client.POST("/api/link/{token}", {
    params: { path: { token } },
    body: { request: second.data!.request },
  });
  assert.equal(signedIn.data!.outcome, "signed_in");

  const headers = { Authorization: `Bearer ${signedIn.data!.session.token!}` };
  const session = await client.GET("/api/session", { headers });
  assert.equal(session.data!.account.email, address);
  await client.POST("/api/sign-out", { headers });
  const refused = await client.GET("/api/session", { headers });
  assert.equal(refused.error!.code, "sign_in_required");
  console.log("TypeScript: signed in by code and link, signed out");
}

main();
