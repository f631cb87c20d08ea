import { type Auth, GoogleAuthProvider, signInWithEmailAndPassword, signInWithPopup } from "firebase/auth";
import { type Child, el } from "./dom.ts";

const FAULTS: Record<string, string> = {
  "auth/invalid-credential": "E-mail or password is wrong.",
  "auth/user-not-found": "E-mail or password is wrong.",
  "auth/wrong-password": "E-mail or password is wrong.",
  "auth/invalid-email": "This is no e-mail address.",
  "auth/missing-password": "The password is missing.",
  "auth/missing-email": "The e-mail address is missing.",
  "auth/too-many-requests": "Too many attempts: wait a few minutes.",
  "auth/popup-closed-by-user": "The window was closed before you had signed in.",
  "auth/popup-blocked": "The browser has blocked the window: allow it for this page.",
  "auth/operation-not-allowed":
    "This way to sign in is not turned on (Firebase console, Authentication, Sign-in method).",
  "auth/unauthorized-domain":
    "This domain may not sign in (Firebase console, Authentication, Settings, Authorized domains).",
  "auth/network-request-failed": "No answer: is there a connection?",
};

/** How one signs in; who may do what is in roles/{uid} alone. */
export function signIn(auth: Auth): Child[] {
  const email = el("input", { id: "email", type: "email", autocomplete: "username" });
  const password = el("input", { id: "password", type: "password", autocomplete: "current-password" });
  const wrong = el("p", { class: "refused", role: "alert" });
  const submit = el("button", { type: "submit", class: "primary" }, "Sign in");
  const google = el("button", { type: "button" }, "Sign in with Google");
  const form = el(
    "form",
    { class: "card sign-in", novalidate: true },
    el("h2", {}, "Sign in"),
    el("p", { class: "quiet" }, "For the admins of the site, and those who may watch."),
    el("div", { class: "field" }, el("label", { for: "email" }, "E-mail"), email),
    el("div", { class: "field" }, el("label", { for: "password" }, "Password"), password),
    wrong,
    el("p", { class: "buttons" }, submit, google),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(() => signInWithEmailAndPassword(auth, email.value.trim(), password.value));
  });
  google.addEventListener("click", () => void attempt(() => signInWithPopup(auth, new GoogleAuthProvider())));
  return [form];

  async function attempt(way: () => Promise<unknown>): Promise<void> {
    for (const pressed of [submit, google]) pressed.disabled = true;
    wrong.textContent = "";
    try {
      await way();
    } catch (error) {
      const { code = "", message = String(error) } = error as { code?: string; message?: string };
      wrong.textContent = FAULTS[code] ?? message;
    } finally {
      for (const pressed of [submit, google]) pressed.disabled = false;
    }
  }
}
