"""Incident reports: mails and tickets in which operations people say what broke.

Entities: ServiceName, ErrorCode, ServerName, TimeReference. Ticket numbers, versions, regions, people and other dates
are there to be told apart from them.
"""

# ruff: noqa: E501, SIM905
# One template, or one list of words, a line: broken up, nobody could read or count them.

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

from docplatform.samples import values
from docplatform.samples.content import Draft, paragraphs
from docplatform.samples.grammar import expand, mark, mistype
from docplatform.samples.options import SampleOptions
from docplatform.samples.truth import Kind

_AREAS = tuple(
    "payment checkout billing auth login search inventory order shipping notification reporting export identity "
    "catalog pricing profile messaging scheduling ledger archive upload translation session webhook audit".split()
)
_SERVICE_FORMS = (
    "{0} API", "{0} service", "{0} gateway", "{0} worker", "{0}-service", "{0} queue", "{0} portal", "{0}-api",
    "{0} backend", "{0} database",
)  # fmt: skip
_PRODUCTS = (
    "OrderHub",
    "PayLane",
    "MailDock",
    "CartFlow",
    "DataPier",
    "SignalBox",
    "StockRoom",
    "AccessDesk",
    "FormMill",
)
_LATE_PRODUCTS = ("ShipYard", "QuoteEngine", "TaskLoom", "VaultGate", "RouteBook")
_HOST_ROLES = ("web", "db", "app", "cache", "mq", "edge", "api", "batch", "lb", "store", "node", "proxy")
_SITES = ("prod", "stg", "eu", "us", "fra", "ams", "lon")
_FAULTS = "TIMEOUT CONN_REFUSED DB_CONN OUT_OF_MEMORY DISK_FULL TLS_HANDSHAKE QUOTA LOCK_WAIT BAD_TOKEN DNS".split()

