// The login form: a typed password, or the ticket that a QR code carries behind the address's `#`,
// where no server's log and no other site ever sees it.
import { say, languageOf, setLanguage } from "./words.js";

const element = (id) => document.getElementById(id);

setLanguage(languageOf(navigator.languages));
document.documentElement.lang = languageOf(navigator.languages);
element("heading").textContent = say("login.heading");
element("why").textContent = say("login.why");
element("label").textContent = say("login.password");
element("enter").textContent = say("login.enter");

async function enter(shown) {
  element("says").textContent = "";
  element("enter").disabled = true;
  try {
    const answer = await fetch("/login", { method: "POST", body: JSON.stringify(shown) });
    if (answer.ok) {
      // Not a redirect: a browser that came from another app's link shows its cookie only then.
      location.replace("/");
      return;
    }
    if (answer.status === 429) {
      element("says").textContent = say("login.wait");
    } else {
      element("says").textContent = say(shown.ticket ? "login.old_link" : "login.wrong");
    }
  } catch {
    element("says").textContent = say("login.unreachable");
  }
  element("enter").disabled = false;
  element("password").focus();
}

element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  enter({ password: element("password").value });
});

const ticket = location.hash.slice(1);
if (ticket) {
  history.replaceState(null, "", location.pathname);
  enter({ ticket });
} else {
  element("password").focus();
}
