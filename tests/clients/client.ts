// Uses every group of operations with the generated TypeScript types, without an assertion or a cast.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

const [address, newAddress] = ["typescript@example.org", "typescript.new@example.org"];
const [password, newPassword] = ["three quiet otters", "seven loud geese"];
const baseUrl = process.env["BASE"];
const client = createClient<paths>({ baseUrl });

function data<T>(result: { data?: T; error?: Schemas["Problem"] }): T {
  if (result.data === undefined) throw new Error(result.error?.code ?? "no data");
  return result.data;
}

function code(result: { error?: Schemas["Problem"] }): string | undefined {
  return result.error?.code;
}

function bearer(outcome: { session: Schemas["NewSession"] }) {
  return { headers: { Authorization: `Bearer ${outcome.session.token}` } };
}

/** The newest email with a code: its code, and the token of its link. */
async function email(to: string): Promise<{ code: string; token: string }> {
  const { letters } = data(await client.GET("/api/mailbox", { params: { query: { to, wait: 10 } } }));
  for (const { code, link } of letters) {
    if (code !== null) return { code, token: link?.split("/").pop() ?? "" };
  }
  throw new Error(`no email with a code to ${to}`);
}

async function register(): Promise<Schemas["Outcome"]> {
  const { request } = data(await client.POST("/api/register", { body: { email: address, password } }));
  assert.equal(code(await client.POST("/api/resend", { body: { request } })), "too_many_mails");
  const body = { request, code: (await email(address)).code };
  const confirmed = data(await client.POST("/api/code", { body }));
  assert.equal(confirmed.outcome, "confirmed");
  assert.equal(confirmed.account.pending_email, null);
  return confirmed;
}

async function signInWithLink(): Promise<Schemas["Outcome"]> {
  const { request } = data(await client.POST("/api/sign-in", { body: { email: address } }));
  const params = { path: { token: (await email(address)).token } };
  const link = data(await client.GET("/api/link/{token}", { params }));
  assert.deepEqual([link.purpose, link.needs], ["sign_in", ["confirm"]]);
  const outcome = data(await client.POST("/api/link/{token}", { params, body: { request } }));
  if (!("session" in outcome)) throw new Error(outcome.outcome);
  assert.equal(outcome.outcome, "signed_in");
  return outcome;
}

async function endSessions(first: Schemas["Outcome"], own: ReturnType<typeof bearer>) {
  const { sessions } = data(await client.GET("/api/profile/sessions", own));
  assert.equal(sessions.length, 3);
  const params = { path: { id: first.session.id } };
  assert.equal(code(await client.POST("/api/profile/sessions/{id}/end", { ...own, params })), undefined);
  assert.equal(code(await client.GET("/api/session", bearer(first))), "sign_in_required");
  return bearer(data(await client.POST("/api/profile/sessions/end-others", own)));
}

async function confirm(own: ReturnType<typeof bearer>) {
  const recent = data(await client.POST("/api/reauthenticate", { ...own, body: { password } }));
  const { request } = data(await client.POST("/api/reauthenticate/mail", { ...own, body: {} }));
  const body = { request, code: (await email(address)).code };
  const again = data(await client.POST("/api/code", { ...own, body }));
  assert.deepEqual([recent.outcome, again.outcome], ["recent", "recent"]);
}

async function changePassword(own: ReturnType<typeof bearer>) {
  const body = { password: newPassword, current_password: password };
  const changed = data(await client.POST("/api/profile/password", { ...own, body }));
  const removed = data(await client.POST("/api/profile/password/remove", bearer(changed)));
  assert.deepEqual([changed.account.has_password, removed.account.has_password], [true, false]);
  return bearer(removed);
}

async function changeAddress(own: ReturnType<typeof bearer>) {
  const body = { email: newAddress };
  data(await client.POST("/api/profile/email", { ...own, body }));
  const profile = data(await client.GET("/api/profile", own));
  assert.equal(profile.account.pending_email, newAddress);
  const cancelled = data(await client.POST("/api/profile/email/cancel", own));
  assert.equal(cancelled.account.pending_email, null);
  const { request } = data(await client.POST("/api/profile/email", { ...own, body }));
  const { code } = await email(newAddress);
  const changed = data(await client.POST("/api/code", { ...own, body: { request, code } }));
  assert.deepEqual([changed.outcome, changed.account.email], ["email_changed", newAddress]);
  return bearer(changed);
}

async function resetPassword() {
  const { request } = data(await client.POST("/api/forgot-password", { body: { email: newAddress } }));
  const { code } = await email(newAddress);
  const reset = data(await client.POST("/api/code", { body: { request, code, password: newPassword } }));
  assert.equal(reset.outcome, "password_reset");
  return bearer(reset);
}

async function main() {
  const first = await register();
  const second = data(await client.POST("/api/sign-in/password", { body: { email: address, password } }));
  assert.equal(second.account.id, first.account.id);
  const third = await signInWithLink();
  let own = await endSessions(first, bearer(third));
  await confirm(own);
  own = await changePassword(own);
  own = await changeAddress(own);
  const { events } = data(await client.GET("/api/profile/export", own));
  assert.ok(events.every((event) => !Number.isNaN(Date.parse(event.at))));
  await client.POST("/api/sign-out", own);
  assert.equal(code(await client.GET("/api/session", own)), "sign_in_required");
  own = await resetPassword();
  assert.equal(data(await client.GET("/api/session", own)).session.current, true);
  assert.equal(code(await client.POST("/api/profile/delete", { ...own, body: { confirm: "delete" } })), undefined);
  assert.equal(code(await client.GET("/api/profile", own)), "sign_in_required");
  console.log("TypeScript: every group of operations");
}

main();
