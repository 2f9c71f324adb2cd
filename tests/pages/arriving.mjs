// Signing in, registering, forgetting a password and waiting for an email.

import { Person } from "./person.mjs";

const PASSWORD = "correct horse battery staple";

export async function arriving(world) {
  await signInByEmail(world);
  await withoutScripts(world);
  await signInWithPassword(world);
  await register(world);
  await forgetPassword(world);
}

async function signInByEmail(world) {
  const ann = await Person.arrive(world);
  await ann.go("/sign-in");
  await ann.look("sign in");
  await ann.send("/sign-in", { email: "ann" });
  await ann.lookAtError("sign in, invalid email address");
  await ann.go("/sign-in?next=https%3A%2F%2Fevil.example");
  await ann.send("/sign-in", { email: "ann@example.org" });
  await ann.look("sign in, waiting");
  const { code } = await ann.mail("ann@example.org");
  await ann.useUpCode(code, "sign in");
  await ann.look("sign in, code used up");
  await ann.go("/check-inbox");
  await ann.look("check your inbox, code used up");
  await ann.go("/sign-in");
  await ann.look("sign in, while an email is waited for");
  await ann.leave();
}

async function withoutScripts(world) {
  const ben = await Person.arrive(world, { scripts: false });
  await ben.go("/sign-in");
  await ben.send("/sign-in", { email: "@" });
  await ben.lookAtError("sign in, invalid email address");
  await ben.send("/sign-in", { email: "ben@example.org" });
  await ben.look("check your inbox");
  await ben.send("/code", { code: "12" });
  await ben.lookAtError("check your inbox, not a code");
  await ben.send("/resend");
  await ben.look("check your inbox, sent again too soon");
  world.server.setClock(40);
  await ben.go("/check-inbox");
  await ben.send("/resend");
  await ben.look("check your inbox, sent again");
  const { code } = await ben.mail("ben@example.org");
  await ben.useUpCode(code, "check your inbox");
  await ben.look("check your inbox, code used up");
  world.server.setClock(0);
  await ben.leave();
}

async function signInWithPassword(world) {
  const cat = await Person.arrive(world);
  await cat.go("/sign-in/password");
  await cat.look("sign in with a password");
  await cat.send("/sign-in/password", { email: "cat@example.org", password: "wrong wrong wrong" });
  await cat.lookAtError("sign in with a password, wrong");
  await cat.send("/sign-in/password", { email: "cat", password: "wrong wrong wrong" });
  await cat.lookAtError("sign in with a password, invalid email address");
  await cat.leave();
  const dan = await Person.arrive(world, { scripts: false });
  await dan.go("/sign-in/password?next=%2Fprofile");
  await dan.send("/sign-in/password", { email: "dan@example.org", password: "wrong wrong wrong" });
  await dan.lookAtError("sign in with a password, wrong");
  await dan.leave();
}

async function register(world) {
  const eve = await Person.arrive(world);
  await eve.go("/register");
  await eve.look("register");
  await eve.send("/register", { email: "eve@example.org", password: "password1234" });
  await eve.lookAtError("register, weak password");
  await eve.send("/register", { email: "eve", password: PASSWORD });
  await eve.lookAtError("register, invalid email address");
  await eve.send("/register", { email: "eve@example.org", password: PASSWORD });
  await eve.look("registered, waiting");
  const { code } = await eve.mail("eve@example.org");
  await eve.go("/unconfirmed");
  await eve.useUpCode(code, "unconfirmed");
  await eve.look("unconfirmed, code used up");
  await eve.leave();
  const fay = await Person.arrive(world, { scripts: false });
  await fay.go("/register");
  await fay.send("/register", { email: "fay@example.org", password: "short" });
  await fay.lookAtError("register, weak password");
  await fay.send("/register", { email: "fay@example.org", password: PASSWORD });
  await fay.look("unconfirmed");
  await fay.leave();
}

async function forgetPassword(world) {
  const gus = await Person.arrive(world);
  await gus.signIn("gus@example.org");
  await gus.send("/sign-out");
  await gus.look("signed out");
  await gus.go("/forgot-password");
  await gus.look("forgot password");
  await gus.send("/forgot-password", { email: "gus" });
  await gus.lookAtError("forgot password, invalid email address");
  await gus.send("/forgot-password", { email: "gus@example.org" });
  await gus.look("forgot password, waiting");
  await gus.go("/check-inbox");
  await gus.look("check your inbox for a new password");
  const { code } = await gus.mail("gus@example.org");
  await gus.send("/code", { code, password: "password1234" });
  await gus.lookAtError("check your inbox, weak new password");
  await gus.leave();
}
