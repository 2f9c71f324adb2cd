// The pages of someone who is signed in.

import { Person } from "./person.mjs";

const PASSWORD = "correct horse battery staple";

export async function account(world) {
  for (const scripts of [true, false]) await recent(world, scripts);
  await stale(world);
  await longNames(world);
}

async function recent(world, scripts) {
  const email = scripts ? "mia@example.org" : "max@example.org";
  const mia = await Person.arrive(world, { scripts });
  await mia.signIn(email);
  await mia.look("home");
  await mia.go("/profile");
  await mia.look("account");
  await unfold(mia);
  await mia.look("account, unfolded");
  await mia.send("/profile/password", { password: "password1234" });
  await mia.lookAtError("account, weak password");
  await mia.send("/profile/password", { password: PASSWORD });
  await mia.look("account, password set");
  await mia.send("/profile/password", { current_password: "wrong wrong wrong", password: `new ${PASSWORD}` });
  await mia.lookAtError("account, wrong current password");
  await mia.send("/profile/email", { email: "mia" });
  await mia.lookAtError("account, invalid email address");
  await mia.send("/profile/email", { email });
  await mia.lookAtError("account, same email address");
  await mia.send("/profile/email", { email: `new-${email}` });
  await mia.look("account, change of address requested");
  await mia.go("/profile");
  await mia.look("account, change of address pending");
  await mia.send("/profile/email/cancel");
  await mia.look("account, change of address cancelled");
  await mia.send("/profile/delete", { confirm: "no" });
  await mia.lookAtError("account, deletion not confirmed");
  await mia.send("/profile/notices");
  await mia.look("account, emails about new devices turned off");
  const other = await Person.arrive(world, { scripts: false });
  await other.signIn(email);
  await mia.go("/profile");
  await mia.look("account, two devices");
  await mia.send("/profile/sessions/end-others");
  await mia.look("account, other devices signed out");
  await mia.send("/profile/password/remove");
  await mia.look("account, password removed");
  await mia.send("/profile/delete", { confirm: "delete" });
  await mia.look("account deleted");
  await other.leave();
  await mia.leave();
}

async function stale(world) {
  const ned = await Person.arrive(world);
  await ned.signIn("ned@example.org");
  await ned.go("/profile");
  await ned.send("/profile/password", { password: PASSWORD });
  world.server.setClock(660);
  await ned.go("/profile");
  await ned.look("account, signed in a while ago");
  await ned.go("/reauthenticate?next=%2Fprofile");
  await ned.look("confirm it is you");
  await ned.send("/reauthenticate", { password: "wrong wrong wrong" });
  await ned.lookAtError("confirm it is you, wrong password");
  await ned.send("/reauthenticate/mail");
  await ned.look("confirm it is you, code sent");
  const ola = await Person.arrive(world);
  world.server.setClock(0);
  await ola.signIn("ola@example.org");
  await ola.go("/profile");
  await unfold(ola);
  world.server.setClock(660);
  await ola.send("/profile/email", { email: "ola@example.net" });
  await ola.look("confirm it is you, before a change");
  world.server.setClock(0);
  await ned.leave();
  await ola.leave();
}

async function longNames(world) {
  const email = `${"a-very-long-name.".repeat(3)}x@${"subdomain.".repeat(8)}example.org`;
  const quin = await Person.arrive(world);
  await quin.go("/sign-in");
  await quin.send("/sign-in", { email });
  await quin.look("sign in, waiting, long address");
  await quin.send("/code", { code: (await quin.mail(email)).code });
  await quin.look("home, long address");
  await quin.go("/profile");
  await unfold(quin);
  await quin.look("account, long address");
  await quin.leave();
}

function unfold(person) {
  return person.page.evaluate(() => document.querySelectorAll("details").forEach((fold) => (fold.open = true)));
}
