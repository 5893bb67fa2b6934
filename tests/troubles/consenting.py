"""A Chrome that asks a person at each connection, and what is said while nobody answers."""

from asking import AskingBrowser
from colab_cdp_agent.chrome.browser import BrowserLostError, NoAnswerError
from colab_cdp_agent.watch.consent import Consent, ConsentNeededError
from command import Command
from troubles.register import Place, error_of, says

AGAIN = "; to be asked again press Enter in the agent's terminal, or send the agent `refresh`"


@says(
    "Chrome needs you",
    "consent: click Allow in …, which asks whether the agent may connect",
    f"consent: it was refused in …{AGAIN}",
)
def refused(place: Place) -> str:
    with AskingBrowser(place.folder / "home", refuses=True) as browser:
        port = ("--port", str(browser.port))
        agent = Command(place.folder, *port, "--no-mqtt", env=browser.environment)
        asked = agent.until("Chrome needs you")
        told = agent.until("it was refused")
        agent.process.terminate()
        agent.end()
    return asked + told


@says("a question is left open in Chrome: close it there")
def left_open(place: Place) -> str:
    with AskingBrowser(place.folder / "home", refuses=False) as browser:
        port = ("--port", str(browser.port))
        agent = Command(place.folder, *port, "--no-mqtt", env=browser.environment)
        agent.until("Chrome needs you")
        agent.process.terminate()
        agent.end()
    return agent.said


@says(
    f"consent: nobody clicked Allow in … within 120 s; close the old question there{AGAIN}",
)
def ignored(_place: Place) -> str:
    consent = Consent()
    consent.ask("Chrome")
    return str(consent.ended(NoAnswerError("no answer")))


@says(f"consent: … asks anew for each connection{AGAIN}")
def lost(_place: Place) -> str:
    consent = Consent()
    consent.ask("Chrome")
    consent.given()
    consent.ended(BrowserLostError("Chrome closed the connection"))
    return error_of(lambda: consent.ask("Chrome"), ConsentNeededError)
