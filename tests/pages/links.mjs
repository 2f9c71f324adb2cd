// The pages that the links of emails open.

import { path, Person } from "./person.mjs";

const PASSWORD = "correct horse battery staple";

export async function links(world) {
  await signIn(world);
  await registration(world);
  await reset(world);
  await changeOfAddress(world);
  await newDevice(world);
}

async function signIn(world) {
  const hal = await Person.arrive(world, { scripts: false });
  await hal.go("/sign-in");
  await hal.send("/sign-in", { email: "hal@example.org" });
  const link = path((await hal.mail("hal@example.org")).link);
  await hal.go(link);
  await hal.look("link to sign in, same browser");
  const elsewhere = await Person.arrive(world);
  await elsewhere.go(link);
  await elsewhere.look("link to sign in, other browser");
  await unfold(elsewhere);
  await elsewhere.look("link to sign in, other browser, unfolded");
  await elsewhere.send(link);
  await elsewhere.lookAtError("link to sign in, other browser, not ticked");
  await elsewhere.send(link, { confirm: true });
  await elsewhere.look("signed in elsewhere");
  await elsewhere.leave();
  await hal.go(link);
  await hal.look("link that no longer works");
  await hal.signIn("hal2@example.org");
  await hal.go(link);
  await hal.look("link that no longer works, signed in");
  const visitor = await Person.arrive(world, { scripts: false });
  await visitor.go("/sign-in");
  await visitor.send("/sign-in", { email: "hal3@example.org" });
  await hal.go(path((await visitor.mail("hal3@example.org")).link));
  await hal.look("link to sign in, signed in to another account");
  await visitor.leave();
  await hal.leave();
}

async function registration(world) {
  const ida = await Person.arrive(world, { scripts: false });
  await ida.go("/register");
  await ida.send("/register", { email: "ida@example.org", password: PASSWORD });
  const link = path((await ida.mail("ida@example.org")).link);
  await ida.go(link);
  await ida.look("link to confirm, same browser");
  const elsewhere = await Person.arrive(world);
  await elsewhere.go(link);
  await elsewhere.look("link to confirm, other browser");
  await unfold(elsewhere);
  await elsewhere.send(link);
  await elsewhere.lookAtError("link to confirm, other browser, not ticked");
  await elsewhere.leave();
  await ida.send(link);
  await ida.look("confirmed");
  const again = await Person.arrive(world, { scripts: false });
  await again.go("/register");
  await again.send("/register", { email: "ida@example.org", password: PASSWORD });
  const known = path((await again.mail("ida@example.org")).link);
  await again.go(known);
  await again.look("link for someone who has an account, same browser");
  await ida.send("/sign-out");
  await ida.go(known);
  await ida.look("link for someone who has an account, other browser");
  await again.leave();
  await ida.leave();
}

async function reset(world) {
  const jan = await Person.arrive(world);
  await jan.signIn("jan@example.org");
  await jan.send("/sign-out");
  await jan.go("/forgot-password");
  await jan.send("/forgot-password", { email: "jan@example.org" });
  const link = path((await jan.mail("jan@example.org")).link);
  await jan.go(link);
  await jan.look("link to reset, same browser");
  await jan.send(link, { password: "password1234" });
  await jan.lookAtError("link to reset, same browser, weak password");
  const elsewhere = await Person.arrive(world, { scripts: false });
  await elsewhere.go(link);
  await unfold(elsewhere);
  await elsewhere.look("link to reset, other browser, unfolded");
  await elsewhere.send(link, { password: "short" });
  await elsewhere.lookAtError("link to reset, other browser, weak password");
  await elsewhere.leave();
  await jan.send(link, { password: PASSWORD });
  await jan.look("password reset");
  await jan.leave();
}

async function changeOfAddress(world) {
  const kim = await Person.arrive(world, { scripts: false });
  await kim.signIn("kim@example.org");
  await kim.go("/profile");
  await kim.send("/profile/email", { email: "kim@example.net" });
  await kim.go("/profile");
  await kim.look("account, change of address pending");
  const link = path((await kim.mail("kim@example.net")).link);
  await kim.go(link);
  await kim.look("link to a new address, signed in");
  const elsewhere = await Person.arrive(world);
  await elsewhere.go(link);
  await elsewhere.look("link to a new address, other browser");
  await unfold(elsewhere);
  await elsewhere.look("link to a new address, other browser, unfolded");
  await elsewhere.signIn("lou@example.org");
  await elsewhere.go(link);
  await elsewhere.look("link to a new address, signed in to another account");
  await kim.mail("kim@example.org");
  await kim.send(link);
  await kim.look("address changed");
  const undo = path((await kim.mail("kim@example.org")).link);
  await elsewhere.go(undo);
  await elsewhere.look("link to undo, signed in to another account");
  await elsewhere.send("/sign-out");
  await elsewhere.go(undo);
  await elsewhere.look("link to undo");
  await elsewhere.send(undo);
  await elsewhere.lookAtError("link to undo, not ticked");
  await elsewhere.send(undo, { confirm: true });
  await elsewhere.look("address restored");
  await elsewhere.leave();
  await kim.leave();
}

async function newDevice(world) {
  const mel = await Person.arrive(world);
  await mel.signIn("mel@example.org");
  await mel.go("/profile");
  await mel.send("/profile/password", { password: PASSWORD });
  const other = await Person.arrive(world, { scripts: false });
  await other.go("/sign-in/password");
  await other.send("/sign-in/password", { email: "mel@example.org", password: PASSWORD });
  let email = await mel.mail("mel@example.org");
  while (!email.link) email = await mel.mail("mel@example.org");
  const link = path(email.link);
  await mel.go(link);
  await mel.look("link to secure an account, signed in");
  await mel.send("/sign-out");
  await mel.go(link);
  await mel.look("link to secure an account");
  await mel.send(link);
  await mel.lookAtError("link to secure an account, not ticked");
  await mel.send(link, { confirm: true });
  await mel.look("account secured");
  await other.leave();
  await mel.leave();
}

function unfold(person) {
  return person.page.evaluate(() => document.querySelectorAll("details").forEach((fold) => (fold.open = true)));
}