_OPENINGS = (
    "{At|Around} <time>{,|} the <service> {started|began} {returning|throwing|answering with} <error>{| errors}{| to {most|some} callers}.",
    "{We have|There is|Monitoring shows} {an outage|a partial outage|trouble} on the <service>: <server> {reports|logs|shows} <error> {since|from} <time>.",
    "{Customers|Several users|The help desk|Two partners} {told us|reported} {at|around} <time> that the <service> {is down|fails|does not answer}. {The error is|They see} <error>.",
    "<error> {on|from} <server> {since|at} <time>{, affecting|. This affects} the <service>.",
    "{The <service>|Our <service>} {went down|stopped responding|became very slow} {at|shortly after} <time>{; |. }{clients got|the response was} <error>.",
    "{Alert|Pager} {fired|went off} {at|for} <time>: <service> {unhealthy|degraded}, {code|error} <error>, host <server>.",
)
_LATE_OPENINGS = (
    "{Between|From} <time> {and|until} <time> {no request to|nobody could use} the <service> {succeeded|}; every {attempt|call} ended in <error>.",
    "{Impact|Summary}: <service> unavailable{ for <span>|}. {First seen|First symptom} {at|} <time> on <server> ({signature|code} <error>).",
    "{Heads up|FYI}, <server> {is in trouble|looks sick}{ again|}. {The|} <service> {keeps failing|is failing} with <error>{ and has been|} since <time>.",
)
_CAUSES = (
    "{The issue was|We} traced {it |}to <server>{,| which} {had run|ran} out of {connections|memory|disk space|file handles}.",
    "{The root cause was|Cause:} a {bad deploy|config change|certificate} {on|of} <server> (version <version>, change <ticket>).",
    "{Logs on|The log of} <server> {show|are full of} <error>{| right before the restart}.",
    "The <service2> {was also|is also} {impacted|affected|slow} {because it depends on|due to its dependency on} the <service>.",
    "{Failover from|Traffic moved from} <server> to <server> {did not|only partly} {work|succeed}{, so <error> persisted|}.",
    "{<person>|The on-call engineer} {found|saw} that <server> {could not reach|had lost} the <service2>{ for <span>|}.",
    "{Retries|The retry storm} {overloaded|flooded} the <service2>{, which answered with <error>|}.",
)
_LATE_CAUSES = (
    "{It turned out that|Apparently} release <version> {never reached|was half installed on} <server>, {so|and} <service2> {calls|requests} {bounced|died} with <error>.",
    "{Memory on|CPU on} <server> {had been|was} climbing since <time>{, unnoticed by the <service2>|}.",
    "{Both|Neither} <server> {and|nor} <server> {showed|had} <error> {before <time>|until the <service2> was restarted}.",
)
_ACTIONS = (
    "{Engineers|We|The team} {resolved the issue|fixed it} {at|by} <time> after {restarting|rebooting} <server>.",
    "{We|<person>} {restarted|drained|replaced} <server>{ at <time>|}{; the <service> recovered <span> later|}.",
    "{Rollback|The rollback} to <version> {finished|was done} {at|around} <time>{| and <server> is healthy}.",
    "{Service was|Everything was} {restored|back to normal} {after|within} <span>.",
    "{Next update|We will report again} {at|by} <time>{. Watch <ticket>|}.",
    "{Please|Could someone} {check|look at} <server>{| and silence <error>}{ before <time>|}.",
)
_LATE_ACTIONS = (
    "{Mitigated|Contained} {at|by} <time>: <server> {taken out of rotation|isolated}, <service> {served from|moved to} <server>.",
    "{Recovery took|It took} <span>; {no <error> since|the last <error> was at} <time>.",
    "{Follow-up|To do}: {patch|upgrade} <server> to <version>{ and review the alert for <error>|} ({owner|assigned to} <person>).",
)
_ASIDES = (
    "{See|Details in} <ticket>{| and the runbook, section #}.", "{The review is planned for|Post-mortem on} <day>.",
    "{About|Roughly} ## % of {requests|sessions} {failed|were lost}.", "{Release|Build} <version> {is not affected|was fine}.",
    "{No data was lost|No customer data is affected}{|, as far as we know}.", "{cc|Thanks to} <person>{| and <person>}.",
    "{A similar case|The same thing} {was|happened} in <ticket> {last year|in spring}.", "Error budget {is at|now} ## %.",
    "{Dashboard|Graph} ### {shows|has} the {spike|dip}.", "Region {eu-west-1|us-east-2|north-3} {was|is} {fine|not involved}.",
)  # fmt: skip
_FRAMES = {
    "mail": "{Hi all|Hello team|Team|All},\n\n<opening> <cause>\n\n<action>{ <aside>|}\n\n{Regards|Thanks|Cheers},\n<person>",
    "ticket": "# {Incident|Ticket} <ticket>\n{Reporter|Opened by}: <person>\n{Severity|Priority}: {1|2|3|high}\n{Affected service|Service}: "
    "<service>\n{Host|Server}: <server>\n{Error|Error code}: <error>\n{Started|Begin}: <time>\n\n{Description|What happened}:\n<opening> <cause> <aside>\n",
    "story": "{🚨 |}# {Incident report|Outage report|Service disruption} {<ticket>|– <day>}\n\n<opening> <aside> <cause> <cause>\n\n<action> <action>",
    "chat": "<time> <person>: <opening>\n<time> <person>: {ok, looking|on it 👀|same here}. <cause>\n<time> <person>: <aside>\n<time> <person>: <action>",
    "short": "{🔥 |⚠️ |}<opening>\n<action> <aside>",
    "log": "{Subject|Re}: {[P1]|[P2]|🔴} <service> {down|degraded} ({code |}<error>)\n\n<cause> <opening>\n{- |* }<action>\n{- |* }<aside>\n{- |* }<action>",
    "timeline": "# {Timeline|Chronology}{ of <ticket>|} 📟\n<time>: {first|initial} <error> on <server>, <service> {down|slow}\n<time>: {<person> paged|on-call paged}\n"
    "<time>: {restart|reboot} of <server>\n<time>: {all clear|recovered} after <span>\n\n<cause> <aside>",
}
_LATE_FRAMES = {
    "review": "# {Post-incident review|Root cause analysis}\n{Date of meeting|Held on}: <day>\n\n{1. |}What happened\n<opening>\n\n{2. |}Why\n<cause> <cause>\n\n"
    "{3. |}What we did\n<action> <aside>",
    "forward": "---------- {Forwarded|Begin} {message|ticket} ----------\nFrom: <person>\n{Sent|Date}: <day>\nSubject: {Fwd: |}<ticket>\n\n<opening>\n> <cause>\n> <action>\n\n<aside>",
    "handover": "{Handover|Shift notes} {for|–} <day> ({by |}<person>)\n\n* <opening> <aside>\n* <cause>\n* <action>\n\n{Quiet otherwise.|Nothing else to report.}",
}


def write_incident(rng: random.Random, held_out: bool, options: SampleOptions) -> Draft:
    """One report. Held-out ones use frames, sentences and some names that no training report uses."""
    frames = _LATE_FRAMES if held_out else _FRAMES
    name = rng.choice(sorted(frames))
    facts = _Facts(rng, held_out, options.date)
    text = mistype(expand(frames[name], rng, facts.slots()), rng, options.typos)
    return Draft(
        kind=Kind.INCIDENT_REPORT,
        template=f"incident/{name}",
        held_out=held_out,
        blocks=paragraphs(text),
    )


class _Facts:
    """What one report is about, and its slots."""

    def __init__(self, rng: random.Random, held_out: bool, today: dt.date) -> None:
        self._rng, self._held_out, self._today = rng, held_out, today
        self._services = (_service(rng, held_out), _service(rng, held_out))
        self._errors = [_error(rng) for _ in range(rng.choice((1, 2)))]
        self._servers = [_server(rng) for _ in range(rng.choice((2, 2, 3)))]

    def slots(self) -> dict[str, Callable[[], str]]:
        """Filling for every slot the templates have."""
        rng = self._rng
        return {
            "opening": lambda: self._sentence(_OPENINGS, _LATE_OPENINGS),
            "cause": lambda: self._sentence(_CAUSES, _LATE_CAUSES),
            "action": lambda: self._sentence(_ACTIONS, _LATE_ACTIONS),
            "aside": lambda: values.reference(rng, self._sentence(_ASIDES, ())),
            "service": lambda: mark("ServiceName", self._services[0]),
            "service2": lambda: mark("ServiceName", self._services[1]),
            "error": lambda: mark("ErrorCode", rng.choice(self._errors)),
            "server": lambda: mark("ServerName", rng.choice(self._servers)),
            "time": lambda: mark("TimeReference", _time(rng, self._today)),
            "span": lambda: mark("TimeReference", _span(rng)),
            "ticket": lambda: values.reference(rng, rng.choice(("OPS-####", "INC00#####", "CHG-####", "SUP-###"))),
            "version": lambda: values.reference(rng, rng.choice(("v#.##.#", "#.#.##", "20##.#", "r####"))),
            "person": lambda: values.person(rng),
            "day": lambda: values.written_date(rng, values.day(rng, self._today)),
        }

    def _sentence(self, common: tuple[str, ...], late: tuple[str, ...]) -> str:
        use_late = self._held_out and late and self._rng.random() < 0.4
        return expand(self._rng.choice(late if use_late else common), self._rng, self.slots())


def _service(rng: random.Random, held_out: bool) -> str:
    if rng.random() < 0.25:
        return rng.choice(_LATE_PRODUCTS if held_out else _PRODUCTS)
    areas = _AREAS[5:] if held_out else _AREAS[:20]
    name = rng.choice(_SERVICE_FORMS).format(rng.choice(areas))
    return name.title().replace("Api", "API") if rng.random() < 0.15 else name


def _error(rng: random.Random) -> str:
    patterns = (
        f"HTTP {rng.choice((500, 502, 503, 504, 429, 401))}", f"ERR_{rng.choice(_FAULTS)}", f"0x8{rng.randrange(16**7):07X}",
        f"E{rng.randint(1000, 9999)}", f"{rng.choice(('DB', 'NET', 'APP'))}-{rng.randint(100, 9999):05d}",
        f"SQLSTATE {rng.randint(1000, 58999):05d}", f"{rng.choice(_FAULTS).title().replace('_', '')}Exception",
        f"error {rng.randint(100, 9999)}", f"exit code {rng.choice((1, 137, 139, 143))}", rng.choice(_FAULTS),
    )  # fmt: skip
    return rng.choice(patterns)


def _server(rng: random.Random) -> str:
    role, site, number = rng.choice(_HOST_ROLES), rng.choice(_SITES), rng.randint(1, 24)
    dashed = rng.choice((f"{site}-{role}-{number:02d}", f"{role}-{site}-{number:02d}", f"{role}-replica-{number:02d}"))
    full = f"{role}-{number:02d}.{site}.example.net"
    name = rng.choices((dashed, f"{role}{number:02d}", full), (6, 3, 2))[0]
    return name.upper() if rng.random() < 0.12 else name


def _time(rng: random.Random, today: dt.date) -> str:
    hour, minute, zone = (
        rng.randint(1, 12),
        rng.randrange(0, 60, rng.choice((1, 5))),
        rng.choice(("UTC", "CET", "EST", "PST")),
    )
    day = values.day(rng, today)
    return rng.choice((
        f"{hour}:{minute:02d} {rng.choice(('AM', 'PM'))} {zone}", f"{hour + 11}:{minute:02d}", f"{hour + 11}:{minute:02d} {zone}",
        f"{hour}:{minute:02d}{rng.choice(('am', 'pm'))}", f"{day:%Y-%m-%d} {hour:02d}:{minute:02d}", f"{day:%A} {hour:02d}:{minute:02d}",
        f"{rng.choice(('yesterday', 'this morning', 'last night', 'noon', 'midnight'))}", f"{day:%d %b}, {hour:02d}:{minute:02d} {zone}",
    ))  # fmt: skip


def _span(rng: random.Random) -> str:
    count = rng.randint(2, 55)
    return rng.choice((f"{count} minutes", f"about {count} min", f"approximately {rng.randint(2, 9)} hours", f"{count}m",
                       f"{rng.randint(1, 4)} h {count} min", "half an hour", "nearly an hour"))  # fmt: skip
